"""What convolutions read: windows of a channels-last array, seen without copying, or copied into the rows of a matrix.

Arrays have one to three spatial axes: x (N, *spatial, C), outputs (N, *outputs, F). Work is cut into blocks: some
images, and a strip of outputs along the first spatial axis.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnlite.kernels.parallel import count_chunks, get_num_threads, map_chunks, partition
from nnlite.kernels.rectifier import rectify_in_place
from nnlite.kernels.window import Array, Window, shifts
from nnlite.kernels.workspace import scratch

Shape = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]
Block = tuple[slice, slice]

_FEW_CHANNELS = 8  # below, a kernel row is too short a run to copy by
_MIN_ROWS = 256  # a product over fewer rows spends its time on loading the weight


def unfold(x: Array, *, kernel_size: Shape, stride: Shape, padding: Padding, dilation: Shape) -> Array:
    """Copy the windows of x into the rows of a matrix for each image.

    ``y[n, o, k * C + c] = x[n, o * stride + k * dilation - before, c]``, o and k counted in row-major order

    Parameters
    ----------
    x : ndarray, shape (N, *spatial, C)
        Input.
    kernel_size, stride, dilation : tuple of int
        A number for each spatial axis.
    padding : tuple of pairs
        Zeros around the input, a pair for each spatial axis.

    Returns
    -------
    ndarray, shape (N, outputs, kernel elements * C), of x's dtype.

    Examples
    --------
    >>> x = np.arange(4.0).reshape(1, 4, 1)
    >>> unfold(x, kernel_size=(2,), stride=(1,), padding=((0, 1),), dilation=(1,))[0]
    array([[0., 1.],
           [1., 2.],
           [2., 3.],
           [3., 0.]])
    """
    windows = windows_of(x.shape, kernel_size, stride, padding, dilation)
    channels = x.shape[-1]
    outputs = [window.output for window in windows]
    y = np.empty((len(x), *outputs, *kernel_size, channels), x.dtype)
    chunks = partition(len(x), count_chunks(y.nbytes))

    def job(number: int) -> None:
        images = chunks[number]
        source, target = x[images], y[images]
        if any(window.padded for window in windows):
            target.fill(0)
        for offset, written, read in shifts(*windows):
            target[written + offset] = source[read]

    map_chunks(job, len(chunks))
    return y.reshape(len(x), math.prod(outputs), math.prod(kernel_size) * channels)


def fold(
    y: Array, *, output_size: Shape, kernel_size: Shape, stride: Shape, padding: Padding, dilation: Shape
) -> Array:
    """Add the rows of a matrix up where `unfold` took them from: its transpose.

    Parameters
    ----------
    y : ndarray, shape (N, outputs, kernel elements * C)
        Rows as `unfold` gives them.
    output_size : tuple of int
        Size of the result along its spatial axes.
    kernel_size, stride, padding, dilation
        As in `unfold`.

    Returns
    -------
    ndarray, shape (N, *output_size, C), of y's dtype.

    Examples
    --------
    >>> y = np.ones((1, 4, 2))
    >>> fold(y, output_size=(4,), kernel_size=(2,), stride=(1,), padding=((0, 1),), dilation=(1,))[0, :, 0]
    array([1., 2., 2., 2.])
    """
    channels = y.shape[2] // math.prod(kernel_size)
    windows = windows_of((len(y), *output_size, channels), kernel_size, stride, padding, dilation)
    split = y.reshape(len(y), *(window.output for window in windows), *kernel_size, channels)
    x = np.zeros((len(y), *output_size, channels), y.dtype)
    chunks = partition(len(y), count_chunks(y.nbytes))

    def job(number: int) -> None:
        source, target = split[chunks[number]], x[chunks[number]]
        for offset, read, written in shifts(*windows):
            target[written] += source[read + offset]

    map_chunks(job, len(chunks))
    return x


def windows_of(
    input_shape: Shape, kernel_size: Shape, stride: Shape, padding: Padding, dilation: Shape
) -> tuple[Window, ...]:
    """Return how the kernel slides along each spatial axis of an input (N, *spatial, C)."""
    axes = zip(input_shape[1:-1], kernel_size, stride, dilation, padding, strict=True)
    return tuple(Window(size, kernel, step, spread, *ends) for size, kernel, step, spread, ends in axes)


def blocks_of(output_shape: Shape, nbytes: int) -> list[Block]:
    """Cut outputs (N, *outputs, F) into blocks (images, strip), so that their share of `nbytes` stays in cache.

    Examples
    --------
    >>> blocks_of((2, 8, 8, 3), nbytes=10_000)
    [(slice(0, 2, None), slice(0, 8, None))]
    """
    images, rows = output_shape[:2]
    windows = math.prod(output_shape[:-1])
    if windows == 0:
        return []
    count = min(count_chunks(nbytes), max(windows // _MIN_ROWS, get_num_threads()))
    if count <= images:
        return [(chunk, slice(0, rows)) for chunk in partition(images, count)]
    strips = partition(rows, -(-count // images))
    return [(slice(image, image + 1), strip) for image in range(images) for strip in strips]


def line_length(blocks: list[Block], windows: tuple[Window, ...]) -> int:
    """Return how many outputs the longest line of any block has, along the last spatial axis.

    Examples
    --------
    >>> line_length([(slice(0, 1), slice(0, 5)), (slice(0, 1), slice(5, 9))], (Window(9, 1, 1, 1, 0, 0),))
    5
    """
    if len(windows) > 1:
        return windows[-1].output
    return max((strip.stop - strip.start for _, strip in blocks), default=0)


def view_of(x: Array, block: Block, windows: tuple[Window, ...]) -> Array:
    """Return the windows that a block of outputs reads, (images, *outputs, *kernel, C), without copying each."""
    source = source_of(x, block, windows)
    image_step, *steps, channel_step = source.strides
    strip = block[1]
    outputs = (strip.stop - strip.start, *(window.output for window in windows[1:]))
    shape = (len(source), *outputs, *(window.kernel for window in windows), x.shape[-1])
    strides = (
        image_step,
        *(step * window.stride for step, window in zip(steps, windows, strict=True)),
        *(step * window.dilation for step, window in zip(steps, windows, strict=True)),
        channel_step,
    )
    if source.flags.c_contiguous and source.size:
        return np.ndarray(shape, source.dtype, source, 0, strides)  # takes a tenth of as_strided's time
    return as_strided(source, shape, strides, writeable=False)


def source_of(x: Array, block: Block, windows: tuple[Window, ...]) -> Array:
    """Return the part of x that a block of outputs reads, with its padding, channels and pixels adjoining."""
    images, strip = block
    first = windows[0]
    height = (strip.stop - strip.start - 1) * first.stride + first.extent
    top = strip.start * first.stride - first.before  # what the first row reads; below zero it is padding
    channels = x.shape[-1]
    channels_adjoin = channels == 1 or x.strides[-1] == x.itemsize
    pixels_adjoin = channels_adjoin and x.strides[-2] == channels * x.itemsize
    if pixels_adjoin and not any(window.padded for window in windows):
        return x[images, top : top + height]
    return _padded(x[images], top, height, windows[1:])


def columns_of(view: Array) -> Array:
    """Copy windows (images, *outputs, *kernel, C) into a matrix (images * outputs, kernel elements * C)."""
    axes = view.ndim // 2 - 1
    kernel, channels = view.shape[1 + axes : -1], view.shape[-1]
    size = math.prod(kernel)
    if size == 1:
        return view.reshape(-1, channels)  # a view, unless the stride leaves elements out
    if channels < _FEW_CHANNELS:
        buffer = scratch("columns.columns", (*kernel, channels, *view.shape[: 1 + axes]), view.dtype)
        np.copyto(buffer, view.transpose(*range(1 + axes, view.ndim), *range(1 + axes)))  # runs along image rows
        return buffer.reshape(size * channels, -1).T
    buffer = scratch("columns.columns", view.shape, view.dtype)
    np.copyto(buffer, view)  # runs along the kernel's rows
    return buffer.reshape(-1, size * channels)


def finish(target: Array, tiled_bias: Array | None, rectify: bool) -> None:
    """Add a bias, tiled to the longest line of outputs, to a block of outputs (images, *outputs, F), and rectify it."""
    length = target.shape[-2] * target.shape[-1]
    lines = target.reshape(-1, length)  # long runs
    if tiled_bias is not None:
        lines += tiled_bias[:length]
    if rectify:
        rectify_in_place(lines)


def _padded(source: Array, top: int, height: int, inner: tuple[Window, ...]) -> Array:
    """Copy `height` rows from row `top` on, which may lie outside, and put zeros around them."""
    images, size, *_, channels = source.shape
    widths = [window.before + window.size + window.after for window in inner]
    result = scratch("columns.padded", (images, height, *widths, channels), source.dtype)
    result.fill(0)  # all of it: clearing each border takes longer, call by call
    first = min(max(-top, 0), height)
    last = min(max(size - top, first), height)
    places = (slice(window.before, window.before + window.size) for window in inner)
    result[(slice(None), slice(first, last), *places)] = source[:, top + first : top + last]
    return result
