"""Run: a training under way, and where it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from nnlite.callbacks import BackupAndRestore, Callback, Logs
from nnlite.training._batches import Batch, Batches
from nnlite.training._feed import Feed, Source
from nnlite.training._interruption import Interruption
from nnlite.training._listeners import Listeners
from nnlite.training._stream import Stream

if TYPE_CHECKING:
    from nnlite.models._learner import Learner

__all__ = ["Run", "Validation"]


class Validation:
    """What is validated on, and after which epochs.

    Parameters
    ----------
    source : Batches or Stream
    steps : int, optional
        Only so many batches of it, each time the first ones.
    freq : int or collection of int, default 1
        After every so many epochs, or after these; the first epoch is 1.
    """

    def __init__(self, source: Source, steps: int | None = None, freq: int | Collection[int] = 1) -> None:
        self.source, self.steps, self._freq = source, steps, freq

    def is_due(self, epoch: int) -> bool:
        """Say whether it is time after an epoch, of which the first is 0."""
        return (epoch + 1) % self._freq == 0 if isinstance(self._freq, int) else epoch + 1 in self._freq

    def __iter__(self) -> Iterator[Batch]:
        return islice(self.source, self.steps)

    def state_dict(self) -> Any:
        """Return where the source stands; None if each validation begins anew with it."""
        begins_anew = isinstance(self.source, Batches) or (self.steps is not None and not self.source.is_iterator)
        return None if begins_anew else self.source.state_dict()

    def load_state_dict(self, state: Any) -> None:
        """Go on where the state was taken."""
        if state is not None:
            self.source.load_state_dict(state)


class Run:
    """A training under way.

    Parameters
    ----------
    model : Learner
    feed : Feed
        Its batches.
    epochs : range
    callbacks : sequence of Callback
        In the order in which they are told.
    validation : Validation, optional
    accumulate : int, default 1
        The number of batches for each step of the optimizer.

    Attributes
    ----------
    epoch : int
        The epoch under way, or the next one.
    batch : int or None
        How many of its batches are done; None if it has not begun.
    trained : bool
        Whether all of them are, and only the validation is left.
    logs : dict of str to float
        Those of the last epoch that ended.
    """

    def __init__(
        self,
        model: Learner,
        feed: Feed,
        epochs: range,
        callbacks: Sequence[Callback],
        validation: Validation | None = None,
        accumulate: int = 1,
    ) -> None:
        self.model, self.feed, self.validation, self.accumulate = model, feed, validation, accumulate
        self.callbacks, self.listeners = callbacks, Listeners(callbacks)
        for callback in callbacks:
            if isinstance(callback, BackupAndRestore):
                callback.run = self
                self._refuse_one_place_for_two()
        self.epoch, self.end = epochs.start, epochs.stop
        self.batch: int | None = None
        self.trained = False
        self.logs: Logs = {}
        self.nan_reported = False
        self.interruption = Interruption()

    def _refuse_one_place_for_two(self) -> None:
        """Raise if a loader is both trained and validated on, and a backup could not tell the place of the training.

        The loader knows where the pass begun last stands. Unless passes end where epochs and validations do, that may
        be the validation's.
        """
        source, validation = self.feed.source, self.validation
        if validation is None or not isinstance(source, Stream) or not source.shares_its_place(validation.source):
            return
        if self.feed.may_cut or validation.steps is not None:
            raise ValueError(
                "BackupAndRestore cannot go on in a loader that is both x and validation_data, with steps_per_epoch or "
                "validation_steps: give the validation a loader of its own, over the same data"
            )

    @property
    def goes_on(self) -> bool:
        """Whether there is an epoch to begin, or to end."""
        stopped = self.interruption.requested or (self.model.stop_training and self.batch is None)
        return self.epoch < self.end and not stopped

    def end_epoch(self, logs: Logs) -> None:
        """Move on to the next epoch, and tell of the end of this one."""
        self.logs = logs
        self.epoch, self.batch, self.trained = self.epoch + 1, None, False
        self.listeners.tell("on_epoch_end", self.epoch - 1, logs)

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on from here, but for the model, its optimizer and the generators."""
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            "trained": self.trained,
            "logs": dict(self.logs),
            "stop_training": bool(self.model.stop_training),
            "nan_reported": self.nan_reported,
            "accumulate": self.accumulate,
            "scores": None if self.batch is None else self.model.current_scores().state_dict(),
            "feed": self.feed.state_dict(),
            "validation": None if self.validation is None else self.validation.state_dict(),
            "callbacks": {name: callback.state_dict() for name, callback in self._named_callbacks()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where the state was taken; callbacks that are new since then begin anew."""
        if state["accumulate"] != self.accumulate:
            raise ValueError(f"expected accumulate={state['accumulate']} as before, got {self.accumulate}")
        if state["scores"] is not None:  # before the feed stands where there may be no batch left to look at
            self.model.load_scores(state["scores"], self.feed.source.first)
        self.feed.load_state_dict(state["feed"])
        if self.validation is not None:
            self.validation.load_state_dict(state["validation"])
        for name, callback in self._named_callbacks():
            if name in state["callbacks"]:
                callback.load_state_dict(state["callbacks"][name])
        self.epoch, self.batch, self.trained = state["epoch"], state["batch"], state["trained"]
        self.logs = dict(state["logs"])
        self.nan_reported, self.model.stop_training = state["nan_reported"], state["stop_training"]

    def _named_callbacks(self) -> Iterator[tuple[str, Callback]]:
        """Yield the callbacks with names: their classes, numbered where there are several."""
        seen: Counter[str] = Counter()
        for callback in self.callbacks:
            kind = type(callback).__name__
            yield f"{kind}_{seen[kind]}" if seen[kind] else kind, callback
            seen[kind] += 1
