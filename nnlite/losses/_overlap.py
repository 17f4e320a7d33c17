"""Losses of regions: how little of the predicted region and of the true one is common to both."""

from __future__ import annotations

from typing import Any

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.losses._alignment import lined_up
from nnlite.losses._loss import BuiltIn

__all__ = ["Dice", "Tversky"]

Axis = int | tuple[int, ...] | None


class Dice(BuiltIn):
    """1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred) + 1e-7).

    Parameters
    ----------
    axis : int, tuple of int or None, default None
        What the sums run over. None takes the whole batch as one region; then samples cannot have weights.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.Dice()([[0.0, 1.0, 0.0]], [[1.0, 1.0, 0.0]]).item(), 4)
    0.3333
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, axis: Axis = None
    ) -> None:
        super().__init__(reduction, name)
        self.axis = axis

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses of the regions, or their mean."""
        y_true = lined_up(y_true, y_pred, self.name)
        losses: Tensor = F.dice(y_pred, y_true, axis=self.axis, reduction=reduction)
        return losses


class Tversky(BuiltIn):
    """1 - common / (common + alpha * missed + beta * extra + 1e-7).

    common = sum(y_true * y_pred), missed = sum(y_true * (1 - y_pred)), extra = sum((1 - y_true) * y_pred).

    Parameters
    ----------
    alpha : float, default 0.5
        The weight of what was missed.
    beta : float, default 0.5
        The weight of what was predicted and is not there.
    axis : int, tuple of int or None, default None
        What the sums run over. None takes the whole batch as one region; then samples cannot have weights.

    References
    ----------
    S. S. M. Salehi, D. Erdogmus, A. Gholipour, "Tversky loss function for image segmentation using 3D fully
    convolutional deep networks", 2017.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.Tversky(beta=0.2)([[0.0, 1.0, 0.0]], [[1.0, 1.0, 0.0]]).item(), 4)
    0.1667
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: Axis = None,
    ) -> None:
        super().__init__(reduction, name)
        self.alpha, self.beta, self.axis = alpha, beta, axis

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses of the regions, or their mean."""
        y_true = lined_up(y_true, y_pred, self.name)
        losses: Tensor = F.tversky(
            y_pred, y_true, alpha=self.alpha, beta=self.beta, axis=self.axis, reduction=reduction
        )
        return losses
