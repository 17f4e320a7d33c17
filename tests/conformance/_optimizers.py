"""Optimizers, with their updates written plainly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite import optimizers
from tests.conformance._rows import OptimizerRow

__all__ = ["OPTIMIZERS"]

Array = NDArray[Any]


def plain_sgd(w: Array, g: Array, state: dict[str, Any], t: int, rate: float) -> Array:
    """Step against the gradient."""
    return w - rate * g


def momentum_sgd(w: Array, g: Array, state: dict[str, Any], t: int, rate: float) -> Array:
    """Step by a velocity."""
    state["v"] = 0.9 * state.get("v", 0) - rate * g
    return w + state["v"]


def nesterov_sgd(w: Array, g: Array, state: dict[str, Any], t: int, rate: float) -> Array:
    """Step by the velocity that the next step would have."""
    state["v"] = 0.9 * state.get("v", 0) - rate * g
    return w + 0.9 * state["v"] - rate * g


def adam(
    w: Array,
    g: Array,
    state: dict[str, Any],
    t: int,
    rate: float,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-7,
) -> Array:
    """Keras' Adam: epsilon is added to the root of the biased v."""
    state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
    state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
    return w - rate * np.sqrt(1 - b2**t) / (1 - b1**t) * state["m"] / (np.sqrt(state["v"]) + eps)


def other_adam(w: Array, g: Array, state: dict[str, Any], t: int, rate: float) -> Array:
    """Adam with other settings."""
    return adam(w, g, state, t, rate, 0.7, 0.9, 0.01)


OPTIMIZERS = [
    OptimizerRow("sgd", optimizers.SGD, plain_sgd),
    OptimizerRow("momentum", lambda *a, **k: optimizers.SGD(*a, momentum=0.9, **k), momentum_sgd),
    OptimizerRow("nesterov", lambda *a, **k: optimizers.SGD(*a, momentum=0.9, nesterov=True, **k), nesterov_sgd),
    OptimizerRow("adam", optimizers.Adam, adam),
    OptimizerRow("other-adam", lambda *a, **k: optimizers.Adam(*a, 0.7, 0.9, 0.01, **k), other_adam),
]
