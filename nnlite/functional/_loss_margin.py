"""Losses that ask for a margin: a prediction that is right by enough costs nothing."""

import numpy as np

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._loss_reduction import reduced, refuse_broadcasting, scale_of

__all__ = ["categorical_hinge", "hinge", "margin_ranking", "squared_hinge"]


@differentiable
def hinge(input: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return max(1 - target * input, 0), for labels -1 and 1; its derivative at the kink is 0.

    Parameters
    ----------
    input : array
        Scores, of any shape.
    target : array of the input's shape
        Labels -1 and 1; differentiated too.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all elements, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or of the input's shape for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    References
    ----------
    C. Cortes, V. Vapnik, "Support-vector networks", 1995.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.hinge(nl.tensor([0.5, 2.0, 2.0]), nl.tensor([1.0, 1.0, -1.0]), reduction="none")
    tensor([0.5, 0. , 3. ])
    """
    refuse_broadcasting("hinge", input, target)
    shortfall = np.maximum(1 - target * input, 0)
    short = shortfall > 0
    scale = scale_of(reduction, shortfall.size)
    return reduced(shortfall, reduction, scale), (
        lambda g: -scale * g * (short * target),
        lambda g: -scale * g * (short * input),
    )


@differentiable
def squared_hinge(input: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return max(1 - target * input, 0)**2, for labels -1 and 1.

    Parameters
    ----------
    input : array
        Scores, of any shape.
    target : array of the input's shape
        Labels -1 and 1; differentiated too.
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
    >>> F.squared_hinge(nl.tensor([0.5, 2.0, 2.0]), nl.tensor([1.0, 1.0, -1.0]), reduction="none")
    tensor([0.25, 0.  , 9.  ])
    """
    refuse_broadcasting("squared_hinge", input, target)
    shortfall = np.maximum(1 - target * input, 0)
    scale = scale_of(reduction, shortfall.size)
    return reduced(shortfall * shortfall, reduction, scale), (
        lambda g: (-2 * scale) * g * (shortfall * target),
        lambda g: (-2 * scale) * g * (shortfall * input),
    )


@differentiable
def categorical_hinge(input: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return max(best - right + 1, 0): by how much the best wrong class comes too near to the right one.

    right = sum(target * input) and best = max((1 - target) * input) over the last axis. As the right class itself
    adds a 0 to the latter, best is never negative. At a tie the first maximum has the gradient.

    Parameters
    ----------
    input : array of shape (..., C)
        Scores; the C classes lie along the last axis.
    target : array of shape (..., C)
        One-hot labels; differentiated too.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all rows, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or (...) for "none"

    Raises
    ------
    ValueError
        If the shapes differ or have no classes, or the reduction is unknown.

    References
    ----------
    K. Crammer, Y. Singer, "On the algorithmic implementation of multiclass kernel-based vector machines", 2001.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.categorical_hinge(nl.tensor([[2.0, 1.5, 0.0], [0.0, 3.0, 0.0]]), nl.tensor([[1.0, 0.0, 0.0]] * 2), \
reduction="none")
    tensor([0.5, 4. ])
    """
    refuse_broadcasting("categorical_hinge", input, target)
    shape = getattr(input, "shape", ())
    if not shape or not shape[-1]:
        raise ValueError(f"categorical_hinge expected input of shape (..., classes), got shape {shape}")
    others = (1 - target) * input
    is_best = others.argmax(axis=-1)[..., None] == np.arange(shape[-1])
    losses = np.maximum(others.max(axis=-1) - (target * input).sum(axis=-1) + 1, 0)
    short = (losses > 0)[..., None]
    scale = scale_of(reduction, losses.size)
    return reduced(losses, reduction, scale), (
        lambda g: (scale * g)[..., None] * (short * (is_best * (1 - target) - target)),
        lambda g: (-scale * g)[..., None] * (short * (is_best * input + input)),
    )


@differentiable
def margin_ranking(
    input1: Array, input2: Array, target: Array, *, margin: float = 0.0, reduction: str = "mean"
) -> Array:
    """Return max(margin - target * (input1 - input2), 0); its derivative at the kink is 0.

    Parameters
    ----------
    input1, input2 : array
        Scores of the same shape.
    target : array of the same shape
        1 where the first should be larger, -1 where the second should be; differentiated too.
    margin : float, default 0.0
        By how much it should be larger.
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
    >>> F.margin_ranking(nl.tensor([1.0, 1.0]), nl.tensor([3.0, 0.0]), nl.tensor([1.0, 1.0]), reduction="none")
    tensor([2., 0.])
    """
    refuse_broadcasting("margin_ranking", input1, input2, "input2 of input1's shape")
    refuse_broadcasting("margin_ranking", input1, target)
    difference = np.subtract(input1, input2)
    shortfall = np.maximum(margin - target * difference, 0)
    short = shortfall > 0
    scale = scale_of(reduction, shortfall.size)
    return reduced(shortfall, reduction, scale), (
        lambda g: -scale * g * (short * target),
        lambda g: scale * g * (short * target),
        lambda g: -scale * g * (short * difference),
    )
