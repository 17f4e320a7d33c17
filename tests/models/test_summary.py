"""The summary's table."""

import re
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.layers import Conv2D, Dense, Dropout, Flatten, MaxPool2D
from nnlite.models import Model, Sequential


def printed(model: Model, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of the summary."""
    capsys.readouterr()
    model.summary()
    return capsys.readouterr().out.splitlines()


def cells(lines: list[str]) -> list[list[str]]:
    """The rows of the table, cut where two blanks or more are."""
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]


def test_shapes_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    model = Sequential([Conv2D(8, 3, activation="relu", input_shape=(10, 10, 1)), MaxPool2D(), Flatten()])
    model.add(Dropout(0.5))
    model.add(Dense(100, name="head"))
    model[0].trainable = False
    lines = printed(model, capsys)
    assert lines[0] == "Sequential"
    assert cells(lines[2:3]) == [["Layer", "Output shape", "Parameters"]]
    assert cells(lines)[4:9] == [
        ["layers.0", "Conv2D(8, (3, 3), activation='relu', input_shape=(10, 10, 1))", "(None, 8, 8, 8)", "80"],
        ["layers.1", "MaxPool2D()", "(None, 4, 4, 8)", "0"],
        ["layers.2", "Flatten()", "(None, 128)", "0"],
        ["layers.3", "Dropout(0.5)", "(None, 128)", "0"],
        ["head", "Dense(100, name='head')", "(None, 100)", "12,900"],
    ]
    assert lines[-3:] == ["Total parameters: 12,980", "Trainable parameters: 12,900", "Non-trainable parameters: 80"]


def test_an_unbuilt_model_has_question_marks(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(Sequential([Dense(3), Dense(2)], name="net"), capsys)
    assert lines[0] == "net"
    assert cells(lines)[4:6] == [["layers.0", "Dense(3)", "?", "0"], ["layers.1", "Dense(2)", "?", "0"]]
    assert lines[-3] == "Total parameters: 0"


@pytest.mark.parametrize("compiled", [False, True])
def test_a_model_of_ones_own_is_shown_once_it_was_called(compiled: bool, capsys: pytest.CaptureFixture[str]) -> None:
    class Net(Model):
        def __init__(self) -> None:
            self.blocks = [Sequential([Dense(4), Dropout(0.5)]), Dense(1)]
            self.scale = nl.Parameter([1.0])

        def forward(self, x: Any) -> Any:
            return self.blocks[1](self.blocks[0](x)) * self.scale

    model = Net()
    if compiled:
        model.compile("sgd", "mse")
        model.fit(np.ones((2, 3)), np.ones(2), verbose=0)
    model(np.ones((2, 3)))
    lines = printed(model, capsys)
    assert lines[0] == "Net"
    assert cells(lines)[4:-4] == [
        ["blocks.0", "Sequential of 2 layers", "(None, 4)", "16"],
        ["blocks.1", "Dense(1)", "(None, 1)", "5"],
    ]
    assert lines[-3] == "Total parameters: 22"


def test_columns_line_up_and_nothing_is_left_behind(capsys: pytest.CaptureFixture[str]) -> None:
    model = Sequential([Dense(3, input_shape=(2,)), Dense(1000)])
    state = nl.random.generator().bit_generator.state
    lines = printed(model, capsys)
    assert len({len(line) for line in lines[1:7]}) == 1
    assert nl.random.generator().bit_generator.state == state
    assert all(not layer._forward_hooks for layer in model)
    assert all(module.training for module in model.modules())


def test_running_statistics_count_as_not_trained_as_in_keras(capsys: pytest.CaptureFixture[str]) -> None:
    Sequential([nl.layers.BatchNormalization(input_shape=(4,))]).summary()
    text = capsys.readouterr().out
    assert re.search(r"BatchNorm\(.*\)\s+\(None, 4\)\s+16", text)
    assert "Total parameters: 16" in text
    assert "Trainable parameters: 8" in text
    assert "Non-trainable parameters: 8" in text
