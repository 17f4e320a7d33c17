"""Losses of choices among classes, which lie along the last axis."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Tensor, differentiable
from nnlite.autograd._recording import Array
from nnlite.autograd._tensor import as_array
from nnlite.functional._loss_reduction import as_operand, reduced, refuse_broadcasting, scale_of

__all__ = ["categorical_focal", "cross_entropy", "nll"]

_TINY = 1e-30  # the least chance to be wrong: no power of it is infinite


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
    input, weight = _checked("cross_entropy", input, weight)
    target = target if isinstance(target, Tensor) else np.asarray(target)
    shape, dtype = input.shape, np.result_type(input.dtype, np.float16)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy expected label_smoothing in [0, 1], got {label_smoothing!r}")
    if target.shape == shape:
        q = _smoothed(target if target.dtype.kind == "f" else target.astype(dtype), label_smoothing, weight)
        scale = scale_of(reduction, math.prod(shape[:-1]))
        return _cross_entropy_of_probabilities(input, q, reduction=reduction, scale=scale)
    if target.shape != shape[:-1] or target.dtype.kind not in "iub":
        raise ValueError(
            f"cross_entropy expected integer labels of shape {shape[:-1]} or probabilities of shape {shape}, "
            f"got {target.dtype} of shape {target.shape}"
        )
    labels, hot, counted, row_weight = _rows("cross_entropy", input, target, weight, ignore_index)
    scale = scale_of(reduction, labels.size if row_weight is None else float(row_weight.sum()))
    if label_smoothing:
        q = _smoothed(hot.astype(dtype), label_smoothing, weight)
        q = q if counted is None else counted[..., None] * q
        return _cross_entropy_of_probabilities(input, q, reduction=reduction, scale=scale)
    return _cross_entropy_of_labels(input, labels, hot, row_weight, reduction=reduction, scale=scale)


def nll(
    input: Array, target: Array, weight: Array = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Array:
    """Return -input at the label of each row: the cross-entropy of log-probabilities.

    `cross_entropy(x, y)` is `nll(log_softmax(x), y)`.

    Parameters
    ----------
    input : array of shape (..., C)
        Log-probabilities; the C classes lie along the last axis.
    target : array of int, shape (...)
        Labels 0..C-1.
    weight : array of shape (C,), optional
        Multiplies the losses of each class; a constant.
    ignore_index : int, default -100
        A label that takes no part: its loss is 0 and it does not count in the mean.
    reduction : {"mean", "sum", "none"}, default "mean"
        "mean" divides the sum by the sum of the weights of the labels; it is NaN where nothing counts.

    Returns
    -------
    array of shape (), or (...) for "none"

    Raises
    ------
    ValueError
        If a label is out of range, if shapes do not fit, or if a setting is none of those above.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F, numpy as np
    >>> F.nll(nl.tensor([[-0.5, -1.0], [-2.0, -0.1]]), np.array([0, 0]), reduction="none")
    tensor([0.5, 2. ])
    """
    input, weight = _checked("nll", input, weight)
    target = target.data if isinstance(target, Tensor) else np.asarray(target)
    if target.shape != input.shape[:-1] or target.dtype.kind not in "iub":
        raise ValueError(
            f"nll expected integer labels of shape {input.shape[:-1]}, got {target.dtype} of shape {target.shape}"
        )
    labels, hot, _, row_weight = _rows("nll", input, target, weight, ignore_index)
    scale = scale_of(reduction, labels.size if row_weight is None else float(row_weight.sum()))
    return _nll_of_labels(input, labels, hot, row_weight, reduction=reduction, scale=scale)


@differentiable
def categorical_focal(
    input: Array, target: Array, *, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "mean"
) -> Array:
    """Return the cross-entropy over the last axis with less weight on classes that are already predicted well.

    With p = softmax(input) it is alpha * sum(target * (1 - p)**gamma * -log(p)) over the classes.

    Parameters
    ----------
    input : array of shape (..., C)
        Logits; the C classes lie along the last axis.
    target : array of shape (..., C)
        One-hot labels or probabilities; differentiated too.
    alpha : float, default 0.25
        Multiplies the loss.
    gamma : float, default 2.0
        How fast the weight falls, 0 or more; 0 is alpha times the cross-entropy.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all rows, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or (...) for "none"

    Raises
    ------
    ValueError
        If the shapes differ or have no classes, gamma is negative or the reduction is unknown.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollar, "Focal loss for dense object detection", 2017.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.categorical_focal(nl.tensor([[0.0, 0.0], [3.0, 0.0]]), nl.tensor([[1.0, 0.0]] * 2), reduction="none").round(4)
    tensor([0.0433, 0.    ])
    """
    refuse_broadcasting("categorical_focal", input, target)
    shape = getattr(input, "shape", ())
    if not shape or not shape[-1]:
        raise ValueError(f"categorical_focal expected input of shape (..., classes), got shape {shape}")
    if not gamma >= 0:
        raise ValueError(f"categorical_focal expected gamma to be 0 or more, got {gamma!r}")
    shifted = input - input.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    p, q = np.exp(log_p), np.maximum(-np.expm1(log_p), _TINY)
    focus, slope = alpha * q**gamma, (alpha * gamma) * q ** (gamma - 1)
    terms = -focus * log_p
    steepness = target * (slope * p * log_p - focus)  # of the loss, in log_p
    losses = (target * terms).sum(axis=-1)
    scale = scale_of(reduction, losses.size)
    return reduced(losses, reduction, scale), (
        lambda g: (scale * g)[..., None] * (steepness - p * steepness.sum(axis=-1, keepdims=True)),
        lambda g: (scale * g)[..., None] * terms,
    )


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


@differentiable
def _nll_of_labels(
    input: Array, labels: Array, hot: Array, row_weight: Array, *, reduction: str, scale: float
) -> Array:
    """Return row_weight * -input at the labels; `hot` is the labels' one-hot mask."""
    places = np.arange(0, input.size, input.shape[-1]).reshape(labels.shape) + labels  # in the flattened input
    losses = -input.take(places)
    weight: Array = scale
    if row_weight is not None:
        losses, weight = row_weight * losses, row_weight * scale
    return reduced(losses, reduction, scale), (lambda g: -(weight * g)[..., None] * hot, None, None, None)


def _checked(name: str, input: Array, weight: Array) -> tuple[Array, NDArray[Any] | None]:
    """Return the input and the weight as arrays; raise if there are no classes, or not one weight for each."""
    input = as_operand(input)
    shape = input.shape
    if not shape or not shape[-1]:
        raise ValueError(f"{name} expected input of shape (..., classes), got shape {shape}")
    if weight is not None:
        weight = as_array(weight, np.result_type(input.dtype, np.float16))
        if weight.shape != shape[-1:]:
            raise ValueError(f"{name} expected weight of shape {shape[-1:]}, got shape {weight.shape}")
    return input, weight


def _rows(
    name: str, input: Array, target: Array, weight: NDArray[Any] | None, ignore_index: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None, NDArray[Any] | None]:
    """Return the labels, their one-hot mask, which of them count, and the weights of the rows; None for all and 1."""
    labels = (target.data if isinstance(target, Tensor) else target).astype(np.intp, copy=False)
    hot = labels[..., None] == np.arange(input.shape[-1])  # (..., C)
    counted = _counted(name, labels, hot, ignore_index)
    if counted is not None:
        labels = np.where(counted, labels, np.argmax(input, axis=-1))  # an ignored row's loss, times 0, must be finite
    row_weight = None if weight is None else weight[labels]
    if counted is not None:
        dtype = np.result_type(input.dtype, np.float16)
        row_weight = counted.astype(dtype) if row_weight is None else counted * row_weight
    return labels, hot, counted, row_weight


def _smoothed(q: Array, share: float, weight: NDArray[Any] | None) -> Array:
    """Spread a share of each row evenly over the classes, then weight the classes."""
    if share:
        q = q * (1 - share) + share / q.shape[-1]
    return q if weight is None else q * weight


def _counted(name: str, labels: NDArray[Any], hot: NDArray[Any], ignore_index: int) -> NDArray[Any] | None:
    """Return which labels are not to be ignored, None for all; raise if one of those is no class."""
    classes = hot.shape[-1]
    if np.count_nonzero(hot) == labels.size and not 0 <= ignore_index < classes:
        return None
    counted = np.asarray(labels != ignore_index)
    wrong = np.argwhere(counted & ~hot.any(axis=-1))
    if len(wrong):
        position = tuple(wrong[0].tolist())
        raise ValueError(
            f"{name} expected labels from 0 to {classes - 1} ({classes} classes), "
            f"got {labels[position]} at position {position[0] if len(position) == 1 else position}"
        )
    return counted
