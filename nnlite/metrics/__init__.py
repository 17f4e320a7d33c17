"""Metrics: numbers to watch, gathered over batches; equal to the value on the whole set."""

from nnlite.metrics._accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from nnlite.metrics._auc import AUC
from nnlite.metrics._mean_of import MeanOf
from nnlite.metrics._metric import MeanMetric, Metric
from nnlite.metrics._names import get
from nnlite.metrics._perplexity import Perplexity
from nnlite.metrics._positives import F1Score, Precision, Recall
from nnlite.metrics._regression import MeanAbsoluteError, MeanSquaredError, R2Score, RootMeanSquaredError
from nnlite.metrics._report import classification_report, confusion_matrix

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "F1Score",
    "MeanAbsoluteError",
    "MeanMetric",
    "MeanOf",
    "MeanSquaredError",
    "Metric",
    "Perplexity",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "classification_report",
    "confusion_matrix",
    "get",
]
