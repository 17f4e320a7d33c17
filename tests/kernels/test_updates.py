"""Update rules: large arrays in blocks, and on several threads, are updated as small ones are."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.kernels import updates

RULES: list[tuple[Any, int, dict[str, Any]]] = [
    (updates.descend, 0, {"rate": 0.1}),
    (updates.momentum, 1, {"inside": -0.1, "outside": 1, "momentum": 0.9, "dampening": 0.1, "nesterov": True}),
    (updates.adagrad, 1, {"rate": 0.1, "inner": 1e-7, "outer": 1e-3}),
    (
        updates.rmsprop, 3,
        {"rho": 0.9, "momentum": 0.5, "inside": 0.1, "outside": -1, "inner": 1e-3, "outer": 0},
    ),
    (updates.adadelta, 2, {"rate": 1.0, "rho": 0.9, "epsilon": 1e-3}),
    (updates.adam, 3, {"beta_1": 0.9, "beta_2": 0.99, "step": 0.1, "epsilon": 1e-7}),
    (updates.adam, 2, {"beta_1": 0.9, "beta_2": 0.99, "step": 0.1, "epsilon": 1e-7, "adaptive": False}),
    (
        updates.nadam, 2,
        {"rate": 0.1, "beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-7, "t": 2, "product": 0.3, "decay": 1},
    ),
    (updates.adamax, 2, {"beta_1": 0.9, "beta_2": 0.99, "step": 0.1, "inner": 1e-8, "outer": 1e-7}),
    (updates.lion, 1, {"rate": 0.1, "beta_1": 0.9, "beta_2": 0.99}),
    (updates.rprop, 2, {"etas": (0.5, 1.2), "sizes": (1e-6, 50)}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "states", "settings"), RULES)
@pytest.mark.parametrize("threads", [1, 2])
def test_blocks_change_nothing(
    rule: Any, states: int, settings: dict[str, Any], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(0)
    w, g = generator.normal(size=(2, 7, 11)).astype(np.float32)
    state: list[Any] = [generator.random((7, 11)).astype(np.float32) for _ in range(states)]
    if rule is updates.adam and states == 2:
        state.append(None)

    def updated(*arrays: Any) -> list[Any]:
        copies = [None if a is None else a.copy(order="K") for a in arrays]
        rule(*copies, **settings)
        np.testing.assert_array_equal(copies[1], arrays[1])
        return [a for a in copies if a is not None]

    expected = updated(w, g, *state)
    assert not np.array_equal(expected[0], w)
    before = nl.get_num_threads()
    monkeypatch.setattr(updates, "BLOCK", 10)
    nl.set_num_threads(threads)
    try:
        for arrays in (updated(w, g, *state), updated(np.asfortranarray(w), g, *state)):
            for a, b in zip(arrays, expected, strict=True):
                np.testing.assert_array_equal(a, b)
                assert a.dtype == np.float32
    finally:
        nl.set_num_threads(before)


@pytest.mark.parametrize(("rule", "states", "settings"), RULES)
@pytest.mark.parametrize("size", [0.0, 1e-30, 1e4])
def test_extreme_gradients_leave_finite_weights(rule: Any, states: int, settings: dict[str, Any], size: float) -> None:
    w, g = np.ones(3, np.float32), np.array([0, size, -size], np.float32)
    state: list[Any] = [np.zeros(3, np.float32) for _ in range(states)]
    if rule is updates.adam and states == 2:
        state.append(None)
    for _ in range(3):
        rule(w, g, *state, **settings)
    assert np.isfinite(w).all()
    assert all(np.isfinite(a).all() for a in state if a is not None)
