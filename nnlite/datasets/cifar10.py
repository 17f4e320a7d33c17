"""CIFAR-10: 60,000 colour photographs of ten kinds of things, 32x32 pixels.

References
----------
A. Krizhevsky, "Learning multiple layers of features from tiny images", technical report, University of Toronto, 2009.
"""

import warnings

import numpy as np
from numpy.typing import NDArray

from nnlite.datasets._cache import DataFile, in_user_folder, locate
from nnlite.datasets._cifar_layout import BATCH, Batches, read_archive, read_batch

__all__ = ["load_data"]

Images = tuple[NDArray[np.uint8], NDArray[np.uint8]]

_MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
_ARCHIVE = DataFile(
    "cifar-10-binary.tar.gz",
    170_052_171,
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    as_is=True,
)
_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
_TEST = "test_batch.bin"


def load_data() -> tuple[Images, Images]:
    """Load CIFAR-10: from `$NNLITE_DATA/cifar10`, else from the cache, else from the network.

    `$NNLITE_DATA/cifar10` may hold the archive of the binary version, or the batches in it. If some of the batches are
    missing, those that are there are loaded, with a warning; there must be one to train on and the one to test on.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : pairs of ndarrays of uint8
        Images of shapes (50000, 32, 32, 3) and (10000, 32, 32, 3), red, green and blue from 0 to 255; labels of shapes
        (50000, 1) and (10000, 1): airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.

    Raises
    ------
    FileNotFoundError
        If the files are nowhere and cannot be downloaded; says which to put where.
    nnlite.io.FormatError
        If a file in `$NNLITE_DATA` is damaged.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> x_train.shape, y_train.shape  # doctest: +SKIP
    ((50000, 32, 32, 3), (50000, 1))
    """
    paths = in_user_folder("cifar10", [*_TRAIN, _TEST])
    if _TEST in paths and len(paths) > 1:
        batches = {name: read_batch(path) for name, path in paths.items()}
        _tell_what_is_missing(batches)
    else:
        (archive,) = locate("cifar10", [_ARCHIVE], _MIRRORS, instead=f"{_TRAIN[0]} to {_TRAIN[-1]} and {_TEST}")
        batches = read_archive(archive, [*_TRAIN, _TEST])
    train = [batches[name] for name in _TRAIN if name in batches]
    x_train, y_train = (np.concatenate(arrays) for arrays in zip(*train, strict=True))
    return (x_train, y_train), batches[_TEST]


def _tell_what_is_missing(batches: Batches) -> None:
    """Warn if these are not all of CIFAR-10."""
    test = len(batches[_TEST][0])
    train = sum(len(x) for x, _ in batches.values()) - test
    if train < len(_TRAIN) * BATCH or test < BATCH:
        warnings.warn(
            f"cifar10: {', '.join(batches)} in $NNLITE_DATA hold {train} of {len(_TRAIN) * BATCH} images to train on "
            f"and {test} of {BATCH} to test on; the others are not there",
            UserWarning,
            stacklevel=3,
        )
