"""Optimizers that give each parameter a step size of its own."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.optimizers._optimizer import LearningRate, Optimizer, Slots

__all__ = ["Adam"]


class Adam(Optimizer):
    """Running means m of the gradient and v of its square give the step.

    ``m = beta_1 * m + (1 - beta_1) * g``, ``v = beta_2 * v + (1 - beta_2) * g**2`` and, at step t,
    ``w = w - rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)``.

    Parameters
    ----------
    learning_rate : float or callable, default 0.001
    beta_1 : float, default 0.9
    beta_2 : float, default 0.999
    epsilon : float, default 1e-7
        Added to the root before the bias of v is corrected, as in Keras; PyTorch adds it afterwards.
    parameters : iterable, optional
        For a loop of one's own: `model.parameters()`.

    Raises
    ------
    ValueError
        If the rate or epsilon is negative, or a beta is not in [0, 1).

    References
    ----------
    Kingma, D. P. and Ba, J., "Adam: a method for stochastic optimization", 2015 (the form before section 2.1).

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optimizers.Adam(0.1, parameters=[w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.9], dtype=float32)
    """

    slot_names = ("m", "v")

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        for argument, value in (("beta_1", beta_1), ("beta_2", beta_2)):
            if not 0 <= value < 1:
                raise ValueError(f"Adam expected {argument} in [0, 1), got {argument}={value!r}")
        if not epsilon >= 0:
            raise ValueError(f"Adam expected epsilon >= 0, got epsilon={epsilon!r}")
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        super().__init__(learning_rate, parameters)

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float, scratch: NDArray[Any]) -> None:
        """Change w by one step."""
        m, v, t = slots["m"], slots["v"], self.iterations
        m *= self.beta_1
        m += np.multiply(g, 1 - self.beta_1, out=scratch)
        v *= self.beta_2
        np.multiply(g, g, out=scratch)
        scratch *= 1 - self.beta_2
        v += scratch
        np.sqrt(v, out=scratch)
        scratch += self.epsilon
        np.divide(m, scratch, out=scratch)
        scratch *= rate * math.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        w -= scratch
