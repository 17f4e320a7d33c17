"""What `fit` shows: a bar on a terminal where tqdm is installed, a line for each epoch otherwise."""

import sys
import time
from importlib.util import find_spec
from typing import Any

from nnlite.callbacks import Callback, Logs

__all__ = ["Progress"]


class Progress(Callback):
    """Shows each epoch as it goes.

    Parameters
    ----------
    verbose : {"auto", 0, 1, 2}
        0 shows nothing; 1 (or "auto") a bar on a terminal, and then a line for each epoch; 2 only the lines.
    """

    def __init__(self, verbose: str | int) -> None:
        if verbose not in ("auto", 0, 1, 2):
            raise ValueError(f'expected verbose to be "auto", 0, 1 or 2, got verbose={verbose!r}')
        self._lines = verbose != 0
        self._bars = verbose in ("auto", 1) and sys.stderr.isatty() and find_spec("tqdm") is not None
        self._bar: Any = None

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Note the time, and begin a bar."""
        self._epoch = f"Epoch {epoch + 1}/{self.params['epochs']}"
        self._start = time.perf_counter()
        if self._bars:
            from tqdm import tqdm  # here, so that importing nnlite brings in nothing optional

            self._bar = tqdm(total=self.params["steps"], desc=self._epoch, leave=False, dynamic_ncols=True)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.set_postfix({name: f"{value:.4f}" for name, value in logs.items()}, refresh=False)
            self._bar.update()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Replace the bar by a line."""
        if self._bar is not None:
            self._bar.close()
        if self._lines:
            values = " - ".join(f"{name}: {value:.4f}" for name, value in logs.items())
            print(f"{self._epoch} - {time.perf_counter() - self._start:.1f}s - {values}", flush=True)

    def close(self) -> None:
        """Close a bar that an error left open."""
        if self._bar is not None:
            self._bar.close()
