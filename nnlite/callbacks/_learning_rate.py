"""Callbacks that change the learning rate from epoch to epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.callbacks._callback import Callback, Logs
from nnlite.callbacks._monitor import Monitor

if TYPE_CHECKING:
    from nnlite.models import Model

__all__ = ["LearningRateScheduler", "ReduceLROnPlateau"]


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    A rate by step is a schedule of the optimizer's own: `SGD(learning_rate=CosineDecay(...))`.

    Parameters
    ----------
    schedule : callable
        A function (epoch, rate) or (epoch) that returns the rate of the epoch; the first epoch is 0. The schedules of
        `nnlite.optimizers.schedules` are such functions.
    verbose : {0, 1}, default 0
        1 prints each rate.

    Raises
    ------
    TypeError
        If the schedule is no function, or returns no number; if the optimizer has a schedule of its own.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential([nl.layers.Dense(1)])
    >>> model.compile(nl.optimizers.SGD(0.1), "mse")
    >>> halve = nl.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch else rate)
    >>> model.fit(np.ones((4, 1)), np.ones(4), epochs=3, verbose=0, callbacks=[halve]).history["learning_rate"]
    [0.1, 0.05, 0.025]
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise TypeError(
                f"LearningRateScheduler expected a function (epoch, rate) or (epoch) -> rate, got {schedule!r}"
            )
        self.schedule, self.verbose = schedule, verbose
        self._takes_rate = _takes_two(schedule)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Make sure that there is a rate to set."""
        current_rate(self.model, "LearningRateScheduler")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the rate."""
        rate = current_rate(self.model, "LearningRateScheduler")
        new: Any = self.schedule(epoch, rate) if self._takes_rate else self.schedule(epoch)
        if isinstance(new, bool) or not isinstance(new, (int, float, np.number)) or not new >= 0:
            raise TypeError(f"LearningRateScheduler expected its schedule to return a rate, got {new!r}")
        set_rate(self.model, float(new))
        if self.verbose:
            print(f"Epoch {epoch + 1}: the learning rate is {float(new):.6g}", flush=True)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Add the rate to the logs."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = current_rate(self.model, "LearningRateScheduler")


class ReduceLROnPlateau(Monitor):
    """Lowers the learning rate when a number has not got better for some epochs.

    Parameters
    ----------
    monitor : str, default "val_loss"
        The name in the logs. If it is not there, a warning says so once, and the rate stays.
    factor : float, default 0.1
        The rate is multiplied by this.
    patience : int, default 10
        The number of epochs without an improvement.
    verbose : {0, 1}, default 0
        1 says when the rate changes.
    mode : {"auto", "min", "max"}, default "auto"
        Whether lower or higher is better; "auto" knows it of losses and of metrics that have a `direction`.
    min_delta : float, default 1e-4
        A change by less is no improvement.
    cooldown : int, default 0
        After a reduction, so many epochs do not count as epochs without an improvement.
    min_lr : float, default 0
        The rate goes no lower.

    Raises
    ------
    ValueError
        If an argument is out of range; when the training begins, if the direction is not known.
    TypeError
        When the training begins, if the optimizer has a schedule of its own.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential([nl.layers.Dense(1, kernel_initializer="zeros")])
    >>> model.compile(nl.optimizers.SGD(0.6), "mse")  # too large: the loss grows
    >>> reduce = nl.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1)
    >>> model.fit(np.ones((4, 1)), np.ones(4), epochs=4, verbose=0, callbacks=[reduce]).history["learning_rate"]
    [0.6, 0.6, 0.3, 0.15]
    """

    state_names = ("best", "wait", "cooldown_counter")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.factor = self._checked("factor", factor, 0)
        if factor >= 1:
            raise ValueError(f"ReduceLROnPlateau expected factor below 1, got {factor=}")
        self.patience = self._checked("patience", patience, 0, integer=True)
        self.cooldown = self._checked("cooldown", cooldown, 0, integer=True)
        self.min_lr = self._checked("min_lr", min_lr, 0)
        self.verbose = verbose
        self._forget()

    def _forget(self) -> None:
        """Begin anew."""
        self.best: float | None = None
        self.wait = self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew."""
        super().on_train_begin(logs)
        current_rate(self.model, self._label)
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Add the rate to the logs, compare, and lower the rate if it is time."""
        logs = {} if logs is None else logs
        rate = logs["learning_rate"] = current_rate(self.model, self._label)
        value = self._current(logs)
        if value is None:
            return
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.wait = 0
        if self._improves(value, self.best):
            self.best, self.wait = value, 0
        elif not self.cooldown_counter:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                new = max(rate * self.factor, self.min_lr)
                set_rate(self.model, new)
                self.cooldown_counter, self.wait = self.cooldown, 0
                if self.verbose:
                    print(f"Epoch {epoch + 1}: the learning rate is {new:.6g} from now on", flush=True)


def current_rate(model: Model, callback: str) -> float:
    """Return the learning rate; raise if it is not a number that can be changed."""
    optimizer = model.optimizer
    if optimizer is None or callable(optimizer.learning_rate):
        raise TypeError(
            f"{callback} changes the learning rate, and {type(optimizer).__name__} has a schedule of its own: give it "
            f"a number, or leave {callback} out"
        )
    return float(optimizer.learning_rate)


def set_rate(model: Model, rate: float) -> None:
    """Set the learning rate of a model's optimizer."""
    assert model.optimizer is not None
    model.optimizer.learning_rate = rate


def _takes_two(schedule: Callable[..., Any]) -> bool:
    """Say whether a function can be called with two arguments."""
    try:
        inspect.signature(schedule).bind(0, 0.1)
    except TypeError:
        return False
    except ValueError:  # a function that has no signature
        return True
    return True
