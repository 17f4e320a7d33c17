"""Optimizers that divide the gradient by the size that it has had: the Adagrad family."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.kernels import updates
from nnlite.optimizers._checks import check_at_least, check_share
from nnlite.optimizers._first_order import FirstOrderOptimizer
from nnlite.optimizers._optimizer import LearningRate, Slots

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class Adagrad(FirstOrderOptimizer):
    """Divide by the root of the sum of all squared gradients: rarely used weights take larger steps.

    ``total = total + g**2`` and ``w = w - rate * g / sqrt(total + epsilon)``.

    Parameters
    ----------
    learning_rate : float or callable, default 0.001
    initial_accumulator_value : float, default 0.1
        What `total` starts from.
    epsilon : float, default 1e-7
        Added inside the root, as in Keras.
    weight_decay, clipnorm, clipvalue, global_clipnorm, parameters : optional
        As for every `FirstOrderOptimizer`.

    Raises
    ------
    ValueError
        If a number is negative.

    References
    ----------
    Duchi, J., Hazan, E. and Singer, Y., "Adaptive subgradient methods for online learning and stochastic optimization",
    2011.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optimizers.Adagrad(0.1, initial_accumulator_value=0.0, parameters=[w])
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     w.sum().backward()
    ...     optimizer.step()
    ...     print(w.data.round(3))
    [0.9]
    [0.829]
    """

    elementwise = True
    slot_names = ("total",)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        check_at_least("Adagrad", initial_accumulator_value=initial_accumulator_value, epsilon=epsilon)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, parameters)

    def start(self, w: NDArray[Any], rate: float) -> Slots:
        """Return the first total."""
        return {"total": np.full_like(w, self.initial_accumulator_value)}

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float) -> None:
        """Change w by one step."""
        updates.adagrad(w, g, slots["total"], rate=rate, inner=self.epsilon, outer=0)


class Adadelta(FirstOrderOptimizer):
    """Step about as far as earlier steps went: no rate has to be chosen, for units cancel.

    With ``rms(x) = sqrt(x + epsilon)``: ``square = rho * square + (1 - rho) * g**2``,
    ``d = rms(change) / rms(square) * g``, ``change = rho * change + (1 - rho) * d**2`` and ``w = w - rate * d``.

    Parameters
    ----------
    learning_rate : float or callable, default 0.001
        The paper has 1.
    rho : float, default 0.95
    epsilon : float, default 1e-7
    weight_decay, clipnorm, clipvalue, global_clipnorm, parameters : optional
        As for every `FirstOrderOptimizer`.

    Raises
    ------
    ValueError
        If a number is negative, or rho is not in [0, 1).

    References
    ----------
    Zeiler, M. D., "ADADELTA: an adaptive learning rate method", 2012.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optimizers.Adadelta(1.0, epsilon=1e-4, parameters=[w])
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.955], dtype=float32)
    """

    elementwise = True
    slot_names = ("square", "change")

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        check_share("Adadelta", rho=rho)
        check_at_least("Adadelta", epsilon=epsilon)
        self.rho, self.epsilon = rho, epsilon
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, parameters)

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float) -> None:
        """Change w by one step."""
        updates.adadelta(w, g, slots["square"], slots["change"], rate=rate, rho=self.rho, epsilon=self.epsilon)


class RMSprop(FirstOrderOptimizer):
    """Divide by the root of the running mean of squared gradients.

    ``square = rho * square + (1 - rho) * g**2`` and ``w = w - rate * g / sqrt(square + epsilon)``. If centered, the
    square of the gradient's running mean is taken from `square` in the root. With momentum,
    ``v = momentum * v + rate * g / sqrt(...)`` and ``w = w - v``.

    Parameters
    ----------
    learning_rate : float or callable, default 0.001
    rho : float, default 0.9
    momentum : float, default 0
    epsilon : float, default 1e-7
        Added inside the root, as in Keras.
    centered : bool, default False
    weight_decay, clipnorm, clipvalue, global_clipnorm, parameters : optional
        As for every `FirstOrderOptimizer`.

    Raises
    ------
    ValueError
        If a number is negative, or rho or momentum is too large.

    References
    ----------
    Tieleman, T. and Hinton, G., "Lecture 6.5: rmsprop", Coursera, 2012.
    Graves, A., "Generating sequences with recurrent neural networks", 2013 (centered).

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optimizers.RMSprop(0.1, rho=0.75, parameters=[w])
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.8], dtype=float32)
    """

    elementwise = True

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        check_share("RMSprop", rho=rho)
        check_share("RMSprop", inclusive=True, momentum=momentum)
        check_at_least("RMSprop", epsilon=epsilon)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered
        self.slot_names = ("square", *(("mean",) if centered else ()), *(("velocity",) if momentum else ()))
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, parameters)

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float) -> None:
        """Change w by one step."""
        updates.rmsprop(
            w, g, slots["square"], slots.get("mean"), slots.get("velocity"),
            rho=self.rho, momentum=self.momentum, inside=-rate, outside=1, inner=self.epsilon, outer=0,
        )  # fmt: skip
