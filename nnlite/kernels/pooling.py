"""Pooling and its gradients, channels last, by chunks of the batch.

A pooling runs over the kernel's offsets, each a shifted and strided view of the input, rather than over windows: every
step is one long elementwise operation. Nothing is kept between value and gradient: which element was a window's maximum
is found again by comparing.

Shapes: x (N, *spatial, C), output (N, *outputs, C), with any number of spatial axes. `pool_size`, `stride` and
`dilation` have one number for each spatial axis, `padding` one pair (before, after). The maximum reads padding as
-inf, the average as zero.
"""

import functools
import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnlite.kernels.parallel import count_chunks, map_chunks, partition
from nnlite.kernels.window import Array, Index, Window, shifts
from nnlite.kernels.workspace import scratch

Sizes = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]
Shape = tuple[int, ...]


def max_forward(x: Array, *, pool_size: Sizes, stride: Sizes, padding: Padding, dilation: Sizes) -> Array:
    """Take the maximum of each window.

    ``y[n, r, c] = max_i x[n, r*stride + i*dilation - before, c]``, and so along each spatial axis

    Parameters
    ----------
    x : ndarray, shape (N, *spatial, C)
        Input.
    pool_size, stride : tuple of int
        Size and step of the window.
    padding : tuple of pair of int
        Elements of -inf around the input.
    dilation : tuple of int
        Distance between the window's elements.

    Returns
    -------
    ndarray, shape (N, *outputs, C), of x's dtype. A NaN in a window makes its maximum NaN.

    Examples
    --------
    >>> x = np.array([[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 6.0]]).reshape(1, 2, 4, 1)
    >>> max_forward(x, pool_size=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)), dilation=(1, 1))[0, :, :, 0]
    array([[5., 8.]])
    """
    return _reduce(np.maximum, -np.inf, x, _windows_of(x.shape, pool_size, stride, padding, dilation))


def max_scatter(
    g: Array, x: Array, y: Array, *, pool_size: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> Array:
    """Return the gradient of a max pooling's input: each window's first maximum, in row-major order, gets g.

    ``dx[n, h, c] = sum of g[n, r, c] over the windows whose first maximum is at h``

    Parameters
    ----------
    g : ndarray, shape (N, *outputs, C)
        Cotangent of the output.
    x : ndarray, shape (N, *spatial, C)
        Input of the pooling.
    y : ndarray, shape (N, *outputs, C)
        Its output, as `max_forward` gave it.
    pool_size, stride, padding, dilation
        As in `max_forward`.

    Returns
    -------
    ndarray, shape (N, *spatial, C), of g's dtype. A window with a NaN gives g to its first NaN.

    Examples
    --------
    >>> settings = {"pool_size": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
    >>> x = np.array([[1.0, 5.0], [5.0, 4.0]]).reshape(1, 2, 2, 1)
    >>> max_scatter(np.array([[[[7.0]]]]), x, max_forward(x, **settings), **settings)[0, :, :, 0]
    array([[0., 7.],
           [0., 0.]])
    """
    windows = _windows_of(x.shape, pool_size, stride, padding, dilation)
    overlaps = any(window.overlaps for window in windows)
    apart = not overlaps and not any(window.padded for window in windows)
    dx = np.empty(x.shape, g.dtype)
    chunks = _chunks(x)

    def job(number: int) -> None:
        images = chunks[number]
        cotangent, target = _bits(g[images]), dx[images]
        if not all(window.tiles for window in windows):
            target.fill(0)
        if apart and not np.isnan(np.max(y[images], initial=-np.inf)):
            hits = _first_of_separate_windows(x[images], y[images], windows)
            np.multiply(cotangent, hits, out=_elements(_bits(target), windows))
            return
        for written, read, hits in _first_maxima(x[images], y[images], windows):
            if overlaps:
                picked = scratch("pooling.picked", hits.shape, g.dtype)
                np.multiply(cotangent[written], hits, out=_bits(picked))
                target[read] += picked
            else:
                np.multiply(cotangent[written], hits, out=_bits(target[read]))

    map_chunks(job, len(chunks))
    return dx


def max_gather(
    t: Array, x: Array, y: Array, *, pool_size: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> Array:
    """Pick from t, for each window, the element where the window of x has its first maximum.

    It is the transpose of `max_scatter` in g, and so its derivative.

    Parameters
    ----------
    t : ndarray, shape (N, *spatial, C)
        What to pick from.
    x, y : ndarray
        Input and output of the pooling.
    pool_size, stride, padding, dilation
        As in `max_forward`.

    Returns
    -------
    ndarray, shape (N, *outputs, C), of t's dtype. A window of nothing but padding picks zero.

    Examples
    --------
    >>> settings = {"pool_size": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
    >>> x = np.array([[1.0, 5.0], [5.0, 4.0]]).reshape(1, 2, 2, 1)
    >>> max_gather(np.arange(4.0).reshape(x.shape), x, max_forward(x, **settings), **settings)
    array([[[[1.]]]])
    """
    windows = _windows_of(x.shape, pool_size, stride, padding, dilation)
    out = np.zeros(y.shape, t.dtype)
    chunks = _chunks(x)

    def job(number: int) -> None:
        images = chunks[number]
        source, target = _bits(t[images]), _bits(out[images])
        for written, read, hits in _first_maxima(x[images], y[images], windows):
            picked = scratch("pooling.picked", hits.shape, source.dtype)
            np.multiply(source[read], hits, out=picked)
            target[written] |= picked  # one offset a window is a hit: the others' bits are zero

    map_chunks(job, len(chunks))
    return out


def avg_forward(
    x: Array, *, pool_size: Sizes, stride: Sizes, padding: Padding, counted: Padding, divisor: int | None
) -> Array:
    """Take the average of each window.

    ``y[n, r, c] = (1 / count) * sum_i x[n, r*stride + i - before, c]``, and so along each spatial axis

    Parameters
    ----------
    x : ndarray, shape (N, *spatial, C)
        Input.
    pool_size, stride : tuple of int
        Size and step of the window.
    padding : tuple of pair of int
        Zeros around the input.
    counted : tuple of pair of int
        Those of them that count: count is how many elements a window has among them and the input.
    divisor : int or None
        Stands for count in every window, if given.

    Returns
    -------
    ndarray, shape (N, *outputs, C), of x's dtype.

    Examples
    --------
    >>> x = np.array([2.0, 4.0, 6.0, 8.0]).reshape(1, 4, 1)
    >>> sides = ((0, 1),)
    >>> avg_forward(x, pool_size=(3,), stride=(2,), padding=sides, counted=((0, 0),), divisor=None).ravel()
    array([4., 7.])
    """
    windows = _windows_of(x.shape, pool_size, stride, padding, (1,) * len(pool_size))
    return _reduce(np.add, 0.0, x, windows, _counts(windows, counted, divisor, x.dtype))


def avg_input_grad(
    g: Array,
    *,
    input_shape: Shape,
    pool_size: Sizes,
    stride: Sizes,
    padding: Padding,
    counted: Padding,
    divisor: int | None,
) -> Array:
    """Return the gradient of an average pooling's input: every element of a window gets its share of g.

    Parameters
    ----------
    g : ndarray, shape (N, *outputs, C)
        Cotangent of the output.
    input_shape : tuple of int
        (N, *spatial, C).
    pool_size, stride, padding, counted, divisor
        As in `avg_forward`.

    Returns
    -------
    ndarray, shape `input_shape`, of g's dtype.

    Examples
    --------
    >>> settings = {"pool_size": (2,), "stride": (1,), "padding": ((0, 0),), "counted": ((0, 0),), "divisor": None}
    >>> avg_input_grad(np.ones((1, 2, 1)), input_shape=(1, 3, 1), **settings).ravel()
    array([0.5, 1. , 0.5])
    """
    windows = _windows_of(input_shape, pool_size, stride, padding, (1,) * len(pool_size))
    counts = _counts(windows, counted, divisor, g.dtype)
    dx = np.empty(input_shape, g.dtype)
    chunks = _chunks(dx)

    def job(number: int) -> None:
        images = chunks[number]
        target = dx[images]
        share = np.divide(g[images], counts, out=scratch("pooling.share", g[images].shape, g.dtype))
        target.fill(0)
        for _, written, read in shifts(*windows):
            target[read] += share[written]

    map_chunks(job, len(chunks))
    return dx


def _windows_of(
    input_shape: Shape, pool_size: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> tuple[Window, ...]:
    """Return how the window slides along each spatial axis."""
    return tuple(
        Window(size, kernel, step, distance, *ends)
        for size, kernel, step, ends, distance in zip(
            input_shape[1:-1], pool_size, stride, padding, dilation, strict=True
        )
    )


def _chunks(x: Array) -> list[slice]:
    """Cut the batch into chunks that stay in cache."""
    return partition(len(x), count_chunks(x.nbytes))


def _reduce(
    combine: np.ufunc, start: float, x: Array, windows: tuple[Window, ...], counts: Array | None = None
) -> Array:
    """Combine the elements of each window, beginning with `start` where there is padding, and divide by `counts`."""
    out = np.empty((len(x), *(window.output for window in windows), x.shape[-1]), x.dtype)
    chunks = _chunks(x)
    padded = any(window.padded for window in windows)
    steps = shifts(*windows)

    def job(number: int) -> None:
        source, target = x[chunks[number]], out[chunks[number]]
        if padded:
            target.fill(start)
        else:
            np.copyto(target, source[steps[0].inputs])
        for _, written, read in steps if padded else steps[1:]:
            combine(target[written], source[read], out=target[written])
        if counts is not None:
            target /= counts

    map_chunks(job, len(chunks))
    return out


def _counts(windows: tuple[Window, ...], counted: Padding, divisor: int | None, dtype: np.dtype) -> Array:
    """Return what the sum over each window is divided by, as (*outputs, 1)."""
    if divisor is None and not any(window.padded for window in windows):
        divisor = math.prod(window.kernel for window in windows)
    if divisor is not None:
        return np.full((1,) * (len(windows) + 1), divisor, dtype)
    along = []
    for window, (before, after) in zip(windows, counted, strict=True):
        first = np.arange(window.output) * window.stride - window.before
        elements = np.minimum(first + window.kernel, window.size + after) - np.maximum(first, -before)
        along.append(np.maximum(elements, 1))  # a window of nothing but padding has the average zero
    counts: Array = functools.reduce(np.multiply.outer, along)[..., None].astype(dtype)
    return counts


def _first_maxima(x: Array, y: Array, windows: tuple[Window, ...]) -> Iterator[tuple[Index, Index, Array]]:
    """Walk the kernel's elements and tell, for each, in which windows it is the first maximum.

    Yields the outputs that read a real element there, the elements, and a mask of the outputs' shape.
    """
    waiting = scratch("pooling.waiting", y.shape, np.bool_)
    below = scratch("pooling.below", y.shape, np.bool_)
    waiting.fill(True)
    some_nan = np.isnan(np.max(y, initial=-np.inf))  # one look at y spares comparing every element twice
    *others, last = shifts(*windows)
    for _, written, read in others:
        hits, rest = below[written], waiting[written]
        np.less(x[read], y[written], out=hits)
        if some_nan:
            hits |= np.isnan(y[written]) > np.isnan(x[read])  # a number is below NaN, which no comparison says
        np.greater(rest, hits, out=hits)  # still waiting, and not below the maximum
        np.logical_xor(rest, hits, out=rest)
        yield written, read, hits
    yield last.outputs, last.inputs, waiting[last.outputs]  # what was not among the others is here


def _first_of_separate_windows(x: Array, y: Array, windows: tuple[Window, ...]) -> Array:
    """Tell in which windows each element of the kernel is the first maximum: a mask (*kernel, *y.shape).

    For windows that share nothing and have no NaN, in a few long steps: element k is the first maximum where those
    before it are all below the maximum, and it is not.
    """
    kernel = tuple(window.kernel for window in windows)
    size = math.prod(kernel)
    waiting = scratch("pooling.waiting", (size + 1, *y.shape), np.bool_)  # k: whether all before k are below
    np.less(_elements(x, windows), y, out=waiting[1:].reshape(*kernel, *y.shape))
    waiting[0], waiting[size] = True, False
    for k in range(2, size):
        waiting[k] &= waiting[k - 1]
    hits = scratch("pooling.below", (size, *y.shape), np.bool_)
    return np.logical_xor(waiting[:-1], waiting[1:], out=hits).reshape(*kernel, *y.shape)


def _elements(x: Array, windows: tuple[Window, ...]) -> Array:
    """View x (N, *spatial, C), which has no padding, by elements of the kernel: (*kernel, N, *outputs, C)."""
    image_step, *steps, channel_step = x.strides
    return as_strided(
        x,
        (*(window.kernel for window in windows), len(x), *(window.output for window in windows), x.shape[-1]),
        (
            *(step * window.dilation for step, window in zip(steps, windows, strict=True)),
            image_step,
            *(step * window.stride for step, window in zip(steps, windows, strict=True)),
            channel_step,
        ),
    )


def _bits(values: Array) -> Array:
    """View floats as unsigned integers: a product with a mask then keeps or clears any value, NaN and inf too."""
    return values.view(f"u{values.itemsize}")
