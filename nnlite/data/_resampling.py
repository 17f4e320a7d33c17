"""Images made of the pixels of others, taken at given places, inside the image or outside it."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["FILL_MODES", "gathered", "interpolated"]

Array: TypeAlias = NDArray[Any]

FILL_MODES = ("constant", "nearest", "reflect", "wrap")


def gathered(x: Array, i: Array, j: Array, fill_mode: str = "constant", fill_value: float = 0.0) -> Array:
    """Return images with the rows `i` and the columns `j` of others.

    Parameters
    ----------
    x : ndarray, shape (N, H, W, ...)
    i, j : ndarray of int, shapes (N, P) and (N, Q)
        Numbers below 0 and above the last are filled in.

    Returns
    -------
    ndarray, shape (N, P, Q, ...)
        Of x's dtype.
    """
    return _pixels(x, i[:, :, None], j[:, None, :], fill_mode, fill_value)


def interpolated(x: Array, i: Array, j: Array, fill_mode: str, fill_value: float) -> Array:
    """Return images whose pixels lie between those of others: the bilinear mean of the four around each place.

    Parameters
    ----------
    x : ndarray, shape (N, H, W, ...)
    i, j : ndarray of float, shape (N, P, Q)
        Row and column of each place.

    Returns
    -------
    ndarray, shape (N, P, Q, ...)
        Of x's dtype; integers are rounded.
    """
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    top, left = np.floor(i).astype(np.int64), np.floor(j).astype(np.int64)
    behind = (...,) + (None,) * (x.ndim - 3)
    down, right = ((place - corner).astype(dtype)[behind] for place, corner in ((i, top), (j, left)))
    y = np.zeros((*i.shape, *x.shape[3:]), dtype)
    for rows, share in ((top, 1 - down), (top + 1, down)):
        for columns, weight in ((left, share * (1 - right)), (left + 1, share * right)):
            y += weight * _pixels(x, rows, columns, fill_mode, fill_value)
    return y if x.dtype.kind == "f" else np.rint(y).astype(x.dtype)


def _pixels(x: Array, i: Array, j: Array, fill_mode: str, fill_value: float) -> Array:
    """Return the pixels at rows `i` and columns `j`, which broadcast to (N, P, Q)."""
    height, width = x.shape[1:3]
    n = np.arange(len(x))[:, None, None]
    pixels: Array = x[n, _inside(i, height, fill_mode), _inside(j, width, fill_mode)]
    if fill_mode == "constant":
        pixels[(i < 0) | (i >= height) | (j < 0) | (j >= width)] = fill_value
    return pixels


def _inside(i: Array, size: int, fill_mode: str) -> Array:
    """Return the rows, or columns, that stand for those outside."""
    if fill_mode == "wrap":
        return i % size
    if fill_mode == "reflect":  # d c b a | a b c d | d c b a
        i = i % (2 * size)
        i = np.minimum(i, 2 * size - 1 - i)
    return i.clip(0, size - 1)
