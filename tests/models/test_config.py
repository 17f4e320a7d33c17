"""Configs: every layer and every model written down as JSON, and made again."""

import json
import re
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite import initializers, layers, regularizers
from nnlite._config import as_config, made_from
from nnlite.layers import Activation, Add, Dense, Dropout, Input, Lambda, Module
from nnlite.models import Model, Sequential
from tests.conformance import LAYERS, LayerRow, batch

X = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


def through_json(config: Any) -> Any:
    """What a file would give back."""
    return json.loads(json.dumps(config, allow_nan=False))


def again(model: Any, **custom: Any) -> Any:
    """The model from its config."""
    return type(model).from_config(through_json(model.get_config()), custom or None)


@pytest.mark.parametrize("row", LAYERS, ids=str)
def test_every_layer_is_made_again_from_its_config(row: LayerRow) -> None:
    layer = row.make(name="one")
    other = again(layer)
    assert type(other) is type(layer)
    assert repr(other) == repr(layer)
    assert other.get_config() == layer.get_config()
    x = batch(row)
    layer(*x, **row.settings), other(*x, **row.settings)
    assert [w.shape for w in other.get_weights()] == [w.shape for w in layer.get_weights()]
    inside = made_from(through_json(as_config(layer)))
    assert inside.get_config() == layer.get_config()


def test_a_config_is_the_constructors_arguments() -> None:
    config = Dense(3, activation="relu", kernel_initializer=initializers.HeNormal(seed=1), name="d").get_config()
    assert {key: config[key] for key in ("units", "activation", "use_bias", "name")} == {
        "units": 3, "activation": "relu", "use_bias": True, "name": "d",
    }  # fmt: skip
    assert config["kernel_initializer"] == {
        "class_name": "HeNormal", "module": "nnlite.initializers", "config": {"seed": 1},
    }  # fmt: skip


def test_objects_inside_come_back_as_objects() -> None:
    layer = Dense(
        2,
        activation=layers.PReLU(alpha_initializer=initializers.Constant(0.2)),
        kernel_initializer=initializers.HeNormal,
        kernel_regularizer=regularizers.L2(0.1),
    )
    other = again(layer)
    assert repr(other) == repr(layer)
    assert other.kernel_regularizer is not layer.kernel_regularizer
    assert repr(again(Activation(F.relu))) == repr(Activation(F.relu))
    assert again(Activation(np.tanh)).activation is np.tanh


class Scaled(Module):
    """A layer of a user's own, as one writes it for Keras."""

    def __init__(self, factor: float, **more: Any) -> None:
        super().__init__(**more)
        self.factor = factor

    def forward(self, x: Any) -> Any:
        return x * self.factor


def doubled(x: Any) -> Any:
    """A function of a user's own."""
    return x * 2


class TestCustom:
    def test_classes_and_functions_are_found_by_name(self) -> None:
        model = Sequential([Input((4,)), Scaled(3.0, name="s"), Lambda(doubled), Dense(2)])
        other = again(model, Scaled=Scaled, doubled=doubled)
        assert repr(other) == repr(model)
        with pytest.raises(ValueError, match=r"unknown 'Scaled': pass custom_objects=\{'Scaled': \.\.\.\}"):
            again(model, doubled=doubled)
        with pytest.raises(ValueError, match=r"unknown 'doubled'"):
            again(model, Scaled=Scaled)

    def test_what_cannot_be_written_down_says_why(self) -> None:
        class Forgets(Module):
            def __init__(self, units: int) -> None:
                self._units = units

        with pytest.raises(TypeError, match=r"Forgets does not keep its argument 'units': set self.units"):
            Forgets(3).get_config()
        with pytest.raises(TypeError, match="a lambda has no name to be found by"):
            Lambda(lambda x: x).get_config()
        with pytest.raises(TypeError, match="cannot write down <object object"):
            as_config([object()])

    def test_a_config_reaches_nothing_outside(self) -> None:
        for module, name in (
            ("os", "system"), ("numpy", "save"), ("nnlite.io", "FormatError"), ("nnlite.layers", "np"),
            ("nnlite.functional._shape", "math"), ("nnlite.functional._shape", "__builtins__"), ("builtins", "eval"),
            (None, "eval"), ("nnlite.functional.os", "system"), ("nnlite.layers._module", "Module"),
        ):  # fmt: skip
            with pytest.raises(ValueError, match=re.escape(f"unknown '{name}'")):
                made_from({"class_name": "function", "module": module, "name": name})
            with pytest.raises(ValueError, match=re.escape(f"unknown '{name}'")):
                made_from({"class_name": name, "module": module, "config": {}})


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, -2.5, "text", [1, [2, "x"]], (1, (2, 3)), {"a": (1,), "b": None}, {1: "x", 2: (3,)},
        slice(1, None, 2), ..., np.dtype("float64"), (slice(None), ..., 0), F.relu, np.add,
        np.concatenate, layers.Dense, np.greater,
    ],
    ids=str,
)  # fmt: skip
def test_values_come_back(value: Any) -> None:
    back = made_from(through_json(as_config(value)))
    assert back == ("float64" if isinstance(value, np.dtype) else value)


def test_arrays_and_numbers_of_numpy_come_back() -> None:
    for array in (np.arange(6.0, dtype=np.float32).reshape(2, 3), np.array([True, False]), np.zeros((0,))):
        back = made_from(through_json(as_config(array)))
        np.testing.assert_array_equal(back, array)
        assert back.dtype == array.dtype
    assert made_from(through_json(as_config(np.int64(3)))) == 3


class TestModels:
    def test_sequential(self) -> None:
        for model in (
            Sequential([Dense(3, input_shape=(4,)), Dropout(0.5), Sequential([Dense(2)], name="inner")], name="outer"),
            Sequential([Input((4,), name="x"), Dense(3)]), Sequential([Dense(2)]), Sequential(),
        ):  # fmt: skip
            other = again(model)
            assert repr(other) == repr(model)
            if model.get_weights():
                other.set_weights(model.get_weights())
                np.testing.assert_array_equal(other.predict(X), model.predict(X))

    def test_a_model_that_was_built_by_a_call_comes_back_built(self) -> None:
        for model, x in (
            (Sequential([Dense(3), Dense(2)]), X),
            (Sequential([layers.Embedding(9, 3), layers.LSTM(2)]), np.arange(8).reshape(2, 4)),
        ):
            model.predict(x)
            other = again(model)
            other.load_state_dict(model.state_dict())
            np.testing.assert_array_equal(other.predict(x), model.predict(x))

    def functional(self) -> Model:
        """A bit of everything."""
        a, b = Input((4,), name="a"), Input((4,))
        shared = Dense(3, activation="tanh")
        h = shared(a) * shared(b) + 0.5
        g = np.concatenate([h, F.softmax(h[:, 1:])], axis=-1)
        x = Input((5,))
        inner = Model(x, Add()([Dense(5)(x), x]), name="inner")
        return Model({"a": a, "b": b}, [inner(g), F.relu(g), (h > 0)], name="net")

    def test_functional(self) -> None:
        model = self.functional()
        other = again(model)
        assert repr(other) == repr(model)
        assert other.name == "net"
        assert list(other.state_dict()) == list(model.state_dict())
        assert again(other).get_config() == model.get_config()
        other.load_state_dict(model.state_dict())
        for one, expected in zip(other.predict({"a": X, "b": -X}), model.predict({"a": X, "b": -X}), strict=True):
            np.testing.assert_array_equal(one, expected)
        assert not {id(p) for p in model.parameters()} & {id(p) for p in other.parameters()}

    def test_layers_of_a_users_own_inside(self) -> None:
        x = Input((4,))
        model = Model(x, Scaled(2.0)(Lambda(doubled)(x)))
        other = again(model, Scaled=Scaled, doubled=doubled)
        np.testing.assert_array_equal(other.predict(X), 4 * X)

    def test_a_cycle_is_refused(self) -> None:
        x = Input((4,))
        config = through_json(Model(x, Dense(4)(Dense(4)(x))).get_config())
        config["calls"][0]["args"]["items"][0]["items"] = [2, 0]
        with pytest.raises(ValueError, match="call 1 needs what call 2 gives: there is a cycle in the config"):
            Model.from_config(config)

    def test_a_subclass_is_its_arguments(self) -> None:
        class Net(Model):
            def __init__(self, units: int, name: str | None = None) -> None:
                super().__init__(name=name)
                self.units, self.dense = units, Dense(units)

            def forward(self, x: Any) -> Any:
                return self.dense(x)

        net = Net(3, name="n")
        assert net.get_config() == {"units": 3, "name": "n"}
        assert again(net).predict(X).shape == (5, 3)


def test_seeds_are_drawn_anew_by_the_copy() -> None:
    nl.random.seed(0)
    model = Sequential([Dense(3, input_shape=(4,))])
    assert not np.array_equal(again(model).get_weights()[0], model.get_weights()[0])
