"""How targets, predictions and weights come to have shapes that fit each other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["lined_up", "lined_up_weight", "ranked_like"]


def lined_up(y_true: Any, y_pred: Any, name: str) -> Any:
    """Give y_true the shape of y_pred, and a floating dtype, if only a trailing axis of one differs; else raise."""
    if y_true.shape != y_pred.shape:
        y_true = ranked_like(y_pred, y_true)
    if y_true.shape != y_pred.shape:
        raise ValueError(f"{name} expected y_true of the predictions' shape {y_pred.shape}, got shape {y_true.shape}")
    return y_true.astype(y_pred.dtype, copy=False) if y_pred.dtype.kind == "f" else y_true


def ranked_like(y_pred: Any, y_true: Any) -> Any:
    """Add or drop a trailing axis of one of y_true where that makes its shape that of y_pred."""
    fits = (*y_true.shape, 1) == y_pred.shape or y_true.shape == (*y_pred.shape, 1)
    return y_true.reshape(y_pred.shape) if fits else y_true


def lined_up_weight(sample_weight: Any, shape: tuple[int, ...], name: str) -> NDArray[Any]:
    """Give weights, one a sample, as many axes as the values of this shape; raise if their numbers differ."""
    weight = np.asarray(sample_weight)
    if weight.ndim > 1 and weight.shape[-1] == 1 and weight.shape != shape[: weight.ndim]:
        weight = weight[..., 0]
    if weight.shape != shape[: weight.ndim]:
        raise ValueError(f"{name} expected one weight for each value of shape {shape}, got shape {weight.shape}")
    return weight.reshape(weight.shape + (1,) * (len(shape) - weight.ndim))
