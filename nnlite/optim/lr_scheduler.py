"""Schedulers: objects that change the "lr" of an optimizer's groups at each `step()`, as PyTorch's do."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nnlite.optim._optimizer import Optimizer
from nnlite.optimizers.schedules import OneCycle

__all__ = [
    "CosineAnnealingLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "MultiStepLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "StepLR",
]


class LRScheduler(ABC):
    """Changes the rates of an optimizer's groups, once an epoch or a batch: call `step()` after `optimizer.step()`.

    The first rates are noted in the groups, as "initial_lr". Schedulers change the rates that they find, so several can
    work on one optimizer. A subclass says in `get_lr` what the rates are at `last_epoch`.

    Parameters
    ----------
    optimizer : Optimizer
    last_epoch : int, default -1
        The last epoch of an earlier training, to go on with.

    Raises
    ------
    TypeError
        If the optimizer is none of `nnlite.optim`.
    KeyError
        If an earlier training is to go on, and the groups do not have "initial_lr".

    Examples
    --------
    >>> import nnlite as nl
    >>> optimizer = nl.optim.SGD([nl.Parameter([1.0])], lr=0.1)
    >>> scheduler = nl.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for _ in range(4):
    ...     print(scheduler.get_last_lr())
    ...     optimizer.step()
    ...     scheduler.step()
    [0.1]
    [0.1]
    [0.05]
    [0.05]
    """

    transient: tuple[str, ...] = ("optimizer",)  # attributes that state_dict leaves out

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = _checked(self, optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(f"{type(self).__name__} with last_epoch={last_epoch} needs initial_lr in group {i}")
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch + 1
        self._set(self.first_lr())

    @abstractmethod
    def get_lr(self) -> list[float]:
        """Return the rate of each group at `last_epoch`, from those at the epoch before."""

    def first_lr(self) -> list[float]:
        """Return the rates when the scheduler is made."""
        return self.get_lr()

    def step(self) -> None:
        """Go on by one epoch."""
        self.last_epoch += 1
        self._set(self.get_lr())

    def get_last_lr(self) -> list[float]:
        """Return the rates of the groups, as they were last set."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return what the scheduler knows, but for the optimizer (and functions)."""
        return {name: value for name, value in vars(self).items() if name not in self.transient}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Put back what `state_dict` gave."""
        vars(self).update(state_dict)

    def _now(self) -> list[float]:
        """Return the rates that the groups have."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def _set(self, rates: Sequence[float]) -> None:
        """Give each group its rate."""
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = self._now()


class StepLR(LRScheduler):
    """Multiply the rates by gamma after every `step_size` epochs.

    Parameters
    ----------
    optimizer : Optimizer
    step_size : int
    gamma : float, default 0.1
    last_epoch : int, default -1

    Examples
    --------
    >>> import nnlite as nl
    >>> optimizer = nl.optim.SGD([nl.Parameter([1.0])], lr=0.5)
    >>> nl.optim.lr_scheduler.StepLR(optimizer, 30).get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates of this epoch."""
        falls = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return _times(self._now(), self.gamma if falls else 1)


class MultiStepLR(LRScheduler):
    """Multiply the rates by gamma at each of some epochs.

    Parameters
    ----------
    optimizer : Optimizer
    milestones : iterable of int
        Increasing; one that comes twice counts twice.
    gamma : float, default 0.1
    last_epoch : int, default -1

    Examples
    --------
    >>> import nnlite as nl
    >>> optimizer = nl.optim.SGD([nl.Parameter([1.0])], lr=0.5)
    >>> scheduler = nl.optim.lr_scheduler.MultiStepLR(optimizer, [1, 3], gamma=0.5)
    >>> for _ in range(3):
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.125]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates of this epoch."""
        return _times(self._now(), self.gamma ** self.milestones.count(self.last_epoch))


class ExponentialLR(LRScheduler):
    """Multiply the rates by gamma at every epoch.

    Parameters
    ----------
    optimizer : Optimizer
    gamma : float
    last_epoch : int, default -1

    Examples
    --------
    >>> import nnlite as nl
    >>> optimizer = nl.optim.SGD([nl.Parameter([1.0])], lr=0.5)
    >>> scheduler = nl.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def first_lr(self) -> list[float]:
        """Return the rates that the groups have."""
        return self._now()

    def get_lr(self) -> list[float]:
        """Return the rates of this epoch."""
        return _times(self._now(), self.gamma)


class CosineAnnealingLR(LRScheduler):
    """Follow half a cosine from the first rate to `eta_min` at epoch `T_max`, and back again.

    ``eta_min + (initial - eta_min) * (1 + cos(pi * epoch / T_max)) / 2``, where nothing else changes the rates.

    Parameters
    ----------
    optimizer : Optimizer
    T_max : int
    eta_min : float, default 0
    last_epoch : int, default -1

    References
    ----------
    Loshchilov, I. and Hutter, F., "SGDR: stochastic gradient descent with warm restarts", 2017.

    Examples
    --------
    >>> import nnlite as nl
    >>> optimizer = nl.optim.SGD([nl.Parameter([1.0])], lr=0.5)
    >>> scheduler = nl.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    >>> scheduler.step()
    >>> round(scheduler.get_last_lr()[0], 3)
    0.25
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def first_lr(self) -> list[float]:
        """Return the rates that the groups have."""
        return self._now()

    def get_lr(self) -> list[float]:
        """Return the rates of this epoch."""
        now, before = self._height(self.last_epoch), self._height(self.last_epoch - 1)
        if (self.last_epoch - 1) % (2 * self.T_max) == self.T_max:  # up from the lowest point, which knows no height
            return [rate + (base - self.eta_min) * now for rate, base in zip(self._now(), self.base_lrs, strict=True)]
        return [now / before * (rate - self.eta_min) + self.eta_min for rate in self._now()]

    def _height(self, epoch: int) -> float:
        """Return the cosine's height, from 1 to 0."""
        return (1 + math.cos(math.pi * epoch / self.T_max)) / 2


class LambdaLR(LRScheduler):
    """Multiply the first rates by a function of the epoch.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable or list of callable
        One function, or one for each group. `state_dict` leaves them out.
    last_epoch : int, default -1

    Raises
    ------
    ValueError
        If there is not one function for each group.

    Examples
    --------
    >>> import nnlite as nl
    >>> optimizer = nl.optim.SGD([nl.Parameter([1.0])], lr=0.5)
    >>> scheduler = nl.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    transient = ("optimizer", "lr_lambdas")

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, Sequence) else [lr_lambda] * groups
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"LambdaLR expected {groups} functions, one for each group, got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates of this epoch."""
        return [base * function(self.last_epoch) for base, function in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class OneCycleLR(LRScheduler):
    """Let the rates rise to a maximum and fall to almost nothing, and the momentum fall and rise meanwhile.

    To be called after every batch. The rates are those of `nnlite.optimizers.schedules.OneCycle`.

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float or list of float
    total_steps : int, optional
    epochs, steps_per_epoch : int, optional
        Their product is the number of steps if `total_steps` is not given.
    pct_start : float, default 0.3
    anneal_strategy : {"cos", "linear"}, default "cos"
    cycle_momentum : bool, default True
        Whether to change "momentum", or the first of "betas".
    base_momentum : float or list of float, default 0.85
    max_momentum : float or list of float, default 0.95
    div_factor : float, default 25
    final_div_factor : float, default 1e4
    three_phase : bool, default False
    last_epoch : int, default -1

    Raises
    ------
    ValueError
        If the number of steps is unknown or exceeded, or the optimizer has no momentum to change.

    References
    ----------
    Smith, L. N. and Topin, N., "Super-convergence: very fast training of neural networks using large learning rates",
    2018.

    Examples
    --------
    >>> import nnlite as nl
    >>> optimizer = nl.optim.Adam([nl.Parameter([1.0])])
    >>> scheduler = nl.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.5, total_steps=10)
    >>> scheduler.get_last_lr(), optimizer.param_groups[0]["betas"]
    ([0.02], (0.95, 0.999))
    """

    transient = ("optimizer", "cycles")

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None and (epochs is None or steps_per_epoch is None):
            raise ValueError("OneCycleLR needs total_steps, or epochs and steps_per_epoch")
        if cycle_momentum and not {"momentum", "betas"} & set(optimizer.defaults):
            raise ValueError(f"{type(optimizer).__name__} has no momentum to change: set cycle_momentum=False")
        self.total_steps = (epochs or 0) * (steps_per_epoch or 0) if total_steps is None else total_steps
        self.cycle_momentum = cycle_momentum
        shape = (self.total_steps, pct_start, anneal_strategy, div_factor, final_div_factor, three_phase)
        tops = _for_each_group(optimizer, max_lr)
        self.cycles = [OneCycle(top, *shape) for top in tops]
        self.momentums = list(
            zip(_for_each_group(optimizer, max_momentum), _for_each_group(optimizer, base_momentum), strict=True)
        )
        if last_epoch == -1:
            for group, top in zip(optimizer.param_groups, tops, strict=True):
                group["initial_lr"] = top / div_factor
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates of this batch, and set its momentum.

        Raises
        ------
        ValueError
            If the cycle is over.
        """
        if self.last_epoch > self.total_steps:
            raise ValueError(f"OneCycleLR was made for {self.total_steps} steps; this is step {self.last_epoch}")
        if self.cycle_momentum:
            for group, cycle, (most, least) in zip(
                self.optimizer.param_groups, self.cycles, self.momentums, strict=True
            ):
                momentum = cycle.between((most, least, most, most), self.last_epoch)
                if "betas" in group:
                    group["betas"] = (momentum, *group["betas"][1:])
                else:
                    group["momentum"] = momentum
        return [cycle(self.last_epoch) for cycle in self.cycles]


class ReduceLROnPlateau:
    """Multiply the rates by a factor when what is watched has not become better for some epochs.

    Parameters
    ----------
    optimizer : Optimizer
    mode : {"min", "max"}, default "min"
        Whether small or large values are good.
    factor : float, default 0.1
    patience : int, default 10
        Epochs without progress that are put up with.
    threshold : float, default 1e-4
        How much better counts as better.
    threshold_mode : {"rel", "abs"}, default "rel"
        Whether the threshold is a share of the best value.
    cooldown : int, default 0
        Epochs after a reduction that are not counted.
    min_lr : float or list of float, default 0
    eps : float, default 1e-8
        Reductions by less are left out.

    Raises
    ------
    ValueError
        If the factor is not below 1, or a mode is unknown.

    Examples
    --------
    >>> import nnlite as nl
    >>> optimizer = nl.optim.SGD([nl.Parameter([1.0])], lr=0.5)
    >>> scheduler = nl.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in (3.0, 3.0, 3.0):
    ...     scheduler.step(loss)
    >>> scheduler.get_last_lr()
    [0.05]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if not factor < 1:
            raise ValueError(f"ReduceLROnPlateau expected factor < 1, got factor={factor!r}")
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f'ReduceLROnPlateau expected mode "min" or "max" and threshold_mode "rel" or "abs", got {mode=} and '
                f"{threshold_mode=}"
            )
        self.optimizer = _checked(self, optimizer)
        self.mode, self.factor, self.patience, self.cooldown, self.eps = mode, factor, patience, cooldown, eps
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.min_lrs = _for_each_group(optimizer, min_lr)
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = self.last_epoch = 0
        self._last_lr = [group["lr"] for group in optimizer.param_groups]

    def step(self, metrics: Any) -> None:
        """Look at the value of an epoch, and reduce the rates if it is time."""
        value = float(metrics)
        self.last_epoch += 1
        if self._is_better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                reduced = max(group["lr"] * self.factor, least)
                if group["lr"] - reduced > self.eps:
                    group["lr"] = reduced
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """Return the rates of the groups."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return what the scheduler knows, but for the optimizer."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Put back what `state_dict` gave."""
        vars(self).update(state_dict)

    def _is_better(self, value: float) -> bool:
        """Compare with the best value so far."""
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "abs":
            return sign * value > sign * self.best + self.threshold
        return sign * value > sign * self.best * (1 + sign * self.threshold)


def _checked(scheduler: Any, optimizer: Any) -> Optimizer:
    """Require an optimizer of this spelling."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(scheduler).__name__} takes an optimizer of nnlite.optim, got {optimizer!r}")
    return optimizer


def _for_each_group(optimizer: Optimizer, value: float | Sequence[float]) -> list[float]:
    """Return a value for each group."""
    groups = len(optimizer.param_groups)
    values = list(value) if isinstance(value, Sequence) else [value] * groups
    if len(values) != groups:
        raise ValueError(f"expected {groups} values, one for each group, got {value!r}")
    return values


def _times(rates: Sequence[float], factor: float) -> list[float]:
    """Multiply the rates."""
    return [rate * factor for rate in rates]
