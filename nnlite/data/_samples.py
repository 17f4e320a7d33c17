"""What users give as samples, as arrays: one, or a list, tuple or dict of them."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np

from nnlite._structure import placed
from nnlite.autograd import Tensor, default_dtype

__all__ = ["as_samples", "is_several", "number_of_samples"]


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


def number_of_samples(**given: Any) -> int:
    """Return how many samples there are in what `as_samples` gave, of which some may be None.

    Raises
    ------
    ValueError
        If there are none, or their numbers differ.
    """
    named = [entry for name, values in given.items() for entry in placed(values, name)]
    (first, array), *others = [(name, array) for name, array in named if array is not None]
    for name, other in others:
        if len(other) != len(array):
            raise ValueError(f"{first} has {len(array)} samples and {name} has {len(other)}")
    if not len(array):
        raise ValueError(f"expected at least one sample, got {first} of shape {array.shape}")
    return len(array)
