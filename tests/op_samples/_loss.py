"""Samples of the losses, against their textbook formulas."""

import numpy as np
from scipy import special

import nnlite.functional as F
from tests.op_samples._sample import Sample, away_from, normal, uniform


def _reduced(losses, reduction, count=None):
    if reduction == "none":
        return losses
    return losses.sum() / ((losses.size if count is None else count) if reduction == "mean" else 1)


def _mse(input, target, reduction="mean"):
    return _reduced((input - target) ** 2, reduction)


def _mae(input, target, reduction="mean"):
    return _reduced(abs(input - target), reduction)


def _bce(input, target, weight=1.0, reduction="mean"):
    return _reduced(-weight * (special.xlogy(target, input) + special.xlogy(1 - target, 1 - input)), reduction)


def _bce_with_logits(input, target, weight=1.0, pos_weight=1.0, reduction="mean"):
    p = special.expit(input)
    return _reduced(-weight * (pos_weight * target * np.log(p) + (1 - target) * np.log(1 - p)), reduction)


def _cross_entropy(input, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    classes = input.shape[-1]
    weight = np.ones(classes) if weight is None else weight
    rows = input.reshape(-1, classes)
    log_p = rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))
    if target.shape == input.shape:
        q = target.reshape(-1, classes)
        counts = np.ones(len(rows))
    else:
        labels = target.reshape(-1)
        kept = labels != ignore_index
        q = np.zeros((len(rows), classes))
        q[np.flatnonzero(kept), labels[kept]] = 1
        counts = (q * weight).sum(axis=1)
        weight = np.outer(kept, weight)
    q = (1 - label_smoothing) * q + label_smoothing / classes
    losses = -(q * weight * log_p).sum(axis=1).reshape(input.shape[:-1])
    return _reduced(losses, reduction, counts.sum())


_REDUCTIONS = ("mean", "sum", "none")
_LOGITS, _LABELS = normal(5, 4), np.array([3, 0, 3, 1, 2])
_CLASS_WEIGHT = np.array([0.5, 2.0, 1.0, 0.3])
_Q = special.softmax(normal(5, 4, seed=3), axis=-1)
_P, _T = uniform(0.1, 0.9, 3, 4), uniform(0.1, 0.9, 3, 4, seed=1)
_APART = normal(3, 4) + away_from([0.0], 3, 4, seed=2)

SAMPLES = [
    *(Sample(F.mse, (normal(3, 4), normal(3, 4, seed=1)), _mse, {"reduction": r}) for r in _REDUCTIONS),
    *(Sample(F.mae, (_APART, normal(3, 4)), _mae, {"reduction": r}) for r in _REDUCTIONS),
    *(Sample(F.binary_cross_entropy, (_P, _T), _bce, {"reduction": r}) for r in _REDUCTIONS),
    *(Sample(F.binary_cross_entropy_with_logits, (normal(3, 4), _T), _bce_with_logits, {"reduction": r})
      for r in _REDUCTIONS),
    *(Sample(F.cross_entropy, (_LOGITS, _LABELS), _cross_entropy, {"reduction": r}) for r in _REDUCTIONS),
    *(Sample(F.cross_entropy, (_LOGITS, _Q), _cross_entropy, {"reduction": r}, note="probabilities")
      for r in _REDUCTIONS),
    *(Sample(f, (uniform(0.3, 0.4), uniform(0.6, 0.7)), e, note="0-d")
      for f, e in ((F.mse, _mse), (F.mae, _mae), (F.binary_cross_entropy, _bce),
                   (F.binary_cross_entropy_with_logits, _bce_with_logits))),
    *(Sample(f, (np.ones((0, 3)), np.ones((0, 3))), e, {"reduction": r}, note="empty")
      for f, e in ((F.mse, _mse), (F.mae, _mae), (F.binary_cross_entropy_with_logits, _bce_with_logits))
      for r in ("sum", "none")),
    *(Sample(f, (uniform(0.1, 0.4, 4, 3).T, uniform(0.6, 0.9, 3, 8)[:, ::-2]), e, note="strided")
      for f, e in ((F.mse, _mse), (F.mae, _mae), (F.binary_cross_entropy, _bce),
                   (F.binary_cross_entropy_with_logits, _bce_with_logits))),
    Sample(F.binary_cross_entropy, (_P, np.array([[0, 1, 1, 0]] * 3)), _bce, note="integer labels"),
    *(Sample(F.binary_cross_entropy, (_P, _T), _bce, {"weight": _CLASS_WEIGHT, "reduction": r}, note="weight")
      for r in _REDUCTIONS),
    *(Sample(F.binary_cross_entropy_with_logits, (normal(3, 4), _T), _bce_with_logits,
             {"weight": np.array([[0.5], [2.0], [1.0]]), "pos_weight": _CLASS_WEIGHT, "reduction": r}, note="weights")
      for r in _REDUCTIONS),
    *(Sample(F.cross_entropy, (_LOGITS, _LABELS), _cross_entropy,
             {"weight": _CLASS_WEIGHT, "label_smoothing": s, "ignore_index": 3, "reduction": r}, note="weight")
      for r in _REDUCTIONS for s in (0.0, 0.3)),
    *(Sample(F.cross_entropy, (_LOGITS, _LABELS), _cross_entropy, {"label_smoothing": s}) for s in (0.2, 1.0)),
    Sample(F.cross_entropy, (_LOGITS, _Q), _cross_entropy, {"weight": _CLASS_WEIGHT, "label_smoothing": 0.3},
           note="probabilities"),
    Sample(F.cross_entropy, (normal(2, 3, 4), np.array([[0, 3, -100], [1, 1, 2]])), _cross_entropy,
           {"reduction": "none"}, note="sequence"),
    Sample(F.cross_entropy, (normal(2, 2, 3, 2), normal(2, 2, 3, seed=1) > 0), lambda x, t: _cross_entropy(x, 1 * t),
           note="booleans"),
    Sample(F.cross_entropy, (normal(4), np.array(2)), _cross_entropy, note="0-d"),
    Sample(F.cross_entropy, (np.ones((0, 4)), np.ones(0, int)), _cross_entropy, {"reduction": "sum"}, note="empty"),
    Sample(F.cross_entropy, (normal(4, 10).T[::2], _LABELS), _cross_entropy, note="strided"),
]  # fmt: skip
