"""Loss, the base of the losses, and the two ways to make one: of an operation and of a function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from nnlite.autograd import Tensor, default_dtype
from nnlite.losses._alignment import lined_up_weight, ranked_like

__all__ = ["BuiltIn", "FromFunction", "Loss"]


class Loss(ABC):
    """The base of losses: a subclass gives one loss for each sample, `call(y_true, y_pred)`.

    Parameters
    ----------
    reduction : {"sum_over_batch_size", "mean", "sum", "none"}, default "sum_over_batch_size"
        How the losses of the samples become one number; the first two are the same.
    name : str, optional
        What errors and logs call it.

    Raises
    ------
    ValueError
        If the reduction is unknown; when called, if the shapes of y_true and y_pred do not fit each other.
    """

    from_logits = False

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        reduction = "none" if reduction is None else reduction
        if reduction not in ("sum_over_batch_size", "mean", "sum", "none"):
            raise ValueError(
                f'{type(self).__name__} expected reduction "sum_over_batch_size", "mean", "sum" or "none", '
                f"got reduction={reduction!r}"
            )
        self.reduction, self.name = reduction, name or type(self).__name__

    @abstractmethod
    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the loss of each sample."""

    def mean(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the mean of the samples' losses."""
        return self.call(y_true, y_pred).mean()

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """Return the loss, weighted by sample if weights are given: the sum is divided by the count all the same."""
        y_pred = y_pred if isinstance(y_pred, Tensor) else Tensor(y_pred)
        y_pred = y_pred if y_pred.dtype.kind == "f" else y_pred.astype(default_dtype())
        y_true = y_true.data if isinstance(y_true, Tensor) else np.asarray(y_true)
        if sample_weight is None and self.reduction in ("sum_over_batch_size", "mean"):
            return self.mean(y_true, y_pred)
        losses = self.call(y_true, y_pred)
        if sample_weight is not None:
            losses = losses * lined_up_weight(sample_weight, losses.shape, self.name).astype(losses.dtype, copy=False)
        if self.reduction == "none":
            return losses
        return losses.sum() if self.reduction == "sum" else losses.mean()


class BuiltIn(Loss):
    """A loss that is one operation: a subclass says which, `operation(y_true, y_pred, reduction)`."""

    @abstractmethod
    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses ("none") or their mean ("mean")."""

    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the loss of each sample: the mean over the last axis, unless there is none or it was summed over."""
        losses = self.operation(y_true, y_pred, "none")
        return losses.mean(axis=-1) if 1 < losses.ndim == y_pred.ndim else losses

    def mean(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the mean of the losses."""
        return self.operation(y_true, y_pred, "mean")


class FromFunction(Loss):
    """A user's function (y_true, y_pred) -> losses."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(name=getattr(function, "__name__", type(function).__name__))
        self._function = function

    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return what the function gives."""
        y_true = ranked_like(y_pred, y_true)
        y_true = y_true.astype(y_pred.dtype, copy=False) if y_true.dtype.kind == "f" else y_true
        losses = self._function(y_true, y_pred)
        if not isinstance(losses, Tensor):
            raise TypeError(
                f"the loss function {self.name} must return a Tensor computed from y_pred, got a "
                f"{type(losses).__name__}"
            )
        return losses
