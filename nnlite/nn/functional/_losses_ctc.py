"""The loss of label sequences that are not aligned with the steps that they are read from."""

from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.autograd._recording import Array
from nnlite.functional._loss_reduction import as_operand

__all__ = ["ctc_loss"]


def ctc_loss(
    log_probs: Array,
    targets: Array,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Array:
    """Return the connectionist temporal classification loss, -log of the probability of the labels.

    Differs from PyTorch in the gradient in log_probs, which is the exact one here; behind a log_softmax both are the
    same. The gradient of an infinite loss is 0.

    Parameters
    ----------
    log_probs : Tensor or array, shape (T, N, C) or (T, C)
        What `log_softmax` gives.
    targets : Tensor or array of int, shape (N, S), (sum of target_lengths,), or (S,) for a single sequence
        Labels, padded to the longest or one sequence behind the other.
    input_lengths, target_lengths : Tensor, array or tuple of int, shape (N,), or () for a single sequence
        How many steps and labels of each sequence count.
    blank : int, default 0
        The class that stands for no label.
    reduction : {"mean", "sum", "none"}, default "mean"
        "mean" divides each loss by the number of its labels, then averages.
    zero_infinity : bool, default False
        Whether a loss without any alignment is 0 instead of infinite.

    Returns
    -------
    Tensor or array of shape (), or (N,) for "none"

    Raises
    ------
    ValueError
        If shapes or lengths do not fit, a label is the blank or no class, or the reduction is unknown.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> log_probs = np.log(np.full((2, 1, 2), 0.5))  # two steps; 3 of the 4 paths give the label 1
    >>> float(np.exp(-F.ctc_loss(log_probs, np.array([[1]]), (2,), (1,))).round(4))
    0.75
    """
    log_probs = as_operand(log_probs)
    labels, steps, counts = (
        a.data if isinstance(a, Tensor) else np.asarray(a) for a in (targets, input_lengths, target_lengths)
    )
    if log_probs.ndim == 2:
        losses = F.ctc(
            log_probs[None],
            labels[None],
            steps.reshape(1),
            counts.reshape(1),
            blank=blank,
            zero_infinity=zero_infinity,
            reduction=reduction,
        )
        return losses[0] if reduction == "none" else losses
    if labels.ndim == 1:
        labels = _padded(labels, counts)
    return F.ctc(
        F.swapaxes(log_probs, 0, 1),
        labels,
        steps,
        counts,
        blank=blank,
        zero_infinity=zero_infinity,
        reduction=reduction,
    )


def _padded(labels: Array, lengths: Array) -> Array:
    """Make a table of sequences that lie one behind the other."""
    if labels.size != lengths.sum():
        raise ValueError(f"ctc_loss expected {lengths.sum()} targets, the sum of target_lengths, got {labels.size}")
    table = np.zeros((lengths.size, lengths.max(initial=0)), labels.dtype)
    table[np.arange(table.shape[1]) < lengths[:, None]] = labels
    return table
