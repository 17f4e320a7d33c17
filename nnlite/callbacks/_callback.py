"""Callback: what users subclass to watch or to steer training, evaluation and prediction."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from nnlite.models import Model

__all__ = ["EVENTS", "Callback", "Logs", "check_frequency"]

Logs = dict[str, float]

# Of those of a batch and of training, Keras has shorter names too: on_batch_begin, on_batch_end.
EVENTS = (
    *(f"on_{what}_{end}" for what in ("train", "test", "predict") for end in ("begin", "end")),
    *(f"on_{what}_batch_{end}" for what in ("train", "test", "predict") for end in ("begin", "end")),
    *("on_epoch_begin", "on_epoch_end", "on_batch_begin", "on_batch_end"),
)


class Callback:
    """Is told of the beginning and the end of trainings, epochs and batches, also of evaluations and predictions.

    A subclass writes the methods of the events that it wants to hear of. The logs are those of `fit`, by name; empty
    (but there) at each beginning, and None only where somebody else calls an event without them. What a callback adds
    to the logs of an epoch, the callbacks after it and the History find there.

    Setting `self.model.stop_training = True` ends the training after the batch.

    Attributes
    ----------
    model : Model
        The model that is trained.
    params : dict
        "epochs", "steps" (batches in an epoch; None if that is not known) and "verbose"; outside `fit` only "steps" and
        "verbose".
    state_names : tuple of str
        Of a subclass: the attributes that change while training, for `BackupAndRestore` to keep. They must hold plain
        numbers, strings, arrays, or lists and dicts of them; for anything else there are `state_dict` and
        `load_state_dict` to write.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> class StopBelow(nl.callbacks.Callback):
    ...     def on_epoch_end(self, epoch, logs):
    ...         self.model.stop_training = logs["loss"] < 0.5
    >>> model = nl.models.Sequential([nl.layers.Dense(1, kernel_initializer="zeros")])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.ones((4, 2)), np.ones(4), epochs=100, verbose=0, callbacks=[StopBelow()])
    >>> len(history.epoch) < 100
    True
    """

    state_names: ClassVar[tuple[str, ...]] = ()
    _goes_last = False  # whether it is told of everything after the others
    model: Model
    params: dict[str, Any]

    def set_model(self, model: Model) -> None:
        """Take the model that is about to be trained or used."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Take what is known of the training beforehand."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch, with its logs; not where an error ended the training."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch; the first is 0. A training that is resumed inside an epoch does not begin it again."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation. `logs` has the means: "loss", metrics, and "val_" of each."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch; the first is 0. Calls `on_batch_begin`."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch. `logs` has the means since the epoch began. Calls `on_batch_end`."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of training, as Keras calls it too."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of training, as Keras calls it too."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before an evaluation, or the validation of an epoch."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After it, with the loss and the metrics."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of an evaluation. `logs` has the means so far."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After it."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a batch of a prediction. `logs` has its "outputs"."""

    def state_dict(self) -> dict[str, Any]:
        """Return copies of the attributes named in `state_names`."""
        return {name: copy.deepcopy(getattr(self, name)) for name in self.state_names}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put back what `state_dict` gave, after `on_train_begin`."""
        for name in self.state_names:
            setattr(self, name, copy.deepcopy(state[name]))

    def _on_interrupt(self) -> None:
        """After the last batch of a training that Ctrl-C ended, before `on_train_end`."""

    def _release(self) -> None:
        """Let go of files and the like, however the training ended."""


def check_frequency(label: str, save_freq: Any) -> Any:
    """Require "epoch" or a number of batches."""
    if save_freq != "epoch" and (isinstance(save_freq, bool) or not isinstance(save_freq, int) or save_freq < 1):
        raise ValueError(f'{label} expected save_freq to be "epoch" or a number of batches, got {save_freq=}')
    return save_freq
