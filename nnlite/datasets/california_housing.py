"""California housing: 20,640 districts of 1990, eight numbers each, and the median price of a house in each.

The file is the one that Keras offers, with the numbers of the census as they are.

References
----------
R. K. Pace and R. Barry, "Sparse spatial autoregressions", Statistics and Probability Letters 33(3), 1997.
"""

import numpy as np
from numpy.typing import NDArray

from nnlite.datasets._cache import DataFile, locate
from nnlite.io import FormatError, load_npz

__all__ = ["load_data"]

Pair = tuple[NDArray[np.float32], NDArray[np.float32]]

_MIRRORS = ("https://storage.googleapis.com/tensorflow/tf-keras-datasets/",)
_FILE = DataFile(
    "california_housing.npz", 743_530, "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f", as_is=True
)
_MOST, _FEATURES = 20_640, 8
_SIZES = {"large": _MOST, "small": 600}


def load_data(version: str = "large", test_split: float = 0.2, seed: int = 113) -> tuple[Pair, Pair]:
    """Load the districts, shuffled and split as in Keras.

    They come from `$NNLITE_DATA/california_housing`, else from the cache, else from the network.

    Parameters
    ----------
    version : {"large", "small"}, default "large"
        All districts, or the first 600.
    test_split : float, default 0.2
        The part that goes to the test set, from 0 on and below 1.
    seed : int, default 113
        Same seed, same split.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : pairs of ndarrays of float32
        Of shape (N, 8): longitude, latitude, median age of the houses, rooms, bedrooms, people, households, median
        income in 10,000 dollars; standardize them. Of shape (N,): the median price in dollars.

    Raises
    ------
    FileNotFoundError
        If the file is nowhere and cannot be downloaded; says where to put it.
    nnlite.io.FormatError
        If the file in `$NNLITE_DATA` is damaged.
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> x_train.shape, x_test.shape  # doctest: +SKIP
    ((16512, 8), (4128, 8))
    """
    if version not in _SIZES:
        raise ValueError(f'california_housing.load_data: `version` (={version!r}) must be "large" or "small"')
    if not 0 <= test_split < 1:
        raise ValueError(f"california_housing.load_data: `test_split` (={test_split}) must lie in [0, 1)")
    (path,) = locate("california_housing", [_FILE], _MIRRORS)
    arrays = load_npz(path, max_bytes=2 * _FILE.size)
    x, y = arrays.get("x"), arrays.get("y")
    if x is None or y is None or y.ndim != 1 or x.shape != (len(y), _FEATURES) or not 1 <= len(y) <= _MOST:
        found = ", ".join(f"{name} of shape {array.shape}" for name, array in arrays.items())
        wanted = f"x of shape (N, {_FEATURES}) and y of shape (N,), N from 1 to {_MOST}"
        raise FormatError(f"{path}: expected {wanted}, found {found or 'nothing'}")
    for name, array in (("x", x), ("y", y)):
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise FormatError(f"{path}: expected {name} to hold finite floats, found {array.dtype}, NaN or infinity")
    n = min(len(y), _SIZES[version])
    order = np.arange(n)
    np.random.RandomState(seed).shuffle(order)
    x, y = x[order].astype(np.float32), y[order].astype(np.float32)
    end = int(n * (1 - test_split))
    return (x[:end], y[:end]), (x[end:], y[end:])
