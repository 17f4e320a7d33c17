"""Metrics of yes-or-no decisions: counts of what is rightly and wrongly found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.losses._alignment import lined_up
from nnlite.metrics._metric import Metric, arrays_of, weight_of

__all__ = ["F1Score", "Precision", "Recall", "counts_above"]

_EPSILON = 1e-7
_AVERAGES = ("micro", "macro", "weighted", None)


def counts_above(
    y_true: NDArray[Any], y_pred: NDArray[Any], weight: NDArray[Any], thresholds: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return how many positive and negative samples are predicted above each threshold, by weight.

    Parameters
    ----------
    y_true, y_pred, weight : ndarray, of one shape
        Labels (0 is negative, all else positive), scores and weights.
    thresholds : ndarray, shape (T,)
        In ascending order.

    Returns
    -------
    true_positives, false_positives : ndarray, shape (T,)

    Examples
    --------
    >>> import numpy as np
    >>> counts_above(np.array([0, 1, 1]), np.array([0.6, 0.4, 0.9]), np.ones(3), np.array([0.2, 0.5]))
    (array([2., 1.]), array([1., 1.]))
    """
    below = np.searchsorted(thresholds, y_pred.ravel())  # how many thresholds are
    is_positive = (y_true != 0).ravel()
    found = []
    for chosen in (is_positive, ~is_positive):
        by_number = np.bincount(below[chosen], weight.ravel()[chosen], len(thresholds) + 1)
        found.append(by_number[:0:-1].cumsum()[::-1])
    return found[0], found[1]


class _Share(Metric):
    """A share of the true positives, for one threshold or several."""

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        self.thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        given = (0.5 if top_k is None else -np.inf) if thresholds is None else thresholds
        self._levels = np.atleast_1d(np.asarray(given, np.float64))
        super().__init__(name)
        if thresholds is not None and not ((self._levels >= 0) & (self._levels <= 1)).all():
            raise ValueError(f"{self.name} expected thresholds in [0, 1], got thresholds={thresholds!r}")

    def reset_state(self) -> None:
        """Begin anew."""
        self._true, self._false = np.zeros((2, len(self._levels)))  # positives, by threshold
        self._positives = 0.0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch of labels 0 and 1 and probabilities, of one shape."""
        y_true, y_pred = arrays_of(y_true, y_pred)
        y_true = lined_up(y_true, y_pred, self.name)
        weight = weight_of(sample_weight, y_pred.shape, self.name)
        if self.top_k is not None:
            best = np.argsort(-y_pred, axis=-1, kind="stable")[..., : self.top_k]
            is_best = np.zeros(y_pred.shape, bool)
            np.put_along_axis(is_best, best, True, axis=-1)
            y_pred = np.where(is_best, y_pred, -np.inf)
        if self.class_id is not None:
            y_true, y_pred, weight = (a[..., self.class_id] for a in (y_true, y_pred, weight))
        order = np.argsort(self._levels)
        true, false = counts_above(y_true, y_pred, weight, self._levels[order])
        self._true[order] += true
        self._false[order] += false
        self._positives += float(weight[y_true != 0].sum())

    def _of(self, whole: NDArray[Any]) -> Any:
        """Return the true positives' share of a whole; 0 where the whole is 0."""
        shares = np.where(whole > 0, self._true / np.where(whole > 0, whole, 1), 0.0)
        return float(shares[0]) if len(shares) == 1 else shares


class Precision(_Share):
    """What share of the samples that are predicted positive is positive; 0 where none is predicted.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        Above this, in [0, 1], a prediction is positive: 0.5 by default. Several give an array of results.
    top_k : int, optional
        Only the k largest predictions along the last axis count as positive (if above the threshold, where one is
        given).
    class_id : int, optional
        Look only at this entry of the last axis.
    name : str, optional

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.Precision()([0, 1, 1, 1], [0.9, 0.2, 0.8, 0.7])
    0.6666666666666666
    """

    default_name = "precision"
    direction = "max"

    def result(self) -> Any:
        """Return the share, or that for each threshold."""
        return self._of(self._true + self._false)


class Recall(_Share):
    """What share of the samples that are positive is predicted positive; 0 where none is positive.

    Parameters
    ----------
    thresholds : float or sequence of float, optional
        Above this, in [0, 1], a prediction is positive: 0.5 by default. Several give an array of results.
    top_k : int, optional
        Only the k largest predictions along the last axis count as positive (if above the threshold, where one is
        given).
    class_id : int, optional
        Look only at this entry of the last axis.
    name : str, optional

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.Recall()([0, 1, 1, 1], [0.9, 0.2, 0.8, 0.7])
    0.6666666666666666
    """

    default_name = "recall"
    direction = "max"

    def result(self) -> Any:
        """Return the share, or that for each threshold."""
        return self._of(np.full(len(self._levels), self._positives))


class F1Score(Metric):
    """The harmonic mean of precision and recall of each class, 2 * precision * recall / (precision + recall).

    Parameters
    ----------
    average : {None, "micro", "macro", "weighted"}, default None
        None gives an array, one score a class. "macro" averages them, "weighted" averages them by the number of the
        classes' samples, "micro" counts all classes together.
    threshold : float, optional
        Above this, in (0, 1], a prediction is positive; by default the largest one of a sample is.
    name : str, optional

    Examples
    --------
    >>> import nnlite as nl
    >>> y_pred = [[0.6, 0.4], [0.7, 0.3], [0.1, 0.9]]
    >>> nl.metrics.F1Score()([[1, 0], [0, 1], [0, 1]], y_pred).round(4)
    array([0.6667, 0.6667])
    """

    default_name = "f1_score"
    direction = "max"

    def __init__(self, average: str | None = None, threshold: float | None = None, name: str | None = None) -> None:
        super().__init__(name)
        if average not in _AVERAGES:
            raise ValueError(
                f"{self.name} expected average to be one of {', '.join(map(repr, _AVERAGES))}, got average={average!r}"
            )
        if threshold is not None and not 0 < threshold <= 1:
            raise ValueError(f"{self.name} expected threshold in (0, 1], got threshold={threshold!r}")
        self.average, self.threshold = average, threshold

    def reset_state(self) -> None:
        """Begin anew."""
        self._counts: Any = np.zeros((3, 1))  # true positives, predicted positives, positives, of each class

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch of one-hot (or several-hot) labels (N, C) and predictions (N, C)."""
        y_true, y_pred = arrays_of(y_true, y_pred)
        if y_pred.ndim != 2 or y_true.shape != y_pred.shape:
            raise ValueError(
                f"{self.name} expected labels and predictions of one shape (N, classes), got shapes {y_true.shape} and "
                f"{y_pred.shape}; utils.to_categorical makes one-hot labels of integers"
            )
        if self.threshold is None:
            positive = (y_pred >= y_pred.max(axis=-1, keepdims=True)) & (np.absolute(y_pred) > 1e-9)
        else:
            positive = y_pred > self.threshold
        weight = weight_of(sample_weight, y_pred.shape, self.name)
        counts = np.stack([(weight * a).sum(axis=0) for a in (positive * y_true, positive, y_true)])
        self._counts = self._counts + counts

    def result(self) -> Any:
        """Return the average, or the scores of the classes."""
        counts = self._counts.sum(axis=1) if self.average == "micro" else self._counts
        true, predicted, present = counts
        precision, recall = true / (predicted + _EPSILON), true / (present + _EPSILON)
        scores = 2 * precision * recall / (precision + recall + _EPSILON)
        if self.average is None:
            return scores
        if self.average == "weighted":
            return float((scores * present).sum() / (present.sum() + _EPSILON))
        return float(scores.mean())
