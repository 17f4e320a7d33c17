"""From probabilities back to logits: exactly where an activation remembers them, clipped elsewhere."""

from __future__ import annotations

import nnlite.functional as F
from nnlite.autograd import Tensor

__all__ = ["checked_share", "log_of_probabilities", "log_odds", "logits_behind"]

_EPSILON = 1e-7  # probabilities are clipped here


def logits_behind(y_pred: Tensor, activation: str) -> Tensor | None:
    """Return what the probabilities were computed from, unless something listens at the probabilities themselves."""
    if y_pred._logits is not None and y_pred._logits[0] == activation and not y_pred.is_watched:
        return y_pred._logits[1]
    return None


def log_of_probabilities(p: Tensor) -> Tensor:
    """Return log(p), with p divided by its sum and clipped."""
    p = p / p.sum(axis=-1, keepdims=True)
    logarithm: Tensor = F.log(F.clip(p, _EPSILON, 1 - _EPSILON))
    return logarithm


def log_odds(p: Tensor) -> Tensor:
    """Return log(p / (1 - p)), with p clipped."""
    p = F.clip(p, _EPSILON, 1 - _EPSILON)
    odds: Tensor = F.log(p) - F.log1p(-p)
    return odds


def checked_share(name: str, label_smoothing: float) -> float:
    """Require a share in [0, 1]."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{name} expected label_smoothing in [0, 1], got label_smoothing={label_smoothing!r}")
    return label_smoothing
