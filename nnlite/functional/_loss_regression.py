"""Losses of regression: how far predicted numbers are from the targets."""

import math

import numpy as np

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._loss_reduction import reduced, refuse_broadcasting, scale_of

__all__ = ["huber", "log_cosh", "mae", "mape", "mse", "msle", "smooth_l1"]

_SMALLEST = 1e-7  # what a relative error divides by at least, and what a logarithmic error sees at least


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
    refuse_broadcasting("mse", input, target)
    difference = np.subtract(input, target)
    scale = scale_of(reduction, difference.size)
    return reduced(difference * difference, reduction, scale), (
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
    refuse_broadcasting("mae", input, target)
    difference = np.subtract(input, target)
    sign = np.sign(difference)
    scale = scale_of(reduction, difference.size)
    return reduced(np.absolute(difference), reduction, scale), (
        lambda g: scale * g * sign,
        lambda g: -scale * g * sign,
    )


@differentiable
def huber(input: Array, target: Array, *, delta: float = 1.0, reduction: str = "mean") -> Array:
    """Return the squared error near the target and the absolute error far from it, joined smoothly.

    With d = input - target it is d**2 / 2 where |d| <= delta, and delta * (|d| - delta / 2) elsewhere.

    Parameters
    ----------
    input : array
        The predictions, of any shape.
    target : array of the input's shape
        What they should be; differentiated too.
    delta : float, default 1.0
        Where the parabola ends, above 0.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all elements, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ, delta is not above 0, or the reduction is unknown.

    References
    ----------
    P. J. Huber, "Robust estimation of a location parameter", 1964.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.huber(nl.tensor([0.5, 3.0]), nl.tensor([0.0, 0.0]), reduction="none")
    tensor([0.125, 2.5  ])
    """
    refuse_broadcasting("huber", input, target)
    if not delta > 0:
        raise ValueError(f"huber expected delta above 0, got {delta!r}")
    difference = np.subtract(input, target)
    slope = np.clip(difference, -delta, delta)
    scale = scale_of(reduction, difference.size)
    return reduced(slope * (difference - 0.5 * slope), reduction, scale), (
        lambda g: scale * g * slope,
        lambda g: -scale * g * slope,
    )


@differentiable
def smooth_l1(input: Array, target: Array, *, beta: float = 1.0, reduction: str = "mean") -> Array:
    """Return the absolute error with its kink rounded off: `huber` with delta = beta, divided by beta.

    With d = input - target it is d**2 / (2 * beta) where |d| < beta, and |d| - beta / 2 elsewhere.

    Parameters
    ----------
    input : array
        The predictions, of any shape.
    target : array of the input's shape
        What they should be; differentiated too.
    beta : float, default 1.0
        Where the parabola ends; 0 makes it `mae`.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all elements, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ, beta is negative, or the reduction is unknown.

    References
    ----------
    R. Girshick, "Fast R-CNN", 2015.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.smooth_l1(nl.tensor([0.25, 3.0]), nl.tensor([0.0, 0.0]), beta=0.5, reduction="none")
    tensor([0.0625, 2.75  ])
    """
    refuse_broadcasting("smooth_l1", input, target)
    if not beta >= 0:
        raise ValueError(f"smooth_l1 expected beta to be 0 or more, got {beta!r}")
    difference = np.subtract(input, target)
    slope = np.clip(difference / beta, -1, 1) if beta else np.sign(difference)
    scale = scale_of(reduction, difference.size)
    return reduced(slope * (difference - (0.5 * beta) * slope), reduction, scale), (
        lambda g: scale * g * slope,
        lambda g: -scale * g * slope,
    )


@differentiable
def log_cosh(input: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return log(cosh(input - target)): about d**2 / 2 near the target, |d| - log(2) far from it.

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
    >>> F.log_cosh(nl.tensor([1.0, 100.0]), nl.tensor([0.0, 0.0]), reduction="none").round(4)
    tensor([ 0.4338, 99.3069])
    """
    refuse_broadcasting("log_cosh", input, target)
    difference = np.subtract(input, target)
    size = np.absolute(difference)
    near = 0.5 * np.log1p(np.sinh(np.minimum(size, 1)) ** 2)  # keeps its digits where d is small
    far = size + np.log1p(np.exp(-2 * size)) - math.log(2)
    slope = np.tanh(difference)
    scale = scale_of(reduction, difference.size)
    return reduced(np.where(size < 1, near, far), reduction, scale), (
        lambda g: scale * g * slope,
        lambda g: -scale * g * slope,
    )


@differentiable
def mape(input: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return the absolute error in per cent of the target, 100 * |input - target| / max(|target|, 1e-7).

    Its derivative in the input is 0 where the two are equal.

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
    >>> F.mape(nl.tensor([1.0, 2.0]), nl.tensor([2.0, -4.0]), reduction="none")
    tensor([ 50., 150.])
    """
    refuse_broadcasting("mape", input, target)
    difference = np.subtract(input, target)
    size = np.maximum(np.absolute(target), _SMALLEST)
    slope = 100 * np.sign(difference) / size
    relative = 100 * np.absolute(difference) / size
    growth = np.sign(target) * (np.absolute(target) > _SMALLEST) / size  # of the logarithm of size
    scale = scale_of(reduction, difference.size)
    return reduced(relative, reduction, scale), (
        lambda g: scale * g * slope,
        lambda g: -scale * g * (slope + relative * growth),
    )


@differentiable
def msle(input: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return the squared difference of log(1 + input) and log(1 + target), both held at 1e-7 or above.

    It weighs an error by its factor rather than by its size. Where an argument is held, its derivative is 0.

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
    >>> F.msle(nl.tensor([0.0, 99.0]), nl.tensor([1.0, 199.0]), reduction="none").round(4)
    tensor([0.4805, 0.4805])
    """
    refuse_broadcasting("msle", input, target)
    x, t = np.maximum(input, _SMALLEST), np.maximum(target, _SMALLEST)
    x_slope, t_slope = (input > _SMALLEST) / (1 + x), (target > _SMALLEST) / (1 + t)
    difference = np.log1p(x) - np.log1p(t)
    scale = scale_of(reduction, difference.size)
    return reduced(difference * difference, reduction, scale), (
        lambda g: (2 * scale) * g * (difference * x_slope),
        lambda g: (-2 * scale) * g * (difference * t_slope),
    )
