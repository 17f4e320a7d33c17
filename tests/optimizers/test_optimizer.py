"""What all optimizers share: taking parameters, their state by name, and finding an optimizer by name."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.optimizers import LBFGS, SGD, Adadelta, Adam, AdamW, FirstOrderOptimizer, RMSprop, Rprop


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


class TestGroups:
    def test_have_rates_and_decays_of_their_own(self) -> None:
        w, v, u = parameter(1), parameter(1), parameter(1)
        groups = [
            {"params": [w], "learning_rate": 0.25},
            {"params": {"v": v}, "learning_rate": lambda step: 0.5 / (1 + step), "weight_decay": 0.5},
            {"params": [u]},
        ]
        optimizer = SGD(0.125, weight_decay=0.0, parameters=groups)
        optimizer.step()
        np.testing.assert_array_equal([*w.data, *v.data, *u.data], [0.75, 1 * (1 - 0.25) - 0.5, 0.875])
        optimizer.learning_rate = 0.5
        optimizer.step()
        np.testing.assert_array_equal([*w.data, *v.data, *u.data], [0.5, 0.25 * (1 - 0.125) - 0.25, 0.375])

    def test_stay_when_a_model_is_compiled(self) -> None:
        model = nl.models.Sequential([nl.layers.Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(1,))])
        model.compile(SGD(0.5, parameters=[{"params": model.parameters(), "learning_rate": 0.0}]), "mse")
        model.fit(np.ones((2, 1)), np.zeros(2), verbose=0)
        assert model.layers[0].kernel.data == 1

    @pytest.mark.parametrize(
        ("group", "error", "message"),
        [
            ({"params": [nl.Parameter([1.0])], "momentum": 0.9}, ValueError, r"got one with \['params', 'momentum'\]"),
            ({"learning_rate": 0.1}, ValueError, r'SGD expected groups with "params"'),
            ({"params": [nl.Parameter([1.0])], "learning_rate": -1}, ValueError, "expected learning_rate >= 0, got"),
            ({"params": [nl.Parameter([1.0])], "weight_decay": -1}, ValueError, "SGD expected weight_decay >= 0, got"),
            ({"params": [1.0]}, TypeError, "SGD updates Parameters, got 0: float"),
        ],
    )
    def test_mistakes_are_named(self, group: Any, error: Any, message: str) -> None:
        with pytest.raises(error, match=message):
            SGD(parameters=[group])


class TestWeightDecay:
    def test_spares_what_is_excluded(self) -> None:
        parameters = {"dense.kernel": parameter(1), "dense.bias": parameter(1), "norm.gamma": parameter(1)}
        optimizer = SGD(0.5, weight_decay=0.5, parameters=parameters)
        optimizer.exclude_from_weight_decay(var_list=[parameters["norm.gamma"]], var_names=["bias"])
        optimizer.step()
        assert [w.data.item() for w in parameters.values()] == [0.25, 0.5, 0.5]
        optimizer.exclude_from_weight_decay()
        optimizer.step()
        assert [w.data.item() for w in parameters.values()] == [0.1875 - 0.5, 0.375 - 0.5, 0.375 - 0.5]

    def test_is_apart_from_clipping(self) -> None:
        w = parameter(4)
        SGD(0.5, weight_decay=0.5, clipvalue=0.25, parameters=[w]).step()
        assert w.data == 4 * 0.75 - 0.125


class TestClipping:
    def test_by_a_norm_of_all_leaves_frozen_parameters_out(self) -> None:
        w, v, frozen = parameter(0, 0, 0), parameter(0), parameter(0)
        frozen.requires_grad = False
        SGD(1.0, global_clipnorm=1.0, parameters=[w, v, frozen]).step()
        np.testing.assert_allclose([*w.data, *v.data], [-0.5] * 4, rtol=1e-6)

    def test_leaves_gradients_as_they_are(self) -> None:
        for clipping in ({"clipnorm": 0.5}, {"clipvalue": 0.5}, {"global_clipnorm": 0.5}):
            w = parameter(1, 1)
            SGD(parameters=[w], **clipping).step()
            np.testing.assert_array_equal(w.grad, [1, 1])

    @pytest.mark.parametrize("clipping", [{"clipnorm": 1, "clipvalue": 1}, {"clipvalue": 0}, {"global_clipnorm": -1}])
    def test_one_positive_number_at_most(self, clipping: Any) -> None:
        with pytest.raises(ValueError, match="Adam expected one positive number for clipping"):
            Adam(**clipping)


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

    def test_a_rate_that_was_changed_comes_back_and_a_schedule_stays(self) -> None:
        first, second, third = (SGD(rate, parameters=[parameter(1)]) for rate in (0.5, 0.1, lambda step: 0.25))
        first.learning_rate *= 0.5
        for other in (second, third):
            other.load_state_dict(first.state_dict())
            assert other.rate == 0.25
        second.load_state_dict(third.state_dict())
        assert second.learning_rate == 0.25


class TestGet:
    @pytest.mark.parametrize(
        ("identifier", "kind"),
        [("adam", Adam), ("SGD", SGD), (Adam, Adam), ("rmsprop", RMSprop), ("AdamW", AdamW), ("lbfgs", LBFGS)],
    )
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
        (RMSprop, {"rho": 1}, r"RMSprop expected rho in \[0, 1\), got rho=1"),
        (Adadelta, {"epsilon": -1}, "Adadelta expected epsilon >= 0, got epsilon=-1"),
        (AdamW, {"weight_decay": -1}, "AdamW expected weight_decay >= 0, got weight_decay=-1"),
        (Rprop, {"etas": (1.1, 1.2)}, r"got etas=\(1.1, 1.2\)"),
        (Rprop, {"step_sizes": (2, 1)}, r"Rprop expected step_sizes\[1\] >= 2, got"),
        (Adam, {"epsilon": -1e-7}, "Adam expected epsilon >= 0, got epsilon=-1e-07"),
    ],
)
def test_settings_are_checked(kind: Any, settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**settings)


def test_prints_as_the_code_that_builds_it_and_has_a_config() -> None:
    schedule = nl.optimizers.schedules.CosineDecay(0.1, 10)
    optimizer = AdamW(schedule, weight_decay=0.1, amsgrad=True, parameters=[parameter(1)])
    code = "AdamW(learning_rate=CosineDecay(initial_learning_rate=0.1, decay_steps=10), weight_decay=0.1, amsgrad=True)"
    assert repr(optimizer) == code
    assert repr(AdamW.from_config(optimizer.get_config())) == code
