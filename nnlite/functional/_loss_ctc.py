"""The loss of sequences of labels that are not aligned with the steps that they are read from."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Tensor, differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._arithmetic import where
from nnlite.functional._indexing import take_along_axis
from nnlite.functional._loss_reduction import as_operand, reduced, scale_of
from nnlite.functional._reduction import logsumexp
from nnlite.functional._shape import pad, stack
from nnlite.kernels.ctc import IMPOSSIBLE, ctc_forward, ctc_occupation

__all__ = ["ctc"]


def ctc(
    log_probs: Array,
    targets: Array,
    input_lengths: Array = None,
    target_lengths: Array = None,
    *,
    blank: int = 0,
    zero_infinity: bool = False,
    reduction: str = "mean",
) -> Array:
    """Return the connectionist temporal classification loss, -log of the probability of the labels.

    The labels' probability is the sum over all alignments: sequences of T classes that give the labels once repeated
    classes are merged and blanks are dropped. Where the steps are too few for the labels, there is no alignment: the
    loss is infinite (or 0, see `zero_infinity`) and its gradient is 0.

    Differs from PyTorch in the order of axes (batch first), and in the gradient in log_probs, which is the exact one
    here and already that of a softmax before it there; behind a log_softmax both are the same.

    Parameters
    ----------
    log_probs : array of shape (N, T, C)
        Log-probabilities of the C classes at each of T steps: what `log_softmax` gives.
    targets : array of int, shape (N, L)
        Labels; those from a sequence's length on are not looked at.
    input_lengths : array of int, shape (N,), optional
        How many steps of each sequence count, 1 to T; all by default.
    target_lengths : array of int, shape (N,), optional
        How many labels of each sequence count, 0 to L; all by default.
    blank : int, default 0
        The class that stands for no label.
    zero_infinity : bool, default False
        Whether a loss without alignment is 0 instead of infinite.
    reduction : {"mean", "sum", "none"}, default "mean"
        "mean" divides each loss by the number of its labels (at least 1), then averages.

    Returns
    -------
    array of shape (), or (N,) for "none"

    Raises
    ------
    ValueError
        If shapes or lengths do not fit, a label is the blank or no class, or the reduction is unknown.

    References
    ----------
    A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber, "Connectionist temporal classification: labelling unsegmented
    sequence data with recurrent neural networks", 2006.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F, numpy as np
    >>> p = nl.tensor([[[0.5, 0.5], [0.5, 0.5]]])  # one sequence of two steps; the label 1 has three alignments
    >>> F.exp(-F.ctc(F.log(p), np.array([[1]]))).round(4)
    tensor(0.75)
    """
    log_probs = as_operand(log_probs)
    if log_probs.ndim != 3 or 0 in log_probs.shape[1:]:
        raise ValueError(f"ctc expected log_probs of shape (N, T, classes), got shape {log_probs.shape}")
    count, steps, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise ValueError(f"ctc expected blank to be one of {classes} classes, got {blank!r}")
    labels = _integers("targets", targets)
    if labels.ndim != 2 or len(labels) != count:
        raise ValueError(f"ctc expected targets of shape ({count}, L), got shape {labels.shape}")
    input_ends = _lengths("input_lengths", input_lengths, count, 1, steps)
    target_ends = _lengths("target_lengths", target_lengths, count, 0, labels.shape[1])
    counts = np.arange(labels.shape[1]) < target_ends[:, None]
    wrong = labels[counts & ((labels < 0) | (labels >= classes) | (labels == blank))]
    if wrong.size:
        raise ValueError(f"ctc expected targets from 0 to {classes - 1} other than the blank {blank}, got {wrong[0]}")
    states = np.full((count, 2 * labels.shape[1] + 1), blank)
    states[:, 1::2] = np.where(counts, labels, blank)
    can_skip = np.zeros(states.shape, bool)
    can_skip[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    losses = _ctc_of_states(log_probs, states, can_skip, input_ends, target_ends, zero=zero_infinity)
    if reduction == "mean":
        losses = losses / np.maximum(target_ends, 1).astype(losses.dtype)
    return reduced(losses, reduction, scale_of(reduction, count))


@differentiable
def _ctc_of_states(
    log_probs: Array,
    states: Array,
    can_skip: Array,
    input_lengths: Array,
    target_lengths: Array,
    *,
    zero: bool,
) -> Array:
    """Return the loss of each sequence, for labels with blanks between them."""
    arguments = (log_probs, states, can_skip, input_lengths, target_lengths)
    log_likelihood, log_alpha = ctc_forward(*arguments)
    possible = log_likelihood > IMPOSSIBLE / 2
    losses = np.where(possible, -log_likelihood, 0.0 if zero else np.inf).astype(log_probs.dtype)
    return losses, (
        lambda g: -(np.where(possible, g, 0))[:, None, None] * ctc_occupation(*arguments, log_alpha),
        None,
        None,
        None,
        None,
    )


@_ctc_of_states.composite
def _composed_ctc(
    log_probs: Array,
    states: Array,
    can_skip: Array,
    input_lengths: Array,
    target_lengths: Array,
    *,
    zero: bool,
) -> Array:
    """Return the same, step by step with differentiable functions."""
    count, steps, _ = log_probs.shape
    position, ends = np.arange(states.shape[1]), 2 * target_lengths[:, None]
    index = np.broadcast_to(states[:, None], (count, steps, states.shape[1]))
    emissions = take_along_axis(log_probs, index, axis=2)  # (N, T, S)
    log_alpha = where(position < 2, emissions[:, 0], IMPOSSIBLE)
    for t in range(1, steps):
        before = pad(log_alpha, ((0, 0), (2, 0)), constant_values=IMPOSSIBLE)
        ways = stack([log_alpha, before[:, 1:-1], where(can_skip, before[:, :-2], IMPOSSIBLE)])
        following = logsumexp(ways, axis=0) + emissions[:, t]
        log_alpha = where((input_lengths > t)[:, None], following, log_alpha)
    is_final = (position == ends) | (position == ends - 1)
    log_likelihood = logsumexp(where(is_final, log_alpha, IMPOSSIBLE), axis=1)
    return where(log_likelihood > IMPOSSIBLE / 2, -log_likelihood, 0.0 if zero else np.inf)


def _lengths(argument: str, given: Any, count: int, least: int, most: int) -> NDArray[Any]:
    """Return one length for each sequence; raise if one is out of range."""
    lengths = np.full(count, most) if given is None else _integers(argument, given)
    if lengths.shape != (count,):
        raise ValueError(f"ctc expected {argument} of shape ({count},), got shape {lengths.shape}")
    if ((lengths < least) | (lengths > most)).any():
        raise ValueError(f"ctc expected {argument} from {least} to {most}, got {lengths.tolist()}")
    return lengths


def _integers(argument: str, given: Any) -> NDArray[Any]:
    """Return the array of a constant; raise if it does not hold integers."""
    array = given.data if isinstance(given, Tensor) else np.asarray(given)
    if array.dtype.kind not in "iu" and array.size:
        raise ValueError(f"ctc expected {argument} to be integers, got {array.dtype}")
    return array.astype(np.intp)
