"""EarlyStopping, and what all callbacks share that watch a number."""

import inspect
import re
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.callbacks import Callback, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from nnlite.layers import BatchNorm, Dense, Input
from nnlite.models import Model, Sequential

X, Y = np.linspace(-1, 1, 8)[:, None], np.linspace(0, 1, 8)


class Curve(Callback):
    """Puts the values of a curve into the logs."""

    def __init__(self, name: str, values: list[float]) -> None:
        self.name, self.values = name, values

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        logs[self.name] = self.values[epoch]


def compiled(**settings: Any) -> Sequential:
    """A small model."""
    model = Sequential([Dense(3, activation="tanh", input_shape=(1,)), BatchNorm(), Dense(1)])
    model.compile("sgd", "mse", **settings)
    return model


def trained_on(values: list[float], model: Sequential | None = None, **settings: Any) -> tuple[EarlyStopping, int]:
    """Train with a given curve, and return the callback and the number of epochs."""
    stop = EarlyStopping("curve", **{"mode": "min", **settings})
    history = (model or compiled()).fit(
        X, Y, epochs=len(values), verbose=0, callbacks=[Curve("curve", values), stop]
    )  # fmt: skip
    return stop, len(history.epoch)


@pytest.mark.parametrize(
    ("values", "settings", "epochs", "best"),
    [
        ([5, 4, 3, 2], {}, 4, 3),
        ([5, 4, 6, 2], {}, 3, 1),
        ([5, 4, 6, 6, 2, 7, 7, 7], {"patience": 2}, 4, 1),
        ([5, 4, 6, 2, 7, 7, 0], {"patience": 2}, 6, 3),
        ([5, 4.5, 4, 3.5], {"min_delta": 0.6}, 2, 0),
        ([5, 4.5, 4, 3.5], {"min_delta": -0.6, "patience": 2}, 4, 2),
        ([1, 2, 3, 2, 9], {"mode": "max"}, 4, 2),
        ([5, 4, 3, 2], {"baseline": 1, "patience": 3}, 4, 3),
        ([5, 4, 3, 2, 2], {"baseline": 3.5, "patience": 3}, 5, 3),
        ([1, 9, 8, 7, 9], {"start_from_epoch": 1}, 5, 3),
        ([np.nan, 5, 4, np.nan, 3], {"patience": 1}, 4, 2),
        ([5, np.nan, 4, np.nan, np.nan, 1], {"patience": 2}, 5, 2),
    ],
)
def test_it_stops_when_it_should(values: list[float], settings: Any, epochs: int, best: int) -> None:
    stop, taken = trained_on(values, **settings)
    assert (taken, stop.best_epoch) == (epochs, best)
    assert stop.best == values[best]
    assert stop.stopped_epoch == (epochs - 1 if epochs < len(values) else stop.stopped_epoch)


def test_the_best_weights_come_back_buffers_and_all_also_at_the_regular_end() -> None:
    for values in ([3, 1, 2, 2, 2, 2], [3, 2, 1, 4]):
        seen: list[Any] = []

        class Keep(Callback):
            def on_epoch_end(self, epoch: int, logs: Any) -> None:
                seen.append(self.model.get_weights())  # noqa: B023

        model = compiled()
        stop = EarlyStopping("curve", patience=3, mode="min", restore_best_weights=True)
        model.fit(X, Y, epochs=len(values), verbose=0, callbacks=[Curve("curve", values), Keep(), stop])
        assert stop.best_epoch == values.index(1)
        for weight, best, last in zip(model.get_weights(), seen[stop.best_epoch], seen[-1], strict=True):
            np.testing.assert_array_equal(weight, best)
            assert not np.array_equal(best, last)


def test_without_it_the_last_weights_stay() -> None:
    model = compiled()
    stop, _ = trained_on([1, 2, 3], model)
    assert stop.best_weights is None


def test_it_can_be_used_again() -> None:
    stop = EarlyStopping("curve", mode="min")
    for values in ([1, 2, 3], [5, 4, 5]):
        compiled().fit(X, Y, epochs=3, verbose=0, callbacks=[Curve("curve", values), stop])
        assert stop.best == min(values)


def test_it_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    trained_on([1, 2, 3], verbose=1, restore_best_weights=True)
    assert capsys.readouterr().out == (
        "Epoch 2: stopped, curve did not get better\nThe weights are those after epoch 1\n"
    )


class TestDirection:
    @pytest.mark.parametrize(
        ("metric", "direction"),
        [("accuracy", "max"), ("auc", "max"), ("recall", "max"), ("r2_score", "max"), ("mae", "min"), ("rmse", "min")],
    )
    def test_is_known_of_metrics(self, metric: str, direction: str) -> None:
        assert compiled(metrics=[metric]).directions() == {"loss": "min", metric: direction}
        values = [1.0, 2.0, 3.0, 2.0]
        stop = EarlyStopping(f"val_{metric}")
        history = compiled(metrics=[metric]).fit(
            X, Y > 0.5, epochs=4, verbose=0, callbacks=[Curve(f"val_{metric}", values), stop]
        )  # fmt: skip
        assert len(history.epoch) == (4 if direction == "max" else 2)

    def test_of_every_metric_is_declared(self) -> None:
        for name in nl.metrics.__all__:
            metric = getattr(nl.metrics, name)
            if isinstance(metric, type) and not inspect.isabstract(metric):
                assert metric.direction in ("min", "max"), name

    def test_is_known_of_several_outputs(self) -> None:
        entrance = Input(shape=(1,))
        model = Model(entrance, {"a": Dense(1, name="a")(entrance), "b": Dense(1, name="b")(entrance)})
        model.compile("sgd", "mse", {"a": ["mae"], "b": ["r2_score"]})
        history = model.fit(X, {"a": Y, "b": Y}, verbose=0).history
        assert set(history) == {"loss", "a_loss", "b_loss", "a_mae", "b_r2_score"}
        for name in history:
            model.fit(X, {"a": Y, "b": Y}, verbose=0, callbacks=[EarlyStopping(name)])

    @pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
    @pytest.mark.parametrize(
        ("monitor", "message"),
        [
            ("val_acuracy", "did you mean 'accuracy'?"),
            ("lr", "should go down or up; the model watches loss, accuracy"),
        ],
    )
    def test_that_is_not_known_is_asked_for_before_the_first_epoch(self, kind: Any, monitor: str, message: str) -> None:
        model = compiled(metrics=["accuracy"])
        before = model.get_weights()
        with pytest.raises(ValueError, match=f"{kind.__name__} cannot tell whether '{monitor}'.*{re.escape(message)}"):
            model.fit(X, Y, verbose=0, callbacks=[kind(monitor)])
        np.testing.assert_array_equal(model.get_weights()[0], before[0])

    def test_of_a_function_is_asked_for(self) -> None:
        def spread(y_true: Any, y_pred: Any) -> Any:
            return y_pred

        model = compiled(metrics=[spread])
        with pytest.raises(ValueError, match='for anything else pass mode="min" or mode="max"'):
            model.fit(X, Y, verbose=0, callbacks=[EarlyStopping("spread")])
        model.fit(X, Y, verbose=0, callbacks=[EarlyStopping("spread", mode="max")])


class TestAMonitorThatIsNotThere:
    @pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
    def test_is_warned_of_once(self, kind: Any) -> None:
        message = f"{kind.__name__} watches 'val_loss', which is not in the logs; there are no validation data: they "
        with pytest.warns(RuntimeWarning, match=message) as caught:
            history = compiled().fit(X, Y, epochs=3, verbose=0, callbacks=[kind()])
        assert len(caught) == 1
        assert len(history.epoch) == 3

    def test_may_come_later(self) -> None:
        stop = EarlyStopping()
        with pytest.warns(RuntimeWarning, match="'val_loss', which is not in the logs") as caught:
            compiled().fit(X, Y, epochs=4, verbose=0, callbacks=[stop], validation_data=(X, Y), validation_freq=2)
        assert len(caught) == 1
        assert stop.best is not None


class TestMistakes:
    @pytest.mark.parametrize(
        ("settings", "error", "message"),
        [
            ({"mode": "lowest"}, ValueError, '"auto", "min" or "max", got mode=\'lowest\''),
            ({"monitor": 3}, TypeError, "expected monitor to be a name such as 'val_loss', got 3"),
            ({"patience": -1}, ValueError, "expected patience to be an integer of at least 0, got patience=-1"),
            ({"patience": 2.5}, ValueError, "got patience=2.5"),
            ({"min_delta": "small"}, ValueError, "expected min_delta to be a number, got min_delta='small'"),
        ],
    )
    @pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
    def test_are_refused(self, kind: Any, settings: Any, error: Any, message: str) -> None:
        with pytest.raises(error, match=f"{kind.__name__} .*{re.escape(message)}"):
            kind(**settings)

    def test_of_model_checkpoint_too(self) -> None:
        with pytest.raises(ValueError, match='ModelCheckpoint expected mode to be "auto"'):
            ModelCheckpoint("a.safetensors", mode="best")


@pytest.mark.parametrize("monitor", ["loss", "val_loss"])
def test_a_loss_goes_down_whatever_the_model(monitor: str) -> None:
    callback = EarlyStopping(monitor)
    callback.on_train_begin()
    callback.on_epoch_end(0, {monitor: 2.0})
    callback.on_epoch_end(1, {monitor: 1.0})
    assert callback.best == 1
