"""Every optimizer of the conformance table through every check."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nnlite as nl
from tests.conformance import OPTIMIZERS, OptimizerRow

every_optimizer = pytest.mark.parametrize("row", OPTIMIZERS, ids=str)

START = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, -0.3]])


def loss(w: nl.Tensor) -> nl.Tensor:
    """A bowl that is not round, with its lowest point at 0.2."""
    return ((w - 0.2) ** 2 * np.array([1.0, 2.0, 0.5], w.dtype)).sum()


def trained(row: OptimizerRow, steps: int, dtype: str = "float64", rate: Any = None) -> tuple[nl.Parameter, Any]:
    """Take some steps, and return the parameter and the optimizer."""
    w = nl.Parameter(START, dtype)
    optimizer = row.make(row.rate if rate is None else rate, parameters=[w])
    take(w, optimizer, steps)
    return w, optimizer


def take(w: nl.Parameter, optimizer: nl.optimizers.Optimizer, steps: int) -> list[NDArray[Any]]:
    """Take some steps, and return where each led."""
    places = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss(w).backward()
        optimizer.step()
        places.append(w.data.copy())
    return places


def test_every_optimizer_is_in_the_table() -> None:
    kinds = {getattr(nl.optimizers, name) for name in nl.optimizers.__all__ if name not in ("get", "schedules")}
    abstract = {nl.optimizers.Optimizer, nl.optimizers.FirstOrderOptimizer}
    built = {type(row.make(parameters=[nl.Parameter(START)])) for row in OPTIMIZERS}
    assert built == kinds - abstract - {nl.optimizers.LBFGS}  # which has tests of its own


@every_optimizer
def test_steps_are_those_of_the_plain_formulas(row: OptimizerRow) -> None:
    w, optimizer = trained(row, 0)
    expected, state = START, {}
    for t, place in enumerate(take(w, optimizer, 20), 1):
        slope = 2 * (expected - 0.2) * [1.0, 2.0, 0.5]
        expected = row.reference(expected, slope, state, t, row.rate)
        np.testing.assert_allclose(place, expected, rtol=1e-12, atol=1e-14)


@every_optimizer
def test_a_schedule_gets_the_number_of_steps_taken(row: OptimizerRow) -> None:
    seen: list[int] = []

    def schedule(step: int) -> float:
        seen.append(step)
        return 0.1 / (1 + step)

    w, optimizer = trained(row, 0, rate=schedule)
    expected, state = START, {}
    for t, place in enumerate(take(w, optimizer, 5), 1):
        slope = 2 * (expected - 0.2) * [1.0, 2.0, 0.5]
        expected = row.reference(expected, slope, state, t, 0.1 / t)
        np.testing.assert_allclose(place, expected, rtol=1e-12, atol=1e-14)
    assert seen == [0, 1, 2, 3, 4]
    assert optimizer.rate == 0.1 / 6


@every_optimizer
def test_goes_downhill(row: OptimizerRow) -> None:
    w, _ = trained(row, 200)
    assert loss(w).item() < 0.01 * loss(nl.tensor(START)).item()


@every_optimizer
def test_float32_stays_float32(row: OptimizerRow) -> None:
    w, optimizer = trained(row, 20, "float32", rate=np.float64(row.rate))
    assert w.dtype == np.float32
    assert all(a.dtype == np.float32 for slots in optimizer.state_dict()["slots"].values() for a in slots.values())
    exact, _ = trained(row, 20)
    np.testing.assert_allclose(w.data, exact.data, rtol=1e-4, atol=1e-5)


@every_optimizer
def test_updates_are_in_place_and_bump_the_version(row: OptimizerRow) -> None:
    w, optimizer = trained(row, 1)
    memory, version, graph = w.data, w.version, loss(w)
    w.grad = np.ones_like(w.data)
    gradient = w.grad.copy()
    optimizer.step()
    assert w.data is memory
    assert w.version == version + 1
    np.testing.assert_array_equal(w.grad, gradient)
    with pytest.raises(RuntimeError, match="changed in place"):
        graph.backward()


@every_optimizer
def test_frozen_parameters_and_those_without_gradients_stay(row: OptimizerRow) -> None:
    moving, frozen, unused = (nl.Parameter(START, "float64") for _ in range(3))
    optimizer = row.make(row.rate, parameters={"moving": moving, "frozen": frozen, "unused": unused})
    moving.grad = frozen.grad = np.ones_like(START)
    frozen.requires_grad = False
    optimizer.step()
    assert not np.array_equal(moving.data, START)
    for still in (frozen, unused):
        np.testing.assert_array_equal(still.data, START)
        assert still.version == 0
    assert set(optimizer.state_dict()["slots"]) <= {"moving"}


@every_optimizer
def test_a_resumed_run_equals_one_never_stopped_to_the_bit(row: OptimizerRow) -> None:
    whole, _ = trained(row, 15, "float32")
    w, optimizer = trained(row, 7, "float32")
    state, data = optimizer.state_dict(), w.data.copy()
    take(w, optimizer, 2)
    again = nl.Parameter(data)
    resumed = row.make(row.rate, parameters=[again])
    resumed.load_state_dict(state)
    take(again, resumed, 8)
    np.testing.assert_array_equal(again.data, whole.data)
    assert resumed.iterations == 15


@every_optimizer
@pytest.mark.parametrize("way", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))], ids=["copy", "pickle"])
def test_copies_go_on_from_the_same_place(row: OptimizerRow, way: Any) -> None:
    w, optimizer = trained(row, 5)
    other_w, other = way((w, optimizer))
    take(w, optimizer, 5)
    assert not np.array_equal(other_w.data, w.data)
    take(other_w, other, 5)
    np.testing.assert_array_equal(other_w.data, w.data)


@every_optimizer
def test_parameters_of_any_shape_are_updated_together(row: OptimizerRow) -> None:
    shapes = [(), (3,), (0, 2), (2, 2, 2)]
    together = [nl.Parameter(np.ones(shape)) for shape in shapes]
    transposed = nl.Parameter(np.ones((3, 2)))
    transposed.data = np.ones((2, 3)).T
    optimizer = row.make(row.rate, parameters=[*together, transposed])
    for _ in range(3):
        for w in [*together, transposed]:
            w.grad = np.full_like(w.data, 0.25)
        optimizer.step()
    alone = nl.Parameter(np.ones(1))
    optimizer = row.make(row.rate, parameters=[alone])
    for _ in range(3):
        alone.grad = np.full_like(alone.data, 0.25)
        optimizer.step()
    for w in [*together, transposed]:
        np.testing.assert_allclose(w.data, np.full(w.shape, alone.data[0]), rtol=1e-12)


@every_optimizer
@pytest.mark.parametrize(("rate", "error"), [(-0.1, ValueError), (float("nan"), ValueError), ("0.1", TypeError)])
def test_the_learning_rate_is_checked(row: OptimizerRow, rate: Any, error: Any) -> None:
    with pytest.raises(error, match=r"^\w+ expected .*learning_rate"):
        row.make(rate)
