"""Samples of sums, products, powers and comparisons of pairs."""

import numpy as np

import nnlite.functional as F
from tests.op_samples._sample import Sample, away_from, distinct, normal, uniform

_PAIRS = [
    (F.add, np.add), (F.subtract, np.subtract), (F.multiply, np.multiply), (F.divide, np.divide),
    (F.power, np.power), (F.maximum, np.maximum), (F.minimum, np.minimum),
]  # fmt: skip
_SINGLES = [
    (F.negative, np.negative), (F.absolute, np.absolute), (F.square, np.square), (F.sqrt, np.sqrt),
    (F.reciprocal, np.reciprocal),
]  # fmt: skip
_STEPS = [(F.sign, np.sign), (F.floor, np.floor), (F.ceil, np.ceil), (F.round, np.round)]

_LOW, _HIGH = distinct(3, 4) / 10 - 0.7, distinct(4) / 10 + 0.7
_MASK = np.array([[True], [False], [True]])

SAMPLES = [
    *(Sample(f, (uniform(0.3, 2, 3, 4), uniform(0.3, 2, 3, 4, seed=1)), e) for f, e in _PAIRS),
    *(Sample(f, (uniform(0.3, 2, 3, 1), uniform(0.3, 2, 2, 1, 4)), e, note="broadcast") for f, e in _PAIRS),
    *(Sample(f, (uniform(0.3, 2), uniform(0.3, 2, 3)), e, note="0-d") for f, e in _PAIRS),
    *(Sample(f, (np.ones((0, 3)), uniform(0.3, 2, 3)), e, note="empty") for f, e in _PAIRS),
    *(Sample(f, (uniform(0.3, 2, 4, 3).T, uniform(0.3, 2, 3, 8)[:, ::-2]), e, note="strided") for f, e in _PAIRS),
    *(Sample(f, (uniform(0.3, 2, 3), 1.25), e, note="number right") for f, e in _PAIRS),
    *(Sample(f, (1.25, uniform(0.3, 2, 3)), e, note="number left") for f, e in _PAIRS),
    Sample(F.add, (normal(3), np.array([1, 2, 3])), np.add, note="integers"),
    Sample(F.multiply, (np.array([True, False, True]), normal(3)), np.multiply, note="booleans"),
    Sample(F.divide, (normal(3, 4), away_from([0.0], 4, gap=0.3)), np.divide, note="signs"),
    Sample(F.maximum, (distinct(3, 4), distinct(3, 4) * -0.7), np.maximum, note="signs"),
    Sample(F.minimum, (distinct(3, 4), distinct(3, 4) * -0.7), np.minimum, note="signs"),
    *(
        Sample(F.power, (away_from([0.0], 3, 4, gap=0.2), n), np.power, note=f"exponent {n}")
        for n in (0, 1, 2, 3, -1, -2)
    ),
    *(Sample(F.power, (uniform(0.3, 2, 3, 4), n), np.power, note=f"exponent {n}") for n in (0.5, 2.0, -1.5)),
    Sample(F.power, (away_from([0.0], 3, gap=0.2), np.array([2, 0, 3])), np.power, note="integer exponents"),
    Sample(F.power, (2.0, normal(3, 4)), np.power, note="exponential"),
    Sample(F.mod, (np.array([0.5, 2.3, -1.2, 7.9, -4.4]), 1.5), np.mod, note="number right"),
    Sample(F.mod, (np.array([[0.5], [2.3], [-1.2]]), np.array([0.7, -1.6])), np.mod, note="broadcast"),
    *(Sample(f, (uniform(0.3, 2, 3, 4),), e) for f, e in _SINGLES),
    *(Sample(f, (uniform(0.3, 2),), e, note="0-d") for f, e in _SINGLES),
    *(Sample(f, (np.ones((0, 3)),), e, note="empty") for f, e in _SINGLES),
    *(Sample(f, (uniform(0.3, 2, 4, 3).T[:, ::2],), e, note="strided") for f, e in _SINGLES),
    *(Sample(f, (away_from([0.0], 3, 4, gap=0.3),), e, note="signs") for f, e in _SINGLES if f is not F.sqrt),
    Sample(F.clip, (away_from([-1.0, 1.0], 3, 4), -1.0, 1.0), np.clip),
    Sample(F.clip, (away_from([-1.0], 3, 4), -1.0, None), np.clip, note="no maximum"),
    Sample(F.clip, (away_from([1.0], 3, 4), None, 1.0), np.clip, note="no minimum"),
    Sample(F.clip, (distinct(3, 4) + 0.02, _LOW, _HIGH), np.clip, note="array limits"),
    Sample(F.clip, (distinct(3, 4) + 0.02, -0.3, _HIGH), np.clip, note="mixed limits"),
    Sample(F.clip, (np.array(0.3), np.array(0.5), None), np.clip, note="0-d"),
    Sample(F.clip, (np.ones((0, 3)), -1, 1), np.clip, note="empty"),
    Sample(F.where, (normal(3, 4, seed=1) > 0, normal(3, 4), normal(3, 4, seed=2)), np.where),
    Sample(F.where, (_MASK, normal(4), normal(2, 3, 1)), np.where, note="broadcast"),
    Sample(F.where, (_MASK, normal(3, 4), 0.0), np.where, note="number"),
    Sample(F.where, (np.array(False), normal(), normal(seed=1)), np.where, note="0-d"),
    *(Sample(f, (away_from([-1.0, 0.0, 1.0], 3, 4),), e) for f, e in _STEPS),
    *(Sample(f, (np.array(-1.3),), e, note="0-d") for f, e in _STEPS),
    Sample(F.round, (np.array([0.125, -2.376, 0.5, 1.5]),), np.round, {"decimals": 1}),
]
