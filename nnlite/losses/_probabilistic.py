"""Losses that compare distributions: of counts, and of probabilities."""

from __future__ import annotations

from typing import Any

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.losses._alignment import lined_up
from nnlite.losses._loss import BuiltIn

__all__ = ["KLDivergence", "Poisson"]

_EPSILON = 1e-7


class Poisson(BuiltIn):
    """The mean of y_pred - y_true * log(y_pred + 1e-7), for predicted rates of counts.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.Poisson()([[2.0, 0.0]], [[1.0, 3.0]]).item(), 4)
    2.0
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        y_true = lined_up(y_true, y_pred, self.name)
        losses: Tensor = F.poisson_nll(y_pred, y_true, log_input=False, eps=_EPSILON, reduction=reduction)
        return losses


class KLDivergence(BuiltIn):
    """sum(y_true * log(y_true / y_pred)) over the last axis, with probabilities held between 1e-7 and 1.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]).item(), 4)
    0.1438
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the divergences, or their mean."""
        y_true = lined_up(y_true, y_pred, self.name).clip(_EPSILON, 1)
        losses: Tensor = F.kl_div(F.log(F.clip(y_pred, _EPSILON, 1)), y_true, reduction="none").sum(axis=-1)
        return losses.mean() if reduction == "mean" else losses
