"""Normalisation: the channels are axis 1, running statistics are arrays that are updated in place."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnlite.functional as F
from nnlite.autograd._mode import is_recomputing
from nnlite.autograd._recording import Array

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "normalize", "rms_norm"]


def batch_norm(
    input: Array,
    running_mean: NDArray[Any] | None,
    running_var: NDArray[Any] | None,
    weight: Array = None,
    bias: Array = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    """Normalise each channel: in training by the batch's mean and variance, else by the running ones.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, ...)
    running_mean, running_var : arrays, shape (C,), or None
        In training, if they are there, they move by the share `momentum` to the batch's mean and unbiased variance.
    weight, bias : Tensors or arrays, shape (C,), optional
    training : bool, default False
    momentum : float, default 0.1
    eps : float, default 1e-5

    Returns
    -------
    Tensor or array of the input's shape

    Raises
    ------
    ValueError
        If there is only one value for each channel in training, or no statistics in inference.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> mean, var = np.zeros(1), np.ones(1)
    >>> F.batch_norm(np.array([[1.0], [3.0]]), mean, var, training=True).round(2).ravel()
    array([-1.,  1.])
    >>> mean, var
    (array([0.2]), array([1.1]))
    """
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("batch_norm() expected running_mean and running_var when training=False, got None")
        return F.batch_norm(input, running_mean, running_var, weight, bias, axis=1, eps=eps)
    count = math.prod(input.shape[:1] + input.shape[2:])
    if count == 1:
        raise ValueError(f"batch_norm() expected more than 1 value per channel in training, got shape {input.shape}")
    y, mean, var = F.batch_norm(input, None, None, weight, bias, axis=1, eps=eps, return_statistics=True)
    if count:
        _move(running_mean, mean, momentum)
        _move(running_var, var * (count / (count - 1)), momentum)
    return y


def instance_norm(
    input: Array,
    running_mean: NDArray[Any] | None = None,
    running_var: NDArray[Any] | None = None,
    weight: Array = None,
    bias: Array = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    """Normalise each channel of each sample by its own mean and variance, or by the running ones.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, ...)
    running_mean, running_var : arrays, shape (C,), optional
        With `use_input_stats` they move by the share `momentum` to the mean over the batch of the samples' means and
        unbiased variances.
    weight, bias : Tensors or arrays, shape (C,), optional
    use_input_stats : bool, default True
    momentum : float, default 0.1
    eps : float, default 1e-5

    Returns
    -------
    Tensor or array of the input's shape

    Raises
    ------
    ValueError
        If there is only one value for each channel of a sample, or no statistics to use.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.instance_norm(np.array([[[1.0, 3.0], [10.0, 30.0]]])).round(2)
    array([[[-1.,  1.],
            [-1.,  1.]]])
    """
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ValueError(
                "instance_norm() expected running_mean and running_var when use_input_stats=False, got None"
            )
        return F.batch_norm(input, running_mean, running_var, weight, bias, axis=1, eps=eps)
    count = math.prod(input.shape[2:])
    if count == 1:
        raise ValueError(f"instance_norm() expected more than 1 value per channel of a sample, got shape {input.shape}")
    y, mean, var = F.instance_norm(input, weight, bias, axis=1, eps=eps, return_statistics=True)
    if mean.size and count:
        _move(running_mean, mean.mean(axis=0), momentum)
        _move(running_var, var.mean(axis=0) * (count / (count - 1)), momentum)
    return y


def layer_norm(
    input: Array, normalized_shape: Sequence[int], weight: Array = None, bias: Array = None, eps: float = 1e-5
) -> Array:
    """Normalise each sample by mean and variance over its last axes.

    Parameters
    ----------
    input : Tensor or array, shape (..., *normalized_shape)
    normalized_shape : sequence of int
    weight, bias : Tensors or arrays, shape normalized_shape, optional
    eps : float, default 1e-5

    Returns
    -------
    Tensor or array of the input's shape

    Raises
    ------
    ValueError
        If the last axes have other lengths.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.layer_norm(np.array([[1.0, 3.0], [10.0, 30.0]]), (2,)).round(2)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    return F.layer_norm(input, weight, bias, axis=_last_axes("layer_norm", input, normalized_shape), eps=eps)


def rms_norm(input: Array, normalized_shape: Sequence[int], weight: Array = None, eps: float | None = None) -> Array:
    """Divide each sample by the root mean square over its last axes.

    Parameters
    ----------
    input : Tensor or array, shape (..., *normalized_shape)
    normalized_shape : sequence of int
    weight : Tensor or array, shape normalized_shape, optional
    eps : float, optional
        The distance from 1 to the next number of the input's dtype unless given.

    Returns
    -------
    Tensor or array of the input's shape

    Raises
    ------
    ValueError
        If the last axes have other lengths.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.rms_norm(np.array([[1.0, 7.0]]), (2,)).round(2)
    array([[0.2, 1.4]])
    """
    return F.rms_norm(input, weight, axis=_last_axes("rms_norm", input, normalized_shape), eps=eps)


def group_norm(input: Array, num_groups: int, weight: Array = None, bias: Array = None, eps: float = 1e-5) -> Array:
    """Normalise each sample by mean and variance of groups of its channels.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, ...)
    num_groups : int
    weight, bias : Tensors or arrays, shape (C,), optional
    eps : float, default 1e-5

    Returns
    -------
    Tensor or array of the input's shape

    Raises
    ------
    ValueError
        If the groups do not divide the channels, or there is only one value for each group in the whole batch.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.group_norm(np.array([[1.0, 3.0, 10.0, 30.0]]), 2).round(2)
    array([[-1.,  1., -1.,  1.]])
    """
    if input.ndim > 1 and math.prod(input.shape) == num_groups:
        raise ValueError(f"group_norm() expected more than 1 value per group, got shape {input.shape}")
    y: Array = F.group_norm(input, num_groups, weight, bias, axis=1, eps=eps)
    return y


def local_response_norm(input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Array:
    """Divide each channel by a power of the mean square of the channels around it.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, ...)
    size : int
        How many channels are taken together.
    alpha, beta, k : float, default 1e-4, 0.75 and 1.0

    Returns
    -------
    Tensor or array of the input's shape

    Raises
    ------
    ValueError
        If the input has fewer than 3 axes.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.local_response_norm(np.array([[[2.0], [0.0], [4.0]]]), 2, alpha=2.0, beta=1.0).ravel().round(3)
    array([0.4  , 0.   , 0.235])
    """
    if input.ndim < 3:
        raise ValueError(f"local_response_norm() expected an input of at least 3 axes, got shape {input.shape}")
    return F.local_response_norm(input, size, alpha, beta, k, axis=1)


def normalize(input: Array, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Array:
    """Divide the vectors along an axis by their length, or by eps if that is greater.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    return F.normalize(input, p, axis=dim, eps=eps)


def _move(running: NDArray[Any] | None, new: NDArray[Any], momentum: float) -> None:
    """Move running statistics in place, unless a checkpointed segment runs for the second time."""
    if running is not None and not is_recomputing():
        running *= 1 - momentum
        running += momentum * np.asarray(new, running.dtype)


def _last_axes(function: str, input: Array, normalized_shape: Sequence[int]) -> tuple[int, ...]:
    """Return the axes that a shape stands for, if the input ends with that shape."""
    wanted = tuple(normalized_shape)
    if not wanted or tuple(input.shape[-len(wanted) :]) != wanted:
        raise ValueError(f"{function}() expected an input that ends with {wanted}, got shape {tuple(input.shape)}")
    return tuple(range(-len(wanted), 0))
