"""Losses of regions: how little of the predicted region and of the true one is common to both."""

from nnlite.autograd._recording import Array
from nnlite.functional._loss_reduction import as_operand, reduced, refuse_broadcasting, scale_of
from nnlite.functional._reduction import Axis

__all__ = ["dice", "tversky"]


def dice(input: Array, target: Array, *, axis: Axis = None, eps: float = 1e-7, reduction: str = "mean") -> Array:
    """Return 1 - 2 * sum(input * target) / (sum(input) + sum(target) + eps).

    Parameters
    ----------
    input : array
        Predicted probabilities, of any shape.
    target : array of the input's shape
        Labels 0 and 1, or probabilities; differentiated too.
    axis : int, tuple of int or None, default None
        What the sums run over: the axes of one region (None: everything is one region).
    eps : float, default 1e-7
        Keeps the quotient finite where both regions are empty.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all regions, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or of the axes that are left for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    References
    ----------
    F. Milletari, N. Navab, S.-A. Ahmadi, "V-Net: fully convolutional neural networks for volumetric medical image
    segmentation", 2016.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.dice(nl.tensor([1.0, 1.0, 0.0]), nl.tensor([0.0, 1.0, 0.0])).round(4)
    tensor(0.3333)
    """
    input = as_operand(input)
    target = as_operand(target, like=input)
    refuse_broadcasting("dice", input, target)
    common = (input * target).sum(axis=axis)
    losses = 1 - 2 * common / (input.sum(axis=axis) + target.sum(axis=axis) + eps)
    return reduced(losses, reduction, scale_of(reduction, losses.size))


def tversky(
    input: Array,
    target: Array,
    *,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: Axis = None,
    eps: float = 1e-7,
    reduction: str = "mean",
) -> Array:
    """Return 1 - common / (common + alpha * missed + beta * extra + eps), with sums over the region.

    common = sum(input * target), missed = sum((1 - input) * target), extra = sum(input * (1 - target)); with both
    weights 0.5 it is `dice`, up to eps.

    Parameters
    ----------
    input : array
        Predicted probabilities, of any shape.
    target : array of the input's shape
        Labels 0 and 1, or probabilities; differentiated too.
    alpha : float, default 0.5
        The weight of what was missed.
    beta : float, default 0.5
        The weight of what was predicted and is not there.
    axis : int, tuple of int or None, default None
        What the sums run over: the axes of one region (None: everything is one region).
    eps : float, default 1e-7
        Keeps the quotient finite where both regions are empty.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all regions, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or of the axes that are left for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    References
    ----------
    S. S. M. Salehi, D. Erdogmus, A. Gholipour, "Tversky loss function for image segmentation using 3D fully
    convolutional deep networks", 2017.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.tversky(nl.tensor([1.0, 1.0, 0.0]), nl.tensor([0.0, 1.0, 0.0]), beta=0.2).round(4)
    tensor(0.1667)
    """
    input = as_operand(input)
    target = as_operand(target, like=input)
    refuse_broadcasting("tversky", input, target)
    common = (input * target).sum(axis=axis)
    missed, extra = ((1 - input) * target).sum(axis=axis), (input * (1 - target)).sum(axis=axis)
    losses = 1 - common / (common + alpha * missed + beta * extra + eps)
    return reduced(losses, reduction, scale_of(reduction, losses.size))
