"""Convolution (cross-correlation, as the field has it) and its two gradients, channels last, over 1 to 3 axes.

All three work on chunks of the batch. The windows of a chunk are copied into a matrix of columns (Chellapilla et al.),
which stays in cache and is reused by the next chunk, and one matrix product does the rest. Columns are built again for
the weight's gradient: keeping them would take kh * kw times the input's memory and be no faster.

Shapes: x (N, *spatial, C), weight (*kernel, C // groups, F), bias (F,), output (N, *outputs, F). `stride`
and `dilation` have a number and `padding` has a pair (before, after) for each spatial axis.

References
----------
K. Chellapilla, S. Puri, P. Simard, "High Performance Convolutional Neural Networks for Document Processing", 2006.
"""

import math

import numpy as np

from nnlite.kernels import depthwise, winograd
from nnlite.kernels.columns import Padding, Shape, blocks_of, columns_of, finish, line_length, view_of, windows_of
from nnlite.kernels.normalization import total
from nnlite.kernels.parallel import count_chunks, get_num_threads, map_chunks, partition
from nnlite.kernels.product import matmul_by_strips, sum_by_strips
from nnlite.kernels.rectifier import keep_where_positive, where_positive
from nnlite.kernels.window import Array, Window, shifts
from nnlite.kernels.workspace import scratch

_NARROW = 16  # channels that groups are taken together up to: fewer make products too thin to pay
_MORE_INPUTS = 1.15  # times as many inputs as outputs, up to which convolving g saves more than it multiplies


def forward(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Shape,
    padding: Padding,
    dilation: Shape,
    groups: int,
    rectify: bool = False,
) -> Array:
    """Convolve x with the weight.

    ``y[n, o, f] = bias[f] + sum_{k, c} x[n, o * stride + k * dilation - before, c] * weight[k, c, f]``

    where n counts images, and o and k run over the outputs and over the kernel along all spatial axes.

    Parameters
    ----------
    x : ndarray, shape (N, *spatial, C)
        Input, of any memory layout.
    weight : ndarray, shape (*kernel, C // groups, F)
        Kernel; output channel f of group q reads the input channels of group q.
    bias : ndarray, shape (F,), optional
        Added to every output.
    stride, dilation : tuple of int
        Steps of the window, and steps within it.
    padding : tuple of pairs
        Zeros around the input.
    groups : int
        Divides C and F.
    rectify : bool, default False
        Whether to return max(y, 0).

    Returns
    -------
    ndarray, shape (N, *outputs, F), of x's dtype.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> weight = np.ones((2, 2, 1, 1))
    >>> forward(x, weight, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1)[0, :, :, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    if _is_depthwise(weight.shape, groups):
        return depthwise.forward(x, weight, bias, stride=stride, padding=padding, dilation=dilation, rectify=rectify)
    windows = windows_of(x.shape, weight.shape[:-2], stride, padding, dilation)
    if groups == 1 and winograd.suits(windows, len(x), *weight.shape[-2:]):
        return winograd.forward(x, weight, bias, windows=windows, rectify=rectify)
    weight, groups = _joined(weight.astype(x.dtype, copy=False), groups)
    features = weight.shape[-1]
    out = np.empty((len(x), *(window.output for window in windows), features), x.dtype)
    blocks = blocks_of(out.shape, _columns_bytes(out.shape, weight.shape, x.itemsize))
    matrices = [
        (channels, outputs, weight[..., outputs].reshape(-1, features // groups))
        for channels, outputs in _groups(weight.shape, groups)
    ]
    tiled_bias = None if bias is None else np.tile(bias.astype(x.dtype, copy=False), line_length(blocks, windows))

    def job(number: int) -> None:
        block = blocks[number]
        target = out[block]
        rows = target.reshape(-1, features)
        for channels, outputs, matrix in matrices:
            view = view_of(x[..., channels], block, windows)
            matmul_by_strips(columns_of(view), matrix, rows[:, outputs])
        finish(target, tiled_bias, rectify)

    map_chunks(job, len(blocks))
    return out


def input_grad(
    g: Array,
    weight: Array,
    *,
    input_shape: Shape,
    stride: Shape,
    padding: Padding,
    dilation: Shape,
    groups: int,
) -> Array:
    """Return the gradient of a convolution's input: the transpose of `forward` in x.

    ``dx[n, o * stride + k * dilation - before, c] += sum_f g[n, o, f] * weight[k, c, f]``

    Parameters
    ----------
    g : ndarray, shape (N, *outputs, F)
        Cotangent of the output.
    weight : ndarray, shape (*kernel, C // groups, F)
        Kernel.
    input_shape : tuple of int
        (N, *spatial, C).
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
    if _is_depthwise(weight.shape, groups):
        return depthwise.input_grad(
            g, weight, input_shape=input_shape, stride=stride, padding=padding, dilation=dilation
        )
    windows = windows_of(input_shape, weight.shape[:-2], stride, padding, dilation)
    if _is_convolution(windows):
        sides = tuple((w.extent - 1 - w.before, w.extent - 1 - w.after) for w in windows)
        turned = _turned(weight, groups)
        return forward(g, turned, stride=stride, padding=sides, dilation=dilation, groups=groups)
    weight, groups = _joined(weight.astype(g.dtype, copy=False), groups)
    features = weight.shape[-1]
    back = [np.ascontiguousarray(weight[..., outputs].swapaxes(-1, -2)) for _, outputs in _groups(weight.shape, groups)]
    dx = np.empty(input_shape, g.dtype)
    chunks = partition(len(dx), count_chunks(_columns_bytes(g.shape, weight.shape, g.itemsize) * groups))

    def job(number: int) -> None:
        images = chunks[number]
        target, cotangent = dx[images], np.ascontiguousarray(g[images])
        target.fill(0)
        for (channels, outputs), matrices in zip(_groups(weight.shape, groups), back, strict=True):
            _lay_down(cotangent.reshape(-1, features)[:, outputs], matrices, target[..., channels], windows)

    map_chunks(job, len(chunks))
    return dx


def weight_grad(
    x: Array, g: Array, *, kernel_size: Shape, stride: Shape, padding: Padding, dilation: Shape, groups: int
) -> Array:
    """Return the gradient of a convolution's weight: the transpose of `forward` in the weight.

    ``dweight[k, c, f] = sum_{n, o} x[n, o * stride + k * dilation - before, c] * g[n, o, f]``

    Parameters
    ----------
    x : ndarray, shape (N, *spatial, C)
        Input of the convolution, of any memory layout.
    g : ndarray, shape (N, *outputs, F)
        Cotangent of the output.
    kernel_size : tuple of int
        Size of the kernel along each spatial axis.
    stride, padding, dilation, groups
        As in `forward`.

    Returns
    -------
    ndarray, shape (*kernel, C // groups, F), of x's dtype.

    Examples
    --------
    >>> settings = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    >>> x, g = np.arange(9.0).reshape(1, 3, 3, 1), np.ones((1, 2, 2, 1))
    >>> weight_grad(x, g, kernel_size=(2, 2), **settings)[:, :, 0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    return parameter_grads(
        x, g, None, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )[0]


def parameter_grads(
    x: Array,
    g: Array,
    y: Array | None,
    *,
    kernel_size: Shape,
    stride: Shape,
    padding: Padding,
    dilation: Shape,
    groups: int,
) -> tuple[Array, Array]:
    """Return the gradients of a convolution's weight and of its bias, in one sweep.

    Parameters
    ----------
    x, g, kernel_size, stride, padding, dilation, groups
        As in `weight_grad`.
    y : ndarray, shape (N, *outputs, F), optional
        The output if it was rectified: g counts where y > 0 only.

    Returns
    -------
    dweight : ndarray, shape (*kernel, C // groups, F)
    dbias : ndarray, shape (F,)

    Examples
    --------
    >>> settings = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    >>> x, g = np.arange(9.0).reshape(1, 3, 3, 1), np.ones((1, 2, 2, 1))
    >>> dweight, dbias = parameter_grads(x, g, None, kernel_size=(2, 2), **settings)
    >>> dweight.ravel(), dbias
    (array([ 8., 12., 20., 24.]), array([4.]))
    """
    features, wanted = g.shape[-1], (*kernel_size, x.shape[-1] // groups, g.shape[-1])
    if _is_depthwise(wanted, groups):
        g = g if y is None else where_positive(g, y)
        dweight = depthwise.weight_grad(
            x, g, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
        )
        return dweight, total(g, tuple(range(g.ndim - 1))).reshape(features)
    windows = windows_of(x.shape, kernel_size, stride, padding, dilation)
    if groups == 1 and winograd.suits(windows, len(x), x.shape[-1], features):
        return winograd.parameter_grads(x, g, y, windows=windows)
    together = _together(wanted, groups)
    groups //= together
    shape = (*kernel_size, x.shape[-1] // groups, features)
    blocks = blocks_of(g.shape, _columns_bytes(g.shape, shape, x.itemsize))
    shares = partition(len(blocks), get_num_threads())  # one partial sum a share, not a chunk: it may be large

    def job(number: int) -> tuple[Array, Array]:
        dweight, dbias = np.zeros(shape, x.dtype), np.zeros(features, x.dtype)
        for block in blocks[shares[number]]:
            rows = _cotangent(g[block], None if y is None else y[block], x.dtype).reshape(-1, features)
            dbias += total(rows, (0,))[0]
            product = scratch("conv.product", (*shape[:-1], features // groups), x.dtype)
            flat = product.reshape(-1, features // groups)
            for channels, outputs in _groups(shape, groups):
                view = view_of(x[..., channels], block, windows)
                sum_by_strips(columns_of(view), rows[:, outputs], flat)
                dweight[..., outputs] += product
        return dweight, dbias

    partials = map_chunks(job, len(shares))
    if not partials:
        return np.zeros(wanted, x.dtype), np.zeros(features, x.dtype)
    dweight, dbias = partials[0]
    for partial, bias_partial in partials[1:]:
        dweight += partial
        dbias += bias_partial
    if together == 1:
        return dweight, dbias
    apart = np.empty(wanted, x.dtype)
    for part, whole in _diagonal(apart, dweight, groups * together, together):
        part[...] = whole
    return apart, dbias


def _cotangent(g: Array, y: Array | None, dtype: np.dtype) -> Array:
    """Return a block of g as it counts, C-contiguous: where the rectified output y is positive, if there is one."""
    if y is None:
        return np.ascontiguousarray(g, dtype)
    kept = scratch("conv.cotangent", g.shape, g.dtype)
    keep_where_positive(g, y, kept)
    return kept


def _is_convolution(windows: tuple[Window, ...]) -> bool:
    """Whether the input's gradient is best found by a convolution of g with the kernels turned round.

    It needs no additions into overlapping places, which cost as much as a third of the products, but multiplies for
    every input where the products could do with the outputs.
    """
    if any(w.stride > 1 or max(w.before, w.after) > w.extent - 1 for w in windows):
        return False
    outputs = math.prod(w.output for w in windows)
    return math.prod(w.size for w in windows) <= _MORE_INPUTS * outputs


def _turned(weight: Array, groups: int) -> Array:
    """Return the kernels (*kernel, F // groups, C) that lead back, from kernels (*kernel, C // groups, F)."""
    *kernel, depth, features = weight.shape
    split = weight.reshape(*kernel, depth, groups, features // groups)[(slice(None, None, -1),) * len(kernel)]
    return split.swapaxes(-1, -3).reshape(*kernel, features // groups, groups * depth)


def _lay_down(rows: Array, weight: Array, target: Array, windows: tuple[Window, ...]) -> None:
    """Add rows of g (images * outputs, F), through the weight (*kernel, F, C), to the images (images, *spatial, C).

    The products for one column of the kernel are added up in lines, as wide as the outputs and contiguous, and only
    their sum is added where it belongs: additions to scattered places take four times as long.
    """
    *outer, last = windows
    images, depth = len(target), target.shape[-1]
    product = scratch("conv.product", (images, *(window.output for window in windows), depth), rows.dtype)
    lines = scratch("conv.lines", (*target.shape[:-2], last.output, depth), rows.dtype)
    for column in range(last.kernel):
        lines.fill(0)
        for offset, written, read in shifts(*outer):
            matmul_by_strips(rows, weight[(*offset, column)], product.reshape(-1, depth))
            lines[read] += product[written]
        outputs, inputs = last.reach(column)
        target[..., inputs, :] += lines[..., outputs, :]


def _columns_bytes(output_shape: Shape, weight_shape: Shape, itemsize: int) -> int:
    """Return how large the columns of one group are, for all outputs."""
    return math.prod(output_shape[:-1]) * math.prod(weight_shape[:-1]) * itemsize


def _joined(weight: Array, groups: int) -> tuple[Array, int]:
    """Take narrow groups together, with zeros where an output of one of them would read the inputs of another.

    That is more arithmetic in less time (a quarter for 32 groups of 4 channels), since BLAS is slow at thin products. A
    NaN or Inf in one group reaches those that it was taken together with.
    """
    together = _together(weight.shape, groups)
    if together == 1:
        return weight, groups
    joined = np.zeros((*weight.shape[:-2], weight.shape[-2] * together, weight.shape[-1]), weight.dtype)
    for part, whole in _diagonal(weight, joined, groups, together):
        whole[...] = part
    return joined, groups // together


def _together(weight_shape: Shape, groups: int) -> int:
    """Return how many neighbouring groups are worth taking together: a divisor of their number."""
    most = max(_NARROW // weight_shape[-2], 1)
    return max(number for number in range(1, groups + 1) if groups % number == 0 and number <= most)


def _diagonal(weight: Array, joined: Array, groups: int, together: int) -> list[tuple[Array, Array]]:
    """Return parts of a weight (*kernel, C // groups, F), and their places in the weight of groups taken together."""
    *kernel, depth, features = weight.shape
    split = (groups // together, together, features // groups)
    parts, places = weight.reshape(*kernel, depth, *split), joined.reshape(*kernel, together, depth, *split)
    return [(parts[..., member, :], places[..., member, :, :, member, :]) for member in range(together)]


def _groups(weight_shape: Shape, groups: int) -> list[tuple[slice, slice]]:
    """Return the input and the output channels of each group."""
    inputs, outputs = partition(weight_shape[-2] * groups, groups), partition(weight_shape[-1], groups)
    return list(zip(inputs, outputs, strict=True))


def _is_depthwise(weight_shape: Shape, groups: int) -> bool:
    """Whether each group has a single input channel, which makes products of matrices too thin to pay."""
    return groups > 1 and weight_shape[-2] == 1
