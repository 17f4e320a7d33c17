"""Samples of the CTC loss, against the sum over all alignments one by one."""

from itertools import groupby, product

import numpy as np
from scipy import special

import nnlite.functional as F
from tests.op_samples._loss_regression import REDUCTIONS, reduced
from tests.op_samples._sample import Sample, normal


def alignments(labels, steps, classes, blank=0):
    """All sequences of classes that give the labels once repeats are merged and blanks dropped."""
    for path in product(range(classes), repeat=steps):
        if [c for c, _ in groupby(path) if c != blank] == list(labels):
            yield path


def _ctc(log_probs, targets, input_lengths=None, target_lengths=None, blank=0, zero_infinity=False, reduction="mean"):
    count, steps, classes = log_probs.shape
    input_lengths = [steps] * count if input_lengths is None else input_lengths
    target_lengths = [targets.shape[1]] * count if target_lengths is None else target_lengths
    losses = []
    for lp, labels, steps, length in zip(log_probs, targets, input_lengths, target_lengths, strict=True):
        paths = alignments(labels[:length], steps, classes, blank)
        scores = [sum(lp[t, c] for t, c in enumerate(path)) for path in paths]
        loss = -special.logsumexp(scores) if scores else 0 if zero_infinity else np.inf
        losses.append(loss / max(length, 1) if reduction == "mean" else loss)
    return reduced(np.array(losses), reduction)


_X = special.log_softmax(normal(4, 5, 3), axis=-1)
_Y = np.array([[1, 2], [2, 2], [1, 1], [2, 1]])
_LENGTHS = {"input_lengths": np.array([5, 4, 3, 1]), "target_lengths": np.array([2, 1, 2, 0])}

SAMPLES = [
    *(Sample(F.ctc, (_X, _Y), _ctc, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.ctc, (_X, _Y), _ctc, {**_LENGTHS, "reduction": r}, note="lengths") for r in REDUCTIONS),
    Sample(F.ctc, (_X, 2 - _Y), _ctc, {"blank": 2}, note="blank"),
    Sample(F.ctc, (_X, np.array([[1, 1, 1, 2], [1, 2, 1, 2]] * 2)), _ctc, {"zero_infinity": True}, note="impossible"),
    Sample(F.ctc, (normal(2, 3, 4), np.array([[3], [1]])), _ctc, {"reduction": "none"}, note="not normalised"),
    Sample(F.ctc, (_X.transpose(1, 0, 2)[:, ::-2], np.zeros((5, 0), int)), _ctc, note="no labels, strided"),
    Sample(F.ctc, (np.ones((0, 3, 4)), np.ones((0, 2), int)), _ctc, {"reduction": "sum"}, note="empty"),
]  # fmt: skip
