"""Dataset: samples by number, one at a time or a batch of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nnlite._structure import leaves, mapped
from nnlite.autograd import Tensor, default_dtype
from nnlite.data._samples import as_samples, number_of_samples

__all__ = ["ArrayDataset", "Dataset", "as_dataset"]


class Dataset(ABC):
    """Samples by number; a subclass says how many there are and gives one of them.

    A sample is what a batch has along its first axis: an array or a number, or a tuple, list or dict of them, usually
    a pair (x, y). All samples have the same structure and shapes.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> class Squares(nl.data.Dataset):
    ...     def __len__(self):
    ...         return 1000
    ...
    ...     def __getitem__(self, index):
    ...         return np.array([index], "float32"), index**2
    >>> x, y = next(iter(nl.data.DataLoader(Squares(), batch_size=4)))
    >>> x.shape, y
    ((4, 1), array([0, 1, 4, 9]))
    """

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of samples."""

    @abstractmethod
    def __getitem__(self, index: int, /) -> Any:
        """Return the sample of a number, from 0 on."""

    def batch(self, indices: Sequence[int] | NDArray[np.integer]) -> Any:
        """Return several samples, each array of them stacked on a new first axis.

        A subclass that can take many at once overrides this. Python floats take the default dtype.

        Raises
        ------
        ValueError
            If the samples differ in structure or shape.
        """
        samples = [self[int(i)] for i in indices]
        columns = [list(leaves(sample)) for sample in samples]
        for number, column in zip(indices, columns, strict=True):
            if len(column) != len(columns[0]):
                raise ValueError(
                    f"expected samples of one structure, got {len(columns[0])} values in sample {indices[0]} and "
                    f"{len(column)} in sample {number}"
                )
        stacked = iter([_stacked(column, indices) for column in zip(*columns, strict=True)])
        return mapped(lambda _: next(stacked), samples[0])


class ArrayDataset(Dataset):
    """Samples that lie in arrays, along their first axes: in memory, or in a file by `numpy.memmap`.

    Parameters
    ----------
    *arrays : array_like, shape (N, ...), or list or dict of arrays
        Usually x and y; a model with several inputs or outputs has lists or dicts of them. Memory-mapped files are
        read where samples are taken, and nowhere else.

    Raises
    ------
    ValueError
        If there are no samples, or their numbers differ.
    TypeError
        If an array does not hold numbers.

    Examples
    --------
    >>> import nnlite as nl
    >>> dataset = nl.data.ArrayDataset([[0.0, 1.0], [2.0, 3.0]], [7, 8])
    >>> len(dataset), dataset[1]
    (2, (array([2., 3.], dtype=float32), np.int64(8)))
    >>> dataset.batch([1, 0])
    (array([[2., 3.],
           [0., 1.]], dtype=float32), array([8, 7]))
    """

    def __init__(self, *arrays: Any) -> None:
        if not arrays:
            raise ValueError("expected at least one array, got none")
        names = ["x", "y", "sample_weight"] if len(arrays) <= 3 else [f"arrays[{i}]" for i in range(len(arrays))]
        named = {name: as_samples(name, given) for name, given in zip(names, arrays, strict=False)}
        self._arrays: Any = tuple(named.values())
        self._size = number_of_samples(**named)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: int, /) -> Any:
        if not -self._size <= index < self._size:
            raise IndexError(f"expected an index below {self._size}, got {index}")
        return mapped(lambda array: array[index], self._arrays)

    def batch(self, indices: Sequence[int] | NDArray[np.integer]) -> Any:
        """Return the samples of some numbers as new arrays."""
        return mapped(lambda array: array[np.asarray(indices)], self._arrays)


class _Structure(ArrayDataset):
    """Samples that lie in an array or a dict of arrays, as their batches do."""

    def __init__(self, given: Any) -> None:
        super().__init__(given)
        (self._arrays,) = self._arrays


class _Foreign(Dataset):
    """Samples in an object that has them by number, such as a list or a dataset of PyTorch."""

    def __init__(self, samples: _ByNumber) -> None:
        self._samples = samples

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int, /) -> Any:
        return self._samples[index]


@runtime_checkable
class _Array(Protocol):
    """What NumPy can make an array of: arrays, Tensors, tables of pandas."""

    def __array__(self) -> NDArray[Any]: ...


@runtime_checkable
class _ByNumber(Protocol):
    """What has a length and items."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


def as_dataset(given: Any) -> Dataset:
    """Make a dataset of what a user gives as one.

    An array or a dict of arrays has batches that are the same; a tuple of arrays, or a list, has tuples. A list of
    samples, that is of tuples or dicts, is a dataset too, as is another object with `__len__` and `__getitem__`.
    """
    if isinstance(given, Dataset):
        return given
    if isinstance(given, list):
        if given and (all(type(item) is tuple for item in given) or all(isinstance(item, dict) for item in given)):
            return _Foreign(given)
        return ArrayDataset(*given) if any(isinstance(item, _Array) for item in given) else _Structure(given)
    if type(given) is tuple:
        return ArrayDataset(*given)
    if isinstance(given, (_Array, dict)):
        return _Structure(given)
    if isinstance(given, _ByNumber) and not isinstance(given, (str, bytes)):
        return _Foreign(given)
    raise TypeError(
        "expected a Dataset, an array, a tuple of arrays such as (x, y), or an object with __len__ and __getitem__, "
        f"got a {type(given).__name__}"
    )


def _stacked(values: Sequence[Any], indices: Sequence[int] | NDArray[np.integer]) -> NDArray[Any]:
    """Return one of the arrays or numbers of each sample, on a new first axis."""
    arrays = [value.data if isinstance(value, Tensor) else np.asarray(value) for value in values]
    for number, value, array in zip(indices, values, arrays, strict=True):
        if array.dtype.kind not in "fiub":
            raise TypeError(f"expected samples of numbers and arrays of them, got {value!r} in sample {number}")
        if array.shape != arrays[0].shape:
            raise ValueError(
                f"expected samples of one shape, got {arrays[0].shape} in sample {indices[0]} and {array.shape} in "
                f"sample {number}"
            )
    whole = np.stack(arrays)
    return whole.astype(default_dtype()) if type(values[0]) is float else whole
