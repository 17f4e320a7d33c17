"""What the losses share: their reductions, and the checks of shapes that broadcasting would hide.

Prediction and target must have the same shape: a pair that only broadcasting would match raises, because the mean
over an (N, N) table of differences between (N, 1) and (N,) is a well-known way to train nothing.
"""

import math

import numpy as np

from nnlite.autograd import Tensor
from nnlite.autograd._recording import Array
from nnlite.autograd._tensor import as_array

__all__ = ["as_operand", "element_weight", "reduced", "refuse_broadcasting", "scale_of"]

_REDUCTIONS = ("mean", "sum", "none")


def as_operand(values: Array, like: Array = None) -> Array:
    """Return a Tensor or an array; integers are made of the dtype of another operand, lest they promote it."""
    values = values if isinstance(values, Tensor) else as_array(values)
    return values if like is None or values.dtype.kind == "f" else values.astype(like.dtype)


def scale_of(reduction: str, count: float) -> float:
    """Return what the summed losses are multiplied by; NaN for the mean of nothing, as a mean is."""
    if reduction not in _REDUCTIONS:
        raise ValueError(f"reduction is one of {', '.join(map(repr, _REDUCTIONS))}, got {reduction!r}")
    if reduction != "mean":
        return 1.0
    return 1 / count if count else math.nan


def reduced(losses: Array, reduction: str, scale: float) -> Array:
    """Return the losses one by one, or their sum times the scale."""
    return losses if reduction == "none" else np.add.reduce(losses, axis=None) * scale


def refuse_broadcasting(name: str, input: Array, target: Array, what: str = "a target of the input's shape") -> None:
    """Raise unless input and target (or whatever they are) have one shape."""
    expected, got = getattr(input, "shape", ()), getattr(target, "shape", ())
    if expected != got:
        raise ValueError(f"{name} expected {what} {expected}, got shape {got}")


def element_weight(name: str, argument: str, weight: Array, input: Array) -> Array:
    """Return the weight, 1.0 for None; raise if it would broadcast the input to another shape."""
    if weight is None:
        return 1.0
    shape, expected = getattr(weight, "shape", ()), getattr(input, "shape", ())
    try:
        fits = np.broadcast_shapes(shape, expected) == expected
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"{name} expected a {argument} that broadcasts to the input's shape {expected}, got shape {shape}"
        )
    return weight
