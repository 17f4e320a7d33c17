"""Samples of the activation functions, against their textbook formulas."""

import numpy as np
from scipy import special

import nnlite.functional as F
from tests.op_samples._sample import Sample, away_from, distinct, normal


def _leaky(x, negative_slope=0.01):
    return np.where(x > 0, x, negative_slope * x)


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def _celu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x / alpha) - 1))


def _selu(x):
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1))


def _hard_tanh(x, min_val=-1.0, max_val=1.0):
    return np.where(x < min_val, min_val, np.where(x > max_val, max_val, x))


def _hard_sigmoid(x):
    return np.where(x < -3, 0, np.where(x > 3, 1, x / 6 + 0.5))


def _gelu(x, approximate="none"):
    if approximate in ("tanh", True):
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * special.ndtr(x)


def _softplus(x, beta=1.0, threshold=20.0):
    return np.where(beta * x > threshold, x, np.log(1 + np.exp(beta * x)) / beta)


def _hard_shrink(x, threshold=0.5):
    return np.where((x < -threshold) | (x > threshold), x, 0)


def _soft_shrink(x, threshold=0.5):
    return np.where(x > threshold, x - threshold, np.where(x < -threshold, x + threshold, 0))


def _threshold(x, threshold, value):
    return np.where(x > threshold, x, value)


def _maxout(x, pieces, axis=-1):
    groups = np.stack([np.take(x, range(i, x.shape[axis], pieces), axis) for i in range(pieces)])
    return groups.max(axis=0)


def _glu(x, axis=-1):
    a, b = np.split(x, 2, axis)
    return a * special.expit(b)


_KINKS = [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0]
_ELEMENTWISE = [
    (F.linear, lambda x: x), (F.step, lambda x: np.where(x >= 0, 1.0, 0.0)), (F.exponential, np.exp),
    (F.sigmoid, special.expit), (F.hard_sigmoid, _hard_sigmoid), (F.hard_tanh, _hard_tanh),
    (F.relu, lambda x: np.where(x > 0, x, 0)), (F.relu6, lambda x: _hard_tanh(x, 0, 6)), (F.leaky_relu, _leaky),
    (F.elu, _elu), (F.selu, _selu), (F.celu, _celu), (F.gelu, _gelu), (F.silu, lambda x: x * special.expit(x)),
    (F.hard_silu, lambda x: x * _hard_sigmoid(x)), (F.mish, lambda x: x * np.tanh(_softplus(x))),
    (F.softplus, _softplus), (F.softsign, lambda x: x / (1 + np.abs(x))),
    (F.log_sigmoid, lambda x: np.log(special.expit(x))), (F.hard_shrink, _hard_shrink),
    (F.soft_shrink, _soft_shrink), (F.tanh_shrink, lambda x: x - np.tanh(x)),
    (F.squareplus, lambda x: (x + np.sqrt(x**2 + 4)) / 2),
]  # fmt: skip
_ALONG_AXIS = [
    (F.softmax, lambda x, axis=-1: special.softmax(x, axis)),
    (F.log_softmax, lambda x, axis=-1: special.log_softmax(x, axis)),
]

SAMPLES = [
    *(Sample(f, (away_from(_KINKS, 3, 4, scale=7.0),), e) for f, e in _ELEMENTWISE),
    *(Sample(f, (np.array(0.7),), e, note="0-d") for f, e in _ELEMENTWISE),
    *(Sample(f, (np.ones((0, 3)),), e, note="empty") for f, e in _ELEMENTWISE),
    *(Sample(f, (away_from(_KINKS, 4, 3, scale=7.0).T[:, ::2],), e, note="strided") for f, e in _ELEMENTWISE),
    Sample(F.leaky_relu, (away_from([0.0], 3, 4),), _leaky, {"negative_slope": 0.3}),
    Sample(F.leaky_relu, (away_from([0.0], 3, 4),), _leaky, {"negative_slope": 2.0}, note="steeper below"),
    Sample(F.hard_tanh, (away_from([-0.5, 1.5], 3, 4),), _hard_tanh, {"min_val": -0.5, "max_val": 1.5}),
    Sample(F.elu, (away_from([0.0], 3, 4),), _elu, {"alpha": 0.4}),
    Sample(F.celu, (away_from([0.0], 3, 4),), _celu, {"alpha": 0.4}),
    *(Sample(F.gelu, (normal(3, 4),), _gelu, {"approximate": a}) for a in ("tanh", True, False)),
    Sample(F.softplus, (normal(3, 4),), _softplus, {"beta": 3.0}),
    Sample(F.softplus, (away_from([0.5], 3, 4),), _softplus, {"beta": 2.0, "threshold": 1.0}),
    Sample(F.threshold, (away_from([0.5], 3, 4),), _threshold, {"threshold": 0.5, "value": -7.0}),
    Sample(F.threshold, (np.ones((0, 3)),), _threshold, {"threshold": 0.5, "value": -7.0}, note="empty"),
    Sample(F.prelu, (away_from([0.0], 3, 4), np.array(0.3)), lambda x, w: _leaky(x, w), note="scalar weight"),
    Sample(F.prelu, (away_from([0.0], 2, 3, 4), normal(4)), lambda x, w: _leaky(x, w), note="weight a channel"),
    Sample(F.prelu, (away_from([0.0], 3, 4), 0.3), lambda x, w: _leaky(x, w), note="number"),
    Sample(F.prelu, (np.ones((0, 3)), normal(3)), lambda x, w: _leaky(x, w), note="empty"),
    *(Sample(f, (normal(3, 4),), e, note="default axis") for f, e in _ALONG_AXIS),
    *(Sample(f, (normal(2, 3, 4),), e, {"axis": axis}) for f, e in _ALONG_AXIS for axis in (0, 1, -2, 2)),
    *(Sample(f, (normal(4, 6).T[::2],), e, {"axis": 0}, note="strided") for f, e in _ALONG_AXIS),
    *(Sample(f, (np.ones((0, 3)),), e, {"axis": 1}, note="empty") for f, e in _ALONG_AXIS),
    *(Sample(f, (normal(3, 1),), e, {"axis": -1}, note="single class") for f, e in _ALONG_AXIS),
    *(Sample(F.softmax, (normal(2, 3, 4),), special.softmax, {"axis": axis}) for axis in ((0, 2), (-1, 1), (2,))),
    Sample(F.hard_shrink, (away_from([-0.2, 0.2], 3, 4),), _hard_shrink, {"threshold": 0.2}),
    Sample(F.soft_shrink, (away_from([-0.2, 0.2], 3, 4),), _soft_shrink, {"threshold": 0.2}),
    Sample(F.squareplus, (normal(3, 4),), lambda x, b: (x + np.sqrt(x**2 + b)) / 2, {"b": 0.5}),
    Sample(F.maxout, (distinct(2, 6),), _maxout, {"pieces": 3}),
    Sample(F.maxout, (distinct(4, 3, 2),), _maxout, {"pieces": 2, "axis": 0}),
    Sample(F.maxout, (distinct(2, 6, 2),), _maxout, {"pieces": 3, "axis": -2}),
    Sample(F.maxout, (distinct(3, 4),), _maxout, {"pieces": 1}, note="alone"),
    Sample(F.maxout, (distinct(6, 4).T[:, ::-1],), _maxout, {"pieces": 2}, note="strided"),
    Sample(F.maxout, (np.ones((0, 4)),), _maxout, {"pieces": 2}, note="empty"),
    Sample(F.glu, (normal(3, 4),), _glu),
    Sample(F.glu, (normal(4, 3),), _glu, {"axis": 0}),
    Sample(F.glu, (normal(2, 4, 3),), _glu, {"axis": -2}),
    Sample(F.glu, (np.ones((0, 4)),), _glu, note="empty"),
]
