"""L-BFGS: a quasi-Newton method for full batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nnlite.kernels import lbfgs
from nnlite.optimizers._checks import check_at_least
from nnlite.optimizers._optimizer import LearningRate, Optimizer
from nnlite.optimizers._vector import STACKED_SLOTS, evaluator, joined, recall, remember, set_vector

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """Step along minus the gradient times an inverse Hessian that earlier steps estimate, as far as a line search says.

    For losses that are the same function at every evaluation: full batches, no dropout. One `step` takes up to
    `max_iter` iterations, and needs a function that computes the loss anew. `fit` passes one; give it the whole data as
    one batch (``batch_size=len(x)``). Keras has no L-BFGS; defaults are PyTorch's, but that the line search is on.

    Parameters
    ----------
    learning_rate : float or callable, default 1
        The first length tried for each step.
    max_iter : int, default 20
        Iterations in a step.
    max_eval : int, optional
        Evaluations of the loss in a step; 1.25 * max_iter by default.
    tolerance_grad : float, default 1e-7
        A step ends when no element of the gradient is larger.
    tolerance_change : float, default 1e-9
        Or when neither loss nor parameters change more.
    history_size : int, default 100
        Steps that are remembered; each takes the memory of the parameters twice.
    line_search_fn : {"strong_wolfe", None}, default "strong_wolfe"
        Without a line search every length is the rate.
    parameters : iterable, optional
        As for every `Optimizer`, but without groups.

    Raises
    ------
    ValueError
        If a number is out of range, or the line search is unknown.

    References
    ----------
    Liu, D. C. and Nocedal, J., "On the limited memory BFGS method for large scale optimization", 1989.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.Parameter([-1.5, 2.0])
    >>> optimizer = nl.optimizers.LBFGS(parameters=[w])
    >>> def rosenbrock():
    ...     optimizer.zero_grad()
    ...     loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     loss = optimizer.step(rosenbrock)
    >>> w.data.round(3)
    array([1., 1.], dtype=float32)
    """

    slot_names = ("gradient", "move", *STACKED_SLOTS)
    stacked_slots = STACKED_SLOTS
    evaluates_again = True

    def __init__(
        self,
        learning_rate: LearningRate = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = "strong_wolfe",
        parameters: Iterable[Any] | None = None,
    ) -> None:
        check_at_least("LBFGS", 1, max_iter=max_iter, history_size=history_size)
        check_at_least("LBFGS", tolerance_grad=tolerance_grad, tolerance_change=tolerance_change)
        if max_eval is not None:
            check_at_least("LBFGS", 1, max_eval=max_eval)
        if line_search_fn not in ("strong_wolfe", None):
            raise ValueError(f'LBFGS expected line_search_fn "strong_wolfe" or None, got {line_search_fn!r}')
        self.max_iter, self.max_eval, self.history_size = max_iter, max_eval, history_size
        self.tolerance_grad, self.tolerance_change = tolerance_grad, tolerance_change
        self.line_search_fn = line_search_fn
        super().__init__(learning_rate, parameters)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take up to `max_iter` iterations, and apply the constraints.

        Parameters
        ----------
        closure : callable
            Forgets the gradients, computes the loss and its gradients, and returns it; called many times.

        Returns
        -------
        What the closure returned the first time.

        Raises
        ------
        RuntimeError
            If there are no parameters.
        TypeError
            If there is no closure.
        ValueError
            If parameters have settings of their own.
        """
        if closure is None:
            raise TypeError("LBFGS needs a function that computes the loss and its gradients: step(closure)")
        if self._groups:
            raise ValueError("LBFGS takes no groups of parameters with settings of their own")
        self._require_parameters()
        trained = [p for p in self._parameters.values() if p.requires_grad]
        if not trained:
            return closure()
        losses: list[Any] = []
        memory = recall(self._slots, trained)
        x, _ = lbfgs.minimise(
            evaluator(trained, closure, losses),
            joined([p.data for p in trained]),
            memory,
            rate=self.rate,
            max_iter=self.max_iter,
            max_eval=self.max_iter * 5 // 4 if self.max_eval is None else self.max_eval,
            tolerance_grad=self.tolerance_grad,
            tolerance_change=self.tolerance_change,
            history_size=self.history_size,
            line_search=self.line_search_fn is not None,
        )
        self.iterations += 1
        set_vector(trained, x)
        remember(self._slots, trained, memory)
        for parameter in trained:
            if parameter.constraint is not None:
                parameter.data[...] = parameter.constraint(parameter.data)
        return losses[0]
