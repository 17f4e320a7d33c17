"""Samples of the losses of labels and of distributions, against their textbook formulas."""

import numpy as np
from scipy import special

import nnlite.functional as F
from tests.op_samples._loss_regression import REDUCTIONS, reduced
from tests.op_samples._sample import Sample, normal, uniform


def _bce(input, target, weight=1.0, reduction="mean"):
    return reduced(-weight * (special.xlogy(target, input) + special.xlogy(1 - target, 1 - input)), reduction)


def _bce_with_logits(input, target, weight=1.0, pos_weight=1.0, reduction="mean"):
    p = special.expit(input)
    return reduced(-weight * (pos_weight * target * np.log(p) + (1 - target) * np.log(1 - p)), reduction)


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
    return reduced(losses, reduction, counts.sum())


def _nll(input, target, weight=None, ignore_index=-100, reduction="mean"):
    rows, labels = input.reshape(-1, input.shape[-1]), target.reshape(-1)
    weight = np.ones(input.shape[-1]) if weight is None else weight
    weights = [0 if y == ignore_index else weight[y] for y in labels]
    losses = np.array([-w * row[y] if w else 0 for w, row, y in zip(weights, rows, labels, strict=True)])
    return reduced(losses.reshape(target.shape), reduction, sum(weights))


def _focal(input, target, alpha=0.25, gamma=2.0, reduction="mean"):
    p = special.expit(input)
    q = target * (1 - p) + (1 - target) * p
    weight = 1 if alpha is None else alpha * target + (1 - alpha) * (1 - target)
    return reduced(weight * q**gamma * _bce(p, target, reduction="none"), reduction)


def _categorical_focal(input, target, alpha=0.25, gamma=2.0, reduction="mean"):
    p = special.softmax(input, axis=-1)
    return reduced((-alpha * target * (1 - p) ** gamma * np.log(p)).sum(axis=-1), reduction)


def _kl_div(input, target, log_target=False, reduction="mean"):
    p = np.exp(target) if log_target else target
    return reduced(special.xlogy(p, p) - p * input, reduction)


_LOGITS, _LABELS = normal(5, 4), np.array([3, 0, 3, 1, 2])
_CLASS_WEIGHT = np.array([0.5, 2.0, 1.0, 0.3])
_Q = special.softmax(normal(5, 4, seed=3), axis=-1)
_P, _T = uniform(0.1, 0.9, 3, 4), uniform(0.1, 0.9, 3, 4, seed=1)

SAMPLES = [
    *(Sample(F.binary_cross_entropy, (_P, _T), _bce, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.binary_cross_entropy_with_logits, (normal(3, 4), _T), _bce_with_logits, {"reduction": r})
      for r in REDUCTIONS),
    *(Sample(F.cross_entropy, (_LOGITS, _LABELS), _cross_entropy, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.cross_entropy, (_LOGITS, _Q), _cross_entropy, {"reduction": r}, note="probabilities")
      for r in REDUCTIONS),
    *(Sample(f, (uniform(0.3, 0.4), uniform(0.6, 0.7)), e, note="0-d")
      for f, e in ((F.binary_cross_entropy, _bce), (F.binary_cross_entropy_with_logits, _bce_with_logits),
                   (F.focal, _focal))),
    *(Sample(f, (np.ones((0, 3)), np.ones((0, 3))), e, {"reduction": r}, note="empty")
      for f, e in ((F.focal, _focal), (F.binary_cross_entropy_with_logits, _bce_with_logits)) for r in ("sum", "none")),
    *(Sample(f, (uniform(0.1, 0.4, 4, 3).T, uniform(0.6, 0.9, 3, 8)[:, ::-2]), e, note="strided")
      for f, e in ((F.binary_cross_entropy, _bce), (F.binary_cross_entropy_with_logits, _bce_with_logits),
                   (F.focal, _focal))),
    Sample(F.binary_cross_entropy, (_P, np.array([[0, 1, 1, 0]] * 3)), _bce, note="integer labels"),
    *(Sample(F.binary_cross_entropy, (_P, _T), _bce, {"weight": _CLASS_WEIGHT, "reduction": r}, note="weight")
      for r in REDUCTIONS),
    *(Sample(F.binary_cross_entropy_with_logits, (normal(3, 4), _T), _bce_with_logits,
             {"weight": np.array([[0.5], [2.0], [1.0]]), "pos_weight": _CLASS_WEIGHT, "reduction": r}, note="weights")
      for r in REDUCTIONS),
    *(Sample(F.cross_entropy, (_LOGITS, _LABELS), _cross_entropy,
             {"weight": _CLASS_WEIGHT, "label_smoothing": s, "ignore_index": 3, "reduction": r}, note="weight")
      for r in REDUCTIONS for s in (0.0, 0.3)),
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
    *(Sample(F.nll, (_LOGITS, _LABELS), _nll, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.nll, (_LOGITS, _LABELS), _nll, {"weight": _CLASS_WEIGHT, "ignore_index": 3, "reduction": r},
             note="weight") for r in REDUCTIONS),
    Sample(F.nll, (normal(2, 3, 4), np.array([[0, 3, -100], [1, 1, 2]])), _nll, {"reduction": "none"}, note="sequence"),
    Sample(F.nll, (normal(4), np.array(2)), _nll, note="0-d"),
    Sample(F.nll, (np.ones((0, 4)), np.ones(0, int)), _nll, {"reduction": "sum"}, note="empty"),
    Sample(F.nll, (normal(4, 10).T[::2], _LABELS), _nll, note="strided"),
    *(Sample(F.focal, (normal(3, 4), _T), _focal, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.focal, (normal(3, 4), t), _focal, {"alpha": a, "gamma": g})
      for a, g, t in ((None, 0.0, _T), (0.7, 0.5, _T), (None, 3.0, np.array([[0, 1, 1, 0]] * 3)))),
    *(Sample(F.categorical_focal, (_LOGITS, _Q), _categorical_focal, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.categorical_focal, (_LOGITS, _Q), _categorical_focal, {"alpha": a, "gamma": g})
      for a, g in ((1.0, 0.0), (0.6, 0.5), (0.3, 3.0))),
    Sample(F.categorical_focal, (normal(4, 10).T[::2], _Q), _categorical_focal, note="strided"),
    Sample(F.categorical_focal, (normal(2, 3, 4), special.softmax(normal(2, 3, 4, seed=1), axis=-1)),
           _categorical_focal, {"reduction": "none"}, note="sequence"),
    Sample(F.categorical_focal, (np.ones((0, 4)), np.ones((0, 4))), _categorical_focal, {"reduction": "sum"},
           note="empty"),
    Sample(F.categorical_focal, (normal(4), _Q[0]), _categorical_focal, note="0-d"),
    *(Sample(F.kl_div, (normal(3, 4), _T), _kl_div, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.kl_div, (normal(3, 4), normal(3, 4, seed=1)), _kl_div, {"log_target": True, "reduction": r})
      for r in REDUCTIONS),
    Sample(F.kl_div, (normal(3, 4), np.array([[0, 1, 0, 1]] * 3)), _kl_div, note="integer labels"),
    Sample(F.kl_div, (uniform(0.3, 0.4), uniform(0.6, 0.7)), _kl_div, note="0-d"),
    Sample(F.kl_div, (np.ones((0, 3)), np.ones((0, 3))), _kl_div, {"reduction": "sum"}, note="empty"),
    Sample(F.kl_div, (normal(4, 3).T, uniform(0.6, 0.9, 3, 8)[:, ::-2]), _kl_div, note="strided"),
]  # fmt: skip
