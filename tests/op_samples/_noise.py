"""Samples of the noise functions: the mask is drawn anew from the same state at every call."""

import numpy as np

import nnlite.functional as F
from tests.op_samples._sample import Sample, normal


class _SameNumbers(np.random.Generator):
    """A generator that draws the same numbers every time, so that a sample can be computed again and again."""

    def random(self, size=None, dtype=np.float64):
        return np.random.default_rng(7).random(size, dtype)

    def __str__(self) -> str:
        return "same"


_SAME = _SameNumbers(np.random.PCG64(0))


def _dropout(x, rate=0.5, training=True, generator=None):
    if not training:
        return x
    kept = generator.random(np.shape(x), np.float32) >= rate
    return np.where(kept, x / max(1 - rate, 1e-300), 0)


SAMPLES = [
    Sample(F.dropout, (normal(3, 4),), _dropout, {"generator": _SAME}),
    Sample(F.dropout, (normal(3, 4),), _dropout, {"rate": 0.2, "generator": _SAME}),
    Sample(F.dropout, (normal(3, 4),), _dropout, {"rate": 0.0, "generator": _SAME}),
    Sample(F.dropout, (normal(3, 4),), _dropout, {"rate": 1, "generator": _SAME}),
    Sample(F.dropout, (normal(3, 4),), _dropout, {"training": False}),
    Sample(F.dropout, (np.array(0.7),), _dropout, {"rate": 0.3, "generator": _SAME}, note="0-d"),
    Sample(F.dropout, (np.ones((0, 3)),), _dropout, {"generator": _SAME}, note="empty"),
    Sample(F.dropout, (normal(6, 4).T[::2],), _dropout, {"generator": _SAME}, note="strided"),
]
