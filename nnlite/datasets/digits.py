"""Digits: 1,797 real handwritten digits, 8x8 pixels, that come with scikit-learn (extra `sklearn`).

References
----------
E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository, 1998, licence
CC BY 4.0.
"""

from nnlite.datasets._sklearn_layout import Pair, load_split

__all__ = ["load_data"]


def load_data() -> tuple[Pair, Pair]:
    """Load the digits, always split the same way: four fifths of every class to train, one fifth to test.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : pairs of ndarrays
        Images of float32, shapes (1437, 8, 8) and (360, 8, 8), from 0 (paper) to 16 (ink); labels 0 to 9 of int64,
        shapes (1437,) and (360,).

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, x_test.shape, float(x_train.max())
    ((1437, 8, 8), (360, 8, 8), 16.0)
    """
    return load_split("digits", test_split=0.2, seed=0)
