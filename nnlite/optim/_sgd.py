"""Gradient descent, in PyTorch's spelling."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.kernels import updates
from nnlite.optim._optimizer import FirstOrderOptimizer, Group, State
from nnlite.optimizers._checks import check_at_least

__all__ = ["SGD"]


class SGD(FirstOrderOptimizer):
    """Step against the gradient: ``b = momentum * b + (1 - dampening) * g`` and ``w = w - lr * b``.

    The first b is g. Nesterov's form steps by ``g + momentum * b``. `weight_decay` adds ``weight_decay * w`` to g.

    Parameters
    ----------
    params : iterable of Parameter, or of groups
    lr : float, default 0.001
    momentum, dampening, weight_decay : float, default 0
    nesterov : bool, default False
    maximize : bool, default False
        Whether to go up instead of down.

    Raises
    ------
    ValueError
        If a number is negative, or Nesterov's form lacks momentum or has dampening.

    References
    ----------
    Sutskever, I., Martens, J., Dahl, G. and Hinton, G., "On the importance of initialization and momentum in deep
    learning", 2013.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([1.0])
    >>> optimizer = nl.optim.SGD([w], lr=0.1)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> w
    Parameter([0.64])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check_at_least("SGD", lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(f"SGD's Nesterov form expected momentum and no dampening, got {momentum=}, {dampening=}")
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def start(self, w: NDArray[Any], group: Group) -> State:
        """Return the state without a buffer."""
        return {"momentum_buffer": None}

    def update(self, w: NDArray[Any], g: NDArray[Any], state: State, group: Group) -> None:
        """Change w by one step."""
        if not group["momentum"]:
            updates.descend(w, g, rate=group["lr"])
            return
        dampening = group["dampening"]
        if state["momentum_buffer"] is None:
            state["momentum_buffer"], dampening = np.zeros_like(w), 0
        updates.momentum(
            w, g, state["momentum_buffer"],
            inside=1, outside=-group["lr"], momentum=group["momentum"], dampening=dampening, nesterov=group["nesterov"],
        )  # fmt: skip
