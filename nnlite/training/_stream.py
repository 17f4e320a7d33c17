"""Batches that somebody else makes: a DataLoader, a generator, any iterable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Protocol, runtime_checkable

import numpy as np

from nnlite import random
from nnlite.autograd import Tensor
from nnlite.data._samples import as_samples, number_of_samples
from nnlite.training._batches import Batch

__all__ = ["Stream", "is_stream"]


@runtime_checkable
class _Resumable(Protocol):
    """What knows where it stands."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any], /) -> Any: ...


@runtime_checkable
class _Sequence(Protocol):
    """What has its items by number."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


class _InOrder:
    """The batches of a sequence, one after another; at the end it may make those of the next epoch."""

    def __init__(self, sequence: _Sequence) -> None:
        self._sequence = sequence
        self._end: Callable[[], Any] | None = getattr(sequence, "on_epoch_end", None)

    def __len__(self) -> int:
        return len(self._sequence)

    def __iter__(self) -> Iterator[Any]:
        for number in range(len(self)):
            yield self._sequence[number]
        if self._end is not None:
            self._end()


class Stream:
    """The batches of an iterable, as the training loop takes them.

    Parameters
    ----------
    name : str
        What errors call it.
    source : iterable of (x, y), (x, y, sample_weight), or x
        A list counts as a tuple. A Keras Sequence, with `__len__` and `__getitem__` in place of `__iter__`, is gone
        through in order, and its `on_epoch_end` called. If it has `state_dict` and `load_state_dict`, it knows by
        itself where it stands; otherwise a resumed training runs through what was there before.
    needed_by : str, optional
        The method that refuses batches without y.

    Attributes
    ----------
    weigh : callable or None
        Takes y and the weights of a batch, and returns its weights.
    """

    def __init__(
        self,
        name: str,
        source: Iterable[Any] | _Sequence,
        needed_by: str | None = None,
    ) -> None:
        self.name, self._needed_by = name, needed_by
        self._source: Iterable[Any] = source if isinstance(source, Iterable) else _InOrder(source)
        self.weigh: Callable[[Any, Any], Any] | None = None
        self.is_iterator = isinstance(source, Iterator)  # which can be gone through only once
        self._handed_out = 0  # in the pass begun last
        self._skips = 0  # how many of the next pass were handed out before

    def __len__(self) -> int:
        return len(self._source)  # type: ignore[arg-type]  # raises TypeError where it is not known

    def shares_its_place(self, other: Any) -> bool:
        """Say whether another stream is of the same source, which has one place for both."""
        return isinstance(other, Stream) and self._source is other._source and isinstance(self._source, _Resumable)

    def first(self) -> Batch:
        """Return the first batch without taking it away."""
        with random.kept():
            if self.is_iterator:
                given = list(islice(self._source, 1))
                self._source = chain(given, self._source)
            else:
                before = self.state_dict()
                given = list(islice(self._source, 1))
                self.load_state_dict(before)
        if not given:
            raise ValueError(f"expected {self.name} to give batches, got none")
        return self._as_batch(given[0])

    def __iter__(self) -> Iterator[Batch]:
        if not self.is_iterator or self._skips:
            self._handed_out = 0
        batches = iter(self._source)
        with random.kept():
            while self._handed_out < self._skips and next(batches, None) is not None:
                self._handed_out += 1
        self._skips = 0
        for given in batches:
            self._handed_out += 1
            yield self._as_batch(given)
        if not self.is_iterator:
            self._handed_out = 0

    def _as_batch(self, given: Any) -> Batch:
        """Return inputs, targets and weights as arrays."""
        parts = given if isinstance(given, (tuple, list)) else (given,)
        if not 1 + (self._needed_by is not None) <= len(parts) <= 3:
            raise ValueError(
                f"expected {self.name} to give batches (x, y) or (x, y, sample_weight), got "
                f"{f'{len(parts)} values' if parts is given else f'a {type(given).__name__}'}"
            )
        x, y, sample_weight = (*parts, None, None)[:3]
        x = as_samples("x", x)
        y = None if y is None else as_samples("y", y)
        if y is None and self._needed_by is not None:
            raise ValueError(f"{self._needed_by}() needs targets, and {self.name} gave a batch with y=None")
        sample_weight = None if sample_weight is None else as_samples("sample_weight", sample_weight)
        number_of_samples(x=x, y=y, sample_weight=sample_weight)
        if self.weigh is not None:
            sample_weight = self.weigh(y, sample_weight)
        return x, y, sample_weight

    def state_dict(self) -> dict[str, Any]:
        """Return where the pass begun last stands; the batch that it has yielded counts as done."""
        known = self._source.state_dict() if isinstance(self._source, _Resumable) else None
        return {"handed_out": self._skips or self._handed_out, "source": known}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next pass go on where the state was taken."""
        if (state["source"] is None) == isinstance(self._source, _Resumable):
            raise ValueError(
                f"expected the state of {self.name} as it was when it was saved: of another kind of loader"
            )
        if isinstance(self._source, _Resumable):
            self._source.load_state_dict(state["source"])
        else:
            self._skips = int(state["handed_out"])


def is_stream(given: Any) -> bool:
    """Tell batches, to be iterated or indexed, from arrays: a list of tuples are some, a list of arrays is not."""
    if isinstance(given, list):
        return bool(given) and all(type(item) is tuple for item in given)
    if isinstance(given, (np.ndarray, Tensor, tuple, dict, str, bytes, type)) or hasattr(given, "__array__"):
        return False
    return isinstance(given, (Iterable, _Sequence))
