"""Metrics, with the value of each sample written plainly."""

import numpy as np

from nnlite import metrics
from tests.conformance._losses import BITS, LABELS, LOGITS, ONE_HOT, TARGETS, sigmoid
from tests.conformance._rows import MetricRow

__all__ = ["METRICS"]

METRICS = [
    MetricRow(
        "Accuracy", metrics.Accuracy, ("accuracy", "acc"),
        LABELS, np.array([0, 3, 1, 2, 2, 1]), lambda y, p: y == p,
    ),
    MetricRow(
        "BinaryAccuracy", metrics.BinaryAccuracy, ("binary_accuracy",),
        BITS[:, :1], sigmoid(LOGITS[:, :1]), lambda y, p: (y == (p > 0.5))[:, 0],
    ),
    MetricRow(
        "BinaryAccuracy(threshold=0.3)", lambda: metrics.BinaryAccuracy(threshold=0.3), (),
        BITS[:, 0], sigmoid(LOGITS[:, :1]), lambda y, p: y == (p[:, 0] > 0.3),
    ),
    MetricRow(
        "CategoricalAccuracy", metrics.CategoricalAccuracy, ("categorical_accuracy",),
        ONE_HOT, LOGITS, lambda y, p: y.argmax(axis=1) == p.argmax(axis=1),
    ),
    MetricRow(
        "SparseCategoricalAccuracy", metrics.SparseCategoricalAccuracy, ("sparse_categorical_accuracy",),
        LABELS, LOGITS, lambda y, p: y == p.argmax(axis=1),
    ),
    MetricRow(
        "MeanSquaredError", metrics.MeanSquaredError, ("mse", "mean_squared_error"),
        TARGETS, LOGITS, lambda y, p: ((y - p) ** 2).mean(axis=1),
    ),
    MetricRow(
        "MeanAbsoluteError", metrics.MeanAbsoluteError, ("mae", "mean_absolute_error"),
        TARGETS, LOGITS, lambda y, p: np.abs(y - p).mean(axis=1),
    ),
]  # fmt: skip
