"""Pooling, channels first."""

from typing import Any

import nnlite.functional as F
from nnlite.autograd._recording import Array
from nnlite.functional._windows import Padding, Size, per_axis
from nnlite.nn.functional._layout import over_channels_last

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
]

_MAX_POOLS = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVG_POOLS = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def max_pool1d(
    input: Array,
    kernel_size: int | Size,
    stride: int | Size | None = None,
    padding: int | Size = 0,
    dilation: int | Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window of sequences.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, L) or (C, L)
    kernel_size, stride, padding, dilation, ceil_mode, return_indices
        As for `max_pool2d`, with one number for the one axis.

    Returns
    -------
    Tensor or array with the channels where the input has them; with it the indices, if asked for

    Raises
    ------
    ValueError
        If the input has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.max_pool1d(np.array([[1.0, 5.0, 2.0, 0.0]]), 2)
    array([[5., 2.]])
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Array,
    kernel_size: int | Size,
    stride: int | Size | None = None,
    padding: int | Size = 0,
    dilation: int | Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window of images.

    At a tie the first maximum, in reading order, gets the gradient.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, H, W) or (C, H, W)
    kernel_size : int or pair
        Height and width of the window.
    stride : int or pair, optional
        Step of the window; by default the kernel size.
    padding : int or pair, default 0
        Elements of minus infinity on both sides, half the kernel size at most.
    dilation : int or pair, default 1
        Distance between the window's elements.
    ceil_mode : bool, default False
        Whether a last window that reaches past the end counts too, if it begins before the end.
    return_indices : bool, default False
        Whether to return where the maxima are, too: row * W + column.

    Returns
    -------
    Tensor or array with the channels where the input has them; with it the indices, if asked for

    Raises
    ------
    ValueError
        If the input has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.max_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 5.,  7.],
            [13., 15.]]])
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Array,
    kernel_size: int | Size,
    stride: int | Size | None = None,
    padding: int | Size = 0,
    dilation: int | Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window of volumes.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, D, H, W) or (C, D, H, W)
    kernel_size, stride, padding, dilation, ceil_mode, return_indices
        As for `max_pool2d`, with three numbers for the three axes.

    Returns
    -------
    Tensor or array with the channels where the input has them; with it the indices, if asked for

    Raises
    ------
    ValueError
        If the input has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.max_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[7.]]]])
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool1d(
    input: Array,
    kernel_size: int | Size,
    stride: int | Size | None = None,
    padding: int | Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """Return the mean of each window of sequences.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, L) or (C, L)
    kernel_size, stride, padding, ceil_mode, count_include_pad
        As for `avg_pool2d`, with one number for the one axis.

    Returns
    -------
    Tensor or array with the channels where the input has them

    Raises
    ------
    ValueError
        If the input has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.avg_pool1d(np.array([[1.0, 5.0, 2.0, 0.0]]), 2)
    array([[3., 1.]])
    """
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Array,
    kernel_size: int | Size,
    stride: int | Size | None = None,
    padding: int | Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Return the mean of each window of images.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, H, W) or (C, H, W)
    kernel_size, stride, padding, ceil_mode
        As for `max_pool2d`; padding is zeros.
    count_include_pad : bool, default True
        Whether padding counts as elements. What `ceil_mode` adds never does.
    divisor_override : int, optional
        What every sum is divided by, instead of the number of its elements.

    Returns
    -------
    Tensor or array with the channels where the input has them

    Raises
    ------
    ValueError
        If the input has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.avg_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])
    """
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Array,
    kernel_size: int | Size,
    stride: int | Size | None = None,
    padding: int | Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Return the mean of each window of volumes.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, D, H, W) or (C, D, H, W)
    kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
        As for `avg_pool2d`, with three numbers for the three axes.

    Returns
    -------
    Tensor or array with the channels where the input has them

    Raises
    ------
    ValueError
        If the input has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.avg_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[3.5]]]])
    """
    return _avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def _max_pool(
    axes: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    """Take maxima with the channels last."""
    name, dilation = f"max_pool{axes}d", per_axis("dilation", dilation, axes)
    size, sides = _window(name, axes, kernel_size, padding, dilation)

    def pool(x: Array) -> Any:
        return _MAX_POOLS[axes](x, size, stride, sides, dilation, ceil_mode, return_indices)

    return over_channels_last(name, pool, input, axes)


def _avg_pool(
    axes: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    """Take means with the channels last."""
    name = f"avg_pool{axes}d"
    size, sides = _window(name, axes, kernel_size, padding, (1,) * axes)

    def pool(x: Array) -> Any:
        return _AVG_POOLS[axes](x, size, stride, sides, count_include_pad, ceil_mode, divisor_override)

    return over_channels_last(name, pool, input, axes)


def _window(name: str, axes: int, kernel_size: Any, padding: Any, dilation: Size) -> tuple[Size, Padding]:
    """Check the window, and return its size and the padding on both sides of each axis."""
    size, sides = per_axis("kernel_size", kernel_size, axes), per_axis("padding", padding, axes, 0)
    if any(2 * p > (k - 1) * d + 1 for p, k, d in zip(sides, size, dilation, strict=True)):
        raise ValueError(f"{name}() expected padding to be half of kernel_size={kernel_size} at most, got {padding=}")
    return size, tuple((p, p) for p in sides)
