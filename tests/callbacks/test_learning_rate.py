"""LearningRateScheduler, ReduceLROnPlateau, and schedules by step."""

import math
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.callbacks import LearningRateScheduler, ReduceLROnPlateau
from nnlite.layers import Dense
from nnlite.models import Sequential
from nnlite.optimizers import SGD, schedules
from tests.callbacks.test_early_stopping import Curve

X, Y = np.linspace(-1, 1, 8)[:, None], np.linspace(0, 1, 8)


def compiled(rate: Any = 0.5) -> Sequential:
    """A small model."""
    model = Sequential([Dense(1, input_shape=(1,))])
    model.compile(SGD(rate), "mse")
    return model


class TestLearningRateScheduler:
    @pytest.mark.parametrize(
        ("schedule", "rates"),
        [
            (lambda epoch, rate: rate if epoch < 2 else rate / 2, [0.5, 0.5, 0.25, 0.125]),
            (lambda epoch: 1 / (1 + epoch), [1.0, 0.5, 1 / 3, 0.25]),
            (lambda epoch, rate=None: 0.1, [0.1] * 4),
            (schedules.ExponentialDecay(1.0, 1, 0.5), [1.0, 0.5, 0.25, 0.125]),
            (np.float32, [0.0, 1.0, 2.0, 3.0]),
        ],
    )
    def test_sets_the_rate_of_each_epoch(self, schedule: Any, rates: list[float]) -> None:
        model = compiled()
        history = model.fit(X, 0 * Y, epochs=4, verbose=0, callbacks=[LearningRateScheduler(schedule)])
        np.testing.assert_allclose(history.history["learning_rate"], rates)
        assert model.optimizer is not None
        assert math.isclose(model.optimizer.rate, rates[-1])

    def test_it_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        compiled().fit(X, Y, verbose=0, callbacks=[LearningRateScheduler(lambda epoch: 0.125, verbose=1)])
        assert capsys.readouterr().out == "Epoch 1: the learning rate is 0.125\n"

    def test_errors_in_the_schedule_are_the_users(self) -> None:
        def broken(epoch: int, rate: float) -> float:
            raise TypeError("my own mistake")

        with pytest.raises(TypeError, match="my own mistake"):
            compiled().fit(X, Y, verbose=0, callbacks=[LearningRateScheduler(broken)])

    @pytest.mark.parametrize("schedule", [0.1, "exponential", None])
    def test_what_is_no_function_is_refused(self, schedule: Any) -> None:
        with pytest.raises(TypeError, match=r"expected a function \(epoch, rate\) or \(epoch\) -> rate, got"):
            LearningRateScheduler(schedule)

    @pytest.mark.parametrize("rate", [None, "0.1", -1.0, math.nan, True])
    def test_what_is_no_rate_is_refused(self, rate: Any) -> None:
        with pytest.raises(TypeError, match=f"expected its schedule to return a rate, got {rate!r}"):
            compiled().fit(X, Y, verbose=0, callbacks=[LearningRateScheduler(lambda epoch: rate)])


class TestReduceLROnPlateau:
    @pytest.mark.parametrize(
        ("settings", "rates"),
        [
            ({"patience": 1}, [1, 1, 0.5, 0.25, 0.25, 0.25, 0.125]),
            ({"patience": 2}, [1, 1, 1, 0.5, 0.5, 0.5, 0.5]),
            ({"patience": 1, "cooldown": 2}, [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25]),
            ({"patience": 1, "min_lr": 0.4}, [1, 1, 0.5, 0.4, 0.4, 0.4, 0.4]),
            ({"patience": 1, "mode": "max"}, [1, 1, 1, 0.5, 0.25, 0.125, 0.0625]),
        ],
    )
    def test_the_rate_goes_down(self, settings: Any, rates: list[float]) -> None:
        values = [4.0, 5.0, 4.0, 3.0, 2.5, 2.75, 3.0]
        reduce = ReduceLROnPlateau("curve", factor=0.5, **{"mode": "min", **settings})
        history = compiled(1.0).fit(X, 0 * Y, epochs=7, verbose=0, callbacks=[Curve("curve", values), reduce])
        assert history.history["learning_rate"] == rates

    def test_it_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        reduce = ReduceLROnPlateau("curve", mode="min", patience=1, verbose=1)
        compiled().fit(X, Y, epochs=2, verbose=0, callbacks=[Curve("curve", [1, 1]), reduce])
        assert capsys.readouterr().out == "Epoch 2: the learning rate is 0.05 from now on\n"

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"factor": 1.0}, r"expected factor below 1, got factor=1\.0"),
            ({"factor": -0.1}, r"expected factor to be a number of at least 0, got factor=-0\.1"),
            ({"cooldown": -1}, "expected cooldown to be an integer of at least 0, got cooldown=-1"),
            ({"min_lr": -1}, "expected min_lr to be a number of at least 0, got min_lr=-1"),
        ],
    )
    def test_settings_are_checked(self, settings: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            ReduceLROnPlateau(**settings)


@pytest.mark.parametrize("callback", [LearningRateScheduler(lambda epoch: 0.1), ReduceLROnPlateau("loss")])
def test_an_optimizer_with_a_schedule_of_its_own_is_refused_before_the_first_step(callback: Any) -> None:
    model = compiled(schedules.CosineDecay(0.1, 10))
    with pytest.raises(TypeError, match="changes the learning rate, and SGD has a schedule of its own"):
        model.fit(X, Y, verbose=0, callbacks=[callback])
    assert model.optimizer is not None
    assert model.optimizer.iterations == 0


def test_a_schedule_by_step_moves_with_every_batch() -> None:
    model, rates = compiled(schedules.PolynomialDecay(1.0, 8, 0.0)), []
    collect = nl.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: rates.append(model.optimizer.rate)  # type: ignore[union-attr]
    )
    model.fit(X, 0 * Y, batch_size=2, epochs=2, verbose=0, callbacks=[collect])
    np.testing.assert_allclose(rates, 1 - np.arange(8) / 8)
