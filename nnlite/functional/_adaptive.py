"""Pooling over everything or to a given size, channels last: the windows are as large as the input asks for."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Tensor
from nnlite.autograd._recording import Array
from nnlite.functional._indexing import take_along_axis
from nnlite.functional._pooling import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    flat_places,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from nnlite.functional._reduction import max as max_
from nnlite.functional._reduction import mean
from nnlite.functional._resize import weigh_along
from nnlite.functional._shape import reshape
from nnlite.functional._windows import Size, as_floating

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "check_output_size",
    "global_avg_pool",
    "global_max_pool",
]

OutputSize = int | None | Sequence[int | None]

_MAX_POOLS = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}
_AVG_POOLS = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}


def adaptive_avg_pool1d(x: Array, output_size: OutputSize) -> Any:
    """Return means of sequences over as many windows as the output shall have.

    Parameters
    ----------
    x : Tensor or array, shape (N, L, C)
        Sequences, channels last.
    output_size : int or None
        As for `adaptive_avg_pool2d`, with one number for the one axis.

    Returns
    -------
    Tensor or array, shape (N, output_size, C)

    Raises
    ------
    ValueError
        If x has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.adaptive_avg_pool1d(np.arange(5.0).reshape(1, 5, 1), 2).ravel()
    array([1., 3.])
    """
    return _averaged("adaptive_avg_pool1d", x, 1, output_size)


def adaptive_avg_pool2d(x: Array, output_size: OutputSize) -> Any:
    """Return means over as many windows as the output shall have.

    Window i of m, along an axis of n elements, reaches from element ``floor(i * n / m)`` to, and without, element
    ``ceil((i + 1) * n / m)``. If m divides n they tile the axis, else they overlap.

    Parameters
    ----------
    x : Tensor or array, shape (N, H, W, C)
        Images, channels last.
    output_size : int, or pair of int or None
        Rows and columns of the output; None keeps those of x.

    Returns
    -------
    Tensor or array, shape (N, rows, columns, C)

    Raises
    ------
    ValueError
        If x has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.adaptive_avg_pool2d(np.arange(12.0).reshape(1, 3, 4, 1), (2, 2))[0, :, :, 0]
    array([[2.5, 4.5],
           [6.5, 8.5]])
    """
    return _averaged("adaptive_avg_pool2d", x, 2, output_size)


def adaptive_avg_pool3d(x: Array, output_size: OutputSize) -> Any:
    """Return means of volumes over as many windows as the output shall have.

    Parameters
    ----------
    x : Tensor or array, shape (N, D, H, W, C)
        Volumes, channels last.
    output_size : int, or three of int or None
        As for `adaptive_avg_pool2d`.

    Returns
    -------
    Tensor or array, shape (N, layers, rows, columns, C)

    Raises
    ------
    ValueError
        If x has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.adaptive_avg_pool3d(np.arange(8.0).reshape(1, 2, 2, 2, 1), (1, 1, None)).ravel()
    array([3., 4.])
    """
    return _averaged("adaptive_avg_pool3d", x, 3, output_size)


def adaptive_max_pool1d(x: Array, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Return maxima of sequences over as many windows as the output shall have.

    Parameters
    ----------
    x : Tensor or array, shape (N, L, C)
        Sequences, channels last.
    output_size, return_indices
        As for `adaptive_max_pool2d`, with one number for the one axis.

    Returns
    -------
    Tensor or array, shape (N, output_size, C); with it the ndarray of indices, if asked for

    Raises
    ------
    ValueError
        If x has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.adaptive_max_pool1d(np.arange(5.0).reshape(1, 5, 1), 2).ravel()
    array([2., 4.])
    """
    return _maxima("adaptive_max_pool1d", x, 1, output_size, return_indices)


def adaptive_max_pool2d(x: Array, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Return maxima over as many windows as the output shall have: those of `adaptive_avg_pool2d`.

    At a tie the first maximum, in reading order, gets the gradient; in a window with NaNs it is the first of them.

    Parameters
    ----------
    x : Tensor or array, shape (N, H, W, C)
        Images, channels last.
    output_size : int, or pair of int or None
        Rows and columns of the output; None keeps those of x.
    return_indices : bool, default False
        Whether to return where the maxima are, too.

    Returns
    -------
    Tensor or array, shape (N, rows, columns, C); with it, if asked for, an ndarray of the same shape: each maximum's
    row * W + column.

    Raises
    ------
    ValueError
        If x has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.adaptive_max_pool2d(np.arange(12.0).reshape(1, 3, 4, 1), (2, 2))[0, :, :, 0]
    array([[ 5.,  7.],
           [ 9., 11.]])
    """
    return _maxima("adaptive_max_pool2d", x, 2, output_size, return_indices)


def adaptive_max_pool3d(x: Array, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Return maxima of volumes over as many windows as the output shall have.

    Parameters
    ----------
    x : Tensor or array, shape (N, D, H, W, C)
        Volumes, channels last.
    output_size, return_indices
        As for `adaptive_max_pool2d`, with three numbers for the three axes.

    Returns
    -------
    Tensor or array, shape (N, layers, rows, columns, C); with it the ndarray of indices, if asked for

    Raises
    ------
    ValueError
        If x has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.adaptive_max_pool3d(np.arange(8.0).reshape(1, 2, 2, 2, 1), (1, 1, None)).ravel()
    array([6., 7.])
    """
    return _maxima("adaptive_max_pool3d", x, 3, output_size, return_indices)


def global_avg_pool(x: Array, keepdims: bool = False) -> Any:
    """Return the mean over all spatial axes.

    Parameters
    ----------
    x : Tensor or array, shape (N, *spatial, C)
        With one spatial axis or more.
    keepdims : bool, default False
        Whether the spatial axes stay, with length 1.

    Returns
    -------
    Tensor or array, shape (N, C) or (N, 1, ..., 1, C)

    Raises
    ------
    ValueError
        If x has no spatial axis, or one without elements.

    References
    ----------
    Lin, M., Chen, Q. and Yan, S., "Network in network", 2014.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.global_avg_pool(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[3., 4.]])
    """
    return mean(as_floating(x), _spatial_axes("global_avg_pool", np.shape(x)), keepdims)


def global_max_pool(x: Array, keepdims: bool = False) -> Any:
    """Return the maximum over all spatial axes; at a tie the first, in reading order, gets the gradient.

    Parameters
    ----------
    x : Tensor or array, shape (N, *spatial, C)
        With one spatial axis or more.
    keepdims : bool, default False
        Whether the spatial axes stay, with length 1.

    Returns
    -------
    Tensor or array, shape (N, C) or (N, 1, ..., 1, C)

    Raises
    ------
    ValueError
        If x has no spatial axis, or one without elements.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.global_max_pool(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[6., 7.]])
    """
    return max_(as_floating(x), _spatial_axes("global_max_pool", np.shape(x)), keepdims)


def check_output_size(name: str, output_size: Any, axes: int) -> tuple[int | None, ...]:
    """Read an output size as one for each spatial axis, and check that it is positive or None."""
    sizes = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * axes
    if len(sizes) != axes or not all(m is None or (isinstance(m, (int, np.integer)) and m > 0) for m in sizes):
        raise ValueError(
            f"{name} expected output_size to be a positive int or None, or {axes} of these, got {output_size=}"
        )
    return sizes


def _averaged(name: str, x: Array, axes: int, output_size: OutputSize) -> Any:
    """Take means: of everything, of windows of one size if these tile the input, or along one axis after the other."""
    x = as_floating(x)
    sizes = _sizes(name, x.shape, axes, output_size)
    if max(sizes) == 1:
        return global_avg_pool(x, keepdims=True)
    if tile := _tile(x.shape, sizes):
        return _AVG_POOLS[axes](x, tile)
    for axis, size in enumerate(sizes, 1):
        x = weigh_along(x, _means(x.shape[axis], size), axis)
    return x


def _maxima(name: str, x: Array, axes: int, output_size: OutputSize, return_indices: bool) -> Any:
    """Take maxima: of everything, of windows of one size if these tile the input, or from where they are found."""
    x = as_floating(x)
    sizes = _sizes(name, x.shape, axes, output_size)
    if max(sizes) == 1 and not return_indices:
        return global_max_pool(x, keepdims=True)
    if tile := _tile(x.shape, sizes):
        return _MAX_POOLS[axes](x, tile, return_indices=return_indices)
    batch, *spatial, channels = x.shape
    places = _places_of_maxima(x.data if isinstance(x, Tensor) else x, sizes)
    rows = reshape(x, (batch, math.prod(spatial), channels))
    y = take_along_axis(rows, places.reshape(batch, math.prod(sizes), channels), 1)
    y = reshape(y, places.shape)
    return (y, places) if return_indices else y


def _sizes(name: str, shape: tuple[int, ...], axes: int, output_size: Any) -> Size:
    """Check x's shape and write the output size in full form."""
    if len(shape) != axes + 2 or not all(shape[1:-1]):
        letters = ("L", "H, W", "D, H, W")[axes - 1]
        raise ValueError(f"{name}() takes x of shape (N, {letters}, C), got shape {shape}")
    sizes = check_output_size(f"{name}()", output_size, axes)
    return tuple(n if m is None else int(m) for n, m in zip(shape[1:-1], sizes, strict=True))


def _tile(shape: tuple[int, ...], sizes: Size) -> Size | None:
    """Return the size of the windows if they tile the input."""
    if any(n % m for n, m in zip(shape[1:-1], sizes, strict=True)):
        return None
    return tuple(n // m for n, m in zip(shape[1:-1], sizes, strict=True))


def _ends(n: int, m: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where each of m windows on n elements begins, and where it has ended."""
    number = np.arange(m)
    return number * n // m, -(-(number + 1) * n // m)


@functools.lru_cache(maxsize=64)
def _means(n: int, m: int) -> NDArray[np.float64]:
    """Return the weights (m, n) of n elements in the means of m windows."""
    first, stop = (ends[:, None] for ends in _ends(n, m))
    inside = (first <= np.arange(n)) & (np.arange(n) < stop)
    weights: NDArray[np.float64] = inside / (stop - first)
    weights.flags.writeable = False
    return weights


def _places_of_maxima(x: NDArray[Any], sizes: Size) -> NDArray[np.intp]:
    """Return where each window has its first maximum, counted through all spatial axes.

    The maximum of each row's part comes first, then the largest of these, and so on to the first axis: at a tie the
    first in reading order is left.
    """
    places = flat_places(x.shape)
    for axis in range(len(sizes), 0, -1):
        first, stop = _ends(x.shape[axis], sizes[axis - 1])
        widest = np.arange((stop - first).max())
        elements = np.minimum(first[:, None] + widest, stop[:, None] - 1)  # a short window repeats its last element
        x, places = (np.take(a, elements, axis) for a in (x, places))  # (N, ..., window, element, ..., C)
        largest = np.expand_dims(np.argmax(x, axis + 1), axis + 1)
        x, places = (np.take_along_axis(a, largest, axis + 1).squeeze(axis + 1) for a in (x, places))
    return places


def _spatial_axes(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the axes between the batch and the channels."""
    if len(shape) < 3 or not all(shape[1:-1]):
        raise ValueError(f"{name}() takes x of shape (N, *spatial, C) with elements to pool, got shape {shape}")
    return tuple(range(1, len(shape) - 1))
