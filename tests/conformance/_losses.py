"""Losses, with the loss of each sample written plainly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nnlite import losses
from tests.conformance._rows import LossRow
from tests.op_samples._loss_ctc import alignments

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


def of_focal_bits(y: Array, p: Array, gamma: float = 2.0, weight: Any = 1.0) -> Array:
    """The binary focal loss of each sample."""
    wrong = y * (1 - p) + (1 - y) * p
    return -(weight * wrong**gamma * (y * np.log(p) + (1 - y) * np.log(1 - p))).mean(axis=-1)


def of_focal_classes(y: Array, p: Array, alpha: float = 0.25, gamma: float = 2.0) -> Array:
    """The focal loss of each sample, for one-hot labels."""
    return -(alpha * y * (1 - p) ** gamma * np.log(p)).sum(axis=-1)


def of_regions(y: Array, p: Array, axis: int | None, missed: float = 0.5, extra: float = 0.5) -> Array:
    """The Tversky loss of each region."""
    common = (y * p).sum(axis=axis)
    return np.asarray(1 - common / (common + (missed * y * (1 - p) + extra * p * (1 - y)).sum(axis=axis)))


def of_pairs(y: Array, p: Array, gamma: float = 80.0, margin: float = 0.4, with_itself: bool = False) -> Array:
    """The circle loss of each sample."""
    found = []
    for i in range(len(y)):
        d = 1 - p @ p[i]
        alike = (y == y[i]) & (with_itself | (np.arange(len(y)) != i))
        near = gamma * np.maximum(1 + margin - d, 0) * (1 - margin - d)
        far = -gamma * (margin + d) * (margin - d)
        found.append(np.log1p(np.exp(near[y != y[i]]).sum() * np.exp(far[alike]).sum()))
    return np.array(found)


def of_sequences(y: Array, x: Array) -> Array:
    """The CTC loss of each sample, path by path."""
    p = softmax(x)
    return np.array(
        [
            -np.log(sum(np.prod([p[n, t, c] for t, c in enumerate(path)]) for path in alignments(y[n][y[n] > 0], 4, 3)))
            for n in range(len(y))
        ]
    )


_generator = np.random.default_rng(5)
LOGITS = _generator.normal(size=(6, 4))
LABELS = np.array([0, 3, 1, 1, 2, 0])
ONE_HOT = np.eye(4)[LABELS]
BITS = (_generator.random((6, 4)) < 0.5).astype(float)
TARGETS = _generator.normal(size=(6, 4))
SCORES = _generator.normal(size=(6, 4, 3))
SEQUENCES = np.array([[1, 2, 0], [2, 0, 0], [1, 1, 0], [1, 2, 1], [0, 0, 0], [2, 1, 0]])
DIRECTIONS = LOGITS / np.linalg.norm(LOGITS, axis=1, keepdims=True)

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
        "BinaryCrossentropy", losses.BinaryCrossentropy, ("binary_crossentropy", "BinaryCrossentropy", "bce"),
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
    LossRow(
        "SparseCategoricalCrossentropy(ignore_class=-1)",
        lambda **k: losses.SparseCategoricalCrossentropy(ignore_class=-1, **k), (),
        LABELS, softmax(LOGITS), of_labels,
    ),
    LossRow(
        "MeanAbsolutePercentageError", losses.MeanAbsolutePercentageError,
        ("mape", "mean_absolute_percentage_error"),
        TARGETS, LOGITS, lambda y, p: 100 * np.abs((y - p) / y).mean(axis=-1),
    ),
    LossRow(
        "MeanSquaredLogarithmicError", losses.MeanSquaredLogarithmicError, ("msle", "mean_squared_logarithmic_error"),
        TARGETS**2, LOGITS**2, lambda y, p: (np.log((1 + y) / (1 + p)) ** 2).mean(axis=-1),
    ),
    LossRow(
        "Huber", losses.Huber, ("huber",),
        TARGETS, LOGITS, lambda y, p: special.huber(1, y - p).mean(axis=-1),
    ),
    LossRow(
        "Huber(delta=0.3)", lambda **k: losses.Huber(0.3, **k), (),
        TARGETS, LOGITS, lambda y, p: special.huber(0.3, y - p).mean(axis=-1),
    ),
    LossRow(
        "LogCosh", losses.LogCosh, ("log_cosh", "LogCosh"),
        TARGETS, LOGITS, lambda y, p: np.log(np.cosh(y - p)).mean(axis=-1),
    ),
    LossRow(
        "Poisson", losses.Poisson, ("poisson",),
        TARGETS**2, LOGITS**2, lambda y, p: (p - y * np.log(p + 1e-7)).mean(axis=-1),
    ),
    LossRow(
        "KLDivergence", losses.KLDivergence, ("kl_divergence", "kld"),
        softmax(TARGETS), softmax(LOGITS), lambda y, p: (y * np.log(y / p)).sum(axis=-1),
    ),
    LossRow(
        "Hinge", losses.Hinge, ("hinge",),
        BITS, LOGITS, lambda y, p: np.maximum(1 - (2 * y - 1) * p, 0).mean(axis=-1),
    ),
    LossRow(
        "SquaredHinge", losses.SquaredHinge, ("squared_hinge",),
        2 * BITS - 1, LOGITS, lambda y, p: (np.maximum(1 - y * p, 0) ** 2).mean(axis=-1),
    ),
    LossRow(
        "CategoricalHinge", losses.CategoricalHinge, ("categorical_hinge",),
        ONE_HOT, LOGITS, lambda y, p: np.maximum(((1 - y) * p).max(axis=-1) - (y * p).sum(axis=-1) + 1, 0),
    ),
    LossRow(
        "BinaryFocalCrossentropy", losses.BinaryFocalCrossentropy, ("binary_focal_crossentropy",),
        BITS, sigmoid(LOGITS), of_focal_bits,
    ),
    LossRow(
        "BinaryFocalCrossentropy(True, 0.3, 1.5, from_logits=True)",
        lambda **k: losses.BinaryFocalCrossentropy(True, 0.3, 1.5, from_logits=True, **k), (),
        BITS, LOGITS, lambda y, x: of_focal_bits(y, sigmoid(x), 1.5, 0.3 * y + 0.7 * (1 - y)),
    ),
    LossRow(
        "BinaryFocalCrossentropy(label_smoothing=0.2)",
        lambda **k: losses.BinaryFocalCrossentropy(label_smoothing=0.2, **k), (),
        BITS, sigmoid(LOGITS), lambda y, p: of_focal_bits(0.8 * y + 0.1, p),
    ),
    LossRow(
        "CategoricalFocalCrossentropy", losses.CategoricalFocalCrossentropy, ("categorical_focal_crossentropy",),
        ONE_HOT, softmax(LOGITS), of_focal_classes,
    ),
    LossRow(
        "CategoricalFocalCrossentropy(0.5, 1.5, from_logits=True, label_smoothing=0.2)",
        lambda **k: losses.CategoricalFocalCrossentropy(0.5, 1.5, True, 0.2, **k), (),
        ONE_HOT, LOGITS, lambda y, x: of_focal_classes(0.8 * y + 0.05, softmax(x), 0.5, 1.5),
    ),
    LossRow(
        "CategoricalGeneralizedCrossEntropy(q=0.3)",
        lambda **k: losses.CategoricalGeneralizedCrossEntropy(0.3, **k), (),
        LABELS, softmax(LOGITS), lambda y, p: (1 - np.exp(-0.3 * of_labels(y, p))) / 0.3,
    ),
    LossRow(
        "CategoricalGeneralizedCrossEntropy", losses.CategoricalGeneralizedCrossEntropy,
        ("categorical_generalized_cross_entropy",),
        LABELS, softmax(LOGITS), lambda y, p: (1 - np.exp(-0.5 * of_labels(y, p))) / 0.5,
    ),
    LossRow(
        "CosineSimilarity", losses.CosineSimilarity, ("cosine_similarity",),
        TARGETS, LOGITS,
        lambda y, p: -(y * p).sum(axis=-1) / (np.linalg.norm(y, axis=-1) * np.linalg.norm(p, axis=-1)),
    ),
    LossRow(
        "Dice", losses.Dice, ("dice",),
        BITS, sigmoid(LOGITS), lambda y, p: of_regions(y, p, None), is_one=True,
    ),
    LossRow(
        "Dice(axis=-1)", lambda **k: losses.Dice(axis=-1, **k), (),
        BITS, sigmoid(LOGITS), lambda y, p: of_regions(y, p, -1),
    ),
    LossRow(
        "Tversky", losses.Tversky, ("tversky",),
        BITS, sigmoid(LOGITS), lambda y, p: of_regions(y, p, None), is_one=True,
    ),
    LossRow(
        "Tversky(0.2, 0.7, axis=-1)", lambda **k: losses.Tversky(0.2, 0.7, axis=-1, **k), (),
        BITS, sigmoid(LOGITS), lambda y, p: of_regions(y, p, -1, 0.2, 0.7),
    ),
    LossRow(
        "Circle", losses.Circle, ("circle",), LABELS // 2, DIRECTIONS, of_pairs,
    ),
    LossRow(
        "Circle(5.0, 0.2, False)", lambda **k: losses.Circle(5.0, 0.2, False, **k), (),
        LABELS // 2, DIRECTIONS, lambda y, p: of_pairs(y, p, 5.0, 0.2, True),
        orders=1,  # the distance of a direction to itself, 0, is where the second derivative jumps
    ),
    LossRow("CTC", losses.CTC, ("ctc",), SEQUENCES, SCORES, of_sequences),
]  # fmt: skip
