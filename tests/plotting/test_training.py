"""Learning curves and the flow of gradients."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.plotting import gradient_flow, learning_curves


def test_curves_of_a_training_begin_at_its_first_epoch() -> None:
    model = nl.models.Sequential([nl.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    x, y = np.ones((4, 2)), np.ones(4)
    history = model.fit(x, y, epochs=5, initial_epoch=2, validation_data=(x, y), verbose=0)
    loss, mae = learning_curves(history).axes
    assert (loss.get_ylabel(), mae.get_ylabel(), loss.get_xlabel()) == ("loss", "mae", "epoch")
    training, validation = loss.lines
    np.testing.assert_array_equal(training.get_xdata(), [3, 4, 5])
    np.testing.assert_array_equal(training.get_ydata(), history.history["loss"])
    np.testing.assert_array_equal(validation.get_ydata(), history.history["val_loss"])
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]


def test_metrics_are_chosen_by_name() -> None:
    curves = {"loss": [1.0], "top_k": [0.1], "val_top_k": [0.2]}
    (axes,) = learning_curves(curves, "top_k").axes
    assert axes.get_ylabel() == "top k"
    assert [axes.get_ylabel() for axes in learning_curves(curves, ["top_k", "loss"]).axes] == ["top k", "loss"]


def test_a_learning_rate_is_drawn_if_it_changed() -> None:
    assert len(learning_curves({"loss": [2, 1], "learning_rate": [0.1, 0.1]}).axes) == 1
    assert len(learning_curves({"loss": [2, 1], "learning_rate": [0.1, 0.01]}).axes) == 2
    assert len(learning_curves({"loss": [2, 1], "learning_rate": [0.1, 0.1]}, "learning_rate").axes) == 1


def test_a_validation_of_every_second_epoch_stands_at_these_epochs() -> None:
    (axes,) = learning_curves({"loss": [5, 4, 3, 2, 1], "val_loss": [4, 2]}).axes
    np.testing.assert_array_equal(axes.lines[1].get_xdata(), [2, 4])


def test_long_curves_have_no_markers() -> None:
    (axes,) = learning_curves({"loss": list(range(100))}).axes
    assert axes.lines[0].get_marker() == "None"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: learning_curves([1, 2]), TypeError, "expected the History that fit returns.*got a list"),  # type: ignore[arg-type]
        (lambda: learning_curves({}), ValueError, "one epoch at least"),
        (lambda: learning_curves(nl.callbacks.History()), ValueError, "one epoch at least"),
        (lambda: learning_curves({"loss": [1]}, "acc"), ValueError, "no 'acc' in the history, which has loss"),
        (
            lambda: gradient_flow(nl.models.Sequential([nl.layers.Dense(1, input_shape=(2,))])),
            ValueError,
            r"loss.backward",
        ),
        (lambda: gradient_flow("model"), TypeError, "expected a model or a layer, got a str"),  # type: ignore[arg-type]
    ],
)
def test_what_does_not_fit_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_bars_are_means_and_diamonds_maxima() -> None:
    model = nl.nn.Sequential(nl.nn.Linear(2, 3), nl.nn.Linear(3, 1))
    model[1].bias.requires_grad = False  # it has no gradient, and no bar
    model(np.ones((4, 2), np.float32)).sum().backward()
    (axes,) = gradient_flow(model).axes
    expected = [np.abs(p.grad) for p in model.parameters() if p.grad is not None]
    assert len(expected) == 3
    np.testing.assert_allclose([bar.get_width() for bar in axes.patches], [g.mean() for g in expected])
    np.testing.assert_allclose(axes.lines[0].get_xdata(), [g.max() for g in expected])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.weight", "0.bias", "1.weight"]
    assert axes.get_xscale() == "log"


def test_a_gradient_of_zeros_is_named() -> None:
    weight = nl.layers.Dense(2, input_shape=(2,))
    for parameter, value in zip(weight.parameters(), (0.0, 1.0), strict=True):
        parameter.grad = np.full(parameter.shape, value, np.float32)
    (axes,) = gradient_flow(weight).axes
    assert [(text.get_text(), text.xy[1]) for text in axes.texts] == [("all 0", 0)]  # type: ignore[attr-defined]
