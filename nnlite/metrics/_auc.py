"""The area under the curve of a classifier over all its thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnlite.functional as F
from nnlite.losses._alignment import lined_up
from nnlite.metrics._metric import Metric, arrays_of, weight_of
from nnlite.metrics._positives import counts_above

__all__ = ["AUC"]

_EPSILON = 1e-7  # the first threshold is below 0 and the last one above 1 by this
_METHODS = ("interpolation", "minoring", "majoring")


class AUC(Metric):
    """The area under the ROC curve or under the precision-recall curve, from sums at a number of thresholds.

    Parameters
    ----------
    num_thresholds : int, default 200
        How many thresholds from 0 to 1, evenly spaced. The area is exact (scikit-learn's `roc_auc_score`) if no
        positive and negative sample fall between the same two; in general it is off by at most half the share of such
        pairs. More thresholds come closer: predictions crowd at 0 and 1 where a network is sure of itself.
    curve : {"ROC", "PR"}, default "ROC"
        Recall over the share of false alarms, or precision over recall.
    summation_method : {"interpolation", "minoring", "majoring"}, default "interpolation"
        Between two thresholds, take the mean of the heights (for PR, interpolate the true positives), the smaller or
        the larger one.
    name : str, optional
    thresholds : sequence of float, optional
        These, besides 0 and 1, in place of `num_thresholds`.
    multi_label : bool, default False
        Whether each entry of the last axis is a label with a curve of its own; the areas are averaged.
    num_labels : int, optional
        How many labels there are; only checked.
    label_weights : sequence of float, optional
        Weigh the labels (with `multi_label`: their areas; without: their samples).
    from_logits : bool, default False
        Whether predictions are logits.

    Raises
    ------
    ValueError
        If an argument is none of those above, or shapes do not fit.

    References
    ----------
    J. Davis, M. Goadrich, "The relationship between precision-recall and ROC curves", 2006.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.AUC()([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])
    0.75
    """

    default_name = "auc"
    direction = "max"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name)
        if num_thresholds < 2:
            raise ValueError(f"{self.name} expected num_thresholds to be 2 or more, got {num_thresholds=}")
        if curve not in ("ROC", "PR"):
            raise ValueError(f"{self.name} expected curve to be 'ROC' or 'PR', got {curve=}")
        if summation_method not in _METHODS:
            raise ValueError(
                f"{self.name} expected summation_method to be one of {', '.join(map(repr, _METHODS))}, "
                f"got {summation_method=}"
            )
        between = np.linspace(0, 1, num_thresholds)[1:-1] if thresholds is None else np.sort(np.asarray(thresholds))
        if ((between < 0) | (between > 1)).any():
            raise ValueError(f"{self.name} expected thresholds in [0, 1], got {thresholds=}")
        self._levels = np.concatenate([[-_EPSILON], between, [1 + _EPSILON]])
        self.num_thresholds, self.thresholds = num_thresholds, thresholds
        self.curve, self.summation_method, self.multi_label = curve, summation_method, multi_label
        self.num_labels, self.from_logits = num_labels, from_logits
        self.label_weights = None if label_weights is None else np.asarray(label_weights, np.float64)

    def reset_state(self) -> None:
        """Begin anew."""
        self._true: Any = 0.0  # positives above each threshold: (thresholds, labels)
        self._false: Any = 0.0
        self._positives: Any = 0.0  # (labels,)
        self._negatives: Any = 0.0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch of labels 0 and 1 and probabilities, of one shape."""
        y_true, y_pred = arrays_of(y_true, y_pred)
        y_true = lined_up(y_true, y_pred, self.name)
        y_pred = F.sigmoid(y_pred) if self.from_logits else y_pred
        weight = weight_of(sample_weight, y_pred.shape, self.name)
        labels = y_pred.shape[-1] if self.multi_label else 1
        if self.num_labels not in (None, labels):
            raise ValueError(f"{self.name} expected {self.num_labels} labels, got predictions of shape {y_pred.shape}")
        if self.label_weights is not None and not self.multi_label:
            weight = weight * self.label_weights
        columns = [a.reshape(-1, labels).T for a in (y_true, y_pred, weight)]
        counts = [counts_above(y, p, w, self._levels) for y, p, w in zip(*columns, strict=True)]
        self._true = self._true + np.stack([true for true, _ in counts], axis=1)
        self._false = self._false + np.stack([false for _, false in counts], axis=1)
        is_positive = columns[0] != 0
        self._positives = self._positives + (columns[2] * is_positive).sum(axis=1)
        self._negatives = self._negatives + (columns[2] * ~is_positive).sum(axis=1)

    def result(self) -> float:
        """Return the area; 0 where there are no positives, or nothing was taken in."""
        if np.ndim(self._true) == 0:
            return 0.0
        recall = _share(self._true, self._positives)
        if self.curve == "PR" and self.summation_method == "interpolation":
            areas = self._interpolated()
        elif self.curve == "PR":
            areas = self._summed(recall, _share(self._true, self._true + self._false))
        else:
            areas = self._summed(_share(self._false, self._negatives), recall)
        return float(np.average(areas, weights=self.label_weights if self.multi_label else None))

    def _summed(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """Return the area under each column of y over x."""
        left, right = y[:-1], y[1:]
        means = {"interpolation": (left + right) / 2, "minoring": np.minimum(left, right)}
        heights = means.get(self.summation_method, np.maximum(left, right))
        area: NDArray[Any] = ((x[:-1] - x[1:]) * heights).sum(axis=0)
        return area

    def _interpolated(self) -> NDArray[Any]:
        """Return the areas under precision over recall, with true positives linear in the predicted ones between."""
        true, predicted = self._true, self._true + self._false
        gained = true[:-1] - true[1:]
        slope = _share(gained, predicted[:-1] - predicted[1:])
        intercept = true[1:] - slope * predicted[1:]
        both = (predicted[:-1] > 0) & (predicted[1:] > 0)
        ratio = np.where(both, _share(predicted[:-1], predicted[1:]), 1.0)
        area: NDArray[Any] = _share(slope * (gained + intercept * np.log(ratio)), self._positives).sum(axis=0)
        return area


def _share(part: Any, whole: Any) -> NDArray[Any]:
    """Return part / whole; 0 where the whole is 0."""
    whole = np.broadcast_to(whole, np.shape(part))
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), 0.0)
