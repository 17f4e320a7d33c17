"""L-BFGS, in PyTorch's spelling."""

from collections.abc import Callable, Iterable
from typing import Any

from nnlite.kernels import lbfgs
from nnlite.optim._optimizer import Optimizer
from nnlite.optimizers._checks import check_at_least
from nnlite.optimizers._vector import STACKED_SLOTS, evaluator, joined, recall, remember, set_vector

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """Step along minus the gradient times an inverse Hessian that earlier steps estimate.

    What it keeps is by parameter, so PyTorch's state of an LBFGS does not fit.

    Parameters
    ----------
    params : iterable of Parameter
        Only one group.
    lr : float, default 1
        The first length tried for each step; the only one without a line search.
    max_iter : int, default 20
        Iterations in a step.
    max_eval : int, optional
        Evaluations of the loss in a step; 1.25 * max_iter by default.
    tolerance_grad : float, default 1e-7
    tolerance_change : float, default 1e-9
    history_size : int, default 100
    line_search_fn : {None, "strong_wolfe"}, default None

    Raises
    ------
    ValueError
        If there are several groups, a number is out of range, or the line search is unknown.

    References
    ----------
    Liu, D. C. and Nocedal, J., "On the limited memory BFGS method for large scale optimization", 1989.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([3.0, -2.0])
    >>> optimizer = nl.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 1) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> loss = optimizer.step(closure)
    >>> w.data.round(3)
    array([1., 1.], dtype=float32)
    """

    stacked = STACKED_SLOTS

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_at_least("LBFGS", lr=lr, tolerance_grad=tolerance_grad, tolerance_change=tolerance_change)
        if line_search_fn not in ("strong_wolfe", None):
            raise ValueError(f'LBFGS expected line_search_fn "strong_wolfe" or None, got {line_search_fn!r}')
        defaults = {
            "lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change, "history_size": history_size,
            "line_search_fn": line_search_fn,
        }  # fmt: skip
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError(f"LBFGS takes one group of parameters, got {len(self.param_groups)}")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take up to `max_iter` iterations.

        Parameters
        ----------
        closure : callable
            Forgets the gradients, computes the loss and its gradients, and returns it; called many times.

        Returns
        -------
        What the closure returned the first time.

        Raises
        ------
        TypeError
            If there is no closure.
        """
        if closure is None:
            raise TypeError("LBFGS needs a function that computes the loss and its gradients: step(closure)")
        (group,) = self.param_groups
        params = group["params"]
        losses: list[Any] = []
        memory = recall(self.state, params)
        x, _ = lbfgs.minimise(
            evaluator(params, closure, losses),
            joined([p.data for p in params]),
            memory,
            rate=group["lr"],
            max_iter=group["max_iter"],
            max_eval=group["max_eval"],
            tolerance_grad=group["tolerance_grad"],
            tolerance_change=group["tolerance_change"],
            history_size=group["history_size"],
            line_search=group["line_search_fn"] is not None,
        )
        set_vector(params, x)
        remember(self.state, params, memory)
        return losses[0]
