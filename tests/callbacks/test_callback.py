"""Callbacks: what they are told, in which order, and History."""

import gc
import inspect
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlite.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    LearningRateScheduler,
    ModelCheckpoint,
    ProgressBar,
    ReduceLROnPlateau,
    TensorBoard,
    TerminateOnNaN,
)
from nnlite.callbacks._callback import EVENTS
from nnlite.layers import Dense
from nnlite.models import Sequential

X, Y = np.linspace(-1, 1, 10)[:, None], np.linspace(0, 1, 10)


class Diary(Callback):
    """Notes all that it is told."""

    def __init__(self, name: str, entries: list[Any]) -> None:
        self.name, self.entries = name, entries

    def on_train_begin(self, logs: Any = None) -> None:
        self.entries.append((self.name, "train begin"))

    def on_train_end(self, logs: Any = None) -> None:
        self.entries.append((self.name, "train end"))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.entries.append((self.name, "epoch begin", epoch))

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        self.entries.append((self.name, "epoch end", epoch, sorted(logs)))

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.entries.append((self.name, "batch begin", batch))

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        self.entries.append((self.name, "batch end", batch, sorted(logs)))


def compiled() -> Sequential:
    """A small model."""
    model = Sequential([Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def test_everything_is_told_in_order() -> None:
    entries: list[Any] = []
    callbacks = [Diary("a", entries), Diary("b", entries)]
    compiled().fit(
        X, Y, batch_size=5, epochs=4, initial_epoch=3, verbose=0, callbacks=callbacks, validation_data=(X, Y)
    )
    events: list[Any] = [("train begin",), ("epoch begin", 3)]
    for batch in range(2):
        events += [("batch begin", batch), ("batch end", batch, ["loss", "mae"])]
    events += [("epoch end", 3, ["loss", "mae", "val_loss", "val_mae"]), ("train end",)]
    assert entries == [(name, *event) for event in events for name in "ab"]


def test_model_and_parameters_are_there_before_training() -> None:
    class Look(Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            assert isinstance(self.model, Sequential)
            assert self.params == {"epochs": 3, "steps": 4, "verbose": 0}

    compiled().fit(X, Y, batch_size=3, epochs=3, verbose=0, callbacks=[Look()])


def test_logs_of_a_batch_are_the_means_so_far() -> None:
    losses = []

    class Collect(Callback):
        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            losses.append(logs["loss"])

    model = compiled()
    model.optimizer.learning_rate = 0.0
    history = model.fit(X, Y, batch_size=4, verbose=0, shuffle=False, callbacks=Collect())
    squares = (model.predict(X)[:, 0] - Y) ** 2
    np.testing.assert_allclose(losses, [squares[:4].mean(), squares[:8].mean(), squares.mean()], rtol=1e-5)
    assert history.history["loss"] == losses[-1:]


def test_after_an_error_the_end_is_not_told_so_that_the_error_stands_alone() -> None:
    entries: list[Any] = []

    class Fail(Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compiled().fit(X, Y, verbose=0, callbacks=[Diary("a", entries), Fail()])
    assert entries[-1] == ("a", "batch begin", 0)


def test_a_callback_may_change_the_learning_rate() -> None:
    class Halve(Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.model.optimizer.learning_rate = 0.0

    model = compiled()
    before = model.get_weights()
    model.fit(X, Y, verbose=0, callbacks=[Halve()])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


@pytest.mark.parametrize("wrong", [[print], [Callback], ["early"]])
def test_what_is_no_callback_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"expected callbacks to be nnlite\.callbacks\.Callback objects, got"):
        compiled().fit(X, Y, verbose=0, callbacks=wrong)


def test_a_class_is_not_an_object_of_it() -> None:
    with pytest.raises(TypeError, match=r"got the class EarlyStopping, not an object of it: add \(\)"):
        compiled().fit(X, Y, verbose=0, callbacks=[EarlyStopping])  # type: ignore[list-item]


def test_what_only_hears_of_some_events_is_not_told_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(Callback, "on_train_batch_begin", lambda self, batch, logs: told.append(batch))
    compiled().fit(X, Y, verbose=0, callbacks=[Callback(), EarlyStopping("loss")])
    assert not told


def test_kerass_names_for_a_batch_of_training() -> None:
    heard: list[Any] = []

    class Short(Callback):
        def on_batch_begin(self, batch: int, logs: Any = None) -> None:
            heard.append(batch)

        def on_batch_end(self, batch: int, logs: Any = None) -> None:
            heard.append(sorted(logs))

    compiled().fit(X, Y, batch_size=5, verbose=0, validation_data=(X, Y), callbacks=[Short()])
    assert heard == [0, ["loss", "mae"], 1, ["loss", "mae"]]


def test_stopping_before_the_first_epoch_trains_nothing() -> None:
    class Stop(Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            self.model.stop_training = True

    model = compiled()
    assert model.fit(X, Y, epochs=3, verbose=0, callbacks=[Stop()]).epoch == []
    assert model.fit(X, Y, epochs=3, verbose=0).epoch == [0, 1, 2]


def test_a_state_is_a_copy() -> None:
    class Keep(Callback):
        state_names = ("seen",)

        def __init__(self) -> None:
            self.seen = [1]

    one, other = Keep(), Keep()
    one.seen.append(2)
    state = one.state_dict()
    one.seen.append(3)
    other.load_state_dict(state)
    other.seen.append(4)
    assert (state, one.seen, other.seen) == ({"seen": [1, 2]}, [1, 2, 3], [1, 2, 4])
    assert Callback().state_dict() == {}


class TestHistory:
    def test_it_has_a_value_for_each_epoch(self) -> None:
        history = compiled().fit(X, Y, epochs=3, verbose=0, validation_split=0.2)
        assert isinstance(history, History)
        assert history.epoch == [0, 1, 2]
        assert {name: len(values) for name, values in history.history.items()} == {
            "loss": 3, "mae": 3, "val_loss": 3, "val_mae": 3,
        }  # fmt: skip
        assert all(type(value) is float for values in history.history.values() for value in values)
        assert history.history["loss"][2] < history.history["loss"][0]

    def test_the_model_has_it_too_and_dies_without_the_collector(self) -> None:
        model = compiled()
        history = model.fit(X, Y, verbose=0)
        assert model.history is history
        gone = weakref.ref(model)
        gc.collect()
        gc.disable()
        try:
            del model
            assert gone() is None
        finally:
            gc.enable()

    def test_it_counts_from_the_initial_epoch(self) -> None:
        model = compiled()
        assert model.fit(X, Y, epochs=5, initial_epoch=3, verbose=0).epoch == [3, 4]
        assert model.fit(X, Y, epochs=3, initial_epoch=3, verbose=0).epoch == []

    def test_it_prints_the_last_values(self) -> None:
        history = compiled().fit(X, Y, epochs=2, verbose=0)
        loss, mae = history.history["loss"][-1], history.history["mae"][-1]
        assert repr(history) == f"History(2 epochs; loss: {loss:.4f}, mae: {mae:.4f})"
        assert repr(History()) == "History(0 epochs)"

    def test_a_history_of_ones_own_is_filled_too(self) -> None:
        mine = History()
        returned = compiled().fit(X, Y, verbose=0, callbacks=[mine])
        assert mine is not returned
        assert mine.history == returned.history


EVERY: dict[str, Callable[[Path], Callback]] = {
    "BackupAndRestore": lambda folder: BackupAndRestore(folder / "backup"),
    "CSVLogger": lambda folder: CSVLogger(folder / "log.csv"),
    "Callback": lambda folder: Callback(),
    "EarlyStopping": lambda folder: EarlyStopping("loss"),
    "History": lambda folder: History(),
    "LearningRateScheduler": lambda folder: LearningRateScheduler(lambda epoch: 0.1),
    "ModelCheckpoint": lambda folder: ModelCheckpoint(folder / "best.npz", "loss", True, True, True),
    "ModelCheckpoint every batch": lambda folder: ModelCheckpoint(
        folder / "last.npz", save_weights_only=True, save_freq=1
    ),
    "ProgressBar": lambda folder: ProgressBar(2),
    "ReduceLROnPlateau": lambda folder: ReduceLROnPlateau("loss"),
    "TensorBoard": lambda folder: TensorBoard(folder / "board", update_freq=1),
    "TerminateOnNaN": lambda folder: TerminateOnNaN(),
}


@pytest.mark.filterwarnings("ignore:.*which is not in the logs:RuntimeWarning")
@pytest.mark.parametrize("name", EVERY)
def test_every_event_may_be_told_without_logs(name: str, tmp_path: Path) -> None:
    model = compiled()

    class Teller(Callback):
        """Tells another callback of everything, as an old loop of Keras' would."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            told.set_params(self.params)
            told.set_model(model)
            for event in ("on_train_begin", *EVENTS):
                super().on_train_begin()
                getattr(told, event)(*[0] if "epoch" in event or "batch" in event else [])

    told = EVERY[name](tmp_path)
    callbacks = [told, Teller()] if isinstance(told, BackupAndRestore) else [Teller()]
    model.fit(X, Y, verbose=0, callbacks=callbacks)
    told._release()
    assert all(inspect.signature(getattr(told, event)).parameters["logs"].default is None for event in EVENTS)
