"""Elementary functions of one array: exponentials, logarithms, trigonometry, and the error function."""

import math

import numpy as np

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.kernels import elementwise

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cos",
    "cosh",
    "erf",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "rsqrt",
    "sin",
    "sinh",
    "tan",
    "tanh",
]


@differentiable
def exp(x: Array) -> Array:
    """Return e**x.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> x = nl.tensor(0.0, requires_grad=True)
    >>> np.exp(x).backward()
    >>> x.grad
    array(1., dtype=float32)
    """
    y = np.exp(x)
    return y, (lambda g: g * y,)


@differentiable
def expm1(x: Array) -> Array:
    """Return e**x - 1, exact also for small x."""
    y = np.expm1(x)
    return y, (lambda g: g * (y + 1),)


@differentiable
def log(x: Array) -> Array:
    """Return the natural logarithm."""
    return np.log(x), (lambda g: g / x,)


@differentiable
def log1p(x: Array) -> Array:
    """Return log(1 + x), exact also for small x."""
    return np.log1p(x), (lambda g: g / (1 + x),)


@differentiable
def log2(x: Array) -> Array:
    """Return the logarithm to base 2."""
    return np.log2(x), (lambda g: g / (x * math.log(2)),)


@differentiable
def log10(x: Array) -> Array:
    """Return the logarithm to base 10."""
    return np.log10(x), (lambda g: g / (x * math.log(10)),)


@differentiable
def rsqrt(x: Array) -> Array:
    """Return 1 / sqrt(x)."""
    y = 1 / np.sqrt(x)
    return y, (lambda g: -0.5 * g * y / x,)


@differentiable
def sin(x: Array) -> Array:
    """Return the sine of x, in radians."""
    return np.sin(x), (lambda g: g * np.cos(x),)


@differentiable
def cos(x: Array) -> Array:
    """Return the cosine of x, in radians."""
    return np.cos(x), (lambda g: -g * np.sin(x),)


@differentiable
def tan(x: Array) -> Array:
    """Return the tangent of x, in radians."""
    y = np.tan(x)
    return y, (lambda g: g * (1 + y * y),)


@differentiable
def arcsin(x: Array) -> Array:
    """Return the angle in [-pi/2, pi/2] whose sine is x."""
    return np.arcsin(x), (lambda g: g / np.sqrt((1 - x) * (1 + x)),)


@differentiable
def arccos(x: Array) -> Array:
    """Return the angle in [0, pi] whose cosine is x."""
    return np.arccos(x), (lambda g: -g / np.sqrt((1 - x) * (1 + x)),)


@differentiable
def arctan(x: Array) -> Array:
    """Return the angle in (-pi/2, pi/2) whose tangent is x."""
    return np.arctan(x), (lambda g: g / (1 + x * x),)


@differentiable
def arctan2(y: Array, x: Array) -> Array:
    """Return the angle in [-pi, pi] of the point (x, y)."""
    return np.arctan2(y, x), (lambda g: g * x / (x * x + y * y), lambda g: -g * y / (x * x + y * y))


@differentiable
def sinh(x: Array) -> Array:
    """Return the hyperbolic sine."""
    return np.sinh(x), (lambda g: g * np.cosh(x),)


@differentiable
def cosh(x: Array) -> Array:
    """Return the hyperbolic cosine."""
    return np.cosh(x), (lambda g: g * np.sinh(x),)


@differentiable
def tanh(x: Array) -> Array:
    """Return the hyperbolic tangent."""
    y = np.tanh(x)
    return y, (lambda g: g * (1 - y * y),)


@differentiable
def arcsinh(x: Array) -> Array:
    """Return the number whose hyperbolic sine is x."""
    return np.arcsinh(x), (lambda g: g / np.sqrt(x * x + 1),)


@differentiable
def arccosh(x: Array) -> Array:
    """Return the number >= 0 whose hyperbolic cosine is x."""
    return np.arccosh(x), (lambda g: g / np.sqrt((x - 1) * (x + 1)),)


@differentiable
def arctanh(x: Array) -> Array:
    """Return the number whose hyperbolic tangent is x."""
    return np.arctanh(x), (lambda g: g / ((1 - x) * (1 + x)),)


@differentiable(kernel=elementwise.erf)
def erf(x: Array) -> Array:
    """Return the error function, 2/sqrt(pi) times the integral of exp(-t**2) from 0 to x."""
    return erf.kernel(x), (lambda g: g * (2 / math.sqrt(math.pi)) * np.exp(-x * x),)
