"""What the modules check when they are called, and how they make their first values."""

from typing import Any

import numpy as np

from nnlite import random
from nnlite.autograd import Parameter, Tensor, default_dtype
from nnlite.layers import Module
from nnlite.layers._mode import check_weight_size

__all__ = ["check_dtype", "keep_weight", "known_reduction", "uniform_parameter"]


def check_dtype(module: Module, x: Tensor, parameter: Tensor) -> None:
    """Raise if an input has another dtype than the parameters: in this spelling nothing is cast in silence."""
    if x.dtype != parameter.dtype:
        raise TypeError(
            f"{module.label} expected an input of dtype {parameter.dtype}, as its parameters are, got {x.dtype}; "
            f"convert one of them with .astype()"
        )


def uniform_parameter(shape: tuple[int, ...], bound: float, dtype: Any = None) -> Parameter:
    """Make a Parameter with values from U(-bound, bound)."""
    check_weight_size(shape)
    values = random.generator().uniform(-bound, bound, shape)
    return Parameter(values.astype(np.dtype(dtype or default_dtype())))


def known_reduction(loss: str, reduction: str, *more: str) -> str:
    """Return the reduction of a loss; raise if it is unknown."""
    known = ("mean", "sum", "none", *more)
    if reduction not in known:
        raise ValueError(f"{loss} expected reduction to be one of {', '.join(map(repr, known))}, got {reduction!r}")
    return reduction


def keep_weight(module: Module, name: str, weight: Any) -> None:
    """Make a buffer of the weight of a loss, if there is one."""
    if weight is not None:
        module.register_buffer(name, weight.data if isinstance(weight, Tensor) else weight)
