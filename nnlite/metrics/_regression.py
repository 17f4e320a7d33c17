"""Metrics of regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.losses._alignment import lined_up
from nnlite.metrics._metric import MeanMetric, Metric, arrays_of, weight_of

__all__ = ["MeanAbsoluteError", "MeanSquaredError", "R2Score", "RootMeanSquaredError"]

_AGGREGATIONS = ("uniform_average", "variance_weighted_average", None)


class MeanSquaredError(MeanMetric):
    """The mean of (y_true - y_pred)**2.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.MeanSquaredError()([1.0, 2.0], [1.0, 4.0])
    2.0
    """

    default_name = "mean_squared_error"
    direction = "min"

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Return the squared error of each element."""
        return np.asarray(np.square(_difference(y_true, y_pred, self.name)))


class MeanAbsoluteError(MeanMetric):
    """The mean of |y_true - y_pred|.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.MeanAbsoluteError()([1.0, 2.0], [1.0, 4.0])
    1.0
    """

    default_name = "mean_absolute_error"
    direction = "min"

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Return the absolute error of each element."""
        return np.asarray(np.absolute(_difference(y_true, y_pred, self.name)))


class RootMeanSquaredError(MeanMetric):
    """The root of the mean of (y_true - y_pred)**2, over all outputs together.

    scikit-learn's `root_mean_squared_error` takes the root for each output, and then their mean.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.RootMeanSquaredError()([0.0, 0.0], [3.0, -3.0])
    3.0
    """

    default_name = "root_mean_squared_error"
    direction = "min"

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Return the squared error of each element."""
        return np.asarray(np.square(_difference(y_true, y_pred, self.name)))

    def result(self) -> float:
        """Return the root of the mean."""
        return float(np.sqrt(super().result()))


class R2Score(Metric):
    """The share of the targets' variance that is explained: 1 - sum((y - p)**2) / sum((y - mean(y))**2).

    Parameters
    ----------
    class_aggregation : {"uniform_average", "variance_weighted_average", None}, default "uniform_average"
        How the scores of several outputs become one: their mean, their mean weighted by the outputs' variances, or
        not at all (an array).
    num_regressors : int, default 0
        If given, the score is adjusted for this number of regressors: 1 - (1 - R2) * (n - 1) / (n - regressors - 1).
    name : str, optional

    Raises
    ------
    ValueError
        If an argument is none of those above; when there are too few samples for the adjustment.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.R2Score()([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    0.5
    """

    default_name = "r2_score"
    direction = "max"

    def __init__(
        self, class_aggregation: str | None = "uniform_average", num_regressors: int = 0, name: str | None = None
    ) -> None:
        super().__init__(name)
        if class_aggregation not in _AGGREGATIONS:
            raise ValueError(
                f"{self.name} expected class_aggregation to be one of {', '.join(map(repr, _AGGREGATIONS))}, "
                f"got class_aggregation={class_aggregation!r}"
            )
        if num_regressors < 0:
            raise ValueError(f"{self.name} expected num_regressors to be 0 or more, got {num_regressors=}")
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors

    def reset_state(self) -> None:
        """Begin anew."""
        self._sums: Any = np.zeros((4, 1))  # of the weights, w * y, w * y**2 and w * (y - p)**2, for each output
        self._origin: Any = None  # of y: squares about a far origin would lose the variance in their digits
        self._count = 0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch of values (N,) or (N, outputs)."""
        y_true, y_pred = arrays_of(y_true, y_pred)
        y = lined_up(y_true, y_pred, self.name).astype(np.float64)
        weight = weight_of(sample_weight, y.shape, self.name)
        errors = weight * (y - y_pred) ** 2
        if self._origin is None and len(y):
            self._origin = y.mean(axis=0)
        y = y - (0.0 if self._origin is None else self._origin)
        summed = (weight, weight * y, weight * y * y, errors)
        self._sums = self._sums + np.stack([a.reshape(len(y), -1).sum(axis=0) for a in summed])
        self._count += y.size

    def result(self) -> Any:
        """Return the score, or those of all outputs.

        Where all targets are the same it is 1 if the predictions are, too, and 0 if not.
        """
        count, total, squares, errors = self._sums
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = squares - total * total / count
            scores = 1 - errors / variance
            scores = np.where(np.isinf(scores), 0.0, scores)
            scores = np.where((errors == 0) & (count > 0), 1.0, scores)
            found = scores
            if self.class_aggregation == "uniform_average":
                found = scores.mean()
            elif self.class_aggregation == "variance_weighted_average":
                found = (variance * scores).sum() / variance.sum()
        if self.num_regressors:
            left = self._count - self.num_regressors - 1
            if left <= 0:
                raise ValueError(
                    f"{self.name} expected more than {self.num_regressors + 1} samples for num_regressors="
                    f"{self.num_regressors}, got {self._count}"
                )
            found = 1 - (1 - found) * (self._count - 1) / left
        return found if self.class_aggregation is None else float(found)


def _difference(y_true: NDArray[Any], y_pred: NDArray[Any], name: str) -> NDArray[Any]:
    """Return y_true - y_pred, which unsigned integers could not hold."""
    y_pred = y_pred if y_pred.dtype.kind == "f" else y_pred.astype(np.float64)
    difference: NDArray[Any] = lined_up(y_true, y_pred, name) - y_pred
    return difference
