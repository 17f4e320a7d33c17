"""How uncertain a model of sequences is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnlite.functional as F
from nnlite.losses._alignment import squeezed, whole_labels
from nnlite.metrics._metric import Metric, arrays_of, weight_of

__all__ = ["Perplexity"]

_EPSILON = 1e-7  # probabilities are held here


class Perplexity(Metric):
    """exp of the mean cross-entropy: how many equally likely classes would be as hard to guess.

    Parameters
    ----------
    from_logits : bool, default False
        Whether predictions are the input of the softmax; probabilities are divided by their sum and clipped at 1e-7.
    ignore_class : int, optional
        A label that takes no part, such as that of padding.
    name : str, optional

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> round(nl.metrics.Perplexity(from_logits=True)([[0, 1, 3]], np.zeros((1, 3, 4))), 4)
    4.0
    """

    default_name = "perplexity"
    direction = "min"

    def __init__(self, from_logits: bool = False, ignore_class: int | None = None, name: str | None = None) -> None:
        super().__init__(name)
        self.from_logits, self.ignore_class = from_logits, ignore_class

    def reset_state(self) -> None:
        """Begin anew."""
        self._total = self._weight = 0.0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch of integer labels (...) and predictions (..., C)."""
        y_true, y_pred = arrays_of(y_true, y_pred)
        y_pred = y_pred.astype(np.float64)
        labels = whole_labels(squeezed(y_true, y_pred.ndim, -1), y_pred, self.name)
        weight = weight_of(sample_weight, labels.shape, self.name)
        if self.ignore_class is not None:
            weight = weight * (labels != self.ignore_class)
            labels = np.where(labels == self.ignore_class, 0, labels)
        scores = y_pred if self.from_logits else _log(y_pred)
        self._total += float((weight * F.cross_entropy(scores, labels, reduction="none")).sum())
        self._weight += float(weight.sum())

    def result(self) -> float:
        """Return the perplexity over everything taken in; NaN if there was nothing."""
        return float(np.exp(self._total / self._weight)) if self._weight else float("nan")


def _log(p: NDArray[Any]) -> NDArray[Any]:
    """Return the logarithm of probabilities, divided by their sum and clipped."""
    logarithm: NDArray[Any] = np.log(np.clip(p / p.sum(axis=-1, keepdims=True), _EPSILON, 1 - _EPSILON))
    return logarithm
