"""Functions that move elements without computing: shapes, axes, joining, splitting, repeating, padding."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.typing import DTypeLike

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.kernels.scatter import scatter_add_rows

__all__ = [
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "flatten",
    "flip",
    "moveaxis",
    "pad",
    "repeat",
    "reshape",
    "roll",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "tile",
    "transpose",
]

Axes = int | tuple[int, ...]


@differentiable
def reshape(x: Array, *, shape: Axes) -> Array:
    """Return x with another shape, its elements in row-major order; one length may be -1.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.reshape(nl.tensor([1.0, 2.0, 3.0, 4.0]), (2, -1))
    tensor([[1., 2.],
            [3., 4.]])
    """
    before = x.shape
    return x.reshape(shape), (lambda g: g.reshape(before),)


@differentiable
def flatten(x: Array) -> Array:
    """Return x as a vector, its elements in row-major order."""
    before = x.shape
    return x.reshape((-1,)), (lambda g: g.reshape(before),)


@differentiable
def transpose(x: Array, *, axes: Sequence[int] | None = None) -> Array:
    """Return x with its axes in the order `axes`, or reversed."""
    y = x.transpose(axes)
    if axes is None:
        return y, (lambda g: g.transpose(),)

    def vjp(g: Array) -> Array:
        order = [a % g.ndim for a in axes]
        return g.transpose(tuple(map(order.index, range(g.ndim))))

    return y, (vjp,)


@differentiable
def swapaxes(x: Array, *, axis1: int, axis2: int) -> Array:
    """Return x with two axes exchanged."""
    return x.swapaxes(axis1, axis2), (lambda g: g.swapaxes(axis1, axis2),)


@differentiable
def moveaxis(x: Array, *, source: Axes, destination: Axes) -> Array:
    """Return x with the axes `source` at the places `destination`, the others in their order."""
    return np.moveaxis(x, source, destination), (lambda g: np.moveaxis(g, destination, source),)


@differentiable
def squeeze(x: Array, *, axis: Axes | None = None) -> Array:
    """Return x without the given axes of length 1, or without any of length 1."""
    before = x.shape
    return x.squeeze(axis), (lambda g: g.reshape(before),)


@differentiable
def expand_dims(x: Array, *, axis: Axes) -> Array:
    """Return x with new axes of length 1, at the places `axis` of the result."""
    before = x.shape
    return np.expand_dims(x, axis), (lambda g: g.reshape(before),)


@differentiable
def broadcast_to(x: Array, *, shape: Axes) -> Array:
    """Return x stretched to `shape`: a read-only view."""
    return np.broadcast_to(x, shape), (lambda g: g,)


def concatenate(arrays: Sequence[Array], axis: int | None = 0) -> Any:
    """Return the arrays joined along an axis that they have; flattened first if `axis` is None.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.concatenate([nl.tensor([[1.0], [2.0]]), [[3.0], [4.0]]], axis=1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    return _concatenate(*arrays, axis=axis)


@differentiable
def _concatenate(*arrays: Array, axis: int | None) -> Array:
    """Join the arguments along an axis."""
    y = np.concatenate(arrays, axis=axis)
    shapes = [np.shape(a) for a in arrays]

    def vjp(g: Array, needs: tuple[bool, ...]) -> list[Array]:
        along = 0 if axis is None else normalize_axis_index(axis, g.ndim)
        lengths = [math.prod(shape) if axis is None else shape[along] for shape in shapes]
        stops = np.cumsum(lengths).tolist()
        lead = (slice(None),) * along
        return [
            g[(*lead, slice(stop - length, stop))].reshape(shape) if needed else None
            for shape, length, stop, needed in zip(shapes, lengths, stops, needs, strict=True)
        ]

    return y, vjp


def stack(arrays: Sequence[Array], axis: int = 0) -> Any:
    """Return arrays of one shape joined along a new axis, at the place `axis` of the result.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.stack([nl.tensor([1.0, 2.0]), nl.tensor([3.0, 4.0])], axis=1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    return _stack(*arrays, axis=axis)


@differentiable
def _stack(*arrays: Array, axis: int) -> Array:
    """Join the arguments along a new axis."""

    def vjp(g: Array, needs: tuple[bool, ...]) -> list[Array]:
        lead = (slice(None),) * normalize_axis_index(axis, g.ndim)
        return [g[(*lead, i)] if needed else None for i, needed in enumerate(needs)]

    return np.stack(arrays, axis=axis), vjp


def split(x: Array, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """Return a list of the parts of x along an axis.

    Parameters
    ----------
    x : array
        What is split.
    indices_or_sections : int or sequence of int
        The number of equal parts, or the places where x is cut.
    axis : int, default 0
        The axis that is cut.

    Raises
    ------
    ValueError
        If the parts would not be equal.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.split(nl.tensor([1.0, 2.0, 3.0]), [1])
    [tensor([1.]), tensor([2., 3.])]
    """
    return list(_split(x, indices_or_sections=indices_or_sections, axis=axis))


@differentiable
def _split(x: Array, *, indices_or_sections: int | Sequence[int], axis: int) -> Array:
    """Cut x into a tuple of parts."""
    parts = tuple(np.split(x, indices_or_sections, axis=axis))
    shapes = [part.shape for part in parts]
    dtype = x.dtype

    def vjp(g: tuple[Array, ...]) -> Array:
        pieces = [np.zeros(shape, dtype) if piece is None else piece for piece, shape in zip(g, shapes, strict=True)]
        return np.concatenate(pieces, axis=axis)

    return parts, (vjp,)


@differentiable
def tile(x: Array, *, reps: Axes) -> Array:
    """Return x repeated as a whole `reps` times along each axis.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.tile(nl.tensor([1.0, 2.0]), (2, 2))
    tensor([[1., 2., 1., 2.],
            [1., 2., 1., 2.]])
    """
    before = x.shape

    def vjp(g: Array) -> Array:
        lengths = (1,) * (g.ndim - len(before)) + before
        apart = [n for total, length in zip(g.shape, lengths, strict=True) for n in (total // (length or 1), length)]
        return g.reshape(tuple(apart)).sum(axis=tuple(range(0, 2 * g.ndim, 2))).reshape(before)

    return np.tile(x, reps), (vjp,)


@differentiable
def repeat(x: Array, *, repeats: int | Sequence[int], axis: int | None = None) -> Array:
    """Return x with each element repeated along an axis, or each element of the flattened array.

    Parameters
    ----------
    x : array
        The elements.
    repeats : int or sequence of int
        How often each is repeated: one number, or one for each place on the axis.
    axis : int or None, default None
        The axis that grows.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.repeat(nl.tensor([1.0, 2.0]), [1, 3])
    tensor([1., 2., 2., 2.])
    """
    before = x.shape

    def vjp(g: Array) -> Array:
        along = 0 if axis is None else normalize_axis_index(axis, g.ndim)
        size = math.prod(before) if axis is None else before[along]
        if np.ndim(repeats) == 0:
            return (
                g.reshape((*g.shape[:along], size, repeats, *g.shape[along + 1 :])).sum(axis=along + 1).reshape(before)
            )
        index = np.repeat(np.arange(size), repeats)
        return add_along(g, index=index, size=size, axis=along).reshape(before)

    return np.repeat(x, repeats, axis=axis), (vjp,)


@differentiable
def pad(
    x: Array,
    *,
    pad_width: Any,
    mode: Literal["constant", "edge", "reflect", "wrap"] = "constant",
    constant_values: Any = 0,
) -> Array:
    """Return x with a border.

    Parameters
    ----------
    x : array
        The inside.
    pad_width : int or sequence
        Elements before and after each axis: one number, one pair for all axes, or a pair for each axis.
    mode : {"constant", "edge", "reflect", "wrap"}, default "constant"
        The border: a constant, the outermost element, the inside mirrored at its outermost element, or the inside
        repeated from its other end.
    constant_values : float or sequence, default 0
        For mode "constant": one number, one pair for all axes, or a pair for each axis.

    Raises
    ------
    ValueError
        For another mode.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.pad(nl.tensor([1.0, 2.0, 3.0]), (1, 2), mode="reflect")
    tensor([2., 1., 2., 3., 2., 1.])
    """
    if mode not in ("constant", "edge", "reflect", "wrap"):
        raise ValueError(f"pad() takes mode 'constant', 'edge', 'reflect' or 'wrap', got {mode!r}")
    shape = x.shape
    widths = np.broadcast_to(pad_width, (len(shape), 2)).tolist()
    if mode == "constant":
        inside = tuple(slice(before, before + n) for (before, _), n in zip(widths, shape, strict=True))
        return np.pad(x, widths, mode=mode, constant_values=constant_values), (lambda g: g[inside],)

    def vjp(g: Array) -> Array:
        for axis, (width, n) in enumerate(zip(widths, shape, strict=True)):
            if any(width):
                g = add_along(g, index=np.pad(np.arange(n), width, mode=mode), size=n, axis=axis)
        return g

    return np.pad(x, widths, mode=mode), (vjp,)


@differentiable
def flip(x: Array, *, axis: Axes | None = None) -> Array:
    """Return x with the order of its elements reversed along the axes, or along all."""
    return np.flip(x, axis=axis), (lambda g: np.flip(g, axis=axis),)


@differentiable
def roll(x: Array, *, shift: Axes, axis: Axes | None = None) -> Array:
    """Return x with its elements moved on by `shift` places, those that leave at the end coming back at the start.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.roll(nl.tensor([1.0, 2.0, 3.0]), 1)
    tensor([3., 1., 2.])
    """
    back = tuple(-s for s in shift) if isinstance(shift, tuple) else -shift
    return np.roll(x, shift, axis=axis), (lambda g: np.roll(g, back, axis=axis),)


def _astype(x: Array, *, dtype: DTypeLike) -> Any:
    """Return x in another dtype: the gradient passes through to a floating one, an integer one gives a constant."""
    return _cast(x, np.empty(0, dtype))


@differentiable
def _cast(x: Array, like: Array) -> Array:
    """Return x in the dtype of `like`, an array: as an argument it tells the engine that float64 is meant."""
    return x.astype(like.dtype), (lambda g: g, None)


@differentiable
def _copy(x: Array) -> Array:
    """Return a copy of x, in the graph."""
    return np.copy(x), (lambda g: g,)


def _sum_at(values: Array, *, index: Array, size: int, axis: int) -> Array:
    """Add the slices of `values` along an axis to the places that `index` names on an axis of length `size`."""
    if axis == 0:
        return scatter_add_rows(index, values, size)
    return np.moveaxis(scatter_add_rows(index, np.moveaxis(values, axis, 0), size), 0, axis)


@differentiable(kernel=_sum_at)
def add_along(values: Array, *, index: Array, size: int, axis: int) -> Array:
    """Return zeros of length `size` along `axis`, to which slice k of `values` is added at `index[k]`.

    It is the adjoint of `np.take(x, index, axis)`, so the two are closed under differentiation.
    """
    y = add_along.kernel(values, index=index, size=size, axis=axis)
    return y, (lambda c: np.take(c, index, axis=axis),)
