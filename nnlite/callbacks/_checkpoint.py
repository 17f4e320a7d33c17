"""ModelCheckpoint: the model, or its weights, saved while it is trained."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nnlite.callbacks._callback import Logs, check_frequency
from nnlite.callbacks._monitor import Monitor
from nnlite.io._files import check_name

__all__ = ["ModelCheckpoint"]


class ModelCheckpoint(Monitor):
    """Saves the model after each epoch, after some number of batches, or when it is better than before.

    Parameters
    ----------
    filepath : str or Path
        May name the epoch (the first is 1), the batch and the logs, as in ``"{epoch:02d}-{val_loss:.2f}.safetensors"``.
        Missing folders are made. What `Model.save` or `Model.save_weights` take.
    monitor : str, default "val_loss"
        The name in the logs of what the best is chosen by. If it is not there, a warning says so once, and every
        model is saved.
    verbose : {0, 1}, default 0
        1 says when it saves.
    save_best_only : bool, default False
        Saves only a model that is better than those before.
    save_weights_only : bool, default False
        Calls `Model.save_weights` instead of `Model.save`.
    mode : {"auto", "min", "max"}, default "auto"
        Whether lower or higher is better; "auto" knows it of losses and of metrics that have a `direction`.
    save_freq : "epoch" or int, default "epoch"
        Saves after each epoch, or after so many batches.
    initial_value_threshold : float, optional
        The first model saved must be better than this.

    Attributes
    ----------
    best : float or None
        The best value so far.

    Raises
    ------
    ValueError
        If an argument is out of range, or `filepath` promises a format that is not written (".keras", ".h5"); when the
        training begins, if the direction is not known.
    KeyError
        From `fit`, if `filepath` names something that is not in the logs.

    Examples
    --------
    >>> import os, tempfile
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential([nl.layers.Dense(1, kernel_initializer="zeros")])
    >>> model.compile(nl.optimizers.SGD(0.25), "mse")
    >>> folder = tempfile.mkdtemp()
    >>> save = nl.callbacks.ModelCheckpoint(
    ...     folder + "/{epoch}-{loss:.2f}.npz", "loss", save_best_only=True, save_weights_only=True
    ... )
    >>> history = model.fit(np.ones((4, 1)), np.ones(4), epochs=3, verbose=0, callbacks=[save])
    >>> sorted(os.listdir(folder))  # the third is no better than the second
    ['1-1.00.npz', '2-0.00.npz']
    """

    state_names = ("best", "_batches", "_epoch")

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, 0)
        check_name(filepath, "save_weights" if save_weights_only else "save")  # rather than after the first epoch
        self.filepath = os.fspath(filepath)
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.verbose, self.initial_value_threshold = verbose, initial_value_threshold
        self.save_freq = check_frequency(self._label, save_freq)
        self.best = initial_value_threshold
        self._batches = 0  # since the last time that it saved
        self._epoch = 0
        if save_freq != "epoch":
            self.on_train_batch_end = self._count  # type: ignore[method-assign]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Count anew. The best stays, as in Keras: another training must do better to be saved."""
        if self.save_best_only:
            super().on_train_begin(logs)
        self._batches = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the epoch."""
        self._epoch = epoch

    def _count(self, batch: int, logs: Logs | None = None) -> None:
        """Save after every so many batches."""
        self._batches += 1
        if self._batches == self.save_freq:
            self._batches = 0
            self._save(self._epoch, logs or {}, batch=batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save after each epoch."""
        if self.save_freq == "epoch":
            self._save(epoch, logs or {})

    def _save(self, epoch: int, logs: Logs, **names: int) -> None:
        """Save the model, unless it is not good enough."""
        if self.save_best_only:
            value = self._current(logs)
            if value is not None:
                if not self._improves(value, self.best):
                    return
                self.best = value
        known: dict[str, Any] = {"epoch": epoch + 1, **names, **logs}
        try:
            path = Path(self.filepath.format(**known))
        except (KeyError, IndexError, ValueError) as error:
            raise type(error)(
                f"ModelCheckpoint cannot fill in filepath={self.filepath!r}: {error}; it may name {', '.join(known)}"
            ) from None
        path.parent.mkdir(parents=True, exist_ok=True)
        (self.model.save_weights if self.save_weights_only else self.model.save)(path)
        if self.verbose:
            print(f"Epoch {epoch + 1}: saved {path}", flush=True)
