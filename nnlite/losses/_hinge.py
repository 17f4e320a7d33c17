"""The hinge losses: a prediction that is right by a margin of 1 costs nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.losses._alignment import lined_up
from nnlite.losses._loss import BuiltIn

__all__ = ["CategoricalHinge", "Hinge", "SquaredHinge"]


class Hinge(BuiltIn):
    """The mean of max(1 - y_true * y_pred, 0), for labels -1 and 1; labels 0 and 1 are taken for these.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.Hinge()([[0.0, 1.0]], [[-2.0, 0.5]]).item()
    0.25
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        losses: Tensor = F.hinge(y_pred, _signs(lined_up(y_true, y_pred, self.name)), reduction=reduction)
        return losses


class SquaredHinge(BuiltIn):
    """The mean of max(1 - y_true * y_pred, 0)**2, for labels -1 and 1; labels 0 and 1 are taken for these.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.SquaredHinge()([[0.0, 1.0]], [[-2.0, 0.5]]).item()
    0.125
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        losses: Tensor = F.squared_hinge(y_pred, _signs(lined_up(y_true, y_pred, self.name)), reduction=reduction)
        return losses


class CategoricalHinge(BuiltIn):
    """max(best - right + 1, 0) with best = max((1 - y_true) * y_pred) and right = sum(y_true * y_pred), one-hot labels.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.CategoricalHinge()([[1.0, 0.0, 0.0]], [[2.0, 1.5, 0.0]]).item()
    0.5
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        losses: Tensor = F.categorical_hinge(y_pred, lined_up(y_true, y_pred, self.name), reduction=reduction)
        return losses


def _signs(y_true: NDArray[Any]) -> NDArray[Any]:
    """Make labels -1 and 1 of labels 0 and 1, if they are all of these."""
    return 2 * y_true - 1 if np.isin(y_true, (0, 1)).all() else y_true
