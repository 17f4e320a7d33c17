"""TerminateOnNaN: the end of a training that went wrong."""

from __future__ import annotations

import math

from nnlite.callbacks._callback import Callback, Logs

__all__ = ["TerminateOnNaN"]


class TerminateOnNaN(Callback):
    """Stops when the loss is NaN or infinite, of which `fit` warns in any case.

    Parameters
    ----------
    raise_error : bool, default False
        Whether to raise instead, so that no callback is told of the end: a backup stays.

    Raises
    ------
    RuntimeError
        From `fit`, if `raise_error`.

    Examples
    --------
    >>> import warnings
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential([nl.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> with warnings.catch_warnings(action="ignore"):
    ...     history = model.fit(
    ...         np.ones((4, 1)), np.full(4, np.nan), epochs=9, verbose=0, callbacks=[nl.callbacks.TerminateOnNaN()]
    ...     )
    >>> history.epoch
    [0]
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            if self.raise_error:
                raise RuntimeError(f"the loss is {loss} after batch {batch + 1} of the epoch")
            self.model.stop_training = True
