"""The names of the losses, and how an identifier becomes a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnlite._lookup import look_up
from nnlite.losses._crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from nnlite.losses._loss import FromFunction, Loss
from nnlite.losses._regression import MeanAbsoluteError, MeanSquaredError

__all__ = ["get"]

BY_NAME: dict[str, Callable[[], Loss]] = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "mae": MeanAbsoluteError,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}


def get(identifier: Any) -> Loss:
    """Return a loss, given by name ("mse"), as a class, as a function (y_true, y_pred) -> losses, or as it is.

    Raises
    ------
    ValueError
        If no loss has this name.
    TypeError
        If it is nothing of the kind.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.get("mse").name
    'MeanSquaredError'
    """
    if isinstance(identifier, str):
        return look_up("loss", identifier, BY_NAME)()
    if callable(identifier) and not isinstance(identifier, (Loss, type)):
        return FromFunction(identifier)
    made: Any = identifier() if isinstance(identifier, type) else identifier
    if not isinstance(made, Loss):
        raise TypeError(f"a loss is a name, a Loss or a function, got {identifier!r}")
    return made
