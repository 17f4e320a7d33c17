"""CSVLogger: the logs of every epoch as a table in a file."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnlite.callbacks._callback import Callback, Logs

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Writes a row for each epoch: its number (the first is 0), then the logs by name, in alphabetical order.

    The columns are those of the first epoch, and "val_" of each if it had none, since a validation may come later;
    what an epoch does not have is "NA".

    Parameters
    ----------
    filename : str or Path
        Its folders are made.
    separator : str, default ","
    append : bool, default False
        Whether to go on with a file that is there. (A training that `BackupAndRestore` resumes goes on with it in any
        case, after the last row that belongs to the backup.)

    Raises
    ------
    ValueError
        If the separator is not a single character.
    OSError
        From `fit`, if the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential([nl.layers.Dense(1, kernel_initializer="zeros")])
    >>> model.compile(nl.optimizers.SGD(0.25), "mse")
    >>> file = Path(tempfile.mkdtemp()) / "log.csv"
    >>> data = np.ones((4, 1)), np.ones(4)
    >>> history = model.fit(
    ...     *data, epochs=2, verbose=0, validation_data=data, callbacks=[nl.callbacks.CSVLogger(file)]
    ... )
    >>> print(file.read_text())
    epoch,loss,val_loss
    0,1.0,0.0
    1,0.0,0.0
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        if not isinstance(separator, str) or len(separator) != 1:
            raise ValueError(f"CSVLogger expected separator to be a single character, got {separator=}")
        self.filename, self.separator, self.append = Path(filename), separator, append
        self._forget()

    def _forget(self) -> None:
        """Begin anew."""
        self._columns: list[str] = []
        self._file: Any = None
        self._kept: int | None = None  # bytes of the file that belong to a backup

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew."""
        self._forget()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Open the file, so that an error comes before the first epoch and not after it."""
        self._opened()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write a row."""
        logs = {} if logs is None else logs
        file = self._opened()
        if not self._columns:
            self._columns = sorted(logs)
            if not any(name.startswith("val_") for name in logs):
                self._columns += [f"val_{name}" for name in self._columns if name != "learning_rate"]
        writer = csv.writer(file, delimiter=self.separator, lineterminator="\n")
        if not file.tell():
            writer.writerow(["epoch", *self._columns])
        writer.writerow([epoch, *(logs.get(name, "NA") for name in self._columns)])
        file.flush()

    def _release(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def state_dict(self) -> dict[str, Any]:
        """Return the columns, and how long the file is."""
        return {"columns": list(self._columns), "size": self.filename.stat().st_size if self._file else self._kept or 0}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on after the rows that were there."""
        self._columns, self._kept = list(state["columns"]), int(state["size"])

    def _opened(self) -> Any:
        """Return the file, at its end."""
        if self._file is None:
            self.filename.parent.mkdir(parents=True, exist_ok=True)
            resumed = self._kept is not None and self.filename.exists()
            self._file = self.filename.open("a" if resumed or self.append else "w", newline="", encoding="utf-8")
            if self._kept is not None and self.filename.stat().st_size > self._kept:
                self._file.truncate(self._kept)
                self._file.seek(self._kept)
        return self._file
