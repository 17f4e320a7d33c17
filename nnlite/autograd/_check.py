"""Prove gradients against finite differences: the check that this library's CI runs, and its users'."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd._mode import enable_grad
from nnlite.autograd._tensor import Tensor
from nnlite.autograd._transforms import jvp
from nnlite.autograd._walk import grad

__all__ = ["GradientError", "check_grads"]

Function = Callable[..., Any]


class GradientError(AssertionError):
    """A gradient differs from the finite difference: says of which input, where, and both values.

    Attributes
    ----------
    input : int
        The position of the input.
    index : tuple of int
        The element of it where the two differ most.
    analytic, numeric : float
        What the VJPs gave, and what the finite difference gave.
    """

    def __init__(self, order: int, name: str, position: int, index: tuple[int, ...], analytic: float, numeric: float):
        self.input, self.index, self.analytic, self.numeric = position, index, analytic, numeric
        super().__init__(
            f"the derivative of order {order} of {name} with respect to input {position} is wrong at index {index}: "
            f"analytic {analytic:.10g}, numeric {numeric:.10g}"
        )


def check_grads(
    fn: Function,
    *inputs: Any,
    order: int = 1,
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    seed: int = 0,
) -> None:
    """Compare the gradients of a function with central finite differences, in float64.

    The function's outputs are multiplied by random cotangents c, and every element x_i of every floating input is
    moved by h = eps * max(1, |x_i|): the gradient must be ((c . fn)(x_i + h) - (c . fn)(x_i - h)) / 2h. For order 2
    the same is done with the gradient's own product with random numbers, the first derivatives are checked also as
    `create_graph` gives them, and J v computed forward (`jvp`) is held against backward: (c . J v) = (J' c . v).

    Parameters
    ----------
    fn : callable
        A function of Tensors that returns a Tensor, or a tuple of Tensors and plain arrays (the arrays are ignored).
        It must give the same value for the same inputs: seed what is random.
    *inputs : array_like
        Floating arrays and Tensors are converted to float64 and differentiated; integer and boolean arrays, and
        anything else, are passed on as they are.
    order : int, default 1
        1 checks first derivatives, 2 also second ones, and so on.
    eps : float, default 1e-6
        The relative step of the finite difference.
    atol, rtol : float
        How far the two may be apart: atol + rtol * |numeric|.
    seed : int, default 0
        Seeds the cotangents.

    Raises
    ------
    GradientError
        At the first input with a wrong gradient.
    ValueError
        If no input is floating, or order is not positive.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.check_grads(lambda x: np.exp(x) * x, [0.5, 1.5], order=2)
    >>> @nl.differentiable
    ... def forgot_the_two(x):
    ...     return x**2, (lambda g: g * x,)
    >>> nl.check_grads(forgot_the_two, [3.0])
    Traceback (most recent call last):
        ...
    nnlite.autograd._check.GradientError: the derivative of order 1 of forgot_the_two with respect to input 0 is wrong at index (0,): analytic 0.377190..., numeric 0.754381...
    """  # noqa: E501
    if order < 1:
        raise ValueError(f"check_grads() takes an order of 1 or more, got order={order}")
    constants = [_as_float64(a) for a in inputs]
    moving = [i for i, a in enumerate(constants) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    if not moving:
        raise ValueError("check_grads() needs at least one floating input to differentiate")

    def restricted(*points: Any) -> list[Tensor]:
        """Call fn with its floating inputs replaced, and keep its floating outputs."""
        filled = list(constants)
        for i, point in zip(moving, points, strict=True):
            filled[i] = point
        outputs = fn(*filled)
        outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        return [o for o in outputs if isinstance(o, Tensor) and o.dtype.kind == "f"]

    generator = np.random.default_rng(seed)
    points = [constants[i] for i in moving]
    name = getattr(fn, "__name__", type(fn).__name__)
    function: Function = restricted
    for reached in range(1, order + 1):
        ways = [_by_backward] * (reached == 1) + [_by_replay] * (order > 1)
        function = _checked(function, points, generator, ways, (eps, atol, rtol), (reached, name, moving))
    if order > 1:
        _check_forward(restricted, points, generator, atol, rtol, name)


def _checked(
    function: Function,
    points: Sequence[NDArray[Any]],
    generator: np.random.Generator,
    ways: Sequence[Callable[..., list[Tensor]]],
    limits: tuple[float, float, float],
    labels: tuple[int, str, Sequence[int]],
) -> Function:
    """Check the first derivatives of a function, in each way to get them, and return them as the next function."""
    eps, atol, rtol = limits
    order, name, positions = labels
    with enable_grad():  # fn may call grad itself
        values = function(*map(Tensor, points))
    cotangents = [generator.normal(size=v.shape) for v in values]

    def weighted(*at: NDArray[Any]) -> NDArray[Any]:
        with enable_grad():
            outputs = function(*map(Tensor, at))
        terms = [(o.data * c).ravel() for o, c in zip(outputs, cotangents, strict=True)]
        return np.concatenate(terms) if terms else np.zeros(0)

    differences = [_central_difference(weighted, points, k, eps) for k in range(len(points))]
    numeric = [slopes for slopes, _ in differences]
    for way in ways:
        for k, analytic in enumerate(way(function, _leaves(points), cotangents)):
            rounding = differences[k][1]
            wrong = np.abs(analytic.data - numeric[k]) - (atol + rtol * np.abs(numeric[k]) + rounding)
            if wrong.size and not (wrong <= 0).all():
                index = tuple(map(int, np.unravel_index(np.argmax(wrong), wrong.shape)))  # of a NaN, if there is one
                raise GradientError(order, name, positions[k], index, analytic.data[index], numeric[k][index])
    return lambda *tensors: _by_replay(function, tensors, cotangents)


def _by_backward(function: Function, leaves: Sequence[Tensor], cotangents: Sequence[Any]) -> list[Tensor]:
    """Return gradients as `backward` gives them: from the VJPs on arrays."""
    with enable_grad():
        for output, cotangent in zip(function(*leaves), cotangents, strict=True):
            if output.requires_grad:
                output.backward(cotangent, retain_graph=True)
    return [Tensor(np.zeros_like(t.data) if t.grad is None else t.grad) for t in leaves]


def _by_replay(function: Function, points: Sequence[Tensor], cotangents: Sequence[Any]) -> list[Tensor]:
    """Return gradients as `create_graph` gives them, with their graph: from bodies, or composites, run on Tensors."""
    with enable_grad():
        leaves = [t if t.requires_grad else Tensor(t.data, requires_grad=True) for t in points]
        used = [(o, c) for o, c in zip(function(*leaves), cotangents, strict=True) if o.requires_grad]
        found: Sequence[Tensor | None] = [None] * len(leaves)
        if used:
            heads, weights = zip(*used, strict=True)
            found = grad(heads, leaves, weights, create_graph=True, allow_unused=True)
    return [Tensor(np.zeros_like(t.data)) if f is None else f for f, t in zip(found, leaves, strict=True)]


def _central_difference(
    terms: Callable[..., NDArray[Any]], points: Sequence[NDArray[Any]], k: int, eps: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the numeric gradient of the sum of terms with respect to input k, and what rounding may add to it.

    Terms are subtracted one by one, so that large ones, which this element of the input does not move, drop out.
    """
    slopes, rounding = np.zeros_like(points[k]), np.zeros_like(points[k])
    for index in np.ndindex(points[k].shape):
        moved = [p.copy() for p in points]
        step = eps * max(1.0, abs(float(points[k][index])))
        moved[k][index] = points[k][index] + step
        above = terms(*moved)
        moved[k][index] = points[k][index] - step
        below = terms(*moved)
        slopes[index] = (above - below).sum() / (2 * step)
        rounding[index] = np.finfo(np.float64).eps * np.abs(above[above != below]).sum() / step
    return slopes, rounding


def _check_forward(
    function: Function,
    points: Sequence[NDArray[Any]],
    generator: np.random.Generator,
    atol: float,
    rtol: float,
    name: str,
) -> None:
    """Hold J v, computed forward, against J' c, computed backward."""
    directions = tuple(generator.normal(size=p.shape) for p in points)
    for number, output in enumerate(function(*_leaves(points))):
        cotangent = generator.normal(size=output.shape)
        _, change = jvp(lambda *t, n=number: function(*t)[n], tuple(points), directions)
        forward = float((change.data * cotangent).sum())
        leaves = _leaves(points)
        output = function(*leaves)[number]
        if not output.requires_grad:
            continue
        slopes = grad(output, leaves, cotangent, allow_unused=True)
        backward = float(sum((s.data * d).sum() for s, d in zip(slopes, directions, strict=True) if s is not None))
        if not abs(forward - backward) <= atol + rtol * abs(backward):
            raise GradientError(1, f"{name} forward", 0, (), forward, backward)


def _leaves(points: Sequence[NDArray[Any]]) -> list[Tensor]:
    """Make a leaf of each point."""
    return [Tensor(p, requires_grad=True) for p in points]


def _as_float64(a: Any) -> Any:
    """Convert floating inputs to float64 arrays, and leave everything else alone."""
    if isinstance(a, Tensor):
        a = a.data
    if isinstance(a, (float, np.floating, list)) or (isinstance(a, np.ndarray) and a.dtype.kind == "f"):
        array = np.array(a)
        return array.astype(np.float64) if array.dtype.kind == "f" else a
    return a
