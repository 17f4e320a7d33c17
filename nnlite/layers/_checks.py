"""What layers check at their edge: arguments when they are made, shapes when they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from nnlite.autograd import Tensor

if TYPE_CHECKING:
    from nnlite.layers._module import Module, Shape

__all__ = ["cast_input", "check_features", "check_input_shape", "check_rank", "positive_int"]


def positive_int(layer: str, argument: str, value: Any) -> int:
    """Require a positive integer."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{layer} expected {argument} to be a positive integer, got {argument}={value!r}")
    return int(value)


def check_input_shape(layer: str, input_shape: Any, argument: str = "input_shape") -> Shape | None:
    """Require the shape of one sample, in which an axis of any length is None; or no shape at all."""
    if input_shape is None:
        return None
    known = isinstance(input_shape, (tuple, list)) and all(
        n is None or (isinstance(n, (int, np.integer)) and n > 0) for n in input_shape
    )
    if not known:
        raise ValueError(
            f"{layer} expected {argument} to be a tuple such as (28, 28, 1), got {argument}={input_shape!r}"
        )
    return tuple(input_shape)


def check_rank(layer: Module, x: Tensor, rank: int, axes: str) -> None:
    """Require an input of this rank."""
    if x.ndim != rank:
        raise ValueError(f"{layer.label} expected an input of {rank} axes {axes}, got an input of shape {x.shape}")


def check_features(layer: Module, x: Tensor, axis: int, features: int) -> None:
    """Require this many features along an axis."""
    if x.shape[axis] != features:
        name = "the last axis" if axis in (-1, x.ndim - 1) else f"axis {axis}"
        raise ValueError(f"{layer.label} expected {name} to be {features}, got an input of shape {x.shape}")


def cast_input(x: Tensor, dtype: DTypeLike) -> Tensor:
    """Convert an input to the parameters' dtype."""
    return x if x.dtype == dtype else x.astype(dtype)
