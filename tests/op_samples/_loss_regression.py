"""Samples of the losses of regression, against their textbook formulas; and the reductions that all losses share."""

import math

import numpy as np
from scipy import special

import nnlite.functional as F
from tests.op_samples._sample import Sample, away_from, normal, uniform

REDUCTIONS = ("mean", "sum", "none")


def reduced(losses, reduction, count=None):
    """The mean (over a count other than the size, if given), the sum, or the losses themselves."""
    if reduction == "none":
        return losses
    return losses.sum() / ((losses.size if count is None else count) if reduction == "mean" else 1)


def _mse(input, target, reduction="mean"):
    return reduced((input - target) ** 2, reduction)


def _mae(input, target, reduction="mean"):
    return reduced(abs(input - target), reduction)


def _huber(input, target, delta=1.0, reduction="mean"):
    return reduced(special.huber(delta, input - target), reduction)


def _smooth_l1(input, target, beta=1.0, reduction="mean"):
    return reduced(special.huber(beta, input - target) / beta if beta else abs(input - target), reduction)


def _log_cosh(input, target, reduction="mean"):
    return reduced(np.log(np.cosh(input - target)), reduction)


def _mape(input, target, reduction="mean"):
    return reduced(100 * abs((input - target) / target), reduction)


def _msle(input, target, reduction="mean"):
    return reduced((np.log(1 + input) - np.log(1 + target)) ** 2, reduction)


def _poisson_nll(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    losses = np.exp(input) - target * input if log_input else input - target * np.log(input + eps)
    if full:
        stirling = target * np.log(target) - target + 0.5 * np.log(2 * math.pi * target)
        losses = losses + np.where(target > 1, stirling, 0)
    return reduced(losses, reduction)


def _gaussian_nll(input, target, var, full=False, eps=1e-6, reduction="mean"):
    var = np.maximum(np.asarray(var).reshape(np.shape(var) + (1,) * (0 < np.ndim(var) < input.ndim)), eps)
    losses = 0.5 * (np.log(var) + (input - target) ** 2 / var) + (0.5 * math.log(2 * math.pi) if full else 0)
    return reduced(losses, reduction)


_X, _T = normal(3, 4), normal(3, 4, seed=1)
_APART = _T + away_from([-1.0, -0.5, 0.0, 0.5, 1.0], 3, 4, seed=2)  # from _T, and from the kinks
_LARGE = away_from([0.0], 3, 4, seed=3) + 4
_PAIRS = ((F.mse, _mse), (F.mae, _mae), (F.huber, _huber), (F.smooth_l1, _smooth_l1), (F.log_cosh, _log_cosh),
          (F.mape, _mape), (F.msle, _msle), (F.poisson_nll, _poisson_nll))  # fmt: skip

SAMPLES = [
    *(Sample(F.mse, (_X, _T), _mse, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.mae, (_APART, _T), _mae, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.huber, (_APART, _T), _huber, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.huber, (_APART, _T), _huber, {"delta": d}) for d in (0.5, 20.0)),
    *(Sample(F.smooth_l1, (_APART, _T), _smooth_l1, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.smooth_l1, (_APART, _T), _smooth_l1, {"beta": b}) for b in (0.0, 0.5, 20.0)),
    *(Sample(F.log_cosh, (_APART, _T), _log_cosh, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.mape, (_APART, _APART - _T), _mape, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.msle, (_LARGE, abs(_T) + 0.1), _msle, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.poisson_nll, (_X, abs(_T)), _poisson_nll, {"reduction": r}) for r in REDUCTIONS),
    *(Sample(F.poisson_nll, (_LARGE, abs(_APART) + 0.1), _poisson_nll, {"log_input": False, "full": f, "eps": e})
      for f, e in ((False, 1e-8), (True, 0.1))),
    Sample(F.poisson_nll, (_X, np.array([[0, 1, 2, 7]] * 3)), lambda x, t: _poisson_nll(x, 1.0 * t), note="counts"),
    *(Sample(F.gaussian_nll, (_X, _T, _LARGE), _gaussian_nll, {"reduction": r}) for r in REDUCTIONS),
    Sample(F.gaussian_nll, (_X, _T, uniform(0.5, 2, 3)), _gaussian_nll, {"full": True}, note="one for each row"),
    Sample(F.gaussian_nll, (_X, _T, uniform(0.5, 2, 3, 1)), lambda x, t, v: _gaussian_nll(x, t, v[:, 0]),
           note="column"),
    Sample(F.gaussian_nll, (_X, _T, np.array(0.7)), _gaussian_nll, note="one for all"),
    Sample(F.gaussian_nll, (_X, _T, 0), _gaussian_nll, {"eps": 0.5}, note="a number"),
    Sample(F.gaussian_nll, (uniform(0, 1), uniform(1, 2), uniform(2, 3)), _gaussian_nll, note="0-d"),
    *(Sample(f, (uniform(0.3, 0.4), uniform(0.6, 0.7)), e, note="0-d") for f, e in _PAIRS),
    *(Sample(f, (np.ones((0, 3)), np.ones((0, 3))), e, {"reduction": r}, note="empty")
      for f, e in _PAIRS for r in ("sum", "none")),
    *(Sample(f, (uniform(0.1, 0.4, 4, 3).T, uniform(0.6, 0.9, 3, 8)[:, ::-2]), e, note="strided") for f, e in _PAIRS),
]  # fmt: skip
