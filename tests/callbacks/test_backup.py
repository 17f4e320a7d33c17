"""BackupAndRestore: a training that was cut off anywhere and resumed ends in the same bits as one that was not."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ReduceLROnPlateau,
)
from nnlite.layers import LSTM, BatchNorm, Dense, Dropout
from nnlite.models import Model, Sequential

pytest.importorskip("safetensors")

DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(22, 3)).astype(np.float32)
Y = (X.sum(axis=1) > 0).astype(np.float32)
VALIDATION = DRAWN.normal(size=(9, 3)).astype(np.float32), (DRAWN.random(9) > 0.5).astype(np.float32)


class Killed(BaseException):
    """Stands for a kill: nobody catches it."""


class KillAt(Callback):
    """Kills the process at the n-th event that it hears of."""

    def __init__(self, moment: int) -> None:
        self.left = moment
        for event in ("on_train_batch_begin", "on_train_batch_end", "on_epoch_begin", "on_epoch_end", "on_test_begin",
                      "on_test_batch_end", "on_train_end"):  # fmt: skip
            setattr(self, event, self.tick)

    def tick(self, *news: Any) -> None:
        """Count down."""
        self.left -= 1
        if self.left == 0:
            raise Killed


def small() -> Sequential:
    """A network with everything that has a state: buffers, generators, an optimizer with moments."""
    model = Sequential([Dense(4, activation="tanh"), BatchNorm(), Dropout(0.3), Dropout(0.2, seed=5), Dense(1)])
    model.compile(nl.optimizers.Adam(0.05), nl.losses.BinaryCrossentropy(from_logits=True), ["accuracy", "auc"])
    return model


def watchers(folder: Path) -> list[Callback]:
    """Callbacks with states."""
    return [
        EarlyStopping("val_loss", patience=2, restore_best_weights=True),
        ReduceLROnPlateau("val_loss", factor=0.5, patience=1),
        CSVLogger(folder / "log.csv"),
    ]


def picture(model: Model, history: History, folder: Path) -> Any:
    """All that must be the same, as bytes and numbers."""
    assert model.optimizer is not None
    file = folder / "log.csv"
    return {
        "weights": {name: value.tobytes() for name, value in model.state_dict().items()},
        "optimizer": json.dumps(model.optimizer.state_dict(), default=lambda a: a.tolist()),
        "epoch": history.epoch,
        "history": {name: [value.hex() for value in values] for name, values in history.history.items()},
        "generators": [
            nl.random.generator().bit_generator.state,
            *(m._generator.bit_generator.state for m in model.modules() if getattr(m, "_generator", None) is not None),
        ],
        "csv": file.read_text() if file.exists() else None,
    }


Training = Callable[[Model, list[Callback]], History]


def arrays(model: Model, callbacks: list[Callback]) -> History:
    return model.fit(X, Y, 5, 6, verbose=0, callbacks=callbacks, validation_data=VALIDATION)


def weighted(model: Model, callbacks: list[Callback]) -> History:
    settings: Any = {"class_weight": {0: 1.0, 1: 3.0}, "validation_split": 0.3, "accumulate": 3}
    return model.fit(X, Y, 2, 4, verbose=0, callbacks=callbacks, **settings)


class Pairs:
    """An iterable that does not know where it stands."""

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, 22, 6):
            yield X[start : start + 6], Y[start : start + 6]


def stateless_loader(model: Model, callbacks: list[Callback]) -> History:
    return model.fit(Pairs(), epochs=4, verbose=0, callbacks=callbacks, validation_data=Pairs())


def steps(model: Model, callbacks: list[Callback]) -> History:
    return model.fit(
        X, Y, 4, 5, verbose=0, callbacks=callbacks, steps_per_epoch=4, validation_data=Pairs(), validation_steps=2
    )


def endless(model: Model, callbacks: list[Callback]) -> History:
    def batches() -> Iterator[Any]:
        while True:
            yield from Pairs()

    return model.fit(batches(), epochs=4, verbose=0, callbacks=callbacks, steps_per_epoch=3, validation_data=VALIDATION)


def shared_loader(model: Model, callbacks: list[Callback]) -> History:
    loader = nl.data.DataLoader((X, Y), 6, shuffle=True)
    return model.fit(loader, epochs=4, verbose=0, callbacks=callbacks, validation_data=loader)


TRAININGS: list[Training] = [arrays, weighted, stateless_loader, steps, endless, shared_loader]


def killed_again_and_again(train: Training, folder: Path, save_freq: Any, moments: int, built: Any = small) -> Any:
    """Train, killed after so many events each time, until it is through."""
    kills = (int(n) for n in np.random.default_rng(moments).integers(1, 3 * moments, 1000))
    for attempt in range(1000):
        backed_up = (folder / "backup").exists() and any((folder / "backup").iterdir())
        nl.random.seed(1000 + attempt if backed_up else 3)  # with a backup, the seed is that of the backup
        model = built()
        callbacks = [BackupAndRestore(folder / "backup", save_freq), *watchers(folder), KillAt(next(kills))]
        try:
            history = train(model, callbacks)
        except Killed:
            continue
        assert attempt > 0
        assert not list((folder / "backup").iterdir())
        return picture(model, history, folder)
    raise AssertionError("the training never came to its end")


@pytest.mark.parametrize("train", TRAININGS)
@pytest.mark.parametrize(("save_freq", "moments"), [("epoch", 19), (1, 9), (3, 16)])
def test_the_end_is_the_same_to_the_bit(train: Training, save_freq: Any, moments: int, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    nl.random.seed(3)
    model = small()
    whole = picture(model, train(model, watchers(tmp_path / "whole")), tmp_path / "whole")
    (tmp_path / "parts").mkdir()
    assert killed_again_and_again(train, tmp_path / "parts", save_freq, moments) == whole


def test_stateful_layers_go_on_with_their_states(tmp_path: Path) -> None:
    series = np.random.default_rng(1).normal(size=(12, 5, 2)).astype(np.float32)

    def built() -> Sequential:
        model = Sequential([LSTM(3, stateful=True), Dense(1)])
        model.compile("rmsprop", "mse")
        return model

    def train(model: Model, callbacks: list[Callback]) -> History:
        return model.fit(series, series[:, 0, 0], 4, 5, verbose=0, shuffle=False, callbacks=callbacks)

    nl.random.seed(3)
    model = built()
    whole = picture(model, train(model, []), tmp_path)

    def unwatched(model: Model, callbacks: list[Callback]) -> History:
        return train(model, [callbacks[0], callbacks[-1]])

    assert killed_again_and_again(unwatched, tmp_path, 2, 11, built) == whole


def test_a_rate_that_a_callback_multiplies_is_multiplied_once_an_epoch(tmp_path: Path) -> None:
    def scheduled(model: Model, callbacks: list[Callback]) -> History:
        halving = LearningRateScheduler(lambda epoch, rate: rate / 2)
        return model.fit(X, Y, 5, 4, verbose=0, callbacks=[halving, callbacks[0], callbacks[-1]])

    assert killed_again_and_again(scheduled, tmp_path, 2, 9)["history"]["learning_rate"] == [
        rate.hex() for rate in (0.025, 0.0125, 0.00625, 0.003125)
    ]


def test_a_training_that_was_stopped_early_stays_stopped(tmp_path: Path) -> None:
    def train(*others: Callback) -> tuple[History, EarlyStopping]:
        nl.random.seed(0)
        model = small()
        stop = EarlyStopping("loss", patience=1, baseline=-1.0)  # no loss is that low
        backup = BackupAndRestore(tmp_path)
        return model.fit(X, Y, epochs=9, verbose=0, callbacks=[backup, stop, *others]), stop

    with pytest.raises(Killed):
        train(LambdaCallback(on_train_end=KillAt(1).tick))
    assert list(tmp_path.iterdir())
    history, stop = train()
    assert len(history.epoch) == stop.stopped_epoch + 1 < 9
    assert not list(tmp_path.iterdir())


def test_a_backup_that_stays_lets_a_training_go_on_to_more_epochs(tmp_path: Path) -> None:
    def train(epochs: int, backups: bool = True) -> Any:
        nl.random.seed(0)
        model = small()
        callbacks = [BackupAndRestore(tmp_path / "b", delete_checkpoint=False)] if backups else []
        return picture(model, model.fit(X, Y, epochs=epochs, verbose=0, callbacks=callbacks), tmp_path)

    train(2)
    assert train(2) == train(2, backups=False)
    assert train(5) == train(5, backups=False)


def test_ctrl_c_makes_a_backup_even_inside_an_epoch(tmp_path: Path) -> None:
    def train(*callbacks: Callback) -> tuple[Model, History]:
        nl.random.seed(0)
        model = small()
        return model, model.fit(X, Y, 5, 4, verbose=0, callbacks=callbacks, validation_data=VALIDATION)

    whole = picture(*train(), tmp_path)
    for event, number in (("on_train_batch_end", 7), ("on_test_batch_end", 2), ("on_epoch_end", 2)):
        count = 0

        def press(*news: Any) -> None:
            nonlocal count
            count += 1
            if count == number:  # noqa: B023
                signal.raise_signal(signal.SIGINT)

        _, history = train(BackupAndRestore(tmp_path / event), LambdaCallback(**{event: press}))  # type: ignore[arg-type]
        assert len(history.epoch) < 4
        assert picture(*train(BackupAndRestore(tmp_path / event)), tmp_path) == whole


def test_ctrl_c_at_the_end_of_an_epoch_makes_a_backup_of_that_moment(tmp_path: Path) -> None:
    seen: list[int] = []

    def train(*callbacks: Callback) -> History:
        look = LambdaCallback(on_train_batch_begin=lambda batch, logs: seen.append(batch))
        return small().fit(X, Y, 5, 3, verbose=0, callbacks=[BackupAndRestore(tmp_path, 4), look, *callbacks])

    press = LambdaCallback(on_epoch_end=lambda epoch, logs: signal.raise_signal(signal.SIGINT))
    assert train(press).epoch == [0]
    assert train().epoch == [0, 1, 2]
    assert seen == [0, 1, 2, 3, 4] * 3  # no batch twice


def test_a_damaged_backup_gives_way_to_the_one_before_and_says_so(tmp_path: Path) -> None:
    def train(*callbacks: Callback) -> Any:
        nl.random.seed(0)
        model = small()
        return picture(model, model.fit(X, Y, 5, 4, verbose=0, callbacks=callbacks), tmp_path)

    whole = train()
    with pytest.raises(Killed):
        train(BackupAndRestore(tmp_path / "b", 2), LambdaCallback(on_epoch_begin=KillAt(4).tick))
    *_, newest = sorted((tmp_path / "b").iterdir())
    content = newest.read_bytes()
    newest.write_bytes(content[: len(content) // 2])
    with pytest.warns(RuntimeWarning, match=r"going back to"):
        assert train(BackupAndRestore(tmp_path / "b", 2)) == whole


def test_callbacks_may_come_and_go_between(tmp_path: Path) -> None:
    def train(*callbacks: Callback) -> History:
        return small().fit(X, Y, epochs=4, verbose=0, callbacks=[BackupAndRestore(tmp_path), *callbacks])

    with pytest.raises(Killed):
        train(EarlyStopping("loss"), LambdaCallback(on_epoch_end=KillAt(3).tick))
    assert train(ReduceLROnPlateau("loss")).epoch == [0, 1, 2, 3]


def test_a_state_of_ones_own_is_kept(tmp_path: Path) -> None:
    class Count(Callback):
        state_names = ("seen",)

        def __init__(self) -> None:
            self.seen: list[int] = []

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            self.seen.append(epoch)

    first, second = Count(), Count()
    with pytest.raises(Killed):
        small().fit(
            X, Y, epochs=4, verbose=0,
            callbacks=[BackupAndRestore(tmp_path), first, LambdaCallback(on_epoch_begin=KillAt(3).tick)],
        )  # fmt: skip
    small().fit(X, Y, epochs=4, verbose=0, callbacks=[BackupAndRestore(tmp_path), second])
    assert (first.seen, second.seen) == ([0, 1], [0, 1, 2, 3])


class TestMistakes:
    def backed_up(self, folder: Path) -> None:
        """Leave a backup behind."""
        callbacks = [BackupAndRestore(folder, 1), LambdaCallback(on_train_batch_begin=KillAt(3).tick)]
        with pytest.raises(Killed):
            small().fit(X, Y, 5, 3, verbose=0, callbacks=callbacks)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"x": X[:20], "y": Y[:20], "batch_size": 5}, "'size': 20"),
            ({"batch_size": 4}, "'batch_size': 4"),
            ({"batch_size": 5, "accumulate": 2}, "expected accumulate=1 as before, got 2"),
            ({"batch_size": 5, "steps_per_epoch": 2}, "expected steps_per_epoch=None as before, got 2"),
        ],
    )
    def test_other_data_are_refused(self, arguments: Any, message: str, tmp_path: Path) -> None:
        self.backed_up(tmp_path)
        given = {"x": X, "y": Y, "epochs": 3, "verbose": 0, "callbacks": [BackupAndRestore(tmp_path, 1)], **arguments}
        with pytest.raises(ValueError, match=message):
            small().fit(**given)

    @pytest.mark.parametrize("limit", ["steps_per_epoch", "validation_steps"])
    def test_a_loader_that_two_would_leave_in_different_places_is_refused(self, limit: str, tmp_path: Path) -> None:
        def loader() -> Any:
            return nl.data.DataLoader((X, Y), 6, shuffle=True)

        settings: Any = {"epochs": 1, "verbose": 0, limit: 3}
        both, backup = loader(), BackupAndRestore(tmp_path)
        with pytest.raises(ValueError, match="give the validation a loader of its own"):
            small().fit(both, validation_data=both, callbacks=backup, **settings)
        small().fit(loader(), validation_data=loader(), callbacks=backup, **settings)
        small().fit(both, validation_data=both, **settings)

    def test_another_model_is_refused(self, tmp_path: Path) -> None:
        self.backed_up(tmp_path)
        other = Sequential([Dense(5), Dense(1)])
        other.compile("adam", "mse")
        with pytest.raises(ValueError, match="does not fit"):
            other.fit(X, Y, 5, verbose=0, callbacks=[BackupAndRestore(tmp_path)])

    @pytest.mark.parametrize("save_freq", [0, -1, "batch", 1.5, True, None])
    def test_the_frequency_is_checked(self, save_freq: Any) -> None:
        with pytest.raises(ValueError, match='expected save_freq to be "epoch" or a number of batches, got save_freq='):
            BackupAndRestore("folder", save_freq)

    @pytest.mark.parametrize("folder", ["", __file__])
    def test_the_folder_is_checked(self, folder: str) -> None:
        with pytest.raises(ValueError, match="expected backup_dir to be a folder"):
            BackupAndRestore(folder)


SCRIPT = """
import os, signal, sys
import numpy as np
import nnlite as nl
from tests.callbacks.test_backup import X, Y, VALIDATION, small

class Kill(nl.callbacks.Callback):
    left = int(sys.argv[2])
    def on_train_batch_begin(self, batch, logs):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

nl.random.seed(3)
model = small()
callbacks = [nl.callbacks.BackupAndRestore(sys.argv[1], save_freq=2), Kill()]
history = model.fit(X, Y, 4, 4, verbose=0, validation_data=VALIDATION, callbacks=callbacks)
print(history.history["val_loss"][-1].hex(), *(w.tobytes().hex() for w in model.get_weights()))
"""


def test_real_kills(tmp_path: Path) -> None:
    def trained(folder: str, moment: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / folder), str(moment)]
        return subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)

    whole = trained("whole", 0)
    assert whole.returncode == 0, whole.stderr
    for moment in (5, 9):
        assert trained("parts", moment).returncode == -signal.SIGKILL
    assert trained("parts", 0).stdout == whole.stdout
