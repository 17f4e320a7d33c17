"""Losses: how far predictions are from targets, reduced to one number or left element by element.

Prediction and target must have the same shape: a pair that only broadcasting would match raises, because the mean
over an (N, N) table of differences between (N, 1) and (N,) is a well-known way to train nothing.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Tensor, differentiable
from nnlite.autograd._recording import Array
from nnlite.autograd._tensor import as_array

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "mae", "mse"]

_REDUCTIONS = ("mean", "sum", "none")
_CLOSEST = 1e-7  # how near to 0 and 1 a probability may come


@differentiable
def mse(input: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return the squared error (input - target)**2.

    Parameters
    ----------
    input : array
        The predictions, of any shape.
    target : array of the input's shape
        What they should be; differentiated too.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all elements, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.mse(nl.tensor([1.0, 2.0]), nl.tensor([1.0, 4.0]))
    tensor(2.)
    """
    _refuse_broadcasting("mse", input, target)
    difference = np.subtract(input, target)
    scale = _scale(reduction, difference.size)
    return _reduced(difference * difference, reduction, scale), (
        lambda g: (2 * scale) * g * difference,
        lambda g: (-2 * scale) * g * difference,
    )


@differentiable
def mae(input: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return the absolute error |input - target|; its derivative is 0 where the two are equal.

    Parameters
    ----------
    input : array
        The predictions, of any shape.
    target : array of the input's shape
        What they should be; differentiated too.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all elements, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.mae(nl.tensor([1.0, 2.0]), nl.tensor([1.0, 4.0]), reduction="sum")
    tensor(2.)
    """
    _refuse_broadcasting("mae", input, target)
    difference = np.subtract(input, target)
    sign = np.sign(difference)
    scale = _scale(reduction, difference.size)
    return _reduced(np.absolute(difference), reduction, scale), (
        lambda g: scale * g * sign,
        lambda g: -scale * g * sign,
    )


@differentiable
def binary_cross_entropy(input: Array, target: Array, weight: Array = None, *, reduction: str = "mean") -> Array:
    """Return -(target * log(input) + (1 - target) * log(1 - input)), for probabilities.

    The probabilities are held between 1e-7 and 1 - 1e-7; outside, the derivative is 0. Where logits are at hand,
    `binary_cross_entropy_with_logits` is exact.

    Parameters
    ----------
    input : array
        Predicted probabilities, of any shape.
    target : array of the input's shape
        Labels 0 and 1, or probabilities; differentiated too.
    weight : array, optional
        Multiplies each element's loss; a constant that broadcasts to the input's shape.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all elements, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes do not fit or the reduction is unknown.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.binary_cross_entropy(nl.tensor([0.5, 0.5]), nl.tensor([0.0, 1.0])).round(3)
    tensor(0.693)
    """
    _refuse_broadcasting("binary_cross_entropy", input, target)
    weight = _element_weight("binary_cross_entropy", "weight", weight, input)
    p = np.clip(input, _CLOSEST, 1 - _CLOSEST)
    inside = (input >= _CLOSEST) & (input <= 1 - _CLOSEST)
    losses = -weight * (target * np.log(p) + (1 - target) * np.log1p(-p))
    scale = _scale(reduction, losses.size)
    return _reduced(losses, reduction, scale), (
        lambda g: scale * g * weight * ((p - target) / (p * (1 - p)) * inside),
        lambda g: scale * g * weight * (np.log1p(-p) - np.log(p)),
        None,
    )


@differentiable
def binary_cross_entropy_with_logits(
    input: Array, target: Array, weight: Array = None, pos_weight: Array = None, *, reduction: str = "mean"
) -> Array:
    """Return the binary cross-entropy of sigmoid(input), exact for logits of any size.

    With softplus(x) = max(x, 0) + log(1 + e**-|x|) it is
    pos_weight * target * softplus(-input) + (1 - target) * softplus(input).

    Parameters
    ----------
    input : array
        Logits, of any shape.
    target : array of the input's shape
        Labels 0 and 1, or probabilities; differentiated too.
    weight : array, optional
        Multiplies each element's loss; a constant that broadcasts to the input's shape.
    pos_weight : array, optional
        Multiplies the positive label's part of the loss; a constant that broadcasts to the input's shape. Above 1 it
        buys recall, below 1 precision.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all elements, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes do not fit or the reduction is unknown.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.binary_cross_entropy_with_logits(nl.tensor([-1000.0, 0.0]), nl.tensor([1.0, 1.0])).round(3)
    tensor(500.347)
    """
    name = "binary_cross_entropy_with_logits"
    _refuse_broadcasting(name, input, target)
    if weight is None and pos_weight is None:
        losses = np.maximum(input, 0) - input * target + np.log1p(np.exp(-np.absolute(input)))
        scale = _scale(reduction, losses.size)
        return _reduced(losses, reduction, scale), (
            lambda g: scale * g * (0.5 * np.tanh(0.5 * input) + 0.5 - target),
            lambda g: -scale * g * input,
        )
    weight = _element_weight(name, "weight", weight, input)
    pos_weight = _element_weight(name, "pos_weight", pos_weight, input)
    positive, negative = pos_weight * target, 1 - target
    rest = np.log1p(np.exp(-np.absolute(input)))
    rising, falling = np.maximum(input, 0) + rest, np.maximum(-input, 0) + rest  # softplus of input and of -input
    scale = _scale(reduction, rest.size)
    return _reduced(weight * (positive * falling + negative * rising), reduction, scale), (
        lambda g: scale * g * weight * ((positive + negative) * (0.5 * np.tanh(0.5 * input) + 0.5) - positive),
        lambda g: scale * g * weight * (pos_weight * falling - rising),
        None,
        None,
    )


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
        scale = _scale(reduction, math.prod(shape[:-1]))
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
    scale = _scale(reduction, labels.size if row_weight is None else float(row_weight.sum()))
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
    return _reduced(losses, reduction, scale), (
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
    return _reduced((q * surprise).sum(axis=-1), reduction, scale), (
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


def _scale(reduction: str, count: float) -> float:
    """Return what the summed losses are multiplied by; NaN for the mean of nothing, as a mean is."""
    if reduction not in _REDUCTIONS:
        raise ValueError(f"reduction is one of {', '.join(map(repr, _REDUCTIONS))}, got {reduction!r}")
    if reduction != "mean":
        return 1.0
    return 1 / count if count else math.nan


def _reduced(losses: Array, reduction: str, scale: float) -> Array:
    """Return the losses one by one, or their sum times the scale."""
    return losses if reduction == "none" else np.add.reduce(losses, axis=None) * scale


def _refuse_broadcasting(name: str, input: Array, target: Array) -> None:
    """Raise unless input and target have one shape."""
    expected, got = getattr(input, "shape", ()), getattr(target, "shape", ())
    if expected != got:
        raise ValueError(f"{name} expected a target of the input's shape {expected}, got shape {got}")


def _element_weight(name: str, argument: str, weight: Array, input: Array) -> Array:
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
