"""Gradient accumulation: several batches for one step are one batch, so many times larger."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.callbacks import LambdaCallback
from nnlite.layers import Dense, Input
from nnlite.models import Model, Sequential

X = np.random.default_rng(0).normal(size=(24, 5))
Y = np.arange(24) % 3


def built(optimizer: Any = None, **settings: Any) -> Sequential:
    """A model in float64, so that what differs is not rounding."""
    nl.random.seed(0)
    model = Sequential([Dense(4, activation="tanh", input_shape=(5,), **settings), Dense(3)]).astype(np.float64)
    model.compile(
        optimizer or nl.optimizers.Adam(0.05), nl.losses.SparseCategoricalCrossentropy(from_logits=True), ["accuracy"]
    )
    return model


def weights_after(batch_size: int, model: Any = None, **settings: Any) -> list[Any]:
    """Train, and return the weights and the number of steps."""
    model = built() if model is None else model
    model.fit(X, Y, batch_size=batch_size, epochs=3, verbose=0, shuffle=False, **settings)
    return [*model.get_weights(), model.optimizer.iterations]


def assert_same(found: list[Any], expected: list[Any]) -> None:
    """Compare up to the rounding of float64."""
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("small", "accumulate"), [(2, 4), (4, 2), (8, 1), (1, 8)])
def test_equal_batches(small: int, accumulate: int) -> None:
    assert_same(weights_after(small, accumulate=accumulate), weights_after(8))


def test_what_is_left_at_the_end_of_an_epoch_is_a_step_too() -> None:
    # Batches of 5, 5, 5, 5 and 4 samples, in steps of 10, 10 and 4.
    assert_same(weights_after(5, accumulate=2), weights_after(10))
    # And of 7, 7, 7 and 3, in a step of 21 and one of 3.
    assert_same(weights_after(7, accumulate=3), weights_after(21))


def test_more_than_there_are_is_a_step_an_epoch() -> None:
    assert_same(weights_after(2, accumulate=1000), weights_after(24))


@pytest.mark.parametrize(
    "settings",
    [
        {"sample_weight": np.linspace(0.5, 2, 24)},
        {"class_weight": {0: 1.0, 1: 3.0, 2: 0.5}},
    ],
)
def test_with_weights(settings: Any) -> None:
    assert_same(weights_after(2, accumulate=4, **settings), weights_after(8, **settings))


def test_penalties_count_once() -> None:
    for regularized in ({"kernel_regularizer": "l2"}, {"activity_regularizer": nl.regularizers.L2(0.1)}):
        assert_same(weights_after(2, built(**regularized), accumulate=4), weights_after(8, built(**regularized)))


def test_clipping_sees_the_whole_gradient() -> None:
    def clipped() -> Sequential:
        return built(nl.optimizers.SGD(0.5, momentum=0.9, global_clipnorm=0.1))

    assert_same(weights_after(2, clipped(), accumulate=4), weights_after(8, clipped()))


def test_several_outputs_with_loss_weights() -> None:
    def trained(batch_size: int, **settings: Any) -> list[Any]:
        nl.random.seed(0)
        entrance = Input(shape=(5,))
        hidden = Dense(4, activation="tanh")(entrance)
        model = Model(entrance, {"a": Dense(1, name="a")(hidden), "b": Dense(3, name="b")(hidden)})
        losses = {"a": "mae", "b": nl.losses.SparseCategoricalCrossentropy(from_logits=True)}
        model.astype(np.float64).compile("rmsprop", losses, loss_weights={"a": 0.3})
        targets = {"a": X[:, 0], "b": Y}
        model.fit(X, targets, batch_size=batch_size, epochs=2, verbose=0, shuffle=False, **settings)
        return model.get_weights()

    assert_same(trained(2, accumulate=4), trained(8))


def test_frozen_layers_stay_frozen() -> None:
    model = built()
    model[0].trainable = False
    model.compile("adam", nl.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.get_weights()
    model.fit(X, Y, batch_size=2, verbose=0, accumulate=4)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    assert not np.array_equal(model.get_weights()[2], before[2])


def test_the_logs_and_the_callbacks_go_by_batches() -> None:
    steps: list[int] = []
    model = built()
    look = LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(model.optimizer.iterations))  # type: ignore[union-attr]
    history = model.fit(X, Y, batch_size=4, verbose=0, accumulate=4, callbacks=look, shuffle=False)
    assert steps == [0, 0, 0, 1, 1, 1]
    assert model.optimizer is not None
    assert model.optimizer.iterations == 2
    assert set(history.history) == {"loss", "accuracy"}


def test_gradients_of_a_training_that_failed_are_forgotten() -> None:
    def fail(batch: int, logs: Any) -> None:
        raise OSError

    model = built()
    with pytest.raises(OSError):  # noqa: PT011
        model.fit(X, Y, batch_size=2, verbose=0, accumulate=4, callbacks=LambdaCallback(on_batch_end=fail))
    assert_same(weights_after(2, model, accumulate=4), weights_after(8))


@pytest.mark.parametrize("accumulate", [0, -1, 2.0, True, None])
def test_the_number_is_checked(accumulate: Any) -> None:
    with pytest.raises(ValueError, match=f"an integer of at least 1, got accumulate={accumulate!r}"):
        built().fit(X, Y, accumulate=accumulate)


def test_steps_of_ones_own_and_optimizers_that_look_again_are_refused() -> None:
    class Own(Sequential):
        def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
            return 0.0

    own = Own([Dense(3)])
    own.compile("sgd", "mse")
    with pytest.raises(ValueError, match="accumulate is for models without a train_step of their own"):
        own.fit(X, Y, accumulate=2)
    with pytest.raises(ValueError, match="LBFGS looks at a batch several times in a step, and cannot accumulate"):
        built(nl.optimizers.LBFGS()).fit(X, Y, accumulate=2)


@pytest.mark.parametrize("reduction", ["sum", "mean_with_sample_weight"])
def test_losses_that_are_no_means_over_samples_are_refused(reduction: str) -> None:
    model = built()
    model.compile("sgd", nl.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction))
    with pytest.raises(ValueError, match=f'expected reduction="sum_over_batch_size", got Sparse.*{reduction}'):
        model.fit(X, Y, accumulate=2)
