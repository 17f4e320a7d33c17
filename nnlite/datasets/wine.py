"""Wine: 178 wines of three cultivars, 13 measurements each, from scikit-learn (extra `sklearn`).

References
----------
S. Aeberhard and M. Forina, "Wine", UCI Machine Learning Repository, 1991, licence CC BY 4.0.
"""

from nnlite.datasets._sklearn_layout import Pair, load_split

__all__ = ["load_data"]


def load_data(test_split: float = 0.2, seed: int = 0) -> tuple[Pair, Pair]:
    """Load the wines, split so that both parts have the same share of each cultivar.

    Parameters
    ----------
    test_split : float, default 0.2
        The part that goes to the test set, between 0 and 1.
    seed : int, default 0
        Same seed, same split.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : pairs of ndarrays
        Measurements of float32, shape (N, 13), as they are (from tenths to thousands: standardize them); labels 0 to 2
        of int64, shape (N,).

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    ValueError
        If `test_split` does not lie between 0 and 1.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, x_test.shape
    ((142, 13), (36, 13))
    """
    return load_split("wine", test_split=test_split, seed=seed)
