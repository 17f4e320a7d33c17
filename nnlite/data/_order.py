"""The order in which an epoch goes through the samples, and where in it an iteration stands."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from nnlite import random

__all__ = ["Order", "Part"]

T = TypeVar("T")


class Part(NamedTuple):
    """A batch of an epoch: which samples are in it, and what its random numbers come from."""

    samples: slice | NDArray[np.int64]
    seed: tuple[int, int] | None  # of the batch's own generator, if the order is for random transforms


class _Epoch:
    """An epoch under way."""

    def __init__(self, before: Mapping[str, Any] | None, handed_out: int, order: Any, entropy: int | None) -> None:
        self.before = before  # the generator's state before the order was drawn; None if nothing was
        self.handed_out = handed_out  # batches that the consumer has got
        self.order, self.entropy = order, entropy


class Order:
    """The order of an epoch: the samples shuffled, then cut into batches.

    Parameters
    ----------
    size : int
        Number of samples.
    batch_size : int
    shuffle : bool, default False
        Draws a new order for each epoch.
    drop_last : bool, default False
        Leaves out the samples at the end that do not fill a batch.
    generator : numpy.random.Generator, optional
        What is drawn from; by default `nnlite.random`.
    seeded : bool, default False
        Also draws, for each epoch, what the batches' own generators are seeded with.

    Raises
    ------
    ValueError
        If the batch size is not a positive integer, or `shuffle` or `drop_last` neither True nor False.

    Examples
    --------
    >>> order = Order(5, batch_size=2)
    >>> batches = order.through(lambda parts: (part.samples for part in parts))
    >>> next(batches)
    slice(0, 2, None)
    >>> resumed = Order(5, batch_size=2)
    >>> resumed.load_state_dict(order.state_dict())
    >>> list(resumed.through(lambda parts: (part.samples for part in parts)))
    [slice(2, 4, None), slice(4, 5, None)]
    """

    def __init__(
        self,
        size: int,
        batch_size: int,
        shuffle: bool = False,
        drop_last: bool = False,
        generator: np.random.Generator | None = None,
        seeded: bool = False,
    ) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ValueError(f"expected batch_size to be a positive integer, got batch_size={batch_size!r}")
        for name, value in (("shuffle", shuffle), ("drop_last", drop_last)):
            if not isinstance(value, (bool, np.bool_)):
                raise ValueError(f"expected {name} to be True or False, got {name}={value!r}")
        self.size, self.batch_size = size, int(batch_size)
        self.shuffle, self.drop_last, self.seeded = bool(shuffle), bool(drop_last), seeded
        self.generator = generator
        self._epoch: _Epoch | None = None  # the one begun last, until it is through
        self._resumes = False  # whether the next iteration goes on with it

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return self.size // self.batch_size if self.drop_last else -(-self.size // self.batch_size)

    def through(self, made: Callable[[Iterator[Part]], Generator[T, None, None]]) -> Generator[T, None, None]:
        """Yield what is made of the parts of an epoch: of a new one, or of what is left of one just loaded.

        `made` may run ahead: a batch counts as handed out when this iterator yields it.
        """
        if self._epoch is None or not self._resumes:
            self._epoch = self._begun()
        self._resumes = False
        epoch = self._epoch
        with closing(made(self._parts(epoch))) as batches:
            for batch in batches:
                epoch.handed_out += 1
                yield batch
        if self._epoch is epoch:
            self._epoch = None

    def state_dict(self) -> dict[str, Any]:
        """Return where the iteration begun last stands; a batch that it has yielded counts as done.

        The state of `nnlite.random` itself is not in it: that goes with the other generators of a checkpoint.
        """
        epoch = self._epoch
        return {
            "of": self._described(),
            "handed_out": 0 if epoch is None else epoch.handed_out,
            "before": None if epoch is None else epoch.before,
            "generator": None if self.generator is None else self.generator.bit_generator.state,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next iteration go on where the state was taken.

        Raises
        ------
        ValueError
            If the state is that of other samples, batches or ways to shuffle.
        """
        if dict(state["of"]) != self._described():
            raise ValueError(f"expected the state of {self._described()}, got that of {dict(state['of'])}")
        before, handed_out = state["before"], state["handed_out"]
        if not 0 <= handed_out <= len(self) or (handed_out and (before is not None) != self._draws):
            raise ValueError(f"expected a state that state_dict() gave, got {dict(state)}")
        if before is None:
            epoch = _Epoch(None, handed_out, None, None)
        else:
            again = copy.deepcopy(random.generator() if self.generator is None else self.generator)
            again.bit_generator.state = before
            epoch = _Epoch(before, handed_out, *self._drawn(again))
        if self.generator is not None:
            self.generator.bit_generator.state = state["generator"]
        self._resumes = handed_out > 0 or before is not None
        self._epoch = epoch if self._resumes else None

    @property
    def _draws(self) -> bool:
        """Whether an epoch begins with random numbers."""
        return self.shuffle or self.seeded

    def _begun(self) -> _Epoch:
        """Draw a new epoch."""
        if not self._draws:
            return _Epoch(None, 0, None, None)
        generator = random.draw_from(self.generator)
        before = generator.bit_generator.state
        return _Epoch(before, 0, *self._drawn(generator))

    def _drawn(self, generator: np.random.Generator) -> tuple[NDArray[np.int64] | None, int | None]:
        """Draw an order and what seeds the batches' generators, as far as they are wanted."""
        order = generator.permutation(self.size) if self.shuffle else None
        return order, int(generator.integers(2**63)) if self.seeded else None

    def _parts(self, epoch: _Epoch) -> Iterator[Part]:
        """Yield the parts that are not handed out yet."""
        for number in range(epoch.handed_out, len(self)):
            part = slice(number * self.batch_size, min((number + 1) * self.batch_size, self.size))
            samples = part if epoch.order is None else epoch.order[part]
            yield Part(samples, None if epoch.entropy is None else (epoch.entropy, number))

    def _described(self) -> dict[str, Any]:
        """Return what a state must have in common with the order that it is loaded into."""
        return {
            "size": self.size,
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "drop_last": self.drop_last,
            "seeded": self.seeded,
            "own_generator": self.generator is not None,
        }
