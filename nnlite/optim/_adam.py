"""Adam and its kin, in PyTorch's spelling."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.kernels import updates
from nnlite.optim._optimizer import FirstOrderOptimizer, Group, State, check_betas
from nnlite.optimizers._checks import check_at_least

__all__ = ["Adam", "AdamW", "Adamax", "NAdam", "RAdam"]

Betas = tuple[float, float]


class Adam(FirstOrderOptimizer):
    """``w = w - lr / (1 - beta1**t) * exp_avg / (sqrt(exp_avg_sq / (1 - beta2**t)) + eps)``.

    ``exp_avg = beta1 * exp_avg + (1 - beta1) * g`` and ``exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g**2``;
    AMSGrad takes the largest `exp_avg_sq` so far.

    Parameters
    ----------
    params : iterable of Parameter, or of groups
    lr : float, default 0.001
    betas : pair of float, default (0.9, 0.999)
    eps : float, default 1e-8
    weight_decay : float, default 0
    amsgrad : bool, default False
    maximize : bool, default False
    decoupled_weight_decay : bool, default False
        Whether the decay is AdamW's.

    Raises
    ------
    ValueError
        If a number is negative, or a beta is not in [0, 1).

    References
    ----------
    Kingma, D. P. and Ba, J., "Adam: a method for stochastic optimization", 2015 (algorithm 1).
    Reddi, S. J., Kale, S. and Kumar, S., "On the convergence of Adam and beyond", 2018 (AMSGrad).

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optim.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.9], dtype=float32)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_at_least(type(self).__name__, lr=lr, eps=eps, weight_decay=weight_decay)
        check_betas(type(self).__name__, betas)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)

    def start(self, w: NDArray[Any], group: Group) -> State:
        """Return means of zeros."""
        largest = {"max_exp_avg_sq": np.zeros_like(w)} if group["amsgrad"] else {}
        return {**_means(w), **largest}

    def update(self, w: NDArray[Any], g: NDArray[Any], state: State, group: Group) -> None:
        """Change w by one step."""
        t = state["step"] = state["step"] + 1
        beta_1, beta_2 = group["betas"]
        updates.adam(
            w, g, state["exp_avg"], state["exp_avg_sq"], state.get("max_exp_avg_sq"),
            beta_1=beta_1, beta_2=beta_2, step=updates.adam_step(group["lr"], beta_1, beta_2, t),
            epsilon=group["eps"] * math.sqrt(1 - beta_2**t),  # added after the bias correction
        )  # fmt: skip


class AdamW(Adam):
    """Adam with a weight decay apart from the gradient: ``w = w - lr * weight_decay * w`` before the step.

    Parameters
    ----------
    params : iterable of Parameter, or of groups
    lr : float, default 0.001
    betas : pair of float, default (0.9, 0.999)
    eps : float, default 1e-8
    weight_decay : float, default 0.01
    amsgrad : bool, default False
    maximize : bool, default False

    Raises
    ------
    ValueError
        If a number is negative, or a beta is not in [0, 1).

    References
    ----------
    Loshchilov, I. and Hutter, F., "Decoupled weight decay regularization", 2019.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.85], dtype=float32)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)


class Adamax(FirstOrderOptimizer):
    """``exp_inf = max(beta2 * exp_inf, abs(g) + eps)`` and ``w = w - lr / (1 - beta1**t) * exp_avg / exp_inf``.

    Parameters
    ----------
    params : iterable of Parameter, or of groups
    lr : float, default 0.002
    betas : pair of float, default (0.9, 0.999)
    eps : float, default 1e-8
    weight_decay : float, default 0
    maximize : bool, default False

    Raises
    ------
    ValueError
        If a number is negative, or a beta is not in [0, 1).

    References
    ----------
    Kingma, D. P. and Ba, J., "Adam: a method for stochastic optimization", 2015 (section 7.1).

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optim.Adamax([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.9], dtype=float32)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        check_at_least("Adamax", lr=lr, eps=eps, weight_decay=weight_decay)
        check_betas("Adamax", betas)
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, defaults)

    def start(self, w: NDArray[Any], group: Group) -> State:
        """Return zeros."""
        return {"step": 0.0, "exp_avg": np.zeros_like(w), "exp_inf": np.zeros_like(w)}

    def update(self, w: NDArray[Any], g: NDArray[Any], state: State, group: Group) -> None:
        """Change w by one step."""
        t = state["step"] = state["step"] + 1
        beta_1, beta_2 = group["betas"]
        updates.adamax(
            w, g, state["exp_avg"], state["exp_inf"],
            beta_1=beta_1, beta_2=beta_2, step=group["lr"] / (1 - beta_1**t), inner=group["eps"], outer=0,
        )  # fmt: skip


class NAdam(FirstOrderOptimizer):
    """Adam with Nesterov's look ahead: the step takes the momentum that the next one would have.

    The formula is that of `nnlite.optimizers.Nadam`, with momentums
    ``mu(t) = beta1 * (1 - 0.5 * 0.96**(t * momentum_decay))``.

    Parameters
    ----------
    params : iterable of Parameter, or of groups
    lr : float, default 0.002
    betas : pair of float, default (0.9, 0.999)
    eps : float, default 1e-8
    weight_decay : float, default 0
    momentum_decay : float, default 0.004
    decoupled_weight_decay : bool, default False
        Whether the decay is AdamW's.
    maximize : bool, default False

    Raises
    ------
    ValueError
        If a number is negative, or a beta is not in [0, 1).

    References
    ----------
    Dozat, T., "Incorporating Nesterov momentum into Adam", 2016.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optim.NAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.894], dtype=float32)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check_at_least("NAdam", lr=lr, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        check_betas("NAdam", betas)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def start(self, w: NDArray[Any], group: Group) -> State:
        """Return means of zeros, and an empty product."""
        return {**_means(w), "mu_product": 1.0}

    def update(self, w: NDArray[Any], g: NDArray[Any], state: State, group: Group) -> None:
        """Change w by one step."""
        t = state["step"] = state["step"] + 1
        beta_1, beta_2 = group["betas"]
        state["mu_product"] *= updates.nadam_momentum(beta_1, t, group["momentum_decay"])
        updates.nadam(
            w, g, state["exp_avg"], state["exp_avg_sq"],
            rate=group["lr"], beta_1=beta_1, beta_2=beta_2, epsilon=group["eps"], t=t,
            product=state["mu_product"], decay=group["momentum_decay"],
        )  # fmt: skip


class RAdam(FirstOrderOptimizer):
    """Adam that does without the root of `exp_avg_sq`, and is momentum alone, until that is known well enough.

    The formula is that of `nnlite.optimizers.RAdam`.

    Parameters
    ----------
    params : iterable of Parameter, or of groups
    lr : float, default 0.001
    betas : pair of float, default (0.9, 0.999)
    eps : float, default 1e-8
    weight_decay : float, default 0
    decoupled_weight_decay : bool, default False
        Whether the decay is AdamW's.
    maximize : bool, default False

    Raises
    ------
    ValueError
        If a number is negative, or a beta is not in [0, 1).

    References
    ----------
    Liu, L., Jiang, H., He, P., Chen, W., Liu, X., Gao, J. and Han, J., "On the variance of the adaptive learning rate
    and beyond", 2020.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optim.RAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([0.8], dtype=float32)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check_at_least("RAdam", lr=lr, eps=eps, weight_decay=weight_decay)
        check_betas("RAdam", betas)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)

    def start(self, w: NDArray[Any], group: Group) -> State:
        """Return means of zeros."""
        return _means(w)

    def update(self, w: NDArray[Any], g: NDArray[Any], state: State, group: Group) -> None:
        """Change w by one step."""
        t = state["step"] = state["step"] + 1
        beta_1, beta_2 = group["betas"]
        step, adaptive = updates.radam_step(group["lr"], beta_1, beta_2, t)
        updates.adam(
            w, g, state["exp_avg"], state["exp_avg_sq"], None,
            beta_1=beta_1, beta_2=beta_2, step=step, epsilon=group["eps"], adaptive=adaptive,
        )  # fmt: skip


def _means(w: NDArray[Any]) -> State:
    """Return Adam's state before the first step."""
    return {"step": 0.0, "exp_avg": np.zeros_like(w), "exp_avg_sq": np.zeros_like(w)}
