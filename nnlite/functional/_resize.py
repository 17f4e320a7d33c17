"""Images made larger or smaller: by repeating, by interpolation, by turning channels into pixels."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd._recording import Array
from nnlite.functional._indexing import take
from nnlite.functional._linalg import matmul
from nnlite.functional._shape import repeat, reshape, transpose
from nnlite.functional._windows import Size, as_floating, per_axis

__all__ = ["pixel_shuffle", "upsample", "weigh_along"]

_LINEAR_MODES = ("linear", "bilinear", "trilinear")


def upsample(
    x: Array,
    scale: float | Sequence[float] | None = None,
    size: int | Sequence[int] | None = None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> Any:
    """Resize along the spatial axes, to `scale` times as many elements or to a given size.

    Output element i lies at ``(i + 0.5) / scale - 0.5`` of the input: the two are grids of cells of one area. With
    `align_corners` it lies at ``i * (in - 1) / (out - 1)``: the first and the last points coincide. Linear
    interpolation weighs the two input elements around it, along each axis; outside, the outermost counts. "nearest"
    takes element ``floor(i / scale)``, whose cell it lies in. An axis whose length stays is copied, and with "nearest"
    one whose length doubles is repeated, also where `scale` is not exactly 1 or 2: as PyTorch does it for images.

    Parameters
    ----------
    x : Tensor or array, shape (N, *spatial, C)
        With one to three spatial axes, channels last.
    scale : float or one for each spatial axis, optional
        Output sizes are ``floor(in * scale)``.
    size : int or one for each spatial axis, optional
        Output sizes; the scale is then out / in.
    mode : {"nearest", "linear", "bilinear", "trilinear"}, default "nearest"
        The last three are the same for one, two and three spatial axes.
    align_corners : bool, default False
        Only for the linear modes.

    Returns
    -------
    Tensor or array, shape (N, *sizes, C)

    Raises
    ------
    ValueError
        Unless exactly one of `scale` and `size` is given, and it and the mode fit x.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> x = np.array([[0.0, 4.0]]).reshape(1, 1, 2, 1)
    >>> F.upsample(x, 2)[0, :, :, 0]
    array([[0., 0., 4., 4.],
           [0., 0., 4., 4.]])
    >>> F.upsample(x, 2, mode="bilinear")[0, :, :, 0]
    array([[0., 1., 3., 4.],
           [0., 1., 3., 4.]])
    >>> F.upsample(x, size=(1, 3), mode="bilinear", align_corners=True).ravel()
    array([0., 2., 4.])
    """
    x = as_floating(x)
    axes = len(x.shape) - 2
    if not 1 <= axes <= 3 or not all(x.shape[1:-1]):
        raise ValueError(f"upsample() takes x of shape (N, *spatial, C), with 1 to 3 spatial axes, got shape {x.shape}")
    if mode not in ("nearest", _LINEAR_MODES[axes - 1]):
        raise ValueError(
            f"upsample() takes mode 'nearest' or {_LINEAR_MODES[axes - 1]!r} for x of shape {x.shape}, got {mode=}"
        )
    if align_corners and mode == "nearest":
        raise ValueError("upsample() aligns corners in the linear modes only, got align_corners=True, mode='nearest'")
    for axis, (n, m, span) in enumerate(_resized("upsample", x.shape[1:-1], scale, size), 1):
        if mode != "nearest":
            x = x if n == m else weigh_along(x, _interpolation(n, m, span, align_corners), axis)
        elif m in (n, 2 * n) or (m % n == 0 and span == n / m):
            x = x if n == m else repeat(x, m // n, axis)
        else:
            x = take(x, _nearest(n, m, span), axis)
    return x


def pixel_shuffle(x: Array, upscale_factor: int) -> Any:
    """Turn channels into pixels: each pixel's channels become r x r pixels with fewer channels.

    ``y[..., h * r + i, w * r + j, c] = x[..., h, w, (c * r + i) * r + j]``

    Parameters
    ----------
    x : Tensor or array, shape (..., H, W, C * r**2)
        Images, channels last.
    upscale_factor : int
        r.

    Returns
    -------
    Tensor or array, shape (..., H * r, W * r, C)

    Raises
    ------
    ValueError
        If x has no such shape.

    References
    ----------
    Shi, W. et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional
    neural network", 2016.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.pixel_shuffle(np.arange(4.0).reshape(1, 1, 1, 4), 2)[0, :, :, 0]
    array([[0., 1.],
           [2., 3.]])
    """
    (r,) = per_axis("upscale_factor", upscale_factor, 1)
    shape = np.shape(x)
    if len(shape) < 3 or shape[-1] % r**2:
        raise ValueError(
            f"pixel_shuffle() takes x of shape (..., H, W, C * {r**2}) for upscale_factor={r}, got shape {shape}"
        )
    *lead, height, width, depth = shape
    channels, k = depth // r**2, len(lead)
    apart = reshape(x, (*lead, height, width, channels, r, r))
    mixed = transpose(apart, (*range(k), k, k + 3, k + 1, k + 4, k + 2))  # (..., H, r, W, r, C)
    return reshape(mixed, (*lead, height * r, width * r, channels))


def weigh_along(x: Array, weights: NDArray[Any], axis: int) -> Any:
    """Return sums over an axis: ``y[..., i, ...] = sum_k weights[i, k] * x[..., k, ...]``, weights being constants.

    Most of the weights are zeros, but one matrix product is faster than picking the others out.
    """
    shape = x.shape
    before, after = shape[:axis], shape[axis + 1 :]
    rows = reshape(x, (math.prod(before), shape[axis], math.prod(after)))
    return reshape(matmul(weights.astype(x.dtype), rows), (*before, len(weights), *after))


def _resized(name: str, sizes: Size, scale: Any, size: Any) -> list[tuple[int, int, float]]:
    """Return each spatial axis' length, its new length, and how many input elements an output element spans."""
    if (scale is None) == (size is None):
        raise ValueError(f"{name}() takes either scale or size, got scale={scale!r} and size={size!r}")
    if size is not None:
        return [(n, m, n / m) for n, m in zip(sizes, per_axis("size", size, len(sizes)), strict=True)]
    factors = tuple(scale) if isinstance(scale, (tuple, list)) else (scale,) * len(sizes)
    if len(factors) != len(sizes) or not all(
        isinstance(factor, (int, float, np.integer, np.floating)) and 1 <= n * factor < math.inf
        for n, factor in zip(sizes, factors, strict=True)
    ):
        raise ValueError(f"{name}() expected scale to leave elements of the spatial axes {sizes}, got scale={scale!r}")
    return [(n, math.floor(n * factor), 1 / factor) for n, factor in zip(sizes, factors, strict=True)]


def _nearest(n: int, m: int, span: float) -> NDArray[np.intp]:
    """Return which of n elements each of m takes; rounded as PyTorch rounds it, in float32."""
    places = np.floor(np.arange(m, dtype=np.float32) * np.float32(span)).astype(np.intp)
    nearest: NDArray[np.intp] = np.minimum(places, n - 1)
    return nearest


@functools.lru_cache(maxsize=64)
def _interpolation(n: int, m: int, span: float, align_corners: bool) -> NDArray[np.float64]:
    """Return the weights (m, n) of n elements in each of m."""
    outputs = np.arange(m)
    at = outputs * ((n - 1) / max(m - 1, 1)) if align_corners else np.maximum((outputs + 0.5) * span - 0.5, 0)
    lower = np.minimum(np.floor(at).astype(np.intp), n - 1)
    fraction = np.minimum(at - lower, 1)
    weights = np.zeros((m, n))
    weights[outputs, lower] += 1 - fraction
    weights[outputs, np.minimum(lower + 1, n - 1)] += fraction
    weights.flags.writeable = False
    return weights
