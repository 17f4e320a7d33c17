"""What callbacks share that watch one number: which, in what direction it is better, and whether it got better."""

from __future__ import annotations

import difflib
import math
import warnings
from typing import Any

import numpy as np

from nnlite.callbacks._callback import Callback, Logs

__all__ = ["Monitor"]


class Monitor(Callback):
    """Watches one number of an epoch's logs.

    Parameters
    ----------
    monitor : str
        Its name in the logs: "loss", a metric's, or "val_" of one.
    mode : {"auto", "min", "max"}
        Whether lower or higher is better; "auto" knows it of losses and of metrics that have a `direction`.
    min_delta : float
        A change by less is no improvement.

    Raises
    ------
    ValueError
        If an argument is out of range; when the training begins, if the direction is not known.
    TypeError
        If it is nothing of the kind.
    """

    best: float | None = None
    _warned = False

    def __init__(self, monitor: str, mode: str, min_delta: float) -> None:
        if not isinstance(monitor, str):
            raise TypeError(f"{self._label} expected monitor to be a name such as 'val_loss', got {monitor!r}")
        if mode not in ("auto", "min", "max"):
            raise ValueError(f'{self._label} expected mode to be "auto", "min" or "max", got mode={mode!r}')
        self.monitor, self.mode = monitor, mode
        self.min_delta: float = abs(self._checked("min_delta", min_delta, -math.inf))

    @property
    def _label(self) -> str:
        """The callback as messages name it."""
        return type(self).__name__

    def _checked(self, name: str, value: Any, least: float, integer: bool = False) -> Any:
        """Return a number, which must be at least so much."""
        kind = (int, np.integer) if integer else (int, float, np.number)
        if isinstance(value, bool) or not isinstance(value, kind) or not value >= least:
            bound = f" of at least {least}" if least > -math.inf else ""
            raise ValueError(
                f"{self._label} expected {name} to be {'an integer' if integer else 'a number'}{bound}, got "
                f"{name}={value!r}"
            )
        return value

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Find out whether lower or higher is better."""
        self._warned = False
        self._lower = self._direction() == "min"

    def _direction(self) -> str:
        """Return "min" or "max"."""
        if self.mode != "auto":
            return self.mode
        name = self.monitor.removeprefix("val_")
        if name == "loss":
            return "min"
        directions = self.model.directions()
        if name in directions and directions[name] is not None:
            return str(directions[name])
        # Of several outputs, each has its name before those of its loss and its metrics.
        found = {directions[known] for known in directions if name.endswith(f"_{known}")} - {None}
        if len(found) == 1:
            return str(found.pop())
        close = difflib.get_close_matches(name, directions, 1, 0.5)
        hint = f", did you mean {close[0]!r}?" if close and close[0] != name else ";"
        raise ValueError(
            f"{self._label} cannot tell whether {self.monitor!r} should go down or up{hint} the model watches "
            f'{", ".join(directions)} (and "val_" of each): for anything else pass mode="min" or mode="max"'
        )

    def _current(self, logs: Logs) -> float | None:
        """Return the number; None, with a warning the first time, if it is not in the logs."""
        value = logs.get(self.monitor)
        if value is None and not self._warned:
            self._warned = True
            reason = "; there are no validation data" if self.monitor.startswith("val_") else ""
            known = any(name.startswith("val_") for name in logs)
            warnings.warn(
                f"{self._label} watches {self.monitor!r}, which is not in the logs{'' if known else reason}: they have "
                f"{', '.join(logs) or 'nothing'}",
                RuntimeWarning,
                stacklevel=2,
            )
        return None if value is None else float(value)

    def _improves(self, value: float, reference: float | None) -> bool:
        """Say whether a value is better than another by more than `min_delta`; NaN never is, and None is no value."""
        if reference is None or math.isnan(reference):
            return not math.isnan(value)
        gain: float = reference - value if self._lower else value - reference
        return gain > self.min_delta
