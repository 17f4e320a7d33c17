"""Accuracies: how often a prediction is right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.losses._alignment import lined_up
from nnlite.metrics._metric import MeanMetric

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "TopKCategoricalAccuracy",
]


class Accuracy(MeanMetric):
    """How often y_pred equals y_true.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.Accuracy()([1, 2, 3, 4], [1, 2, 3, 5])
    0.75
    """

    default_name = "accuracy"
    direction = "max"

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Say of each element whether it is right."""
        return np.asarray(lined_up(y_true, y_pred, self.name) == y_pred)


class BinaryAccuracy(MeanMetric):
    """How often a probability lies on the right side of the threshold.

    Parameters
    ----------
    threshold : float, default 0.5

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.BinaryAccuracy()([1, 0, 1], [0.9, 0.2, 0.4])
    0.6666666666666666
    """

    default_name = "binary_accuracy"
    direction = "max"

    def __init__(self, name: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(name)
        self.threshold = threshold

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Say of each element whether it is right."""
        return np.asarray((y_pred > self.threshold) == lined_up(y_true, y_pred, self.name))


class CategoricalAccuracy(MeanMetric):
    """How often the largest prediction is at the one of a one-hot label.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.CategoricalAccuracy()([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]])
    0.5
    """

    default_name = "categorical_accuracy"
    direction = "max"

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Say of each sample whether it is right."""
        if y_true.shape != y_pred.shape:
            raise ValueError(f"{self.name} expected labels of shape {y_pred.shape}, got shape {y_true.shape}")
        return np.asarray(y_true.argmax(axis=-1) == y_pred.argmax(axis=-1))


class SparseCategoricalAccuracy(MeanMetric):
    """How often the largest prediction is at the integer label.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.SparseCategoricalAccuracy()([1, 0], [[0.1, 0.9], [0.2, 0.8]])
    0.5
    """

    default_name = "sparse_categorical_accuracy"
    direction = "max"

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Say of each sample whether it is right."""
        predicted = y_pred.argmax(axis=-1)
        if y_true.shape not in (predicted.shape, (*predicted.shape, 1)):
            raise ValueError(f"{self.name} expected labels of shape {predicted.shape}, got shape {y_true.shape}")
        return np.asarray(y_true.reshape(predicted.shape) == predicted)


class TopKCategoricalAccuracy(MeanMetric):
    """How often fewer than k predictions are larger than the one at the one of a one-hot label.

    Parameters
    ----------
    k : int, default 5

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.TopKCategoricalAccuracy(k=2)([[1, 0, 0], [0, 0, 1]], [[0.3, 0.6, 0.1], [0.3, 0.6, 0.1]])
    0.5
    """

    default_name = "top_k_categorical_accuracy"
    direction = "max"

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        super().__init__(name)
        if k < 1:
            raise ValueError(f"{self.name} expected k to be 1 or more, got k={k!r}")
        self.k = k

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Say of each sample whether it is right."""
        if y_true.shape != y_pred.shape:
            raise ValueError(f"{self.name} expected labels of shape {y_pred.shape}, got shape {y_true.shape}")
        chosen = np.take_along_axis(y_pred, y_true.argmax(axis=-1)[..., None], axis=-1)
        return np.asarray((y_pred > chosen).sum(axis=-1) < self.k)
