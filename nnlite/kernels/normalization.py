"""Standardising arrays over some of their axes, and the gradients of it: shared by all normalisations.

Sums are products with a vector of ones: BLAS adds up a large array three times as fast as `np.add.reduce`.
"""

import math
from itertools import groupby

import numpy as np

from nnlite.kernels.window import Array
from nnlite.kernels.workspace import scratch

__all__ = ["backward", "forward", "total"]

Axes = tuple[int, ...]

_STRIP = 256  # as many numbers are added up in a row
_BLOCK = 2**16  # elements of rows that stay in a core's cache from one pass to the next
_ROW_LENGTHS = range(64, 4097)  # shorter rows make each pass slow, longer ones should be added up by strips


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
    if _lies_in_rows(x, weight, bias, mask, axes):
        return _forward_by_rows(x, weight, bias, axes=axes, eps=eps)
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
    if axes == along and g.dtype == x.dtype and _lies_in_rows(x, weight, None, mask, axes):
        return _backward_by_rows(g, x, weight, mean, scale, needs, axes=axes)
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


def _lies_in_rows(x: Array, weight: Array | None, bias: Array | None, mask: Array | None, axes: Axes) -> bool:
    """Say whether each mean is that of a row in memory, with a weight for each of its elements: a layer norm."""
    first = x.ndim - len(axes)
    row = x.shape[first:]
    return (
        mask is None
        and axes == tuple(range(first, x.ndim))
        and math.prod(row) in _ROW_LENGTHS
        and x.dtype.kind == "f"
        and x.itemsize >= 4
        and x.flags.c_contiguous
        and all(p is None or (p.dtype == x.dtype and p.shape == (1,) * first + row) for p in (weight, bias))
    )


def _forward_by_rows(
    x: Array, weight: Array | None, bias: Array | None, *, axes: Axes, eps: float
) -> tuple[Array, Array, Array]:
    """Return the same as `forward`, block by block, so that all passes over a block but the first find it in cache."""
    rows, blocks = _rows(x, axes)
    n = rows.shape[1]
    y = np.empty_like(rows)
    mean, var = np.empty((2, len(rows), 1), x.dtype)
    ones = np.ones((n, 1), x.dtype)
    for block in blocks:
        centered = y[block]
        mean_of_rows = np.matmul(rows[block], ones, out=mean[block])
        mean_of_rows /= n
        np.subtract(rows[block], mean_of_rows, out=centered)
        rest = centered @ ones
        rest /= n
        mean_of_rows += rest
        centered -= rest
        squares = np.square(centered, out=scratch("normalization.products", centered.shape, x.dtype))
        var_of_rows = np.matmul(squares, ones, out=var[block])
        var_of_rows /= n
        centered *= 1 / np.sqrt(var_of_rows + eps)
        if weight is not None:
            centered *= weight.reshape(n)
        if bias is not None:
            centered += bias.reshape(n)
    kept = (*x.shape[: -len(axes)], *(1,) * len(axes))
    return y.reshape(x.shape), mean.reshape(kept), var.reshape(kept)


def _backward_by_rows(
    g: Array, x: Array, weight: Array | None, mean: Array, scale: Array, needs: tuple[bool, ...], *, axes: Axes
) -> tuple[Array | None, Array | None, Array | None]:
    """Return the same as `backward`, block by block; sums of products with a weight are products with a vector."""
    rows, blocks = _rows(x, axes)
    n = rows.shape[1]
    g, mean, scale = g.reshape(rows.shape), mean.reshape(-1, 1), scale.reshape(-1, 1)
    factor = np.ones(n, x.dtype) if weight is None else weight.reshape(n)
    dx = np.empty_like(rows) if needs[0] else None
    dfactor, doffset = (np.zeros(n, x.dtype) if need else None for need in needs[1:])
    for block in blocks:
        g_rows, s = g[block], scale[block]
        centered = scratch("normalization.centered", g_rows.shape, x.dtype)
        products = scratch("normalization.products", g_rows.shape, x.dtype) if dx is None else dx[block]
        np.subtract(rows[block], mean[block], out=centered)
        np.multiply(g_rows, centered, out=products)
        if dfactor is not None:
            dfactor += s[:, 0] @ products
        if doffset is not None:
            doffset += np.ones(len(g_rows), x.dtype) @ g_rows
        if dx is None:
            continue
        slope = products @ factor[:, None]  # of h * (x - mean), h = g * weight
        slope *= s
        slope /= n
        slope *= s
        centered *= slope
        centered += g_rows @ factor[:, None] / n
        h = g_rows if weight is None else np.multiply(g_rows, factor, out=products)
        np.subtract(h, centered, out=products)
        products *= s
    along = (*(1,) * (x.ndim - len(axes)), *x.shape[-len(axes) :])
    dweight, dbias = (None if d is None else d.reshape(along) for d in (dfactor, doffset))
    return None if dx is None else dx.reshape(x.shape), dweight, dbias


def _rows(x: Array, axes: Axes) -> tuple[Array, list[slice]]:
    """Return x as a matrix with a row for each mean, and the blocks of rows to work on."""
    n = math.prod(x.shape[a] for a in axes)
    rows = x.reshape(-1, n)
    step = max(_BLOCK // n, 1)
    return rows, [slice(start, start + step) for start in range(0, len(rows), step)]


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
