"""Every schedule of the conformance table through every check; mistakes."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.optimizers import schedules
from tests.conformance import SCHEDULES, ScheduleRow

every_schedule = pytest.mark.parametrize("row", SCHEDULES, ids=str)


def test_every_schedule_is_in_the_table() -> None:
    kinds = {getattr(schedules, name) for name in schedules.__all__} - {schedules.LearningRateSchedule}
    assert {type(row.schedule) for row in SCHEDULES} == kinds


@every_schedule
def test_rates_are_those_of_the_plain_formula(row: ScheduleRow) -> None:
    rates = [row.schedule(step) for step in range(30)]
    np.testing.assert_allclose(rates, [row.reference(step) for step in range(30)], rtol=1e-12, atol=1e-15)
    assert all(isinstance(rate, float) for rate in rates)


@every_schedule
def test_far_steps_are_finite(row: ScheduleRow) -> None:
    assert 0 <= row.schedule(10**9) <= 0.5


@every_schedule
def test_prints_as_the_code_that_builds_it(row: ScheduleRow) -> None:
    if "lambda" not in str(row):
        again = eval(str(row), vars(schedules))
        assert [again(step) for step in range(30)] == [row.schedule(step) for step in range(30)]
    copied = type(row.schedule).from_config(row.schedule.get_config())  # type: ignore[attr-defined]
    assert copied(11) == row.schedule(11)


def test_an_optimizer_follows_it() -> None:
    w = nl.Parameter([0.0])
    optimizer = nl.optimizers.SGD(schedules.PiecewiseConstantDecay([1], [1.0, 0.25]), parameters=[w])
    places = []
    for _ in range(4):
        w.grad = np.ones_like(w.data)
        optimizer.step()
        places.append(w.data.item())
    assert places == [-1, -2, -2.25, -2.5]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.ExponentialDecay(-1, 2, 0.5), "ExponentialDecay expected initial_learning_rate >= 0, got"),
        (lambda: schedules.InverseTimeDecay(1, 0, 0.5), "InverseTimeDecay expected decay_steps > 0, got decay_steps=0"),
        (lambda: schedules.PiecewiseConstantDecay([1], [1]), r"one value more, got boundaries=\[1\] and values=\[1\]"),
        (lambda: schedules.PiecewiseConstantDecay([2, 1], [1, 2, 3]), "expected increasing boundaries"),
        (lambda: schedules.PolynomialDecay(1, 1, power=-1), "PolynomialDecay expected power >= 0, got power=-1"),
        (lambda: schedules.CosineDecay(0.1, 9, warmup_target=0.01), r"expected warmup_target >= 0\.1, got"),
        (lambda: schedules.CosineDecayRestarts(0.1, 9, t_mul=0.5), "expected t_mul >= 1, got t_mul=0.5"),
        (lambda: schedules.OneCycle(0.1, 9, pct_start=2), r"OneCycle expected pct_start in \[0, 1\], got pct_start=2"),
        (lambda: schedules.OneCycle(0.1, 9, anneal_strategy="exp"), "got 'exp'"),
        (lambda: schedules.Cyclical(0.1, 0.2, mode="square"), "expected mode \"triangular\", .* got 'square'"),
    ],
)
def test_mistakes_are_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
