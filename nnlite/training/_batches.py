"""Arrays cut into batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from nnlite._structure import mapped
from nnlite.data._order import Order
from nnlite.data._samples import as_samples, number_of_samples

__all__ = ["Batch", "Batches"]

# Inputs, targets and weights of the samples: an array, or a list or dict of arrays; targets and weights may be None.
Batch = tuple[Any, Any, Any]


class Batches:
    """Inputs, targets and weights, a batch at a time; shuffled anew for each pass if wanted.

    Parameters
    ----------
    x : array_like, shape (N, ...), or list, tuple or dict of arrays
    y : array_like, shape (N, ...), or list, tuple or dict of arrays, optional
    sample_weight : array_like, shape (N,), or list, tuple or dict of arrays and None, optional
    batch_size : int
    shuffle : bool
        Draws the order from `nnlite.random`.

    Raises
    ------
    ValueError
        If there are no samples, the numbers of samples differ, or the batch size is not positive.
    """

    def __init__(self, x: Any, y: Any = None, sample_weight: Any = None, batch_size: int = 32, shuffle: bool = False):
        self.x = as_samples("x", x)
        self.y = None if y is None else as_samples("y", y)
        self.sample_weight = None if sample_weight is None else as_samples("sample_weight", sample_weight)
        size = number_of_samples(x=self.x, y=self.y, sample_weight=self.sample_weight)
        self.order = Order(size, batch_size, shuffle)

    @property
    def size(self) -> int:
        """The number of samples."""
        return self.order.size

    @property
    def batch_size(self) -> int:
        """The number of samples in a batch; the last may have fewer."""
        return self.order.batch_size

    def split(self, share: float) -> tuple[Batches, Batches]:
        """Return the first samples, a share of them all, and the others, which are never shuffled."""
        first = int(self.size * share)
        if not 0 < first < self.size:
            raise ValueError(
                f"validation_split holds back {self.size - first} of {self.size} samples; there must be samples left "
                "to train on and to validate on"
            )
        return self._part(slice(0, first), self.order.shuffle), self._part(slice(first, None), False)

    def _part(self, part: slice, shuffle: bool) -> Batches:
        """Return a part of the samples."""
        return Batches(*self._taken(part), self.batch_size, shuffle)

    def _taken(self, index: Any) -> Batch:
        """Return the samples at an index."""

        def taken(array: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if array is None else array[index]

        return mapped(taken, self.x), mapped(taken, self.y), mapped(taken, self.sample_weight)

    def first(self) -> Batch:
        """Return a batch as an example."""
        return self._taken(slice(0, self.batch_size))

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[Batch]:
        return self.order.through(lambda parts: (self._taken(part.samples) for part in parts))

    def state_dict(self) -> dict[str, Any]:
        """Return where in its epoch the iteration begun last stands; the batch that it has yielded counts as done."""
        return self.order.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next iteration go on where the state was taken."""
        self.order.load_state_dict(state)
