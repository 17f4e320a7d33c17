"""Data sets that scikit-learn brings along: no file to look for, and a split of nnlite's own."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pair", "load_split"]

Pair = tuple[NDArray[np.float32], NDArray[np.int64]]


def load_split(dataset: str, *, test_split: float, seed: int) -> tuple[Pair, Pair]:
    """Load a data set of scikit-learn's and split it, keeping the share of every class."""
    try:
        from sklearn import datasets
        from sklearn.model_selection import train_test_split
    except ImportError as error:
        raise ImportError(
            f'nnlite.datasets.{dataset} needs scikit-learn, the extra `sklearn`: pip install "nnlite[sklearn]"'
        ) from error
    if not 0 < test_split < 1:
        raise ValueError(f"{dataset}.load_data: `test_split` (={test_split}) must lie between 0 and 1")
    load: Callable[[], Any] = getattr(datasets, f"load_{dataset}")
    bunch = load()
    x = bunch.images if "images" in bunch else bunch.data
    x_train, x_test, y_train, y_test = train_test_split(
        x.astype(np.float32),
        bunch.target.astype(np.int64),
        test_size=test_split,
        stratify=bunch.target,
        random_state=seed,
    )
    return (x_train, y_train), (x_test, y_test)
