"""Arrays cut into batches."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite import random
from nnlite.autograd import Tensor, default_dtype

__all__ = ["Batch", "Batches"]

Batch = tuple[NDArray[Any], NDArray[Any] | None, NDArray[Any] | None]  # inputs, targets, weights of the samples


class Batches:
    """Inputs, targets and weights, a batch at a time; shuffled anew for each pass if wanted.

    Parameters
    ----------
    x : array_like, shape (N, ...)
    y : array_like, shape (N, ...), optional
    sample_weight : array_like, shape (N,), optional
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
        for name, array in (("y", self.y), ("sample_weight", self.sample_weight)):
            if array is not None and len(array) != len(self.x):
                raise ValueError(f"x has {len(self.x)} samples and {name} has {len(array)}")
        if not len(self.x):
            raise ValueError(f"expected at least one sample, got x of shape {self.x.shape}")

    def split(self, share: float) -> tuple[Batches, Batches]:
        """Return the first samples, a share of them all, and the others, which are never shuffled."""
        first, number = int(len(self.x) * share), len(self.x)
        if not 0 < first < number:
            raise ValueError(
                f"validation_split holds back {number - first} of {number} samples; there must be samples left to "
                "train on and to validate on"
            )
        return self._part(slice(0, first), self.shuffle), self._part(slice(first, None), False)

    def _part(self, part: slice, shuffle: bool) -> Batches:
        """Return a part of the samples."""
        y = None if self.y is None else self.y[part]
        sample_weight = None if self.sample_weight is None else self.sample_weight[part]
        return Batches(self.x[part], y, sample_weight, self.batch_size, shuffle)

    def __len__(self) -> int:
        return -(-len(self.x) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        order = random.draw_from(None).permutation(len(self.x)) if self.shuffle else None
        for start in range(0, len(self.x), self.batch_size):
            part = slice(start, start + self.batch_size)
            index = part if order is None else order[part]
            yield (
                self.x[index],
                None if self.y is None else self.y[index],
                None if self.sample_weight is None else self.sample_weight[index],
            )


def as_samples(name: str, values: Any) -> NDArray[Any]:
    """Turn what the user gave into an array of samples; lists of Python floats take the default dtype."""
    try:
        array = values.data if isinstance(values, Tensor) else np.asarray(values)
    except ValueError as error:
        raise ValueError(f"expected {name} to be an array of samples: {error}") from None
    if not array.ndim:
        raise ValueError(f"expected {name} to be an array of samples, got {reprlib.repr(values)}")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"expected {name} to hold numbers, got an array of dtype {array.dtype}")
    return array.astype(default_dtype()) if isinstance(values, list) and array.dtype.kind == "f" else array
