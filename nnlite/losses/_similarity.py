"""Losses of vectors: how little they point the same way, alone or within a batch of labelled ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.losses._alignment import lined_up
from nnlite.losses._loss import BuiltIn, Loss

__all__ = ["Circle", "CosineSimilarity"]

_SHORTEST = 1e-7  # vectors are not made longer than 1 if they are shorter than this
_NEVER = -1e30  # the exponent of a pair that takes no part


class CosineSimilarity(BuiltIn):
    """Minus the cosine of the angle between y_true and y_pred: -1 where they point the same way.

    Parameters
    ----------
    axis : int, default -1
        Where the vectors lie.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.CosineSimilarity()([[3.0, 4.0]], [[2.0, 0.0]]).item(), 4)
    -0.6
    """

    def __init__(self, axis: int = -1, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(reduction, name)
        self.axis = axis

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return minus the cosines, or their mean."""
        y_true = lined_up(y_true, y_pred, self.name)
        losses: Tensor = -(self._direction(y_true) * self._direction(y_pred)).sum(axis=self.axis)
        return losses.mean() if reduction == "mean" else losses

    def _direction(self, x: Any) -> Any:
        """Return vectors of length 1; very short ones become no longer than that."""
        return x / F.maximum(F.norm(x, axis=self.axis, keepdims=True), _SHORTEST)


class Circle(Loss):
    """log(1 + sum(e**n) * sum(e**p)) for each sample, over the others of its class (p) and of other classes (n).

    With the distances d = 1 - cosine to the other samples of the batch, p = -gamma * (margin + d) * (margin - d) and
    n = gamma * max(1 + margin - d, 0) * (1 - margin - d). Samples whose loss is 0 do not count in the mean.

    Parameters
    ----------
    gamma : float, default 80.0
        How steep it is.
    margin : float, default 0.4
        How far apart the classes should be.
    remove_diagonal : bool, default True
        Whether a sample is not paired with itself.

    References
    ----------
    Y. Sun, C. Cheng, Y. Zhang, C. Zhang, L. Zheng, Z. Wang, Y. Wei, "Circle loss: a unified perspective of pair
    similarity optimization", 2020.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> y_pred = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])  # of length 1
    >>> round(nl.losses.Circle(gamma=2.0)([0, 0, 1], y_pred).item(), 3)
    0.915
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.gamma, self.margin, self.remove_diagonal = gamma, margin, remove_diagonal

    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the losses of the samples, for integer labels (N,) or (N, 1) and vectors (N, D) of length 1."""
        labels = y_true.reshape(-1) if y_true.shape == (len(y_pred), 1) else y_true
        if y_pred.ndim != 2 or labels.shape != y_pred.shape[:1]:
            raise ValueError(
                f"{self.name} expected labels (N,) and predictions (N, D), got shapes {y_true.shape} and {y_pred.shape}"
            )
        alike = labels[:, None] == labels
        paired = alike & ~np.eye(len(labels), dtype=bool) if self.remove_diagonal else alike
        d = F.relu(1 - y_pred @ y_pred.T)
        positive = -self.gamma * (self.margin + d) * (self.margin - d)
        negative = self.gamma * F.relu(1 + self.margin - d) * (1 - self.margin - d)
        losses: Tensor = F.softplus(
            F.logsumexp(F.where(paired, positive, _NEVER), axis=1)
            + F.logsumexp(F.where(alike, _NEVER, negative), axis=1)
        )
        return losses

    def counted(self, y_true: Any, losses: Tensor) -> NDArray[Any]:
        """Return where the loss is not 0."""
        return losses.data > 0
