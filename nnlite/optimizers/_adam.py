"""Adam and its kin: running means of the gradient and of its size give the step."""

from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from nnlite.kernels import updates
from nnlite.optimizers._checks import check_at_least, check_share
from nnlite.optimizers._first_order import FirstOrderOptimizer
from nnlite.optimizers._optimizer import LearningRate, Slots

__all__ = ["Adam", "AdamW", "Adamax", "Nadam", "RAdam"]


class Adam(FirstOrderOptimizer):
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
    amsgrad : bool, default False
        Whether the largest v so far takes the place of v in the root.
    weight_decay, clipnorm, clipvalue, global_clipnorm, parameters : optional
        As for every `FirstOrderOptimizer`.

    Raises
    ------
    ValueError
        If the rate or epsilon is negative, or a beta is not in [0, 1).

    References
    ----------
    Kingma, D. P. and Ba, J., "Adam: a method for stochastic optimization", 2015 (the form before section 2.1).
    Reddi, S. J., Kale, S. and Kumar, S., "On the convergence of Adam and beyond", 2018 (AMSGrad).

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

    elementwise = True

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        check_share(type(self).__name__, beta_1=beta_1, beta_2=beta_2)
        check_at_least(type(self).__name__, epsilon=epsilon)
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, amsgrad
        self.slot_names = ("m", "v", "largest") if amsgrad else ("m", "v")
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, parameters)

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float) -> None:
        """Change w by one step."""
        step = updates.adam_step(rate, self.beta_1, self.beta_2, self.iterations)
        updates.adam(
            w, g, slots["m"], slots["v"], slots.get("largest"),
            beta_1=self.beta_1, beta_2=self.beta_2, step=step, epsilon=self.epsilon,
        )  # fmt: skip


class AdamW(Adam):
    """Adam with weight decay, which is apart from the gradient: ``w = w - rate * weight_decay * w`` before the step.

    Parameters
    ----------
    learning_rate : float or callable, default 0.001
    weight_decay : float, default 0.004
    beta_1 : float, default 0.9
    beta_2 : float, default 0.999
    epsilon : float, default 1e-7
    amsgrad : bool, default False
    clipnorm, clipvalue, global_clipnorm, parameters : optional
        As for every `FirstOrderOptimizer`.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Loshchilov, I. and Hutter, F., "Decoupled weight decay regularization", 2019.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optimizers.AdamW(0.1, weight_decay=0.5, parameters=[w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.85], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad,
            weight_decay, clipnorm, clipvalue, global_clipnorm, parameters,
        )  # fmt: skip


class Adamax(FirstOrderOptimizer):
    """Adam with the largest recent size of the gradient in place of the root of squares.

    ``m = beta_1 * m + (1 - beta_1) * g``, ``u = max(beta_2 * u, abs(g))`` and
    ``w = w - rate / (1 - beta_1**t) * m / (u + epsilon)``.

    Parameters
    ----------
    learning_rate : float or callable, default 0.001
    beta_1 : float, default 0.9
    beta_2 : float, default 0.999
    epsilon : float, default 1e-7
    weight_decay, clipnorm, clipvalue, global_clipnorm, parameters : optional
        As for every `FirstOrderOptimizer`.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Kingma, D. P. and Ba, J., "Adam: a method for stochastic optimization", 2015 (section 7.1).

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optimizers.Adamax(0.1, parameters=[w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.9], dtype=float32)
    """

    elementwise = True
    slot_names = ("m", "u")

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        check_share("Adamax", beta_1=beta_1, beta_2=beta_2)
        check_at_least("Adamax", epsilon=epsilon)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, parameters)

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float) -> None:
        """Change w by one step."""
        updates.adamax(
            w, g, slots["m"], slots["u"],
            beta_1=self.beta_1, beta_2=self.beta_2, step=rate / (1 - self.beta_1**self.iterations),
            inner=0, outer=self.epsilon,
        )  # fmt: skip


class Nadam(FirstOrderOptimizer):
    """Adam with Nesterov's look ahead: the step takes the momentum that the next one would have.

    With ``u(t) = beta_1 * (1 - 0.5 * 0.96**t)`` and P(t) for the product of all u up to t,
    ``look_ahead = u(t + 1) * m / (1 - P(t + 1)) + (1 - u(t)) * g / (1 - P(t))`` and
    ``w = w - rate * look_ahead / (sqrt(v / (1 - beta_2**t)) + epsilon)``, with Adam's m and v.

    Parameters
    ----------
    learning_rate : float or callable, default 0.001
    beta_1 : float, default 0.9
    beta_2 : float, default 0.999
    epsilon : float, default 1e-7
    weight_decay, clipnorm, clipvalue, global_clipnorm, parameters : optional
        As for every `FirstOrderOptimizer`.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Dozat, T., "Incorporating Nesterov momentum into Adam", 2016.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optimizers.Nadam(0.1, parameters=[w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.894], dtype=float32)
    """

    elementwise = True
    slot_names = ("m", "v")

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        check_share("Nadam", beta_1=beta_1, beta_2=beta_2)
        check_at_least("Nadam", epsilon=epsilon)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self._product = (0, 1.0)  # of the momentums up to a step; found again if the step is another
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, parameters)

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float) -> None:
        """Change w by one step."""
        updates.nadam(
            w, g, slots["m"], slots["v"],
            rate=rate, beta_1=self.beta_1, beta_2=self.beta_2, epsilon=self.epsilon, t=self.iterations,
            product=self._product_up_to(self.iterations), decay=1,
        )  # fmt: skip

    def _product_up_to(self, t: int) -> float:
        """Return the product of the momentums of steps 1 to t."""
        step, product = self._product if self._product[0] <= t else (0, 1.0)
        for i in range(step + 1, t + 1):
            product *= updates.nadam_momentum(self.beta_1, i, 1)
        self._product = (t, product)
        return product


class RAdam(FirstOrderOptimizer):
    """Adam that does without the root of v, and is momentum alone, until v is known well enough.

    With ``longest = 2 / (1 - beta_2) - 1`` and ``length = longest - 2 * t * beta_2**t / (1 - beta_2**t)``:
    where length > 5, Adam's step times
    ``sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))``;
    else ``w = w - rate / (1 - beta_1**t) * m``. Keras has no RAdam; defaults and formula are PyTorch's.

    Parameters
    ----------
    learning_rate : float or callable, default 0.001
    beta_1 : float, default 0.9
    beta_2 : float, default 0.999
    epsilon : float, default 1e-8
    weight_decay, clipnorm, clipvalue, global_clipnorm, parameters : optional
        As for every `FirstOrderOptimizer`.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Liu, L., Jiang, H., He, P., Chen, W., Liu, X., Gao, J. and Han, J., "On the variance of the adaptive learning rate
    and beyond", 2020.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optimizers.RAdam(0.1, parameters=[w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.8], dtype=float32)
    """

    elementwise = True
    slot_names = ("m", "v")

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        check_share("RAdam", beta_1=beta_1, beta_2=beta_2)
        check_at_least("RAdam", epsilon=epsilon)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, parameters)

    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float) -> None:
        """Change w by one step."""
        step, adaptive = updates.radam_step(rate, self.beta_1, self.beta_2, self.iterations)
        updates.adam(
            w, g, slots["m"], slots["v"], None,
            beta_1=self.beta_1, beta_2=self.beta_2, step=step, epsilon=self.epsilon, adaptive=adaptive,
        )  # fmt: skip
