"""Breast cancer Wisconsin (diagnostic): 569 biopsies, 30 measurements each, from scikit-learn (extra `sklearn`).

References
----------
W. N. Street, W. H. Wolberg and O. L. Mangasarian, "Nuclear feature extraction for breast tumor diagnosis", IS&T/SPIE
International Symposium on Electronic Imaging, 1993. UCI Machine Learning Repository, licence CC BY 4.0.
"""

from nnlite.datasets._sklearn_layout import Pair, load_split

__all__ = ["load_data"]


def load_data(test_split: float = 0.2, seed: int = 0) -> tuple[Pair, Pair]:
    """Load the biopsies, split so that both parts have the same share of each diagnosis.

    Parameters
    ----------
    test_split : float, default 0.2
        The part that goes to the test set, between 0 and 1.
    seed : int, default 0
        Same seed, same split.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : pairs of ndarrays
        Measurements of float32, shape (N, 30), as they are (from hundredths to thousands: standardize them); labels
        of int64, shape (N,), 0 for malignant and 1 for benign.

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
    ((455, 30), (114, 30))
    """
    return load_split("breast_cancer", test_split=test_split, seed=seed)
