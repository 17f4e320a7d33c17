"""Convolution (cross-correlation, as the field has it) and its two gradients, channels last.

All three work on chunks of the batch. The windows of a chunk are copied into a matrix of columns (Chellapilla et al.),
which stays in cache and is reused by the next chunk, and one matrix product does the rest. Columns are built again for
the weight's gradient: keeping them would take kh * kw times the input's memory and be no faster.

Shapes: x (N, H, W, C), weight (kh, kw, C // groups, F), bias (F,), output (N, rows, cols, F). `stride` and `dilation`
are pairs (vertical, horizontal); `padding` is ((top, bottom), (left, right)).

References
----------
K. Chellapilla, S. Puri, P. Simard, "High Performance Convolutional Neural Networks for Document Processing", 2006.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnlite.kernels.parallel import count_chunks, get_num_threads, map_chunks, partition
from nnlite.kernels.window import Array, Window, shifts
from nnlite.kernels.workspace import scratch

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]
Shape = tuple[int, ...]

_FEW_CHANNELS = 8  # below, a kernel row is too short a run to copy by
_MIN_ROWS = 256  # a product over fewer rows spends its time on loading the weight
_STRIP_ROWS = 1024  # a small product's sum over many more rows runs at half speed
_SMALL_PRODUCT = 4096  # elements


def forward(
    x: Array, weight: Array, bias: Array | None = None, *, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """Convolve x with the weight.

    ``y[n, r, s, f] = bias[f] + sum_{i, j, c} x[n, r*stride + i*dilation - top, ..., c] * weight[i, j, c, f]``

    Parameters
    ----------
    x : ndarray, shape (N, H, W, C)
        Input, of any memory layout.
    weight : ndarray, shape (kh, kw, C // groups, F)
        Kernel; output channel f of group q reads the input channels of group q.
    bias : ndarray, shape (F,), optional
        Added to every output.
    stride, dilation : pair of int
        Steps of the window, and steps within it.
    padding : pair of pair of int
        Zeros around the input.
    groups : int
        Divides C and F.

    Returns
    -------
    ndarray, shape (N, rows, cols, F), of x's dtype.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> weight = np.ones((2, 2, 1, 1))
    >>> forward(x, weight, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1)[0, :, :, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    windows = _windows_of(x.shape, weight.shape[:2], stride, padding, dilation)
    weight = weight.astype(x.dtype, copy=False)
    features = weight.shape[3]
    out = np.empty((len(x), windows[0].output, windows[1].output, features), x.dtype)
    blocks = _blocks(out.shape, weight.shape, x.itemsize)
    matrices = [
        (channels, outputs, weight[..., outputs].reshape(-1, features // groups))
        for channels, outputs in _groups(weight.shape, groups)
    ]
    tiled_bias = None if bias is None else np.tile(bias.astype(x.dtype, copy=False), windows[1].output)

    def job(number: int) -> None:
        block = blocks[number]
        target = out[block]
        view = _view(x, block, *windows)
        if _is_depthwise(weight.shape, groups):
            _depthwise_forward(view, weight, target)
        else:
            rows = target.reshape(-1, features)
            for channels, outputs, matrix in matrices:
                np.matmul(_columns(view[..., channels]), matrix, out=rows[:, outputs])
        if tiled_bias is not None:
            lines = target.reshape(-1, tiled_bias.size)  # (images * rows, cols * F): long runs
            lines += tiled_bias

    map_chunks(job, len(blocks))
    return out


def input_grad(
    g: Array,
    weight: Array,
    *,
    input_shape: Shape,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Array:
    """Return the gradient of a convolution's input: the transpose of `forward` in x.

    ``dx[n, r*stride + i*dilation - top, ..., c] += sum_f g[n, r, s, f] * weight[i, j, c, f]``

    Parameters
    ----------
    g : ndarray, shape (N, rows, cols, F)
        Cotangent of the output.
    weight : ndarray, shape (kh, kw, C // groups, F)
        Kernel.
    input_shape : tuple of int
        (N, H, W, C).
    stride, padding, dilation, groups
        As in `forward`.

    Returns
    -------
    ndarray, shape `input_shape`, of g's dtype. Elements that no window reads are zero.

    Examples
    --------
    >>> settings = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    >>> g, weight = np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1))
    >>> input_grad(g, weight, input_shape=(1, 3, 3, 1), **settings)[0, :, :, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    windows = _windows_of(input_shape, weight.shape[:2], stride, padding, dilation)
    weight = weight.astype(g.dtype, copy=False)
    dx = np.empty(input_shape, g.dtype)
    columns_bytes = math.prod(g.shape[:3]) * weight[..., 0].size * groups * g.itemsize
    chunks = partition(len(dx), count_chunks(columns_bytes))

    def job(number: int) -> None:
        images = chunks[number]
        target = dx[images]
        cotangent = np.ascontiguousarray(g[images])
        rows = cotangent.reshape(-1, cotangent.shape[3])
        if groups == 1 and all(window.identity for window in windows):
            np.matmul(rows, weight[0, 0].T, out=target.reshape(-1, target.shape[3]))
            return
        target.fill(0)
        if _is_depthwise(weight.shape, groups):
            _depthwise_input_grad(cotangent, weight, target, windows)
            return
        product = scratch("conv.product", (*cotangent.shape[:3], weight.shape[2]), g.dtype)
        flat = product.reshape(-1, weight.shape[2])
        for channels, outputs in _groups(weight.shape, groups):
            for offset, written, read in shifts(*windows):
                np.matmul(rows[:, outputs], weight[offset][:, outputs].T, out=flat)
                target[read][..., channels] += product[written]

    map_chunks(job, len(chunks))
    return dx


def weight_grad(
    x: Array, g: Array, *, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """Return the gradient of a convolution's weight: the transpose of `forward` in the weight.

    ``dweight[i, j, c, f] = sum_{n, r, s} x[n, r*stride + i*dilation - top, ..., c] * g[n, r, s, f]``

    Parameters
    ----------
    x : ndarray, shape (N, H, W, C)
        Input of the convolution, of any memory layout.
    g : ndarray, shape (N, rows, cols, F)
        Cotangent of the output.
    kernel_size : pair of int
        (kh, kw).
    stride, padding, dilation, groups
        As in `forward`.

    Returns
    -------
    ndarray, shape (kh, kw, C // groups, F), of x's dtype.

    Examples
    --------
    >>> settings = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    >>> x, g = np.arange(9.0).reshape(1, 3, 3, 1), np.ones((1, 2, 2, 1))
    >>> weight_grad(x, g, kernel_size=(2, 2), **settings)[:, :, 0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    windows = _windows_of(x.shape, kernel_size, stride, padding, dilation)
    features = g.shape[3]
    shape = (*kernel_size, x.shape[3] // groups, features)
    blocks = _blocks(g.shape, shape, x.itemsize)
    shares = partition(len(blocks), get_num_threads())  # one partial sum a share, not a chunk: it may be large

    def job(number: int) -> Array:
        partial = np.zeros(shape, x.dtype)
        for block in blocks[shares[number]]:
            view = _view(x, block, *windows)
            cotangent = np.ascontiguousarray(g[block], x.dtype)
            if _is_depthwise(shape, groups):
                _depthwise_weight_grad(view, cotangent, partial)
                continue
            rows = cotangent.reshape(-1, features)
            product = scratch("conv.product", (*shape[:3], features // groups), x.dtype)
            flat = product.reshape(-1, features // groups)
            for channels, outputs in _groups(shape, groups):
                _sum_over_rows(_columns(view[..., channels]), rows[:, outputs], flat)
                partial[..., outputs] += product
        return partial

    partials = map_chunks(job, len(shares))
    if not partials:
        return np.zeros(shape, x.dtype)
    for partial in partials[1:]:
        partials[0] += partial
    return partials[0]


def _windows_of(
    input_shape: Shape, kernel_size: Shape, stride: Pair, padding: Padding, dilation: Pair
) -> tuple[Window, Window]:
    """Return how the kernel slides down and across."""
    vertical, horizontal = (
        Window(size, kernel, step, spread, *ends)
        for size, kernel, step, spread, ends in zip(
            input_shape[1:3], kernel_size, stride, dilation, padding, strict=True
        )
    )
    return vertical, horizontal


def _blocks(output_shape: Shape, weight_shape: Shape, itemsize: int) -> list[tuple[slice, slice]]:
    """Cut the outputs (N, rows, cols, F) into blocks (images, rows) whose columns stay in cache."""
    images, rows, cols, _ = output_shape
    windows = images * rows * cols
    if windows == 0:
        return []
    columns_bytes = windows * math.prod(weight_shape[:3]) * itemsize
    count = min(count_chunks(columns_bytes), max(windows // _MIN_ROWS, get_num_threads()))
    if count <= images:
        return [(chunk, slice(0, rows)) for chunk in partition(images, count)]
    strips = partition(rows, -(-count // images))
    return [(slice(image, image + 1), strip) for image in range(images) for strip in strips]


def _view(x: Array, block: tuple[slice, slice], vertical: Window, horizontal: Window) -> Array:
    """Return the windows that a block of outputs reads, (images, rows, cols, kh, kw, C), without copying each."""
    images, strip = block
    rows = strip.stop - strip.start
    height = (rows - 1) * vertical.stride + vertical.extent
    top = strip.start * vertical.stride - vertical.before  # what the first row reads; below zero it is padding
    source = x[images]
    channels_adjoin = x.shape[3] == 1 or x.strides[3] == x.itemsize
    pixels_adjoin = channels_adjoin and x.strides[2] == x.shape[3] * x.itemsize
    if vertical.padded or horizontal.padded or not pixels_adjoin:
        source = _padded(source, top, height, horizontal)
    else:
        source = source[:, top : top + height]
    image_step, row_step, col_step, channel_step = source.strides
    return as_strided(
        source,
        (len(source), rows, horizontal.output, vertical.kernel, horizontal.kernel, x.shape[3]),
        (
            image_step,
            row_step * vertical.stride,
            col_step * horizontal.stride,
            row_step * vertical.dilation,
            col_step * horizontal.dilation,
            channel_step,
        ),
        writeable=False,
    )


def _padded(source: Array, top: int, height: int, horizontal: Window) -> Array:
    """Copy `height` rows from row `top` on, which may lie outside, and put zeros around them."""
    images, size, width, channels = source.shape
    left = horizontal.before
    result = scratch("conv.padded", (images, height, left + width + horizontal.after, channels), source.dtype)
    first = min(max(-top, 0), height)
    last = min(max(size - top, first), height)
    result[:, :first] = 0
    result[:, last:] = 0
    result[:, first:last, :left] = 0
    result[:, first:last, left + width :] = 0
    result[:, first:last, left : left + width] = source[:, top + first : top + last]
    return result


def _columns(view: Array) -> Array:
    """Copy windows (images, rows, cols, kh, kw, C) into a matrix (images * rows * cols, kh * kw * C)."""
    *outputs, kh, kw, channels = view.shape
    if kh == kw == 1:
        return view.reshape(-1, channels)  # a view, unless the stride leaves elements out
    if channels < _FEW_CHANNELS:
        buffer = scratch("conv.columns", (kh, kw, channels, *outputs), view.dtype)
        np.copyto(buffer, view.transpose(3, 4, 5, 0, 1, 2))  # runs along the image's rows
        return buffer.reshape(kh * kw * channels, -1).T
    buffer = scratch("conv.columns", view.shape, view.dtype)
    np.copyto(buffer, view)  # runs along the kernel's rows
    return buffer.reshape(-1, kh * kw * channels)


def _sum_over_rows(columns: Array, rows: Array, out: Array) -> None:
    """Write columns.T @ rows to `out`.

    A small result is summed from strips: BLAS is slow at sums that long, and NumPy keeps the interpreter's lock in a
    product of fewer than 500 elements, however long it takes.
    """
    strips = len(columns) // _STRIP_ROWS
    if out.size > _SMALL_PRODUCT or strips < 2:
        np.matmul(columns.T, rows, out=out)
        return
    whole = strips * _STRIP_ROWS
    products = scratch("conv.strips", (strips, *out.shape), out.dtype)
    left = columns[:whole].reshape(strips, _STRIP_ROWS, -1).swapaxes(1, 2)  # (strips, kh * kw * C, strip rows)
    np.matmul(left, rows[:whole].reshape(strips, _STRIP_ROWS, -1), out=products)
    np.matmul(columns[whole:].T, rows[whole:], out=out)
    out += products.sum(axis=0)


def _groups(weight_shape: Shape, groups: int) -> list[tuple[slice, slice]]:
    """Return the input and the output channels of each group."""
    inputs, outputs = partition(weight_shape[2] * groups, groups), partition(weight_shape[3], groups)
    return list(zip(inputs, outputs, strict=True))


def _is_depthwise(weight_shape: Shape, groups: int) -> bool:
    """Whether each group has a single input channel, which makes products of matrices too thin to pay."""
    return groups > 1 and weight_shape[2] == 1


def _depthwise_forward(view: Array, weight: Array, target: Array) -> None:
    """Write sum_{i, j} x[..., c] * weight[i, j, c, m] to target[..., c, m]."""
    channels = view.shape[5]
    kernel = weight.reshape(*weight.shape[:2], channels, -1)  # (kh, kw, C, multiplier)
    split = target.reshape(*target.shape[:3], channels, -1)  # (images, rows, cols, C, multiplier)
    product = scratch("conv.product", split.shape[:4], split.dtype)
    target.fill(0)
    for i, j, m in np.ndindex(*kernel.shape[:2], kernel.shape[3]):
        np.multiply(view[:, :, :, i, j], kernel[i, j, :, m], out=product)
        split[..., m] += product


def _depthwise_input_grad(cotangent: Array, weight: Array, target: Array, windows: tuple[Window, Window]) -> None:
    """Add sum_m g[..., c, m] * weight[i, j, c, m] to target, at each offset of the kernel."""
    channels = target.shape[3]
    kernel = weight.reshape(*weight.shape[:2], channels, -1)
    split = cotangent.reshape(*cotangent.shape[:3], channels, -1)
    product = scratch("conv.product", split.shape[:4], split.dtype)
    for offset, written, read in shifts(*windows):
        for m in range(kernel.shape[3]):
            np.multiply(split[..., m], kernel[offset][:, m], out=product)
            target[read] += product[written]


def _depthwise_weight_grad(view: Array, cotangent: Array, partial: Array) -> None:
    """Add sum_{n, r, s} x[..., c] * g[..., c, m] to partial[i, j, c, m]."""
    channels = view.shape[5]
    kernel = partial.reshape(*partial.shape[:2], channels, -1)
    split = cotangent.reshape(*cotangent.shape[:3], channels, -1)
    for i, j, m in np.ndindex(*kernel.shape[:2], kernel.shape[3]):
        kernel[i, j, :, m] += np.einsum("nrsc,nrsc->c", view[:, :, :, i, j], split[..., m])
