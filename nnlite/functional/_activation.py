"""Activation functions: each with its value and its derivatives side by side.

All of them work element by element on arrays of any shape and keep it, but for `softmax`, `log_softmax`, `maxout` and
`glu`, which work along an axis. At a kink the derivative is one-sided, and each function says which side; values at a
kink go through `kernel`, so that derivatives of derivatives see the same side.
"""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from nnlite.autograd import Tensor, differentiable, nondifferentiable
from nnlite.autograd._recording import Array, Deferred
from nnlite.functional._math import erf, tanh
from nnlite.functional._windows import as_floating
from nnlite.kernels import elementwise, rectifier

__all__ = [
    "FUSIBLE",
    "celu",
    "elu",
    "exponential",
    "gelu",
    "glu",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "maxout",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "step",
    "threshold",
]

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # the fixed point of mean 0 and variance 1


@differentiable
def linear(x: Array) -> Array:
    """Return x as it is.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.linear(nl.tensor([-1.0, 2.0]))
    tensor([-1.,  2.])
    """
    return x, (lambda g: g,)


@nondifferentiable
def step(x: Array) -> Array:
    """Return 1 where x >= 0 and 0 elsewhere, the perceptron's threshold: a constant for the engine.

    References
    ----------
    F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain", 1958.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.step(nl.tensor([-0.5, 0.0, 0.5]))
    tensor([0., 1., 1.])
    """
    return np.heaviside(x, 1.0)


@differentiable(kernel=rectifier.relu)
def relu(x: Array) -> Array:
    """Return max(x, 0); the derivative at 0 is 0.

    References
    ----------
    V. Nair, G. E. Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.relu(nl.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 2.])
    """
    y = relu.kernel(x)
    return y, (lambda g: _where_positive(g, y),)


@differentiable(kernel=rectifier.where_positive)
def _where_positive(g: Array, y: Array) -> Array:
    """Return g where y > 0 and 0 elsewhere."""
    return _where_positive.kernel(g, y), (lambda t: _where_positive(t, y), None)


@differentiable(kernel=lambda x: np.minimum(x, 0))
def _negative_part(x: Array) -> Array:
    """Return min(x, 0); the derivative at 0 is 1, so that those of `relu` and this add up to 1 everywhere."""
    below = x <= 0
    return _negative_part.kernel(x), (lambda g: g * below,)


@differentiable
def leaky_relu(x: Array, *, negative_slope: float = 0.01) -> Array:
    """Return x where x > 0 and negative_slope * x elsewhere.

    References
    ----------
    A. L. Maas, A. Y. Hannun, A. Y. Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.leaky_relu(nl.tensor([-1.0, 2.0]), negative_slope=0.1)
    tensor([-0.1,  2. ])
    """
    positive = x > 0
    y = relu.kernel(x) + negative_slope * _negative_part.kernel(x)
    return y, (lambda g: g * positive + negative_slope * (g * np.logical_not(positive)),)


@differentiable
def prelu(x: Array, weight: Array) -> Array:
    """Return x where x > 0 and weight * x elsewhere; the weight, one number or one a channel (C,), is learned.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", 2015.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.prelu(nl.tensor([[-1.0, -1.0], [2.0, 3.0]]), nl.tensor([0.5, 0.25]))
    tensor([[-0.5 , -0.25],
            [ 2.  ,  3.  ]])
    """
    positive = x > 0
    negative = _negative_part.kernel(x)
    return relu.kernel(x) + weight * negative, (
        lambda g: g * positive + weight * (g * np.logical_not(positive)),
        lambda g: g * negative,
    )


@differentiable(kernel=lambda x, *, min_val=-1.0, max_val=1.0: np.clip(x, min_val, max_val))
def hard_tanh(x: Array, *, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """Return x held between min_val and max_val; the derivative is 0 outside and on the limits.

    References
    ----------
    R. Collobert, "Large scale machine learning", 2004.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.hard_tanh(nl.tensor([-3.0, 0.5, 3.0]))
    tensor([-1. ,  0.5,  1. ])
    """
    if not min_val < max_val:
        raise ValueError(f"hard_tanh expected min_val (={min_val}) to be less than max_val (={max_val})")
    inside = (x > min_val) & (x < max_val)
    return hard_tanh.kernel(x, min_val=min_val, max_val=max_val), (lambda g: g * inside,)


@differentiable
def relu6(x: Array) -> Array:
    """Return min(max(x, 0), 6); the derivative at 0 and at 6 is 0.

    References
    ----------
    A. Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.relu6(nl.tensor([-1.0, 3.0, 8.0]))
    tensor([0., 3., 6.])
    """
    inside = (x > 0) & (x < 6)
    return hard_tanh.kernel(x, min_val=0, max_val=6), (lambda g: g * inside,)


@differentiable
def hard_sigmoid(x: Array) -> Array:
    """Return relu6(x + 3) / 6, a sigmoid of three straight lines.

    References
    ----------
    M. Courbariaux, Y. Bengio, J.-P. David, "BinaryConnect: training deep neural networks with binary weights during
    propagations", 2015.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.hard_sigmoid(nl.tensor([-4.0, 0.0, 1.5]))
    tensor([0.  , 0.5 , 0.75])
    """
    shifted = x + 3
    inside = (shifted > 0) & (shifted < 6)
    return hard_tanh.kernel(shifted, min_val=0, max_val=6) / 6, (lambda g: g * inside / 6,)


@differentiable
def hard_silu(x: Array) -> Array:
    """Return x * relu6(x + 3) / 6, a SiLU without exponentials.

    References
    ----------
    A. Howard et al., "Searching for MobileNetV3", 2019.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.hard_silu(nl.tensor([-4.0, 1.5, 4.0]))
    tensor([-0.   ,  1.125,  4.   ])
    """
    shifted = x + 3
    inside = (shifted > 0) & (shifted < 6)
    gate = hard_tanh.kernel(shifted, min_val=0, max_val=6) / 6
    return x * gate, (lambda g: g * (gate + x * inside / 6),)


@differentiable
def elu(x: Array, *, alpha: float = 1.0) -> Array:
    """Return x where x > 0 and alpha * (e**x - 1) elsewhere.

    References
    ----------
    D.-A. Clevert, T. Unterthiner, S. Hochreiter, "Fast and accurate deep network learning by exponential linear units
    (ELUs)", 2015.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.elu(nl.tensor([-1.0, 2.0])).round(3)
    tensor([-0.632,  2.   ])
    """
    positive = x > 0
    curve = alpha * np.expm1(_negative_part.kernel(x))
    return relu.kernel(x) + curve, (lambda g: g * (positive + np.logical_not(positive) * (curve + alpha)),)


@differentiable
def selu(x: Array) -> Array:
    """Return 1.0507 * elu(x, alpha=1.6733), which keeps activations near mean 0 and variance 1.

    References
    ----------
    G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-normalizing neural networks", 2017.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.selu(nl.tensor([-1.0, 1.0])).round(3)
    tensor([-1.111,  1.051])
    """
    positive = x > 0
    curve = _SELU_ALPHA * np.expm1(_negative_part.kernel(x))
    y = _SELU_SCALE * (relu.kernel(x) + curve)
    return y, (lambda g: _SELU_SCALE * g * (positive + np.logical_not(positive) * (curve + _SELU_ALPHA)),)


@differentiable
def celu(x: Array, *, alpha: float = 1.0) -> Array:
    """Return max(x, 0) + alpha * (e**(min(x, 0) / alpha) - 1), an ELU that is smooth for every alpha > 0.

    References
    ----------
    J. T. Barron, "Continuously differentiable exponential linear units", 2017.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.celu(nl.tensor([-1.0, 2.0]), alpha=0.5).round(3)
    tensor([-0.432,  2.   ])
    """
    if not alpha > 0:
        raise ValueError(f"celu expected alpha > 0, got {alpha!r}")
    curve = alpha * np.expm1(_negative_part.kernel(x) / alpha)
    return relu.kernel(x) + curve, (lambda g: g * (curve / alpha + 1),)


@differentiable
def gelu(x: Array, *, approximate: str | bool = "none") -> Array:
    """Return x * Phi(x), x times the standard normal distribution function.

    Parameters
    ----------
    x : array
        Any shape.
    approximate : {"none", "tanh"} or bool, default "none"
        "tanh" (or True) takes 0.5 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) for Phi(x): faster, and within
        0.0005 of it.

    References
    ----------
    D. Hendrycks, K. Gimpel, "Gaussian error linear units (GELUs)", 2016.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.gelu(nl.tensor([-1.0, 1.0])).round(3)
    tensor([-0.159,  0.841])
    """
    if approximate not in ("none", "tanh", False, True):
        raise ValueError(f"gelu expected approximate to be 'none', 'tanh' or a bool, got {approximate!r}")
    if approximate in ("tanh", True):
        scale = math.sqrt(2 / math.pi)
        phi = 0.5 * np.tanh(scale * x * (1 + 0.044715 * x * x)) + 0.5
        slope = 2 * scale
        return x * phi, (lambda g: g * (phi + phi * (1 - phi) * (slope * x * (1 + 3 * 0.044715 * x * x))),)
    x = as_floating(x)
    y, phi = elementwise.gelu(x)
    return y, (lambda g: elementwise.gelu_vjp(g, x, phi),)


@gelu.composite
def _gelu_by_parts(x: Array, *, approximate: str | bool = "none") -> Array:
    """Return the same as `gelu` in functions that have derivatives of every order."""
    if approximate in ("tanh", True):
        return x * (0.5 * tanh(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x * x)) + 0.5)
    return x * (0.5 * erf(x * (1 / math.sqrt(2))) + 0.5)


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + e**-x); the Tensor returned remembers its logits x, so that losses can be exact.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.sigmoid(nl.tensor([-1.0, 0.0, 1.0])).round(3)
    tensor([0.269, 0.5  , 0.731])
    """
    if isinstance(x, Deferred):
        return x.defer(sigmoid, (x,), {})
    y = _sigmoid(x)
    if isinstance(x, Tensor):
        y._remembered = {"sigmoid": x, "version": x._version}
    return y


@differentiable(kernel=elementwise.sigmoid)
def _sigmoid(x: Array) -> Array:
    """Return the sigmoid."""
    y = _sigmoid.kernel(x)
    return y, (lambda g: g * y * (1 - y),)


@differentiable
def log_sigmoid(x: Array) -> Array:
    """Return log(sigmoid(x)) = min(x, 0) - log(1 + e**-|x|).

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.log_sigmoid(nl.tensor([-100.0, 0.0])).round(3)
    tensor([-100.   ,   -0.693])
    """
    y = np.minimum(x, 0) - np.log1p(np.exp(-np.absolute(x)))
    return y, (lambda g: g * (0.5 - 0.5 * np.tanh(0.5 * x)),)


@differentiable
def silu(x: Array) -> Array:
    """Return x * sigmoid(x), also called swish.

    References
    ----------
    S. Elfwing, E. Uchibe, K. Doya, "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning", 2017.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.silu(nl.tensor([-1.0, 1.0])).round(3)
    tensor([-0.269,  0.731])
    """
    gate = 0.5 * np.tanh(0.5 * x) + 0.5
    y = x * gate
    return y, (lambda g: g * (gate + y * (1 - gate)),)


@differentiable
def mish(x: Array) -> Array:
    """Return x * tanh(softplus(x)).

    References
    ----------
    D. Misra, "Mish: a self regularized non-monotonic activation function", 2019.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.mish(nl.tensor([-1.0, 1.0])).round(3)
    tensor([-0.303,  0.865])
    """
    u = np.exp(np.minimum(x, 20))  # beyond 20 the gate is 1 in every dtype
    w = u * (u + 2)  # (1 + u)**2 - 1, without the cancellation
    gate = w / (w + 2)  # = tanh(log(1 + u))
    return x * gate, (lambda g: g * (gate + 4 * x * (u * (u + 1)) / ((w + 2) * (w + 2))),)


@differentiable
def softplus(x: Array, *, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """Return log(1 + e**(beta * x)) / beta, and x itself where beta * x > threshold.

    References
    ----------
    C. Dugas, Y. Bengio, F. Belisle, C. Nadeau, R. Garcia, "Incorporating second-order functional knowledge for better
    option pricing", 2000.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.softplus(nl.tensor([-1.0, 0.0, 30.0])).round(3)
    tensor([ 0.313,  0.693, 30.   ])
    """
    if not beta > 0:
        raise ValueError(f"softplus expected beta > 0, got {beta!r}")
    scaled = beta * x
    curved = scaled <= threshold
    y = (np.maximum(scaled, 0) + np.log1p(np.exp(-np.absolute(scaled))) * curved) / beta
    return y, (lambda g: g * ((0.5 * np.tanh(0.5 * scaled) + 0.5) * curved + np.logical_not(curved)),)


@differentiable
def softsign(x: Array) -> Array:
    """Return x / (1 + |x|).

    References
    ----------
    J. Bergstra, G. Desjardins, P. Lamblin, Y. Bengio, "Quadratic polynomials learn better image features", 2009.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.softsign(nl.tensor([-1.0, 3.0]))
    tensor([-0.5 ,  0.75])
    """
    scale = 1 + np.absolute(x)
    return x / scale, (lambda g: g / scale / scale,)


@differentiable
def exponential(x: Array) -> Array:
    """Return e**x.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.exponential(nl.tensor([-1.0, 0.0])).round(3)
    tensor([0.368, 1.   ])
    """
    y = np.exp(x)
    return y, (lambda g: g * y,)


@differentiable
def threshold(x: Array, *, threshold: float, value: float) -> Array:
    """Return x where x > threshold and `value` elsewhere, with derivative 0.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.threshold(nl.tensor([0.5, 2.0]), threshold=1.0, value=-7.0)
    tensor([-7.,  2.])
    """
    above = x > threshold
    return np.where(above, x, value), (lambda g: g * above,)


def softmax(x: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """Return e**x / sum(e**x) along an axis, or over several: positive numbers that add up to 1.

    A Tensor returned remembers its logits x if the axis is the last one, so that losses can be exact.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.softmax(nl.tensor([1000.0, 1000.0]))
    tensor([0.5, 0.5])
    """
    if isinstance(x, Deferred):
        return x.defer(softmax, (x,), {"axis": axis})
    y = _softmax(x, axis=axis)
    if isinstance(x, Tensor) and axis in (-1, x.ndim - 1):
        y._remembered = {"softmax": x, "version": x._version}
    return y


@differentiable
def _softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    """Return the softmax, shifted so that the largest exponential is 1."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    y = e / e.sum(axis=axis, keepdims=True)
    return y, (lambda g: (g - (g * y).sum(axis=axis, keepdims=True)) * y,)


@differentiable
def log_softmax(x: Array, *, axis: int = -1) -> Array:
    """Return log(softmax(x)) along an axis, exact also where the softmax rounds to 0.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.log_softmax(nl.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """
    shifted = x - x.max(axis=axis, keepdims=True)
    y = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return y, (lambda g: g - np.exp(y) * g.sum(axis=axis, keepdims=True),)


@differentiable
def maxout(x: Array, *, pieces: int, axis: int = -1) -> Array:
    """Return the maximum of each group of `pieces` consecutive channels; the first of equals gets the gradient.

    Parameters
    ----------
    x : array of shape (..., units * pieces, ...)
        The channels lie along `axis`.
    pieces : int
        How many channels compete for one unit.
    axis : int, default -1
        The axis that shrinks to `units`.

    Raises
    ------
    ValueError
        If `pieces` does not divide the number of channels.

    References
    ----------
    I. J. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville, Y. Bengio, "Maxout networks", 2013.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.maxout(nl.tensor([1.0, 3.0, 5.0, 4.0]), pieces=2)
    tensor([3., 5.])
    """
    shape, axis = x.shape, normalize_axis_index(axis, x.ndim)
    if pieces < 1 or shape[axis] % pieces:
        raise ValueError(f"maxout expected pieces (={pieces}) to divide axis {axis} of its input of shape {shape}")
    groups = x.reshape((*shape[:axis], shape[axis] // pieces, pieces, *shape[axis + 1 :]))
    numbers = np.arange(pieces).reshape(-1, *[1] * (len(shape) - axis - 1))
    first = np.expand_dims(np.argmax(groups, axis=axis + 1), axis + 1) == numbers
    return groups.max(axis=axis + 1), (lambda g: (np.expand_dims(g, axis + 1) * first).reshape(shape),)


@differentiable
def glu(x: Array, *, axis: int = -1) -> Array:
    """Return a * sigmoid(b), where a and b are the two halves of x along an axis, which must be even.

    References
    ----------
    Y. N. Dauphin, A. Fan, M. Auli, D. Grangier, "Language modeling with gated convolutional networks", 2016.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.glu(nl.tensor([2.0, 4.0, 0.0, 0.0]))
    tensor([1., 2.])
    """
    if x.shape[normalize_axis_index(axis, x.ndim)] % 2:
        raise ValueError(f"glu expected axis {axis} of its input of shape {x.shape} to be even")
    a, b = np.split(x, 2, axis=axis)
    gate = 0.5 * np.tanh(0.5 * b) + 0.5
    return a * gate, (lambda g: np.concatenate([g * gate, g * a * gate * (1 - gate)], axis=axis),)


# Elementwise, of one array alone, and replayed by their bodies: `affine` can apply them in its own operation.
FUSIBLE: frozenset[Any] = frozenset(
    {celu, elu, exponential, hard_tanh, mish, relu, relu6, selu, silu, softplus, softsign, tanh}
)
