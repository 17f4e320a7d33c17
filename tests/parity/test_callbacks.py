"""EarlyStopping and ReduceLROnPlateau decide as Keras' do, on random curves with random settings."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nnlite as nl


class Stub:
    """What a callback needs of a model."""

    stop_training = False
    metrics = ()

    def __init__(self) -> None:
        self.optimizer, self.weights = SimpleNamespace(learning_rate=0.5), -1

    def get_weights(self) -> int:
        """Return the weights: a number."""
        return self.weights

    def set_weights(self, weights: int) -> None:
        """Set them."""
        self.weights = weights

    def directions(self) -> dict[str, str]:
        """Return what is known of the loss."""
        return {"loss": "min"}


def decisions(callback: Any, values: list[float]) -> list[Any]:
    """Return what a callback does after each epoch, and with which weights it leaves the model."""
    model = Stub()
    callback.set_model(model)
    callback.on_train_begin({})
    found: list[Any] = []
    for epoch, value in enumerate(values):
        model.weights = epoch
        callback.on_epoch_end(epoch, {"val_loss": value})
        best = None if callback.best is None else float(callback.best)
        found.append((callback.wait, best, model.stop_training, model.optimizer.learning_rate))
        if model.stop_training:
            break
    callback.on_train_end({})
    return [*found, model.weights]


@pytest.mark.parametrize("seed", range(200))
def test_decisions_are_keras(seed: int) -> None:
    import keras

    drawn = np.random.default_rng(seed)
    values = [float(value) for value in drawn.integers(0, 6, drawn.integers(2, 15)) / 2]  # exact in binary
    shared = {
        "min_delta": float(drawn.choice([0, 0.5, 1])),
        "patience": int(drawn.integers(0, 4)),
        "mode": str(drawn.choice(["min", "max", "auto"])),
    }
    stopping = {
        "baseline": (None, 1.0)[drawn.integers(2)],
        "restore_best_weights": bool(drawn.integers(2)),
        "start_from_epoch": int(drawn.integers(0, 3)),
    }
    reducing = {"factor": 0.5, "cooldown": int(drawn.integers(0, 3)), "min_lr": float(drawn.choice([0, 0.1]))}
    for name, own in (("EarlyStopping", stopping), ("ReduceLROnPlateau", reducing)):
        ours, theirs = (getattr(library, name)(**shared, **own) for library in (nl.callbacks, keras.callbacks))
        assert decisions(ours, values) == decisions(theirs, values)
