"""Learning rates that change: a schedule is called with the number of steps taken, and returns the rate.

Any function of that kind will do: ``Adam(lambda step: 1e-3 * 0.99**step)``.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import pairwise

from nnlite._configured import Configured
from nnlite.optimizers._checks import check_at_least, check_share

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "Cyclical",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
]


class LearningRateSchedule(Configured, ABC):
    """What gives the rate of each step; a subclass says how in `__call__`.

    It keeps each argument of its constructor under the argument's name, where `get_config` and `repr` read it.

    Examples
    --------
    >>> import nnlite as nl
    >>> class Warmup(nl.optimizers.schedules.LearningRateSchedule):
    ...     def __init__(self, steps, rate):
    ...         self.steps, self.rate = steps, rate
    ...
    ...     def __call__(self, step):
    ...         return self.rate * min(1.0, (step + 1) / self.steps)
    >>> nl.optimizers.Adam(Warmup(4, 0.1)).rate
    0.025
    """

    @abstractmethod
    def __call__(self, step: int) -> float:
        """Return the rate after so many steps."""


class ExponentialDecay(LearningRateSchedule):
    """``initial_learning_rate * decay_rate ** (step / decay_steps)``.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
    decay_rate : float
    staircase : bool, default False
        Whether the exponent is rounded down, so that the rate falls every `decay_steps` steps.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> import nnlite as nl
    >>> schedule = nl.optimizers.schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    >>> [schedule(step) for step in (0, 10, 20)]
    [0.1, 0.05, 0.025]
    """

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
    ) -> None:
        check_at_least("ExponentialDecay", initial_learning_rate=initial_learning_rate, decay_rate=decay_rate)
        _check_positive("ExponentialDecay", decay_steps=decay_steps)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase = decay_rate, staircase

    def __call__(self, step: int) -> float:
        """Return the rate after so many steps."""
        exponent = step // self.decay_steps if self.staircase else step / self.decay_steps
        return self.initial_learning_rate * math.pow(self.decay_rate, exponent)


class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[0]`` up to and including step ``boundaries[0]``, then ``values[1]``, and so on.

    Parameters
    ----------
    boundaries : sequence of int
        Strictly increasing.
    values : sequence of float
        One more.

    Raises
    ------
    ValueError
        If the numbers do not fit.

    Examples
    --------
    >>> import nnlite as nl
    >>> schedule = nl.optimizers.schedules.PiecewiseConstantDecay([100, 200], [0.1, 0.05, 0.01])
    >>> [schedule(step) for step in (0, 100, 101, 201)]
    [0.1, 0.1, 0.05, 0.01]
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float]) -> None:
        if len(values) != len(boundaries) + 1 or any(a >= b for a, b in pairwise(boundaries)):
            raise ValueError(
                "PiecewiseConstantDecay expected increasing boundaries and one value more, "
                f"got {boundaries=} and {values=}"
            )
        self.boundaries, self.values = list(boundaries), list(values)

    def __call__(self, step: int) -> float:
        """Return the rate after so many steps."""
        return self.values[sum(step > boundary for boundary in self.boundaries)]


class PolynomialDecay(LearningRateSchedule):
    """``(initial - end) * (1 - step / decay_steps) ** power + end``, and `end` afterwards.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
    end_learning_rate : float, default 0.0001
    power : float, default 1
        1 is a straight line.
    cycle : bool, default False
        Whether the rate rises again after `decay_steps`, to reach `end` at their next multiple.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> import nnlite as nl
    >>> schedule = nl.optimizers.schedules.PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.0)
    >>> [schedule(step) for step in (0, 5, 10, 20)]
    [0.1, 0.05, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
    ) -> None:
        check_at_least("PolynomialDecay", initial_learning_rate=initial_learning_rate, power=power)
        check_at_least("PolynomialDecay", end_learning_rate=end_learning_rate)
        _check_positive("PolynomialDecay", decay_steps=decay_steps)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle = end_learning_rate, power, cycle

    def __call__(self, step: int) -> float:
        """Return the rate after so many steps."""
        decay_steps = self.decay_steps * max(1, math.ceil(step / self.decay_steps)) if self.cycle else self.decay_steps
        left = 1 - min(step, decay_steps) / decay_steps
        height = self.initial_learning_rate - self.end_learning_rate
        return height * math.pow(left, self.power) + self.end_learning_rate


class InverseTimeDecay(LearningRateSchedule):
    """``initial_learning_rate / (1 + decay_rate * step / decay_steps)``.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
    decay_rate : float
    staircase : bool, default False
        Whether step / decay_steps is rounded down.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> import nnlite as nl
    >>> schedule = nl.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=10, decay_rate=1.0)
    >>> [schedule(step) for step in (0, 10, 30)]
    [0.1, 0.05, 0.025]
    """

    def __init__(
        self, initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
    ) -> None:
        check_at_least("InverseTimeDecay", initial_learning_rate=initial_learning_rate, decay_rate=decay_rate)
        _check_positive("InverseTimeDecay", decay_steps=decay_steps)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase = decay_rate, staircase

    def __call__(self, step: int) -> float:
        """Return the rate after so many steps."""
        time = step // self.decay_steps if self.staircase else step / self.decay_steps
        return self.initial_learning_rate / (1 + self.decay_rate * time)


class CosineDecay(LearningRateSchedule):
    """Half a cosine from the initial rate down to `alpha` times it; before it, if wanted, a straight warm-up.

    ``initial * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)``. With a warm-up the rate rises from
    `initial` to `warmup_target` during `warmup_steps`, and the cosine starts there.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
    alpha : float, default 0
    warmup_target : float, optional
    warmup_steps : int, default 0

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Loshchilov, I. and Hutter, F., "SGDR: stochastic gradient descent with warm restarts", 2017.

    Examples
    --------
    >>> import nnlite as nl
    >>> schedule = nl.optimizers.schedules.CosineDecay(0.0, decay_steps=10, warmup_target=0.1, warmup_steps=5)
    >>> [round(schedule(step), 3) for step in (0, 1, 5, 10, 15)]
    [0.0, 0.02, 0.1, 0.05, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        check_at_least("CosineDecay", initial_learning_rate=initial_learning_rate, warmup_steps=warmup_steps)
        _check_positive("CosineDecay", decay_steps=decay_steps)
        if warmup_target is not None:
            check_at_least("CosineDecay", initial_learning_rate, warmup_target=warmup_target)
        self.initial_learning_rate, self.decay_steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps

    def __call__(self, step: int) -> float:
        """Return the rate after so many steps."""
        highest = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return highest + (self.warmup_target - highest) * step / self.warmup_steps
            step, highest = step - self.warmup_steps, self.warmup_target
        share = _half_cosine(min(step / self.decay_steps, 1.0))
        return highest * ((1 - self.alpha) * share + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Half cosines one after the other, each `t_mul` times as long as the last, from `m_mul` times its rate.

    Parameters
    ----------
    initial_learning_rate : float
    first_decay_steps : int
    t_mul : float, default 2
    m_mul : float, default 1
    alpha : float, default 0
        The least rate, as a share of the initial one.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Loshchilov, I. and Hutter, F., "SGDR: stochastic gradient descent with warm restarts", 2017.

    Examples
    --------
    >>> import nnlite as nl
    >>> schedule = nl.optimizers.schedules.CosineDecayRestarts(0.1, first_decay_steps=10)
    >>> [round(schedule(step), 3) for step in (0, 5, 10, 20, 30)]
    [0.1, 0.05, 0.1, 0.05, 0.1]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
    ) -> None:
        check_at_least("CosineDecayRestarts", initial_learning_rate=initial_learning_rate, m_mul=m_mul)
        check_at_least("CosineDecayRestarts", 1, t_mul=t_mul)
        _check_positive("CosineDecayRestarts", first_decay_steps=first_decay_steps)
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha = t_mul, m_mul, alpha

    def __call__(self, step: int) -> float:
        """Return the rate after so many steps."""
        restarts, length, left = 0, float(self.first_decay_steps), float(step)
        if self.t_mul == 1:
            restarts, left = int(step // length), step % length
        while left >= length:
            restarts, left, length = restarts + 1, left - length, length * self.t_mul
        share = math.pow(self.m_mul, restarts) * _half_cosine(left / length)
        return self.initial_learning_rate * ((1 - self.alpha) * share + self.alpha)


class OneCycle(LearningRateSchedule):
    """Up from ``max / div_factor`` to the maximum, then down to ``max / div_factor / final_div_factor``.

    As PyTorch's OneCycleLR; Keras has none.

    Parameters
    ----------
    max_learning_rate : float
    total_steps : int
        Length of the cycle; afterwards the last rate stays.
    pct_start : float, default 0.3
        The share of the steps on which the rate rises.
    anneal_strategy : {"cos", "linear"}, default "cos"
        Half a cosine, or a straight line.
    div_factor : float, default 25
    final_div_factor : float, default 1e4
    three_phase : bool, default False
        Whether it goes down to the first rate in as many steps as it rose, and to the last rate from there.

    Raises
    ------
    ValueError
        If a number is out of range, or the strategy is unknown.

    References
    ----------
    Smith, L. N. and Topin, N., "Super-convergence: very fast training of neural networks using large learning rates",
    2018.

    Examples
    --------
    >>> import nnlite as nl
    >>> schedule = nl.optimizers.schedules.OneCycle(0.1, total_steps=10, pct_start=0.5)
    >>> [round(schedule(step), 3) for step in (0, 2, 4, 6, 9)]
    [0.004, 0.052, 0.1, 0.065, 0.0]
    """

    def __init__(
        self,
        max_learning_rate: float,
        total_steps: int,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:
        check_at_least("OneCycle", max_learning_rate=max_learning_rate)
        check_share("OneCycle", inclusive=True, pct_start=pct_start)
        _check_positive("OneCycle", total_steps=total_steps, div_factor=div_factor, final_div_factor=final_div_factor)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f'OneCycle expected anneal_strategy "cos" or "linear", got {anneal_strategy!r}')
        self.max_learning_rate, self.total_steps, self.pct_start = max_learning_rate, total_steps, pct_start
        self.anneal_strategy, self.three_phase = anneal_strategy, three_phase
        self.div_factor, self.final_div_factor = div_factor, final_div_factor

    def __call__(self, step: int) -> float:
        """Return the rate after so many steps."""
        first = self.max_learning_rate / self.div_factor
        last = first / self.final_div_factor
        return self.between((first, self.max_learning_rate, first if self.three_phase else last, last), step)

    def between(self, values: Sequence[float], step: int) -> float:
        """Return what goes through four values at the ends of the phases; with two phases the third is the last."""
        risen = self.pct_start * self.total_steps - 1
        middle = [2 * risen] if self.three_phase else []
        ends: list[float] = [0.0, risen, *middle, self.total_steps - 1.0]
        phase = sum(step > end for end in ends[1:-1])
        share: float = (min(step, ends[-1]) - ends[phase]) / ((ends[phase + 1] - ends[phase]) or 1.0)
        if self.anneal_strategy == "cos":
            share = 1 - _half_cosine(share)
        return values[phase] + (values[phase + 1] - values[phase]) * share


class Cyclical(LearningRateSchedule):
    """Up from the base rate to the maximum and down again, in straight lines, for ever.

    As PyTorch's CyclicLR; Keras has none.

    Parameters
    ----------
    base_learning_rate, max_learning_rate : float
    step_size_up : int, default 2000
        Steps on the way up.
    step_size_down : int, optional
        Steps on the way down; as many by default.
    mode : {"triangular", "triangular2", "exp_range"}, default "triangular"
        Whether the height stays, is halved after each cycle, or is ``gamma ** step``.
    gamma : float, default 1
    scale_fn : callable, optional
        The height as a function of the number of the cycle, from 1; in place of a mode.

    Raises
    ------
    ValueError
        If a number is out of range, or the mode is unknown.

    References
    ----------
    Smith, L. N., "Cyclical learning rates for training neural networks", 2017.

    Examples
    --------
    >>> import nnlite as nl
    >>> schedule = nl.optimizers.schedules.Cyclical(0.1, 0.5, step_size_up=2, mode="triangular2")
    >>> [round(schedule(step), 3) for step in range(8)]
    [0.1, 0.3, 0.5, 0.3, 0.1, 0.2, 0.3, 0.2]
    """

    def __init__(
        self,
        base_learning_rate: float,
        max_learning_rate: float,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[int], float] | None = None,
    ) -> None:
        check_at_least("Cyclical", base_learning_rate=base_learning_rate, max_learning_rate=max_learning_rate)
        _check_positive("Cyclical", step_size_up=step_size_up)
        if step_size_down is not None:
            _check_positive("Cyclical", step_size_down=step_size_down)
        if mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(f'Cyclical expected mode "triangular", "triangular2" or "exp_range", got {mode!r}')
        self.base_learning_rate, self.max_learning_rate = base_learning_rate, max_learning_rate
        self.step_size_up, self.step_size_down = step_size_up, step_size_down
        self.mode, self.gamma, self.scale_fn = mode, gamma, scale_fn

    def __call__(self, step: int) -> float:
        """Return the rate after so many steps."""
        down = self.step_size_up if self.step_size_down is None else self.step_size_down
        cycle, place = divmod(step, self.step_size_up + down)
        height = place / self.step_size_up if place <= self.step_size_up else 1 - (place - self.step_size_up) / down
        if self.scale_fn is not None:
            height *= self.scale_fn(cycle + 1)
        elif self.mode != "triangular":
            height *= math.pow(0.5, cycle) if self.mode == "triangular2" else math.pow(self.gamma, step)
        return self.base_learning_rate + (self.max_learning_rate - self.base_learning_rate) * height


def _half_cosine(share: float) -> float:
    """Return what goes from 1 to 0 as the share goes from 0 to 1."""
    return (1 + math.cos(math.pi * share)) / 2


def _check_positive(schedule: str, **values: float) -> None:
    """Require positive numbers."""
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{schedule} expected {name} > 0, got {name}={value!r}")
