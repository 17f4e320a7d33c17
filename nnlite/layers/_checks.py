"""What layers check at their edge: arguments when they are built, shapes when they are called."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nnlite.autograd import Tensor

__all__ = ["cast_input", "check_features", "check_rank", "positive_int"]


def positive_int(layer: str, argument: str, value: Any) -> int:
    """Require a positive integer."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{layer} expected {argument} to be a positive integer, got {argument}={value!r}")
    return int(value)


def check_rank(label: str, x: Tensor, rank: int, axes: str) -> None:
    """Require an input of this rank."""
    if x.ndim != rank:
        raise ValueError(f"{label} expected an input of {rank} axes {axes}, got an input of shape {x.shape}")


def check_features(label: str, x: Tensor, axis: int, features: int) -> None:
    """Require this many features along an axis."""
    if x.shape[axis] != features:
        name = "the last axis" if axis in (-1, x.ndim - 1) else f"axis {axis}"
        raise ValueError(f"{label} expected {name} to be {features}, got an input of shape {x.shape}")


def cast_input(x: Tensor, dtype: DTypeLike) -> Tensor:
    """Convert an input to the parameters' dtype."""
    return x if x.dtype == dtype else x.astype(dtype)
