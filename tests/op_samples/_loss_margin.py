"""Samples of the losses of margins, embeddings and regions, against their textbook formulas."""

import numpy as np

import nnlite.functional as F
from tests.op_samples._loss_regression import REDUCTIONS, reduced
from tests.op_samples._sample import Sample, away_from, distinct, normal, uniform


def _hinge(input, target, reduction="mean"):
    return reduced(np.where(target * input < 1, 1 - target * input, 0), reduction)


def _squared_hinge(input, target, reduction="mean"):
    return reduced(np.where(target * input < 1, 1 - target * input, 0) ** 2, reduction)


def _categorical_hinge(input, target, reduction="mean"):
    losses = ((1 - target) * input).max(axis=-1) - (target * input).sum(axis=-1) + 1
    return reduced(np.where(losses > 0, losses, 0.0), reduction)


def _margin_ranking(input1, input2, target, margin=0.0, reduction="mean"):
    losses = margin - target * (input1 - input2)
    return reduced(np.where(losses > 0, losses, 0.0), reduction)


def _cosine_embedding(input1, input2, target, margin=0.0, reduction="mean"):
    cosine = (input1 * input2).sum(axis=-1) / (np.linalg.norm(input1, axis=-1) * np.linalg.norm(input2, axis=-1))
    return reduced(np.where(target == 1, 1 - cosine, np.maximum(cosine - margin, 0)), reduction)


def _triplet_margin(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    def distance(a, b):
        return (abs(a - b + eps) ** p).sum(axis=-1) ** (1 / p)

    far = distance(anchor, negative)
    far = np.minimum(far, distance(positive, negative)) if swap else far
    return reduced(np.maximum(distance(anchor, positive) - far + margin, 0), reduction)


def _contrastive(input1, input2, target, margin=1.0, reduction="mean"):
    distance = np.linalg.norm(input1 - input2, axis=-1)
    short = np.where(distance < margin, margin - distance, 0)
    return reduced((target * distance**2 + (1 - target) * short**2) / 2, reduction)


def _dice(input, target, axis=None, eps=1e-7, reduction="mean"):
    sums = input.sum(axis=axis) + target.sum(axis=axis)
    return reduced(1 - 2 * (input * target).sum(axis=axis) / (sums + eps), reduction)


def _tversky(input, target, alpha=0.5, beta=0.5, axis=None, eps=1e-7, reduction="mean"):
    common = (input * target).sum(axis=axis)
    missed, extra = target.sum(axis=axis) - common, input.sum(axis=axis) - common
    return reduced(1 - common / (common + alpha * missed + beta * extra + eps), reduction)


_SIGNS = np.where(normal(3, 4, seed=1) > 0, 1.0, -1.0)
_SCORES = _SIGNS * away_from([1.0], 3, 4)
_WHERE = np.array([1, -1, 1, -1, -1])
_A, _B, _C = normal(5, 3), normal(5, 3, seed=1), normal(5, 3, seed=2)
_ONE_HOT = np.eye(4)[[3, 0, 1]]
_P, _Q = uniform(0.1, 0.9, 2, 3, 4), uniform(0.1, 0.9, 2, 3, 4, seed=1)
_FIRST = distinct(3, 4) + 0.03
_SECOND = _FIRST[::-1] + 0.017

SAMPLES = [
    *(Sample(f, (_SCORES, _SIGNS), e, {"reduction": r})
      for f, e in ((F.hinge, _hinge), (F.squared_hinge, _squared_hinge)) for r in REDUCTIONS),
    *(Sample(f, (_SCORES, _SIGNS.astype(int)), e, note="integer labels")
      for f, e in ((F.hinge, _hinge), (F.squared_hinge, _squared_hinge))),
    *(Sample(F.categorical_hinge, (3 * distinct(3, 4), _ONE_HOT), _categorical_hinge, {"reduction": r})
      for r in REDUCTIONS),
    Sample(F.categorical_hinge, (_P, _Q), _categorical_hinge, {"reduction": "none"}, note="soft labels"),
    Sample(F.categorical_hinge, (distinct(4), np.array([0, 0, 1, 0])), _categorical_hinge, note="0-d"),
    *(Sample(F.margin_ranking, (_FIRST, _SECOND, _SIGNS), _margin_ranking, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.margin_ranking, (_FIRST, _SECOND, _SIGNS.astype(int)), _margin_ranking, {"margin": m})
      for m in (0.55, 5)),
    *(Sample(F.cosine_embedding, (_A, _B, _WHERE), _cosine_embedding, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.cosine_embedding, (_A, _B, _WHERE), _cosine_embedding, {"margin": m}) for m in (-0.5, 0.2)),
    Sample(F.cosine_embedding, (_A[0], _B[0], np.array(1)), _cosine_embedding, note="0-d"),
    Sample(F.cosine_embedding, (_P, _Q, np.array([[1, -1, 1]] * 2)), _cosine_embedding, note="sequence"),
    *(Sample(F.triplet_margin, (_A, _B, _C), _triplet_margin, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.triplet_margin, (_A, _B, _C), _triplet_margin, {"margin": m, "p": p, "swap": s, "eps": e})
      for m, p, s, e in ((0.2, 1.0, False, 1e-6), (3.0, 3.0, True, 0.01), (1.0, 2.0, True, 1e-6))),
    Sample(F.triplet_margin, (_P, _Q, _P[:, ::-1] + 0.05), _triplet_margin, note="sequence"),
    *(Sample(F.contrastive, (_A, _B, (_WHERE + 1) // 2), _contrastive, {"margin": m, "reduction": r})
      for m in (1.0, 2.5) for r in REDUCTIONS),
    Sample(F.contrastive, (_A, _B, uniform(0, 1, 5)), _contrastive, {"margin": 3.0}, note="soft labels"),
    *(Sample(F.dice, (_P, _Q), _dice, {"axis": a, "reduction": r})
      for a in (None, (1, 2)) for r in REDUCTIONS),
    Sample(F.dice, (_P, np.round(_Q).astype(int)), _dice, {"axis": -1, "eps": 1.0}, note="integer labels"),
    *(Sample(F.tversky, (_P, _Q), _tversky, {"axis": a, "reduction": r, "alpha": 0.3, "beta": 0.7})
      for a in (None, (1, 2)) for r in REDUCTIONS),
    Sample(F.tversky, (_P, np.round(_Q).astype(int)), _tversky, {"axis": -1, "eps": 1.0}, note="integer labels"),
    *(Sample(f, (uniform(0.3, 0.4), uniform(0.6, 0.7)), e, note="0-d")
      for f, e in ((F.hinge, _hinge), (F.squared_hinge, _squared_hinge), (F.dice, _dice), (F.tversky, _tversky))),
    *(Sample(f, (np.ones((0, 3)), np.ones((0, 3))), e, {"reduction": r}, note="empty")
      for f, e in ((F.hinge, _hinge), (F.squared_hinge, _squared_hinge), (F.categorical_hinge, _categorical_hinge))
      for r in ("sum", "none")),
    *(Sample(f, (uniform(0.1, 0.4, 4, 3).T, uniform(0.6, 0.9, 3, 8)[:, ::-2]), e, note="strided")
      for f, e in ((F.hinge, _hinge), (F.squared_hinge, _squared_hinge), (F.categorical_hinge, _categorical_hinge),
                   (F.dice, _dice), (F.tversky, _tversky))),
]  # fmt: skip
