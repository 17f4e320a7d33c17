"""Samples of the elementary functions."""

import numpy as np
from scipy import special

import nnlite.functional as F
from tests.op_samples._sample import Sample, normal, uniform

_ANYWHERE = [
    (F.exp, np.exp), (F.expm1, np.expm1), (F.sin, np.sin), (F.cos, np.cos), (F.sinh, np.sinh), (F.cosh, np.cosh),
    (F.tanh, np.tanh), (F.arcsinh, np.arcsinh), (F.arctan, np.arctan), (F.erf, special.erf),
]  # fmt: skip
_POSITIVE = [
    (F.log, np.log), (F.log2, np.log2), (F.log10, np.log10), (F.log1p, np.log1p),
    (F.rsqrt, lambda x: 1 / np.sqrt(x)),
]  # fmt: skip
_INSIDE_ONE = [(F.tan, np.tan), (F.arcsin, np.arcsin), (F.arccos, np.arccos), (F.arctanh, np.arctanh)]

SAMPLES = [
    *(Sample(f, (normal(3, 4),), e) for f, e in _ANYWHERE),
    *(Sample(f, (uniform(0.3, 3, 3, 4),), e) for f, e in _POSITIVE),
    *(Sample(f, (uniform(-0.9, 0.9, 3, 4),), e) for f, e in _INSIDE_ONE),
    *(Sample(f, (uniform(0.4, 0.9),), e, note="0-d") for f, e in _ANYWHERE + _POSITIVE + _INSIDE_ONE),
    *(Sample(f, (np.ones((0, 3)),), e, note="empty") for f, e in _ANYWHERE + _POSITIVE + _INSIDE_ONE),
    *(Sample(f, (uniform(0.4, 0.9, 4, 3).T[:, ::2],), e, note="strided") for f, e in _ANYWHERE + _POSITIVE),
    Sample(F.arccosh, (uniform(1.3, 3, 3, 4),), np.arccosh),
    Sample(F.arctan2, (normal(3, 4), normal(4, seed=1)), np.arctan2, note="broadcast"),
]
