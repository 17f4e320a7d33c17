"""Penalties on the size of weights or activations: a regularizer is called with a Tensor and gives one number.

A layer takes them as `kernel_regularizer`, `bias_regularizer` and `activity_regularizer`; the penalties are then
part of the loss in `fit` and `evaluate`, and in `layer.losses` for a loop of one's own.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite._configured import Configured, snake_case
from nnlite._lookup import look_up

__all__ = ["L1", "L1L2", "L2", "OrthogonalRegularizer", "Regularizer", "get"]


def get(identifier: Any) -> Callable[[Any], Any] | None:
    """Return the regularizer that a name, a class, an instance or any callable stands for; None stands for none.

    Parameters
    ----------
    identifier : None, str, class or callable
        A name as "l2" or "OrthogonalRegularizer", a `Regularizer` or its class, or a function from a Tensor to a
        Tensor of one number.

    Raises
    ------
    ValueError
        If no regularizer has the name.
    TypeError
        If the identifier is none of those above.

    Examples
    --------
    >>> from nnlite import regularizers
    >>> regularizers.get("l2")
    L2()
    >>> regularizers.get(0.01)
    Traceback (most recent call last):
        ...
    TypeError: a regularizer is a name, a Regularizer, a callable or None, got 0.01
    """
    if isinstance(identifier, str):
        return look_up("regularizer", identifier, _BY_NAME)()
    made = identifier() if isinstance(identifier, type) else identifier
    if made is not None and not callable(made):
        raise TypeError(f"a regularizer is a name, a Regularizer, a callable or None, got {identifier!r}")
    return made  # type: ignore[no-any-return]


class Regularizer(Configured, ABC):
    """What gives a penalty; a subclass says how in `__call__`.

    It keeps each argument of its constructor under the argument's name, where `get_config` and `repr` read it.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> class FarFromOne(nl.regularizers.Regularizer):
    ...     def __init__(self, factor=0.1):
    ...         self.factor = factor
    ...
    ...     def __call__(self, x):
    ...         return self.factor * F.sum((x - 1) ** 2)
    >>> layer = nl.layers.Dense(1, kernel_initializer="zeros", kernel_regularizer=FarFromOne(), input_shape=(5,))
    >>> layer.losses
    [tensor(0.5, from=multiply)]
    """

    @abstractmethod
    def __call__(self, x: Any) -> Any:
        """Return the penalty for a Tensor (or an array), a Tensor (or a number) of shape ()."""


class L1(Regularizer):
    """The sum of the sizes: l1 * sum(abs(x)). It drives weights to exactly 0.

    Parameters
    ----------
    l1 : float, default 0.01

    Raises
    ------
    ValueError
        If the factor is not a finite number.

    References
    ----------
    Tibshirani, R., "Regression shrinkage and selection via the lasso", 1996.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.regularizers.L1(0.1)(nl.tensor([1.0, -2.0]))
    tensor(0.3)
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = _finite("L1", "l1", l1)

    def __call__(self, x: Any) -> Any:
        """Return the penalty."""
        return self.l1 * F.sum(F.absolute(x))


class L2(Regularizer):
    """The sum of the squares: l2 * sum(x**2), without a factor of 1/2. It keeps weights small.

    Parameters
    ----------
    l2 : float, default 0.01

    Raises
    ------
    ValueError
        If the factor is not a finite number.

    References
    ----------
    Hoerl, A. E. and Kennard, R. W., "Ridge regression: biased estimation for nonorthogonal problems", 1970.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.regularizers.L2(0.1)(nl.tensor([1.0, -2.0]))
    tensor(0.5)
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = _finite("L2", "l2", l2)

    def __call__(self, x: Any) -> Any:
        """Return the penalty."""
        return self.l2 * F.sum(F.square(x))


class L1L2(Regularizer):
    """Both: l1 * sum(abs(x)) + l2 * sum(x**2).

    Parameters
    ----------
    l1, l2 : float, default 0

    Raises
    ------
    ValueError
        If a factor is not a finite number.

    References
    ----------
    Zou, H. and Hastie, T., "Regularization and variable selection via the elastic net", 2005.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.regularizers.L1L2(l1=0.1, l2=0.1)(nl.tensor([1.0, -2.0]))
    tensor(0.8)
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = _finite("L1L2", "l1", l1), _finite("L1L2", "l2", l2)

    def __call__(self, x: Any) -> Any:
        """Return the penalty."""
        return self.l1 * F.sum(F.absolute(x)) + self.l2 * F.sum(F.square(x))


class OrthogonalRegularizer(Regularizer):
    """The mean of abs(cosine) over all pairs of rows (or columns) of a matrix, times a factor: 0 if all are orthogonal.

    Parameters
    ----------
    factor : float, default 0.01
    mode : {"rows", "columns"}, default "rows"

    Raises
    ------
    ValueError
        If the factor is not a finite number, the mode is unknown, or the Tensor has other than two axes.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.regularizers.OrthogonalRegularizer(factor=1.0)(nl.tensor([[2.0, 0.0], [3.0, 4.0]]))
    tensor(0.6)
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        if mode not in ("rows", "columns"):
            raise ValueError(f'OrthogonalRegularizer expected mode "rows" or "columns", got mode={mode!r}')
        self.factor, self.mode = _finite("OrthogonalRegularizer", "factor", factor), mode

    def __call__(self, x: Any) -> Any:
        """Return the penalty."""
        if x.ndim != 2:
            raise ValueError(f"{self!r} expected a matrix, got shape {x.shape}")
        rows = x if self.mode == "rows" else x.T
        unit = rows / F.maximum(F.norm(rows, axis=1, keepdims=True), 1e-12)
        cosines = F.absolute(F.matmul(unit, unit.T))  # (rows, rows)
        pairs = max(len(rows) * (len(rows) - 1), 1)  # each counts twice, as its sum does
        return self.factor / pairs * F.sum(cosines * (1 - np.eye(len(rows), dtype=x.dtype)))


def _finite(regularizer: str, argument: str, value: Any) -> float:
    """Require a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not np.isfinite(value):
        raise ValueError(f"{regularizer} expected {argument} to be a finite number, got {argument}={value!r}")
    return float(value)


_BY_NAME: dict[str, type[Regularizer]] = {
    snake_case(cls.__name__): cls for cls in (L1, L2, L1L2, OrthogonalRegularizer)
}
