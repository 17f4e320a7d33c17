"""Losses of regression."""

from __future__ import annotations

from typing import Any

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.losses._alignment import lined_up
from nnlite.losses._loss import BuiltIn

__all__ = ["MeanAbsoluteError", "MeanSquaredError"]


class MeanSquaredError(BuiltIn):
    """The mean of (y_true - y_pred)**2.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.MeanSquaredError()([[0.0, 1.0]], [[1.0, 1.0]]).item()
    0.5
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the squared errors, or their mean."""
        error: Tensor = F.mse(y_pred, lined_up(y_true, y_pred, self.name), reduction=reduction)
        return error


class MeanAbsoluteError(BuiltIn):
    """The mean of |y_true - y_pred|.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]]).item()
    1.0
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the absolute errors, or their mean."""
        error: Tensor = F.mae(y_pred, lined_up(y_true, y_pred, self.name), reduction=reduction)
        return error
