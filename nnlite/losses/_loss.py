"""Loss, the base of the losses, and the two ways to make one: of an operation and of a function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite._configured import Configured
from nnlite.autograd import Tensor, default_dtype, is_grad_enabled
from nnlite.layers._mask import mask_of
from nnlite.losses._alignment import lined_up_weight, ranked_like

__all__ = ["BuiltIn", "FromFunction", "Loss"]

_MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")


class Loss(Configured, ABC):
    """The base of losses: a subclass gives one loss for each sample, `call(y_true, y_pred)`.

    Parameters
    ----------
    reduction : {"sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none"}, default \
"sum_over_batch_size"
        How the losses of the samples become one number. The first two are the same: the sum, divided by the number of
        losses whatever their weights; "mean_with_sample_weight" divides by the sum of the weights. None is "none".
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
        if reduction not in (*_MEANS, "sum", "none"):
            raise ValueError(
                f"{type(self).__name__} expected reduction {', '.join(map(repr, _MEANS))}, 'sum' or 'none', "
                f"got reduction={reduction!r}"
            )
        self.reduction, self.name = reduction, name or type(self).__name__

    def _unsaid(self, name: str) -> str | None:
        return repr(type(self).__name__) if name == "name" else None

    @abstractmethod
    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the loss of each sample."""

    def counted(self, y_true: Any, losses: Tensor) -> NDArray[Any] | None:
        """Return which of the losses count, None for all of them; the others are 0 and take no part in the mean."""
        return None

    def mean(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the mean of the samples' losses, without weights."""
        return self._reduced(y_true, self.call(y_true, y_pred))

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """Return the loss, weighted by sample if weights are given.

        Where y_pred has a mask (see `nnlite.layers.Embedding`), the steps that it leaves out do not count: neither in
        the sum nor in what it is divided by.
        """
        y_pred = y_pred if isinstance(y_pred, Tensor) else Tensor(y_pred)
        y_pred = y_pred if y_pred.dtype.kind == "f" else y_pred.astype(default_dtype())
        if isinstance(y_true, Tensor) and y_true.requires_grad and is_grad_enabled():
            raise TypeError(
                f"{self.name} differentiates y_pred only, and y_true requires grad: are they (y_true, y_pred), in this "
                "order? .detach() y_true if it is a target, or use the function of nnlite.functional for both gradients"
            )
        y_true = y_true.data if isinstance(y_true, Tensor) else np.asarray(y_true)
        mask = mask_of(y_pred)
        if sample_weight is None and mask is None and self.reduction in _MEANS:
            return self.mean(y_true, y_pred)
        return self._reduced(y_true, self.call(y_true, y_pred), sample_weight, mask)

    def _reduced(self, y_true: Any, losses: Tensor, sample_weight: Any = None, mask: Any = None) -> Tensor:
        """Weight the losses and reduce them."""
        counted = self.counted(y_true, losses)
        if mask is not None:
            unmasked = np.broadcast_to(lined_up_weight(mask, losses.shape, self.name), losses.shape)
            counted = unmasked if counted is None else counted & unmasked
        weight = None if counted is None else counted.astype(losses.dtype)
        if sample_weight is not None:
            given = lined_up_weight(sample_weight, losses.shape, self.name).astype(losses.dtype, copy=False)
            weight = np.broadcast_to(given, losses.shape) if weight is None else given * weight
        losses = losses if weight is None else losses * weight
        if self.reduction == "none":
            return losses
        if self.reduction == "sum":
            return losses.sum()
        count: float = losses.size if counted is None else int(np.count_nonzero(counted))
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            count = float(weight.sum())
        return losses.sum() / (count or 1)


class BuiltIn(Loss):
    """A loss that is one operation: a subclass says which, `operation(y_true, y_pred, reduction)`."""

    axis: Any = -1  # what is averaged for each sample, unless the operation has summed over it

    @abstractmethod
    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses ("none") or their mean ("mean")."""

    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the loss of each sample: the mean over the axis, unless there is one only or it was summed over."""
        losses = self.operation(y_true, y_pred, "none")
        return losses.mean(axis=self.axis) if 1 < losses.ndim == y_pred.ndim else losses

    def mean(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the mean of the losses."""
        return self.operation(y_true, y_pred, "mean")


class FromFunction(Loss):
    """A user's function (y_true, y_pred) -> losses."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(name=getattr(function, "__name__", type(function).__name__))
        self.function = function

    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return what the function gives."""
        y_true = ranked_like(y_pred, y_true)
        y_true = y_true.astype(y_pred.dtype, copy=False) if y_true.dtype.kind == "f" else y_true
        losses = self.function(y_true, y_pred)
        if not isinstance(losses, Tensor):
            raise TypeError(
                f"the loss function {self.name} must return a Tensor computed from y_pred, got a "
                f"{type(losses).__name__}"
            )
        return losses
