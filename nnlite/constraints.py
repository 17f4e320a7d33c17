"""Constraints: after each update the optimizer replaces a weight by the nearest values that are allowed.

A layer takes them as `kernel_constraint` and `bias_constraint`. A constraint is called with an array and gives one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite._configured import Configured, snake_case
from nnlite._lookup import look_up

__all__ = ["Constraint", "MaxNorm", "NonNeg", "UnitNorm", "get"]

Axis = int | Sequence[int]

_TINY = 1e-7  # added to norms, as Keras does


def get(identifier: Any) -> Callable[[NDArray[Any]], NDArray[Any]] | None:
    """Return the constraint that a name, a class, an instance or any callable stands for; None stands for none.

    Parameters
    ----------
    identifier : None, str, class or callable
        A name as "max_norm" or "NonNeg", a `Constraint` or its class, or a function from an array to an array of the
        same shape.

    Raises
    ------
    ValueError
        If no constraint has the name.
    TypeError
        If the identifier is none of those above.

    Examples
    --------
    >>> from nnlite import constraints
    >>> constraints.get("non_neg")
    NonNeg()
    >>> constraints.get("nonnegative")
    Traceback (most recent call last):
        ...
    ValueError: unknown constraint 'nonnegative', did you mean 'non_neg'? Known are max_norm, non_neg, unit_norm
    """
    if isinstance(identifier, str):
        return look_up("constraint", identifier, _BY_NAME)()
    made = identifier() if isinstance(identifier, type) else identifier
    if made is not None and not callable(made):
        raise TypeError(f"a constraint is a name, a Constraint, a callable or None, got {identifier!r}")
    return made  # type: ignore[no-any-return]


class Constraint(Configured, ABC):
    """What maps the values of a weight to values that are allowed; a subclass says how in `__call__`.

    It keeps each argument of its constructor under the argument's name, where `get_config` and `repr` read it.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> class Within(nl.constraints.Constraint):
    ...     def __init__(self, limit=1.0):
    ...         self.limit = limit
    ...
    ...     def __call__(self, w):
    ...         return np.clip(w, -self.limit, self.limit)
    >>> Within(limit=0.5)(np.array([-2.0, 0.1]))
    array([-0.5,  0.1])
    """

    @abstractmethod
    def __call__(self, w: NDArray[Any]) -> NDArray[Any]:
        """Return the allowed values, of the same shape and dtype."""


class MaxNorm(Constraint):
    """Scale down the vectors along `axis` whose Euclidean norm is above `max_value`.

    ``w * min(norm, max_value) / (norm + 1e-7)``

    Parameters
    ----------
    max_value : float, default 2
    axis : int or sequence of int, default 0
        Axes of the vectors: 0 for each unit's weights in the kernel (in, out) of a Dense layer, (0, 1, 2) for each
        filter in that of a Conv2D.

    Raises
    ------
    ValueError
        If `max_value` is negative.

    References
    ----------
    Srivastava, N., Hinton, G., Krizhevsky, A., Sutskever, I. and Salakhutdinov, R., "Dropout: a simple way to prevent
    neural networks from overfitting", 2014.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.constraints.MaxNorm(1.0)(np.array([[3.0, 0.3], [4.0, 0.4]])).round(3)
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        if not max_value >= 0:
            raise ValueError(f"MaxNorm expected max_value >= 0, got max_value={max_value!r}")
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: NDArray[Any]) -> NDArray[Any]:
        """Return w with no vector longer than `max_value`."""
        norms = _norms(w, self.axis)
        scale = np.minimum(norms, self.max_value) / (norms + _TINY)
        allowed: NDArray[Any] = w * scale
        return allowed


class NonNeg(Constraint):
    """Replace negative values by 0.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.constraints.NonNeg()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def __call__(self, w: NDArray[Any]) -> NDArray[Any]:
        """Return max(w, 0)."""
        allowed: NDArray[Any] = np.maximum(w, 0)
        return allowed


class UnitNorm(Constraint):
    """Scale the vectors along `axis` to a Euclidean norm of 1: ``w / (norm + 1e-7)``.

    Parameters
    ----------
    axis : int or sequence of int, default 0
        Axes of the vectors, as for `MaxNorm`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.constraints.UnitNorm()(np.array([[3.0, 0.0], [4.0, 0.0]])).round(3)
    array([[0.6, 0. ],
           [0.8, 0. ]])
    """

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = axis

    def __call__(self, w: NDArray[Any]) -> NDArray[Any]:
        """Return w with all vectors of length 1 (those of zeros stay)."""
        scaled: NDArray[Any] = w / (_norms(w, self.axis) + _TINY)
        return scaled


def _norms(w: NDArray[Any], axis: Axis) -> NDArray[Any]:
    """Return the Euclidean norms along the axes, which stay with length 1."""
    axes = tuple(axis) if isinstance(axis, Sequence) else axis
    norms: NDArray[Any] = np.sqrt(np.sum(w * w, axis=axes, keepdims=True))
    return norms


_BY_NAME: dict[str, type[Constraint]] = {snake_case(cls.__name__): cls for cls in (MaxNorm, NonNeg, UnitNorm)}
