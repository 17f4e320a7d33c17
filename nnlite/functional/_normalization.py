"""Normalisation: mean 0 and variance 1, over the batch, the features or groups of them; and its relatives.

Channels last, but every function takes the axis of the channels. Statistics are those of the input, with the biased
variance (divided by the count), taken in two passes; keeping running averages of them is left to the layers.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from nnlite.autograd import Tensor, differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._arithmetic import maximum
from nnlite.functional._reduction import norm
from nnlite.functional._windows import as_floating
from nnlite.kernels import batch_norm as batch_norm_kernels
from nnlite.kernels import normalization as kernels

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "normalize", "rms_norm"]

Axes = tuple[int, ...]
Shape = tuple[int, ...]


def batch_norm(
    x: Array,
    mean: Array = None,
    var: Array = None,
    weight: Array = None,
    bias: Array = None,
    axis: int = -1,
    eps: float = 1e-5,
    mask: Array = None,
    return_statistics: bool = False,
) -> Any:
    """Normalise each channel by the batch's mean and variance, as in training, or by those given, as in inference.

    ``y = (x - mean) / sqrt(var + eps) * weight + bias``

    Parameters
    ----------
    x : Tensor or array, shape (N, ..., C)
    mean, var : Tensors or arrays, shape (C,), optional
        What to normalise by: running averages, say. Without them it is the mean and the biased variance of x over all
        axes but the channels'.
    weight, bias : Tensors or arrays, shape (C,), optional
        What to scale and shift by afterwards.
    axis : int, default -1
        The axis of the channels.
    eps : float, default 1e-5
        Added to the variance.
    mask : array of bool, shape (N, ...), optional
        The shape of x without the channels: True where x counts for mean and variance. All of y is normalised.
    return_statistics : bool, default False
        Return the mean and the variance that were used as well, as plain arrays.

    Returns
    -------
    y : Tensor or array of the shape of x
    mean, var : arrays, shape (C,)
        If `return_statistics`.

    Raises
    ------
    ValueError
        If a shape does not fit x, one of mean and var is given without the other, or a mask along with them.

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
    shift", 2015.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> x = nl.tensor([[1.0, 5.0], [3.0, 5.0]])
    >>> y, mean, var = F.batch_norm(x, return_statistics=True)
    >>> y.round(3)
    tensor([[-1.,  0.],
            [ 1.,  0.]])
    >>> mean.tolist(), var.tolist()
    ([2.0, 5.0], [1.0, 0.0])
    >>> F.batch_norm(x, mean=[1.0, 1.0], var=[4.0, 4.0]).round(3)
    tensor([[0., 2.],
            [1., 2.]])
    """
    x = _floating("batch_norm", x, eps, 2, mean, var, weight, bias)
    axis = normalize_axis_index(axis, x.ndim)
    for name, value in (("mean", mean), ("var", var), ("weight", weight), ("bias", bias)):
        _check_shape("batch_norm", name, value, (x.shape[axis],), x)
    if (mean is None) != (var is None):
        raise ValueError("batch_norm expected mean and var, or neither of them, got one")
    if mean is not None:
        if mask is not None:
            raise ValueError("batch_norm takes a mask for the batch's own statistics, not beside mean and var")
        mean, var = (np.array(a) if isinstance(a, np.ndarray) else a for a in (mean, var))  # the caller's may move on
        y = _normalized_by(x, mean, var, weight, bias, axis=axis, eps=eps)
        return (y, _plain(mean), _plain(var)) if return_statistics else y
    if mask is not None:
        wanted = (*x.shape[:axis], *x.shape[axis + 1 :])
        _check_shape("batch_norm", "mask", mask, wanted, x)
        mask = np.expand_dims(np.asarray(_plain(mask), x.dtype), axis)
    y, mean, var = _standardized(x, weight, bias, mask, axes=_all_but((axis,), x.ndim), along=(axis,), eps=eps)
    return (y, mean.reshape(-1), var.reshape(-1)) if return_statistics else y


def layer_norm(
    x: Array, weight: Array = None, bias: Array = None, axis: int | Sequence[int] = -1, eps: float = 1e-5
) -> Any:
    """Normalise each sample by mean and variance of its own features.

    ``y = (x - mean) / sqrt(var + eps) * weight + bias``

    Parameters
    ----------
    x : Tensor or array, shape (..., C)
    weight, bias : Tensors or arrays, optional
        What to scale and shift by, of the lengths of x along `axis`, in ascending order of the axes: shape (C,).
    axis : int or sequence of int, default -1
        The axes over which mean and variance are taken.
    eps : float, default 1e-5
        Added to the variance.

    Returns
    -------
    Tensor or array of the shape of x

    Raises
    ------
    ValueError
        If a shape does not fit x.

    References
    ----------
    J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.layer_norm(nl.tensor([[1.0, 3.0], [10.0, 30.0]])).round(3)
    tensor([[-1.,  1.],
            [-1.,  1.]])
    """
    x = _floating("layer_norm", x, eps, 1, weight, bias)
    axes = _sorted_axes(axis, x.ndim)
    for name, value in (("weight", weight), ("bias", bias)):
        _check_shape("layer_norm", name, value, tuple(x.shape[a] for a in axes), x)
    return _standardized(x, weight, bias, None, axes=axes, along=axes, eps=eps)[0]


def group_norm(
    x: Array, num_groups: int, weight: Array = None, bias: Array = None, axis: int = -1, eps: float = 1e-5
) -> Any:
    """Normalise each sample by mean and variance of groups of its channels.

    ``y = (x - mean) / sqrt(var + eps) * weight + bias``

    Parameters
    ----------
    x : Tensor or array, shape (N, ..., C)
    num_groups : int
        The number of groups, of C / num_groups consecutive channels each.
    weight, bias : Tensors or arrays, shape (C,), optional
        What to scale and shift by.
    axis : int, default -1
        The axis of the channels, not the first.
    eps : float, default 1e-5
        Added to the variance.

    Returns
    -------
    Tensor or array of the shape of x

    Raises
    ------
    ValueError
        If the groups do not divide the channels, or a shape does not fit x.

    References
    ----------
    Y. Wu, K. He, "Group normalization", 2018.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.group_norm(nl.tensor([[1.0, 3.0, 10.0, 30.0]]), 2).round(3)
    tensor([[-1.,  1., -1.,  1.]])
    """
    x = _floating("group_norm", x, eps, 2, weight, bias)
    axis = _axis_of_channels("group_norm", axis, x)
    channels = x.shape[axis]
    if isinstance(num_groups, bool) or not isinstance(num_groups, (int, np.integer)) or num_groups < 1:
        raise ValueError(f"group_norm expected num_groups to be a positive int, got {num_groups!r}")
    if channels % num_groups:
        raise ValueError(
            f"group_norm expected channels (={channels}) divisible by num_groups (={num_groups}), "
            f"got x of shape {x.shape}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        _check_shape("group_norm", name, value, (channels,), x)
    split = x.reshape((*x.shape[:axis], num_groups, channels // num_groups, *x.shape[axis + 1 :]))
    axes = _all_but((0, axis), split.ndim)
    y: Array = _standardized(split, weight, bias, None, axes=axes, along=(axis, axis + 1), eps=eps)[0]
    return y.reshape(x.shape)


def instance_norm(
    x: Array,
    weight: Array = None,
    bias: Array = None,
    axis: int = -1,
    eps: float = 1e-5,
    return_statistics: bool = False,
) -> Any:
    """Normalise each channel of each sample by its own mean and variance.

    ``y = (x - mean) / sqrt(var + eps) * weight + bias``

    Parameters
    ----------
    x : Tensor or array, shape (N, ..., C)
    weight, bias : Tensors or arrays, shape (C,), optional
        What to scale and shift by.
    axis : int, default -1
        The axis of the channels, not the first.
    eps : float, default 1e-5
        Added to the variance.
    return_statistics : bool, default False
        Return mean and biased variance as well, as plain arrays.

    Returns
    -------
    y : Tensor or array of the shape of x
    mean, var : arrays, shape (N, C)
        If `return_statistics`.

    Raises
    ------
    ValueError
        If a shape does not fit x.

    References
    ----------
    D. Ulyanov, A. Vedaldi, V. Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.instance_norm(nl.tensor([[[1.0], [3.0]], [[10.0], [30.0]]])).reshape(2, 2).round(3)
    tensor([[-1.,  1.],
            [-1.,  1.]])
    """
    x = _floating("instance_norm", x, eps, 3, weight, bias)
    axis = _axis_of_channels("instance_norm", axis, x)
    for name, value in (("weight", weight), ("bias", bias)):
        _check_shape("instance_norm", name, value, (x.shape[axis],), x)
    axes = _all_but((0, axis), x.ndim)
    y, mean, var = _standardized(x, weight, bias, None, axes=axes, along=(axis,), eps=eps)
    each = (x.shape[0], x.shape[axis])
    return (y, mean.reshape(each), var.reshape(each)) if return_statistics else y


def rms_norm(x: Array, weight: Array = None, axis: int | Sequence[int] = -1, eps: float | None = None) -> Any:
    """Divide each sample by the root of the mean square of its features.

    ``y = x / sqrt(mean(x**2) + eps) * weight``

    Parameters
    ----------
    x : Tensor or array, shape (..., C)
    weight : Tensor or array, optional
        What to scale by, of the lengths of x along `axis`, in ascending order of the axes: shape (C,).
    axis : int or sequence of int, default -1
        The axes over which the mean is taken.
    eps : float, optional
        Added to the mean square; by default the distance from 1 to the next number of the dtype of x.

    Returns
    -------
    Tensor or array of the shape of x

    Raises
    ------
    ValueError
        If the weight's shape does not fit x.

    References
    ----------
    B. Zhang, R. Sennrich, "Root mean square layer normalization", 2019.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.rms_norm(nl.tensor([[1.0, 7.0]])).round(3)
    tensor([[0.2, 1.4]])
    """
    x = _floating("rms_norm", x, 0.0 if eps is None else eps, 1, weight)
    axes = _sorted_axes(axis, x.ndim)
    _check_shape("rms_norm", "weight", weight, tuple(x.shape[a] for a in axes), x)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    return _rms_scaled(x, weight, axes=axes, eps=eps)


def local_response_norm(
    x: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0, axis: int = -1
) -> Any:
    """Divide each channel by a power of the mean square of the channels around it.

    ``y[c] = x[c] / (k + alpha * sum(x[c - size // 2 : c + (size - 1) // 2 + 1]**2) / size)**beta``

    Parameters
    ----------
    x : Tensor or array, shape (..., C)
    size : int
        How many channels, among them c itself, one is divided by; there are zeros beyond the first and the last.
    alpha, beta, k : float, default 1e-4, 0.75 and 1.0
    axis : int, default -1
        The axis of the channels.

    Returns
    -------
    Tensor or array of the shape of x

    Raises
    ------
    ValueError
        If size is no positive int.

    References
    ----------
    A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet classification with deep convolutional neural networks", 2012.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.local_response_norm(nl.tensor([[2.0, 0.0, 4.0]]), 2, alpha=2.0, beta=1.0).round(3)
    tensor([[0.4  , 0.   , 0.235]])
    """
    x = _floating("local_response_norm", x, 0.0, 1)
    axis = normalize_axis_index(axis, x.ndim)
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise ValueError(f"local_response_norm expected size to be a positive int, got {size!r}")
    if axis == x.ndim - 1:
        return _divided_by_neighbours(x, size=size, alpha=alpha, beta=beta, k=k)
    y: Array = _divided_by_neighbours(x.swapaxes(axis, -1), size=size, alpha=alpha, beta=beta, k=k)
    return y.swapaxes(axis, -1)


def normalize(x: Array, p: float = 2.0, axis: int = -1, eps: float = 1e-12) -> Any:
    """Divide the vectors along an axis by their length.

    ``y = x / max(norm(x, p), eps)``

    Parameters
    ----------
    x : Tensor or array
    p : float, default 2.0
        The order of the norm, positive; infinity gives the largest absolute value.
    axis : int, default -1
    eps : float, default 1e-12
        The least that is divided by.

    Returns
    -------
    Tensor or array of the shape of x

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.normalize(nl.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6, 0.8],
            [0. , 0. ]])
    """
    x = _floating("normalize", x, eps, 1)
    return x / maximum(norm(x, p, axis=axis, keepdims=True), eps)


@differentiable
def _standardized(x: Array, weight: Array, bias: Array, mask: Array, *, axes: Axes, along: Axes, eps: float) -> Array:
    """Normalise x over axes, weight and bias lying along others or the same; beside y, return mean and variance."""
    shape = _along(along, x.shape)
    factor, offset = (None if p is None else p.reshape(shape) for p in (weight, bias))
    by_lines = mask is None and batch_norm_kernels.suits(x, axes, along)
    if by_lines:
        y, mean, var = batch_norm_kernels.forward(x, factor, offset, eps=eps)
    else:
        y, mean, var = kernels.forward(x, factor, offset, mask, axes=axes, eps=eps)

    def vjp(g: Array, needs: tuple[bool, ...]) -> tuple[Array, ...]:
        scale = 1 / np.sqrt(var + eps)
        if by_lines:
            dx, dfactor, doffset = batch_norm_kernels.backward(g, x, factor, mean, scale, needs[:3])
        else:
            dx, dfactor, doffset = kernels.backward(g, x, factor, mask, mean, scale, needs[:3], axes=axes, along=along)
        dweight = None if dfactor is None else dfactor.reshape(weight.shape)
        dbias = None if doffset is None else doffset.reshape(bias.shape)
        return dx, dweight, dbias, None

    return y, vjp, (mean, var)


@_standardized.composite
def _standardized_by_parts(
    x: Array, weight: Array, bias: Array, mask: Array, *, axes: Axes, along: Axes, eps: float
) -> Array:
    """Normalise x over axes by differentiable functions."""
    shape = _along(along, x.shape)
    n = max(math.prod(x.shape[a] for a in axes) if mask is None else mask.sum(), 1)
    counted = 1 if mask is None else mask
    centered = x - (x * counted).sum(axis=axes, keepdims=True) / n
    var = (centered * centered * counted).sum(axis=axes, keepdims=True) / n
    y = centered / np.sqrt(var + eps)
    y = y if weight is None else y * weight.reshape(shape)
    return y if bias is None else y + bias.reshape(shape)


@differentiable
def _normalized_by(
    x: Array, mean: Array, var: Array, weight: Array = None, bias: Array = None, *, axis: int, eps: float
) -> Array:
    """Normalise the channels of x by mean and variance that are given."""
    shape, others = _along((axis,), x.shape), _all_but((axis,), x.ndim)
    root = 1 / np.sqrt(var + eps)
    scale = root if weight is None else root * weight
    centered = x - mean.reshape(shape)
    y = centered * scale.reshape(shape)
    return y if bias is None else y + bias.reshape(shape), (
        lambda g: g * scale.reshape(shape),
        lambda g: -scale * g.sum(axis=others),
        lambda g: -0.5 * scale * root * root * (g * centered).sum(axis=others),
        lambda g: root * (g * centered).sum(axis=others),
        lambda g: g.sum(axis=others),
    )


@differentiable
def _rms_scaled(x: Array, weight: Array = None, *, axes: Axes, eps: float) -> Array:
    """Divide x by its root mean square over axes."""
    shape, others = _along(axes, x.shape), _all_but(axes, x.ndim)
    scale = 1 / np.sqrt((x * x).mean(axis=axes, keepdims=True) + eps)
    z = x * scale

    def scaled(a: Array) -> Array:
        return a if weight is None else a * weight.reshape(shape)

    def input_gradient(g: Array) -> Array:
        h = scaled(g)
        return scale * (h - z * (h * z).mean(axis=axes, keepdims=True))

    return scaled(z), (input_gradient, lambda g: (g * z).sum(axis=others))


@differentiable
def _divided_by_neighbours(x: Array, *, size: int, alpha: float, beta: float, k: float) -> Array:
    """Divide the last axis of x by the power of its neighbourhoods, whose sums are a product with a band matrix."""
    channels = x.shape[-1]
    distance = np.arange(channels)[:, None] - np.arange(channels)  # of the channel that is summed from the sum's
    band = ((-(size // 2) <= distance) & (distance <= (size - 1) // 2)).astype(x.dtype)
    level = k + alpha / size * ((x * x) @ band)
    scale = level**-beta
    return x * scale, (lambda g: g * scale - 2 * alpha * beta / size * x * ((g * x * scale / level) @ band.T),)


def _floating(function: str, x: Array, eps: float, rank: int, *others: Array) -> Array:
    """Return x as floating, in a dtype that takes up the others, and check its rank and eps."""
    x = as_floating(x)
    if x.ndim < rank:
        raise ValueError(f"{function} expected x of at least {rank} axes, got shape {x.shape}")
    if not eps >= 0:
        raise ValueError(f"{function} expected eps >= 0, got {eps!r}")
    dtypes = [a.dtype for a in others if isinstance(a, (Tensor, np.ndarray)) and a.dtype.kind == "f"]
    dtype = np.result_type(x.dtype, *dtypes)
    return x if x.dtype == dtype else x.astype(dtype)


def _check_shape(function: str, name: str, value: Array, wanted: Shape, x: Array) -> None:
    """Require a shape of an argument, if it is given."""
    if value is not None and np.shape(value) != wanted:
        raise ValueError(
            f"{function} expected {name} of shape {wanted} for x of shape {x.shape}, got {np.shape(value)}"
        )


def _axis_of_channels(function: str, axis: int, x: Array) -> int:
    """Return the axis of the channels, which is not that of the batch, counted from the first."""
    axis = normalize_axis_index(axis, x.ndim)
    if axis == 0:
        raise ValueError(f"{function} expected the axis of the channels, not that of the batch, got axis=0")
    return axis


def _sorted_axes(axis: int | Sequence[int], ndim: int) -> Axes:
    """Return axes in ascending order, counted from the first."""
    return tuple(sorted(normalize_axis_tuple(axis, ndim)))


def _all_but(axes: Axes, ndim: int) -> Axes:
    """Return the other axes."""
    return tuple(a for a in range(ndim) if a not in axes)


def _along(axes: Axes, shape: Shape) -> Shape:
    """Return the shape in which parameters that lie along axes are broadcast against an array."""
    return tuple(n if a in axes else 1 for a, n in enumerate(shape))


def _plain(a: Array) -> Any:
    """Return the array of a Tensor, and anything else as an array."""
    return a.data if isinstance(a, Tensor) else np.asarray(a)
