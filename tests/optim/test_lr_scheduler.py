"""Schedulers: their rates (compared with PyTorch's in tests/parity), their state; mistakes."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.optim import lr_scheduler as s


def optimizer(kind: Any = nl.optim.Adam) -> Any:
    """An optimizer of two groups, with rates of 1 and 0.5."""
    w, v = nl.Parameter([1.0]), nl.Parameter([1.0])
    return kind([{"params": [w]}, {"params": [v], "lr": 0.5}], lr=1.0)


ROWS: dict[str, tuple[Any, Any]] = {
    "StepLR": (lambda o: s.StepLR(o, 3, 0.5), lambda t: 0.5 ** (t // 3)),
    "MultiStepLR": (lambda o: s.MultiStepLR(o, [5, 2, 2], 0.5), lambda t: 0.25 ** (t >= 2) * 0.5 ** (t >= 5)),
    "ExponentialLR": (lambda o: s.ExponentialLR(o, 0.9), lambda t: 0.9**t),
    "CosineAnnealingLR": (lambda o: s.CosineAnnealingLR(o, 4), lambda t: (1 + np.cos(np.pi * t / 4)) / 2),
    "LambdaLR": (lambda o: s.LambdaLR(o, lambda t: 1 / (1 + t)), lambda t: 1 / (1 + t)),
    "OneCycleLR": (
        lambda o: s.OneCycleLR(o, [1, 0.5], 11, pct_start=0.5, anneal_strategy="linear", div_factor=10),
        lambda t: np.interp(t, [0, 4.5, 10], [0.1, 1, 0.1 / 1e4]),
    ),
}


@pytest.mark.parametrize("name", ROWS)
class TestEvery:
    def test_rates_follow_the_formula_in_each_group(self, name: str) -> None:
        make, formula = ROWS[name]
        o = optimizer()
        scheduler = make(o)
        for epoch in range(11):
            expected = [formula(epoch), 0.5 * formula(epoch)]
            np.testing.assert_allclose([group["lr"] for group in o.param_groups], expected, rtol=1e-9, atol=1e-12)
            assert scheduler.get_last_lr() == [group["lr"] for group in o.param_groups]
            scheduler.step()

    def test_a_resumed_run_equals_one_never_stopped(self, name: str) -> None:
        make, _ = ROWS[name]
        o, again = optimizer(), optimizer()
        scheduler, resumed = make(o), make(again)
        for epoch in range(9):
            if epoch == 4:
                again.load_state_dict(o.state_dict())
                resumed.load_state_dict(scheduler.state_dict())
            if epoch >= 4:
                resumed.step()
            scheduler.step()
        assert resumed.get_last_lr() == scheduler.get_last_lr()
        assert [g["betas"] for g in again.param_groups] == [g["betas"] for g in o.param_groups]


def test_one_cycle_changes_the_momentum_against_the_rate() -> None:
    adam, sgd = optimizer(), optimizer(nl.optim.SGD)
    schedulers = [s.OneCycleLR(o, 1.0, epochs=1, steps_per_epoch=21, pct_start=0.5) for o in (adam, sgd)]
    seen = []
    for _ in range(20):
        for scheduler in schedulers:
            scheduler.step()
        seen.append(sgd.param_groups[0]["momentum"])
        assert adam.param_groups[0]["betas"] == (seen[-1], 0.999)
    assert min(seen) == pytest.approx(0.85, abs=1e-3)
    assert seen[-1] == pytest.approx(0.95)


def test_going_on_after_an_epoch_needs_the_first_rates() -> None:
    o = optimizer()
    with pytest.raises(KeyError, match="StepLR with last_epoch=3 needs initial_lr in group 0"):
        s.StepLR(o, 2, last_epoch=3)
    s.ExponentialLR(o, 0.5)
    scheduler = s.LambdaLR(o, lambda t: 0.5**t, last_epoch=1)
    assert scheduler.get_last_lr() == [0.25, 0.125]


def test_a_plateau_reduces_the_rates_and_its_state_resumes() -> None:
    o = optimizer()
    scheduler = s.ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1, min_lr=[0, 0.25])
    rates = []
    for value in (3, 2, 2, 2, 2, 2, 2, 2, 1):
        scheduler.step(value)
        rates.append(scheduler.get_last_lr()[0])
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]
    assert scheduler.get_last_lr()[1] == 0.25
    again = s.ReduceLROnPlateau(optimizer())
    again.load_state_dict(scheduler.state_dict())
    assert again.best == 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: s.StepLR(nl.optimizers.SGD(), 2), TypeError, "StepLR takes an optimizer of nnlite.optim, got SGD"),
        (
            lambda: s.LambdaLR(optimizer(), [abs]),
            ValueError,
            "LambdaLR expected 2 functions, .* got 1",
        ),
        (lambda: s.OneCycleLR(optimizer(), 1.0), ValueError, "OneCycleLR needs total_steps, or epochs and"),
        (lambda: s.OneCycleLR(optimizer(), [1.0], 9), ValueError, "expected 2 values, one for each group"),
        (lambda: s.OneCycleLR(optimizer(nl.optim.Adagrad), 1.0, 9), ValueError, "Adagrad has no momentum to change"),
        (lambda: s.ReduceLROnPlateau(optimizer(), factor=1.0), ValueError, "expected factor < 1, got factor=1.0"),
        (lambda: s.ReduceLROnPlateau(optimizer(), "low"), ValueError, "got mode='low' and"),
    ],
)
def test_mistakes_are_named(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_a_cycle_ends() -> None:
    scheduler = s.OneCycleLR(optimizer(), 1.0, 2)
    scheduler.step(), scheduler.step()
    with pytest.raises(ValueError, match="OneCycleLR was made for 2 steps; this is step 3"):
        scheduler.step()
