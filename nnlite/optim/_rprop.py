"""Resilient backpropagation, in PyTorch's spelling."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.kernels import updates
from nnlite.optim._optimizer import FirstOrderOptimizer, Group, State
from nnlite.optimizers._checks import check_at_least

__all__ = ["Rprop"]


class Rprop(FirstOrderOptimizer):
    """Give each weight a step size that grows while its gradient keeps its sign, and shrinks when it turns.

    The formula is that of `nnlite.optimizers.Rprop`; `lr` is the first step size.

    Parameters
    ----------
    params : iterable of Parameter, or of groups
    lr : float, default 0.01
    etas : pair of float, default (0.5, 1.2)
    step_sizes : pair of float, default (1e-6, 50)
    maximize : bool, default False

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
    >>> optimizer = nl.optim.Rprop([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter([0.9])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        check_at_least("Rprop", lr=lr)
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"Rprop expected etas with 0 < etas[0] < 1 < etas[1], got etas={etas!r}")
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize})

    def start(self, w: NDArray[Any], group: Group) -> State:
        """Return the first step sizes, and a gradient of zeros."""
        return {"step": 0.0, "prev": np.zeros_like(w), "step_size": np.full_like(w, group["lr"])}

    def update(self, w: NDArray[Any], g: NDArray[Any], state: State, group: Group) -> None:
        """Change w by one step."""
        state["step"] += 1
        updates.rprop(w, g, state["prev"], state["step_size"], etas=group["etas"], sizes=group["step_sizes"])
