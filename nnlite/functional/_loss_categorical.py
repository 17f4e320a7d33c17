"""Losses of choices among classes, which lie along the last axis."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Tensor, differentiable
from nnlite.autograd._recording import Array
from nnlite.autograd._tensor import as_array
from nnlite.functional._loss_reduction import reduced, scale_of

__all__ = ["cross_entropy"]


def cross_entropy(
    input: Array,
    target: Array,
    weight: Array = None,
    *,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Array:
    """Return -sum(q * log(softmax(input))) over the classes, from logits.

    For the label y, q is 1 at y and 0 elsewhere; label smoothing s makes it (1 - s) * q + s / C.

    Parameters
    ----------
    input : array of shape (..., C)
        Logits; the C classes lie along the last axis.
    target : array of shape (...) or (..., C)
        Integer labels 0..C-1; or the probabilities of all classes (of the input's shape), which are differentiated
        too.
    weight : array of shape (C,), optional
        Multiplies the terms of each class; a constant.
    ignore_index : int, default -100
        A label that takes no part: its loss is 0 and it does not count in the mean. Of no use with probabilities.
    label_smoothing : float, default 0.0
        The share in [0, 1] of q that is spread evenly over all classes.
    reduction : {"mean", "sum", "none"}, default "mean"
        "mean" divides the sum by the sum of the weights of the labels (by the number of rows for probabilities); it
        is NaN where nothing counts.

    Returns
    -------
    array of shape (), or (...) for "none"

    Raises
    ------
    ValueError
        If a label is out of range, if shapes do not fit, or if a setting is none of those above.

    References
    ----------
    C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, "Rethinking the Inception architecture for computer
    vision", 2016 (label smoothing).

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F, numpy as np
    >>> F.cross_entropy(nl.tensor([[2.0, 0.0], [0.0, 0.0]]), np.array([0, 1]), reduction="none").round(3)
    tensor([0.127, 0.693])
    """
    input = input if isinstance(input, Tensor) else as_array(input)
    target = target if isinstance(target, Tensor) else np.asarray(target)
    shape, dtype = input.shape, np.result_type(input.dtype, np.float16)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy expected label_smoothing in [0, 1], got {label_smoothing!r}")
    if not shape or not shape[-1]:
        raise ValueError(f"cross_entropy expected input of shape (..., classes), got shape {shape}")
    if weight is not None:
        weight = as_array(weight, dtype)
        if weight.shape != shape[-1:]:
            raise ValueError(f"cross_entropy expected weight of shape {shape[-1:]}, got shape {weight.shape}")
    if target.shape == shape:
        q = _smoothed(target if target.dtype.kind == "f" else target.astype(dtype), label_smoothing, weight)
        scale = scale_of(reduction, math.prod(shape[:-1]))
        return _cross_entropy_of_probabilities(input, q, reduction=reduction, scale=scale)
    if target.shape != shape[:-1] or target.dtype.kind not in "iub":
        raise ValueError(
            f"cross_entropy expected integer labels of shape {shape[:-1]} or probabilities of shape {shape}, "
            f"got {target.dtype} of shape {target.shape}"
        )
    labels = (target.data if isinstance(target, Tensor) else target).astype(np.intp, copy=False)
    hot = labels[..., None] == np.arange(shape[-1])  # (..., C)
    counted = _counted(labels, hot, ignore_index)
    if counted is not None:
        labels = np.where(counted, labels, np.argmax(input, axis=-1))  # an ignored row's loss, times 0, must be finite
    row_weight = None if weight is None else weight[labels]
    if counted is not None:
        row_weight = counted.astype(dtype) if row_weight is None else counted * row_weight
    scale = scale_of(reduction, labels.size if row_weight is None else float(row_weight.sum()))
    if label_smoothing:
        q = _smoothed(hot.astype(dtype), label_smoothing, weight)
        q = q if counted is None else counted[..., None] * q
        return _cross_entropy_of_probabilities(input, q, reduction=reduction, scale=scale)
    return _cross_entropy_of_labels(input, labels, hot, row_weight, reduction=reduction, scale=scale)


@differentiable
def _cross_entropy_of_labels(
    input: Array, labels: Array, hot: Array, row_weight: Array, *, reduction: str, scale: float
) -> Array:
    """Return row_weight * -log(softmax(input)) at the labels; `hot` is the labels' one-hot mask."""
    shifted = input - input.max(axis=-1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=-1)
    places = np.arange(0, input.size, input.shape[-1]).reshape(labels.shape) + labels  # in the flattened input
    losses = np.log(total) - shifted.take(places)
    weight: Array = scale
    if row_weight is not None:
        losses, weight = row_weight * losses, row_weight * scale
    return reduced(losses, reduction, scale), (
        lambda g: (weight * g)[..., None] * (e / total[..., None] - hot),
        None,
        None,
        None,
    )


@differentiable
def _cross_entropy_of_probabilities(input: Array, q: Array, *, reduction: str, scale: float) -> Array:
    """Return sum(q * -log(softmax(input))) over the last axis, for weights q that need not add up to 1."""
    shifted = input - input.max(axis=-1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=-1, keepdims=True)
    surprise = np.log(total) - shifted
    return reduced((q * surprise).sum(axis=-1), reduction, scale), (
        lambda g: (scale * g)[..., None] * (e * (q.sum(axis=-1, keepdims=True) / total) - q),
        lambda g: (scale * g)[..., None] * surprise,
    )


def _smoothed(q: Array, share: float, weight: NDArray[Any] | None) -> Array:
    """Spread a share of each row evenly over the classes, then weight the classes."""
    if share:
        q = q * (1 - share) + share / q.shape[-1]
    return q if weight is None else q * weight


def _counted(labels: NDArray[Any], hot: NDArray[Any], ignore_index: int) -> NDArray[Any] | None:
    """Return which labels are not to be ignored, None for all; raise if one of those is no class."""
    classes = hot.shape[-1]
    if np.count_nonzero(hot) == labels.size and not 0 <= ignore_index < classes:
        return None
    counted = np.asarray(labels != ignore_index)
    wrong = np.argwhere(counted & ~hot.any(axis=-1))
    if len(wrong):
        position = tuple(wrong[0].tolist())
        raise ValueError(
            f"cross_entropy expected labels from 0 to {classes - 1} ({classes} classes), "
            f"got {labels[position]} at position {position[0] if len(position) == 1 else position}"
        )
    return counted
