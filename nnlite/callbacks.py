"""Callbacks: what users subclass to watch or to steer `fit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnlite.models import Model

__all__ = ["Callback", "History"]

Logs = dict[str, float]


class Callback:
    """Is told of the beginning and the end of the training, of each epoch and of each batch.

    The logs are those of `fit`, by name; empty (but there) at each beginning.

    Setting `self.model.stop_training = True` ends the training after the batch.

    Attributes
    ----------
    model : Model
        The model that is trained.
    params : dict
        "epochs", "steps" (batches in an epoch) and "verbose".

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> class StopBelow(nl.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs):
    ...         self.model.stop_training = logs["loss"] < 0.5
    >>> model = nl.models.Sequential([nl.layers.Dense(1, kernel_initializer="zeros")])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.ones((4, 2)), np.ones(4), epochs=100, verbose=0, callbacks=[StopBelow()])
    >>> len(history.epoch) < 100
    True
    """

    model: Model
    params: dict[str, Any]

    def on_train_begin(self, logs: Logs) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs) -> None:
        """After the last epoch, with its logs; not where an error ended the training."""

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Before an epoch; the first is 0."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch and its validation. `logs` has the means: "loss", metrics, and "val_" of each."""

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before a batch; the first is 0."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """After a batch. `logs` has the means since the epoch began."""


class History(Callback):
    """Keeps the logs of every epoch; `fit` returns one.

    Attributes
    ----------
    epoch : list of int
        The epochs.
    history : dict of str to list of float
        For each name in the logs, its value after each epoch.
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Keep the logs."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        last = ", ".join(f"{name}: {values[-1]:.4f}" for name, values in self.history.items())
        return f"History({len(self.epoch)} epochs{'; ' + last if last else ''})"
