"""What all optimizers share: taking parameters, their state by name, and finding an optimizer by name."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.optimizers import SGD, Adam, FirstOrderOptimizer


def parameter(*values: float) -> nl.Parameter:
    """A parameter with a gradient of ones."""
    w = nl.Parameter(values)
    w.grad = np.ones_like(w.data)
    return w


class TestBinding:
    @pytest.mark.parametrize("kind", [list, tuple, iter, dict, lambda named: [w for _, w in named]])
    def test_takes_pairs_mappings_and_plain_parameters(self, kind: Any) -> None:
        w, v = parameter(1), parameter(2)
        optimizer = SGD(0.5, parameters=kind([("w", w), ("v", v)]))
        optimizer.step()
        assert (w.data, v.data) == (0.5, 1.5)
        optimizer.zero_grad()
        assert w.grad is v.grad is None

    def test_a_parameter_that_comes_twice_is_updated_once(self) -> None:
        w = parameter(1)
        SGD(0.5, parameters=[w, w]).step()
        assert w.data == 0.5

    @pytest.mark.parametrize(
        ("parameters", "error", "message"),
        [
            ([], ValueError, "SGD got no parameters; a model has them once it is built"),
            ([nl.tensor([1.0])], TypeError, "SGD updates Parameters, got 0: Tensor"),
            (parameter(1.0, 2.0), TypeError, "SGD updates Parameters, got 0: Tensor"),
            ({"w": np.ones(2)}, TypeError, "SGD updates Parameters, got w: ndarray"),
            ([("w", parameter(1)), ("w", parameter(2))], ValueError, "SGD got two parameters named 'w'"),
        ],
    )
    def test_anything_else_is_refused(self, parameters: Any, error: Any, message: str) -> None:
        with pytest.raises(error, match=message):
            SGD(parameters=parameters)

    def test_a_step_without_parameters_says_where_they_come_from(self) -> None:
        with pytest.raises(RuntimeError, match=r"SGD has no parameters: pass parameters=model.parameters\(\)"):
            SGD().step()

    def test_parameters_that_come_back_find_their_state(self) -> None:
        w, v = parameter(1), parameter(1)
        optimizer = SGD(0.1, momentum=0.5, parameters=[w])
        optimizer.step()
        optimizer.bind([v])
        optimizer.step()
        optimizer.bind({"other name": w})
        optimizer.step()
        np.testing.assert_allclose(w.data, 1 - 0.1 - (0.1 + 0.5 * 0.1), rtol=1e-6)
        np.testing.assert_allclose(v.data, 1 - 0.1, rtol=1e-6)
        assert list(optimizer.state_dict()["slots"]) == ["other name"]

    def test_parameters_may_swap_their_names(self) -> None:
        w, v = parameter(1, 1, 1), parameter(1)
        optimizer = SGD(0.5, parameters={"w": w, "v": v})
        optimizer.step()
        optimizer.bind({"v": w, "w": v})
        optimizer.step()
        np.testing.assert_array_equal([*w.data, *v.data], [0, 0, 0, 0])

    def test_a_parameter_that_changes_its_dtype_keeps_its_state(self) -> None:
        w = parameter(1)
        optimizer = Adam(0.1, parameters=[w])
        optimizer.step()
        w.cast("float64")
        optimizer.step()
        assert w.dtype == np.float64
        np.testing.assert_allclose(w.data, 0.8, rtol=1e-5)


class TestState:
    def test_it_has_the_parameters_names_and_is_a_copy(self) -> None:
        optimizer = Adam(parameters={"w": parameter(1), "unused": nl.Parameter([1.0])})
        optimizer.step()
        state = optimizer.state_dict()
        assert state["iterations"] == 1
        assert {name: set(slots) for name, slots in state["slots"].items()} == {"w": {"m", "v"}}
        state["slots"]["w"]["m"][...] = 5
        assert optimizer.state_dict()["slots"]["w"]["m"] != 5

    @pytest.mark.parametrize(
        ("state", "error", "message"),
        [
            ({"v": {"m": [0.0], "v": [0.0]}}, KeyError, r"Adam has no parameter 'v'; it has \['w'\]"),
            ({"w": {"m": [0.0]}}, KeyError, r"Adam keeps \['m', 'v'\] for 'w', got \['m'\]"),
            ({"w": {"m": [0.0, 0.0], "v": [0.0]}}, ValueError, r"m of 'w' has shape \(2,\), the parameter \(1,\)"),
        ],
    )
    def test_a_state_that_does_not_fit_changes_nothing(self, state: Any, error: Any, message: str) -> None:
        optimizer = Adam(parameters={"w": parameter(1)})
        optimizer.step()
        before = optimizer.state_dict()
        with pytest.raises(error, match=message):
            optimizer.load_state_dict({"iterations": 9, "slots": state})
        assert optimizer.state_dict() == before

    def test_loading_forgets_what_is_not_in_the_state(self) -> None:
        optimizer = Adam(parameters={"w": parameter(1)})
        optimizer.step()
        fresh = {"iterations": 0, "learning_rate": 0.001, "slots": {}}
        optimizer.load_state_dict(fresh)
        assert optimizer.state_dict() == fresh


class TestGet:
    @pytest.mark.parametrize(("identifier", "kind"), [("adam", Adam), ("SGD", SGD), (Adam, Adam)])
    def test_names_and_classes(self, identifier: Any, kind: Any) -> None:
        assert type(nl.optimizers.get(identifier)) is kind

    def test_an_optimizer_is_itself(self) -> None:
        optimizer = SGD()
        assert nl.optimizers.get(optimizer) is optimizer

    def test_unknown_ones_are_refused(self) -> None:
        with pytest.raises(ValueError, match="unknown optimizer 'adamm', did you mean 'adam'"):
            nl.optimizers.get("adamm")
        with pytest.raises(TypeError, match=r"an optimizer is a name or an Optimizer, got 0\.1"):
            nl.optimizers.get(0.1)


def test_a_users_own_optimizer_is_its_update_rule() -> None:
    class SignDescent(FirstOrderOptimizer):
        def update(self, w: Any, g: Any, slots: Any, rate: float) -> None:
            w -= rate * np.sign(g)

    w = parameter(1, -1)
    SignDescent(0.5, parameters=[w]).step()
    np.testing.assert_array_equal(w.data, [0.5, -1.5])


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (SGD, {"momentum": -0.1}, r"SGD expected momentum in \[0, 1\], got momentum=-0.1"),
        (Adam, {"beta_1": 1.0}, r"Adam expected beta_1 in \[0, 1\), got beta_1=1.0"),
        (Adam, {"beta_2": -1}, r"Adam expected beta_2 in \[0, 1\), got beta_2=-1"),
        (Adam, {"epsilon": -1e-7}, "Adam expected epsilon >= 0, got epsilon=-1e-07"),
    ],
)
def test_settings_are_checked(kind: Any, settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**settings)
