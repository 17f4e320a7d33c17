"""Gradient descent, with momentum."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.optimizers._optimizer import LearningRate, Optimizer, Slots

__all__ = ["SGD"]


class SGD(Optimizer):
    """Step against the gradient, with or without momentum.

    Without momentum ``w = w - rate * g``. With it ``v = momentum * v - rate * g`` and ``w = w + v``; Nesterov's form
    looks one step ahead, ``w = w + momentum * v - rate * g``.

    Parameters
    ----------
    learning_rate : float or callable, default 0.01
    momentum : float, default 0
        In [0, 1].
    nesterov : bool, default False
    parameters : iterable, optional
        For a loop of one's own: `model.parameters()`.

    Raises
    ------
    ValueError
        If the rate is negative or the momentum is not in [0, 1].

    References
    ----------
    Polyak, B. T., "Some methods of speeding up the convergence of iteration methods", 1964.
    Sutskever, I., Martens, J., Dahl, G. and Hinton, G., "On the importance of initialization and momentum in deep
    learning", 2013.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optimizers.SGD(0.1, parameters=[w])
    >>> for _ in range(2):
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    ...     optimizer.zero_grad()
    >>> w
    Parameter([0.64])
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        if not 0 <= momentum <= 1:
            raise ValueError(f"SGD expected momentum in [0, 1], got momentum={momentum!r}")
        self.momentum, self.nesterov = momentum, nesterov
        self.slot_names = ("velocity",) if momentum else ()
        super().__init__(learning_rate, parameters)

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float, scratch: NDArray[Any]) -> None:
        """Change w by one step."""
        np.multiply(g, rate, out=scratch)
        if not self.momentum:
            w -= scratch
            return
        velocity = slots["velocity"]
        velocity *= self.momentum
        velocity -= scratch
        if not self.nesterov:
            w += velocity
            return
        w -= scratch
        np.multiply(velocity, self.momentum, out=scratch)
        w += scratch
