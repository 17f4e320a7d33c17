"""Losses of vectors that should lie near each other or far apart: the vectors lie along the last axis."""

import numpy as np

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._activation import relu
from nnlite.functional._arithmetic import minimum
from nnlite.functional._loss_reduction import as_operand, reduced, refuse_broadcasting, scale_of
from nnlite.functional._reduction import norm

__all__ = ["contrastive", "cosine_embedding", "triplet_margin"]

_EPSILON = 1e-12  # added to squared lengths, so that the zero vector has an angle


@differentiable
def cosine_embedding(
    input1: Array, input2: Array, target: Array, *, margin: float = 0.0, reduction: str = "mean"
) -> Array:
    """Return 1 - cos for pairs that belong together and max(cos - margin, 0) for the others.

    cos = sum(input1 * input2) / sqrt((sum(input1**2) + 1e-12) * (sum(input2**2) + 1e-12)) over the last axis.

    Parameters
    ----------
    input1, input2 : array of shape (..., D)
        The vectors.
    target : array of shape (...)
        1 for pairs that belong together, -1 for the others (any other number: the loss is 0); a constant.
    margin : float, default 0.0
        The cosine in [-1, 1] that is allowed to the others.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all rows, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or (...) for "none"

    Raises
    ------
    ValueError
        If the shapes do not fit or the reduction is unknown.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F, numpy as np
    >>> x = nl.tensor([[3.0, 4.0], [3.0, 4.0]])
    >>> F.cosine_embedding(x, nl.tensor([[1.0, 0.0]] * 2), np.array([1, -1]), reduction="none").round(4)
    tensor([0.4, 0.6])
    """
    refuse_broadcasting("cosine_embedding", input1, input2, "input2 of input1's shape")
    _require_one_each("cosine_embedding", input1, target)
    squared1, squared2 = ((x * x).sum(axis=-1) + _EPSILON for x in (input1, input2))
    root = (np.sqrt(squared1) * np.sqrt(squared2))[..., None]
    cosine = (input1 * input2 / root).sum(axis=-1)
    together, apart = target == 1, target == -1
    losses = together * (1 - cosine) + apart * np.maximum(cosine - margin, 0)
    slope = apart * (cosine > margin) - 1.0 * together
    scale = scale_of(reduction, losses.size)
    return reduced(losses, reduction, scale), (
        lambda g: (scale * g * slope)[..., None] * (input2 / root - input1 * (cosine / squared1)[..., None]),
        lambda g: (scale * g * slope)[..., None] * (input1 / root - input2 * (cosine / squared2)[..., None]),
        None,
    )


def triplet_margin(
    anchor: Array,
    positive: Array,
    negative: Array,
    *,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Array:
    """Return max(d(anchor, positive) - d(anchor, negative) + margin, 0), with d(a, b) = norm(a - b + eps, p).

    Parameters
    ----------
    anchor, positive, negative : array of shape (..., D)
        Vectors; the positive one belongs to the anchor and the negative one does not.
    margin : float, default 1.0
        By how much the negative one should be farther away.
    p : float, default 2.0
        The order of the norm.
    eps : float, default 1e-6
        Added to the difference.
    swap : bool, default False
        Whether d(positive, negative) takes the place of d(anchor, negative) where it is smaller.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all rows, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or (...) for "none"

    Raises
    ------
    ValueError
        If the shapes differ or the reduction is unknown.

    References
    ----------
    F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet: a unified embedding for face recognition and clustering", 2015;
    V. Balntas, E. Riba, D. Ponsa, K. Mikolajczyk, "Learning local feature descriptors with triplets and shallow
    convolutional neural networks", 2016 (the swap).

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.triplet_margin(nl.tensor([[0.0, 0.0]]), nl.tensor([[3.0, 4.0]]), nl.tensor([[2.0, 0.0]])).round(4)
    tensor(4.)
    """
    anchor, positive, negative = as_operand(anchor), as_operand(positive), as_operand(negative)
    refuse_broadcasting("triplet_margin", anchor, positive, "positive of the anchor's shape")
    refuse_broadcasting("triplet_margin", anchor, negative, "negative of the anchor's shape")
    near = norm(anchor - positive + eps, ord=p, axis=-1)
    far = norm(anchor - negative + eps, ord=p, axis=-1)
    if swap:
        far = minimum(far, norm(positive - negative + eps, ord=p, axis=-1))
    losses = relu(near - far + margin)
    return reduced(losses, reduction, scale_of(reduction, losses.size))


def contrastive(input1: Array, input2: Array, target: Array, *, margin: float = 1.0, reduction: str = "mean") -> Array:
    """Return d**2 / 2 for pairs that belong together and max(margin - d, 0)**2 / 2 for the others.

    d = norm(input1 - input2) over the last axis. Differs from the paper in the label, which is 0 there for pairs that
    belong together.

    Parameters
    ----------
    input1, input2 : array of shape (..., D)
        The vectors.
    target : array of shape (...)
        1 for pairs that belong together, 0 for the others, or something between; differentiated too.
    margin : float, default 1.0
        How far apart the others should be.
    reduction : {"mean", "sum", "none"}, default "mean"
        Average all rows, add them up, or leave them as they are.

    Returns
    -------
    array of shape (), or (...) for "none"

    Raises
    ------
    ValueError
        If the shapes do not fit or the reduction is unknown.

    References
    ----------
    R. Hadsell, S. Chopra, Y. LeCun, "Dimensionality reduction by learning an invariant mapping", 2006.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F, numpy as np
    >>> x, y = nl.tensor([[0.0, 0.0]] * 2), nl.tensor([[3.0, 4.0], [0.3, 0.4]])
    >>> F.contrastive(x, y, np.array([1, 0]), reduction="none")
    tensor([12.5  ,  0.125])
    """
    input1, input2 = as_operand(input1), as_operand(input2)
    target = as_operand(target, like=input1)
    refuse_broadcasting("contrastive", input1, input2, "input2 of input1's shape")
    _require_one_each("contrastive", input1, target)
    distance = norm(input1 - input2, axis=-1)
    losses = 0.5 * (target * distance**2 + (1 - target) * relu(margin - distance) ** 2)
    return reduced(losses, reduction, scale_of(reduction, losses.size))


def _require_one_each(name: str, input: Array, target: Array) -> None:
    """Raise unless there is one target for each vector."""
    shape, got = getattr(input, "shape", ()), getattr(target, "shape", ())
    if not shape or got != shape[:-1]:
        raise ValueError(f"{name} expected one target for each vector of an input of shape {shape}, got shape {got}")
