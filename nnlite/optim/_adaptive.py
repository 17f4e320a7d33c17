"""Optimizers that divide the gradient by the size that it has had, in PyTorch's spelling."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.kernels import updates
from nnlite.optim._optimizer import FirstOrderOptimizer, Group, State
from nnlite.optimizers._checks import check_at_least

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class Adagrad(FirstOrderOptimizer):
    """``sum = sum + g**2`` and ``w = w - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(sum) + eps)``.

    Parameters
    ----------
    params : iterable of Parameter, or of groups
    lr : float, default 0.01
    lr_decay, weight_decay, initial_accumulator_value : float, default 0
    eps : float, default 1e-10
    maximize : bool, default False

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
    >>> optimizer = nl.optim.Adagrad([w], lr=0.1)
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter([0.9])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
        }  # fmt: skip
        check_at_least("Adagrad", **defaults)
        super().__init__(params, {**defaults, "maximize": maximize})

    def start(self, w: NDArray[Any], group: Group) -> State:
        """Return the first sum."""
        return {"step": 0.0, "sum": np.full_like(w, group["initial_accumulator_value"])}

    def update(self, w: NDArray[Any], g: NDArray[Any], state: State, group: Group) -> None:
        """Change w by one step."""
        rate = group["lr"] / (1 + state["step"] * group["lr_decay"])
        state["step"] += 1
        updates.adagrad(w, g, state["sum"], rate=rate, inner=0, outer=group["eps"])


class Adadelta(FirstOrderOptimizer):
    """``w = w - lr * d`` with ``d = sqrt(acc_delta + eps) / sqrt(square_avg + eps) * g``; both are running means.

    ``square_avg = rho * square_avg + (1 - rho) * g**2`` before the step,
    ``acc_delta = rho * acc_delta + (1 - rho) * d**2`` after it.

    Parameters
    ----------
    params : iterable of Parameter, or of groups
    lr : float, default 1
    rho : float, default 0.9
    eps : float, default 1e-6
    weight_decay : float, default 0
    maximize : bool, default False

    Raises
    ------
    ValueError
        If a number is negative, or rho above 1.

    References
    ----------
    Zeiler, M. D., "ADADELTA: an adaptive learning rate method", 2012.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optim.Adadelta([w], eps=1e-3)
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> w.data.round(2)
    array([0.9], dtype=float32)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        check_at_least("Adadelta", lr=lr, eps=eps, weight_decay=weight_decay)
        if not 0 <= rho <= 1:
            raise ValueError(f"Adadelta expected rho in [0, 1], got rho={rho!r}")
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize})

    def start(self, w: NDArray[Any], group: Group) -> State:
        """Return means of zeros."""
        return {"step": 0.0, "square_avg": np.zeros_like(w), "acc_delta": np.zeros_like(w)}

    def update(self, w: NDArray[Any], g: NDArray[Any], state: State, group: Group) -> None:
        """Change w by one step."""
        state["step"] += 1
        updates.adadelta(
            w, g, state["square_avg"], state["acc_delta"], rate=group["lr"], rho=group["rho"], epsilon=group["eps"]
        )


class RMSprop(FirstOrderOptimizer):
    """``square_avg = alpha * square_avg + (1 - alpha) * g**2``, ``w = w - lr * g / (sqrt(square_avg) + eps)``.

    If centered, the square of the gradient's running mean is taken from `square_avg` in the root. With momentum,
    ``b = momentum * b + g / (sqrt(...) + eps)`` and ``w = w - lr * b``.

    Parameters
    ----------
    params : iterable of Parameter, or of groups
    lr : float, default 0.01
    alpha : float, default 0.99
    eps : float, default 1e-8
    weight_decay, momentum : float, default 0
    centered : bool, default False
    maximize : bool, default False

    Raises
    ------
    ValueError
        If a number is negative.

    References
    ----------
    Tieleman, T. and Hinton, G., "Lecture 6.5: rmsprop", Coursera, 2012.
    Graves, A., "Generating sequences with recurrent neural networks", 2013 (centered).

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optim.RMSprop([w])
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.9], dtype=float32)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "weight_decay": weight_decay}
        check_at_least("RMSprop", **defaults)
        super().__init__(params, {**defaults, "centered": centered, "maximize": maximize})

    def start(self, w: NDArray[Any], group: Group) -> State:
        """Return means and a buffer of zeros."""
        names = ["square_avg"] + ["momentum_buffer"] * (group["momentum"] > 0) + ["grad_avg"] * group["centered"]
        return {"step": 0.0, **{name: np.zeros_like(w) for name in names}}

    def update(self, w: NDArray[Any], g: NDArray[Any], state: State, group: Group) -> None:
        """Change w by one step."""
        state["step"] += 1
        updates.rmsprop(
            w, g, state["square_avg"], state.get("grad_avg"), state.get("momentum_buffer"),
            rho=group["alpha"], momentum=group["momentum"], inside=1, outside=-group["lr"], inner=0, outer=group["eps"],
        )  # fmt: skip
