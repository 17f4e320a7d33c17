"""Iris: 150 flowers of three species, four measurements each, from scikit-learn (extra `sklearn`).

References
----------
R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7(2), 1936. UCI Machine
Learning Repository, licence CC BY 4.0.
"""

from nnlite.datasets._sklearn_layout import Pair, load_split

__all__ = ["load_data"]


def load_data(test_split: float = 0.2, seed: int = 0) -> tuple[Pair, Pair]:
    """Load the flowers, split so that both parts have the same share of each species.

    Parameters
    ----------
    test_split : float, default 0.2
        The part that goes to the test set, between 0 and 1.
    seed : int, default 0
        Same seed, same split.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : pairs of ndarrays
        Lengths and widths of sepals and petals in centimetres, of float32, shape (N, 4); labels of int64, shape (N,),
        0 for setosa, 1 for versicolor, 2 for virginica.

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
    ((120, 4), (30, 4))
    """
    return load_split("iris", test_split=test_split, seed=seed)
