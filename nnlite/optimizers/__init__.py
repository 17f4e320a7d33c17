"""Optimizers, with Keras' names, arguments and defaults."""

from collections.abc import Callable
from typing import Any

from nnlite._lookup import look_up
from nnlite.optimizers import schedules
from nnlite.optimizers._adam import Adam, Adamax, AdamW, Nadam, RAdam
from nnlite.optimizers._adaptive import Adadelta, Adagrad, RMSprop
from nnlite.optimizers._first_order import FirstOrderOptimizer
from nnlite.optimizers._lbfgs import LBFGS
from nnlite.optimizers._optimizer import Optimizer
from nnlite.optimizers._sgd import SGD
from nnlite.optimizers._sign import Lion, Rprop

__all__ = [
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "FirstOrderOptimizer",
    "Lion",
    "Nadam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "get",
    "schedules",
]

_CLASSES = (LBFGS, SGD, Adadelta, Adagrad, Adam, AdamW, Adamax, Lion, Nadam, RAdam, RMSprop, Rprop)
_BY_NAME: dict[str, Callable[[], Optimizer]] = {cls.__name__.lower(): cls for cls in _CLASSES}


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
