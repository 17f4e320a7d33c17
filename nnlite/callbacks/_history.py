"""History: what `fit` returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlite import _html
from nnlite.callbacks._callback import Callback, Logs

if TYPE_CHECKING:
    from nnlite.models import Model

__all__ = ["History"]


class History(Callback):
    """Keeps the logs of every epoch; `fit` returns one, which is the model's `history` too.

    Attributes
    ----------
    epoch : list of int
        The epochs.
    history : dict of str to list of float
        For each name in the logs, its value after each epoch.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential([nl.layers.Dense(1, kernel_initializer="zeros")])
    >>> model.compile(nl.optimizers.SGD(0.25), "mse")
    >>> history = model.fit(np.ones((4, 1)), np.ones(4), epochs=2, verbose=0)
    >>> history
    History(2 epochs; loss: 0.0000)
    >>> history.epoch, history.history
    ([0, 1], {'loss': [1.0, 0.0]})
    """

    state_names = ("epoch", "history")

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def set_model(self, model: Model) -> None:
        """Leave the model alone: what holds a History need not hold the model."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Keep the logs."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        last = ", ".join(f"{name}: {values[-1]:.4f}" for name, values in self.history.items())
        return f"History({len(self.epoch)} epochs{'; ' + last if last else ''})"

    def _repr_html_(self) -> str:
        """Show notebooks the logs as a table; what some epochs lack stands beside the last."""
        columns = [
            [""] * (len(self.epoch) - len(values)) + [f"{v:.4g}" for v in values] for values in self.history.values()
        ]
        rows = list(zip([str(epoch + 1) for epoch in self.epoch], *columns, strict=True))
        return _html.table(["epoch", *self.history], rows)
