"""Convolution with kernels of 3 x 3 by Winograd's minimal filtering, F(2 x 2, 3 x 3), channels last.

Two by two outputs cost 16 multiplications a channel in place of 36: tiles of 4 x 4 inputs, kernels and outputs are
carried to a space where the convolution is a product for each of 16 elements, and these are 16 matrix products over
the channels. With the matrices of Lavin and Gray, for a tile d, a kernel w and a cotangent g of 2 x 2 outputs:

``y = A' [(G w G') * (B' d B)] A``, and ``dw = G' [(A g A') * (B' d B)] G``

The transforms of tiles and outputs are additions of long lines. Rounding errors in float32 are those of a direct
convolution (0.6 times as large for outputs of 64 channels, 1.7 times for the gradient of the weight). A NaN or Inf
reaches all outputs of the tiles that read it.

References
----------
A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", 2016.
"""

import math

import numpy as np

from nnlite.kernels.columns import Shape, finish
from nnlite.kernels.normalization import total
from nnlite.kernels.parallel import count_chunks, get_num_threads, map_chunks, partition
from nnlite.kernels.product import matmul_by_strips, sum_by_strips
from nnlite.kernels.rectifier import keep_where_positive
from nnlite.kernels.window import Array, Window
from nnlite.kernels.workspace import scratch

# Measured on two cores, direct time over this: 64 channels 32 x 32 1.2, 128 channels 28 x 28 1.45, 256 channels 14 x 14
# 1.25; but 32 channels 16 x 16 0.85, 64 channels 8 x 8 0.9 (lines too short), 256 channels 7 x 7 0.7 (tiles stick out).
_LEAST_CHANNELS = 64  # of inputs and of outputs
_LEAST_COLUMNS = 6  # of tiles
_MOST_WASTE = 1.25  # outputs of all tiles over those that are wanted
_TILES_PER_CHANNEL = 4  # to be worth the kernel's transform

_TO_KERNEL = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])  # G


def suits(windows: tuple[Window, ...], images: int, channels: int, features: int) -> bool:
    """Whether this is the fastest way to convolve, for kernels in one group."""
    if len(windows) != 2 or min(channels, features) < _LEAST_CHANNELS:
        return False
    if any((w.kernel, w.stride, w.dilation) != (3, 1, 1) for w in windows):
        return False
    down, across = _tiles(windows)
    if across < _LEAST_COLUMNS or 4 * down * across > _MOST_WASTE * math.prod(w.output for w in windows):
        return False
    return images * down * across * (channels + features) >= _TILES_PER_CHANNEL * channels * features


def forward(x: Array, weight: Array, bias: Array | None, *, windows: tuple[Window, ...], rectify: bool) -> Array:
    """Convolve x (N, H, W, C) with the weight (3, 3, C, F); see `conv.forward`."""
    features = weight.shape[-1]
    sizes = tuple(window.output for window in windows)
    out = np.empty((len(x), *sizes, features), x.dtype)
    matrices = _transformed_kernel(weight.astype(x.dtype, copy=False))
    chunks = _chunks(x, features, windows)
    tiled_bias = None if bias is None else np.tile(bias.astype(x.dtype, copy=False), sizes[1])

    def job(number: int) -> None:
        target = out[chunks[number]]
        tiles = _transformed_input(x[chunks[number]], windows)
        sums = scratch("winograd.sums", (*tiles.shape[:-1], features), x.dtype)
        matmul_by_strips(tiles.reshape(4, 4, -1, x.shape[-1]), matrices, sums.reshape(4, 4, -1, features))
        _write_outputs(sums, target)
        finish(target, tiled_bias, rectify)

    with np.errstate(invalid="ignore"):  # Inf - Inf is NaN, as promised
        map_chunks(job, len(chunks))
    return out


def parameter_grads(x: Array, g: Array, y: Array | None, *, windows: tuple[Window, ...]) -> tuple[Array, Array]:
    """Return the gradients of weight (3, 3, C, F) and bias (F,); see `conv.parameter_grads`."""
    channels, features = x.shape[-1], g.shape[-1]
    chunks = _chunks(x, features, windows)
    shares = partition(len(chunks), get_num_threads())

    def job(number: int) -> tuple[Array, Array]:
        sums, dbias = np.zeros((4, 4, channels, features), x.dtype), np.zeros(features, x.dtype)
        product = scratch("winograd.product", sums.shape, x.dtype)
        for images in chunks[shares[number]]:
            cotangent = _cotangent(g[images], None if y is None else y[images])
            rows = cotangent.reshape(-1, features)
            dbias += total(rows, (0,))[0]
            tiles = _transformed_input(x[images], windows)
            outputs = _transformed_cotangent(cotangent)
            sum_by_strips(tiles.reshape(4, 4, -1, channels), outputs.reshape(4, 4, -1, features), product)
            sums += product
        return sums, dbias

    with np.errstate(invalid="ignore"):
        (sums, dbias), *others = map_chunks(job, len(shares))
    for other, bias_other in others:
        sums += other
        dbias += bias_other
    to_weight = _TO_KERNEL.T.astype(x.dtype)
    dweight = np.einsum("ir,jc,crxy->ijxy", to_weight, to_weight, sums, optimize=True)
    return np.ascontiguousarray(dweight), dbias


def _tiles(windows: tuple[Window, ...]) -> Shape:
    """Return how many tiles of two outputs there are along each axis."""
    return tuple(-(-window.output // 2) for window in windows)


def _chunks(x: Array, features: int, windows: tuple[Window, ...]) -> list[slice]:
    """Cut the batch so that what the tiles become stays in cache."""
    elements = len(x) * math.prod(_tiles(windows)) * 16 * (x.shape[-1] + features)
    return partition(len(x), count_chunks(elements * x.itemsize))


def _transformed_kernel(weight: Array) -> Array:
    """Return G w G', shape (4 columns, 4 rows, C, F), its columns first as in all that follows."""
    to_kernel = _TO_KERNEL.astype(weight.dtype)
    transformed = np.einsum("ri,cj,ijxy->crxy", to_kernel, to_kernel, weight, optimize=True)
    return np.ascontiguousarray(transformed)


def _transformed_input(x: Array, windows: tuple[Window, ...]) -> Array:
    """Return B' d B for every tile d: (4 columns, 4 rows, N, tile rows, tile columns, C).

    Even and odd columns are kept apart, so that each step adds lines of all tiles in a row.
    """
    images, channels = len(x), x.shape[-1]
    down, across = _tiles(windows)
    padded = scratch("winograd.padded", (2, images, 2 * down + 2, across + 1, channels), x.dtype)
    padded.fill(0)
    vertical, horizontal = windows
    for parity in (0, 1):
        first = (parity - horizontal.before) % 2  # of the columns of x that are even or odd with the padding
        source = x[:, :, first::2]
        place = (first + horizontal.before) // 2
        places = padded[parity, :, vertical.before : vertical.before + vertical.size, place : place + source.shape[2]]
        places[...] = source[:, : places.shape[1], : places.shape[2]]
    by_rows = scratch("winograd.by_rows", (4, 2, images, down, across + 1, channels), x.dtype)
    _transform(padded[:, :, 0::2], padded[:, :, 1::2], by_rows, axis=2)
    tiles = scratch("winograd.tiles", (4, 4, images, down, across, channels), x.dtype)
    _transform(by_rows[:, 0], by_rows[:, 1], tiles, axis=3)
    return tiles


def _transform(even: Array, odd: Array, out: Array, axis: int) -> None:
    """Write B' d along an axis of which the elements of even and of odd number are given."""
    ahead: tuple[slice, ...] = (slice(None),) * axis
    now, then = (*ahead, slice(0, -1)), (*ahead, slice(1, None))
    np.subtract(even[now], even[then], out=out[0])
    np.add(odd[now], even[then], out=out[1])
    np.subtract(even[then], odd[now], out=out[2])
    np.subtract(odd[now], odd[then], out=out[3])


def _write_outputs(sums: Array, target: Array) -> None:
    """Write A' m A, for every tile's m in `sums` (4, 4, N, tile rows, tile columns, F), to the outputs (N, H, W, F)."""
    _gather(sums.swapaxes(0, 1))
    _gather(sums[:, :2])
    for column, row in np.ndindex(2, 2):
        places = target[:, row::2, column::2]
        places[...] = sums[column, row, :, : places.shape[1], : places.shape[2]]


def _gather(m: Array) -> None:
    """Set m[:2] to A' m."""
    m[0] += m[1]
    m[0] += m[2]
    m[1] -= m[2]
    m[1] -= m[3]


def _cotangent(g: Array, y: Array | None) -> Array:
    """Return g where the rectified output y is positive, if there is one, C-contiguous."""
    if y is None:
        return np.ascontiguousarray(g)
    kept = scratch("winograd.cotangent", g.shape, g.dtype)
    keep_where_positive(g, y, kept)
    return kept


def _transformed_cotangent(g: Array) -> Array:
    """Return A g A' for every tile of 2 x 2 cotangents: (4 columns, 4 rows, N, tile rows, tile columns, F)."""
    images, height, width, features = g.shape
    down, across = -(-height // 2), -(-width // 2)
    outputs = scratch("winograd.sums", (4, 4, images, down, across, features), g.dtype)
    corners = outputs[0::3, 0::3]  # where the cotangents themselves stand, columns and rows 0 and 3
    if height % 2 or width % 2:
        corners.fill(0)
    for column, row in np.ndindex(2, 2):
        source = g[:, row::2, column::2]
        corners[column, row, :, : source.shape[1], : source.shape[2]] = source
    _spread(outputs[0::3].swapaxes(0, 1))
    _spread(outputs)
    return outputs


def _spread(m: Array) -> None:
    """Complete A g from its first and last element: g0, g0 + g1, g0 - g1, -g1."""
    np.add(m[0], m[3], out=m[1])
    np.subtract(m[0], m[3], out=m[2])
    np.negative(m[3], out=m[3])
