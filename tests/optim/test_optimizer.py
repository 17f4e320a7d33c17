"""What optimizers in PyTorch's spelling share: groups, state, gradients; mistakes."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite import nn, optim


def parameter(*values: float) -> nl.Parameter:
    """A parameter with a gradient of ones."""
    w = nl.Parameter(values)
    w.grad = np.ones_like(w.data)
    return w


class TestGroups:
    def test_have_settings_of_their_own_that_can_be_changed(self) -> None:
        w, v = parameter(1), parameter(1)
        optimizer = optim.SGD([{"params": [w]}, {"params": v, "lr": 0.25, "momentum": 0.5}], lr=0.5)
        optimizer.step()
        assert (w.data, v.data) == (0.5, 0.75)
        optimizer.param_groups[0]["lr"] = 0.125
        optimizer.step()
        assert (w.data, v.data) == (0.375, 0.75 - 0.25 * 1.5)

    def test_can_be_added(self) -> None:
        w, v = parameter(1), parameter(1)
        optimizer = optim.Adam([w], lr=0.5)
        optimizer.add_param_group({"params": [v], "lr": 0.25})
        assert [group["betas"] for group in optimizer.param_groups] == [(0.9, 0.999)] * 2
        optimizer.step()
        np.testing.assert_allclose([w.data, v.data], [[0.5], [0.75]], rtol=1e-6)

    def test_of_a_state_must_be_as_many_and_as_large(self) -> None:
        state = optim.Adam([parameter(1), parameter(2)]).state_dict()
        with pytest.raises(ValueError, match=r"Adam has groups of \[1\] parameters, the state has \[2\]"):
            optim.Adam([parameter(1)]).load_state_dict(state)

    def test_print_with_their_settings(self) -> None:
        optimizer = optim.SGD([parameter(1), parameter(2)], lr=0.5)
        assert repr(optimizer).startswith("SGD([\n    {'params': 2 parameters, 'lr': 0.5, 'momentum': 0,")


def test_a_closure_is_called_once_and_its_loss_returned() -> None:
    w = parameter(1)
    optimizer = optim.SGD([w], lr=0.5)
    assert optimizer.step(lambda: 3.0) == 3
    assert w.data == 0.5
    assert nl.optimizers.SGD(0.5, parameters=[w]).step(lambda: 4.0) == 4


def test_gradients_are_forgotten_or_filled_with_zeros() -> None:
    w = parameter(1)
    optimizer = optim.SGD([w])
    optimizer.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(w.grad, [0])
    optimizer.zero_grad()
    assert w.grad is None
    optimizer.step()
    assert w.data == 1


def test_constraints_hold_here_too() -> None:
    w = parameter(0.1)
    w.constraint = nl.constraints.NonNeg()
    optim.SGD([w], lr=1).step()
    assert w.data == 0


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    w = parameter(1)
    optimizer = optim.Adam([w])
    optimizer.step()
    state = optimizer.state_dict()
    state["state"][0]["exp_avg"] = np.ones(3)
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=r"exp_avg has shape \(3,\), its parameter \(1,\)"):
        optimizer.load_state_dict(state)
    assert optimizer.state_dict() == before


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optim.SGD([]), ValueError, "SGD got an empty list of parameters"),
        (lambda: optim.SGD(parameter(1)), TypeError, "SGD takes a list of parameters .* got one Parameter"),
        (
            lambda: optim.Adam(nn.Linear(2, 1)),
            TypeError,
            r"Adam takes a list of parameters \(model.parameters\(\), say\)",
        ),
        (lambda: optim.SGD([np.ones(1)]), TypeError, "SGD updates Parameters, got a ndarray"),
        (lambda: optim.SGD([w := parameter(1), w]), ValueError, r"SGD got a parameter of shape \(1,\) twice"),
        (lambda: optim.SGD([parameter(1)], lr=-1), ValueError, "SGD expected lr >= 0, got lr=-1"),
        (lambda: optim.SGD([parameter(1)], nesterov=True), ValueError, "SGD's Nesterov form expected momentum"),
        (
            lambda: optim.Adam([parameter(1)], betas=(0.9, 1)),
            ValueError,
            r"in \[0, 1\), got betas=\(0.9, 1\)",
        ),
        (lambda: optim.AdamW([parameter(1)], eps=-1), ValueError, "AdamW expected eps >= 0, got eps=-1"),
        (lambda: optim.Adadelta([parameter(1)], rho=2), ValueError, r"Adadelta expected rho in \[0, 1\], got rho=2"),
        (lambda: optim.Rprop([parameter(1)], etas=(1, 2)), ValueError, r"got etas=\(1, 2\)"),
    ],
)
def test_mistakes_are_named(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make()
