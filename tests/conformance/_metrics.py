"""Metrics, with the value of each sample written plainly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite import losses, metrics
from tests.conformance._losses import BITS, LABELS, LOGITS, ONE_HOT, TARGETS, sigmoid, softmax
from tests.conformance._rows import MetricRow

__all__ = ["METRICS"]

Array = NDArray[Any]


def counts(y: Array, positive: Array, w: Array) -> tuple[Any, Any, Any, Any]:
    """True and false positives, false and true negatives, by the weights of the samples, over all elements."""
    w = w.reshape(len(y), *[1] * (y.ndim - 1))
    pairs = ((1, 1), (0, 1), (1, 0), (0, 0))
    tp, fp, fn, tn = (float((w * ((y == t) & (positive == p))).sum()) for t, p in pairs)
    return tp, fp, fn, tn


def precision(y: Array, positive: Array, w: Array) -> float:
    """The share of the positive predictions that is right."""
    tp, fp, _, _ = counts(y, positive, w)
    return tp / (tp + fp)


def recall(y: Array, positive: Array, w: Array) -> float:
    """The share of the positive samples that is found."""
    tp, _, fn, _ = counts(y, positive, w)
    return tp / (tp + fn)


def f1(y: Array, p: Array, w: Array) -> Array:
    """The F1 score of each class, whose epsilons are Keras'."""
    positive = p == p.max(axis=1, keepdims=True)
    found = []
    for k in range(y.shape[1]):
        tp, fp, fn, _ = counts(y[:, k], positive[:, k], w)
        a, b = tp / (tp + fp + 1e-7), tp / (tp + fn + 1e-7)
        found.append(2 * a * b / (a + b + 1e-7))
    return np.array(found)


def rank_auc(y: Array, p: Array, w: Array) -> float:
    """The share of pairs, of a positive and a negative sample, whose scores are in the right order; ties count half."""
    y, p, w = y[:, 0], p[:, 0], np.broadcast_to(w, len(y))
    ahead = np.sign(p[y == 1][:, None] - p[y == 0]) / 2 + 0.5
    pairs = w[y == 1][:, None] * w[y == 0]
    return float((pairs * ahead).sum() / pairs.sum())


def r2(y: Array, p: Array, w: Array) -> float:
    """The mean of the outputs' scores."""
    mean = np.average(y, axis=0, weights=w)
    return float(np.mean(1 - (w @ (y - p) ** 2) / (w @ (y - mean) ** 2)))


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
        "MeanOf(CosineSimilarity)", lambda: metrics.MeanOf(losses.CosineSimilarity(), "cosine_similarity", True),
        ("cosine_similarity",), TARGETS, LOGITS,
        lambda y, p: (y * p).sum(axis=1) / np.linalg.norm(y, axis=1) / np.linalg.norm(p, axis=1),
    ),
    MetricRow(
        "MeanOf(Hinge)", lambda: metrics.MeanOf(losses.Hinge()), (),
        BITS, LOGITS, lambda y, p: np.maximum(1 - (2 * y - 1) * p, 0).mean(axis=1),
    ),
    MetricRow(
        "MeanAbsoluteError", metrics.MeanAbsoluteError, ("mae", "mean_absolute_error"),
        TARGETS, LOGITS, lambda y, p: np.abs(y - p).mean(axis=1),
    ),
    MetricRow(
        "TopKCategoricalAccuracy", metrics.TopKCategoricalAccuracy, ("top_k_categorical_accuracy",),
        ONE_HOT, LOGITS, lambda y, p: np.ones(len(y)),
    ),
    MetricRow(
        "TopKCategoricalAccuracy(k=2)", lambda: metrics.TopKCategoricalAccuracy(k=2), (),
        ONE_HOT, LOGITS, lambda y, p: np.argsort(-p).argsort()[y == 1] < 2,
    ),
    MetricRow(
        "RootMeanSquaredError", metrics.RootMeanSquaredError, ("root_mean_squared_error", "rmse"),
        TARGETS, LOGITS, whole=lambda y, p, w: np.average(((y - p) ** 2).mean(axis=1), weights=w) ** 0.5,
    ),
    MetricRow("R2Score", metrics.R2Score, ("r2_score",), TARGETS, LOGITS, whole=r2),
    MetricRow(
        "Precision", metrics.Precision, ("precision",),
        BITS, sigmoid(LOGITS), whole=lambda y, p, w: precision(y, p > 0.5, w),
    ),
    MetricRow(
        "Precision(0.6, class_id=1)", lambda: metrics.Precision(0.6, class_id=1), (),
        BITS, sigmoid(LOGITS), whole=lambda y, p, w: precision(y[:, 1], p[:, 1] > 0.6, w),
    ),
    MetricRow(
        "Recall", metrics.Recall, ("recall",),
        BITS, sigmoid(LOGITS), whole=lambda y, p, w: recall(y, p > 0.5, w),
    ),
    MetricRow(
        "Recall(top_k=2)", lambda: metrics.Recall(top_k=2), (),
        BITS, sigmoid(LOGITS), whole=lambda y, p, w: recall(y, np.argsort(-p).argsort() < 2, w),
    ),
    MetricRow(
        "F1Score(average='macro')", lambda: metrics.F1Score("macro"), ("f1_score",),
        ONE_HOT, softmax(LOGITS), whole=lambda y, p, w: f1(y, p, w).mean(),
    ),
    MetricRow(
        "F1Score(average='weighted')", lambda: metrics.F1Score("weighted"), (),
        ONE_HOT, softmax(LOGITS), whole=lambda y, p, w: (f1(y, p, w) * (w @ y)).sum() / (w.sum() + 1e-7),
    ),
    MetricRow("AUC", metrics.AUC, ("auc",), BITS[:, :1], sigmoid(LOGITS[:, :1]), whole=rank_auc),
    MetricRow(
        "Perplexity", metrics.Perplexity, ("perplexity",),
        LABELS, softmax(LOGITS),
        whole=lambda y, p, w: np.exp(-np.average(np.log(p[np.arange(len(y)), y]), weights=w)),
    ),
]  # fmt: skip
