"""train_val_test_split: samples parted into what is trained, validated and tested on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlite import random
from nnlite.autograd import Tensor

__all__ = ["train_val_test_split"]

_PARTS = ("training", "validation", "test")


def train_val_test_split(
    *arrays: ArrayLike | Tensor,
    sizes: Sequence[float] = (0.8, 0.1, 0.1),
    stratify: ArrayLike | None = None,
    seed: random.Seed = None,
) -> list[NDArray[Any]]:
    """Part samples at random into training, validation and test data.

    Parameters
    ----------
    *arrays : array_like, shape (N, ...)
        Usually x and y; all are parted alike.
    sizes : three floats or three ints, default (0.8, 0.1, 0.1)
        The shares of the parts, which sum to 1, or their numbers of samples, which sum to N. A part may be 0.
    stratify : array_like, shape (N,), optional
        Labels, usually y: each part gets every class in its share of the whole, to the nearest sample.
    seed : int or numpy.random.Generator, optional
        Same seed, same parts; by default it is `nnlite.random.seed` that decides.

    Returns
    -------
    list of ndarray
        x_train, x_val, x_test, and the same of every further array.

    Raises
    ------
    ValueError
        If there are no arrays, the numbers of samples differ, the sizes do not sum to the whole or leave a part that
        is wanted empty, or a class has too few samples to be in every part.
    TypeError
        If the seed is none.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> x, y = np.arange(40.0).reshape(20, 2), np.repeat([0, 1], 10)
    >>> x_train, x_val, x_test, y_train, y_val, y_test = nl.data.train_val_test_split(x, y, stratify=y, seed=0)
    >>> x_train.shape, np.bincount(y_train), np.bincount(y_val), np.bincount(y_test)
    ((16, 2), array([8, 8]), array([1, 1]), array([1, 1]))
    """
    if not arrays:
        raise ValueError("train_val_test_split expected at least one array, got none")
    if any(isinstance(array, tuple) for array in arrays):
        raise ValueError(
            "train_val_test_split expected arrays by themselves, as in (x, y, seed=0), got a tuple of them"
        )
    given = [array.data if isinstance(array, Tensor) else np.asarray(array) for array in arrays]
    n = _number_of_samples(given)
    counts = _counts(sizes, n)
    generator = random.draw_from(random.from_seed(seed))
    order = generator.permutation(n)
    if stratify is not None:
        order = _stratified(order, _classes(stratify, n), counts, generator)
    ends = np.cumsum(counts)[:-1]
    return [array[part] for array in given for part in np.split(order, ends)]


def _number_of_samples(arrays: Sequence[NDArray[Any]]) -> int:
    """Return how many samples there are; raise if the arrays differ in it."""
    for number, array in enumerate(arrays):
        if not array.ndim or len(array) != len(arrays[0]):
            shapes = ", ".join(str(a.shape) for a in arrays)
            raise ValueError(f"expected arrays with as many samples as each other, got shapes {shapes} (see {number})")
    return len(arrays[0])


def _counts(sizes: Sequence[float], n: int) -> NDArray[np.int64]:
    """Return the number of samples of each part."""
    wanted = np.asarray(sizes)
    if wanted.shape != (3,) or wanted.dtype.kind not in "fiu" or not (wanted >= 0).all():
        raise ValueError(f"expected sizes to be three shares or numbers of samples, got sizes={sizes!r}")
    whole, what = (1.0, "shares that sum to 1") if wanted.dtype.kind == "f" else (n, f"numbers that sum to {n} samples")
    if abs(wanted.sum() - whole) > 1e-6 * whole:
        raise ValueError(f"expected sizes to be {what}, got sizes={sizes!r}, which sum to {wanted.sum():g}")
    counts = _apportioned(wanted.astype(np.float64), n, np.arange(3))
    for name, size, count in zip(_PARTS, wanted, counts, strict=True):
        if size and not count:
            raise ValueError(f"sizes={sizes!r} leave the {name} part without a sample: there are {n}")
    return counts


def _classes(stratify: ArrayLike, n: int) -> NDArray[np.int64]:
    """Return the number of each sample's class."""
    labels = np.asarray(stratify)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (n,):
        raise ValueError(f"expected stratify to hold a label for each of {n} samples, got shape {labels.shape}")
    _, classes = np.unique(labels, return_inverse=True)
    return classes


def _stratified(
    order: NDArray[np.int64], classes: NDArray[np.int64], counts: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return an order of the samples in which the parts, cut one after the other, have each class in its share."""
    by_class = order[np.argsort(classes[order], kind="stable")]
    members = np.split(by_class, np.cumsum(np.bincount(classes))[:-1])
    parts = np.count_nonzero(counts)
    smallest = min(members, key=len)
    if len(smallest) < parts:
        raise ValueError(f"stratify: the class of sample {smallest[0]} has {len(smallest)} samples, for {parts} parts")
    chosen: list[NDArray[np.int64]] = []
    for count in counts[::-1]:  # the test part first; what is left at last is the training part
        left = np.array([len(member) for member in members], np.float64)
        taken = _apportioned(left, int(count), generator.permutation(len(members)))
        part = np.concatenate([member[:k] for member, k in zip(members, taken, strict=True)])
        members = [member[k:] for member, k in zip(members, taken, strict=True)]
        chosen.insert(0, generator.permutation(part))
    return np.concatenate(chosen)


def _apportioned(weights: NDArray[np.float64], total: int, favour: NDArray[np.int64]) -> NDArray[np.int64]:
    """Part a whole number in proportion to weights, by largest remainders; `favour` says who comes first at a tie."""
    ideal = weights / weights.sum() * total if weights.sum() else weights
    parts = np.floor(ideal + 1e-9).astype(np.int64)
    remainders = np.round(ideal - parts, 9)
    first = favour[np.argsort(-remainders[favour], kind="stable")]
    parts[first[: total - parts.sum()]] += 1
    return parts
