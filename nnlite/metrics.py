"""Metrics: numbers to watch, gathered over batches; equal to the value on the whole set."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite._lookup import look_up
from nnlite.autograd import Tensor
from nnlite.losses import BinaryCrossentropy, Loss
from nnlite.losses._alignment import lined_up, lined_up_weight, ranked_like

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "SparseCategoricalAccuracy",
    "get",
]


class Metric(ABC):
    """The mean over all samples of a value that a subclass computes for each, `values(y_true, y_pred)`.

    Parameters
    ----------
    name : str, optional
        What logs call it.

    Examples
    --------
    >>> import nnlite as nl
    >>> accuracy = nl.metrics.Accuracy()
    >>> accuracy.update_state([1, 2], [1, 0])
    >>> accuracy.update_state([3, 3, 3, 3, 3, 3], [3, 3, 3, 3, 3, 3])
    >>> accuracy.result()
    0.875
    """

    default_name = "metric"

    def __init__(self, name: str | None = None) -> None:
        self.name = name or self.default_name
        self.reset_state()

    @abstractmethod
    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Return a value for each sample (or for each element)."""

    def reset_state(self) -> None:
        """Begin anew."""
        self._total = self._weight = 0.0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch.

        Raises
        ------
        ValueError
            If the shapes of y_true and y_pred do not fit each other.
        """
        values = self.values(*(a.data if isinstance(a, Tensor) else np.asarray(a) for a in (y_true, y_pred)))
        if sample_weight is None:
            self._total += float(np.sum(values, dtype=np.float64))
            self._weight += values.size
        else:
            weight = lined_up_weight(sample_weight, values.shape, self.name)
            weight = np.broadcast_to(weight.astype(np.float64), values.shape)
            self._total += float((values * weight).sum())
            self._weight += float(weight.sum())

    def result(self) -> float:
        """Return the mean over everything taken in; NaN if there was nothing."""
        return self._total / self._weight if self._weight else float("nan")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        """Take in a batch and return the result so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()


class Accuracy(Metric):
    """How often y_pred equals y_true."""

    default_name = "accuracy"

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Say of each element whether it is right."""
        return np.asarray(lined_up(y_true, y_pred, self.name) == y_pred)


class BinaryAccuracy(Metric):
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

    def __init__(self, name: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(name)
        self.threshold = threshold

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Say of each element whether it is right."""
        return np.asarray((y_pred > self.threshold) == lined_up(y_true, y_pred, self.name))


class CategoricalAccuracy(Metric):
    """How often the largest prediction is at the one of a one-hot label."""

    default_name = "categorical_accuracy"

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Say of each sample whether it is right."""
        if y_true.shape != y_pred.shape:
            raise ValueError(f"{self.name} expected labels of shape {y_pred.shape}, got shape {y_true.shape}")
        return np.asarray(y_true.argmax(axis=-1) == y_pred.argmax(axis=-1))


class SparseCategoricalAccuracy(Metric):
    """How often the largest prediction is at the integer label.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.SparseCategoricalAccuracy()([1, 0], [[0.1, 0.9], [0.2, 0.8]])
    0.5
    """

    default_name = "sparse_categorical_accuracy"

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Say of each sample whether it is right."""
        predicted = y_pred.argmax(axis=-1)
        if y_true.shape not in (predicted.shape, (*predicted.shape, 1)):
            raise ValueError(f"{self.name} expected labels of shape {predicted.shape}, got shape {y_true.shape}")
        return np.asarray(y_true.reshape(predicted.shape) == predicted)


class MeanSquaredError(Metric):
    """The mean of (y_true - y_pred)**2."""

    default_name = "mean_squared_error"

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Return the squared error of each element."""
        return np.asarray(np.square(_difference(y_true, y_pred, self.name)))


class MeanAbsoluteError(Metric):
    """The mean of |y_true - y_pred|."""

    default_name = "mean_absolute_error"

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Return the absolute error of each element."""
        return np.asarray(np.absolute(_difference(y_true, y_pred, self.name)))


def _difference(y_true: NDArray[Any], y_pred: NDArray[Any], name: str) -> NDArray[Any]:
    """Return y_true - y_pred, which unsigned integers could not hold."""
    y_pred = y_pred if y_pred.dtype.kind == "f" else y_pred.astype(np.float64)
    difference: NDArray[Any] = lined_up(y_true, y_pred, name) - y_pred
    return difference


class _FromFunction(Metric):
    """A user's function (y_true, y_pred) -> values."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(getattr(function, "__name__", type(function).__name__))
        self._function = function

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Return what the function gives."""
        found = self._function(ranked_like(y_pred, y_true), y_pred)
        return np.asarray(found.data if isinstance(found, Tensor) else found)


_BY_NAME: dict[str, Callable[[], Metric]] = {
    "acc": lambda: Accuracy("acc"),
    "accuracy": Accuracy,
    "binary_accuracy": BinaryAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "mae": lambda: MeanAbsoluteError("mae"),
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "mse": lambda: MeanSquaredError("mse"),
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
}


def get(identifier: Any, y_true: Any = None, y_pred: Any = None, loss: Loss | None = None) -> Metric:
    """Return a metric, given by name, as a class, as a function (y_true, y_pred) -> values, or as it is.

    "accuracy" (or "acc") is the accuracy that fits what is predicted: binary for one output, or for a binary
    cross-entropy; sparse for integer labels; categorical for one-hot labels.

    Parameters
    ----------
    identifier : str, type, callable or Metric
    y_true, y_pred : array_like, optional
        A batch, which "accuracy" needs to choose.
    loss : Loss, optional
        The loss that the predictions are trained with.

    Raises
    ------
    ValueError
        If no metric has this name.
    TypeError
        If it is nothing of the kind.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> type(nl.metrics.get("accuracy", np.zeros(4, int), np.zeros((4, 10)))).__name__
    'SparseCategoricalAccuracy'
    """
    if isinstance(identifier, str) and identifier in ("accuracy", "acc") and y_pred is not None:
        true_shape, shape = np.shape(y_true), np.shape(y_pred)
        if isinstance(loss, BinaryCrossentropy) or len(shape) < 2 or shape[-1] == 1:
            return BinaryAccuracy(identifier, 0.0 if loss is not None and loss.from_logits else 0.5)
        return (CategoricalAccuracy if true_shape == shape else SparseCategoricalAccuracy)(identifier)
    if isinstance(identifier, str):
        return look_up("metric", identifier, _BY_NAME)()
    if callable(identifier) and not isinstance(identifier, (Metric, type)):
        return _FromFunction(identifier)
    made: Any = identifier() if isinstance(identifier, type) else identifier
    if not isinstance(made, Metric):
        raise TypeError(f"a metric is a name, a Metric or a function, got {identifier!r}")
    return made
