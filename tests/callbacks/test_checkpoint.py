"""ModelCheckpoint."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.callbacks import ModelCheckpoint
from nnlite.layers import Dense
from nnlite.models import Sequential
from tests.callbacks.test_early_stopping import Curve

pytest.importorskip("safetensors")

X, Y = np.linspace(-1, 1, 8)[:, None], np.linspace(0, 1, 8)


def compiled() -> Sequential:
    """A small model."""
    model = Sequential([Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def test_a_model_after_each_epoch(tmp_path: Path) -> None:
    model = compiled()
    path = tmp_path / "deeper" / "{epoch:02d}-{val_mae:.3f}.safetensors"
    history = model.fit(X, Y, epochs=3, verbose=0, validation_data=(X, Y), callbacks=[ModelCheckpoint(path)])
    names = [f"{epoch:02d}-{value:.3f}.safetensors" for epoch, value in enumerate(history.history["val_mae"], 1)]
    assert sorted(os.listdir(path.parent)) == names
    loaded = nl.models.load_model(path.parent / names[-1])
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("settings", "saved"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"save_best_only": True, "mode": "min"}, [1, 3, 5]),
        ({"save_best_only": True, "mode": "max"}, [1, 2]),
        ({"save_best_only": True, "mode": "min", "initial_value_threshold": 2.5}, [3, 5]),
    ],
)
def test_only_the_best(settings: Any, saved: list[int], tmp_path: Path) -> None:
    save = ModelCheckpoint(f"{tmp_path}/{{epoch}}.npz", "curve", save_weights_only=True, **settings)
    compiled().fit(X, Y, epochs=5, verbose=0, callbacks=[Curve("curve", [3, 4, 2, 2, 1]), save])
    assert sorted(os.listdir(tmp_path)) == [f"{epoch}.npz" for epoch in saved]


def test_the_best_of_one_training_counts_in_the_next(tmp_path: Path) -> None:
    model, path = compiled(), tmp_path / "best.npz"
    save = ModelCheckpoint(path, "curve", save_best_only=True, save_weights_only=True, mode="min")
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[Curve("curve", [3, 2]), save])
    best = path.read_bytes()
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[Curve("curve", [5, 4]), save])
    assert path.read_bytes() == best
    other = compiled()
    other.load_weights(path)


def test_after_so_many_batches_across_epochs(tmp_path: Path) -> None:
    save = ModelCheckpoint(f"{tmp_path}/{{epoch}}-{{batch}}.npz", save_weights_only=True, save_freq=3)
    compiled().fit(X, Y, batch_size=2, epochs=3, verbose=0, callbacks=[save])
    assert sorted(os.listdir(tmp_path)) == ["1-3.npz", "2-2.npz", "3-1.npz", "3-4.npz"]


def test_a_training_that_is_resumed_inside_an_epoch_names_the_same_files(tmp_path: Path) -> None:
    def train(folder: Path, *others: nl.callbacks.Callback) -> list[str]:
        save = ModelCheckpoint(f"{folder}/{{epoch}}-{{batch}}.npz", save_weights_only=True, save_freq=3)
        compiled().fit(X, Y, batch_size=2, epochs=3, verbose=0, callbacks=[save, *others])
        return sorted(os.listdir(folder))

    def kill(batch: int, logs: Any) -> None:
        killing.count += 1
        if killing.count == 6:  # the second batch of the second epoch, whose first was backed up
            raise SystemExit

    killing: Any = nl.callbacks.LambdaCallback(on_train_batch_begin=kill)
    killing.count = 0
    backup = tmp_path / "backup"
    with pytest.raises(SystemExit):
        train(tmp_path / "killed", nl.callbacks.BackupAndRestore(backup, 5), killing)
    assert train(tmp_path / "killed", nl.callbacks.BackupAndRestore(backup, 5)) == train(tmp_path / "whole")


def test_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "model.safetensors"
    compiled().fit(X, Y, verbose=0, callbacks=[ModelCheckpoint(path, verbose=1)])
    assert capsys.readouterr().out == f"Epoch 1: saved {path}\n"


def test_without_what_it_watches_everything_is_saved_with_a_warning(tmp_path: Path) -> None:
    save = ModelCheckpoint(f"{tmp_path}/{{epoch}}.npz", save_best_only=True, save_weights_only=True)
    with pytest.warns(RuntimeWarning, match="ModelCheckpoint watches 'val_loss', which is not in the logs") as caught:
        compiled().fit(X, Y, epochs=2, verbose=0, callbacks=[save])
    assert len(caught) == 1
    assert len(os.listdir(tmp_path)) == 2


@pytest.mark.parametrize("save_freq", [0, "batch", 2.5, True])
def test_the_frequency_is_checked(save_freq: Any) -> None:
    with pytest.raises(ValueError, match='expected save_freq to be "epoch" or a number of batches, got save_freq='):
        ModelCheckpoint("a.safetensors", save_freq=save_freq)


@pytest.mark.parametrize(
    ("name", "error"), [("{val_acc:.2f}.st", KeyError), ("{epoch:q}.st", ValueError), ("{}.st", IndexError)]
)
def test_a_name_that_cannot_be_filled_in_is_refused(name: str, error: Any, tmp_path: Path) -> None:
    with pytest.raises(error, match=r"cannot fill in filepath=.*it may name epoch, loss, mae"):
        compiled().fit(X, Y, verbose=0, callbacks=[ModelCheckpoint(tmp_path / name)])


@pytest.mark.parametrize(
    ("name", "weights", "message"),
    [
        ("best.keras", False, r"save\(\) writes safetensors, got 'best.keras', the name of Keras' own format: try"),
        (
            "{epoch}.weights.h5",
            True,
            r"save_weights\(\) writes safetensors, got '{epoch}.weights.h5', the name of HDF5",
        ),
        ("best.npz", False, r"only save_weights\(\) writes npz files"),
    ],
)
def test_a_name_of_another_format_is_refused_before_anything_is_trained(name: str, weights: bool, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ModelCheckpoint(name, save_weights_only=weights)
