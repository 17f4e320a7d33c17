"""What a row of the conformance tables is, for each kind of thing that has a table."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import nnlite as nl
from nnlite import layers, losses, metrics, optimizers

__all__ = [
    "InitializerRow",
    "LayerRow",
    "LossRow",
    "MetricRow",
    "ModuleRow",
    "OptimizerRow",
    "ScheduleRow",
    "assert_equal",
    "batch",
    "keras_names",
    "layer_names",
]

Array = NDArray[Any]
Shape = tuple[int, ...]
Shapes = Shape | tuple[Shape, ...] | list[Shape]  # of one input, of several, or of a list that is one argument


class LayerRow(NamedTuple):
    """A layer, as the code that it prints as, with the shapes that go in and come out."""

    code: str
    input_shape: Any  # Shapes
    output_shape: Any  # Shapes
    misfits: tuple[Shape, ...] = ()  # shapes that the layer refuses once it is built
    is_random: bool = False  # in training
    keeps_dtype: bool = False  # also of integers: only the shape changes
    integers: int = 0  # the inputs are integers below this
    settings: Mapping[str, Any] = MappingProxyType({})  # of the call
    uses_statistics: bool = False  # in training those of the batch, in inference those kept
    keras: str = ""  # the code in Keras, where it is another
    no_keras: str = ""  # why it cannot be compared with Keras

    def __str__(self) -> str:
        return self.code

    def make(self, **more: Any) -> layers.Module:
        """Build the layer, with more arguments than its code has."""
        joint = ", " if not self.code.endswith("()") else ""
        added = ", ".join(f"{name}={value!r}" for name, value in more.items())
        layer: layers.Module = eval(f"{self.code[:-1]}{joint}{added})", layer_names())
        return layer

    @property
    def has_one_input(self) -> bool:
        """Whether the layer takes one array and gives one: what Sequential can hold."""
        return _is_shape(self.input_shape) and _is_shape(self.output_shape)


class ModuleRow(NamedTuple):
    """A module of `nnlite.nn`, as the code that builds it there and in torch.nn, with the shapes that go in."""

    code: str
    input_shape: Any  # Shapes
    is_random: bool = False  # in training
    integers: int = 0  # the inputs are integers below this
    settings: Mapping[str, Any] = MappingProxyType({})  # of the call; arrays become tensors of the library asked
    no_torch: str = ""  # why it cannot be compared with PyTorch

    def __str__(self) -> str:
        return self.code


def layer_names() -> dict[str, Any]:
    """What the code of a layer may refer to."""
    return {
        **vars(layers),
        **vars(nl.models),
        **vars(nl.initializers),
        **vars(nl.regularizers),
        **vars(nl.constraints),
        "linear": nl.functional.linear,
    }


def batch(row: LayerRow | ModuleRow, dtype: str = "float32", seed: int = 1) -> tuple[Any, ...]:
    """The arguments of a call: normal numbers, of which integers are small."""
    generator = np.random.default_rng(seed)

    def drawn(shape: Shape) -> Array:
        if row.integers:
            return generator.integers(row.integers, size=shape)
        values = generator.normal(size=shape)
        return (values * 10).round().astype(dtype) if dtype == "uint8" else values.astype(dtype)

    if isinstance(row.input_shape, list):
        return ([drawn(shape) for shape in row.input_shape],)
    return tuple(map(drawn, (row.input_shape,) if _is_shape(row.input_shape) else row.input_shape))


def assert_equal(got: Sequence[NDArray[Any]], expected: Sequence[NDArray[Any]]) -> None:
    """Compare outputs to the bit."""
    assert len(got) == len(expected)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def keras_names() -> dict[str, Any]:
    """What the code of a layer refers to in Keras: its own names for those that only nnlite spells in another way."""
    import keras

    names = {**vars(keras.layers), **vars(keras.initializers), **vars(keras.regularizers), **vars(keras.constraints)}
    names |= {
        "BatchNorm": keras.layers.BatchNormalization,
        "GroupNorm": keras.layers.GroupNormalization,
        "LayerNorm": keras.layers.LayerNormalization,
        "RMSNorm": keras.layers.RMSNormalization,
    }
    return names


def _is_shape(value: Any) -> bool:
    """Tell a shape from several."""
    return isinstance(value, tuple) and not any(isinstance(n, tuple) for n in value)


class OptimizerRow(NamedTuple):
    """An optimizer, and its update written plainly: (w, g, state, step number, rate) -> w, in Keras' formulas."""

    name: str
    make: Callable[..., optimizers.Optimizer]
    reference: Callable[[Array, Array, dict[str, Any], int, float], Array]
    rate: float = 0.05

    def __str__(self) -> str:
        return self.name


class ScheduleRow(NamedTuple):
    """A schedule of the learning rate, and its formula written plainly."""

    schedule: Callable[[int], float]
    reference: Callable[[int], float]

    def __str__(self) -> str:
        return repr(self.schedule)


class LossRow(NamedTuple):
    """A loss, the names that stand for it, a batch for it, and the loss of each sample written plainly."""

    name: str
    make: Callable[..., losses.Loss]
    strings: tuple[str, ...]
    y_true: Array
    y_pred: Array
    reference: Callable[[Array, Array], Array]  # (y_true, y_pred) -> losses of the samples
    is_one: bool = False  # the samples have one loss together
    orders: int = 2  # how often it can be differentiated at this batch

    def __str__(self) -> str:
        return self.name


class MetricRow(NamedTuple):
    """A metric, the names that stand for it, predictions for it, and its value on a whole set written plainly.

    Either `values` gives a value for each sample, of which the metric is the mean; or `whole` gives the metric itself.
    """

    name: str
    make: Callable[..., metrics.Metric]
    strings: tuple[str, ...]
    y_true: Array
    y_pred: Array
    values: Callable[[Array, Array], Array] | None = None  # (y_true, y_pred) -> the value of each sample
    whole: Callable[[Array, Array, Array], Any] | None = None  # (y_true, y_pred, weight of each sample) -> the metric

    def __str__(self) -> str:
        return self.name

    def expected(self, weight: Array | None = None) -> Any:
        """The value over all samples."""
        weight = np.ones(len(self.y_true)) if weight is None else weight
        if self.whole is not None:
            return self.whole(self.y_true, self.y_pred, weight)
        assert self.values is not None
        return np.average(self.values(self.y_true, self.y_pred).astype(float), weights=weight)


class InitializerRow(NamedTuple):
    """An initializer, as the code that it prints as, with what it gives; an orthogonal one has neither."""

    code: str
    shape: Shape
    values: Callable[[Shape], Array] | None = None  # where they are always the same
    law: Any = None  # of the numbers, as SciPy's distribution

    def __str__(self) -> str:
        return f"{self.code}-{'x'.join(map(str, self.shape))}"

    def make(self, **more: Any) -> Any:
        """Build the initializer, with more arguments than its code has."""
        joint = ", " if not self.code.endswith("()") else ""
        added = ", ".join(f"{name}={value!r}" for name, value in more.items())
        return eval(f"{self.code[:-1]}{joint if added else ''}{added})", vars(nl.initializers))
