"""Derivatives as functions of functions, and checkpointing: everything here is made of `grad`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnlite import random
from nnlite.autograd._mode import enable_grad, is_grad_enabled, no_grad, switched
from nnlite.autograd._recording import differentiable
from nnlite.autograd._tensor import Tensor
from nnlite.autograd._walk import grad, partial_gradients, reachable

__all__ = ["checkpoint", "hessian", "hvp", "jacobian", "jvp", "vjp"]


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Return func's value and v @ J: the cotangent v carried back through its Jacobian J.

    Parameters
    ----------
    func : callable
        A function of Tensors that returns a Tensor.
    inputs : Tensor, array or tuple of them
        Where the derivative is taken.
    v : array_like, optional
        The cotangent, of the value's shape; may be left out for a value of one element.
    create_graph : bool, default False
        Record the computation, so that it can be differentiated again.

    Returns
    -------
    value : Tensor
    gradients : Tensor or tuple of Tensors
        One of each input's shape; a tuple if `inputs` is one. Zeros where the value does not depend on an input.

    Examples
    --------
    >>> import nnlite as nl
    >>> value, gradient = nl.vjp(lambda x: x**2, nl.tensor([1.0, 2.0]), nl.tensor([1.0, 10.0]))
    >>> gradient
    tensor([ 2., 40.])
    """
    leaves, value = _call(func, inputs, create_graph)
    gradients = _gradients(value, leaves, v, create_graph)
    return _settled(value, create_graph), _like(inputs, [_settled(g, create_graph) for g in gradients])


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Return func's value and J @ v: its change in the direction v.

    The product is the derivative of the linear map u -> u @ J at any u, so it takes two backward passes.

    Parameters
    ----------
    func, inputs, create_graph
        As for `vjp`.
    v : array_like or tuple of them, optional
        A direction for each input, of its shape (a tuple if there are several); may be left out for a single input of
        one element.

    Returns
    -------
    value : Tensor
    change : Tensor
        Of the value's shape.

    Examples
    --------
    >>> import nnlite as nl
    >>> value, change = nl.jvp(lambda x: x**2, nl.tensor([1.0, 2.0]), nl.tensor([1.0, 10.0]))
    >>> change
    tensor([ 2., 40.])
    """
    leaves, value = _call(func, inputs, create_graph)
    directions = _directions(v, leaves)
    cotangent = Tensor(np.zeros_like(value.data), requires_grad=True)
    pulled_back = _gradients(value, leaves, cotangent, create_graph=True)
    moving = [(g, d) for g, d in zip(pulled_back, directions, strict=True) if g.requires_grad]
    if moving:
        outputs, weights = zip(*moving, strict=True)
        (change,) = grad(outputs, cotangent, weights, create_graph=create_graph, allow_unused=True)
    else:
        change = None
    change = Tensor(np.zeros_like(value.data)) if change is None else change
    return _settled(value, create_graph), _settled(change, create_graph)


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False) -> Any:
    """Return the matrix of all partial derivatives of func's value.

    Parameters
    ----------
    func, inputs, create_graph
        As for `vjp`.

    Returns
    -------
    Tensor or tuple of Tensors
        For each input, of shape (*value.shape, *input.shape).

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.jacobian(lambda x: x**2, nl.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    leaves, value = _call(func, inputs, create_graph)
    rows = []
    for i in range(value.size):
        cotangent = np.zeros(value.size, value.dtype)
        cotangent[i] = 1
        rows.append(_gradients(value, leaves, cotangent.reshape(value.shape), create_graph, retain_graph=True))
    with enable_grad() if create_graph else no_grad():
        columns = [
            np.stack([row[k] for row in rows]).reshape((*value.shape, *leaf.shape))
            if rows
            else Tensor(np.zeros((*value.shape, *leaf.shape), leaf.dtype))
            for k, leaf in enumerate(leaves)
        ]
    return _like(inputs, columns)


def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False) -> Any:
    """Return the matrix of second derivatives of a function with one number as its value.

    Parameters
    ----------
    func, inputs, create_graph
        As for `vjp`.

    Returns
    -------
    Tensor or tuple of tuples of Tensors
        Block i, j has shape (*inputs[i].shape, *inputs[j].shape).

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.hessian(lambda x: (x**3).sum(), nl.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    count = len(inputs) if isinstance(inputs, (tuple, list)) else 1

    def gradient(k: int) -> Callable[..., Any]:
        def function(*points: Tensor) -> Tensor:
            value = _scalar(func(*points))
            return _gradients(value, points, None, create_graph=True)[k]

        return function

    blocks = [jacobian(gradient(k), inputs, create_graph) for k in range(count)]
    return tuple(blocks) if isinstance(inputs, (tuple, list)) else blocks[0]


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Return func's value and H @ v, its second derivatives times a direction, without forming H.

    Parameters
    ----------
    func, inputs, v, create_graph
        As for `jvp`; the value of `func` is one number.

    Returns
    -------
    value : Tensor
    product : Tensor or tuple of Tensors
        One of each input's shape.

    References
    ----------
    Pearlmutter, B. A., "Fast exact multiplication by the Hessian", 1994.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.hvp(lambda x: (x**3).sum(), nl.tensor([1.0, 2.0]), nl.tensor([1.0, 1.0]))[1]
    tensor([ 6., 12.])
    """
    leaves, value = _call(func, inputs, create_graph)
    directions = _directions(v, leaves)
    slopes = _gradients(_scalar(value), leaves, None, create_graph=True)
    moving = [(g, d) for g, d in zip(slopes, directions, strict=True) if g.requires_grad]
    products: Sequence[Tensor | None] = [None] * len(leaves)
    if moving:
        outputs, weights = zip(*moving, strict=True)
        products = grad(outputs, leaves, weights, create_graph=create_graph, allow_unused=True)
    products = _zeros_for_none(products, leaves)
    return _settled(value, create_graph), _like(inputs, [_settled(p, create_graph) for p in products])


def checkpoint(func: Callable[..., Any], *args: Any) -> Any:
    """Compute `func(*args)` and keep nothing of the way: the backward pass computes it a second time.

    Trades time for memory. Leaves that `func` reaches by itself (a module's parameters) get their gradients as
    usual. Random generators are put back for the second run, so that dropout draws the same masks; running
    statistics are updated by the first run only.

    Parameters
    ----------
    func : callable
        A function of Tensors that returns a Tensor or a tuple of Tensors.
    *args
        Tensors, and whatever else `func` takes.

    References
    ----------
    Chen, T., Xu, B., Zhang, C. and Guestrin, C., "Training deep nets with sublinear memory cost", 2016.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> x = nl.tensor([0.0, 1.0], requires_grad=True)
    >>> nl.checkpoint(lambda t: np.exp(t) * t, x).sum().backward()
    >>> x.grad.round(3)
    array([1.   , 5.437], dtype=float32)
    """
    if not is_grad_enabled():
        return func(*args)
    varying = [i for i, a in enumerate(args) if isinstance(a, Tensor) and a.requires_grad]
    segment = _Segment(func, [None if i in varying else a for i, a in enumerate(args)], varying)
    points = [Tensor(args[i].data, requires_grad=True) for i in varying]
    with random.recorded() as segment.states:
        first = segment.run(points)
    outputs = first if isinstance(first, tuple) else (first,)
    for i, output in enumerate(outputs):
        if not isinstance(output, Tensor):
            raise TypeError(
                f"checkpoint() takes a function that returns Tensors, output {i} is a {type(output).__name__}"
            )
    segment.leaves = [leaf for leaf in _leaves(outputs) if leaf not in set(points)]
    if not varying and not segment.leaves:
        return first
    segment.values = tuple(o.data for o in outputs) if isinstance(first, tuple) else first.data
    return _checkpoint(*(args[i] for i in varying), *segment.leaves, segment=segment)


class _Segment:
    """What it takes to compute a checkpointed segment again."""

    leaves: list[Tensor]  # those that func reaches by itself
    states: dict[np.random.Generator, random.State]  # of the generators, before the first run
    values: Any  # of the first run, until the node is made

    def __init__(self, func: Callable[..., Any], args: list[Any], varying: list[int]) -> None:
        self._func = func
        self._args = args  # with None where a differentiated Tensor goes
        self.varying = varying

    def run(self, tensors: Sequence[Tensor]) -> Any:
        """Call func with its differentiated arguments put in."""
        filled = list(self._args)
        for i, tensor in zip(self.varying, tensors, strict=True):
            filled[i] = tensor
        return self._func(*filled)

    def again(self, tensors: Sequence[Tensor]) -> Any:
        """Run for a second time, with the random numbers of the first."""
        with random.restored(self.states), switched(grad=True, recomputing=True, replaying=False):
            return self.run(tensors)


@differentiable
def _checkpoint(*arrays: Any, segment: _Segment) -> Any:
    """Take the values of the first run, and run the segment again when the gradient comes back."""
    values, segment.values = segment.values, None

    def back(g: Any, needs: tuple[bool, ...]) -> list[Any]:
        points = [Tensor(a, requires_grad=True) for a in arrays[: len(segment.varying)]]
        value = segment.again(points)
        pairs = zip(value, g, strict=True) if isinstance(value, tuple) else [(value, g)]
        used = [(v, c) for v, c in pairs if c is not None and v.requires_grad]
        if not used:
            return [None] * len(arrays)
        heads, weights = zip(*used, strict=True)
        return partial_gradients(heads, [*points, *segment.leaves], weights, create_graph=False)

    return values, back


@_checkpoint.composite
def _checkpoint_again(*tensors: Tensor, segment: _Segment) -> Any:
    """Run the segment on Tensors, for derivatives of derivatives."""
    return segment.again(tensors[: len(segment.varying)])


def _leaves(outputs: Sequence[Tensor]) -> list[Tensor]:
    """Return the leaves that require grad and that the outputs were computed from, in a fixed order."""
    found: dict[Tensor, None] = {o: None for o in outputs if o._node is None and o.requires_grad}
    for node in reachable(outputs):
        found.update({edge[0]: None for edge in node.edges if edge is not None and isinstance(edge[0], Tensor)})
    return list(found)


def _call(func: Callable[..., Any], inputs: Any, create_graph: bool) -> tuple[list[Tensor], Tensor]:
    """Call func at the inputs, recorded; without create_graph, at leaves that are apart from the caller's graph."""
    given = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
    points = [a if isinstance(a, Tensor) else Tensor(a) for a in given]
    leaves = [p if create_graph and p.requires_grad else Tensor(p.data, requires_grad=True) for p in points]
    with enable_grad():
        value = func(*leaves)
    if not isinstance(value, Tensor):
        raise TypeError(f"expected a function that returns one Tensor, got {type(value).__name__}")
    return leaves, value


def _gradients(
    value: Tensor, leaves: Sequence[Tensor], v: Any, create_graph: bool, retain_graph: bool | None = None
) -> list[Tensor]:
    """Return the gradients of value, zeros where it does not depend on a leaf."""
    if not value.requires_grad:
        return _zeros_for_none([None] * len(leaves), leaves)
    found = grad(value, leaves, v, retain_graph=retain_graph, create_graph=create_graph, allow_unused=True)
    return _zeros_for_none(found, leaves)


def _zeros_for_none(gradients: Sequence[Tensor | None], leaves: Sequence[Tensor]) -> list[Tensor]:
    """Put zeros where there is no dependence."""
    return [Tensor(np.zeros_like(leaf.data)) if g is None else g for g, leaf in zip(gradients, leaves, strict=True)]


def _directions(v: Any, leaves: Sequence[Tensor]) -> list[Any]:
    """Check a direction for each input; 1 for a single input of one element."""
    if v is None:
        if len(leaves) != 1 or leaves[0].size != 1:
            raise ValueError("a direction v is needed for each input, of its shape")
        return [np.ones_like(leaves[0].data)]
    directions = list(v) if isinstance(v, tuple) else [v]
    directions = [d if isinstance(d, Tensor) else np.asarray(d, leaf.dtype) for d, leaf in zip(directions, leaves)]  # noqa: B905
    shapes, wanted = [d.shape for d in directions], [leaf.shape for leaf in leaves]
    if shapes != wanted:
        raise ValueError(f"expected directions v of the inputs' shapes {wanted}, got {shapes}")
    return directions


def _scalar(value: Tensor) -> Tensor:
    """Require a value of one element."""
    if value.size != 1:
        raise ValueError(f"second derivatives need a function with one number as its value, got shape {value.shape}")
    return value


def _settled(tensor: Tensor, create_graph: bool) -> Tensor:
    """Cut a result off its graph, unless the graph was asked for."""
    return tensor if create_graph else tensor.detach()


def _like(inputs: Any, results: Sequence[Any]) -> Any:
    """Give a tuple for a tuple and one result for one input."""
    return tuple(results) if isinstance(inputs, (tuple, list)) else results[0]
