"""Losses that are negative log-likelihoods of a distribution, or a distance between two distributions."""

import math

import numpy as np

from nnlite.autograd import Tensor, differentiable
from nnlite.autograd._recording import Array
from nnlite.autograd._tensor import as_array
from nnlite.functional._loss_reduction import as_operand, reduced, refuse_broadcasting, scale_of

__all__ = ["gaussian_nll", "kl_div", "poisson_nll"]


@differentiable
def poisson_nll(
    input: Array,
    target: Array,
    *,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Array:
    """Return the negative log-likelihood of counts that are Poisson distributed, up to a term of the counts alone.

    It is exp(input) - target * input where the input is the logarithm of the rate, and
    input - target * log(input + eps) where it is the rate itself.

    Parameters
    ----------
    input : array
        The predicted rates or their logarithms, of any shape. Float32 holds rates up to exp(88).
    target : array of the input's shape
        The counts; differentiated too.
    log_input : bool, default True
        Whether the input is the logarithm of the rate.
    full : bool, default False
        Whether to add Stirling's approximation of log(target!), target * log(target) - target
        + log(2 * pi * target) / 2, for counts above 1.
    eps : float, default 1e-8
        Keeps the logarithm of a rate finite.
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
    >>> F.poisson_nll(nl.tensor([0.0, 1.0]), nl.tensor([2.0, 3.0]), reduction="none").round(4)
    tensor([ 1.    , -0.2817])
    """
    refuse_broadcasting("poisson_nll", input, target)
    if log_input:
        rate = np.exp(input)
        logarithm, slope = input, rate - target
    else:
        rate = input
        logarithm, slope = np.log(input + eps), 1 - target / (input + eps)
    losses, t_slope = rate - target * logarithm, -logarithm
    if full:
        is_large = target > 1
        t = np.maximum(target, 1)
        losses = losses + is_large * (t * np.log(t) - t + 0.5 * np.log(2 * math.pi * t))
        t_slope = t_slope + is_large * (np.log(t) + 0.5 / t)
    scale = scale_of(reduction, losses.size)
    return reduced(losses, reduction, scale), (
        lambda g: scale * g * slope,
        lambda g: scale * g * t_slope,
    )


def gaussian_nll(
    input: Array, target: Array, var: Array, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Array:
    """Return the negative log-likelihood of targets that are normally distributed around the input.

    (log(v) + (input - target)**2 / v) / 2, where v = max(var, eps). The derivative in var is taken at v also where
    var is smaller, so that a variance that became too small can grow again.

    Parameters
    ----------
    input : array
        The predicted means, of any shape.
    target : array of the input's shape
        What was observed; differentiated too.
    var : array or float
        The predicted variances: of the input's shape, or one for each row of the last axis (that axis is missing or
        has length 1), or one number.
    full : bool, default False
        Whether to add the constant log(2 * pi) / 2.
    eps : float, default 1e-6
        The least variance, above 0.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all elements, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes do not fit, a variance is negative, eps is not above 0 or the reduction is unknown.

    References
    ----------
    D. A. Nix, A. S. Weigend, "Estimating the mean and variance of the target probability distribution", 1994.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.gaussian_nll(nl.tensor([1.0, 2.0]), nl.tensor([1.0, 4.0]), 4.0, reduction="none").round(4)
    tensor([0.6931, 1.1931])
    """
    if not eps > 0:
        raise ValueError(f"gaussian_nll expected eps above 0, got {eps!r}")
    input = as_operand(input)
    var = var if isinstance(var, Tensor) else as_array(var, np.result_type(input.dtype, np.float16))
    if var.shape == input.shape[:-1] and input.shape:
        var = var[..., None]
    if var.shape not in (input.shape, (*input.shape[:-1], 1), ()):
        raise ValueError(
            f"gaussian_nll expected var of the input's shape {input.shape}, of shape {input.shape[:-1]}, or a number, "
            f"got shape {var.shape}"
        )
    if (var < 0).any():
        raise ValueError("gaussian_nll expected var to be 0 or more, got a negative variance")
    return _gaussian_nll(input, target, var, full=full, eps=eps, reduction=reduction)


@differentiable
def _gaussian_nll(input: Array, target: Array, var: Array, *, full: bool, eps: float, reduction: str) -> Array:
    """Return the negative log-likelihood for a var that broadcasts to the input."""
    refuse_broadcasting("gaussian_nll", input, target)
    difference = np.subtract(input, target)
    v = np.maximum(var, eps)
    slope = difference / v
    losses = 0.5 * (np.log(v) + difference * slope)
    losses = losses + 0.5 * math.log(2 * math.pi) if full else losses
    scale = scale_of(reduction, losses.size)
    return reduced(losses, reduction, scale), (
        lambda g: scale * g * slope,
        lambda g: -scale * g * slope,
        lambda g: (0.5 * scale) * g * (1 / v - slope * slope),
    )


@differentiable
def kl_div(input: Array, target: Array, *, log_target: bool = False, reduction: str = "mean") -> Array:
    """Return the terms of the Kullback-Leibler divergence, target * (log(target) - input), for log-probabilities.

    Where the target is 0 so is the term, and the derivative in the target (which is infinite) is taken as 0.

    Parameters
    ----------
    input : array
        The logarithms of the predicted probabilities, of any shape.
    target : array of the input's shape
        The probabilities, or their logarithms; differentiated too.
    log_target : bool, default False
        Whether the target is given as logarithms.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all elements, add them up, or leave them as they are. The divergence of a batch of distributions is
        their sum divided by the size of the batch.

    Returns
    -------
    array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    References
    ----------
    S. Kullback, R. A. Leibler, "On information and sufficiency", 1951.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.kl_div(F.log(nl.tensor([0.5, 0.5])), nl.tensor([1.0, 0.0]), reduction="none").round(4)
    tensor([0.6931, 0.    ])
    """
    refuse_broadcasting("kl_div", input, target)
    if log_target:
        q = np.exp(target)
        surprise = target - input
        t_slope = q * (surprise + 1)
    else:
        q = target
        surprise = np.log(q + (q == 0)) - input
        t_slope = (surprise + 1) * (q != 0)
    losses = q * surprise
    scale = scale_of(reduction, losses.size)
    return reduced(losses, reduction, scale), (
        lambda g: -scale * g * q,
        lambda g: scale * g * t_slope,
    )
