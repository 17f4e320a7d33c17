"""CSVLogger."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlite.callbacks import Callback, CSVLogger, LearningRateScheduler
from nnlite.layers import Dense
from nnlite.models import Sequential

X, Y = np.linspace(-1, 1, 8)[:, None], np.linspace(0, 1, 8)


def fitted(callbacks: list[Callback], **settings: Any) -> Any:
    """Train a small model, and return its history."""
    model = Sequential([Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse", metrics=["mae"])
    return model.fit(X, Y, verbose=0, callbacks=callbacks, **settings)


def rows(file: Path, separator: str = ",") -> list[dict[str, str]]:
    """Read the table."""
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines, delimiter=separator))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_table_has_the_history_to_the_last_digit(separator: str, tmp_path: Path) -> None:
    file = tmp_path / "new" / "log.csv"
    history = fitted([CSVLogger(file, separator)], epochs=3, validation_split=0.25)
    table = rows(file, separator)
    assert list(table[0]) == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    assert [int(row["epoch"]) for row in table] == history.epoch
    for name, values in history.history.items():
        assert [float(row[name]) for row in table] == values


def test_what_an_epoch_does_not_have_is_na(tmp_path: Path) -> None:
    halve = LearningRateScheduler(lambda epoch, rate: rate / 2)
    fitted([halve, CSVLogger(tmp_path / "a")], epochs=4, validation_data=(X, Y), validation_freq=2)
    table = rows(tmp_path / "a")
    assert list(table[0]) == ["epoch", "learning_rate", "loss", "mae", "val_loss", "val_mae"]
    assert [row["val_loss"] == "NA" for row in table] == [True, False, True, False]


def test_another_training_begins_anew_or_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    for append, epochs in ((False, 2), (False, 3), (True, 5), (True, 6)):
        fitted([CSVLogger(file, append=append)], epochs=epochs, initial_epoch=epochs - 2)
    assert [row["epoch"] for row in rows(file)] == ["1", "2", "3", "4", "4", "5"]
    assert file.read_text().count("loss") == 2  # one header: loss and val_loss


def test_each_row_is_there_as_soon_as_its_epoch_is_over(tmp_path: Path) -> None:
    seen = []

    class Look(Callback):
        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            seen.append(len(rows(tmp_path / "log.csv")))

    fitted([CSVLogger(str(tmp_path / "log.csv")), Look()], epochs=3)
    assert seen == [1, 2, 3]


def test_an_error_closes_the_file(tmp_path: Path) -> None:
    class Fail(Callback):
        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            raise OSError("full")

    log = CSVLogger(tmp_path / "log.csv")
    with pytest.raises(OSError, match="full"):
        fitted([log, Fail()])
    assert log._file is None
    assert len(rows(tmp_path / "log.csv")) == 1


def test_a_file_that_cannot_be_written_ends_the_training_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        fitted([CSVLogger(tmp_path)])


@pytest.mark.parametrize("separator", ["", ", ", None])
def test_the_separator_is_checked(separator: Any) -> None:
    with pytest.raises(ValueError, match="expected separator to be a single character"):
        CSVLogger("log.csv", separator)
