"""The summary's table, and the costs that it tells."""

import logging
import re
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.layers import LSTM, Conv2D, Dense, Dropout, Embedding, Flatten, Input, MaxPool2D
from nnlite.models import Model, Sequential


def lines_of(model: Model, *args: Any, **settings: Any) -> list[str]:
    """The lines of the summary."""
    lines: list[str] = []
    model.summary(*args, print_fn=lines.append, **settings)
    return lines


def table(lines: list[str]) -> list[list[str]]:
    """The rows between the last two rules, cut where two blanks or more are."""
    rules = [i for i, line in enumerate(lines) if set(line) == {"-"}]
    return [re.split("  +", line.strip()) for line in lines[rules[1] + 1 : rules[2]]]


def cost_of(module: Any, *shape: int, dtype: str = "float32") -> str:
    """The multiply-adds that the summary tells of a module."""
    model = module if isinstance(module, Model) else Sequential([module])
    model(np.zeros((2, *shape), dtype))
    (line,) = [line for line in lines_of(model) if line.startswith("Multiply-adds of one sample: ")]
    return line.rpartition(" ")[2]


def test_shapes_counts_and_memory(capsys: pytest.CaptureFixture[str]) -> None:
    model = Sequential([Conv2D(8, 3, activation="relu", input_shape=(10, 10, 1)), MaxPool2D(), Flatten()])
    model.add(Dropout(0.5))
    model.add(Dense(100, name="head"))
    model[0].trainable = False
    model.summary()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Sequential"
    assert re.split("  +", lines[2]) == ["Layer", "Output shape", "Parameters", "Multiply-adds", "Memory"]
    assert table(lines) == [
        ["conv2d (Conv2D)", "(None, 8, 8, 8)", "80", "4,608", "2.00 KB"],
        ["max_pool2d (MaxPool2D)", "(None, 4, 4, 8)", "0", "0", "512 B"],
        ["flatten (Flatten)", "(None, 128)", "0", "0", "512 B"],
        ["dropout (Dropout)", "(None, 128)", "0", "0", "512 B"],
        ["head (Dense)", "(None, 100)", "12,900", "12,800", "400 B"],
    ]
    assert lines[-5:] == [
        "Total parameters: 12,980 (50.70 KB)",
        "Trainable parameters: 12,900 (50.39 KB)",
        "Non-trainable parameters: 80 (320 B)",
        "Multiply-adds of one sample: 17,408",
        "Memory of one sample's outputs: 3.89 KB",
    ]
    assert all(model.get_layer(row[0].split()[0]) is layer for row, layer in zip(table(lines), model, strict=True))


def test_an_unbuilt_model_has_question_marks() -> None:
    lines = lines_of(Sequential([Dense(3), Dense(2)], name="net"))
    assert lines[0] == "net"
    assert table(lines) == [["dense (Dense)", "?", "0", "?", "?"], ["dense_1 (Dense)", "?", "0", "?", "?"]]
    assert lines[-5:] == [
        "Total parameters: 0 (0 B)", "Trainable parameters: 0 (0 B)", "Non-trainable parameters: 0 (0 B)",
        "Multiply-adds of one sample: ?", "Memory of one sample's outputs: ?",
    ]  # fmt: skip


@pytest.mark.parametrize("compiled", [False, True])
def test_a_model_of_ones_own_is_shown_once_it_was_called(compiled: bool) -> None:
    class Net(Model):
        def __init__(self) -> None:
            self.blocks = [Sequential([Dense(4), Dropout(0.5)]), Dense(1)]
            self.scale = nl.Parameter(np.ones((1, 1), np.float32))

        def forward(self, x: Any) -> Any:
            return self.blocks[1](self.blocks[0](x)) @ self.scale

    model = Net()
    if compiled:
        model.compile("sgd", "mse")
        model.fit(np.ones((2, 3)), np.ones(2), verbose=0)
    model(np.ones((2, 3)))
    lines = lines_of(model, expand_nested=True)
    assert lines[0] == "Net"
    assert table(lines) == [
        ["blocks.0 (Sequential)", "(None, 4)", "16", "12", "32 B"],
        ["dense (Dense)", "(None, 4)", "16", "12", "16 B"],
        ["dropout (Dropout)", "(None, 4)", "0", "0", "16 B"],
        ["blocks.1 (Dense)", "(None, 1)", "5", "4", "4 B"],
    ]
    assert any(line.startswith("    dense (Dense)") for line in lines)
    assert lines[-5].startswith("Total parameters: 22 ")
    assert lines[-2] == "Multiply-adds of one sample: 17"  # the product with the scale among them
    assert len(table(lines_of(model))) == 2


def test_columns_line_up_and_nothing_is_left_behind() -> None:
    model = Sequential([Dense(3, input_shape=(2,)), Dense(1000)])
    state = nl.random.generator().bit_generator.state
    lines = lines_of(model)
    assert len({len(line) for line in lines[1:7]}) == 1
    assert nl.random.generator().bit_generator.state == state
    assert all(not layer._forward_hooks for layer in model.modules())
    assert all(module.training for module in model.modules())


def test_running_statistics_count_as_not_trained_as_in_keras() -> None:
    lines = lines_of(Sequential([nl.layers.BatchNormalization(input_shape=(4,))]))
    assert table(lines)[0][:3] == ["batch_norm (BatchNorm)", "(None, 4)", "16"]
    assert lines[-5:-2] == [
        "Total parameters: 16 (64 B)", "Trainable parameters: 8 (32 B)", "Non-trainable parameters: 8 (32 B)",
    ]  # fmt: skip


@pytest.mark.parametrize("length", [50, 60, 100])
def test_lines_are_as_long_as_asked(length: int) -> None:
    model = Sequential([Conv2D(8, 3, name="a_layer_of_a_long_name", input_shape=(10, 10, 1))])
    lines = lines_of(model, length)
    assert len(lines[1]) == length or length == 50  # numbers are never cut
    assert all(len(line) <= max(len(lines[1]), 50) for line in lines)
    text = "".join("".join(row) for row in table(lines)).replace(" ", "")
    assert all(cell in text for cell in ("720", "4,608", "80", "(Conv2D)")[1:])
    with pytest.raises(ValueError, match="line_length of 40 or more, got 10"):
        model.summary(line_length=10)


def test_a_logger_gets_every_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        Sequential([Dense(1, input_shape=(2,))]).summary(print_fn=logging.getLogger("model").info)
    assert len(caplog.messages) == 11


def test_what_is_trained_is_told_on_demand() -> None:
    model = Sequential([Dense(3, input_shape=(2,)), Flatten(), Dense(1)])
    model[2].bias.requires_grad = False
    model[0].trainable = False
    assert [row[-1] for row in table(lines_of(model, show_trainable=True))] == ["no", "-", "partly"]


# The multiply-adds of one sample, by hand.
COSTS = [
    (lambda: Dense(7), (5,), 5 * 7),
    (lambda: Dense(7), (4, 5), 4 * 5 * 7),
    (lambda: Conv2D(8, (3, 2), strides=2, padding="same"), (9, 9, 4), 5 * 5 * 8 * 3 * 2 * 4),
    (lambda: Conv2D(8, 3, groups=2), (5, 5, 4), 3 * 3 * 8 * 9 * 2),
    (lambda: nl.layers.Conv1D(3, 5, dilation_rate=2), (20, 2), 12 * 3 * 5 * 2),
    (lambda: nl.layers.Conv3D(2, 2), (3, 3, 3, 1), 8 * 2 * 8),
    (lambda: nl.layers.DepthwiseConv2D(3, depth_multiplier=2), (5, 5, 4), 3 * 3 * 8 * 9),
    (lambda: nl.layers.SeparableConv2D(6, 3), (5, 5, 4), 3 * 3 * (4 * 9 + 4 * 6)),
    (lambda: nl.layers.Conv2DTranspose(6, 3, strides=2), (5, 5, 4), 5 * 5 * 4 * 9 * 6),
    (lambda: nl.layers.SimpleRNN(6), (7, 4), 7 * (4 * 6 + 6 * 6)),
    (lambda: LSTM(6, return_sequences=True), (7, 4), 7 * 4 * (4 * 6 + 6 * 6)),
    (lambda: nl.layers.GRU(6), (7, 4), 7 * 3 * (4 * 6 + 6 * 6)),
    (lambda: nl.layers.Bidirectional(LSTM(6)), (7, 4), 2 * 7 * 4 * (4 * 6 + 6 * 6)),
    (lambda: nl.layers.TimeDistributed(Dense(3)), (7, 4), 7 * 4 * 3),
    (lambda: nl.layers.Lambda(lambda x: F.einsum("bij,bkj->bik", x, x)), (7, 4), 7 * 7 * 4),
    (lambda: nl.layers.Lambda(lambda x: F.tensordot(x, np.ones((4, 5)), axes=1)), (7, 4), 7 * 4 * 5),
    (lambda: nl.layers.MaxPool2D(), (4, 4, 1), 0),
    (lambda: nl.layers.LayerNorm(), (4,), 0),
    (lambda: nl.nn.Linear(5, 7), (5,), 5 * 7),
    (lambda: nl.nn.Conv2d(4, 8, 3, padding=1), (4, 5, 5), 5 * 5 * 8 * 9 * 4),
    (lambda: nl.nn.ConvTranspose2d(4, 6, 3, stride=2), (4, 5, 5), 5 * 5 * 4 * 9 * 6),
    (lambda: nl.layers.TransformerEncoder(32, 2), (6, 8), 6 * (4 * 8 * 8 + 2 * 8 * 32) + 2 * 6 * 6 * 8),
]  # fmt: skip


@pytest.mark.parametrize(("make", "shape", "expected"), COSTS, ids=range(len(COSTS)))
def test_multiply_adds_are_those_counted_by_hand(make: Any, shape: tuple[int, ...], expected: int) -> None:
    assert cost_of(make(), *shape) == f"{expected:,}"


def test_attention_counts_its_projections_and_products() -> None:
    x = Input((5, 8))
    model = Model(x, nl.layers.MultiHeadAttention(2, 3)(x, x))
    assert cost_of(model, 5, 8) == f"{5 * 4 * 8 * 6 + 2 * (2 * 5 * 5 * 3):,}"


def test_a_layer_that_is_called_twice_counts_twice() -> None:
    a, b, shared = Input((4,)), Input((4,)), Dense(3)
    lines = lines_of(Model([a, b], shared(a) * shared(b)))
    assert table(lines)[2] == ["dense (Dense)", "(None, 3)", "15", "24", "24 B", "input_layer, input_layer_1"]
    assert table(lines)[3] == ["multiply", "(None, 3)", "0", "0", "12 B", "dense"]
    assert lines[-2:] == ["Multiply-adds of one sample: 24", "Memory of one sample's outputs: 36 B"]


def test_functions_in_a_graph_have_costs_too() -> None:
    x = Input((3, 4))
    lines = lines_of(Model(x, F.matmul(x, x.transpose((0, 2, 1)))))
    assert table(lines)[2] == ["matmul", "(None, 3, 3)", "0", "36", "36 B", "input_layer, transpose"]
    assert lines[-2] == "Multiply-adds of one sample: 36"


def test_what_depends_on_the_length_of_a_sequence_is_not_told() -> None:
    x = Input((None,), dtype="int32")
    lines = lines_of(Model(x, Dense(1)(LSTM(4)(Embedding(10, 3)(x)))))
    assert [row[1:5] for row in table(lines)] == [
        ["(None, None)", "0", "0", "0 B"],
        ["(None, None, 3)", "30", "0", "?"],
        ["(None, 4)", "128", "?", "16 B"],
        ["(None, 1)", "5", "4", "4 B"],
    ]
    assert lines[-2:] == ["Multiply-adds of one sample: ?", "Memory of one sample's outputs: ?"]


def test_several_outputs_are_all_shown() -> None:
    x = Input((5, 3))
    row = table(lines_of(Model(x, LSTM(4, return_state=True)(x))))[1]
    assert row[:2] == ["lstm (LSTM)", "(None, 4), (None, 4), (None, 4)"]
