"""Cross-entropies that look less at what is already right, or at what may be labelled wrongly."""

from __future__ import annotations

from typing import Any

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._logits import logits_behind
from nnlite.losses._alignment import classes_last, lined_up, squeezed, whole_labels
from nnlite.losses._loss import BuiltIn
from nnlite.losses._probabilities import checked_share, log_odds, log_of_probabilities

__all__ = ["BinaryFocalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalGeneralizedCrossEntropy"]

_EPSILON = 1e-7  # probabilities are held here


class BinaryFocalCrossentropy(BuiltIn):
    """The binary cross-entropy times q**gamma, where q = y (1 - p) + (1 - y) p is the chance to be wrong.

    Where p is the output of a sigmoid the loss is computed from the sigmoid's input; other probabilities are clipped
    at 1e-7.

    Parameters
    ----------
    apply_class_balancing : bool, default False
        Whether to multiply by alpha for positive and by 1 - alpha for negative labels.
    alpha : float, default 0.25
    gamma : float, default 2.0
        How fast the weight falls; 0 is the binary cross-entropy.
    from_logits : bool, default False
        Whether y_pred is the input of the sigmoid.
    label_smoothing : float, default 0
        In [0, 1]; labels become y * (1 - s) + s / 2.
    axis : int, default -1
        What is averaged for each sample.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollar, "Focal loss for dense object detection", 2017.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.BinaryFocalCrossentropy()([[1.0]], [[0.5]]).item(), 4)
    0.1733
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.apply_class_balancing, self.alpha, self.gamma = apply_class_balancing, alpha, gamma
        self.from_logits, self.label_smoothing = from_logits, checked_share(self.name, label_smoothing)
        self.axis = axis

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        y_true = lined_up(y_true, y_pred, self.name)
        if self.label_smoothing:
            y_true = y_true * (1 - self.label_smoothing) + self.label_smoothing / 2
        logits = y_pred if self.from_logits else logits_behind(y_pred, "sigmoid")
        alpha = self.alpha if self.apply_class_balancing else None
        losses: Tensor = F.focal(
            log_odds(y_pred) if logits is None else logits, y_true, alpha=alpha, gamma=self.gamma, reduction=reduction
        )
        return losses


class CategoricalFocalCrossentropy(BuiltIn):
    """alpha * sum(y * (1 - p)**gamma * -log(p)) over the classes, for one-hot labels y.

    Where p is the output of a softmax the loss is computed from the softmax's input; other probabilities are divided
    by their sum and clipped at 1e-7.

    Parameters
    ----------
    alpha : float, default 0.25
        Multiplies the loss.
    gamma : float, default 2.0
        How fast the weight falls; 0 is alpha times the cross-entropy.
    from_logits : bool, default False
        Whether y_pred is the input of the softmax.
    label_smoothing : float, default 0
        In [0, 1]; labels become y * (1 - s) + s / classes.
    axis : int, default -1
        Where the classes lie.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollar, "Focal loss for dense object detection", 2017.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.CategoricalFocalCrossentropy()([[0, 1]], [[0.5, 0.5]]).item(), 4)
    0.0433
    """

    def __init__(
        self,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.alpha, self.gamma, self.from_logits = alpha, gamma, from_logits
        self.label_smoothing, self.axis = checked_share(self.name, label_smoothing), axis

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        y_true = classes_last(lined_up(y_true, y_pred, self.name), self.axis)
        y_pred = classes_last(y_pred, self.axis)
        if self.label_smoothing:
            y_true = y_true * (1 - self.label_smoothing) + self.label_smoothing / y_true.shape[-1]
        logits = y_pred if self.from_logits else logits_behind(y_pred, "softmax")
        scores = log_of_probabilities(y_pred) if logits is None else logits
        losses: Tensor = F.categorical_focal(scores, y_true, alpha=self.alpha, gamma=self.gamma, reduction=reduction)
        return losses


class CategoricalGeneralizedCrossEntropy(BuiltIn):
    """(1 - p[y]**q) / q for integer labels y: between the cross-entropy (q to 0) and the absolute error (q to 1).

    Wrong labels, which have a small p, weigh less than in the cross-entropy. Probabilities are held at 1e-7 or above.

    Parameters
    ----------
    q : float, default 0.5
        Between 0 and 1, which are excluded.

    References
    ----------
    Z. Zhang, M. R. Sabuncu, "Generalized cross entropy loss for training deep neural networks with noisy labels", 2018.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.CategoricalGeneralizedCrossEntropy()([1], [[0.75, 0.25]]).item()
    1.0
    """

    def __init__(self, q: float = 0.5, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(reduction, name)
        if not 0 < q < 1:
            raise ValueError(f"{self.name} expected q between 0 and 1, got q={q!r}")
        self.q = q

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        labels = whole_labels(squeezed(y_true, y_pred.ndim, -1), y_pred, self.name)
        chosen = F.take_along_axis(y_pred, labels[..., None], axis=-1)[..., 0]
        losses: Tensor = (1 - F.clip(chosen, _EPSILON, 1) ** self.q) / self.q
        return losses.mean() if reduction == "mean" else losses
