"""Losses of regression."""

from __future__ import annotations

from typing import Any

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.losses._alignment import lined_up
from nnlite.losses._loss import BuiltIn

__all__ = [
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
]


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


class MeanAbsolutePercentageError(BuiltIn):
    """The mean of 100 * |y_true - y_pred| / max(|y_true|, 1e-7).

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 4.0]]).item()
    25.0
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the errors in per cent, or their mean."""
        error: Tensor = F.mape(y_pred, lined_up(y_true, y_pred, self.name), reduction=reduction)
        return error


class MeanSquaredLogarithmicError(BuiltIn):
    """The mean of (log(1 + y_true) - log(1 + y_pred))**2, both held at 1e-7 or above.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.MeanSquaredLogarithmicError()([[1.0, 2.0]], [[0.0, 2.0]]).item(), 4)
    0.2402
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the squared differences of logarithms, or their mean."""
        error: Tensor = F.msle(y_pred, lined_up(y_true, y_pred, self.name), reduction=reduction)
        return error


class Huber(BuiltIn):
    """The mean of d**2 / 2 where |d| <= delta, and of delta * (|d| - delta / 2) elsewhere; d = y_pred - y_true.

    Parameters
    ----------
    delta : float, default 1.0
        Where the parabola ends.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.Huber()([[0.0, 0.0]], [[1.0, 2.0]]).item()
    1.0
    """

    def __init__(
        self, delta: float = 1.0, reduction: str | None = "sum_over_batch_size", name: str | None = None
    ) -> None:
        super().__init__(reduction, name)
        if not delta > 0:
            raise ValueError(f"{self.name} expected delta above 0, got delta={delta!r}")
        self.delta = delta

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the errors, or their mean."""
        y_true = lined_up(y_true, y_pred, self.name)
        error: Tensor = F.huber(y_pred, y_true, delta=self.delta, reduction=reduction)
        return error


class LogCosh(BuiltIn):
    """The mean of log(cosh(y_pred - y_true)).

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.LogCosh()([[0.0, 0.0]], [[1.0, 0.0]]).item(), 4)
    0.2169
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the errors, or their mean."""
        error: Tensor = F.log_cosh(y_pred, lined_up(y_true, y_pred, self.name), reduction=reduction)
        return error
