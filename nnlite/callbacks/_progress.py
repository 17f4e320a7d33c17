"""ProgressBar: what `fit` shows while it trains."""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from typing import Any

from nnlite.callbacks._callback import Callback, Logs

__all__ = ["ProgressBar"]

_SECONDS_BETWEEN_UPDATES = 0.1


class ProgressBar(Callback):
    """Shows each epoch as it goes: a bar on a terminal or in a notebook, where tqdm is installed, and a line after it.

    The bar has the means of the loss and the metrics so far, the learning rate, and the time that is left of the
    epoch. `fit` adds one by itself, unless there is one among its callbacks.

    Parameters
    ----------
    verbose : {"auto", 0, 1, 2}, default "auto"
        0 shows nothing; 1 (or "auto") bars and lines; 2 only the lines.

    Raises
    ------
    ValueError
        If `verbose` is something else.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential([nl.layers.Dense(1, kernel_initializer="zeros")])
    >>> model.compile(nl.optimizers.SGD(0.25), "mse")
    >>> lines = nl.callbacks.ProgressBar(verbose=2)
    >>> history = model.fit(np.ones((4, 1)), np.ones(4), epochs=2, callbacks=[lines])
    Epoch 1/2 - ...s - loss: 1.0000 - learning_rate: 0.25
    Epoch 2/2 - ...s - loss: 0.0000 - learning_rate: 0.25
    """

    def __init__(self, verbose: str | int = "auto") -> None:
        if verbose not in ("auto", 0, 1, 2):
            raise ValueError(f'expected verbose to be "auto", 0, 1 or 2, got verbose={verbose!r}')
        self.verbose = verbose
        self._bar: Any = None
        self._start = 0.0
        self._make_bar = _bar_class() if verbose in ("auto", 1) else None
        if self._make_bar is not None:
            # Only where there are bars, since to be told of each batch costs time.
            self.on_train_batch_end = self._move  # type: ignore[method-assign]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Note the time: a training that is resumed may begin inside an epoch."""
        self._steps, self._title = self.params["steps"], "Resumed epoch"
        self._start = time.perf_counter()
        self._next = self._start + _SECONDS_BETWEEN_UPDATES

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the time."""
        self._title = f"Epoch {epoch + 1}/{self.params['epochs']}"
        self._start = time.perf_counter()
        self._next = self._start + _SECONDS_BETWEEN_UPDATES

    def _move(self, batch: int, logs: Logs | None = None) -> None:
        """Move the bar; after the last batch it makes way for what others print."""
        done = batch + 1
        if done == self._steps:
            self._release()
            return
        now = time.perf_counter()
        if now < self._next:
            return
        self._next = now + _SECONDS_BETWEEN_UPDATES
        texts = self._texts(logs or {})
        if self._bar is None:
            assert self._make_bar is not None
            settings = {"leave": False, "dynamic_ncols": True, "mininterval": 0, "miniters": 1}
            self._bar = self._make_bar(
                desc=self._title, total=self._steps, initial=done, postfix=texts, **settings
            )  # fmt: skip
        else:
            self._bar.set_postfix(texts, refresh=False)
            self._bar.update(done - self._bar.n)

    def _on_interrupt(self) -> None:
        """Say that the training did not end by itself."""
        self._release()
        if self.verbose:
            print(f"{self._title} - ended by Ctrl-C", flush=True)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Replace the bar by a line."""
        self._release()
        if self.verbose:
            values = " - ".join(f"{name}: {text}" for name, text in self._texts(logs or {}).items())
            seconds = time.perf_counter() - self._start
            print(f"Epoch {epoch + 1}/{self.params['epochs']} - {seconds:.1f}s - {values}", flush=True)

    def _release(self) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _texts(self, logs: Logs) -> dict[str, str]:
        """Return the logs and the learning rate as they are shown."""
        texts = {name: f"{value:.4f}" for name, value in logs.items()}
        if self.model.optimizer is not None:
            texts["learning_rate"] = f"{logs.get('learning_rate', self.model.optimizer.rate):.4g}"
        return texts


def _bar_class() -> Any:
    """Return tqdm's bar for a notebook or a terminal; None if there is neither, or no tqdm."""
    notebook = "ipykernel" in sys.modules
    if not (notebook or sys.stderr.isatty()) or find_spec("tqdm") is None:
        return None
    # Imported here, so that importing nnlite brings in nothing optional.
    if notebook and find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm
    else:
        from tqdm import tqdm
    return tqdm
