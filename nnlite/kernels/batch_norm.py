"""Batch normalisation of large arrays, channels last, and its gradients, on threads.

The channels lie along the lines of a matrix (rows, C). Several rows are taken as one line, along which the channels'
numbers are repeated: NumPy takes seven times as long where it broadcasts lines of 16 numbers, and still twice as long
where lines are shorter than its buffer of 8,192. Lines are worked on in chunks, in two sweeps each way: one for the
sums and one for the values.
"""

import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from nnlite.kernels.normalization import total
from nnlite.kernels.parallel import blas_limit, count_chunks, map_chunks, partition
from nnlite.kernels.window import Array
from nnlite.kernels.workspace import scratch

_Result = TypeVar("_Result")

_LARGE = 2**18  # elements, from which on lines pay for their calls
_SHARED = 2**20  # elements, from which on a second thread pays
_SERIAL = 2**18  # elements of a chunk on one thread
_LINE = 2**14  # numbers that a line has at most, unless there are more channels
_SUMMED = 1024  # numbers side by side that are summed fastest


def suits(x: Array, axes: tuple[int, ...], along: tuple[int, ...]) -> bool:
    """Whether x is large, C-contiguous and normalised over all axes but the last, along which its parameters lie.

    Examples
    --------
    >>> suits(np.zeros((64, 32, 32, 16)), (0, 1, 2), (3,)), suits(np.zeros((64, 32, 32, 16)), (0, 2, 3), (1,))
    (True, False)
    """
    return x.size >= _LARGE and axes == tuple(range(x.ndim - 1)) and along == (x.ndim - 1,) and x.flags.c_contiguous


def forward(x: Array, weight: Array | None, bias: Array | None, *, eps: float) -> tuple[Array, Array, Array]:
    """Return (x - mean) / sqrt(var + eps) * weight + bias, with the mean and the biased variance of each channel.

    Each chunk gives its mean and the sum of squares around it, put together in double precision (Chan et al.).

    Parameters
    ----------
    x : ndarray, shape (..., C)
        What `suits`.
    weight, bias : ndarray or None
        C numbers.
    eps : float

    Returns
    -------
    y : ndarray of the shape of x
    mean, var : ndarrays of shape (1, ..., 1, C)

    References
    ----------
    T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance: analysis and
    recommendations", 1983.

    Examples
    --------
    >>> x = np.tile([[1.0, 5.0], [3.0, 5.0]], (2**17, 1))
    >>> y, mean, var = forward(x, None, None, eps=0.0625)
    >>> mean, var
    (array([[2., 5.]]), array([[1., 0.]]))
    >>> y[:2].round(2)
    array([[-0.97,  0.  ],
           [ 0.97,  0.  ]])
    """
    channels = x.shape[-1]
    lines, repeats = _lines(x)
    chunks = _chunks(lines)
    y = np.empty_like(lines)

    def center(number: int) -> tuple[Array, Array, Array]:
        part, centered = lines[chunks[number]], y[chunks[number]]
        n = len(part) * repeats
        middle = _sums(part, channels) / n
        np.subtract(part, np.tile(middle, repeats), out=centered)
        rest = _sums(centered, channels).astype(float) / n  # what rounding left in the middle
        squares = scratch("batch_norm.product", part.shape, x.dtype)
        np.square(centered, out=squares)
        return middle, middle + rest, _sums(squares, channels) - rest * rest * n

    middles, means, squares = (np.array(parts) for parts in zip(*_map(center, chunks, lines), strict=True))
    counts = np.array([[(chunk.stop - chunk.start) * repeats] for chunk in chunks])
    exact = (means * counts).sum(axis=0) / counts.sum()
    squares += counts * np.square(means - exact)
    mean = exact.astype(x.dtype)
    var = np.maximum(squares.sum(axis=0) / counts.sum(), 0)
    factor = 1 / np.sqrt(var + eps)
    if weight is not None:
        factor = factor * weight.reshape(channels)
    offsets = (middles - exact) * factor
    if bias is not None:
        offsets += bias.reshape(channels)
    factors = np.tile(factor.astype(x.dtype, copy=False), repeats)

    def scale(number: int) -> None:
        target = y[chunks[number]]
        target *= factors
        target += np.tile(offsets[number].astype(x.dtype, copy=False), repeats)

    _map(scale, chunks, lines)
    shape = (*(1 for _ in x.shape[1:]), channels)
    return y.reshape(x.shape), mean.reshape(shape), var.astype(x.dtype, copy=False).reshape(shape)


def backward(
    g: Array, x: Array, weight: Array | None, mean: Array, scale: Array, needs: tuple[bool, ...]
) -> tuple[Array | None, Array | None, Array | None]:
    """Return the gradients of x, weight and bias for a gradient g of the output of `forward`.

    ``dx = scale * weight * (g - (sum(g) + z * sum(g * z)) / n)`` with ``z = (x - mean) * scale``

    Parameters
    ----------
    g, x, weight, mean
        As for `forward`.
    scale : ndarray
        1 / sqrt(var + eps), of the shape of mean.
    needs : three of bool
        Which of the gradients are wanted; the others are None. Those of weight and bias have the shape of mean.

    Examples
    --------
    >>> x = np.tile([[1.0], [3.0]], (2**17, 1))
    >>> mean, scale = np.array([[2.0]]), np.array([[1.0]])
    >>> backward(np.ones_like(x), x, None, mean, scale, (False, True, True))
    (None, array([[0.]]), array([[262144.]]))
    """
    channels = x.shape[-1]
    lines, repeats = _lines(x)
    cotangent = np.ascontiguousarray(g).reshape(lines.shape)
    chunks = _chunks(lines)
    centers = np.tile(mean.reshape(channels), repeats)

    dx = np.empty_like(lines)

    def sums(number: int) -> tuple[Array, Array]:
        part, centered = cotangent[chunks[number]], dx[chunks[number]]
        np.subtract(lines[chunks[number]], centers, out=centered)
        product = scratch("batch_norm.product", part.shape, x.dtype)
        np.multiply(centered, part, out=product)
        return _sums(part, channels), _sums(product, channels)

    dbias, products = (np.sum(parts, axis=0) for parts in zip(*_map(sums, chunks, lines), strict=True))
    scale = scale.reshape(channels)
    dweight = products * scale
    shape = mean.shape
    gradients = (dweight.reshape(shape) if needs[1] else None, dbias.reshape(shape) if needs[2] else None)
    if not needs[0]:
        return None, *gradients
    n = lines.size // channels
    slopes, offsets = np.tile(-dweight * scale / n, repeats), np.tile(-dbias / n, repeats)
    factors = np.tile(scale if weight is None else scale * weight.reshape(channels), repeats)

    def combine(number: int) -> None:
        target = dx[chunks[number]]
        target *= slopes
        target += offsets
        target += cotangent[chunks[number]]
        target *= factors

    _map(combine, chunks, lines)
    return dx.reshape(x.shape), *gradients


def _lines(x: Array) -> tuple[Array, int]:
    """Return x as a matrix of lines, and how many rows of the channels a line has."""
    channels = x.shape[-1]
    rows = x.size // channels
    repeats = next(k for k in range(max(_LINE // channels, 1), 0, -1) if rows % k == 0)
    return x.reshape(rows // repeats, repeats * channels), repeats


def _chunks(lines: Array) -> list[slice]:
    """Cut lines into chunks that stay in cache."""
    return partition(len(lines), count_chunks(lines.nbytes) if lines.size >= _SHARED else lines.size // _SERIAL)


def _map(job: Callable[[int], _Result], chunks: list[slice], lines: Array) -> list[_Result]:
    """Do a job for each chunk, on threads if there is enough to do for two."""
    if lines.size >= _SHARED:
        return map_chunks(job, len(chunks))
    with blas_limit:  # its threads take longer for a sum than one
        return [job(number) for number in range(len(chunks))]


def _sums(lines: Array, channels: int) -> Array:
    """Return the sum of each channel over lines."""
    repeats = math.gcd(lines.shape[-1], max(_SUMMED // channels, 1) * channels) // channels
    return np.asarray(total(total(lines.reshape(-1, repeats * channels), (0,)).reshape(-1, channels), (0,))[0])
