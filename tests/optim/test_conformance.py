"""Every optimizer of the table of PyTorch's spelling through every check."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite import optim
from tests.conformance import OPTIM, OptimizerRow
from tests.optimizers.test_conformance import START, loss, take, trained

every_optimizer = pytest.mark.parametrize("row", OPTIM, ids=str)


def test_every_optimizer_is_in_the_table() -> None:
    kinds = {getattr(optim, name) for name in optim.__all__} - {optim.Optimizer, optim.LBFGS, optim.lr_scheduler}
    assert {type(row.make(0.1, parameters=[nl.Parameter(START)])) for row in OPTIM} == kinds


@every_optimizer
def test_steps_are_those_of_the_plain_formulas(row: OptimizerRow) -> None:
    w, optimizer = trained(row, 0)
    expected, state = START, {}
    for t, place in enumerate(take(w, optimizer, 20), 1):
        slope = 2 * (expected - 0.2) * [1.0, 2.0, 0.5]
        expected = row.reference(expected, slope, state, t, row.rate)
        np.testing.assert_allclose(place, expected, rtol=1e-12, atol=1e-14)


@every_optimizer
def test_float32_stays_float32(row: OptimizerRow) -> None:
    w, optimizer = trained(row, 20, "float32", rate=np.float64(row.rate))
    assert w.dtype == np.float32
    (state,) = optimizer.state.values()
    assert all(a.dtype == np.float32 for a in state.values() if isinstance(a, np.ndarray))
    exact, _ = trained(row, 20)
    np.testing.assert_allclose(w.data, exact.data, rtol=1e-4, atol=1e-5)


@every_optimizer
def test_updates_are_in_place_and_bump_the_version(row: OptimizerRow) -> None:
    w, optimizer = trained(row, 1)
    memory, version, graph = w.data, w.version, loss(w)
    w.grad = np.ones_like(w.data)
    optimizer.step()
    assert w.data is memory
    assert w.version == version + 1
    np.testing.assert_array_equal(w.grad, 1)
    with pytest.raises(RuntimeError, match="changed in place"):
        graph.backward()


@every_optimizer
def test_a_resumed_run_equals_one_never_stopped_to_the_bit(row: OptimizerRow) -> None:
    whole, _ = trained(row, 15, "float32")
    w, optimizer = trained(row, 7, "float32")
    state, data = optimizer.state_dict(), w.data.copy()
    take(w, optimizer, 2)
    again = nl.Parameter(data)
    resumed = row.make(0.9, parameters=[again])
    resumed.load_state_dict(state)
    take(again, resumed, 8)
    np.testing.assert_array_equal(again.data, whole.data)


@every_optimizer
@pytest.mark.parametrize("way", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))], ids=["copy", "pickle"])
def test_copies_go_on_from_the_same_place(row: OptimizerRow, way: Any) -> None:
    w, optimizer = trained(row, 5)
    other_w, other = way((w, optimizer))
    take(w, optimizer, 5)
    assert not np.array_equal(other_w.data, w.data)
    take(other_w, other, 5)
    np.testing.assert_array_equal(other_w.data, w.data)
