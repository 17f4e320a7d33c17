"""Optimizers in PyTorch's spelling, with their updates written plainly."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite import optim
from tests.conformance._optimizers import adadelta, radam, rprop
from tests.conformance._rows import OptimizerRow

__all__ = ["OPTIM"]

Array = NDArray[Any]
State = dict[str, Any]
Reference = Callable[[Array, Array, State, int, float], Array]


def sgd(
    w: Array, g: Array, state: State, t: int, rate: float,
    momentum: float = 0, dampening: float = 0, nesterov: bool = False,
) -> Array:  # fmt: skip
    """The buffer holds gradients, the first of them whole."""
    buffer = state["buffer"] = momentum * state["buffer"] + (1 - dampening) * g if t > 1 else g
    return w - rate * (g + momentum * buffer if nesterov else buffer)


def adagrad(w: Array, g: Array, state: State, t: int, rate: float, decay: float = 0, start: float = 0) -> Array:
    """Epsilon outside of the root; the rate decays."""
    state["sum"] = state.get("sum", start) + g**2
    return w - rate / (1 + (t - 1) * decay) * g / (np.sqrt(state["sum"]) + 1e-10)


def rmsprop(
    w: Array, g: Array, state: State, t: int, rate: float,
    alpha: float = 0.99, momentum: float = 0, centered: bool = False, eps: float = 1e-8,
) -> Array:  # fmt: skip
    """Epsilon outside of the root; the buffer holds no rate."""
    square = state["square"] = alpha * state.get("square", 0) + (1 - alpha) * g**2
    mean = state["mean"] = alpha * state.get("mean", 0) + (1 - alpha) * g
    scaled = g / (np.sqrt(square - centered * mean**2) + eps)
    state["buffer"] = momentum * state.get("buffer", 0) + scaled
    return w - rate * state["buffer"]


def adam(
    w: Array, g: Array, state: State, t: int, rate: float,
    b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, amsgrad: bool = False,
) -> Array:  # fmt: skip
    """Epsilon is added after the bias correction."""
    m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
    v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
    if amsgrad:
        v = state["largest"] = np.maximum(v, state.get("largest", 0))
    return w - rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)


def adamax(w: Array, g: Array, state: State, t: int, rate: float, eps: float = 1e-8) -> Array:
    """Epsilon inside the maximum."""
    m = state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    u = state["u"] = np.maximum(0.999 * state.get("u", 0), np.abs(g) + eps)
    return w - rate / (1 - 0.9**t) * m / u


def nadam(w: Array, g: Array, state: State, t: int, rate: float, decay: float = 0.004) -> Array:
    """The momentum grows slowly."""
    m = state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    v = state["v"] = 0.999 * state.get("v", 0) + 0.001 * g**2
    mu = [0.9 * (1 - 0.5 * 0.96 ** (i * decay)) for i in range(1, t + 2)]
    look_ahead = mu[t] * m / (1 - np.prod(mu)) + (1 - mu[t - 1]) * g / (1 - np.prod(mu[:-1]))
    return w - rate * look_ahead / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


def with_l2(reference: Reference, decay: float) -> Reference:
    """The update by a gradient to which the decay is added."""
    return lambda w, g, state, t, rate: reference(w, g + decay * w, state, t, rate)


def decoupled(reference: Reference, decay: float) -> Reference:
    """The update after a decay of the weights."""
    return lambda w, g, state, t, rate: reference(w - rate * decay * w, g, state, t, rate)


def uphill(reference: Reference) -> Reference:
    """The update by minus the gradient."""
    return lambda w, g, state, t, rate: reference(w, -g, state, t, rate)


def make(kind: Callable[..., optim.Optimizer], settings: dict[str, Any], rate: float, parameters: Any) -> Any:
    """Build an optimizer from what the rows of the other spelling give."""
    return kind(parameters, lr=rate, **settings)


def row(
    name: str, kind: Callable[..., optim.Optimizer], reference: Reference, rate: float = 0.05, **settings: Any
) -> OptimizerRow:
    """Make a row of an optimizer with settings."""
    return OptimizerRow(name, partial(make, kind, settings), reference, rate)


OPTIM = [
    row("sgd", optim.SGD, sgd),
    row("sgd-momentum", optim.SGD, partial(sgd, momentum=0.8), momentum=0.8),
    row("sgd-dampening", optim.SGD, partial(sgd, momentum=0.8, dampening=0.3), momentum=0.8, dampening=0.3),
    row("sgd-nesterov", optim.SGD, partial(sgd, momentum=0.8, nesterov=True), momentum=0.8, nesterov=True),
    row("sgd-weight-decay", optim.SGD, with_l2(sgd, 0.02), weight_decay=0.02),
    row("sgd-maximize", optim.SGD, uphill(sgd), 0.01, maximize=True),
    row("adagrad", optim.Adagrad, adagrad, 0.5),
    row(
        "adagrad-decay", optim.Adagrad, partial(adagrad, decay=0.01, start=0.2), 0.5,
        lr_decay=0.01, initial_accumulator_value=0.2,
    ),
    row("adadelta", optim.Adadelta, partial(adadelta, rho=0.9, eps=1e-3), 1.0, eps=1e-3),
    row("rmsprop", optim.RMSprop, rmsprop),
    row("rmsprop-momentum", optim.RMSprop, partial(rmsprop, alpha=0.8, momentum=0.5), 0.02, alpha=0.8, momentum=0.5),
    row("rmsprop-centered", optim.RMSprop, partial(rmsprop, centered=True, eps=0.1), centered=True, eps=0.1),
    row("adam", optim.Adam, adam),
    row("adam-other", optim.Adam, partial(adam, b1=0.7, b2=0.9, eps=0.01), betas=(0.7, 0.9), eps=0.01),
    row("adam-amsgrad", optim.Adam, partial(adam, b2=0.5, amsgrad=True), betas=(0.9, 0.5), amsgrad=True),
    row("adam-weight-decay", optim.Adam, with_l2(adam, 0.02), weight_decay=0.02),
    row("adam-decoupled", optim.Adam, decoupled(adam, 0.02), weight_decay=0.02, decoupled_weight_decay=True),
    row("adamw", optim.AdamW, decoupled(adam, 0.01)),
    row("adamax", optim.Adamax, adamax),
    row("nadam", optim.NAdam, nadam),
    row("nadam-decay", optim.NAdam, partial(nadam, decay=0.5), momentum_decay=0.5),
    row("radam", optim.RAdam, radam),
    row("rprop", optim.Rprop, rprop),
    row("rprop-other", optim.Rprop, partial(rprop, etas=(0.3, 1.5), sizes=(0.01, 0.4)),
        etas=(0.3, 1.5), step_sizes=(0.01, 0.4)),
]  # fmt: skip
