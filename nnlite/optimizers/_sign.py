"""Optimizers that look at the sign of the gradient only."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.kernels import updates
from nnlite.optimizers._checks import check_at_least, check_share
from nnlite.optimizers._first_order import FirstOrderOptimizer
from nnlite.optimizers._optimizer import LearningRate, Slots

__all__ = ["Lion", "Rprop"]


class Lion(FirstOrderOptimizer):
    """Step by the sign of a momentum: every weight moves by the rate.

    ``w = w - rate * sign(beta_1 * m + (1 - beta_1) * g)`` and then ``m = beta_2 * m + (1 - beta_2) * g``. Rates are
    3 to 10 times smaller than Adam's.

    Parameters
    ----------
    learning_rate : float or callable, default 0.001
    beta_1 : float, default 0.9
    beta_2 : float, default 0.99
    weight_decay, clipnorm, clipvalue, global_clipnorm, parameters : optional
        As for every `FirstOrderOptimizer`.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Chen, X., Liang, C., Huang, D., Real, E., Wang, K. and others, "Symbolic discovery of optimization algorithms",
    2023.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0, -3.0])
    >>> optimizer = nl.optimizers.Lion(0.5, parameters=[w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter([ 0.5, -2.5])
    """

    elementwise = True
    slot_names = ("m",)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        check_share("Lion", beta_1=beta_1, beta_2=beta_2)
        self.beta_1, self.beta_2 = beta_1, beta_2
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, parameters)

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float) -> None:
        """Change w by one step."""
        updates.lion(w, g, slots["m"], rate=rate, beta_1=self.beta_1, beta_2=self.beta_2)


class Rprop(FirstOrderOptimizer):
    """Give each weight a step size that grows while its gradient keeps its sign, and shrinks when it turns.

    The step size is multiplied by ``etas[1]`` where ``g * previous > 0``, and by ``etas[0]`` where that is negative
    (there the weight rests for a step), within `step_sizes`; then ``w = w - sign(g) * step_size``. For full batches,
    since noise turns signs. Keras has no Rprop; defaults and formula are PyTorch's.

    Parameters
    ----------
    learning_rate : float or callable, default 0.01
        The first step size; it plays no part afterwards.
    etas : pair of float, default (0.5, 1.2)
    step_sizes : pair of float, default (1e-6, 50)
        The least and the greatest.
    weight_decay, clipnorm, clipvalue, global_clipnorm, parameters : optional
        As for every `FirstOrderOptimizer`.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Riedmiller, M. and Braun, H., "A direct adaptive method for faster backpropagation learning: the RPROP algorithm",
    1993.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optimizers.Rprop(0.1, parameters=[w])
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    ...     print(w.data.round(3))
    [0.9]
    [0.78]
    [0.636]
    """

    elementwise = True
    slot_names = ("previous", "step_size")

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"Rprop expected etas with 0 < etas[0] < 1 < etas[1], got etas={etas!r}")
        check_at_least("Rprop", step_sizes[0], **{"step_sizes[1]": step_sizes[1]})
        self.etas, self.step_sizes = etas, step_sizes
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, parameters)

    def start(self, w: NDArray[Any], rate: float) -> Slots:
        """Return the first step sizes, and a gradient of zeros."""
        return {"previous": np.zeros_like(w), "step_size": np.full_like(w, rate)}

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float) -> None:
        """Change w by one step."""
        updates.rprop(w, g, slots["previous"], slots["step_size"], etas=self.etas, sizes=self.step_sizes)
