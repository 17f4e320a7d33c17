"""MeanOf: a loss, watched."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from nnlite._configured import snake_case
from nnlite.autograd import Tensor, no_grad
from nnlite.layers._mask import mask_of
from nnlite.losses import Loss
from nnlite.metrics._metric import Metric, arrays_of, weight_of

__all__ = ["MeanOf"]


class MeanOf(Metric):
    """The mean of a loss over all samples, whatever its reduction.

    What the loss leaves out (`ignore_class`, masked steps) does not count.

    Parameters
    ----------
    loss : Loss
    name : str, optional
        What logs call it; by default the loss's name, in Keras' spelling of strings.
    negative : bool, default False
        Whether to turn the sign round: of a loss that is minus a similarity.

    Examples
    --------
    >>> import nnlite as nl
    >>> metric = nl.metrics.get(nl.losses.Huber(delta=2.0))
    >>> metric([1.0, 2.0], [1.0, 4.0]), metric([0.0, 0.0], [3.0, 3.0])
    (1.0, 2.5)
    >>> metric.name
    'huber'
    """

    direction = "min"

    def __init__(self, loss: Loss, name: str | None = None, negative: bool = False) -> None:
        unnamed = loss.name == type(loss).__name__
        super().__init__(name or (snake_case(loss.name) if unnamed else loss.name))
        self.loss, self.negative = loss, negative
        if negative:
            self.direction = "max"

    def reset_state(self) -> None:
        """Begin anew."""
        self._total = self._weight = 0.0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch; without weights, those of the predictions' mask, if they have one.

        Raises
        ------
        ValueError
            If the shapes of y_true and y_pred do not fit each other.
        """
        each = copy.copy(self.loss)
        each.reduction, each.name = "none", self.name
        with no_grad():
            losses = each(y_true, y_pred if isinstance(y_pred, Tensor) else np.asarray(y_pred))
        weight = weight_of(mask_of(y_pred) if sample_weight is None else sample_weight, losses.shape, self.name)
        counted = each.counted(arrays_of(y_true, y_pred)[0], losses)
        weight = weight if counted is None else weight * counted
        self._total += float(np.sum(losses.data * weight, dtype=np.float64))
        self._weight += float(weight.sum())

    def result(self) -> float:
        """Return the mean over everything taken in; NaN if there was nothing."""
        mean = self._total / self._weight if self._weight else float("nan")
        return -mean if self.negative else mean
