"""The conformance tables: one row a layer, an optimizer, a loss or a metric; generic tests run over them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import nnlite as nl
from nnlite import layers, losses, metrics, optimizers

Array = NDArray[Any]
Shape = tuple[int, ...]


class LayerRow(NamedTuple):
    """A layer, as the code that it prints as, with the shapes that go in and come out."""

    code: str
    input_shape: Shape
    output_shape: Shape
    misfits: tuple[Shape, ...] = ()  # shapes that the layer refuses once it is built
    is_random: bool = False  # in training
    keeps_dtype: bool = False  # also of integers: only the shape changes

    def __str__(self) -> str:
        return self.code

    def make(self, **more: Any) -> layers.Module:
        """Build the layer, with more arguments than its code has."""
        joint = ", " if not self.code.endswith("()") else ""
        added = ", ".join(f"{name}={value!r}" for name, value in more.items())
        layer: layers.Module = eval(f"{self.code[:-1]}{joint}{added})", namespace())
        return layer


def namespace() -> dict[str, Any]:
    """What the code of a layer may refer to."""
    return {**vars(layers), **vars(nl.models), **vars(nl.initializers)}


FLAT, IMAGES = (3, 4), (2, 5, 6, 2)

LAYERS = [
    LayerRow("Activation('relu')", FLAT, FLAT),
    LayerRow("Activation('softmax')", FLAT, FLAT),
    LayerRow("AvgPool2D()", IMAGES, (2, 2, 3, 2), ((5, 6, 2),)),
    LayerRow("AvgPool2D(pool_size=(3, 2), strides=(2, 3), padding='same')", IMAGES, (2, 3, 2, 2)),
    LayerRow("AvgPool2D(data_format='channels_first')", (2, 3, 4, 6), (2, 3, 2, 3)),
    LayerRow("Conv2D(3, (2, 2))", IMAGES, (2, 4, 5, 3), ((5, 6, 2), (2, 5, 6, 3), (2,), (2, 5))),
    LayerRow("Conv2D(4, (3, 2), strides=(2, 1), padding='same', activation='tanh')", IMAGES, (2, 3, 6, 4)),
    LayerRow("Conv2D(4, (2, 2), padding=1, dilation_rate=(2, 1), groups=2, use_bias=False)", IMAGES, (2, 5, 7, 4)),
    LayerRow("Conv2D(3, (2, 2), data_format='channels_first')", (2, 2, 4, 5), (2, 3, 3, 4), ((2, 3, 4, 5),)),
    LayerRow("Dense(5)", FLAT, (3, 5), ((3, 5), (4,), ())),
    LayerRow("Dense(2, activation='tanh', use_bias=False, kernel_initializer='he_normal')", (2, 3, 4), (2, 3, 2)),
    LayerRow("Dense(2, activation=PReLU(alpha_initializer=Constant(value=0.2)))", FLAT, (3, 2)),
    LayerRow("Dropout(0.4)", FLAT, FLAT, is_random=True),
    LayerRow("Dropout(0.4, seed=3)", FLAT, FLAT, is_random=True),
    LayerRow("ELU(alpha=0.5)", FLAT, FLAT),
    LayerRow("Flatten()", IMAGES, (2, 60), ((),), keeps_dtype=True),
    LayerRow("Flatten(data_format='channels_first')", IMAGES, (2, 60), keeps_dtype=True),
    LayerRow("GELU()", FLAT, FLAT),
    LayerRow("GELU(approximate=True)", FLAT, FLAT),
    LayerRow("LeakyReLU()", FLAT, FLAT),
    LayerRow("MaxPool2D()", IMAGES, (2, 2, 3, 2), ((5, 6, 2), (2, 5))),
    LayerRow("MaxPool2D(pool_size=(2, 3), strides=(1, 2), padding='same')", IMAGES, (2, 5, 3, 2)),
    LayerRow("MaxPool2D(data_format='channels_first')", (2, 3, 4, 6), (2, 3, 2, 3)),
    LayerRow("Maxout()", FLAT, (3, 2), ((3, 5), ())),
    LayerRow("Maxout(pieces=4)", FLAT, (3, 1)),
    LayerRow("PReLU()", FLAT, FLAT, ((3, 1), (3, 5), (4,))),
    LayerRow("PReLU(alpha_initializer='ones', shared_axes=(1, 2))", IMAGES, IMAGES, ((2, 5, 6, 1),)),
    LayerRow("ReLU()", FLAT, FLAT),
    LayerRow("ReLU(max_value=1.0, negative_slope=0.1, threshold=0.3)", FLAT, FLAT),
    LayerRow("Reshape((2, -1))", FLAT, (3, 2, 2), ((3, 5),), keeps_dtype=True),
    LayerRow("Reshape((2, 2))", FLAT, (3, 2, 2), ((3, 8),), keeps_dtype=True),
    LayerRow("SELU()", FLAT, FLAT),
    LayerRow("SiLU()", FLAT, FLAT),
    LayerRow("Softmax()", FLAT, FLAT),
    LayerRow("Softmax(axis=1)", IMAGES, IMAGES),
    LayerRow("Softplus()", FLAT, FLAT),
]


class OptimizerRow(NamedTuple):
    """An optimizer, and its update written plainly: (w, g, state, step number, rate) -> w, in Keras' formulas."""

    name: str
    make: Callable[..., optimizers.Optimizer]
    reference: Callable[[Array, Array, dict[str, Any], int, float], Array]
    rate: float = 0.05

    def __str__(self) -> str:
        return self.name


def plain_sgd(w: Array, g: Array, state: dict[str, Any], t: int, rate: float) -> Array:
    """Step against the gradient."""
    return w - rate * g


def momentum_sgd(w: Array, g: Array, state: dict[str, Any], t: int, rate: float) -> Array:
    """Step by a velocity."""
    state["v"] = 0.9 * state.get("v", 0) - rate * g
    return w + state["v"]


def nesterov_sgd(w: Array, g: Array, state: dict[str, Any], t: int, rate: float) -> Array:
    """Step by the velocity that the next step would have."""
    state["v"] = 0.9 * state.get("v", 0) - rate * g
    return w + 0.9 * state["v"] - rate * g


def adam(
    w: Array,
    g: Array,
    state: dict[str, Any],
    t: int,
    rate: float,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-7,
) -> Array:
    """Keras' Adam: epsilon is added to the root of the biased v."""
    state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
    state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
    return w - rate * np.sqrt(1 - b2**t) / (1 - b1**t) * state["m"] / (np.sqrt(state["v"]) + eps)


def other_adam(w: Array, g: Array, state: dict[str, Any], t: int, rate: float) -> Array:
    """Adam with other settings."""
    return adam(w, g, state, t, rate, 0.7, 0.9, 0.01)


OPTIMIZERS = [
    OptimizerRow("sgd", optimizers.SGD, plain_sgd),
    OptimizerRow("momentum", lambda *a, **k: optimizers.SGD(*a, momentum=0.9, **k), momentum_sgd),
    OptimizerRow("nesterov", lambda *a, **k: optimizers.SGD(*a, momentum=0.9, nesterov=True, **k), nesterov_sgd),
    OptimizerRow("adam", optimizers.Adam, adam),
    OptimizerRow("other-adam", lambda *a, **k: optimizers.Adam(*a, 0.7, 0.9, 0.01, **k), other_adam),
]


class LossRow(NamedTuple):
    """A loss, the names that stand for it, a batch for it, and the loss of each sample written plainly."""

    name: str
    make: Callable[..., losses.Loss]
    strings: tuple[str, ...]
    y_true: Array
    y_pred: Array
    reference: Callable[[Array, Array], Array]  # (y_true, y_pred) -> losses of the samples

    def __str__(self) -> str:
        return self.name


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


class MetricRow(NamedTuple):
    """A metric, the names that stand for it, predictions for it, and its value on a whole set written plainly."""

    name: str
    make: Callable[..., metrics.Metric]
    strings: tuple[str, ...]
    y_true: Array
    y_pred: Array
    values: Callable[[Array, Array], Array]  # (y_true, y_pred) -> the value of each sample

    def __str__(self) -> str:
        return self.name


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
