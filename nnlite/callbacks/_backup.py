"""BackupAndRestore: a training that goes on where it was killed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nnlite.callbacks._callback import Callback, Logs, check_frequency
from nnlite.io import Checkpoint, CheckpointManager

if TYPE_CHECKING:
    from nnlite.training import Run

__all__ = ["BackupAndRestore"]


class BackupAndRestore(Callback):
    """Backs a training up while it runs, so that `fit`, called again after it was killed, goes on where it was.

    The resumed training ends bit for bit where one ends that was never interrupted: the backup has the weights and
    buffers, the optimizer, the random generators, the place inside the epoch, the running loss and metrics, the
    History so far, and the states of the other callbacks (`Callback.state_dict`). What it needs is the same call of
    `fit`, on the same data, with the model compiled in the same way; seeds need not be set again. A loader of the
    user's own should have `state_dict()` and `load_state_dict(state)`; one that has not is run through again up to the
    place of the backup, and must then give the same batches.

    It is told of everything after the other callbacks, wherever it stands among them. Ctrl-C makes a backup too.

    Parameters
    ----------
    backup_dir : str or Path
        A folder for the backup of this training alone.
    save_freq : "epoch" or int, default "epoch"
        Makes a backup after each epoch, or after so many batches.
    delete_checkpoint : bool, default True
        Whether the backup goes when the training is finished. One that stays makes the next `fit` go on from the end,
        to more epochs if there are any.

    Raises
    ------
    ImportError
        From `fit`, if the package `safetensors` is not installed.
    ValueError
        If an argument is out of range. From `fit`, if the backup does not fit the model, its optimizer or the data.
    nnlite.io.FormatError
        From `fit`, if the backups are damaged. (If only the last is, a warning says so, and the one before it is used.)

    Examples
    --------
    >>> import tempfile
    >>> import nnlite as nl, numpy as np
    >>> class Killed(nl.callbacks.Callback):
    ...     def on_epoch_begin(self, epoch, logs):
    ...         if epoch == 2:
    ...             raise SystemExit
    >>> folder = tempfile.mkdtemp()
    >>> def train(*others):
    ...     model = nl.models.Sequential([nl.layers.Dense(1, kernel_initializer="zeros")])
    ...     model.compile("adam", "mse")
    ...     backup = nl.callbacks.BackupAndRestore(folder)
    ...     return model.fit(np.ones((4, 1)), np.ones(4), epochs=5, verbose=0, callbacks=[backup, *others])
    >>> train(Killed())
    Traceback (most recent call last):
        ...
    SystemExit
    >>> len(train().epoch)  # two of them from the backup
    5
    """

    _goes_last = True
    run: Run | None = None  # the training under way

    def __init__(
        self, backup_dir: str | os.PathLike[str], save_freq: str | int = "epoch", delete_checkpoint: bool = True
    ) -> None:
        self.backup_dir = Path(backup_dir)
        if not os.fspath(backup_dir) or self.backup_dir.is_file():
            raise ValueError(f"BackupAndRestore expected backup_dir to be a folder, got {os.fspath(backup_dir)!r}")
        self.save_freq = check_frequency("BackupAndRestore", save_freq)
        self.delete_checkpoint = delete_checkpoint
        if save_freq != "epoch":
            self.on_train_batch_end = self._count  # type: ignore[method-assign]
        self._batches = 0  # since the last backup

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Put everything back, if there is a backup."""
        self._batches = 0
        backups = self._backups()
        if backups.paths:
            run = self._run()
            run.model.make_parameters(run.feed.source.first)
            backups.restore()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Make a backup after each epoch."""
        if self.save_freq == "epoch":
            self._save()

    def _count(self, batch: int, logs: Logs | None = None) -> None:
        """Make a backup after every so many batches, when no gradients are gathered for the next step."""
        self._batches += 1
        if self._batches >= self.save_freq and not self._run().model.gathered:
            self._save()

    def _on_interrupt(self) -> None:
        """Make a backup of where Ctrl-C ended the training."""
        self._save()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Delete the backup of a training that is finished."""
        if self.delete_checkpoint and not self._run().interruption.requested:
            for path in self._backups().paths:
                path.unlink()

    def _save(self) -> None:
        """Make a backup, and keep the one before it."""
        self._batches = 0
        self._backups().save()

    def _backups(self) -> CheckpointManager:
        """Return the backups in the folder."""
        return CheckpointManager(Checkpoint(self.model, self.model.optimizer, run=self._run()), self.backup_dir, keep=2)

    def _run(self) -> Run:
        """Return the training under way."""
        assert self.run is not None
        return self.run

    def _release(self) -> None:
        """Let go of the training."""
        self.run = None
