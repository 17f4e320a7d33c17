"""Convolution with one input channel in each group, and its two gradients, channels last.

Matrix products would be too thin to pay here, so outputs are added up element by element: an output line, all columns
and channels in one run of memory, is the sum over the kernel's elements of a line of the input times the weight, which
is tiled to the length of the line. `np.einsum` does that in one pass: it keeps the interpreter's lock, so that threads
share no more than the copies, but takes a quarter of the time of multiplying and adding for each element of the kernel.
Lines are computed at every column, also where the stride across takes only some.

Shapes are those of `nnlite.kernels.conv`: x (N, *spatial, C), weight (*kernel, 1, F), F a multiple of C.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnlite.kernels.columns import Block, Padding, Shape, blocks_of, finish, line_length, source_of, windows_of
from nnlite.kernels.parallel import get_num_threads, map_chunks, partition
from nnlite.kernels.window import Array, Window
from nnlite.kernels.workspace import scratch

_PASSES = 4  # what a block reads and writes, in units of its outputs


def forward(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Shape,
    padding: Padding,
    dilation: Shape,
    rectify: bool = False,
) -> Array:
    """Convolve each channel with its own kernels, as `conv.forward` with as many groups as channels.

    Examples
    --------
    >>> x = np.arange(6.0).reshape(1, 3, 2)
    >>> weight = np.array([[[1.0, 10.0]], [[1.0, 10.0]]])
    >>> forward(x, weight, None, stride=(1,), padding=((0, 0),), dilation=(1,))[0]
    array([[ 2., 40.],
           [ 6., 80.]])
    """
    windows = windows_of(x.shape, weight.shape[:-2], stride, padding, dilation)
    features = weight.shape[-1]
    out = np.empty((len(x), *(window.output for window in windows), features), x.dtype)
    blocks = blocks_of(out.shape, out.nbytes * _PASSES)
    line = line_length(blocks, windows)
    kernel = _tiled(weight.astype(x.dtype, copy=False), (line - 1) * windows[-1].stride + 1)
    tiled_bias = None if bias is None else np.tile(bias.astype(x.dtype, copy=False), line)

    def job(number: int) -> None:
        block = blocks[number]
        target = out[block]
        _correlate(_lines(x, block, windows, features), kernel, target, windows[-1].stride)
        finish(target, tiled_bias, rectify)

    map_chunks(job, len(blocks))
    return out


def input_grad(
    g: Array, weight: Array, *, input_shape: Shape, stride: Shape, padding: Padding, dilation: Shape
) -> Array:
    """Return the gradient of the input: g, spread out by the stride, convolved with the kernels turned round.

    Examples
    --------
    >>> g, weight = np.ones((1, 2, 1)), np.array([[[1.0]], [[10.0]]])
    >>> input_grad(g, weight, input_shape=(1, 4, 1), stride=(2,), padding=((0, 0),), dilation=(1,))[0, :, 0]
    array([ 1., 10.,  1., 10.])
    """
    windows = windows_of(input_shape, weight.shape[:-2], stride, padding, dilation)
    channels, features = input_shape[-1], weight.shape[-1]
    dx = np.empty(input_shape, g.dtype)
    blocks = blocks_of(dx.shape, dx.nbytes * features // channels * _PASSES)
    back = tuple(Window(w.size + w.extent - 1, w.kernel, 1, w.dilation, 0, 0) for w in windows)
    turned = weight[(slice(None, None, -1),) * len(windows)]
    kernel = _tiled(turned.astype(g.dtype, copy=False), line_length(blocks, back))

    def job(number: int) -> None:
        images, strip = blocks[number]
        rows = strip.stop - strip.start
        sizes = (rows + windows[0].extent - 1, *(window.size for window in back[1:]))
        firsts = (strip.start, *(0 for _ in back[1:]))
        read, written = zip(*map(_places, windows, sizes, firsts), strict=True)
        spread = scratch("depthwise.spread", (images.stop - images.start, *sizes, features), g.dtype)
        spread.fill(0)
        spread[(slice(None), *written)] = g[images][(slice(None), *read)]
        lines = _lines(spread, (slice(None), slice(0, rows)), back, features)
        target = dx[images, strip]
        if features == channels:
            _correlate(lines, kernel, target, 1)
            return
        each = scratch("depthwise.each", (*target.shape[:-1], features), g.dtype)
        _correlate(lines, kernel, each, 1)
        np.sum(each.reshape(*target.shape, features // channels), axis=-1, out=target)

    map_chunks(job, len(blocks))
    return dx


def weight_grad(x: Array, g: Array, *, kernel_size: Shape, stride: Shape, padding: Padding, dilation: Shape) -> Array:
    """Return the gradient of the weight, shape (*kernel, 1, F).

    Examples
    --------
    >>> x, g = np.arange(4.0).reshape(1, 4, 1), np.ones((1, 3, 1))
    >>> weight_grad(x, g, kernel_size=(2,), stride=(1,), padding=((0, 0),), dilation=(1,))[:, 0, 0]
    array([3., 6.])
    """
    windows = windows_of(x.shape, kernel_size, stride, padding, dilation)
    features, step, axes = g.shape[-1], windows[-1].stride, list(range(len(windows) + 1))
    shape = (*kernel_size, 1, features)
    blocks = blocks_of(g.shape, g.nbytes * _PASSES)
    shares = partition(len(blocks), get_num_threads())  # one partial sum a share: it may be large

    def job(number: int) -> Array:
        partial = np.zeros(shape, x.dtype)
        for block in blocks[shares[number]]:
            lines = _lines(x, block, windows, features)
            cotangent = g[block]
            spread = scratch("depthwise.spread", (*lines.shape[: len(windows)], lines.shape[-1]), x.dtype)
            columns = spread.reshape(*cotangent.shape[:-2], -1, features)
            if step > 1:
                columns.fill(0)
            columns[..., ::step, :] = cotangent
            for offset in np.ndindex(kernel_size):
                sums = np.einsum(lines[(..., *offset, slice(None))], axes, spread, axes, axes[-1:])
                partial[offset] += sums.reshape(-1, features).sum(axis=0)
        return partial

    total = np.zeros(shape, x.dtype)
    for partial in map_chunks(job, len(shares)):
        total += partial
    return total


def _lines(x: Array, block: Block, windows: tuple[Window, ...], features: int) -> Array:
    """Return the lines that a block of outputs reads, (images, *outputs but columns, *kernel, columns * features)."""
    source = source_of(x, block, windows)
    if features != x.shape[-1]:
        repeated = scratch("depthwise.repeated", (*source.shape, features // x.shape[-1]), x.dtype)
        repeated[...] = source[..., None]
        source = repeated.reshape(*source.shape[:-1], features)
    strip = block[1]
    outputs = (strip.stop - strip.start, *(window.output for window in windows[1:]))
    columns = (outputs[-1] - 1) * windows[-1].stride + 1
    image_step, *steps, _ = source.strides
    return as_strided(
        source,
        (len(source), *outputs[:-1], *(window.kernel for window in windows), columns * features),
        (
            image_step,
            *(step * window.stride for step, window in zip(steps[:-1], windows[:-1], strict=True)),
            *(step * window.dilation for step, window in zip(steps, windows, strict=True)),
            source.itemsize,
        ),
        writeable=False,
    )


def _tiled(weight: Array, columns: int) -> Array:
    """Repeat a weight (*kernel, 1, F) along a line: (*kernel, columns * F)."""
    return np.tile(weight[..., 0, :], columns)


def _correlate(lines: Array, kernel: Array, target: Array, step: int) -> None:
    """Write sum_k lines[..., k, :] * kernel[k, :] to every `step`-th column of the lines to `target`."""
    axes = kernel.ndim - 1
    outer, offsets, along = list(range(axes)), list(range(axes, 2 * axes)), 2 * axes
    length = lines.shape[-1]
    shape = (*lines.shape[:axes], length)
    out = target.reshape(shape) if step == 1 else scratch("depthwise.lines", shape, target.dtype)
    np.einsum(lines, [*outer, *offsets, along], kernel[..., :length], [*offsets, along], [*outer, along], out=out)
    if step > 1:
        target[...] = out.reshape(*target.shape[:-2], -1, target.shape[-1])[..., ::step, :]


def _places(window: Window, size: int, first: int) -> tuple[slice, slice]:
    """Return which elements of g make rows of the input from `first` on, and where they stand among `size` zeros."""
    start = window.extent - 1 - window.before - first
    after = (window.output - 1) * window.stride + 1 + start - size
    return Window(size, 1, window.stride, 1, -start, after).reach(0)
