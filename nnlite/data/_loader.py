"""DataLoader: the batches of a dataset, in order or shuffled, made when they are asked for or ahead."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnlite import random
from nnlite.data._dataset import Dataset, as_dataset
from nnlite.data._order import Order, Part
from nnlite.data._prefetch import made_ahead

__all__ = ["DataLoader"]

Transform = Callable[..., Any]


class DataLoader:
    """The batches of a dataset: each pass over it is an epoch.

    Parameters
    ----------
    dataset : Dataset, array_like, dict of arrays, or tuple of arrays
        `(x, y)` gives pairs of arrays, an array x alone gives arrays. So do files too large for memory, by
        `numpy.memmap`: only the samples of a batch are read. Any object with `__len__` and `__getitem__` is a dataset.
    batch_size : int, default 1
        Samples in a batch; the last batch has what is left.
    shuffle : bool, default False
        Whether each epoch goes through the samples in a new order.
    drop_last : bool, default False
        Whether to leave out a last batch that is not full.
    seed : int or numpy.random.Generator, optional
        Makes the orders, and what random transforms draw, the same for each loader with this seed; by default
        `nnlite.random.seed` does.
    prefetch : int, default 0
        How many batches a thread makes ahead; it changes nothing but the time.
    transform : callable, or list of them, optional
        What to do with each batch: a function of x, or of as many arguments as a batch has arrays, such as (x, y),
        returning as many. One with a parameter `generator`, such as `RandomFlip`, is given the batch's own generator,
        which `nnlite.random` draws from as well meanwhile: so neither prefetching nor resuming changes what is drawn.
        Several are applied in turn.

    Raises
    ------
    TypeError
        If the dataset, the seed or a transform is nothing of the kind.
    ValueError
        If there are no samples, the numbers of samples differ, or an argument is out of range.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> loader = nl.data.DataLoader((x, y), batch_size=2, shuffle=True, seed=0)
    >>> len(loader)
    3
    >>> [labels.tolist() for images, labels in loader]
    [[2, 4], [3, 0], [1]]

    Random transforms, and going on in the middle of an epoch:

    >>> augmented = nl.data.DataLoader(
    ...     (np.ones((8, 4, 4, 1)), np.arange(8)), 4, transform=[nl.data.RandomFlip(), nl.data.RandomShift(1)]
    ... )
    >>> for images, labels in augmented:
    ...     break  # a training that is stopped after a batch
    >>> state = augmented.state_dict()
    >>> augmented.load_state_dict(state)
    >>> [labels.tolist() for images, labels in augmented]
    [[4, 5, 6, 7]]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: random.Seed = None,
        prefetch: int = 0,
        transform: Transform | Sequence[Transform] | None = None,
    ) -> None:
        if np.ndim(batch_size):
            raise TypeError(
                "expected DataLoader((x, y), batch_size), with one tuple of arrays, got x and y by themselves"
            )
        self.dataset: Dataset = as_dataset(dataset)
        if isinstance(prefetch, bool) or not isinstance(prefetch, (int, np.integer)) or prefetch < 0:
            raise ValueError(f"expected prefetch to be a number of batches, 0 or more, got prefetch={prefetch!r}")
        if len(self.dataset) < 1:
            raise ValueError(f"expected at least one sample, got a {type(self.dataset).__name__} without any")
        self.prefetch = int(prefetch)
        self._steps = [_Step(one) for one in _listed(transform)]
        size = len(self.dataset)
        self._order = Order(size, batch_size, shuffle, drop_last, random.from_seed(seed), seeded=bool(self._steps))
        if not len(self._order):
            raise ValueError(f"drop_last leaves no batch: there are {size} samples, and batch_size={batch_size}")

    @property
    def batch_size(self) -> int:
        """The number of samples in a batch."""
        return self._order.batch_size

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(self._order)

    def __iter__(self) -> Iterator[Any]:
        return self._order.through(self._batches)

    def state_dict(self) -> dict[str, Any]:
        """Return where in its epoch the iteration begun last stands, for `load_state_dict`.

        The batch that it has given last counts as done; what was only made ahead does not. A loader without a seed
        draws from `nnlite.random`, whose own state is not in here.
        """
        return self._order.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next iteration go on where the state was taken.

        Raises
        ------
        ValueError
            If the state is that of other samples, batches or ways to shuffle.
        """
        self._order.load_state_dict(state)

    def _batches(self, parts: Iterator[Part]) -> Generator[Any, None, None]:
        """Return the batches of an epoch's parts."""
        batches = (self._made(part) for part in parts)
        return made_ahead(batches, self.prefetch) if self.prefetch else batches

    def _made(self, part: Part) -> Any:
        """Take the samples of a part, and transform them."""
        samples = part.samples
        batch = self.dataset.batch(np.arange(samples.start, samples.stop) if isinstance(samples, slice) else samples)
        if isinstance(batch, list):  # of samples [x, y]
            batch = tuple(batch)
        if part.seed is None:
            return batch
        generator = np.random.default_rng(part.seed)
        with random.replaced(generator):
            for step in self._steps:
                batch = step(batch, generator)
        return batch


class _Step:
    """A transform, and what it is to be given."""

    def __init__(self, transform: Transform) -> None:
        if isinstance(transform, type):
            raise TypeError(f"expected an object as transform, {transform.__name__}(...), got the class itself")
        if not callable(transform):
            raise TypeError(f"expected transform to be a function of a batch, or a list of them, got {transform!r}")
        self._transform = transform
        parameters = _parameters(transform)
        self.draws = "generator" in parameters
        self._arguments = sum(
            name != "generator" and p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
            for name, p in parameters.items()
        )

    def __call__(self, batch: Any, generator: np.random.Generator) -> Any:
        drawing = {"generator": generator} if self.draws else {}
        if type(batch) is not tuple:
            return self._transform(batch, **drawing)
        if self._arguments < 2:
            return self._transform(batch[0], **drawing), *batch[1:]
        if self._arguments != len(batch):
            raise ValueError(
                f"the transform {self._transform!r} takes {self._arguments} arguments, and a batch has {len(batch)}"
            )
        made = self._transform(*batch, **drawing)
        if not isinstance(made, (tuple, list)) or len(made) != len(batch):
            raise ValueError(
                f"expected the transform {self._transform!r} to return {len(batch)} values, as many as it takes, got "
                f"{f'{len(made)} values' if isinstance(made, (tuple, list)) else f'a {type(made).__name__}'}"
            )
        return tuple(made)


def _listed(transform: Transform | Sequence[Transform] | None) -> Sequence[Transform]:
    """Return a transform, several or none as a list."""
    if transform is None:
        return []
    return transform if isinstance(transform, (list, tuple)) else [transform]  # type: ignore[list-item]


def _parameters(transform: Transform) -> Mapping[str, inspect.Parameter]:
    """Return a function's parameters; none where a built-in hides them."""
    try:
        return inspect.signature(transform).parameters
    except ValueError:
        return {}
