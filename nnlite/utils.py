"""`to_categorical`: class labels to one-hot rows, as Keras has it."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["to_categorical"]


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> NDArray[np.float32]:
    """Turn class labels into one-hot rows.

        result[..., c] = 1 if x[...] == c else 0

    Parameters
    ----------
    x : array_like of int, shape (...) or (..., 1)
        Labels from 0 to `num_classes` - 1; a trailing axis of one is dropped. Whole floats count as integers.
    num_classes : int, optional
        Number of classes; the largest label plus one by default.

    Returns
    -------
    ndarray of float32, shape (..., num_classes)
        Ones where the class is the label's, zeros elsewhere. (Keras 3 gives float64.)

    Raises
    ------
    TypeError
        If the labels or `num_classes` are not numbers.
    ValueError
        If a label is negative, not whole, or not below `num_classes`; if there is no label to count classes from.

    Examples
    --------
    >>> to_categorical([0, 2, 1])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    >>> to_categorical([[3], [0]], num_classes=4).shape
    (2, 4)
    """
    labels = _as_labels(x)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if num_classes is None:
        if labels.size == 0:
            raise ValueError("`x` holds no labels to count classes from; give `num_classes`")
        num_classes = int(labels.max()) + 1
    elif isinstance(num_classes, bool) or not isinstance(num_classes, (int, np.integer)):
        raise TypeError(f"`num_classes` must be an integer, got {num_classes!r}")
    elif num_classes < 1:
        raise ValueError(f"`num_classes` (={num_classes}) must be at least 1")
    outside = (labels < 0) | (labels >= num_classes)
    if outside.any():
        raise ValueError(
            f"labels must lie in 0..{num_classes - 1}, found {labels[outside][0]} in `x` of shape {np.shape(x)}"
        )
    result = np.zeros((labels.size, num_classes), np.float32)
    result[np.arange(labels.size), labels.ravel()] = 1
    return result.reshape(*labels.shape, num_classes)


def _as_labels(x: ArrayLike) -> NDArray[np.int64]:
    """Convert to int64, refusing what would lose something on the way."""
    given: NDArray[Any] = np.asarray(x)
    if given.size == 0:
        return given.astype(np.int64)
    if given.dtype.kind not in "biuf":
        raise TypeError(f"`x` must hold integers, got dtype {given.dtype}")
    if given.dtype.kind == "f":
        broken = given != np.floor(given)  # NaN is unequal to itself
        broken |= np.isinf(given)
        if broken.any():
            raise ValueError(f"labels must be whole numbers, found {given[broken][0]} in `x`")
    return given.astype(np.int64)
