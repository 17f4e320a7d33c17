"""From probabilities back to logarithms, for losses that start from logits."""

from __future__ import annotations

import nnlite.functional as F
from nnlite.autograd import Tensor

__all__ = ["checked_share", "log_of_probabilities", "log_odds"]

_EPSILON = 1e-7  # probabilities are clipped here


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
