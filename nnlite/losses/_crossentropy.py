"""The cross-entropies, of probabilities or of logits."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._logits import logits_behind, remembered_logits
from nnlite.functional._loss_binary import binary_cross_entropy_of_sigmoid
from nnlite.losses._alignment import FLATTEN, classes_last, lined_up, squeezed, whole_labels
from nnlite.losses._loss import BuiltIn
from nnlite.losses._probabilities import checked_share, log_of_probabilities

__all__ = ["BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"]

_NO_CLASS = -(2**62)


class BinaryCrossentropy(BuiltIn):
    """-(y log p + (1 - y) log(1 - p)), the mean over the last axis.

    Where p is the output of a sigmoid the loss is computed from the sigmoid's input, so that it is exact also where
    p rounds to 0 or 1; other probabilities are clipped at 1e-7.

    Parameters
    ----------
    from_logits : bool, default False
        Whether y_pred is the input of the sigmoid.
    label_smoothing : float, default 0
        In [0, 1]; labels become y * (1 - s) + s / 2.
    axis : int, default -1
        What is averaged for each sample.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.BinaryCrossentropy()([[1.0]], [[0.5]]).item(), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.from_logits, self.label_smoothing = from_logits, checked_share(self.name, label_smoothing)
        self.axis = axis

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        y_true = lined_up(y_true, y_pred, self.name)
        if y_true.size and (y_true.item(y_true.argmin()) < 0 or y_true.item(y_true.argmax()) > 1):
            raise ValueError(f"{self.name} expected labels in [0, 1], got {y_true.min()} to {y_true.max()}")
        if self.label_smoothing:
            y_true = y_true * (1 - self.label_smoothing) + self.label_smoothing / 2
        losses: Tensor
        if self.from_logits:
            losses = F.binary_cross_entropy_with_logits(y_pred, y_true, reduction=reduction)
        elif (logits := remembered_logits(y_pred, "sigmoid")) is not None:
            losses = binary_cross_entropy_of_sigmoid(y_pred, logits, y_true, reduction=reduction)
        else:
            losses = F.binary_cross_entropy(y_pred, y_true, reduction=reduction)
        return losses


class CategoricalCrossentropy(BuiltIn):
    """-sum(y * log(p)) over the classes, for one-hot (or soft) labels y.

    Where p is the output of a softmax the loss is computed from the softmax's input, so that it is exact also where
    p rounds to 0; other probabilities are divided by their sum and clipped at 1e-7.

    Parameters
    ----------
    from_logits : bool, default False
        Whether y_pred is the input of the softmax.
    label_smoothing : float, default 0
        In [0, 1]; labels become y * (1 - s) + s / classes.
    axis : int, default -1
        Where the classes lie.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.CategoricalCrossentropy()([[0, 1]], [[0.5, 0.5]]).item(), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.from_logits, self.label_smoothing = from_logits, checked_share(self.name, label_smoothing)
        self.axis = axis

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        if y_true.shape != y_pred.shape:
            advice = FLATTEN if 1 < y_true.ndim < y_pred.ndim else ""
            if y_true.ndim < 2 or y_true.shape[-1] == 1:
                advice = "; for integer labels use sparse_categorical_crossentropy, or utils.to_categorical"
            raise ValueError(
                f"{self.name} expected one-hot labels of the predictions' shape {y_pred.shape}, "
                f"got shape {y_true.shape}{advice}"
            )
        if y_pred.shape[self.axis] == 1:
            raise ValueError(
                f"{self.name} expected predictions for two classes or more, got shape {y_pred.shape}: the loss would "
                "always be 0; for a single probability use binary_crossentropy"
            )
        y_true = classes_last(y_true.astype(y_pred.dtype, copy=False), self.axis)
        y_pred = classes_last(y_pred, self.axis)
        logits = y_pred if self.from_logits else logits_behind(y_pred, "softmax")
        losses: Tensor
        if logits is not None:
            losses = F.cross_entropy(logits, y_true, label_smoothing=self.label_smoothing, reduction=reduction)
        else:
            if self.label_smoothing:
                y_true = y_true * (1 - self.label_smoothing) + self.label_smoothing / y_true.shape[-1]
            losses = -(y_true * log_of_probabilities(y_pred)).sum(axis=-1)
            losses = losses.mean() if reduction == "mean" else losses
        return losses


class SparseCategoricalCrossentropy(BuiltIn):
    """-log(p[y]), for integer labels y.

    As `CategoricalCrossentropy`, without making the labels one-hot.

    Parameters
    ----------
    from_logits : bool, default False
        Whether y_pred is the input of the softmax.
    ignore_class : int, optional
        A label that takes no part: its loss is 0 and it does not count in the mean. It may be no class at all (-1).
    axis : int, default -1
        Where the classes lie in y_pred; y_true lacks this axis, or has length 1 there.

    Raises
    ------
    ValueError
        When called, if a label is not one of the classes 0 ... C - 1.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]).item(), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        y_pred = classes_last(y_pred, self.axis)
        labels = whole_labels(squeezed(y_true, y_pred.ndim, self.axis), y_pred, self.name)
        logits = y_pred if self.from_logits else logits_behind(y_pred, "softmax")
        scores = logits if logits is not None else log_of_probabilities(y_pred)
        ignored = _NO_CLASS if self.ignore_class is None else self.ignore_class
        if ignored != _NO_CLASS and reduction == "mean" and not (labels != ignored).any():
            reduction = "sum"  # of nothing: 0, as Keras has it, not NaN
        losses: Tensor = F.cross_entropy(scores, labels, reduction=reduction, ignore_index=ignored)
        return losses

    def counted(self, y_true: Any, losses: Tensor) -> NDArray[Any] | None:
        """Return where the label is not the ignored one."""
        return None if self.ignore_class is None else (y_true != self.ignore_class).reshape(losses.shape)
