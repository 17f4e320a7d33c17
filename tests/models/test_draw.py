"""The picture of a model."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.layers import Concatenate, Conv2D, Dense, Flatten, Input
from nnlite.models import Model, Sequential


def boxes(model: Model, **settings: Any) -> list[list[str]]:
    """The compartments of each box."""
    return [label.split("|") for label in re.findall(r'label="\{(.*?)\}", style', model.plot(**settings).source)]


def arrows(model: Model) -> list[tuple[str, str]]:
    """What is connected to what."""
    return re.findall(r'"(\w[\w.]*)" -> "(\w[\w.]*)"', model.plot().source)


def outputs(model: Model) -> list[str]:
    """The names of the boxes with a thick border."""
    return re.findall(r'"([\w.]+)" \[shape=record.*penwidth=2\]', model.plot().source)


def test_a_chain_of_layers() -> None:
    model = Sequential([Conv2D(8, 3, input_shape=(6, 6, 1)), Flatten(), Dense(10, name="head")])
    assert boxes(model) == [
        ["input", "(None, 6, 6, 1)"],
        ["conv2d (Conv2D)", "(None, 4, 4, 8)", "80 parameters"],
        ["flatten (Flatten)", "(None, 128)"],
        ["head (Dense)", "(None, 10)", "1,290 parameters"],
    ]
    assert arrows(model) == [("input", "conv2d"), ("conv2d", "flatten"), ("flatten", "head")]
    assert outputs(model) == ["head"]
    assert boxes(model, show_shapes=False)[2] == ["flatten (Flatten)"]
    assert boxes(model, show_layer_names=False)[2] == ["Flatten", "(None, 128)"]
    assert "rankdir=LR;" in model.plot(rankdir="LR").source


def test_a_chain_that_is_not_built_yet() -> None:
    model = Sequential([Dense(2), Dense(3)])
    assert boxes(model) == [["dense (Dense)", "?"], ["dense_1 (Dense)", "?"]]
    assert arrows(model) == [("dense", "dense_1")]


def test_shared_layers_several_inputs_and_outputs() -> None:
    a, b, shared = Input((4,), name="a"), Input((4,), name="b"), Dense(3, name="shared")
    joined = Concatenate()([shared(a), shared(b)])
    model = Model([a, b], [Dense(2)(joined * 2), Dense(1, name="score")(joined)])
    assert ["shared (Dense)", "(None, 3)", "15 parameters", "shared: called 2 times"] in boxes(model)
    assert ["multiply", "(None, 6)"] in boxes(model)
    source = model.plot().source
    assert '"a" -> "shared" [label="call 1"];' in source
    assert '"b" -> "shared" [label="call 2"];' in source
    assert arrows(model)[2:] == [
        ("shared", "concatenate"), ("concatenate", "multiply"), ("multiply", "dense"), ("concatenate", "score"),
    ]  # fmt: skip
    assert outputs(model) == ["dense", "score"]


def test_connections_of_a_model_of_ones_own_are_those_that_it_makes() -> None:
    class Residual(Model):
        def __init__(self) -> None:
            self.first, self.blocks, self.head = Dense(4), [Dense(4), Dense(4)], Dense(2)

        def forward(self, x: Any) -> Any:
            x = self.first(x)
            for block in self.blocks:
                x = x + np.tanh(block(x))
            return self.head(x)

    model = Residual()
    assert boxes(model)[1] == ["blocks.0 (Dense)", "?"]
    model(np.ones((2, 3)))
    assert boxes(model)[0] == ["input", "(None, 3)"]
    assert sorted(arrows(model)) == sorted([
        ("input", "first"), ("first", "blocks.0"), ("first", "blocks.1"), ("blocks.0", "blocks.1"),
        ("first", "head"), ("blocks.0", "head"), ("blocks.1", "head"),
    ])  # fmt: skip
    assert outputs(model) == ["head"]
    assert not any(module._forward_hooks for module in model.modules())


def test_layers_inside_that_are_called_with_several_and_twice() -> None:
    class Twins(Model):
        def __init__(self) -> None:
            self.encoder, self.join, self.unused = Dense(3), Concatenate(), Dense(1)

        def forward(self, a: Any, b: Any) -> Any:
            return self.join([self.encoder(a), self.encoder(b)])

    model = Twins()
    model(np.ones((2, 4)), np.ones((2, 4)))
    assert arrows(model) == [("input_0", "encoder"), ("input_1", "encoder"), ("encoder", "join")]
    assert ["encoder (Dense)", "(None, 3)", "15 parameters", "shared: called 2 times"] in boxes(model)
    assert ["unused (Dense)", "?"] in boxes(model)


def test_it_is_written_to_a_file_and_refuses_other_directions(tmp_path: Path) -> None:
    model = Sequential([Dense(2, input_shape=(3,))])
    drawing = model.plot(tmp_path / "model.dot")
    assert (tmp_path / "model.dot").read_text() == drawing.source
    with pytest.raises(ValueError, match="rankdir to be one of 'TB', 'LR', 'BT', 'RL', got 'down'"):
        model.plot(rankdir="down")


def test_state_is_left_alone() -> None:
    model = Sequential([Dense(2, input_shape=(3,)), nl.layers.Dropout(0.5), nl.layers.BatchNorm()])
    before = [w.copy() for w in model.get_weights()], nl.random.generator().bit_generator.state
    model.plot()
    for old, new in zip(before[0], model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert nl.random.generator().bit_generator.state == before[1]
    assert all(module.training for module in model.modules())
