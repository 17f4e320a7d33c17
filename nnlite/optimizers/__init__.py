"""Optimizers, with Keras' names, arguments and defaults."""

from collections.abc import Callable
from typing import Any

from nnlite._lookup import look_up
from nnlite.optimizers._adaptive import Adam
from nnlite.optimizers._optimizer import Optimizer
from nnlite.optimizers._sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer", "get"]

_BY_NAME: dict[str, Callable[[], Optimizer]] = {"adam": Adam, "sgd": SGD}


def get(identifier: Any) -> Optimizer:
    """Return an optimizer, given by name ("adam"), as a class or as it is.

    Raises
    ------
    ValueError
        If no optimizer has this name.
    TypeError
        If it is nothing of the kind.

    Examples
    --------
    >>> import nnlite as nl
    >>> type(nl.optimizers.get("adam")).__name__
    'Adam'
    """
    if isinstance(identifier, str):
        return look_up("optimizer", identifier, _BY_NAME)()
    made: Any = identifier() if isinstance(identifier, type) else identifier
    if not isinstance(made, Optimizer):
        raise TypeError(f"an optimizer is a name or an Optimizer, got {identifier!r}")
    return made
