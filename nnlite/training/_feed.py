"""The batches of a training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnlite.training._batches import Batch, Batches
from nnlite.training._stream import Stream

__all__ = ["Feed", "Source"]

Source = Batches | Stream


class Feed:
    """Cuts the passes through a source of batches into epochs.

    Parameters
    ----------
    source : Batches or Stream
    steps : int, optional
        The number of batches in an epoch, whatever a pass has: the next epoch goes on where one ended, and a pass that
        ends begins anew. By default an epoch is a pass.

    Attributes
    ----------
    may_cut : bool
        Whether an epoch may end inside a pass.
    ran_out : bool
        Whether the epoch begun last did not get all its batches.
    """

    def __init__(self, source: Source, steps: int | None = None) -> None:
        self.source, self._steps = source, steps
        self.may_cut = steps is not None
        self._pass: Iterator[Batch] | None = None
        self.ran_out = False

    @property
    def steps(self) -> int | None:
        """The number of batches in an epoch, if it is known."""
        if self._steps is not None:
            return self._steps
        try:
            return len(self.source)
        except TypeError:
            return None

    def epoch(self, done: int) -> Iterator[Batch]:
        """Yield the batches of an epoch that are left when so many are done."""
        self.ran_out = False
        if self._steps is None:
            self.ran_out = not done
            for given in self.source:
                self.ran_out = False
                yield given
            return
        for _ in range(done, self._steps):
            batch = self._next()
            if batch is None:
                self.ran_out = True
                return
            yield batch

    def _next(self) -> Batch | None:
        """Return the next batch of the pass under way or, if it is over, of another; None if there is none."""
        for _ in range(2):
            if self._pass is None:
                self._pass = iter(self.source)
            batch = next(self._pass, None)
            if batch is not None:
                return batch
            self._pass = None
        return None

    def state_dict(self) -> dict[str, Any]:
        """Return where the pass stands."""
        return {"steps": self._steps, "source": self.source.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where the state was taken."""
        if state["steps"] != self._steps:
            raise ValueError(f"expected steps_per_epoch={state['steps']} as before, got {self._steps}")
        self.source.load_state_dict(state["source"])
        self._pass = None
