"""How targets, predictions and weights come to have shapes that fit each other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnlite.functional as F

__all__ = ["FLATTEN", "classes_last", "lined_up", "lined_up_weight", "ranked_like", "squeezed", "whole_labels"]

FLATTEN = "; is a Flatten layer missing before the last layer?"


def lined_up(y_true: Any, y_pred: Any, name: str) -> Any:
    """Give y_true the shape of y_pred, and a floating dtype, if only a trailing axis of one differs; else raise."""
    if y_true.shape != y_pred.shape:
        y_true = ranked_like(y_pred, y_true)
        if y_true.shape != y_pred.shape:
            raise ValueError(
                f"{name} expected y_true of the predictions' shape {y_pred.shape}, got shape {y_true.shape}"
            )
    dtype = y_pred.dtype
    return y_true.astype(dtype, copy=False) if dtype.kind == "f" else y_true


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


def classes_last(values: Any, axis: int) -> Any:
    """Return the values with this axis as the last one; as they are if it is."""
    return values if axis in (-1, values.ndim - 1) else F.moveaxis(values, axis, -1)


def squeezed(y_true: Any, ndim: int, axis: int) -> Any:
    """Drop the axis of one that labels may have where predictions with `ndim` axes have the classes."""
    return y_true.squeeze(axis) if y_true.ndim == ndim and y_true.shape[axis] == 1 else y_true


def whole_labels(y_true: Any, y_pred: Any, name: str) -> NDArray[Any]:
    """Return integer labels for predictions whose last axis are the classes; raise if they are anything else."""
    if y_true.shape != y_pred.shape[:-1]:
        advice = FLATTEN if y_true.ndim + 1 < y_pred.ndim else ""
        if y_true.shape == y_pred.shape:
            advice = "; for one-hot labels use categorical_crossentropy"
        raise ValueError(
            f"{name} expected integer labels of shape {y_pred.shape[:-1]} for predictions of shape "
            f"{y_pred.shape}, got shape {y_true.shape}{advice}"
        )
    with np.errstate(invalid="ignore"):
        labels: NDArray[Any] = y_true.astype(np.int64, copy=False)
    if y_true.dtype.kind == "f" and not np.array_equal(labels, y_true):
        raise ValueError(f"{name} expected integer labels, got {y_true[labels != y_true].flat[0]}")
    return labels
