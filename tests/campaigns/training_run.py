"""A training that may be killed at any moment: run again, it goes on where it was.

    python -m tests.campaigns.training_run FOLDER --way loop

The weights go to FOLDER/final.safetensors in the end. What the process is doing stands in FOLDER/phase, so that whoever
kills it knows.
"""

from __future__ import annotations

import argparse
import contextlib
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import nnlite as nl
import nnlite.io._safetensors
from nnlite import io, layers, losses, optimizers
from nnlite.models import Sequential

SAMPLES, BATCH = 192, 16
PHASES = {"starting": b"0", "in a step": b"1", "in a save": b"2", "in an evaluation": b"3", "finished": b"4"}

_random = np.random.default_rng(0)
X = _random.normal(size=(SAMPLES, 8, 8, 1)).astype(np.float32)
Y = _random.integers(0, 5, SAMPLES)
X_VAL, Y_VAL = X[::3] + 0.1, Y[::3]


class Phase:
    """A byte in a file that outlives the process."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(PHASES["starting"])
        with path.open("r+b") as file:
            self._byte = mmap.mmap(file.fileno(), 1)

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        before = self._byte[:1]
        self._byte[:1] = PHASES[name]
        yield
        self._byte[:1] = before

    def set(self, name: str) -> None:
        """Stay in a phase."""
        self._byte[:1] = PHASES[name]


def network() -> Sequential:
    """A network with dropout of two kinds of generators, running statistics, and a schedule."""
    model = Sequential(
        [
            layers.Conv2D(8, 3, activation="relu", input_shape=(8, 8, 1)),
            layers.BatchNorm(),
            layers.Dropout(0.2, seed=3),
            layers.Flatten(),
            layers.Dense(64, activation="relu", kernel_regularizer="l2"),
            layers.Dropout(0.3),
            layers.Dense(5),
        ]
    )
    schedule = optimizers.schedules.CosineDecay(0.01, 2000)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.AdamW(schedule), loss, metrics=["accuracy"])
    return model


def by_a_loop(folder: Path, phase: Phase, epochs: int, save_freq: int) -> Any:
    """Train by a loop of one's own, with a manager of checkpoints, and validate after each epoch."""
    model, history, first, done, order = network(), [], 0, 0, None
    manager = io.CheckpointManager(io.Checkpoint(model), folder / "checkpoints", keep=2, monitor="loss")
    if manager.latest is not None:
        notes = manager.restore()
        history, first, done, order = notes["history"], notes["epoch"], notes["done"], notes["order"]
    phase.set("in a step")
    for epoch in range(first, epochs):
        if order is None:
            order = nl.random.generator().permutation(SAMPLES)
        for number in range(done, SAMPLES // BATCH):
            batch = order[number * BATCH : (number + 1) * BATCH]
            loss = model.train_on_batch(X[batch], Y[batch])[0]
            if number % save_freq == 0:
                with phase("in a save"):
                    manager.save(history=history, epoch=epoch, done=number + 1, order=order, loss=loss)
        with phase("in an evaluation"):
            history.append(model.evaluate(X_VAL, Y_VAL, batch_size=8, verbose=0))
        done, order = 0, None
    return model, history


def by_fit(folder: Path, phase: Phase, epochs: int, save_freq: int) -> Any:
    """Train by fit on arrays."""
    return _fitted(folder, phase, epochs, save_freq, X, Y, BATCH)


def by_a_loader(folder: Path, phase: Phase, epochs: int, save_freq: int) -> Any:
    """Train by fit on images that a loader shuffles and augments, in a thread of its own."""
    transforms = [nl.data.RandomFlip(), nl.data.RandomShift(1)]
    loader = nl.data.DataLoader((X, Y), BATCH, shuffle=True, seed=5, prefetch=2, transform=transforms)
    return _fitted(folder, phase, epochs, save_freq, loader)


def _fitted(folder: Path, phase: Phase, epochs: int, save_freq: int, *data: Any) -> Any:
    """Train by fit, with BackupAndRestore, another callback that has a state, and validation after each epoch."""

    class Phases(nl.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any) -> None:
            phase.set("in a step")

        def on_test_begin(self, logs: Any) -> None:
            phase.set("in an evaluation")

        def on_test_end(self, logs: Any) -> None:
            phase.set("in a step")

    backup = nl.callbacks.BackupAndRestore(folder / "backup", save_freq=save_freq, delete_checkpoint=False)
    model = network()
    stopping = nl.callbacks.EarlyStopping(patience=10_000, restore_best_weights=True)
    callbacks = [backup, stopping, Phases()]
    history = model.fit(*data, epochs=epochs, verbose=0, callbacks=callbacks, validation_data=(X_VAL, Y_VAL))
    return model, history.history


WAYS = {"loop": by_a_loop, "fit": by_fit, "loader": by_a_loader}


def main() -> None:
    """Train, from the last checkpoint on, and write down what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--way", choices=list(WAYS), required=True)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--save-freq", type=int, default=3)
    options = parser.parse_args()
    phase = Phase(options.folder / "phase")
    write = nnlite.io._safetensors.replacing

    @contextlib.contextmanager
    def replacing(path: Any) -> Iterator[Any]:
        with phase("in a save"), write(path) as out:
            yield out

    nnlite.io._safetensors.replacing = replacing
    nl.set_num_threads(1)
    nl.random.seed(11)
    model, history = WAYS[options.way](options.folder, phase, options.epochs, options.save_freq)
    io.Checkpoint(model).save(options.folder / "final.safetensors", history=history)
    phase.set("finished")
    os._exit(0)


if __name__ == "__main__":
    main()
