"""Gradient descent, with momentum."""

from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from nnlite.kernels import updates
from nnlite.optimizers._checks import check_share
from nnlite.optimizers._first_order import FirstOrderOptimizer
from nnlite.optimizers._optimizer import LearningRate, Slots

__all__ = ["SGD"]


class SGD(FirstOrderOptimizer):
    """Step against the gradient, with or without momentum.

    Without momentum ``w = w - rate * g``. With it ``v = momentum * v - rate * g`` and ``w = w + v``; Nesterov's form
    looks one step ahead, ``w = w + momentum * v - rate * g``.

    Parameters
    ----------
    learning_rate : float or callable, default 0.01
    momentum : float, default 0
        In [0, 1].
    nesterov : bool, default False
    weight_decay, clipnorm, clipvalue, global_clipnorm, parameters : optional
        As for every `FirstOrderOptimizer`.

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

    elementwise = True

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        check_share("SGD", inclusive=True, momentum=momentum)
        self.momentum, self.nesterov = momentum, nesterov
        self.slot_names = ("velocity",) if momentum else ()
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, parameters)

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float) -> None:
        """Change w by one step."""
        if not self.momentum:
            updates.descend(w, g, rate=rate)
        else:
            updates.momentum(
                w, g, slots["velocity"],
                inside=-rate, outside=1, momentum=self.momentum, dampening=0, nesterov=self.nesterov,
            )  # fmt: skip
