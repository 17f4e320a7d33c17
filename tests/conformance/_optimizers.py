"""Optimizers, with their updates written plainly."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite import optimizers
from tests.conformance._rows import OptimizerRow

__all__ = ["OPTIMIZERS"]

Array = NDArray[Any]
State = dict[str, Any]
Reference = Callable[[Array, Array, State, int, float], Array]


def sgd(w: Array, g: Array, state: State, t: int, rate: float, momentum: float = 0, nesterov: bool = False) -> Array:
    """Keras' momentum, whose buffer holds steps."""
    v = state["v"] = momentum * state.get("v", 0) - rate * g
    return w + momentum * v - rate * g if nesterov else w + v


def adagrad(w: Array, g: Array, state: State, t: int, rate: float, start: float = 0.1, eps: float = 1e-7) -> Array:
    """Keras' Adagrad: epsilon inside the root."""
    state["total"] = state.get("total", start) + g**2
    return w - rate * g / np.sqrt(state["total"] + eps)


def adadelta(w: Array, g: Array, state: State, t: int, rate: float, rho: float = 0.95, eps: float = 1e-7) -> Array:
    """Zeiler's formulas."""
    square = state["square"] = rho * state.get("square", 0) + (1 - rho) * g**2
    change = np.sqrt(state.get("change", 0) + eps) / np.sqrt(square + eps) * g
    state["change"] = rho * state.get("change", 0) + (1 - rho) * change**2
    return w - rate * change


def rmsprop(
    w: Array, g: Array, state: State, t: int, rate: float,
    rho: float = 0.9, momentum: float = 0, centered: bool = False, eps: float = 1e-7,
) -> Array:  # fmt: skip
    """Keras' RMSprop: epsilon inside the root."""
    square = state["square"] = rho * state.get("square", 0) + (1 - rho) * g**2
    mean = state["mean"] = rho * state.get("mean", 0) + (1 - rho) * g
    step = rate * g / np.sqrt(square - centered * mean**2 + eps)
    state["v"] = momentum * state.get("v", 0) + step
    return w - state["v"]


def adam(
    w: Array, g: Array, state: State, t: int, rate: float,
    b1: float = 0.9, b2: float = 0.999, eps: float = 1e-7, amsgrad: bool = False,
) -> Array:  # fmt: skip
    """Keras' Adam: epsilon is added to the root of the biased v."""
    m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
    v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
    if amsgrad:
        v = state["largest"] = np.maximum(v, state.get("largest", 0))
    return w - rate * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + eps)


def adamax(w: Array, g: Array, state: State, t: int, rate: float, b1: float = 0.9, b2: float = 0.999) -> Array:
    """Keras' Adamax: epsilon outside of the maximum."""
    m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
    u = state["u"] = np.maximum(b2 * state.get("u", 0), np.abs(g))
    return w - rate / (1 - b1**t) * m / (u + 1e-7)


def nadam(w: Array, g: Array, state: State, t: int, rate: float, b1: float = 0.9, b2: float = 0.999) -> Array:
    """Dozat's formulas, with means that are corrected for their bias."""
    m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
    v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
    u = [b1 * (1 - 0.5 * 0.96**i) for i in range(1, t + 2)]
    look_ahead = u[t] * m / (1 - np.prod(u)) + (1 - u[t - 1]) * g / (1 - np.prod(u[:-1]))
    return w - rate * look_ahead / (np.sqrt(v / (1 - b2**t)) + 1e-7)


def radam(w: Array, g: Array, state: State, t: int, rate: float, b1: float = 0.9, b2: float = 0.999) -> Array:
    """Liu's algorithm 2, but that the root is used from a length of 5 on, as in PyTorch."""
    m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
    v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
    longest = 2 / (1 - b2) - 1
    rho = longest - 2 * t * b2**t / (1 - b2**t)
    if rho <= 5:
        return w - rate * m / (1 - b1**t)
    r = np.sqrt((rho - 4) * (rho - 2) * longest / ((longest - 4) * (longest - 2) * rho))
    return w - rate * r * m / (1 - b1**t) * np.sqrt(1 - b2**t) / (np.sqrt(v) + 1e-8)


def lion(w: Array, g: Array, state: State, t: int, rate: float, b1: float = 0.9, b2: float = 0.99) -> Array:
    """Chen's formulas."""
    m = state.get("m", 0)
    state["m"] = b2 * m + (1 - b2) * g
    return w - rate * np.sign(b1 * m + (1 - b1) * g)


def rprop(
    w: Array, g: Array, state: State, t: int, rate: float,
    etas: tuple[float, float] = (0.5, 1.2), sizes: tuple[float, float] = (1e-6, 50),
) -> Array:  # fmt: skip
    """Riedmiller's rule without weight backtracking."""
    sign = np.sign(g * state.get("g", 0))
    factor = np.choose((sign + 1).astype(int), [etas[0], 1, etas[1]])
    state["size"] = np.clip(state.get("size", rate) * factor, *sizes)
    state["g"] = np.where(sign < 0, 0, g)
    return w - np.sign(state["g"]) * state["size"]


def decayed(reference: Reference, decay: float) -> Reference:
    """The update after a decay of the weights."""
    return lambda w, g, state, t, rate: reference(w - rate * decay * w, g, state, t, rate)


def of_clipped(reference: Reference, clip: Callable[[Array], Array]) -> Reference:
    """The update by a clipped gradient."""
    return lambda w, g, state, t, rate: reference(w, clip(g), state, t, rate)


def to_norm(g: Array) -> Array:
    """Scale down to a norm of 1.5."""
    return g * min(1.0, 1.5 / np.sqrt((g**2).sum()))


def row(name: str, make: Any, reference: Reference, rate: float = 0.05, **settings: Any) -> OptimizerRow:
    """Make a row of an optimizer with settings."""
    return OptimizerRow(name, partial(make, **settings), reference, rate)


o = optimizers
OPTIMIZERS = [
    row("sgd", o.SGD, sgd),
    row("sgd-momentum", o.SGD, partial(sgd, momentum=0.9), momentum=0.9),
    row("sgd-nesterov", o.SGD, partial(sgd, momentum=0.9, nesterov=True), momentum=0.9, nesterov=True),
    row("sgd-weight-decay", o.SGD, decayed(sgd, 0.01), weight_decay=0.01),
    row("sgd-clipnorm", o.SGD, of_clipped(sgd, to_norm), clipnorm=1.5),
    row("sgd-clipvalue", o.SGD, of_clipped(sgd, lambda g: np.clip(g, -0.7, 0.7)), clipvalue=0.7),
    row("sgd-global-clipnorm", o.SGD, of_clipped(sgd, to_norm), global_clipnorm=1.5),
    row("adagrad", o.Adagrad, adagrad, 0.5),
    row(
        "adagrad-other", o.Adagrad, partial(adagrad, start=0.0, eps=0.01), 0.5,
        initial_accumulator_value=0.0, epsilon=0.01,
    ),
    row("adadelta", o.Adadelta, partial(adadelta, eps=1e-3), 1.0, epsilon=1e-3),
    row("adadelta-other", o.Adadelta, partial(adadelta, rho=0.8, eps=1e-2), 0.5, rho=0.8, epsilon=1e-2),
    row("rmsprop", o.RMSprop, rmsprop),
    row("rmsprop-centered", o.RMSprop, partial(rmsprop, centered=True, eps=0.1), centered=True, epsilon=0.1),
    row("rmsprop-momentum", o.RMSprop, partial(rmsprop, rho=0.8, momentum=0.5), 0.02, rho=0.8, momentum=0.5),
    row("adam", o.Adam, adam),
    row("adam-other", o.Adam, partial(adam, b1=0.7, b2=0.9, eps=0.01), beta_1=0.7, beta_2=0.9, epsilon=0.01),
    row("adam-amsgrad", o.Adam, partial(adam, b2=0.5, amsgrad=True), beta_2=0.5, amsgrad=True),
    row("adamw", o.AdamW, decayed(adam, 0.004)),
    row("adamax", o.Adamax, adamax),
    row("adamax-other", o.Adamax, partial(adamax, b1=0.7, b2=0.8), beta_1=0.7, beta_2=0.8),
    row("nadam", o.Nadam, nadam),
    row("nadam-other", o.Nadam, partial(nadam, b1=0.7, b2=0.9), beta_1=0.7, beta_2=0.9),
    row("radam", o.RAdam, radam),
    row("radam-other", o.RAdam, partial(radam, b1=0.7, b2=0.9), beta_1=0.7, beta_2=0.9),
    row("lion", o.Lion, lion, 0.03),
    row("lion-other", o.Lion, partial(lion, b1=0.5, b2=0.7), 0.03, beta_1=0.5, beta_2=0.7),
    row("rprop", o.Rprop, rprop),
    row(
        "rprop-other", o.Rprop, partial(rprop, etas=(0.3, 1.5), sizes=(0.01, 0.4)),
        etas=(0.3, 1.5), step_sizes=(0.01, 0.4),
    ),
]  # fmt: skip
