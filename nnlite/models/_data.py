"""The data that a model is given, as batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.training._batches import Batches

__all__ = ["as_one_batch", "validation_batches", "weighted_by_class"]


def as_one_batch(x: Any, y: Any = None, sample_weight: Any = None) -> Batches:
    """Return all samples as a single batch."""
    batches = Batches(x, y, sample_weight)
    batches.order.batch_size = batches.size
    return batches


def validation_batches(data: Any, batch_size: int) -> Batches:
    """Check that validation data are a pair or a triple, and cut them into batches."""
    if not isinstance(data, (tuple, list)) or len(data) not in (2, 3) or data[1] is None:
        got = f"{len(data)} values" if isinstance(data, (tuple, list)) else f"a {type(data).__name__}"
        raise ValueError(f"expected validation_data to be (x, y) or (x, y, sample_weight), got {got}")
    x, y, sample_weight = (*data, None)[:3]
    try:
        return Batches(x, y, sample_weight, batch_size)
    except (TypeError, ValueError) as error:
        raise type(error)(f"validation_data: {error}") from None


def weighted_by_class(y: Any, class_weight: Mapping[int, float], sample_weight: Any) -> NDArray[Any]:
    """Return the weight of each sample by its class, integer or one-hot, times its own."""
    if not isinstance(y, np.ndarray) or not isinstance(sample_weight, (np.ndarray, type(None))):
        raise ValueError("class_weight is for models with one output; give each output a sample_weight instead")
    if not isinstance(class_weight, Mapping):
        raise TypeError(f"expected class_weight to be a mapping such as {{0: 1.0, 1: 5.0}}, got {class_weight!r}")
    labels = y.argmax(axis=-1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(len(y), -1)
    if labels.size != len(y):
        raise ValueError(f"class_weight needs one label, integer or one-hot, for each sample, got y of shape {y.shape}")
    weights = np.array([class_weight.get(int(label), 1.0) for label in labels.flat])
    return weights if sample_weight is None else np.asarray(weights * sample_weight.reshape(len(y)))
