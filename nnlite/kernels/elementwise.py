"""Functions of single elements that take several passes, block by block on all threads.

Blocks are large: after each pass a thread has to wait for the interpreter's lock, in 7 us or so if another holds it.
On arrays of a million elements, gelu takes 1.6 ms in blocks of 2**18, 4.8 ms in blocks of 2**15, which would stay in a
core's own cache, and 2.6 ms on one thread.

The error function of float32 numbers is a hyperbolic tangent, which NumPy computes forty times faster than SciPy the
error function: ``erf(x) = tanh(x * p(x**2))``, where p is the polynomial that makes the largest relative error of
erf least, 1.0e-7 without rounding (`docs/erf.py` finds it). With rounding it is 4 units in the last place at most,
and 0.6 on average. Other dtypes go to SciPy.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy.special import erf as erf_ufunc
from scipy.special import expit

from nnlite.kernels.parallel import get_num_threads, map_chunks, partition
from nnlite.kernels.window import Array
from nnlite.kernels.workspace import scratch

__all__ = ["erf", "gelu", "gelu_vjp", "sigmoid"]

_BLOCK = 2**18  # elements
_FEW = 2**10  # elements: what SciPy computes in the time of NumPy's calls
_LEAST = 2**15  # as many are worth a thread

_ERF = (
    1.128379225730896, 0.10276947170495987, -0.00019270660413894802, -0.000619085505604744, 8.739380427869037e-05,
    -5.631552994600497e-06, 1.3988392311148345e-07,
)  # fmt: skip
_NORMAL = tuple(a * 0.5 ** (k + 0.5) for k, a in enumerate(_ERF))  # the same for erf(x / sqrt(2))


def erf(x: Array) -> Array:
    """Return the error function of an array or a number.

    Examples
    --------
    >>> erf(np.array([0.0, 0.5, -8.0], np.float32)).round(4)
    array([ 0.    ,  0.5205, -1.    ], dtype=float32)
    """
    if not isinstance(x, np.ndarray) or x.dtype != np.float32:
        return erf_ufunc(x)
    x = _dense(x)
    y = np.empty_like(x)
    source, target = x.ravel("K"), y.ravel("K")
    _in_blocks(lambda block: _tanh_of_odd(_ERF, source[block], target[block]), x.size)
    return y


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + e**-x), as exact for probabilities near 0 as for others.

    Through tanh it would be no slower, but everything under 3e-8 (of float32 numbers) would be 0. SciPy's function is
    the fastest up to about 1,000 elements, and five times slower from there.

    Examples
    --------
    >>> sigmoid(np.array([-50.0, 0.0, 50.0]))
    array([1.92874985e-22, 5.00000000e-01, 1.00000000e+00])
    """
    if np.size(x) <= _FEW:
        return expit(x)
    y = np.negative(x)
    with np.errstate(over="ignore"):  # e**-x is infinite then, and its reciprocal 0
        np.exp(y, out=y)
    y += 1
    return np.reciprocal(y, out=y)


def gelu(x: Array) -> tuple[Array, Array]:
    """Return x * Phi(x), and Phi(x), the standard normal distribution function.

    Examples
    --------
    >>> gelu(np.array([-1.0, 1.0], np.float32))[0].round(3)
    array([-0.159,  0.841], dtype=float32)
    """
    x = _dense(x)
    y, phi = np.empty_like(x), np.empty_like(x)
    source, product, distribution = (a.ravel("K") for a in (x, y, phi))

    def job(block: slice) -> None:
        values, p = source[block], distribution[block]
        if p.dtype == np.float32:
            _tanh_of_odd(_NORMAL, values, p)
        else:
            erf_ufunc(np.multiply(values, math.sqrt(0.5), out=p), out=p)
        p *= 0.5
        p += 0.5
        np.multiply(values, p, out=product[block])

    _in_blocks(job, x.size)
    return y, phi


def gelu_vjp(g: Array, x: Array, phi: Array) -> Array:
    """Return g times the derivative of `gelu`, Phi(x) + x * exp(-x**2 / 2) / sqrt(2 * pi).

    Parameters
    ----------
    g : ndarray, of the shape of x
    x, phi : ndarray
        The argument of `gelu`, and the second of its results.
    """
    x, phi = _dense(x), _dense(phi)
    if g.strides != x.strides or phi.strides != x.strides:
        x, phi, g = (np.ascontiguousarray(a) for a in (x, phi, g))
    dx = np.empty_like(x)
    cotangent, values, distribution, target = (a.ravel("K") for a in (g, x, phi, dx))

    def job(block: slice) -> None:
        v, slope = values[block], target[block]
        np.multiply(v, v, out=slope)
        slope *= -0.5
        np.exp(slope, out=slope)
        slope *= v
        slope *= 1 / math.sqrt(2 * math.pi)
        slope += distribution[block]
        slope *= cotangent[block]

    _in_blocks(job, x.size)
    return dx


def _tanh_of_odd(coefficients: tuple[float, ...], x: Array, out: Array) -> None:
    """Set out to tanh(x * p(x**2)), where p has these coefficients, the constant first."""
    *others, highest = coefficients
    with np.errstate(over="ignore", under="ignore"):  # far out the tangent is 1 anyway, and near 0 p is its constant
        square = np.multiply(x, x, out=scratch("elementwise.square", x.shape, x.dtype))
        np.multiply(square, highest, out=out)
        for coefficient in reversed(others[1:]):
            out += coefficient
            out *= square
        out += others[0]
        out *= x
    np.tanh(out, out=out)


def _in_blocks(job: Callable[[slice], object], size: int) -> None:
    """Call `job` on slices of range(size) that stay in cache, each thread taking its share in one piece."""
    pieces = partition(size, min(get_num_threads(), max(size // _LEAST, 1)))

    def work(number: int) -> None:
        piece = pieces[number]
        for start in range(piece.start, piece.stop, _BLOCK):
            job(slice(start, min(start + _BLOCK, piece.stop)))

    map_chunks(work, len(pieces))


def _dense(x: Array) -> Array:
    """Return x if its elements lie in memory without gaps, in whatever order of the axes, else a copy."""
    order = sorted(range(x.ndim), key=x.strides.__getitem__, reverse=True)
    return x if x.transpose(order).flags.c_contiguous else x.copy()
