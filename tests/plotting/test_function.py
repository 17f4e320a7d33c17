"""Activations with their derivatives, and learning rates."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.optimizers import schedules
from nnlite.plotting import activation, learning_rate_schedule


@pytest.mark.parametrize(
    ("function", "name", "derivative"),
    [
        ("sigmoid", "sigmoid", lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
        (F.tanh, "tanh", lambda x: 1 - np.tanh(x) ** 2),
        (np.sin, "sin", np.cos),
        (lambda x: x**2, "function", lambda x: 2 * x),
        (nl.layers.LeakyReLU(0.1), "LeakyReLU(negative_slope=0.1)", lambda x: np.where(x > 0, 1, 0.1)),
        (nl.nn.ReLU(), "ReLU()", lambda x: (x > 0).astype(float)),
        ("step", "step", np.zeros_like),
    ],
)
def test_the_derivative_is_drawn_beside_the_function(function: Any, name: str, derivative: Any) -> None:
    (axes,) = activation(function, limits=(-3, 3)).axes
    x = axes.lines[0].get_xdata()
    assert (x[0], x[-1], axes.get_title()) == (-3, 3, name)
    np.testing.assert_allclose(axes.lines[1].get_ydata(), derivative(x), atol=1e-6)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [name, "derivative"]


@pytest.mark.parametrize("function", ["softmax", F.log_softmax, "glu", nl.layers.Maxout(3)])
def test_functions_that_mix_their_inputs_are_refused(function: Any) -> None:
    with pytest.raises(ValueError, match="mixes its inputs"):
        activation(function)
    with pytest.raises(ValueError, match="unknown activation 'rleu', did you mean 'relu'"):
        activation("rleu")


def test_a_layer_is_drawn_as_it_infers() -> None:
    dropout = nl.layers.Dropout(0.5)
    (axes,) = activation(dropout).axes
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), 1)


def test_schedules_share_an_axes_and_tell_themselves_apart() -> None:
    figure = learning_rate_schedule(schedules.CosineDecay(0.1, 10), 11)
    (axes,) = figure.axes
    learning_rate_schedule(lambda step: 0.01 * step, 11, label="linear", ax=axes)
    learning_rate_schedule(0.05, 11, ax=axes)
    assert [line.get_label() for line in axes.lines] == ["CosineDecay", "linear", "float"]
    np.testing.assert_allclose(axes.lines[1].get_ydata(), 0.01 * np.arange(11))
    np.testing.assert_allclose(axes.lines[2].get_ydata(), 0.05)
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == 3
    assert len(axes.get_legend().get_texts()) == 3


def test_a_scheduler_is_drawn_without_being_stepped() -> None:
    groups = [{"params": [nl.Parameter([1.0])]}, {"params": [nl.Parameter([1.0])], "lr": 1.0}]
    optimizer = nl.optim.SGD(groups, lr=0.1)
    scheduler = nl.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    (axes,) = learning_rate_schedule(scheduler, 5).axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.1, 0.1, 0.05, 0.05, 0.025])
    np.testing.assert_allclose(axes.lines[1].get_ydata(), [1, 1, 0.5, 0.5, 0.25])
    assert axes.lines[1].get_label() == "StepLR, group 1"
    assert scheduler.last_epoch == 0
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_what_is_no_schedule_is_refused() -> None:
    plateau = nl.optim.lr_scheduler.ReduceLROnPlateau(nl.optim.SGD([nl.Parameter([1.0])], lr=0.1))
    with pytest.raises(TypeError, match="ReduceLROnPlateau: they depend on a metric"):
        learning_rate_schedule(plateau, 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a schedule, a function step -> rate or a number, got 'cosine'"):
        learning_rate_schedule("cosine", 5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="steps of 1 or more, got steps=0"):
        learning_rate_schedule(0.1, 0)
