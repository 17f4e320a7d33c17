"""Data sets that are laid out as MNIST is: four IDX files of 28x28 grey images and their labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlite.datasets._cache import DataFile, locate
from nnlite.datasets._idx import read_idx
from nnlite.io import FormatError

__all__ = ["Images", "Sums", "load_images"]

Images = tuple[NDArray[np.uint8], NDArray[np.uint8]]

_SIDE = 28  # pixels
_CLASSES = 10
_TRAIN = 60_000
_TEST = 10_000


class Sums(NamedTuple):
    """The SHA-256 of each file's uncompressed bytes."""

    train_images: str
    train_labels: str
    test_images: str
    test_labels: str


def load_images(dataset: str, mirrors: Sequence[str], sums: Sums) -> tuple[Images, Images]:
    """Find the four files, or fetch them, and read them: ((x_train, y_train), (x_test, y_test))."""
    files = [
        DataFile("train-images-idx3-ubyte", 16 + _TRAIN * _SIDE * _SIDE, sums.train_images),
        DataFile("train-labels-idx1-ubyte", 8 + _TRAIN, sums.train_labels),
        DataFile("t10k-images-idx3-ubyte", 16 + _TEST * _SIDE * _SIDE, sums.test_images),
        DataFile("t10k-labels-idx1-ubyte", 8 + _TEST, sums.test_labels),
    ]
    train_images, train_labels, test_images, test_labels = locate(dataset, files, mirrors)
    return _read_pair(train_images, train_labels, _TRAIN), _read_pair(test_images, test_labels, _TEST)


def _read_pair(images: Path, labels: Path, max_items: int) -> Images:
    """Read images and their labels, of which there must be as many."""
    x = read_idx(images, max_items=max_items, item_shape=(_SIDE, _SIDE))
    y = read_idx(labels, max_items=max_items)
    if len(x) != len(y):
        raise FormatError(f"{labels}: expected {len(x)} labels, one for each image in {images}, found {len(y)}")
    if y.max() >= _CLASSES:
        raise FormatError(f"{labels}: expected labels from 0 to {_CLASSES - 1}, found {y.max()}")
    return x, y
