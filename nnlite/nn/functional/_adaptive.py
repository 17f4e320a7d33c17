"""Pooling to a given output size, channels first."""

from typing import Any

import nnlite.functional as F
from nnlite.autograd._recording import Array
from nnlite.functional._adaptive import OutputSize
from nnlite.nn.functional._layout import over_channels_last

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
]

_AVG_POOLS = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}
_MAX_POOLS = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}


def adaptive_avg_pool1d(input: Array, output_size: OutputSize) -> Any:
    """Return means of sequences over as many windows as the output shall have.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, L) or (C, L)
    output_size
        As for `adaptive_avg_pool2d`, with one number for the one axis.

    Returns
    -------
    Tensor or array with the channels where the input has them

    Raises
    ------
    ValueError
        If the input has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.adaptive_avg_pool1d(np.array([[1.0, 5.0, 2.0, 0.0]]), 1)
    array([[2.]])
    """
    return _avg_pool(1, input, output_size)


def adaptive_avg_pool2d(input: Array, output_size: OutputSize) -> Any:
    """Return means of images over as many windows as the output shall have.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, H, W) or (C, H, W)
    output_size : int, or pair of int or None
        Rows and columns of the output; None keeps those of the input. The windows are those of
        `nnlite.functional.adaptive_avg_pool2d`.

    Returns
    -------
    Tensor or array with the channels where the input has them

    Raises
    ------
    ValueError
        If the input has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.adaptive_avg_pool2d(np.arange(16.0).reshape(1, 4, 4), 1)
    array([[[7.5]]])
    """
    return _avg_pool(2, input, output_size)


def adaptive_avg_pool3d(input: Array, output_size: OutputSize) -> Any:
    """Return means of volumes over as many windows as the output shall have.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, D, H, W) or (C, D, H, W)
    output_size
        As for `adaptive_avg_pool2d`, with three numbers for the three axes.

    Returns
    -------
    Tensor or array with the channels where the input has them

    Raises
    ------
    ValueError
        If the input has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.adaptive_avg_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[3.5]]]])
    """
    return _avg_pool(3, input, output_size)


def adaptive_max_pool1d(input: Array, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Return maxima of sequences over as many windows as the output shall have.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, L) or (C, L)
    output_size, return_indices
        As for `adaptive_max_pool2d`, with one number for the one axis.

    Returns
    -------
    Tensor or array with the channels where the input has them; with it the indices, if asked for

    Raises
    ------
    ValueError
        If the input has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.adaptive_max_pool1d(np.array([[1.0, 5.0, 2.0, 0.0]]), 1)
    array([[5.]])
    """
    return _max_pool(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Array, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Return maxima of images over as many windows as the output shall have.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, H, W) or (C, H, W)
    output_size : int, or pair of int or None
        Rows and columns of the output; None keeps those of the input. The windows are those of
        `nnlite.functional.adaptive_avg_pool2d`.
    return_indices : bool, default False
        Whether to return where the maxima are, too: row * W + column.

    Returns
    -------
    Tensor or array with the channels where the input has them; with it the indices, if asked for

    Raises
    ------
    ValueError
        If the input has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.adaptive_max_pool2d(np.arange(16.0).reshape(1, 4, 4), 1)
    array([[[15.]]])
    """
    return _max_pool(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Array, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Return maxima of volumes over as many windows as the output shall have.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, D, H, W) or (C, D, H, W)
    output_size, return_indices
        As for `adaptive_max_pool2d`, with three numbers for the three axes.

    Returns
    -------
    Tensor or array with the channels where the input has them; with it the indices, if asked for

    Raises
    ------
    ValueError
        If the input has another rank, or a size is not positive.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.adaptive_max_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 1)
    array([[[[7.]]]])
    """
    return _max_pool(3, input, output_size, return_indices)


def _avg_pool(axes: int, input: Any, output_size: OutputSize) -> Any:
    """Take means with the channels last."""
    name, pool = f"adaptive_avg_pool{axes}d", _AVG_POOLS[axes]
    return over_channels_last(name, lambda x: pool(x, output_size), input, axes)


def _max_pool(axes: int, input: Any, output_size: OutputSize, return_indices: bool) -> Any:
    """Take maxima with the channels last."""
    name, pool = f"adaptive_max_pool{axes}d", _MAX_POOLS[axes]
    return over_channels_last(name, lambda x: pool(x, output_size, return_indices), input, axes)
