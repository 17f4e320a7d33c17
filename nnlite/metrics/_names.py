"""The names of the metrics, and how an identifier becomes a metric."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlite._lookup import look_up
from nnlite.losses import BinaryCrossentropy, CosineSimilarity, Loss
from nnlite.losses._names import BY_NAME as LOSSES
from nnlite.metrics._accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from nnlite.metrics._auc import AUC
from nnlite.metrics._mean_of import MeanOf
from nnlite.metrics._metric import FromFunction, Metric
from nnlite.metrics._perplexity import Perplexity
from nnlite.metrics._positives import F1Score, Precision, Recall
from nnlite.metrics._regression import MeanAbsoluteError, MeanSquaredError, R2Score, RootMeanSquaredError

__all__ = ["get"]

BY_NAME: dict[str, Callable[[], Metric]] = {
    "acc": lambda: Accuracy("acc"),
    "accuracy": Accuracy,
    "auc": AUC,
    "binary_accuracy": BinaryAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "cosine_similarity": lambda: MeanOf(CosineSimilarity(), "cosine_similarity", negative=True),
    "f1_score": lambda: F1Score("macro"),
    "mae": lambda: MeanAbsoluteError("mae"),
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "mse": lambda: MeanSquaredError("mse"),
    "perplexity": Perplexity,
    "precision": Precision,
    "r2_score": R2Score,
    "recall": Recall,
    "rmse": lambda: RootMeanSquaredError("rmse"),
    "root_mean_squared_error": RootMeanSquaredError,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "top_k_categorical_accuracy": TopKCategoricalAccuracy,
}


def get(identifier: Any, y_true: Any = None, y_pred: Any = None, loss: Loss | None = None) -> Metric:
    """Return a metric, given by name, as a class, as a function (y_true, y_pred) -> values, or as it is.

    The name of a loss, a Loss or its class stand for the mean of that loss over all samples; by name, it is computed
    from logits if the loss that the predictions are trained with is.

    "accuracy" (or "acc") is the accuracy that fits what is predicted: binary for one output, or for a binary
    cross-entropy; sparse for integer labels; categorical for one-hot labels.

    Parameters
    ----------
    identifier : str, type, callable, Metric or Loss
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
        made: Any = look_up("metric", identifier, {**LOSSES, **BY_NAME})()
        if isinstance(made, Loss):
            made.from_logits = loss is not None and loss.from_logits
            made = MeanOf(made, identifier)
    elif callable(identifier) and not isinstance(identifier, (Metric, Loss, type)):
        made = FromFunction(identifier)
    else:
        made = identifier() if isinstance(identifier, type) else identifier
        made = MeanOf(made) if isinstance(made, Loss) else made
    if not isinstance(made, Metric):
        raise TypeError(f"a metric is a name, a Metric, a Loss or a function, got {identifier!r}")
    return made
