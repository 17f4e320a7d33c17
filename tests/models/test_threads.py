"""One model used from several threads at once: modes, results and running means stay apart."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.callbacks import Callback
from nnlite.layers import Dense, Dropout, Module
from nnlite.models import Model, Sequential
from nnlite.training._loop import inference

X = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32)
Y = X.sum(axis=1)


class Gate(Module):
    """Waits for the other threads in the middle of a call, so that calls do overlap."""

    def __init__(self, parties: int) -> None:
        self.barrier = threading.Barrier(parties, timeout=20)
        self.seen: list[bool] = []

    def forward(self, x: Any) -> Any:
        self.barrier.wait()
        self.seen.append(self.training)
        self.barrier.wait()
        return x


def together(*calls: Callable[[], Any]) -> list[Any]:
    """The results of calls that are made at once."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def compiled(gate: Gate) -> Sequential:
    """A model with dropout and a gate."""
    model = Sequential([Dropout(0.9, input_shape=(3,)), Dense(1), gate])
    model.compile(nl.optimizers.SGD(0.0), "mse", metrics=["mae"])
    return model


def test_predictions_at_once_are_all_in_inference_and_leave_the_mode_alone() -> None:
    gate = Gate(1)
    model = compiled(gate)
    expected = model.predict(X)
    gate.barrier, gate.seen = threading.Barrier(4, timeout=20), []
    for one in together(*[lambda: model.predict(X, batch_size=8)] * 4):
        np.testing.assert_allclose(one, expected, rtol=1e-6)
    assert gate.seen == [False] * 12
    assert all(module.training for module in model.modules())


def test_predicting_does_not_disturb_training() -> None:
    gate = Gate(1)
    model = compiled(gate)
    expected = model.predict(X)
    gate.barrier, gate.seen = threading.Barrier(2, timeout=20), []
    _, predicted = together(lambda: model.train_on_batch(X, Y), lambda: model.predict(X, batch_size=24))
    assert sorted(gate.seen) == [False, True]
    np.testing.assert_allclose(predicted, expected, rtol=1e-6)
    assert all(module.training for module in model.modules())


def test_a_model_in_inference_stays_in_it_whatever_overlaps() -> None:
    gate = Gate(1)
    model = compiled(gate).eval()
    gate.barrier = threading.Barrier(3, timeout=20)
    together(*[lambda: model.evaluate(X, Y, batch_size=24, verbose=0)] * 3)
    assert not any(module.training for module in model.modules())


def test_evaluations_at_once_do_not_mix_their_means() -> None:
    gate = Gate(1)
    model = compiled(gate)
    parts = [slice(0, 8), slice(8, 16), slice(16, 24)]
    expected = [model.evaluate(X[part], Y[part], batch_size=4, verbose=0) for part in parts]
    gate.barrier = threading.Barrier(3, timeout=20)
    got = together(*[lambda p=part: model.evaluate(X[p], Y[p], batch_size=4, verbose=0) for part in parts])
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_training_and_evaluating_at_once_do_not_mix_their_means() -> None:
    gate = Gate(1)
    model = compiled(gate)
    model[0].rate = 0.0
    expected = [np.mean(np.abs(model.predict(X)[:, 0] - Y)), model.evaluate(X[:8], Y[:8], batch_size=8, verbose=0)[1]]
    gate.barrier = threading.Barrier(2, timeout=20)
    history, evaluated = together(
        lambda: model.fit(X, Y, batch_size=12, verbose=0).history["mae"],
        lambda: [model.evaluate(X[:8], Y[:8], batch_size=8, verbose=0)[1] for _ in range(2)],
    )
    np.testing.assert_allclose(history, expected[:1], rtol=1e-5)
    np.testing.assert_allclose(evaluated, expected[1:] * 2, rtol=1e-5)


def test_evaluating_the_same_model_in_a_callback_leaves_the_means_of_the_epoch_alone() -> None:
    class Check(Callback):
        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            self.model.evaluate(X[:2], Y[:2] + 100, verbose=0)

    model = Sequential([Dense(1, kernel_initializer="zeros")])
    model.compile(nl.optimizers.SGD(0.0), "mse", metrics=["mse"])
    history = model.fit(X, Y, batch_size=6, verbose=0, callbacks=Check(), validation_data=(X, Y)).history
    for values in history.values():
        np.testing.assert_allclose(values, [np.mean(Y**2)], rtol=1e-5)


def test_flags_stay_when_a_frozen_model_is_evaluated() -> None:
    model = Sequential([Dense(1, kernel_regularizer="l2", input_shape=(3,))])
    model.compile("sgd", "mse")
    before = model.evaluate(X, Y, verbose=0)
    seen = []

    class Watch(Module):
        def forward(self, x: Any) -> Any:
            seen.append(model[0].trainable)
            return x

    model.add(Watch())
    model[0].trainable = False
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(before)  # the penalty counts: compile took note
    assert seen[-1] is False


def test_the_users_own_metric_shows_the_evaluation() -> None:
    metric = nl.metrics.MeanAbsoluteError()
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse", metrics=[metric])
    _, value = model.evaluate(X, Y, verbose=0)
    assert metric.result() == value


def test_evaluating_in_a_callback_leaves_the_means_of_the_epoch_alone() -> None:
    class Other(Callback):
        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            other.evaluate(X, Y, verbose=0)
            assert other[0].training

    model, other = Sequential([Dense(1, kernel_initializer="zeros")]), Sequential([Dropout(0.5), Dense(1)])
    for one in (model, other):
        one.compile(nl.optimizers.SGD(0.0), "mse")
    history = model.fit(X, Y, batch_size=6, verbose=0, callbacks=Other()).history
    np.testing.assert_allclose(history["loss"], [np.mean(Y**2)], rtol=1e-5)


def test_a_step_of_ones_own_may_train_another_model_while_it_is_evaluated() -> None:
    class Nested(Model):
        def __init__(self) -> None:
            self.dense, self.inner = Dense(1, kernel_initializer="zeros"), Sequential([Dropout(0.5), Dense(1)])
            self.modes: list[bool] = []
            self.inner.compile("sgd", "mse")

        def forward(self, x: Any) -> Any:
            return self.dense(x)

        def test_step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
            with nl.enable_grad():
                self.inner.train_on_batch(x, y)
            self.modes.append(self.training)
            return super().test_step(x, y, sample_weight)

    model = Nested()
    model.compile("sgd", "mse")
    np.testing.assert_allclose(model.evaluate(X, Y, batch_size=8, verbose=0), np.mean(Y**2), rtol=1e-5)
    assert model.modes == [False] * 3
    assert model.inner.optimizer.iterations == 3


def test_inference_is_put_back_after_an_error_and_hides_no_flag() -> None:
    model = Sequential([Dropout(0.5), Dense(1)])

    def fails() -> None:
        with inference():
            assert not model.training
            model.eval()
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert not model.training
    model.train()
    assert all(module.training for module in model.modules())
