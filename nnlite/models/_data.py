"""The data that a model is given, as batches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.data import DataLoader, Dataset
from nnlite.training import Batches, Feed, Source, Stream, Validation, is_stream

__all__ = ["as_batches", "as_one_batch", "check_integer", "training_data", "weighted_by_class"]


def training_data(
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_size: int,
    shuffle: bool,
    class_weight: Mapping[int, float] | None,
    steps: int | None,
    validation_split: float,
    validation_data: Any,
    validation_batch_size: int | None,
    validation_steps: int | None,
    validation_freq: int | Collection[int],
    needed_by: str | None,
) -> tuple[Feed, Validation | None]:
    """Return what `fit` trains on and what it validates on, from its arguments."""
    if not isinstance(validation_split, (int, float, np.number)) or not 0 <= validation_split < 1:
        raise ValueError(f"expected validation_split in [0, 1), got validation_split={validation_split!r}")
    if steps is not None:
        check_integer("steps_per_epoch", steps, 1)
    train, held_back = as_batches("x", x, y, sample_weight, batch_size, shuffle, needed_by), None
    if isinstance(train, Stream) and validation_split and validation_data is None:
        raise ValueError(
            f"validation_split={validation_split!r} is for arrays, and x is a {type(x).__name__}: split the data first "
            "(nnlite.data.train_val_test_split), and pass the second part as validation_data"
        )
    if validation_data is not None:
        size = batch_size if validation_batch_size is None else validation_batch_size
        held_back = _validation_batches(validation_data, size, needed_by)
    elif validation_split and isinstance(train, Batches):
        train, held_back = train.split(1 - validation_split)
        if validation_batch_size is not None:
            held_back = Batches(held_back.x, held_back.y, held_back.sample_weight, validation_batch_size)
    if class_weight is not None:  # the validation is not weighted by class
        _check_class_weight(class_weight)
        if isinstance(train, Stream):
            train.weigh = lambda y, weight: weighted_by_class(y, class_weight, weight)
        else:
            train.sample_weight = weighted_by_class(train.y, class_weight, train.sample_weight)
    validation = None if held_back is None else _validation(held_back, validation_steps, validation_freq)
    return Feed(train, steps), validation


def as_batches(
    name: str,
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_size: int = 32,
    shuffle: bool = False,
    needed_by: str | None = None,
) -> Source:
    """Return arrays cut into batches, or the batches of a loader.

    Raises
    ------
    ValueError
        If there are targets or weights besides a loader, or no targets where they are needed.
    """
    if isinstance(x, Dataset):
        x = DataLoader(x, batch_size, shuffle)
    if not is_stream(x):
        if y is None and needed_by is not None:
            raise ValueError(f"{needed_by}() needs targets y, unless {name} is a loader of batches (x, y)")
        return Batches(x, y, sample_weight, batch_size, shuffle)
    for argument, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"{argument} is for arrays, and {name} is a {type(x).__name__}: it gives batches (x, y) or "
                "(x, y, sample_weight)"
            )
    return Stream(name, x, needed_by)


def as_one_batch(x: Any, y: Any = None, sample_weight: Any = None) -> Batches:
    """Return all samples as a single batch."""
    batches = Batches(x, y, sample_weight)
    batches.order.batch_size = batches.size
    return batches


def check_integer(name: str, value: Any, least: int) -> None:
    """Require an integer that is large enough."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"expected {name} to be an integer of at least {least}, got {name}={value!r}")


def _validation_batches(data: Any, batch_size: int, needed_by: str | None) -> Source:
    """Check that validation data are a pair, a triple or a loader, and cut them into batches."""
    if is_stream(data) or isinstance(data, Dataset):
        return as_batches("validation_data", data, None, None, batch_size, needed_by=needed_by)
    if not isinstance(data, (tuple, list)) or len(data) not in (2, 3) or data[1] is None:
        got = f"{len(data)} values" if isinstance(data, (tuple, list)) else f"a {type(data).__name__}"
        raise ValueError(
            f"expected validation_data to be (x, y) or (x, y, sample_weight), or a loader of such batches, got {got}"
        )
    x, y, sample_weight = (*data, None)[:3]
    try:
        return Batches(x, y, sample_weight, batch_size)
    except (TypeError, ValueError) as error:
        raise type(error)(f"validation_data: {error}") from None


def _validation(source: Source, steps: int | None, freq: int | Collection[int]) -> Validation:
    """Check how much is validated on, and when."""
    if steps is not None:
        check_integer("validation_steps", steps, 1)
    if isinstance(freq, str) or not isinstance(freq, Collection):
        check_integer("validation_freq", freq, 1)
    return Validation(source, steps, freq)


def weighted_by_class(y: Any, class_weight: Mapping[int, float], sample_weight: Any) -> NDArray[Any]:
    """Return the weight of each sample by its class, integer or one-hot, times its own."""
    if not isinstance(y, np.ndarray) or not isinstance(sample_weight, (np.ndarray, type(None))):
        raise ValueError("class_weight is for models with one output; give each output a sample_weight instead")
    labels = y.argmax(axis=-1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(len(y), -1)
    if labels.size != len(y):
        raise ValueError(f"class_weight needs one label, integer or one-hot, for each sample, got y of shape {y.shape}")
    weights = np.array([class_weight.get(int(label), 1.0) for label in labels.flat])
    return weights if sample_weight is None else np.asarray(weights * sample_weight.reshape(len(y)))


def _check_class_weight(given: Any) -> None:
    """Require numbers by class: a class of another name would never be met."""
    if not isinstance(given, Mapping):
        raise TypeError(f"expected class_weight to be a mapping such as {{0: 1.0, 1: 5.0}}, got {given!r}")
    for label, weight in given.items():
        if not isinstance(label, (int, float, np.number)) or not float(label).is_integer():
            raise TypeError(f"expected class_weight for integers, as {{0: 1.0, 1: 5.0}} has them, got it for {label!r}")
        if not isinstance(weight, (int, float, np.number)) or not np.isfinite(weight):
            raise TypeError(f"expected class_weight[{label}] to be a finite number, got {weight!r}")
