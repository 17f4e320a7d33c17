"""Losses of numbers, labels and distributions."""

from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Tensor, differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._loss_reduction import (
    as_operand,
    element_weight,
    reduced,
    refuse_broadcasting,
    scale_of,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]

_LOWEST = -100.0  # logarithms of probabilities are held here


def mse_loss(input: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return the squared error (input - target)**2.

    Parameters
    ----------
    input, target : Tensor or array, of one shape
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.mse_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    2.0
    """
    return F.mse(input, target, reduction=reduction)


def l1_loss(input: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return the absolute error |input - target|.

    Parameters
    ----------
    input, target : Tensor or array, of one shape
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.l1_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    1.0
    """
    return F.mae(input, target, reduction=reduction)


def smooth_l1_loss(input: Array, target: Array, *, reduction: str = "mean", beta: float = 1.0) -> Array:
    """Return d**2 / (2 * beta) where |d| < beta and |d| - beta / 2 elsewhere; d = input - target.

    Parameters
    ----------
    input, target : Tensor or array, of one shape
    beta : float, default 1.0
        0 makes it `l1_loss`.
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.smooth_l1_loss(np.array([0.0, 3.0]), np.array([1.0, 0.0]), reduction="sum"))
    3.0
    """
    return F.smooth_l1(input, target, beta=beta, reduction=reduction)


def huber_loss(input: Array, target: Array, reduction: str = "mean", delta: float = 1.0) -> Array:
    """Return d**2 / 2 where |d| <= delta and delta * (|d| - delta / 2) elsewhere; d = input - target.

    Parameters
    ----------
    input, target : Tensor or array, of one shape
    delta : float, default 1.0
        Above 0.
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.huber_loss(np.array([0.0, 3.0]), np.array([1.0, 0.0]), reduction="sum", delta=2.0))
    4.5
    """
    return F.huber(input, target, delta=delta, reduction=reduction)


def cross_entropy(
    input: Array,
    target: Array,
    weight: Array = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array:
    """Return the cross-entropy of softmax(input) over the classes.

    Parameters
    ----------
    input : Tensor or array, shape (C,), (N, C) or (N, C, d1, ...)
        Logits.
    target : Tensor or array, of the input's shape without C, or of the input's shape
        Integer labels, or the probabilities of all classes.
    weight : Tensor or array, shape (C,), optional
        Multiplies the terms of each class.
    ignore_index : int, default -100
        A label that takes no part.
    label_smoothing : float, default 0.0
        The share in [0, 1] of the target that is spread evenly over all classes.
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or of the input's shape without C for "none"

    Raises
    ------
    ValueError
        If a label is out of range, if shapes do not fit, or if a setting is none of those above.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.cross_entropy(np.zeros((1, 4)), np.array([2])).round(4))
    1.3863
    """
    input, target = as_operand(input), _constant_or_tensor(target)
    return F.cross_entropy(
        _classes_last(input),
        _classes_last(target) if target.shape == input.shape else target,
        weight,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
        reduction=reduction,
    )


def nll_loss(
    input: Array, target: Array, weight: Array = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Array:
    """Return -input at the label of each row: the cross-entropy of log-probabilities.

    Parameters
    ----------
    input : Tensor or array, shape (C,), (N, C) or (N, C, d1, ...)
        Log-probabilities.
    target : Tensor or array of int, of the input's shape without C
        Labels.
    weight : Tensor or array, shape (C,), optional
        Multiplies the losses of each class.
    ignore_index : int, default -100
        A label that takes no part.
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or of the target's shape for "none"

    Raises
    ------
    ValueError
        If a label is out of range, if shapes do not fit, or if the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.nll_loss(np.array([[-0.5, -1.0]]), np.array([1])))
    1.0
    """
    return F.nll(_classes_last(as_operand(input)), target, weight, ignore_index=ignore_index, reduction=reduction)


def binary_cross_entropy(input: Array, target: Array, weight: Array = None, *, reduction: str = "mean") -> Array:
    """Return -(target * log(input) + (1 - target) * log(1 - input)), with logarithms held at -100.

    Parameters
    ----------
    input, target : Tensor or array, of one shape
        Probabilities, and labels 0 and 1 or probabilities.
    weight : Tensor or array, optional
        Multiplies each element's loss; broadcasts to the input's shape.
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If a probability is outside [0, 1], shapes do not fit or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.binary_cross_entropy(np.array([0.0]), np.array([1.0])))
    100.0
    """
    input = as_operand(input)
    if ((input < 0) | (input > 1)).any():
        raise ValueError("binary_cross_entropy expected probabilities in [0, 1], got others; are these logits?")
    return _held_binary_cross_entropy(input, target, weight, reduction=reduction)


@differentiable
def _held_binary_cross_entropy(input: Array, target: Array, weight: Array, *, reduction: str) -> Array:
    """Return the binary cross-entropy with logarithms held at -100, and p * (1 - p) at 1e-12 in the gradient."""
    refuse_broadcasting("binary_cross_entropy", input, target)
    weight = element_weight("binary_cross_entropy", "weight", weight, input)
    yes = np.where(input > 0, np.maximum(np.log(input + (input <= 0)), _LOWEST), _LOWEST)
    no = np.where(input < 1, np.maximum(np.log1p(-input * (input < 1)), _LOWEST), _LOWEST)
    slope = (input - target) / np.maximum(input * (1 - input), 1e-12)
    losses = -weight * (target * yes + (1 - target) * no)
    scale = scale_of(reduction, losses.size)
    return reduced(losses, reduction, scale), (
        lambda g: scale * g * weight * slope,
        lambda g: scale * g * weight * (no - yes),
        None,
    )


def binary_cross_entropy_with_logits(
    input: Array, target: Array, weight: Array = None, *, reduction: str = "mean", pos_weight: Array = None
) -> Array:
    """Return the binary cross-entropy of sigmoid(input), exact for logits of any size.

    Parameters
    ----------
    input, target : Tensor or array, of one shape
        Logits, and labels 0 and 1 or probabilities.
    weight : Tensor or array, optional
        Multiplies each element's loss; broadcasts to the input's shape.
    pos_weight : Tensor or array, optional
        Multiplies the positive label's part of the loss; broadcasts to the input's shape.
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If shapes do not fit or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.binary_cross_entropy_with_logits(np.array([0.0]), np.array([1.0])).round(4))
    0.6931
    """
    return F.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction=reduction)


def kl_div(input: Array, target: Array, *, reduction: str = "mean", log_target: bool = False) -> Array:
    """Return target * (log(target) - input), for log-probabilities.

    Parameters
    ----------
    input, target : Tensor or array, of one shape
        Log-probabilities, and probabilities.
    log_target : bool, default False
        Whether the target is given as logarithms, too.
    reduction : {"mean", "batchmean", "sum", "none"}, default "mean"
        "batchmean" is the divergence: the sum divided by the size of the batch.

    Returns
    -------
    Tensor or array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.kl_div(np.log([[0.5, 0.5]]), np.array([[1.0, 0.0]]), reduction="batchmean").round(4))
    0.6931
    """
    if reduction != "batchmean":
        return F.kl_div(input, target, log_target=log_target, reduction=reduction)
    input = as_operand(input)
    return F.kl_div(input, target, log_target=log_target, reduction="sum") / input.shape[0]


def poisson_nll_loss(
    input: Array,
    target: Array,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Array:
    """Return the negative log-likelihood of Poisson counts, up to a term of the counts alone.

    Parameters
    ----------
    input, target : Tensor or array, of one shape
        Rates or their logarithms, and counts.
    log_input : bool, default True
        Whether the input is the logarithm of the rate.
    full : bool, default False
        Whether to add Stirling's approximation of log(target!).
    eps : float, default 1e-8
        Added to rates before their logarithm is taken.
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.poisson_nll_loss(np.array([0.0]), np.array([2.0])))
    1.0
    """
    return F.poisson_nll(input, target, log_input=log_input, full=full, eps=eps, reduction=reduction)


def gaussian_nll_loss(
    input: Array, target: Array, var: Array, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Array:
    """Return (log(v) + (input - target)**2 / v) / 2 with v = max(var, eps).

    Parameters
    ----------
    input, target : Tensor or array, of one shape
        Means, and what was observed.
    var : Tensor, array or float
        Variances: of the input's shape, one for each row, or one number.
    full : bool, default False
        Whether to add log(2 * pi) / 2.
    eps : float, default 1e-6
        The least variance.
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If shapes do not fit, a variance is negative or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.gaussian_nll_loss(np.array([1.0]), np.array([3.0]), np.array([1.0])))
    2.0
    """
    return F.gaussian_nll(input, target, var, full=full, eps=eps, reduction=reduction)


def _constant_or_tensor(target: Any) -> Any:
    """Return a Tensor or an array, which keeps its integers."""
    return target if isinstance(target, Tensor) else np.asarray(target)


def _classes_last(x: Array) -> Array:
    """Put axis 1, the classes, last; a single row has them there."""
    return F.moveaxis(x, 1, -1) if x.ndim > 2 else x
