"""Activations that take small values away from their input, and squareplus."""

import numpy as np

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array

__all__ = ["hard_shrink", "soft_shrink", "squareplus", "tanh_shrink"]


@differentiable
def hard_shrink(x: Array, *, threshold: float = 0.5) -> Array:
    """Return x where |x| > threshold and 0 elsewhere, with derivative 0.

    References
    ----------
    D. L. Donoho, I. M. Johnstone, "Ideal spatial adaptation by wavelet shrinkage", 1994.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.hard_shrink(nl.tensor([-2.0, 0.5, 0.75]))
    tensor([-2.  ,  0.  ,  0.75])
    """
    _check_threshold("hard_shrink", threshold)
    outside = np.absolute(x) > threshold
    return x * outside, (lambda g: g * outside,)


@differentiable
def soft_shrink(x: Array, *, threshold: float = 0.5) -> Array:
    """Return x moved towards 0 by threshold, and 0 where it would pass it, with derivative 0.

    References
    ----------
    D. L. Donoho, "De-noising by soft-thresholding", 1995.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.soft_shrink(nl.tensor([-2.0, 0.5, 0.75]))
    tensor([-1.5 ,  0.  ,  0.25])
    """
    _check_threshold("soft_shrink", threshold)
    outside = np.absolute(x) > threshold
    return (x - threshold * np.sign(x)) * outside, (lambda g: g * outside,)


@differentiable
def tanh_shrink(x: Array) -> Array:
    """Return x - tanh(x).

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.tanh_shrink(nl.tensor([-1.0, 0.0, 2.0])).round(3)
    tensor([-0.238,  0.   ,  1.036])
    """
    t = np.tanh(x)
    return x - t, (lambda g: g * t * t,)


@differentiable
def squareplus(x: Array, *, b: float = 4.0) -> Array:
    """Return (x + sqrt(x**2 + b)) / 2, a softplus without exponentials; b > 0 sets how wide its bend is.

    References
    ----------
    J. T. Barron, "Squareplus: a softplus-like algebraic rectifier", 2021.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.squareplus(nl.tensor([-1.5, 0.0, 1.5]))
    tensor([0.5, 1. , 2. ])
    """
    if not b > 0:
        raise ValueError(f"squareplus expected b > 0, got {b!r}")
    root = np.sqrt(x * x + b)
    return 0.5 * (x + root), (lambda g: g * (0.5 + 0.5 * x / root),)


def _check_threshold(function: str, threshold: float) -> None:
    """Require a threshold that is not negative."""
    if not threshold >= 0:
        raise ValueError(f"{function} expected threshold >= 0, got {threshold!r}")
