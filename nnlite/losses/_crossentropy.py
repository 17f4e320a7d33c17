"""The cross-entropies, of probabilities or of logits."""

from __future__ import annotations

from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._logits import logits_behind
from nnlite.losses._alignment import lined_up
from nnlite.losses._loss import BuiltIn

__all__ = ["BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"]

_EPSILON = 1e-7  # probabilities are clipped here
_FLATTEN = "; is a Flatten layer missing before the last layer?"


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
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.from_logits, self.label_smoothing = from_logits, _share(self.name, label_smoothing)

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        y_true = lined_up(y_true, y_pred, self.name)
        if np.minimum.reduce(y_true, None, initial=0.0) < 0 or np.maximum.reduce(y_true, None, initial=1.0) > 1:
            raise ValueError(f"{self.name} expected labels in [0, 1], got {y_true.min()} to {y_true.max()}")
        if self.label_smoothing:
            y_true = y_true * (1 - self.label_smoothing) + self.label_smoothing / 2
        logits = y_pred if self.from_logits else logits_behind(y_pred, "sigmoid")
        if logits is not None:
            losses: Tensor = F.binary_cross_entropy_with_logits(logits, y_true, reduction=reduction)
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
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.from_logits, self.label_smoothing = from_logits, _share(self.name, label_smoothing)

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        if y_true.shape != y_pred.shape:
            advice = _FLATTEN if 1 < y_true.ndim < y_pred.ndim else ""
            if y_true.ndim < 2 or y_true.shape[-1] == 1:
                advice = "; for integer labels use sparse_categorical_crossentropy, or utils.to_categorical"
            raise ValueError(
                f"{self.name} expected one-hot labels of the predictions' shape {y_pred.shape}, "
                f"got shape {y_true.shape}{advice}"
            )
        if y_pred.shape[-1] == 1:
            raise ValueError(
                f"{self.name} expected predictions for two classes or more, got shape {y_pred.shape}: the loss would "
                "always be 0; for a single probability use binary_crossentropy"
            )
        y_true = y_true.astype(y_pred.dtype, copy=False)
        logits = y_pred if self.from_logits else logits_behind(y_pred, "softmax")
        losses: Tensor
        if logits is not None:
            losses = F.cross_entropy(logits, y_true, label_smoothing=self.label_smoothing, reduction=reduction)
        else:
            if self.label_smoothing:
                y_true = y_true * (1 - self.label_smoothing) + self.label_smoothing / y_true.shape[-1]
            losses = -(y_true * _log_of_probabilities(y_pred)).sum(axis=-1)
            losses = losses.mean() if reduction == "mean" else losses
        return losses


class SparseCategoricalCrossentropy(BuiltIn):
    """-log(p[y]), for integer labels y.

    As `CategoricalCrossentropy`, without making the labels one-hot.

    Parameters
    ----------
    from_logits : bool, default False
        Whether y_pred is the input of the softmax.

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
        self, from_logits: bool = False, reduction: str | None = "sum_over_batch_size", name: str | None = None
    ) -> None:
        super().__init__(reduction, name)
        self.from_logits = from_logits

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        if y_true.shape == (*y_pred.shape[:-1], 1) and y_true.ndim == y_pred.ndim:
            y_true = y_true[..., 0]
        if y_true.shape != y_pred.shape[:-1]:
            advice = _FLATTEN if y_true.ndim + 1 < y_pred.ndim else ""
            if y_true.shape == y_pred.shape:
                advice = "; for one-hot labels use categorical_crossentropy"
            raise ValueError(
                f"{self.name} expected integer labels of shape {y_pred.shape[:-1]} for predictions of shape "
                f"{y_pred.shape}, got shape {y_true.shape}{advice}"
            )
        with np.errstate(invalid="ignore"):
            labels = y_true.astype(np.int64, copy=False)
        if y_true.dtype.kind == "f" and not np.array_equal(labels, y_true):
            raise ValueError(f"{self.name} expected integer labels, got {y_true[labels != y_true].flat[0]}")
        logits = y_pred if self.from_logits else logits_behind(y_pred, "softmax")
        scores = logits if logits is not None else _log_of_probabilities(y_pred)
        losses: Tensor = F.cross_entropy(scores, labels, reduction=reduction, ignore_index=-(2**62))
        return losses


def _log_of_probabilities(p: Tensor) -> Tensor:
    """Return log(p), with p divided by its sum and clipped."""
    p = p / p.sum(axis=-1, keepdims=True)
    logarithm: Tensor = F.log(F.clip(p, _EPSILON, 1 - _EPSILON))
    return logarithm


def _share(name: str, label_smoothing: float) -> float:
    """Require a share in [0, 1]."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{name} expected label_smoothing in [0, 1], got label_smoothing={label_smoothing!r}")
    return label_smoothing
