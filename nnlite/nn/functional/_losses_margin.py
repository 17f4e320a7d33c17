"""Losses of margins and embeddings."""

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.autograd._recording import Array
from nnlite.functional._loss_reduction import as_operand, reduced, refuse_broadcasting, scale_of

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
]


def hinge_embedding_loss(input: Array, target: Array, margin: float = 1.0, *, reduction: str = "mean") -> Array:
    """Return the input where the target is 1, and max(margin - input, 0) where it is -1.

    Parameters
    ----------
    input, target : Tensor or array, of one shape
        Distances, and labels -1 and 1.
    margin : float, default 1.0
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
    >>> F.hinge_embedding_loss(np.array([0.5, 0.25]), np.array([1, -1]), reduction="none")
    array([0.5 , 0.75])
    """
    input = as_operand(input)
    target = as_operand(target, like=input)
    refuse_broadcasting("hinge_embedding_loss", input, target)
    losses = F.where(target == -1, 0.0, input) + F.where(target == 1, 0.0, F.relu(margin - input))
    return reduced(losses, reduction, scale_of(reduction, losses.size))


def cosine_embedding_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0.0, *, reduction: str = "mean"
) -> Array:
    """Return 1 - cos for pairs of target 1 and max(cos - margin, 0) for pairs of target -1.

    Parameters
    ----------
    input1, input2 : Tensor or array, shape (N, D) or (D,)
    target : Tensor or array, shape (N,) or ()
    margin : float, default 0.0
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or (N,) for "none"

    Raises
    ------
    ValueError
        If shapes do not fit or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.cosine_embedding_loss(np.array([3.0, 4.0]), np.array([1.0, 0.0]), np.array(1)).round(4))
    0.4
    """
    return F.cosine_embedding(input1, input2, target, margin=margin, reduction=reduction)


def margin_ranking_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0.0, *, reduction: str = "mean"
) -> Array:
    """Return max(margin - target * (input1 - input2), 0).

    Parameters
    ----------
    input1, input2, target : Tensor or array, of one shape
        Scores, and 1 where the first should be larger, -1 where the second should be.
    margin : float, default 0.0
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
    >>> float(F.margin_ranking_loss(np.array([1.0]), np.array([3.0]), np.array([1.0])))
    2.0
    """
    return F.margin_ranking(input1, input2, target, margin=margin, reduction=reduction)


def triplet_margin_loss(
    anchor: Array,
    positive: Array,
    negative: Array,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Array:
    """Return max(d(anchor, positive) - d(anchor, negative) + margin, 0), with d(a, b) = norm(a - b + eps, p).

    Parameters
    ----------
    anchor, positive, negative : Tensor or array, shape (N, D) or (D,)
    margin : float, default 1.0
    p : float, default 2.0
        The order of the norm.
    eps : float, default 1e-6
    swap : bool, default False
        Whether d(positive, negative) takes the place of d(anchor, negative) where it is smaller.
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or (N,) for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> x = np.zeros((1, 2))
    >>> float(F.triplet_margin_loss(x, x + 3, x + 1).round(4))
    3.8284
    """
    return F.triplet_margin(anchor, positive, negative, margin=margin, p=p, eps=eps, swap=swap, reduction=reduction)


def soft_margin_loss(input: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return log(1 + exp(-target * input)), for labels -1 and 1.

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
    >>> float(F.soft_margin_loss(np.array([0.0]), np.array([1.0])).round(4))
    0.6931
    """
    input = as_operand(input)
    target = as_operand(target, like=input)
    refuse_broadcasting("soft_margin_loss", input, target)
    losses = F.softplus(-target * input)
    return reduced(losses, reduction, scale_of(reduction, losses.size))


def multi_margin_loss(
    input: Array, target: Array, p: int = 1, margin: float = 1.0, weight: Array = None, *, reduction: str = "mean"
) -> Array:
    """Return sum(weight[y] * max(margin - input[y] + input[c], 0)**p) / C over the classes c other than the label y.

    Parameters
    ----------
    input : Tensor or array, shape (N, C) or (C,)
        Scores.
    target : Tensor or array of int, shape (N,) or ()
        Labels.
    p : {1, 2}, default 1
    margin : float, default 1.0
    weight : Tensor or array, shape (C,), optional
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor or array of shape (), or (N,) for "none"

    Raises
    ------
    ValueError
        If shapes do not fit, a label is out of range, p is neither 1 nor 2, or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> float(F.multi_margin_loss(np.array([[0.0, 0.5]]), np.array([0])))
    0.75
    """
    input = as_operand(input)
    labels = target.data if isinstance(target, Tensor) else np.asarray(target)
    if input.ndim not in (1, 2) or labels.shape != input.shape[:-1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"multi_margin_loss expected scores (N, C) and integer labels (N,), got shapes {input.shape} and "
            f"{labels.shape} of {labels.dtype}"
        )
    classes = input.shape[-1]
    if ((labels < 0) | (labels >= classes)).any():
        raise ValueError(f"multi_margin_loss expected labels from 0 to {classes - 1}, got {labels.tolist()}")
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss expected p to be 1 or 2, got {p!r}")
    right = F.take_along_axis(input, labels[..., None], axis=-1)
    others = (labels[..., None] != np.arange(classes)).astype(input.dtype)
    if weight is not None:
        others = others * as_operand(weight)[labels][..., None]
    losses = (others * F.relu(margin - right + input) ** p).sum(axis=-1) / classes
    return reduced(losses, reduction, scale_of(reduction, losses.size))
