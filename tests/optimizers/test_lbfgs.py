"""L-BFGS in both spellings: it converges, keeps its memory, and works inside fit."""

import copy
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.kernels import lbfgs
from nnlite.optimizers import LBFGS

START = np.array([-1.2, 1.0, 0.5])


def valley(w: nl.Tensor) -> nl.Tensor:
    """Rosenbrock's function, with its lowest point at ones."""
    return ((1 - w[:-1]) ** 2 + 100 * (w[1:] - w[:-1] ** 2) ** 2).sum()


def closure_of(optimizer: Any, w: nl.Parameter) -> Any:
    """What computes the loss and its gradient anew."""

    def closure() -> nl.Tensor:
        optimizer.zero_grad()
        loss = valley(w)
        loss.backward()
        return loss

    return closure


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "make", [lambda w: LBFGS(parameters=[w]), lambda w: nl.optim.LBFGS([w], line_search_fn="strong_wolfe")]
)
def test_finds_the_lowest_point_of_a_bent_valley(make: Any, dtype: str) -> None:
    w = nl.Parameter(START, dtype)
    optimizer = make(w)
    version = w.version
    first = optimizer.step(closure_of(optimizer, w))
    assert first.item() == pytest.approx(valley(nl.tensor(START)).item(), rel=1e-5)
    assert w.version > version
    for _ in range(4):
        optimizer.step(closure_of(optimizer, w))
    assert w.dtype == dtype
    np.testing.assert_allclose(w.data, 1, atol=1e-2 if dtype == "float32" else 1e-5)


@pytest.mark.parametrize("spelling", ["optimizers", "optim"])
def test_a_resumed_run_equals_one_never_stopped(spelling: str) -> None:
    def make(values: Any) -> Any:
        w = nl.Parameter(values, "float64")
        settings = {"max_iter": 3, "history_size": 4}
        if spelling == "optim":
            return w, nl.optim.LBFGS([w], line_search_fn="strong_wolfe", **settings)
        return w, LBFGS(parameters=[w], **settings)

    w, optimizer = make(START)
    for step in range(6):
        if step == 3:
            state, values = copy.deepcopy(optimizer.state_dict()), w.data.copy()
        optimizer.step(closure_of(optimizer, w))
    again, resumed = make(values)
    resumed.load_state_dict(state)
    for _ in range(3):
        resumed.step(closure_of(resumed, again))
    np.testing.assert_array_equal(again.data, w.data)


def test_the_state_is_by_parameter_and_of_a_limited_length() -> None:
    parts = {"a": nl.Parameter(START[:2], "float64"), "b": nl.Parameter(START[2:].reshape(1, 1), "float64")}
    optimizer = LBFGS(max_iter=5, history_size=2, parameters=parts)

    def closure() -> nl.Tensor:
        optimizer.zero_grad()
        loss = valley(nl.functional.concatenate([parts["a"], parts["b"].reshape(1)]))
        loss.backward()
        return loss

    optimizer.step(closure)
    shapes = {name: {k: a.shape for k, a in s.items()} for name, s in optimizer.state_dict()["slots"].items()}
    assert shapes["a"] == {"changes": (2, 2), "moves": (2, 2), "gradient": (2,), "move": (2,)}
    assert shapes["b"] == {"changes": (2, 1, 1), "moves": (2, 1, 1), "gradient": (1, 1), "move": (1, 1)}


def test_frozen_parameters_stay_and_constraints_hold() -> None:
    frozen, free = nl.Parameter([2.0]), nl.Parameter([3.0, 0.5])
    frozen.requires_grad = False
    free.constraint = nl.constraints.NonNeg()
    optimizer = LBFGS(parameters=[frozen, free])

    def closure() -> nl.Tensor:
        optimizer.zero_grad()
        loss = ((free + frozen) ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert frozen.data == 2
    np.testing.assert_array_equal(free.data, [0, 0])
    assert LBFGS(parameters=[frozen]).step(lambda: 3.0) == 3


def test_stops_where_nothing_is_left_to_do() -> None:
    w = nl.Parameter([1.0, 1.0])
    optimizer = LBFGS(parameters=[w])
    assert optimizer.step(closure_of(optimizer, w)).item() == 0
    np.testing.assert_array_equal(w.data, 1)
    assert optimizer.state_dict()["slots"] == {}


def test_a_loss_that_is_not_finite_somewhere_does_not_stop_the_search() -> None:
    def evaluate(x: Any) -> tuple[float, Any]:  # a wall at 0.5
        return (float((x @ x) / 2), x) if x[0] > -0.5 else (np.inf, np.full_like(x, np.nan))

    x, _ = lbfgs.minimise(
        evaluate, np.array([2.0, 1.0]), lbfgs.Memory(), rate=5.0, max_iter=30, max_eval=100,
        tolerance_grad=1e-8, tolerance_change=1e-12, history_size=5, line_search=True,
    )  # fmt: skip
    np.testing.assert_allclose(x, 0, atol=1e-6)


def test_fit_takes_it_with_full_batches() -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    y = x @ [1.0, -2.0, 0.5] + 0.3
    model = nl.models.Sequential([nl.layers.Dense(1, kernel_regularizer=nl.regularizers.L2(0.0))])
    model.compile("lbfgs", "mse")
    history = model.fit(x, y, batch_size=40, epochs=3, verbose=0).history["loss"]
    assert history[0] > 1e-2 > 1e-8 > history[-1]
    np.testing.assert_allclose(model.layers[0].kernel.data[:, 0], [1, -2, 0.5], atol=1e-4)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: LBFGS(parameters=[nl.Parameter([1.0])]).step(), TypeError, "LBFGS needs a function that computes"),
        (lambda: nl.optim.LBFGS([nl.Parameter([1.0])]).step(), TypeError, "LBFGS needs a function that computes"),
        (lambda: LBFGS().step(lambda: 0), RuntimeError, "LBFGS has no parameters"),
        (lambda: LBFGS(line_search_fn="armijo"), ValueError, "got 'armijo'"),
        (lambda: nl.optim.LBFGS([nl.Parameter([1.0])], line_search_fn="armijo"), ValueError, "got 'armijo'"),
        (lambda: LBFGS(max_iter=0), ValueError, "LBFGS expected max_iter >= 1, got max_iter=0"),
        (
            lambda: LBFGS(parameters=[{"params": [nl.Parameter([1.0])], "weight_decay": 0.1}]).step(lambda: 0),
            ValueError,
            "LBFGS takes no groups",
        ),
        (
            lambda: nl.optim.LBFGS([{"params": [nl.Parameter([1.0])]}, {"params": [nl.Parameter([1.0])]}]),
            ValueError,
            "LBFGS takes one group of parameters, got 2",
        ),
    ],
)
def test_mistakes_are_named(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make()
