"""Schedules of the learning rate, with their formulas written plainly."""

from math import ceil, cos, floor, pi

import numpy as np

from nnlite.optimizers import schedules as s
from tests.conformance._rows import ScheduleRow

__all__ = ["SCHEDULES"]


def polynomial_cycle(step: float) -> float:
    """Falls to 0.01 at 8, 16, 24, ..., each time from the line that started at 0."""
    length = 8 * max(1, ceil(step / 8))
    return (0.3 - 0.01) * (1 - step / length) ** 2 + 0.01


def warmed_up(step: float) -> float:
    """Five steps up from 0.1 to 0.4, then a cosine over ten, to a tenth."""
    if step < 5:
        return 0.1 + 0.3 * step / 5
    return 0.4 * (0.9 * (1 + cos(pi * min(step - 5, 10) / 10)) / 2 + 0.1)


def restarted(step: float) -> float:
    """Cosines of 4, 6, 9, ... steps, each of 0.8 times the height."""
    start, length, height = 0.0, 4.0, 1.0
    while step >= start + length:
        start, length, height = start + length, length * 1.5, height * 0.8
    return 0.3 * (0.8 * height * (1 + cos(pi * (step - start) / length)) / 2 + 0.2)


def one_cycle(step: float) -> float:
    """Two half cosines that meet at step 0.3 * 20 - 1 = 5."""
    a, b, share = (0.5 / 25, 0.5, step / 5) if step <= 5 else (0.5, 0.5 / 25 / 1e4, min(step - 5, 14) / 14)
    return a + (b - a) * (1 - cos(pi * share)) / 2


def one_cycle_of_three(step: float) -> float:
    """Straight lines from 0.1 over 0.5 at 7 and 0.1 at 14 to 0.001 at 19."""
    return float(np.interp(step, [0, 7, 14, 19], [0.1, 0.5, 0.1, 0.001]))


SCHEDULES = [
    ScheduleRow(s.ExponentialDecay(0.5, 7, 0.3), lambda t: 0.5 * 0.3 ** (t / 7)),
    ScheduleRow(s.ExponentialDecay(0.5, 7, 0.3, staircase=True), lambda t: 0.5 * 0.3 ** floor(t / 7)),
    ScheduleRow(s.PiecewiseConstantDecay([5, 9], [0.3, 0.2, 0.1]), lambda t: 0.3 if t <= 5 else 0.2 if t <= 9 else 0.1),
    ScheduleRow(s.PolynomialDecay(0.3, 8), lambda t: (0.3 - 1e-4) * (1 - min(t, 8) / 8) + 1e-4),
    ScheduleRow(s.PolynomialDecay(0.3, 8, 0.01, 2, cycle=True), polynomial_cycle),
    ScheduleRow(s.InverseTimeDecay(0.5, 7, 0.3), lambda t: 0.5 / (1 + 0.3 * t / 7)),
    ScheduleRow(s.InverseTimeDecay(0.5, 7, 0.3, staircase=True), lambda t: 0.5 / (1 + 0.3 * floor(t / 7))),
    ScheduleRow(s.CosineDecay(0.3, 10), lambda t: 0.15 * (1 + cos(pi * min(t, 10) / 10))),
    ScheduleRow(s.CosineDecay(0.1, 10, 0.1, warmup_target=0.4, warmup_steps=5), warmed_up),
    ScheduleRow(s.CosineDecayRestarts(0.3, 4, 1.5, 0.8, 0.2), restarted),
    ScheduleRow(s.CosineDecayRestarts(0.3, 4, t_mul=1), lambda t: 0.15 * (1 + cos(pi * (t % 4) / 4))),
    ScheduleRow(s.OneCycle(0.5, 20), one_cycle),
    ScheduleRow(s.OneCycle(0.5, 20, 0.4, "linear", 5, 100, three_phase=True), one_cycle_of_three),
    ScheduleRow(s.Cyclical(0.1, 0.5, 4), lambda t: 0.1 + 0.4 * (1 - abs(t % 8 / 4 - 1))),
    ScheduleRow(
        s.Cyclical(0.1, 0.5, 3, 6, "triangular2"),
        lambda t: 0.1 + 0.4 * float(np.interp(t % 9, [0, 3, 9], [0, 1, 0])) / 2 ** (t // 9),
    ),
    ScheduleRow(
        s.Cyclical(0.1, 0.5, 4, mode="exp_range", gamma=0.9),
        lambda t: 0.1 + 0.4 * (1 - abs(t % 8 / 4 - 1)) * 0.9**t,
    ),
    ScheduleRow(
        s.Cyclical(0.1, 0.5, 4, scale_fn=lambda cycle: 1 / cycle),
        lambda t: 0.1 + 0.4 * (1 - abs(t % 8 / 4 - 1)) / (t // 8 + 1),
    ),
]
