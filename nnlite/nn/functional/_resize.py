"""Resizing and padding, channels first."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite.autograd._recording import Array
from nnlite.functional._windows import as_floating
from nnlite.layers._layout import to_channels_first, to_channels_last

__all__ = ["interpolate", "pad", "pixel_shuffle"]

_PAD_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def interpolate(
    input: Array,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Any:
    """Resize along the spatial axes, to a given size or to `scale_factor` times as many elements.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, *spatial)
        With one to three spatial axes.
    size : int or one for each spatial axis, optional
    scale_factor : float or one for each spatial axis, optional
        Output sizes are ``floor(in * scale_factor)``.
    mode : {"nearest", "linear", "bilinear", "trilinear"}, default "nearest"
        The last three are the same for one, two and three spatial axes. See `nnlite.functional.upsample`.
    align_corners : bool, optional
        Only for the linear modes: whether the first and the last elements of input and output coincide.
    recompute_scale_factor : bool, optional
        Whether interpolation goes by out / in rather than by the `scale_factor` that gave the output size.

    Returns
    -------
    Tensor or array, shape (N, C, *sizes)

    Raises
    ------
    ValueError
        Unless exactly one of `size` and `scale_factor` is given, and it and the mode fit the input.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.interpolate(np.array([[[0.0, 4.0]]]), scale_factor=2, mode="linear")
    array([[[0., 1., 3., 4.]]])
    """
    if (size is None) == (scale_factor is None):
        raise ValueError(f"interpolate() takes either size or scale_factor, got {size=} and {scale_factor=}")
    if align_corners is not None and mode == "nearest":
        raise ValueError(f"interpolate() takes align_corners in the linear modes only, got {align_corners=}, {mode=}")
    if recompute_scale_factor and scale_factor is None:
        raise ValueError("interpolate() has no scale_factor to recompute: size was given")
    x = as_floating(input)
    if not 3 <= x.ndim <= 5:
        raise ValueError(
            f"interpolate() expected input of shape (N, C, *spatial) with 1 to 3 spatial axes, got {x.shape}"
        )
    if recompute_scale_factor:
        factors = scale_factor if isinstance(scale_factor, (tuple, list)) else [scale_factor] * (x.ndim - 2)
        size, scale_factor = [math.floor(n * f) for n, f in zip(x.shape[2:], factors, strict=True)], None
    return to_channels_first(F.upsample(to_channels_last(x), scale_factor, size, mode, bool(align_corners)))


def pixel_shuffle(input: Array, upscale_factor: int) -> Any:
    """Turn channels into pixels: each pixel's channels become r x r pixels with fewer channels.

    Parameters
    ----------
    input : Tensor or array, shape (..., C * r**2, H, W)
    upscale_factor : int
        r.

    Returns
    -------
    Tensor or array, shape (..., C, H * r, W * r)

    Raises
    ------
    ValueError
        If the input has no such shape.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.pixel_shuffle(np.arange(4.0).reshape(4, 1, 1), 2)
    array([[[0., 1.],
            [2., 3.]]])
    """
    if np.ndim(input) < 3:
        raise ValueError(f"pixel_shuffle() expected input of shape (..., C * r**2, H, W), got {np.shape(input)}")
    return F.moveaxis(F.pixel_shuffle(F.moveaxis(input, -3, -1), upscale_factor), -1, -3)


def pad(input: Array, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """Put a border around an input, or cut one off.

    Parameters
    ----------
    input : Tensor or array
    pad : sequence of int
        Elements before and after the last axis, then before and after the one in front of it, and so on. With mode
        "constant" a negative number cuts elements off.
    mode : {"constant", "reflect", "replicate", "circular"}, default "constant"
        The border: a constant, the inside mirrored at its outermost element, this element, or the inside over again.
    value : float, optional
        The constant; 0 by default.

    Returns
    -------
    Tensor or array

    Raises
    ------
    ValueError
        If the numbers do not fit the input, or for another mode.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.pad(np.array([[1.0, 2.0], [3.0, 4.0]]), (1, 0, 0, -1))
    array([[0., 1., 2.]])
    """
    shape, ends = np.shape(input), tuple(pad)
    if mode not in _PAD_MODES:
        raise ValueError(f"pad() expected mode to be one of {', '.join(map(repr, _PAD_MODES))}, got {mode=}")
    if len(ends) % 2 or len(ends) > 2 * len(shape):
        raise ValueError(f"pad() expected two numbers for each of the last axes, got {pad=} for shape {shape}")
    given = tuple(zip(ends[::2], ends[1::2], strict=True))[::-1]
    widths = ((0, 0),) * (len(shape) - len(given)) + given
    room = {"constant": math.inf, "reflect": -1, "replicate": math.inf, "circular": 0}[mode]
    least = -math.inf if mode == "constant" else 0
    for n, (before, after) in zip(shape, widths, strict=True):
        if min(before, after) < least or max(before, after) > n + room or n + before + after < 0:
            raise ValueError(f"pad() cannot take {pad=} with {mode=} for an input of shape {shape}")
    if mode != "constant":
        if value is not None:
            raise ValueError(f"pad() takes a value with mode='constant' only, got {value=}, {mode=}")
        return F.pad(input, widths, mode=_PAD_MODES[mode])
    inside = tuple(slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(shape, widths, strict=True))
    kept = F.getitem(input, inside) if min(ends, default=0) < 0 else input
    return F.pad(kept, tuple((max(b, 0), max(a, 0)) for b, a in widths), constant_values=value or 0)
