"""Losses, with the loss of each sample written plainly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite import losses
from tests.conformance._rows import LossRow

__all__ = ["BITS", "LABELS", "LOGITS", "LOSSES", "ONE_HOT", "TARGETS", "sigmoid", "softmax"]

Array = NDArray[Any]


def softmax(x: Array) -> Array:
    """The plain softmax over the last axis."""
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


def sigmoid(x: Array) -> Array:
    """The plain sigmoid."""
    return 1 / (1 + np.exp(-x))


def of_bits(y: Array, p: Array) -> Array:
    """The binary cross-entropy of each sample."""
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(axis=-1)


def of_classes(y: Array, p: Array) -> Array:
    """The cross-entropy of each sample, for one-hot labels."""
    return -(y * np.log(p)).sum(axis=-1)


def of_labels(y: Array, p: Array) -> Array:
    """The cross-entropy of each sample, for integer labels."""
    return -np.log(np.take_along_axis(p, y[..., None], axis=-1)[..., 0])


_generator = np.random.default_rng(5)
LOGITS = _generator.normal(size=(6, 4))
LABELS = np.array([0, 3, 1, 1, 2, 0])
ONE_HOT = np.eye(4)[LABELS]
BITS = (_generator.random((6, 4)) < 0.5).astype(float)
TARGETS = _generator.normal(size=(6, 4))

LOSSES = [
    LossRow(
        "MeanSquaredError", losses.MeanSquaredError, ("mse", "mean_squared_error", "MeanSquaredError"),
        TARGETS, LOGITS, lambda y, p: ((y - p) ** 2).mean(axis=-1),
    ),
    LossRow(
        "MeanAbsoluteError", losses.MeanAbsoluteError, ("mae", "mean_absolute_error"),
        TARGETS, LOGITS, lambda y, p: np.abs(y - p).mean(axis=-1),
    ),
    LossRow(
        "BinaryCrossentropy", losses.BinaryCrossentropy, ("binary_crossentropy", "BinaryCrossentropy"),
        BITS, sigmoid(LOGITS), of_bits,
    ),
    LossRow(
        "BinaryCrossentropy(from_logits=True)",
        lambda **k: losses.BinaryCrossentropy(from_logits=True, **k), (),
        BITS, LOGITS, lambda y, x: of_bits(y, sigmoid(x)),
    ),
    LossRow(
        "BinaryCrossentropy(label_smoothing=0.2)",
        lambda **k: losses.BinaryCrossentropy(label_smoothing=0.2, **k), (),
        BITS, sigmoid(LOGITS), lambda y, p: of_bits(0.8 * y + 0.1, p),
    ),
    LossRow(
        "CategoricalCrossentropy", losses.CategoricalCrossentropy, ("categorical_crossentropy",),
        ONE_HOT, softmax(LOGITS), of_classes,
    ),
    LossRow(
        "CategoricalCrossentropy(from_logits=True)",
        lambda **k: losses.CategoricalCrossentropy(from_logits=True, **k), (),
        ONE_HOT, LOGITS, lambda y, x: of_classes(y, softmax(x)),
    ),
    LossRow(
        "CategoricalCrossentropy(label_smoothing=0.2)",
        lambda **k: losses.CategoricalCrossentropy(label_smoothing=0.2, **k), (),
        ONE_HOT, softmax(LOGITS), lambda y, p: of_classes(0.8 * y + 0.2 / 4, p),
    ),
    LossRow(
        "SparseCategoricalCrossentropy", losses.SparseCategoricalCrossentropy, ("sparse_categorical_crossentropy",),
        LABELS, softmax(LOGITS), of_labels,
    ),
    LossRow(
        "SparseCategoricalCrossentropy(from_logits=True)",
        lambda **k: losses.SparseCategoricalCrossentropy(from_logits=True, **k), (),
        LABELS, LOGITS, lambda y, x: of_labels(y, softmax(x)),
    ),
]  # fmt: skip
