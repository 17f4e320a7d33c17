"""Every module of the conformance table, in PyTorch's spelling, through every check that needs no PyTorch."""

import copy
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nnlite as nl
from nnlite import nn
from tests.conformance import MODULES, ModuleRow, assert_equal, batch

every_module = pytest.mark.parametrize("row", MODULES, ids=str)


def make(row: ModuleRow) -> nn.Module:
    """Build the module."""
    module: nn.Module = eval(row.code, vars(nn))
    return module


def called(module: nn.Module, row: ModuleRow, inputs: Sequence[Any], seed: int = 0) -> list[NDArray[Any]]:
    """What the module gives, with the library's generator seeded, as a list of arrays."""
    nl.random.seed(seed)
    return list(flat(module(*inputs, **row.settings)))


def flat(value: Any) -> Any:
    """Yield the arrays of nested outputs."""
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from flat(item)
    elif value is not None:
        yield value.numpy()


def test_every_module_is_in_the_table() -> None:
    inside = {type(module) for row in MODULES for module in make(row).modules()}
    containers = {nn.ModuleList, nn.ModuleDict}
    modules = {value for value in vars(nn).values() if isinstance(value, type) and issubclass(value, nn.Module)}
    losses = {kind for kind in modules if kind.__name__.endswith("Loss")}  # they have a table of their own
    assert modules - inside - containers - losses == {nn.Module}


@every_module
def test_float32_stays_and_float64_follows_astype(row: ModuleRow) -> None:
    module = make(row)
    assert all(p.dtype == np.float32 for p in module.parameters())
    assert all(y.dtype.kind != "f" or y.dtype == np.float32 for y in called(module, row, batch(row)))
    module.astype("float64")
    assert all(y.dtype.kind != "f" or y.dtype == np.float64 for y in called(module, row, batch(row, "float64")))


@every_module
def test_another_dtype_than_that_of_the_parameters_raises(row: ModuleRow) -> None:
    module = make(row)
    if module.num_parameters() and not row.integers:
        with pytest.raises(TypeError, match=r"expected .*dtype float32.* got float64"):
            module(*batch(row, "float64"), **row.settings)


@every_module
def test_saved_state_gives_a_fresh_module_the_same_outputs(row: ModuleRow) -> None:
    x, trained, fresh = batch(row), make(row), make(row).eval()
    called(trained, row, x)  # moves running statistics
    expected, state = called(trained.eval(), row, x), trained.state_dict()
    fresh.load_state_dict(state)
    assert_equal(called(fresh, row, x), expected)


@every_module
@pytest.mark.parametrize(
    "way", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))], ids=["copy", "pickle"]
)
def test_copies_give_the_same_and_share_nothing(row: ModuleRow, way: Any) -> None:
    module, x = make(row), batch(row)
    other = way(module)
    assert_equal(called(other, row, x), called(module, row, x))
    assert repr(other) == repr(module)
    for mine, yours in zip(module.parameters(), other.parameters(), strict=True):
        assert not np.shares_memory(mine.data, yours.data)


@every_module
def test_prints_as_code_that_builds_it(row: ModuleRow) -> None:
    module = make(row)
    again = eval(repr(module), vars(nn))
    assert repr(again) == repr(module)
    assert {n: p.shape for n, p in again.named_parameters()} == {n: p.shape for n, p in module.named_parameters()}


@every_module
def test_every_parameter_gets_a_gradient(row: ModuleRow) -> None:
    module = make(row)
    nl.random.seed(0)
    value = module(*batch(row), **row.settings)
    outputs = [y for y in (value if isinstance(value, tuple) else [value]) if isinstance(y, nl.Tensor)]
    total = sum((y**2).sum() for y in outputs if y.requires_grad)
    if isinstance(total, nl.Tensor):
        total.backward()
    assert all(p.grad is not None and p.grad.shape == p.shape for p in module.parameters())
