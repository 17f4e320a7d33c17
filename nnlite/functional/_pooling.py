"""Pooling over windows, channels last, along one, two or three spatial axes."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Tensor, differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._windows import Padding, PaddingLike, Size, as_floating, per_axis, resolved_padding
from nnlite.kernels import pooling as kernels
from nnlite.kernels.window import Window

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "flat_places",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "min_pool2d",
]


def max_pool1d(
    x: Array,
    pool_size: int | Size = 2,
    stride: int | Size | None = None,
    padding: PaddingLike = "valid",
    dilation: int | Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window of sequences.

    Parameters
    ----------
    x : Tensor or array, shape (N, L, C)
        Sequences, channels last.
    pool_size, stride, padding, dilation, ceil_mode, return_indices
        As for `max_pool2d`, with one number for the one axis.

    Returns
    -------
    Tensor or array, shape (N, steps, C); with it the ndarray of indices, if asked for

    Raises
    ------
    ValueError
        If x has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.max_pool1d(np.array([1.0, 5.0, 2.0, 0.0]).reshape(1, 4, 1)).ravel()
    array([5., 2.])
    """
    return _max_pooled("max_pool1d", x, 1, pool_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    x: Array,
    pool_size: int | Size = 2,
    stride: int | Size | None = None,
    padding: PaddingLike = "valid",
    dilation: int | Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window.

    At a tie the first maximum, in reading order, gets the gradient; in a window with NaNs it is the first of them.
    Padding counts as minus infinity.

    Parameters
    ----------
    x : Tensor or array, shape (N, H, W, C)
        Images, channels last.
    pool_size : int or pair, default 2
        Height and width of the window.
    stride : int or pair, optional
        Step of the window; by default the pool size.
    padding : {"valid", "same"}, int, pair or pair of pairs, default "valid"
        As for `conv2d`.
    dilation : int or pair, default 1
        Distance between the window's elements.
    ceil_mode : bool, default False
        Whether a last window that reaches past the end counts too, if it begins before the end.
    return_indices : bool, default False
        Whether to return where the maxima are, too.

    Returns
    -------
    Tensor or array, shape (N, rows, columns, C); with it, if asked for, an ndarray of the same shape: each maximum's
    row * W + column.

    Raises
    ------
    ValueError
        If x has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.max_pool2d(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    return _max_pooled("max_pool2d", x, 2, pool_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    x: Array,
    pool_size: int | Size = 2,
    stride: int | Size | None = None,
    padding: PaddingLike = "valid",
    dilation: int | Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window of volumes.

    Parameters
    ----------
    x : Tensor or array, shape (N, D, H, W, C)
        Volumes, channels last.
    pool_size, stride, padding, dilation, ceil_mode, return_indices
        As for `max_pool2d`, with three numbers for the three axes.

    Returns
    -------
    Tensor or array, shape (N, layers, rows, columns, C); with it the ndarray of indices, if asked for

    Raises
    ------
    ValueError
        If x has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.max_pool3d(np.arange(16.0).reshape(1, 2, 2, 4, 1)).ravel()
    array([13., 15.])
    """
    return _max_pooled("max_pool3d", x, 3, pool_size, stride, padding, dilation, ceil_mode, return_indices)


def min_pool2d(
    x: Array,
    pool_size: int | Size = 2,
    stride: int | Size | None = None,
    padding: PaddingLike = "valid",
    dilation: int | Size = 1,
    ceil_mode: bool = False,
) -> Any:
    """Return the smallest element of each window: the maximum of -x, with its sign turned back.

    Parameters
    ----------
    x, pool_size, stride, padding, dilation, ceil_mode
        As for `max_pool2d`; padding counts as plus infinity.

    Returns
    -------
    Tensor or array, shape (N, rows, columns, C)

    Raises
    ------
    ValueError
        If x has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.min_pool2d(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 0.,  2.],
           [ 8., 10.]])
    """
    return -_max_pooled("min_pool2d", -as_floating(x), 2, pool_size, stride, padding, dilation, ceil_mode, False)


def avg_pool1d(
    x: Array,
    pool_size: int | Size = 2,
    stride: int | Size | None = None,
    padding: PaddingLike = "valid",
    count_padding: bool = False,
    ceil_mode: bool = False,
    divisor: int | None = None,
) -> Any:
    """Return the mean of each window of sequences.

    Parameters
    ----------
    x : Tensor or array, shape (N, L, C)
        Sequences, channels last.
    pool_size, stride, padding, count_padding, ceil_mode, divisor
        As for `avg_pool2d`, with one number for the one axis.

    Returns
    -------
    Tensor or array, shape (N, steps, C)

    Raises
    ------
    ValueError
        If x has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.avg_pool1d(np.array([1.0, 5.0, 2.0, 0.0]).reshape(1, 4, 1)).ravel()
    array([3., 1.])
    """
    return _averaged("avg_pool1d", x, 1, pool_size, stride, padding, count_padding, ceil_mode, divisor)


def avg_pool2d(
    x: Array,
    pool_size: int | Size = 2,
    stride: int | Size | None = None,
    padding: PaddingLike = "valid",
    count_padding: bool = False,
    ceil_mode: bool = False,
    divisor: int | None = None,
) -> Any:
    """Return the mean of each window.

    Parameters
    ----------
    x, pool_size, stride, padding, ceil_mode
        As for `max_pool2d`.
    count_padding : bool, default False
        Whether padding counts as zeros, as in PyTorch, or is left out of the mean, as in Keras. What `ceil_mode` adds
        never counts.
    divisor : int, optional
        What every sum is divided by, instead of the number of its elements.

    Returns
    -------
    Tensor or array, shape (N, rows, columns, C)

    Raises
    ------
    ValueError
        If x has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.avg_pool2d(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    return _averaged("avg_pool2d", x, 2, pool_size, stride, padding, count_padding, ceil_mode, divisor)


def avg_pool3d(
    x: Array,
    pool_size: int | Size = 2,
    stride: int | Size | None = None,
    padding: PaddingLike = "valid",
    count_padding: bool = False,
    ceil_mode: bool = False,
    divisor: int | None = None,
) -> Any:
    """Return the mean of each window of volumes.

    Parameters
    ----------
    x : Tensor or array, shape (N, D, H, W, C)
        Volumes, channels last.
    pool_size, stride, padding, count_padding, ceil_mode, divisor
        As for `avg_pool2d`, with three numbers for the three axes.

    Returns
    -------
    Tensor or array, shape (N, layers, rows, columns, C)

    Raises
    ------
    ValueError
        If x has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.avg_pool3d(np.arange(16.0).reshape(1, 2, 2, 4, 1)).ravel()
    array([6.5, 8.5])
    """
    return _averaged("avg_pool3d", x, 3, pool_size, stride, padding, count_padding, ceil_mode, divisor)


def _max_pooled(
    name: str,
    x: Array,
    axes: int,
    pool_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    """Check the settings, and pool."""
    x = as_floating(x)
    dilation = per_axis("dilation", dilation, axes)
    geometry, _ = _geometry(name, x.shape, axes, pool_size, stride, padding, dilation, ceil_mode)
    y = _max_pool(x, **geometry, dilation=dilation)
    if not return_indices:
        return y
    values, maxima = (a.data if isinstance(a, Tensor) else a for a in (x, y))
    return y, kernels.max_gather(flat_places(values.shape), values, maxima, **geometry, dilation=dilation)


@differentiable(kernel=kernels.max_forward)
def _max_pool(x: Array, **geometry: Any) -> Array:
    """Pool with the geometry in full form."""
    y = _max_pool.kernel(x, **geometry)
    return y, (lambda g: _scatter_to_maxima(g, x, y, **geometry),)


@differentiable(kernel=kernels.max_scatter)
def _scatter_to_maxima(g: Array, x: Array, y: Array, **geometry: Any) -> Array:
    """Send each g to the first maximum of its window in x; y is the pooled x."""
    return _scatter_to_maxima.kernel(g, x, y, **geometry), (
        lambda t: _gather_from_maxima(t, x, y, **geometry),
        None,
        None,
    )


@differentiable(kernel=kernels.max_gather)
def _gather_from_maxima(t: Array, x: Array, y: Array, **geometry: Any) -> Array:
    """Take from t the element at the first maximum of each window of x."""
    return _gather_from_maxima.kernel(t, x, y, **geometry), (
        lambda g: _scatter_to_maxima(g, x, y, **geometry),
        None,
        None,
    )


def flat_places(shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return, for each element of an array (N, *spatial, C), its place counted through all spatial axes."""
    spatial = shape[1:-1]
    return np.broadcast_to(np.arange(math.prod(spatial)).reshape(1, *spatial, 1), shape)


def _averaged(
    name: str,
    x: Array,
    axes: int,
    pool_size: Any,
    stride: Any,
    padding: Any,
    count_padding: bool,
    ceil_mode: bool,
    divisor: Any,
) -> Any:
    """Check the settings, and pool."""
    x = as_floating(x)
    geometry, given = _geometry(name, x.shape, axes, pool_size, stride, padding, (1,) * axes, ceil_mode)
    if divisor is not None and (not isinstance(divisor, (int, np.integer)) or divisor == 0):
        raise ValueError(f"{name}() expected divisor to be an int other than 0, got divisor={divisor!r}")
    counted = given if count_padding else ((0, 0),) * axes
    return _avg_pool(x, **geometry, counted=counted, divisor=divisor)


@differentiable(kernel=kernels.avg_forward)
def _avg_pool(x: Array, **geometry: Any) -> Array:
    """Average with the geometry in full form."""
    input_shape = x.shape
    return _avg_pool.kernel(x, **geometry), (lambda g: _spread_means(g, input_shape=input_shape, **geometry),)


@differentiable(kernel=kernels.avg_input_grad)
def _spread_means(g: Array, *, input_shape: tuple[int, ...], **geometry: Any) -> Array:
    """Spread each g evenly over its window."""
    return _spread_means.kernel(g, input_shape=input_shape, **geometry), (lambda t: _avg_pool(t, **geometry),)


def _geometry(
    name: str,
    shape: tuple[int, ...],
    axes: int,
    pool_size: Any,
    stride: Any,
    padding: Any,
    dilation: Size,
    ceil_mode: bool,
) -> tuple[dict[str, Any], Padding]:
    """Check the settings of a pooling of x of this shape; return them in full form, and the padding as it was given."""
    if len(shape) != axes + 2:
        letters = ("L", "H, W", "D, H, W")[axes - 1]
        raise ValueError(f"{name}() takes x of shape (N, {letters}, C), got shape {shape}")
    pool_size = per_axis("pool_size", pool_size, axes)
    stride = pool_size if stride is None else per_axis("stride", stride, axes)
    given = resolved_padding(padding, shape[1:-1], pool_size, stride, dilation)
    full = []
    for axis, ends in enumerate(given):
        window = Window(shape[1 + axis], pool_size[axis], stride[axis], dilation[axis], *ends)
        if not window.output:
            raise ValueError(f"{name}() cannot fit pool_size={pool_size} into x of shape {shape} with padding={given}")
        if max(ends) >= window.extent:
            raise ValueError(
                f"{name}() got padding={given}, of which a window of pool_size={pool_size} may see only padding"
            )
        full.append(_with_last_window(window) if ceil_mode else ends)
    return {"pool_size": pool_size, "stride": stride, "padding": tuple(full)}, given


def _with_last_window(window: Window) -> tuple[int, int]:
    """Return padding that lets one more window in, if it begins before the padding at the end."""
    start = window.output * window.stride  # counted from the beginning of the padding
    total = window.before + window.size + window.after
    reaches_further = (window.output - 1) * window.stride + window.extent < total
    if reaches_further and start < window.before + window.size:
        return window.before, start + window.extent - window.before - window.size
    return window.before, window.after
