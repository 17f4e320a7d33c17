"""Metric, the base of the metrics, and MeanMetric, of those that are the mean of something."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite._configured import Configured
from nnlite._structure import leaves
from nnlite.autograd import Tensor
from nnlite.losses._alignment import lined_up_weight, ranked_like

__all__ = ["FromFunction", "MeanMetric", "Metric", "arrays_of", "weight_of"]


Constructor = Callable[..., None]


def _and_begin(constructor: Constructor) -> Constructor:
    """Make a constructor call `reset_state` when it is through, unless it was called by that of a subclass."""

    @wraps(constructor)
    def begun(self: Metric, *args: Any, **settings: Any) -> None:
        constructor(self, *args, **settings)
        if type(self).__init__ is begun:
            self.reset_state()

    return begun


class Metric(Configured, ABC):
    """A number (or several) to watch, gathered over batches: a subclass keeps sums and makes the number of them.

    Parameters
    ----------
    name : str, optional
        What logs call it.

    Attributes
    ----------
    direction : {"min", "max"} or None
        Whether lower or higher is better, for callbacks that look for the best; None if a subclass does not say.

    Examples
    --------
    `reset_state` makes the sums. It is called when the constructor is through, and so may use what that has set.

    >>> import numpy as np
    >>> import nnlite as nl
    >>> class LargestErrors(nl.metrics.Metric):
    ...     def __init__(self, count=1, name="largest_errors"):
    ...         super().__init__(name)
    ...         self.count = count
    ...
    ...     def reset_state(self):
    ...         self.largest = np.zeros(self.count)
    ...
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         errors = np.concatenate([self.largest, np.abs(y_true - y_pred).ravel()])
    ...         self.largest = np.sort(errors)[-self.count :]
    ...
    ...     def result(self):
    ...         return float(self.largest.mean())
    >>> metric = LargestErrors(count=2)
    >>> metric(np.array([1.0, 2.0]), np.array([1.5, 2.0])), metric(np.array([3.0]), np.array([2.0]))
    (0.25, 0.75)
    >>> metric
    LargestErrors(count=2)
    """

    default_name = "metric"
    direction: str | None = None

    @_and_begin
    def __init__(self, name: str | None = None) -> None:
        self.name = name or self.default_name

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        if "__init__" in vars(cls):
            cls.__init__ = _and_begin(cls.__init__)  # type: ignore[method-assign]

    def _unsaid(self, name: str) -> str | None:
        return repr(self.default_name) if name == "name" else None

    @abstractmethod
    def reset_state(self) -> None:
        """Begin anew."""

    @abstractmethod
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch.

        Raises
        ------
        ValueError
            If the shapes of y_true and y_pred do not fit each other.
        """

    @abstractmethod
    def result(self) -> Any:
        """Return the value over everything taken in."""

    def state_dict(self) -> dict[str, Any]:
        """Return what was gathered so far: copies of the attributes that hold numbers, arrays, or lists of them.

        Raises
        ------
        TypeError
            If an attribute holds something else that may change; the metric then writes this and `load_state_dict`.
        """
        found = {name: value for name, value in vars(self).items() if not callable(value)}
        for name, value in found.items():
            for leaf in leaves(value):
                if not isinstance(leaf, (int, float, str, np.generic, np.ndarray, type(None))):
                    raise TypeError(
                        f"the metric {self.name} keeps a {type(leaf).__name__} in {name}: it needs a state_dict() and "
                        "a load_state_dict() of its own to be backed up"
                    )
        return copy.deepcopy(found)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with what `state_dict` gave."""
        vars(self).update(copy.deepcopy(dict(state)))

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Take in a batch and return the result so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()


class MeanMetric(Metric):
    """The mean over all samples of a value that a subclass computes for each, `values(y_true, y_pred)`.

    Parameters
    ----------
    name : str, optional
        What logs call it.

    Examples
    --------
    >>> import nnlite as nl
    >>> accuracy = nl.metrics.Accuracy()
    >>> accuracy.update_state([1, 2], [1, 0])
    >>> accuracy.update_state([3, 3, 3, 3, 3, 3], [3, 3, 3, 3, 3, 3])
    >>> accuracy.result()
    0.875
    """

    @abstractmethod
    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Return a value for each sample (or for each element)."""

    def reset_state(self) -> None:
        """Begin anew."""
        self._total = self._weight = 0.0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch.

        Raises
        ------
        ValueError
            If the shapes of y_true and y_pred do not fit each other.
        """
        values = self.values(*arrays_of(y_true, y_pred))
        if sample_weight is None:
            self._total += float(np.sum(values, dtype=np.float64))
            self._weight += values.size
        else:
            weight = weight_of(sample_weight, values.shape, self.name)
            self._total += float((values * weight).sum())
            self._weight += float(weight.sum())

    def result(self) -> float:
        """Return the mean over everything taken in; NaN if there was nothing."""
        return self._total / self._weight if self._weight else float("nan")


class FromFunction(MeanMetric):
    """A user's function (y_true, y_pred) -> values."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(getattr(function, "__name__", type(function).__name__))
        self.function = function

    def values(self, y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[Any]:
        """Return what the function gives."""
        found = self.function(ranked_like(y_pred, y_true), y_pred)
        return np.asarray(found.data if isinstance(found, Tensor) else found)


def arrays_of(y_true: Any, y_pred: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the arrays of Tensors, lists and arrays."""
    y_true, y_pred = (a.data if isinstance(a, Tensor) else np.asarray(a) for a in (y_true, y_pred))
    return y_true, y_pred


def weight_of(sample_weight: Any, shape: tuple[int, ...], name: str) -> NDArray[Any]:
    """Return a weight for each value of this shape: 1 for None."""
    if sample_weight is None:
        return np.ones(shape)
    return np.broadcast_to(lined_up_weight(sample_weight, shape, name).astype(np.float64), shape)
