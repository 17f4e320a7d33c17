"""Standardising arrays over some of their axes, and the gradients of it: shared by all normalisations.

Sums are products with a vector of ones: BLAS adds up a large array three times as fast as `np.add.reduce`.
"""

import math
from itertools import groupby

import numpy as np

from nnlite.kernels.window import Array

__all__ = ["backward", "forward", "total"]

Axes = tuple[int, ...]

_STRIP = 256  # as many numbers are added up in a row


def forward(
    x: Array, weight: Array | None, bias: Array | None, mask: Array | None, *, axes: Axes, eps: float
) -> tuple[Array, Array, Array]:
    """Return (x - mean) / sqrt(var + eps) * weight + bias, with mean and biased variance taken over axes.

    The variance is taken in two passes, and what rounding left in the mean is corrected by the second one: constant
    inputs, however large, have variance 0.

    Parameters
    ----------
    x : ndarray
        Floating, of any memory order; the output has the same.
    weight, bias : ndarray or None
        Of the rank of x, to be broadcast against it.
    mask : ndarray or None
        1 where x counts for mean and variance and 0 elsewhere, of the shape of x with 1 for axes that are not reduced.
    axes : tuple of int
    eps : float

    Returns
    -------
    y, mean, var : ndarrays
        The statistics keep the reduced axes with length 1.
    """
    n = _count(x, mask, axes)
    mean = total(x if mask is None else x * mask, axes) / n
    y = x - mean
    counted = y if mask is None else y * mask
    rest = total(counted, axes) / n
    var = np.maximum(total(counted * y, axes) / n - rest * rest, 0)
    scale = 1 / np.sqrt(var + eps)
    if weight is None or math.prod(np.broadcast_shapes(scale.shape, weight.shape)) < x.size:
        factor = scale if weight is None else scale * weight
        y *= factor
        y += -rest * factor if bias is None else bias - rest * factor
    else:
        y -= rest
        y *= scale
        y *= weight
        if bias is not None:
            y += bias
    return y, mean + rest, var


def backward(
    g: Array, x: Array, weight: Array | None, mask: Array | None, mean: Array, scale: Array,
    needs: tuple[bool, ...], *, axes: Axes, along: Axes,
) -> tuple[Array | None, Array | None, Array | None]:  # fmt: skip
    """Return the gradients of x, weight and bias for a gradient g of the output of `forward`.

    With the normalised input z = (x - mean) * scale, where scale = 1 / sqrt(var + eps), and h = g * weight:
    ``dx = scale * (h - mask * (sum(h) + z * sum(h * z)) / n)``, the sums running over axes.

    Parameters
    ----------
    g, x, weight, mask, mean, axes
        As for `forward`.
    scale : ndarray
        1 / sqrt(var + eps), of the shape of mean.
    needs : three of bool
        Which of the gradients are wanted; the others are None.
    along : tuple of int
        The axes along which weight and bias lie, even if there are none.
    """
    z = x - mean
    z *= scale
    weight_axes = tuple(a for a in range(x.ndim) if a not in along)
    one_weight = weight_axes == axes  # each weight is for all that one mean is taken of: the sums are the same
    h = g if weight is None or one_weight else g * weight
    product = g * z
    dbias = total(g, weight_axes) if needs[2] or (needs[0] and one_weight) else None
    dweight = total(product, weight_axes) if needs[1] or (needs[0] and one_weight) else None
    if not needs[0]:
        return None, dweight, dbias
    n = _count(x, mask, axes)
    if one_weight:
        assert dweight is not None
        assert dbias is not None
        z *= dweight / n
        z += dbias / n
    else:
        if weight is not None:
            product *= weight
        z *= total(product, axes) / n
        z += total(h, axes) / n
    if mask is not None:
        z *= mask
    dx = np.subtract(h, z, out=z)
    dx *= scale * weight if one_weight and weight is not None else scale
    return dx, dweight if needs[1] else None, dbias if needs[2] else None


def total(x: Array, axes: Axes) -> Array:
    """Return the sum over axes, which stay with length 1, as a new array.

    Examples
    --------
    >>> total(np.arange(6.0).reshape(2, 3), (0,))
    array([[3., 5., 7.]])
    """
    if not axes:
        return x.copy()
    order = sorted(range(x.ndim), key=lambda a: x.strides[a], reverse=True)  # the axes as they lie in memory
    dense = x.transpose(order)
    if not dense.flags.c_contiguous:
        return np.asarray(np.add.reduce(x, axis=axes, keepdims=True))
    runs = [(reduced, math.prod(x.shape[a] for a in run)) for reduced, run in groupby(order, axes.__contains__)]
    after = 1
    for k, (reduced, n) in reversed(list(enumerate(runs))):
        if reduced:
            dense = _middle_summed(dense.reshape(math.prod(length for _, length in runs[:k]), n, after))
        else:
            after *= n
    sums = dense.reshape([1 if a in axes else x.shape[a] for a in order])
    return sums.transpose(np.argsort(order))


def _middle_summed(x: Array) -> Array:
    """Sum (before, n, after) over n, strip by strip, then over the strips: long sums would lose digits."""
    before, n, after = x.shape
    if n > 2 * _STRIP:
        whole = n - n % _STRIP
        strips = x[:, :whole].reshape(before * (whole // _STRIP), _STRIP, after)
        sums = _middle_summed(_middle_summed(strips).reshape(before, -1, after))
        return sums + _middle_summed(x[:, whole:]) if n % _STRIP else sums
    ones = np.ones(n, x.dtype)
    return np.asarray(x.reshape(before, n) @ ones if after == 1 else ones @ x).reshape(before, after)


def _count(x: Array, mask: Array | None, axes: Axes) -> float:
    """Return how many elements one mean is taken of; 1 if there are none, which makes mean and variance 0."""
    return max(float(math.prod(x.shape[a] for a in axes) if mask is None else mask.sum()), 1.0)
