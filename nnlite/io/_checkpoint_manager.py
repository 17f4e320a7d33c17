"""CheckpointManager: a folder of checkpoints, of which the last few and the best are kept."""

from __future__ import annotations

import math
import os
import re
import warnings
from pathlib import Path
from typing import Any

from nnlite.io._checkpoint import Checkpoint
from nnlite.io._error import FormatError
from nnlite.io._files import Location, remove_leftovers
from nnlite.io._state import read_notes

__all__ = ["CheckpointManager"]

_NAME = "checkpoint-{:08d}.safetensors"
_PATTERN = re.compile(r"checkpoint-(\d{8,})\.safetensors")


class CheckpointManager:
    """Keeps a folder of checkpoints: the last few, and the best by a monitored value.

    Parameters
    ----------
    checkpoint : Checkpoint
    folder : str or Path
        Made at the first save if it is not there.
    keep : int, default 3
        How many are kept, the newest.
    monitor : str, optional
        The note by which the best is chosen, which is kept besides: ``monitor="val_loss"`` with
        ``save(val_loss=...)``.
    mode : {"min", "max"}, default "min"
        Whether the smallest value is the best or the largest.

    Raises
    ------
    ValueError
        If `keep` is not positive, or the mode is unknown.

    Examples
    --------
    >>> import nnlite as nl
    >>> model = nl.models.Sequential([nl.layers.Dense(1, input_shape=(2,))])
    >>> folder = getfixture("tmp_path")
    >>> manager = nl.io.CheckpointManager(nl.io.Checkpoint(model), folder, keep=2, monitor="loss")
    >>> for epoch, loss in enumerate([0.4, 0.1, 0.3, 0.2]):
    ...     path = manager.save(epoch=epoch, loss=loss)
    >>> [path.name for path in manager.paths]
    ['checkpoint-00000001.safetensors', 'checkpoint-00000002.safetensors', 'checkpoint-00000003.safetensors']
    >>> manager.restore()["epoch"], manager.restore_best()["epoch"]
    (3, 1)
    """

    def __init__(
        self, checkpoint: Checkpoint, folder: Location, keep: int = 3, monitor: str | None = None, mode: str = "min"
    ) -> None:
        if not isinstance(checkpoint, Checkpoint):
            raise TypeError(f"CheckpointManager takes a Checkpoint, got {checkpoint!r}")
        if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:
            raise ValueError(f"CheckpointManager expected keep to be a positive integer, got {keep=}")
        if mode not in ("min", "max"):
            raise ValueError(f'CheckpointManager expected mode "min" or "max", got {mode=}')
        if os.path.exists(folder) and not os.path.isdir(folder):
            raise NotADirectoryError(f"CheckpointManager takes a folder, got the file {os.fspath(folder)!r}")
        self.checkpoint, self.folder = checkpoint, Path(folder)
        self.keep, self.monitor, self.mode = keep, monitor, mode
        self._values: dict[Path, float] = {}  # the monitored value of each checkpoint that was looked at

    @property
    def paths(self) -> list[Path]:
        """The checkpoints in the folder, the oldest first."""
        numbered = [(int(found[1]), path) for path in self.folder.glob("*") if (found := _PATTERN.fullmatch(path.name))]
        return [path for _, path in sorted(numbered)]

    @property
    def latest(self) -> Path | None:
        """The newest checkpoint, None if there is none."""
        return max(self.paths, default=None, key=_number)

    @property
    def best(self) -> Path | None:
        """The checkpoint with the best value, the newest of several; None if there is none with a value."""
        sign = 1 if self.mode == "min" else -1
        valued = [(path, sign * value) for path in self.paths if not math.isnan(value := self._value(path))]
        return min(valued, key=lambda pair: (pair[1], -_number(pair[0])), default=(None,))[0]

    def save(self, **notes: Any) -> Path:
        """Write a checkpoint, delete those that are not kept, and return its path.

        Parameters
        ----------
        **notes : plain values
            As for `Checkpoint.save`; among them the monitored value, without which a checkpoint is not the best.
        """
        remove_leftovers(self.folder, "checkpoint-*.safetensors")
        newest = self.latest
        path = self.folder / _NAME.format(0 if newest is None else _number(newest) + 1)
        self.checkpoint.save(path, **notes)
        best = self.best
        for old in self.paths[: -self.keep]:
            if old != best:
                old.unlink(missing_ok=True)
        return path

    def restore(self) -> dict[str, Any]:
        """Put back the newest checkpoint that is whole, with a warning for each that is damaged; return its notes.

        Raises
        ------
        FileNotFoundError
            If there is no checkpoint in the folder.
        FormatError
            If all are damaged.
        ValueError
            If the newest whole one does not fit.
        """
        paths = self.paths
        if not paths:
            raise FileNotFoundError(f"there is no checkpoint in {os.fspath(self.folder)!r}")
        while len(paths) > 1:
            try:
                return self.checkpoint.restore(paths[-1])
            except FormatError as error:
                paths.pop()
                warnings.warn(f"{error}; going back to {paths[-1]}", RuntimeWarning, stacklevel=2)
        return self.checkpoint.restore(paths[0])

    def restore_best(self) -> dict[str, Any]:
        """Put back the checkpoint with the best value, and return its notes.

        Raises
        ------
        FileNotFoundError
            If none has a value of `monitor`.
        """
        best = self.best
        if best is None:
            raise FileNotFoundError(f"no checkpoint in {os.fspath(self.folder)!r} has a note {self.monitor!r}")
        return self.checkpoint.restore(best)

    def _value(self, path: Path) -> float:
        """Return the monitored value of a checkpoint, NaN if it has none or is damaged."""
        if self.monitor is None:
            return math.nan
        if path not in self._values:
            try:
                found = read_notes(path).get(self.monitor)
            except (FormatError, FileNotFoundError):
                found = None
            self._values[path] = float(found) if isinstance(found, (int, float)) else math.nan
        return self._values[path]


def _number(path: Path) -> int:
    """Return the number in a checkpoint's name."""
    found = _PATTERN.fullmatch(path.name)
    assert found is not None
    return int(found[1])
