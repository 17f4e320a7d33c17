"""Sums, products, powers and comparisons of pairs: each function with its value and its derivatives side by side."""

import numpy as np

from nnlite.autograd import differentiable, nondifferentiable
from nnlite.autograd._recording import Array

__all__ = [
    "absolute",
    "add",
    "ceil",
    "clip",
    "divide",
    "floor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "power",
    "reciprocal",
    "round",
    "sign",
    "sqrt",
    "square",
    "subtract",
    "where",
]


@differentiable
def add(a: Array, b: Array) -> Array:
    """Return a + b, broadcast.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.add(nl.tensor([1.0, 2.0]), 1.0)
    tensor([2., 3.])
    """
    return a + b, (lambda g: g, lambda g: g)


@differentiable
def subtract(a: Array, b: Array) -> Array:
    """Return a - b, broadcast."""
    return a - b, (lambda g: g, lambda g: -g)


@differentiable
def multiply(a: Array, b: Array) -> Array:
    """Return a * b, broadcast."""
    return a * b, (lambda g: g * b, lambda g: g * a)


@differentiable
def divide(a: Array, b: Array) -> Array:
    """Return a / b, broadcast."""
    y = a / b
    return y, (lambda g: g / b, lambda g: -g * y / b)


@differentiable
def mod(a: Array, b: Array) -> Array:
    """Return the remainder a - floor(a / b) * b, of the sign of b."""
    return a % b, (lambda g: g, lambda g: -g * np.floor(a / b))


@differentiable
def power(a: Array, b: Array) -> Array:
    """Return a ** b, broadcast. Where a <= 0 the gradient with respect to b is taken as 0.

    Examples
    --------
    >>> import nnlite as nl
    >>> x = nl.tensor([0.0, 3.0], requires_grad=True)
    >>> (x**2).sum().backward()
    >>> x.grad
    array([0., 6.], dtype=float32)
    """
    y = a**b
    # The exponent b - 1, but 0 where b is 0: then the slope is 0 * a**0 = 0 also at a = 0.
    return y, (lambda g: g * (b * a ** (b - (b != 0))), lambda g: g * y * np.log(np.where(a > 0, a, 1)))


@differentiable
def negative(x: Array) -> Array:
    """Return -x."""
    return -x, (lambda g: -g,)


@differentiable
def absolute(x: Array) -> Array:
    """Return |x|; the derivative at 0 is 0."""
    return np.absolute(x), (lambda g: g * np.sign(x),)


@differentiable
def square(x: Array) -> Array:
    """Return x * x."""
    return x * x, (lambda g: 2 * g * x,)


@differentiable
def sqrt(x: Array) -> Array:
    """Return the square root."""
    y = np.sqrt(x)
    return y, (lambda g: 0.5 * g / y,)


@differentiable
def reciprocal(x: Array) -> Array:
    """Return 1 / x."""
    y = 1 / x
    return y, (lambda g: -g * y * y,)


@differentiable
def maximum(a: Array, b: Array) -> Array:
    """Return the larger of each pair; at a tie each gets half of the gradient."""
    return np.maximum(a, b), (
        lambda g: 0.5 * g * (a > b) + 0.5 * g * (a >= b),
        lambda g: 0.5 * g * (b > a) + 0.5 * g * (b >= a),
    )


@differentiable
def minimum(a: Array, b: Array) -> Array:
    """Return the smaller of each pair; at a tie each gets half of the gradient."""
    return np.minimum(a, b), (
        lambda g: 0.5 * g * (a < b) + 0.5 * g * (a <= b),
        lambda g: 0.5 * g * (b < a) + 0.5 * g * (b <= a),
    )


@differentiable
def clip(x: Array, min: Array = None, max: Array = None) -> Array:
    """Return x held between `min` and `max`, each a number, an array or None for no limit.

    Inside and on the limits the gradient goes to x, outside to the limit.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.clip(nl.tensor([-2.0, 0.5, 2.0]), -1, 1)
    tensor([-1. ,  0.5,  1. ])
    """
    above_min = True if min is None else x >= min
    below_max = True if max is None else x <= max
    y = np.clip(x, min, max)
    return y, (
        lambda g: g * above_min * below_max,
        lambda g: g * np.logical_not(above_min) * below_max,
        lambda g: g * np.logical_not(below_max),
    )


@differentiable
def where(condition: Array, a: Array, b: Array) -> Array:
    """Return a where the condition holds and b elsewhere; the other one's gradient there is 0, whatever its value.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.where([True, False], nl.tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    return np.where(condition, a, b), (
        None,
        lambda g: np.where(condition, g, 0),
        lambda g: np.where(condition, 0, g),
    )


@nondifferentiable
def sign(x: Array) -> Array:
    """Return -1, 0 or 1, the sign of x: a constant for the engine."""
    return np.sign(x)


@nondifferentiable
def floor(x: Array) -> Array:
    """Return the largest integer not above x: a constant for the engine."""
    return np.floor(x)


@nondifferentiable
def ceil(x: Array) -> Array:
    """Return the smallest integer not below x: a constant for the engine."""
    return np.ceil(x)


@nondifferentiable
def round(x: Array, decimals: int = 0) -> Array:
    """Return x rounded to `decimals` places, halves to the even digit: a constant for the engine."""
    return np.round(x, decimals)


@nondifferentiable
def floor_divide(a: Array, b: Array) -> Array:
    """Return floor(a / b): a constant for the engine (the operator //)."""
    return np.floor_divide(a, b)
