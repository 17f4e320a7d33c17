"""Losses of yes-or-no questions, from probabilities or from logits."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._logits import divided
from nnlite.functional._loss_reduction import element_weight, reduced, refuse_broadcasting, scale_of

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "focal"]

_CLOSEST = 1e-7  # how near to 0 and 1 a probability may come
_TINY = 1e-30  # the least chance to be wrong: no power of it is infinite


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
    refuse_broadcasting("binary_cross_entropy", input, target)
    weight = element_weight("binary_cross_entropy", "weight", weight, input)
    p = np.clip(input, _CLOSEST, 1 - _CLOSEST)
    inside = (input >= _CLOSEST) & (input <= 1 - _CLOSEST)
    losses = -weight * (target * np.log(p) + (1 - target) * np.log1p(-p))
    scale = scale_of(reduction, losses.size)
    return reduced(losses, reduction, scale), (
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
    refuse_broadcasting(name, input, target)
    if weight is None and pos_weight is None:
        return _of_logits(input, target, reduction, lambda: 0.5 * np.tanh(0.5 * input) + 0.5)
    weight = element_weight(name, "weight", weight, input)
    pos_weight = element_weight(name, "pos_weight", pos_weight, input)
    positive, negative = pos_weight * target, 1 - target
    rest = np.log1p(np.exp(-np.absolute(input)))
    rising, falling = np.maximum(input, 0) + rest, np.maximum(-input, 0) + rest  # softplus of input and of -input
    scale = scale_of(reduction, rest.size)
    return reduced(weight * (positive * falling + negative * rising), reduction, scale), (
        lambda g: scale * g * weight * ((positive + negative) * (0.5 * np.tanh(0.5 * input) + 0.5) - positive),
        lambda g: scale * g * weight * (pos_weight * falling - rising),
        None,
        None,
    )


@differentiable(shortcut=True)
def binary_cross_entropy_of_sigmoid(input: Array, logits: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return the binary cross-entropy of input = sigmoid(logits), computed from the logits.

    It does in one step what `logits_behind` and `binary_cross_entropy_with_logits` do in two, and need not compute the
    sigmoid again: a tenth of a small network's training step.
    """
    loss, (to_logits, to_target) = _of_logits(logits, target, reduction, lambda: input)

    def vjps(g: Array, needs: tuple[bool, ...]) -> tuple[Array, ...]:
        return (
            divided(to_logits(g), input * (1 - input)) if needs[0] else None,
            to_logits(g) if needs[1] else None,
            to_target(g) if needs[2] else None,
        )

    return loss, vjps


@binary_cross_entropy_of_sigmoid.composite
def _of_probabilities(input: Array, logits: Array, target: Array, *, reduction: str = "mean") -> Array:
    return binary_cross_entropy(input, target, reduction=reduction)


def _of_logits(logits: Array, target: Array, reduction: str, sigmoid: Callable[[], Array]) -> tuple[Array, Any]:
    """Return the unweighted loss and its VJPs; `sigmoid` gives the probabilities, where they are needed."""
    losses = np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.absolute(logits)))
    scale = scale_of(reduction, losses.size)
    return reduced(losses, reduction, scale), (
        lambda g: scale * g * (sigmoid() - target),
        lambda g: -scale * g * logits,
    )


@differentiable
def focal(
    input: Array, target: Array, *, alpha: float | None = 0.25, gamma: float = 2.0, reduction: str = "mean"
) -> Array:
    """Return the binary cross-entropy of sigmoid(input), with less weight on what is already predicted well.

    With p = sigmoid(input) and the chance to be wrong q = target * (1 - p) + (1 - target) * p it is
    w * q**gamma * binary_cross_entropy_with_logits(input, target), where
    w = alpha * target + (1 - alpha) * (1 - target).

    Parameters
    ----------
    input : array
        Logits, of any shape.
    target : array of the input's shape
        Labels 0 and 1, or probabilities; differentiated too.
    alpha : float or None, default 0.25
        The weight in [0, 1] of positive labels; None weighs both alike, with 1.
    gamma : float, default 2.0
        How fast the weight falls, 0 or more; 0 is the cross-entropy itself.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all elements, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ, a setting is out of range or the reduction is unknown.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollar, "Focal loss for dense object detection", 2017.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.focal(nl.tensor([0.0, 2.0]), nl.tensor([1.0, 1.0]), alpha=None, reduction="none").round(4)
    tensor([0.1733, 0.0018])
    """
    refuse_broadcasting("focal", input, target)
    if alpha is not None and not 0 <= alpha <= 1:
        raise ValueError(f"focal expected alpha in [0, 1] or None, got {alpha!r}")
    if not gamma >= 0:
        raise ValueError(f"focal expected gamma to be 0 or more, got {gamma!r}")
    rest = np.log1p(np.exp(-np.absolute(input)))
    rising, falling = np.maximum(input, 0) + rest, np.maximum(-input, 0) + rest  # -log(1 - p) and -log(p)
    p, not_p = np.exp(-falling), np.exp(-rising)
    q = np.maximum(target * not_p + (1 - target) * p, _TINY)
    entropy = target * falling + (1 - target) * rising
    weight, w_slope = (1.0, 0.0) if alpha is None else (alpha * target + (1 - alpha) * (1 - target), 2 * alpha - 1)
    focus, slope = q**gamma, gamma * q ** (gamma - 1)
    scale = scale_of(reduction, entropy.size)
    return reduced(weight * focus * entropy, reduction, scale), (
        lambda g: scale * g * weight * (focus * (p - target) + slope * entropy * (1 - 2 * target) * (p * not_p)),
        lambda g: (
            scale
            * g
            * (w_slope * focus * entropy + weight * (slope * entropy * (not_p - p) + focus * (falling - rising)))
        ),
    )
