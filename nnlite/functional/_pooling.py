"""Pooling over windows of images, channels last."""

from typing import Any

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._windows import PaddingLike, Size, as_floating, per_axis, resolved_padding
from nnlite.kernels import pooling as kernels

__all__ = ["avg_pool2d", "max_pool2d"]


def max_pool2d(
    x: Array,
    pool_size: int | Size = 2,
    stride: int | Size | None = None,
    padding: PaddingLike = "valid",
) -> Any:
    """Return the largest element of each window.

    At a tie the first maximum, in reading order, gets the gradient. Padding counts as minus infinity.

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
    >>> F.max_pool2d(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    x = as_floating(x)
    return _max_pool2d(x, **_geometry("max_pool2d", x.shape, pool_size, stride, padding))


@differentiable(kernel=kernels.max_forward)
def _max_pool2d(x: Array, **geometry: Any) -> Array:
    """Pool with the geometry in full form."""
    y = _max_pool2d.kernel(x, **geometry)
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


def avg_pool2d(
    x: Array,
    pool_size: int | Size = 2,
    stride: int | Size | None = None,
    padding: PaddingLike = "valid",
    count_padding: bool = False,
) -> Any:
    """Return the mean of each window.

    Parameters
    ----------
    x, pool_size, stride, padding
        As for `max_pool2d`.
    count_padding : bool, default False
        Whether padding counts as zeros, as in PyTorch, or is left out of the mean, as in Keras.

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
    x = as_floating(x)
    geometry = _geometry("avg_pool2d", x.shape, pool_size, stride, padding)
    return _avg_pool2d(x, **geometry, count_padding=count_padding)


@differentiable(kernel=kernels.avg_forward)
def _avg_pool2d(x: Array, **geometry: Any) -> Array:
    """Average with the geometry in full form."""
    input_shape = x.shape
    return _avg_pool2d.kernel(x, **geometry), (lambda g: _spread_means(g, input_shape=input_shape, **geometry),)


@differentiable(kernel=kernels.avg_input_grad)
def _spread_means(g: Array, *, input_shape: tuple[int, ...], **geometry: Any) -> Array:
    """Spread each g evenly over its window."""
    return _spread_means.kernel(g, input_shape=input_shape, **geometry), (lambda t: _avg_pool2d(t, **geometry),)


def _geometry(name: str, shape: tuple[int, ...], pool_size: Any, stride: Any, padding: Any) -> dict[str, Any]:
    """Check the settings of a pooling of x of this shape, and write them in full form."""
    if len(shape) != 4:
        raise ValueError(f"{name}() takes x of shape (N, H, W, C), got shape {shape}")
    pool_size = per_axis("pool_size", pool_size, 2)
    stride = pool_size if stride is None else per_axis("stride", stride, 2)
    padding = resolved_padding(padding, shape[1:3], pool_size, stride, (1, 1))
    for axis, size in enumerate(pool_size):
        if shape[1 + axis] + sum(padding[axis]) < size:
            raise ValueError(
                f"{name}() cannot fit pool_size={pool_size} into x of shape {shape} with padding={padding}"
            )
        if max(padding[axis]) >= size:
            raise ValueError(
                f"{name}() got padding={padding}, of which a window of pool_size={pool_size} may see only padding"
            )
    return {"pool_size": pool_size, "stride": stride, "padding": padding}
