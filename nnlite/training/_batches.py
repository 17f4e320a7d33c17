"""Arrays cut into batches."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite import random
from nnlite._structure import mapped, placed
from nnlite.autograd import Tensor, default_dtype

__all__ = ["Batch", "Batches", "is_several"]

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
        if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ValueError(f"expected batch_size to be a positive integer, got batch_size={batch_size!r}")
        self.x = as_samples("x", x)
        self.y = None if y is None else as_samples("y", y)
        self.sample_weight = None if sample_weight is None else as_samples("sample_weight", sample_weight)
        self.batch_size, self.shuffle = int(batch_size), shuffle
        named = [*placed(self.x, "x"), *placed(self.y, "y"), *placed(self.sample_weight, "sample_weight")]
        (first, array), *others = named
        self.size = len(array)
        for name, other in others:
            if other is not None and len(other) != self.size:
                raise ValueError(f"{first} has {self.size} samples and {name} has {len(other)}")
        if not self.size:
            raise ValueError(f"expected at least one sample, got {first} of shape {array.shape}")

    def split(self, share: float) -> tuple[Batches, Batches]:
        """Return the first samples, a share of them all, and the others, which are never shuffled."""
        first = int(self.size * share)
        if not 0 < first < self.size:
            raise ValueError(
                f"validation_split holds back {self.size - first} of {self.size} samples; there must be samples left "
                "to train on and to validate on"
            )
        return self._part(slice(0, first), self.shuffle), self._part(slice(first, None), False)

    def _part(self, part: slice, shuffle: bool) -> Batches:
        """Return a part of the samples."""
        return Batches(*self._taken(part), self.batch_size, shuffle)

    def _taken(self, index: Any) -> Batch:
        """Return the samples at an index."""

        def taken(array: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if array is None else array[index]

        return mapped(taken, self.x), mapped(taken, self.y), mapped(taken, self.sample_weight)

    def __len__(self) -> int:
        return -(-self.size // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        order = random.draw_from(None).permutation(self.size) if self.shuffle else None
        for start in range(0, self.size, self.batch_size):
            part = slice(start, start + self.batch_size)
            yield self._taken(part if order is None else order[part])


def is_several(values: Any) -> bool:
    """Tell a list of arrays, or a dict, from an array written as a list of numbers."""
    if isinstance(values, (list, tuple)):
        items = [item for item in values if item is not None]
        return bool(items) and all(
            isinstance(i, dict) or (isinstance(i, (np.ndarray, Tensor)) and i.ndim) for i in items
        )
    return isinstance(values, dict) and bool(values)


def as_samples(name: str, values: Any) -> Any:
    """Turn what the user gave into an array of samples, or a structure of them; a list of one array is the array.

    Lists of Python floats take the default dtype.
    """
    if is_several(values):
        if isinstance(values, dict):
            return {key: _entry(f"{name}[{key!r}]", value) for key, value in values.items()}
        found = [_entry(f"{name}[{i}]", value) for i, value in enumerate(values)]
        return found[0] if len(found) == 1 else found
    try:
        array = values.data if isinstance(values, Tensor) else np.asarray(values)
    except ValueError as error:
        raise ValueError(f"expected {name} to be an array of samples: {error}") from None
    if not array.ndim:
        raise ValueError(f"expected {name} to be an array of samples, got {reprlib.repr(values)}")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"expected {name} to hold numbers, got an array of dtype {array.dtype}")
    return array.astype(default_dtype()) if isinstance(values, list) and array.dtype.kind == "f" else array


def _entry(name: str, values: Any) -> Any:
    """Turn one of several into an array of samples; an output may have no targets, or no weights."""
    return None if values is None else as_samples(name, values)
