"""Samples of sums, products, extremes, norms and running sums."""

import numpy as np
from scipy import special

import nnlite.functional as F
from tests.op_samples._sample import Sample, away_from, distinct, normal

_REDUCTIONS = [
    (F.sum, np.sum), (F.mean, np.mean), (F.prod, np.prod), (F.var, np.var), (F.std, np.std),
    (F.max, np.max), (F.min, np.min), (F.logsumexp, special.logsumexp),
]  # fmt: skip
_SPREADS = [(F.var, np.var), (F.std, np.std)]
_POSITIONS = [(F.argmax, np.argmax), (F.argmin, np.argmin)]
_TESTS = [(F.all, np.all), (F.any, np.any)]
_RUNNING = [(F.cumsum, np.cumsum), (F.cumprod, np.cumprod)]

_SOME_ZEROS = np.array([[1.5, 0.0, -2.0, 0.5], [0.0, 3.0, 0.0, 1.0], [2.0, -1.0, 0.5, 3.0]])
_VECTOR_ORDERS = [None, 2, 1, 3, 1.5, 0.5, np.inf, -np.inf]


def _norm_of_all(x: np.ndarray, ord: str | None = None, axis: tuple[int, ...] | None = None, keepdims: bool = False):
    """Return the Euclidean norm over any axes."""
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


SAMPLES = [
    *(
        Sample(f, (distinct(2, 3, 4),), e, settings)
        for f, e in _REDUCTIONS
        for settings in ({}, {"axis": 1}, {"axis": (0, -1)}, {"axis": -2, "keepdims": True})
    ),
    *(Sample(f, (distinct(2, 3),), e, {"keepdims": True}) for f, e in _REDUCTIONS),
    *(Sample(f, (distinct(2, 3, 2),), e, {"axis": (2, 0), "keepdims": True}) for f, e in _REDUCTIONS),
    *(Sample(f, (np.array(0.7),), e, note="0-d") for f, e in _REDUCTIONS if f is not F.std),
    *(Sample(f, (np.ones((0, 3)),), e, {"axis": 1}, note="empty") for f, e in _REDUCTIONS),
    Sample(F.sum, (np.ones((0, 3)),), np.sum, {"axis": 0}, note="over nothing"),
    Sample(F.prod, (np.ones((0, 3)),), np.prod, {"axis": 0}, note="over nothing"),
    *(Sample(f, (distinct(4, 6).T[::2, ::-1],), e, {"axis": 0}, note="strided") for f, e in _REDUCTIONS),
    *(Sample(f, (normal(2, 5),), e, {"axis": 1, "ddof": 1}) for f, e in _SPREADS),
    Sample(F.prod, (_SOME_ZEROS,), np.prod, {"axis": 1}, note="zeros"),
    Sample(F.prod, (_SOME_ZEROS,), np.prod, {"axis": (0, 1)}, note="zeros"),
    Sample(F.logsumexp, (1000 * distinct(2, 3),), special.logsumexp, {"axis": 1}, note="large"),
    *(
        Sample(F.norm, (away_from([0.0], 3, 4, gap=0.2),), np.linalg.norm, {"ord": p, "axis": 1})
        for p in _VECTOR_ORDERS
    ),
    *(Sample(F.norm, (distinct(5),), np.linalg.norm, {"ord": p}, note="vector") for p in (2, 1, 3, np.inf)),
    Sample(F.norm, (distinct(3, 4),), np.linalg.norm, {"ord": 3, "axis": -2, "keepdims": True}),
    Sample(F.norm, (distinct(3, 4),), np.linalg.norm, {"ord": np.inf, "axis": -2, "keepdims": True}),
    Sample(F.norm, (distinct(3, 4),), np.linalg.norm, {"ord": "fro"}),
    Sample(F.norm, (distinct(2, 3, 4),), np.linalg.norm, {"ord": "fro", "axis": (2, 0)}),
    Sample(F.norm, (distinct(2, 3, 2),), _norm_of_all, note="all axes"),
    Sample(F.norm, (distinct(2, 3, 2),), _norm_of_all, {"axis": (0, 1, 2), "keepdims": True}),
    Sample(F.norm, (np.array(-0.7),), _norm_of_all, note="0-d"),
    Sample(F.norm, (np.ones((0, 3)),), np.linalg.norm, {"axis": 1}, note="empty"),
    *(Sample(f, (normal(3, 4),), e, settings) for f, e in _RUNNING for settings in ({}, {"axis": 0}, {"axis": -1})),
    *(Sample(f, (normal(2, 3, 2),), e, {"axis": 1}) for f, e in _RUNNING),
    *(Sample(f, (np.array(0.7),), e, note="0-d") for f, e in _RUNNING),
    *(Sample(f, (np.ones((0, 3)),), e, {"axis": axis}, note="empty") for f, e in _RUNNING for axis in (0, 1, None)),
    *(Sample(f, (normal(4, 6).T[::2, ::-1],), e, {"axis": 0}, note="strided") for f, e in _RUNNING),
    Sample(F.cumprod, (_SOME_ZEROS,), np.cumprod, {"axis": 1}, note="zeros"),
    *(
        Sample(f, (distinct(3, 4),), e, settings)
        for f, e in _POSITIONS
        for settings in ({}, {"axis": 1}, {"axis": 0, "keepdims": True})
    ),
    *(
        Sample(f, (_SOME_ZEROS,), e, settings)
        for f, e in _TESTS
        for settings in ({}, {"axis": 1}, {"axis": (0, 1), "keepdims": True})
    ),
]
