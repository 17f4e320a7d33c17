"""Losses of regression: how far predicted numbers are from the targets."""

import numpy as np

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._loss_reduction import reduced, refuse_broadcasting, scale_of

__all__ = ["mae", "mse"]


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
