"""Functions that reduce or accumulate along axes: sums, products, extremes, norms."""

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from nnlite.autograd import differentiable, nondifferentiable
from nnlite.autograd._recording import Array

__all__ = [
    "all",
    "any",
    "argmax",
    "argmin",
    "cumprod",
    "cumsum",
    "logsumexp",
    "max",
    "mean",
    "min",
    "norm",
    "prod",
    "std",
    "sum",
    "var",
]

Axis = int | tuple[int, ...] | None


@differentiable
def sum(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the sum over `axis` (an axis, a tuple of them, or None for all).

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.sum(nl.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    tensor([3., 7.])
    """
    shape = x.shape
    return x.sum(axis=axis, keepdims=keepdims), (lambda g: np.broadcast_to(_spread(g, axis, keepdims), shape),)


@differentiable
def mean(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the mean over `axis` (an axis, a tuple of them, or None for all)."""
    shape = x.shape
    count = _count(shape, axis)
    y = x.sum(axis=axis, keepdims=keepdims) / count
    return y, (lambda g: np.broadcast_to(_spread(g / count, axis, keepdims), shape),)


@differentiable
def prod(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the product over `axis`. The gradient is the product of the other factors, right also among zeros.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> x = nl.tensor([2.0, 0.0, 5.0], requires_grad=True)
    >>> F.prod(x).backward()
    >>> x.grad
    array([ 0., 10.,  0.], dtype=float32)
    """

    def vjp(g: Array) -> Array:
        rows = _rows(x, axis)
        before = _products_before(rows)
        after = np.flip(_products_before(np.flip(rows, axis=-1)), axis=-1)
        return _spread(g, axis, keepdims) * _unrows(before * after, x.shape, axis)

    return x.prod(axis=axis, keepdims=keepdims), (vjp,)


@differentiable
def var(x: Array, *, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Array:
    """Return the variance over `axis`: the mean square distance from the mean, with divisor count - `ddof`.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.var(nl.tensor([1.0, 2.0, 3.0]), ddof=1)
    tensor(1.)
    """
    centered, freedom = _centered(x, axis, ddof)
    y = (centered * centered).sum(axis=axis, keepdims=keepdims) / freedom
    return y, (lambda g: _spread(2 * g / freedom, axis, keepdims) * centered,)


@differentiable
def std(x: Array, *, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Array:
    """Return the standard deviation over `axis`, with divisor count - `ddof`; where it is 0, so is the gradient."""
    centered, freedom = _centered(x, axis, ddof)
    y, divisor = _safe_root((centered * centered).sum(axis=axis, keepdims=keepdims) / freedom)
    return y, (lambda g: _spread(g / (freedom * divisor), axis, keepdims) * centered,)


@differentiable
def max(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the maximum over `axis`; the gradient goes to the first one, in row-major order.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> x = nl.tensor([1.0, 3.0, 3.0], requires_grad=True)
    >>> F.max(x).backward()
    >>> x.grad
    array([0., 1., 0.], dtype=float32)
    """
    y = x.max(axis=axis, keepdims=keepdims)
    return y, (lambda g: _spread(g, axis, keepdims) * _is_first(np.argmax, x, axis),)


@differentiable
def min(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the minimum over `axis`; the gradient goes to the first one, in row-major order."""
    y = x.min(axis=axis, keepdims=keepdims)
    return y, (lambda g: _spread(g, axis, keepdims) * _is_first(np.argmin, x, axis),)


@differentiable
def logsumexp(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return log(sum(exp(x))) over `axis` without overflow; -inf, with gradient 0, where every x is -inf.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.logsumexp(nl.tensor([1000.0, 1000.0]))
    tensor(1000.6932)
    """
    shift = _finite_max(x, axis=axis)
    total = np.exp(x - shift).sum(axis=axis, keepdims=True)
    empty = total == 0
    divisor = total + empty
    y = np.where(empty, -math.inf, np.log(divisor) + shift)
    return y if keepdims else y.squeeze(axis), (lambda g: _spread(g, axis, keepdims) / divisor * np.exp(x - shift),)


@differentiable
def norm(x: Array, *, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return the norm of the vectors along `axis`, or of all that a tuple of axes (None: every axis) holds.

    Order p is sum(|x|**p)**(1/p); inf and -inf are the largest and the smallest |x|. Where the norm is 0, its
    gradient is taken as 0; at a tie for the largest, the gradient goes to the first.

    Parameters
    ----------
    x : array
        The elements.
    ord : float, "fro" or None, default None
        For one axis, a positive number, inf or -inf. Over several axes only the Euclidean norm of all elements is
        offered: None, or "fro" for two axes.
    axis : int, tuple of int or None, default None
        What is reduced.
    keepdims : bool, default False
        Whether the reduced axes stay, with length 1.

    Raises
    ------
    ValueError
        For any other order.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> x = nl.tensor([[3.0, -4.0], [0.0, 0.0]], requires_grad=True)
    >>> F.norm(x, axis=1)
    tensor([5., 0.], from=norm)
    >>> F.norm(x, axis=1).sum().backward()
    >>> x.grad
    array([[ 0.6, -0.8],
           [ 0. ,  0. ]], dtype=float32)
    """
    p = _norm_order(ord, axis, x.ndim)
    if p == 2:
        y, divisor = _safe_root((x * x).sum(axis=axis, keepdims=keepdims))
        return y, (lambda g: _spread(g / divisor, axis, keepdims) * x,)
    size = np.absolute(x)
    if p == 1:
        return size.sum(axis=axis, keepdims=keepdims), (lambda g: _spread(g, axis, keepdims) * np.sign(x),)
    if math.isinf(p):
        value, position = (size.max, np.argmax) if p > 0 else (size.min, np.argmin)
        return value(axis=axis, keepdims=keepdims), (
            lambda g: _spread(g, axis, keepdims) * (np.sign(x) * _is_first(position, size, axis)),
        )
    safe_size = size + (x == 0)  # not 0, of which a power below 1 has an infinite slope
    total = (safe_size**p * (x != 0)).sum(axis=axis, keepdims=keepdims)
    root = (total + (total == 0)) ** (1 / p)

    def vjp(g: Array) -> Array:
        share = safe_size / _spread(root, axis, keepdims)
        return _spread(g, axis, keepdims) * np.sign(x) * share ** (p - 1)

    return root - (total == 0), (vjp,)


@differentiable
def cumsum(x: Array, *, axis: int | None = None) -> Array:
    """Return the running sums along `axis`, or of the flattened array.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.cumsum(nl.tensor([1.0, 2.0, 3.0]))
    tensor([1., 3., 6.])
    """
    along, shape = axis or 0, x.shape

    def vjp(g: Array) -> Array:
        from_the_end = np.flip(g, axis=along).cumsum(axis=along)
        return np.flip(from_the_end, axis=along).reshape(shape)

    return x.cumsum(axis=axis), (vjp,)


@differentiable
def cumprod(x: Array, *, axis: int | None = None) -> Array:
    """Return the running products along `axis`, or of the flattened array; the gradient is right also among zeros."""
    along = axis or 0
    y = x.cumprod(axis=axis)

    def vjp(g: Array) -> Array:
        if g.size == 0:
            return g.reshape(x.shape)
        factors, products, g = (np.moveaxis(a, along, 0) for a in (x.reshape(g.shape), y, g))
        adjoints = [g[-1]]
        for k in reversed(range(len(g) - 1)):
            adjoints.append(g[k] + factors[k + 1] * adjoints[-1])
        before = np.concatenate([np.ones_like(products[:1]), products[:-1]])
        return np.moveaxis(np.stack(adjoints[::-1]) * before, 0, along).reshape(x.shape)

    return y, (vjp,)


def argmax(x: Array, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the index of the first maximum along `axis`, or in the flattened array: a plain integer array.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.argmax(nl.tensor([[1.0, 3.0, 3.0], [5.0, 4.0, 0.0]]), axis=1)
    array([1, 0])
    """
    return np.argmax(x, axis=axis, keepdims=keepdims)


def argmin(x: Array, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the index of the first minimum along `axis`, or in the flattened array: a plain integer array."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


def all(x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    """Say whether all elements along `axis` are nonzero: a plain boolean array."""
    return np.all(x, axis=axis, keepdims=keepdims)


def any(x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    """Say whether some element along `axis` is nonzero: a plain boolean array."""
    return np.any(x, axis=axis, keepdims=keepdims)


def _spread(g: Array, axis: Axis, keepdims: bool) -> Array:
    """Give a reduced array its axes of length 1 back, so that it broadcasts against what was reduced."""
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def _count(shape: tuple[int, ...], axis: Axis) -> int:
    """Return how many elements are reduced to one."""
    return math.prod(shape if axis is None else (shape[a] for a in normalize_axis_tuple(axis, len(shape))))


def _centered(x: Array, axis: Axis, ddof: int) -> tuple[Array, int]:
    """Return x less its mean, and the degrees of freedom (0 when there are none, as in NumPy)."""
    count = _count(x.shape, axis)
    return x - x.sum(axis=axis, keepdims=True) / count, count - ddof if count > ddof else 0


def _safe_root(squares: Array) -> tuple[Array, Array]:
    """Return the square root, and the same with 1 for 0, to divide by."""
    zero = squares == 0
    divisor = np.sqrt(squares + zero)
    return divisor - zero, divisor


@nondifferentiable
def _finite_max(x: Array, axis: Axis) -> Array:
    """Return the maximum over axes that are kept, or 0 where it is infinite: a constant for the engine."""
    largest = np.max(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(largest), largest, 0)


def _axes_kept_and_reduced(ndim: int, axis: Axis) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Sort the axes into those that stay and those that are reduced, each in ascending order."""
    reduced = tuple(range(ndim)) if axis is None else tuple(sorted(normalize_axis_tuple(axis, ndim)))
    return tuple(a for a in range(ndim) if a not in reduced), reduced


def _rows(x: Array, axis: Axis) -> Array:
    """Move the reduced axes to the end and join them to one."""
    kept, reduced = _axes_kept_and_reduced(x.ndim, axis)
    length = math.prod(x.shape[a] for a in reduced)
    return x.transpose(kept + reduced).reshape((*(x.shape[a] for a in kept), length))


def _unrows(rows: Array, shape: tuple[int, ...], axis: Axis) -> Array:
    """Undo `_rows` for an array that had this shape."""
    kept, reduced = _axes_kept_and_reduced(len(shape), axis)
    order = kept + reduced
    return rows.reshape(tuple(shape[a] for a in order)).transpose(tuple(map(order.index, range(len(order)))))


def _is_first(position: Callable[..., Any], x: Array, axis: Axis) -> Array:
    """Return a mask of the element of each reduced set that argmax or argmin names."""
    rows = _rows(x, axis)
    mask = np.arange(rows.shape[-1]) == position(rows, axis=-1)[..., None]
    return _unrows(mask, x.shape, axis)


def _products_before(rows: Array) -> Array:
    """Return for each element the product of those before it on the last axis."""
    ones = np.ones_like(rows, shape=(*rows.shape[:-1], 1))
    return np.concatenate([ones, rows], axis=-1)[..., :-1].cumprod(axis=-1)


def _norm_order(ord: float | str | None, axis: Axis, ndim: int) -> float:
    """Return the p of a vector norm, or raise if there is none."""
    axes = ndim if axis is None else np.size(axis)
    if ord is None or (ord == "fro" and axes == 2):
        return 2.0
    if axes == 1 and isinstance(ord, Real) and (ord > 0 or ord == -math.inf):
        return float(ord)
    raise ValueError(
        f"norm() takes ord=None for any axes, 'fro' for two, and a positive number, inf or -inf for one; "
        f"got ord={ord!r} for {axes} axes of an array with {ndim}"
    )
