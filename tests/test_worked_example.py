"""The backpropagation that the course works out by hand: one hidden neuron, one output, every number of it."""

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F


@pytest.fixture
def network() -> dict[str, nl.Tensor]:
    """The inputs and the parameters; they are float32, in which all of this is exact."""
    values = {"x1": 1.0, "x2": -2.0, "w11": 3.0, "w12": 2.0, "b1": 2.0, "w21": 4.0, "b2": -1.0}
    return {name: nl.tensor(value, requires_grad=True) for name, value in values.items()}


def test_every_number_scalar_by_scalar(network: dict[str, nl.Tensor]) -> None:
    n = network
    z1 = n["w11"] * n["x1"] + n["w12"] * n["x2"] + n["b1"]
    y = n["w21"] * F.relu(z1) + n["b2"]
    loss = (y - 2.0) ** 2
    assert (z1.item(), y.item(), loss.item()) == (1, 3, 1)
    z1.retain_grad()
    y.retain_grad()
    loss.backward()
    assert y.grad == 2
    assert n["b2"].grad == 2
    assert n["w21"].grad == 2
    assert z1.grad == 8
    assert n["b1"].grad == 8
    assert n["w11"].grad == 8
    assert n["w12"].grad == -16


def test_the_same_as_matrices_with_a_batch_of_one() -> None:
    x, target = nl.tensor([[1.0, -2.0]]), nl.tensor([[2.0]])
    w1, b1 = nl.tensor([[3.0], [2.0]], requires_grad=True), nl.tensor([2.0], requires_grad=True)
    w2, b2 = nl.tensor([[4.0]], requires_grad=True), nl.tensor([-1.0], requires_grad=True)
    F.mse(F.relu(x @ w1 + b1) @ w2 + b2, target).backward()
    np.testing.assert_array_equal(w1.grad, [[8], [-16]])
    np.testing.assert_array_equal(b1.grad, [8])
    np.testing.assert_array_equal(w2.grad, [[2]])
    np.testing.assert_array_equal(b2.grad, [2])


def test_a_neuron_that_is_off_learns_nothing_but_the_output_bias(network: dict[str, nl.Tensor]) -> None:
    n = network
    z1 = n["w11"] * n["x1"] + n["w12"] * n["x2"] - n["b1"]  # 3 - 4 - 2 < 0
    ((n["w21"] * F.relu(z1) + n["b2"] - 2.0) ** 2).backward()
    assert n["b2"].grad == -6
    assert all(n[name].grad == 0 for name in ("w21", "w11", "w12", "b1"))
