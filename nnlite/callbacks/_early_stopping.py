"""EarlyStopping: the end of a training that brings no more."""

from __future__ import annotations

from typing import Any

from nnlite.callbacks._callback import Logs
from nnlite.callbacks._monitor import Monitor

__all__ = ["EarlyStopping"]


class EarlyStopping(Monitor):
    """Stops when a number has not got better for some epochs.

    Parameters
    ----------
    monitor : str, default "val_loss"
        The name in the logs. If it is not there, a warning says so once, and nothing is stopped.
    min_delta : float, default 0
        A change by less is no improvement.
    patience : int, default 0
        Stops after so many epochs without an improvement (after the second epoch at the earliest).
    verbose : {0, 1}, default 0
        1 says when it stops.
    mode : {"auto", "min", "max"}, default "auto"
        Whether lower or higher is better; "auto" knows it of losses and of metrics that have a `direction`.
    baseline : float, optional
        Only epochs better than this count as improvements.
    restore_best_weights : bool, default False
        Whether the model goes back to the weights of its best epoch when the training ends, by whatever reason.
    start_from_epoch : int, default 0
        Does not look at the epochs before.

    Attributes
    ----------
    best, best_epoch : float, int
        The best value, and its epoch; the first is 0.
    wait : int
        The number of epochs without an improvement.
    stopped_epoch : int
        The epoch in which it stopped the training; 0 if it did not.

    Raises
    ------
    ValueError
        If an argument is out of range; when the training begins, if the direction is not known.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential([nl.layers.Dense(1, kernel_initializer="zeros")])
    >>> model.compile(nl.optimizers.SGD(0.6), "mse")  # too large: the loss grows
    >>> stop = nl.callbacks.EarlyStopping("loss", patience=3, restore_best_weights=True)
    >>> history = model.fit(np.ones((4, 1)), np.ones(4), epochs=100, verbose=0, callbacks=[stop])
    >>> len(history.epoch), stop.stopped_epoch, stop.best_epoch
    (4, 3, 0)

    References
    ----------
    Prechelt, L., "Early stopping - but when?", 1998.
    """

    state_names = ("best", "best_epoch", "best_weights", "wait", "stopped_epoch")

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = self._checked("patience", patience, 0, integer=True)
        self.verbose, self.baseline = verbose, baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = self._checked("start_from_epoch", start_from_epoch, 0, integer=True)
        self._forget()

    def _forget(self) -> None:
        """Begin anew."""
        self.best: float | None = None
        self.best_weights: list[Any] | None = None
        self.best_epoch = self.wait = self.stopped_epoch = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew."""
        super().on_train_begin(logs)
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare, and stop if it is time."""
        value = self._current(logs or {})
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        better = self._improves(value, self.best)
        if self.restore_best_weights and (better or self.best_weights is None):
            self.best_weights = self.model.get_weights()
            self.best_epoch = epoch
        if better:
            self.best, self.best_epoch = value, epoch
            if self.baseline is None or self._improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Put the best weights back."""
        if self.verbose and self.stopped_epoch:
            print(f"Epoch {self.stopped_epoch + 1}: stopped, {self.monitor} did not get better", flush=True)
        if self.restore_best_weights and self.best_weights is not None:
            self.model.set_weights(self.best_weights)
            if self.verbose:
                print(f"The weights are those after epoch {self.best_epoch + 1}", flush=True)
