"""What scikit-learn calls labels, as the targets of a network and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

__all__ = ["Labels"]


class Labels:
    """The classes of a classifier: 0 or 1 for one of two, one-hot rows for one of several, several-hot for any of them.

    Parameters
    ----------
    y : array_like, shape (N,) or (N, labels)
        Classes, numbers or strings, or indicators 0 and 1 of several labels at once.
    classes : array_like, optional
        All classes, if `y` may lack some.

    Examples
    --------
    >>> labels = Labels(["no", "yes", "maybe"])
    >>> labels.encoded(["yes", "no"]).astype(int)
    array([[0, 0, 1],
           [0, 1, 0]])
    >>> print(*labels.decoded(np.array([[0.7, 0.2, 0.1]])))
    maybe
    """

    def __init__(self, y: Any, classes: Any = None) -> None:
        check_classification_targets(y)
        self.several_hot = str(type_of_target(y)).startswith("multilabel")
        self._binarizer = LabelBinarizer().fit(y if classes is None or self.several_hot else classes)
        self.classes: NDArray[Any] = self._binarizer.classes_

    @property
    def one_of_two(self) -> bool:
        """Whether one number says which class it is."""
        return not self.several_hot and len(self.classes) <= 2

    def encoded(self, y: Any) -> NDArray[np.bool_]:
        """Return the targets, (N, 1) or (N, classes).

        Raises
        ------
        ValueError
            If there are other classes in `y`.
        """
        check_classification_targets(y)
        unknown = np.setdiff1d(unique_labels(y), self.classes)
        if unknown.size:
            raise ValueError(f"expected classes among {self.classes.tolist()}, got also {unknown.tolist()}")
        targets: NDArray[np.bool_] = np.asarray(self._binarizer.transform(y)).astype(bool)
        return targets

    def decoded(self, probabilities: NDArray[Any]) -> NDArray[Any]:
        """Return the most probable classes (N,), or all labels above one half (N, labels)."""
        found: NDArray[Any] = self._binarizer.inverse_transform(probabilities)
        return found

    def both(self, probabilities: NDArray[Any]) -> NDArray[Any]:
        """Return a column of probabilities for every class, also where the network has one for the second of two."""
        if not self.one_of_two or probabilities.shape[1] > 1:
            return probabilities
        return np.concatenate([1 - probabilities, probabilities], axis=1)
