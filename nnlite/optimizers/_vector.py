"""Parameters as one vector, for methods that look at all of them together, and the memory of L-BFGS by parameter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Parameter
from nnlite.kernels.lbfgs import Memory

__all__ = ["STACKED_SLOTS", "evaluator", "joined", "recall", "remember", "set_vector"]

STACKED_SLOTS = ("changes", "moves")

Slots = dict[str, NDArray[Any]]


def joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Join arrays to a vector."""
    return np.concatenate([a.reshape(-1) for a in arrays])


def set_vector(parameters: Sequence[Parameter], x: NDArray[Any]) -> None:
    """Write the parts of a vector into the parameters."""
    start = 0
    for p in parameters:
        p.data[...] = x[start : start + p.size].reshape(p.shape)
        p.bump_version()
        start += p.size


def evaluator(
    parameters: Sequence[Parameter], closure: Callable[[], Any], losses: list[Any]
) -> Callable[[NDArray[Any]], tuple[float, NDArray[Any]]]:
    """Return what sets the parameters to a vector and gives the loss there with its gradient; losses go to a list."""

    def evaluate(x: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        set_vector(parameters, x)
        losses.append(closure())
        return float(losses[-1]), joined([np.zeros_like(p.data) if p.grad is None else p.grad for p in parameters])

    return evaluate


def recall(kept: dict[Parameter, Any], parameters: Sequence[Parameter]) -> Memory:
    """Join what is kept for each parameter; begin anew if that is not all of them."""
    if not all(p in kept for p in parameters):
        return Memory()
    slots: list[Slots] = [kept[p] for p in parameters]
    changes, moves = (
        np.concatenate([s[name].reshape(len(s[name]), p.size) for s, p in zip(slots, parameters, strict=True)], axis=1)
        for name in STACKED_SLOTS
    )
    pairs = [(change, move, float(change @ move)) for change, move in zip(changes, moves, strict=True)]
    return Memory(pairs, joined([s["gradient"] for s in slots]), joined([s["move"] for s in slots]))


def remember(kept: dict[Parameter, Any], parameters: Sequence[Parameter], memory: Memory) -> None:
    """Keep for each parameter its part of the memory."""
    if memory.gradient is None or memory.move is None:
        return
    vectors = {
        "changes": np.array([change for change, _, _ in memory.pairs]).reshape(-1, memory.gradient.size),
        "moves": np.array([move for _, move, _ in memory.pairs]).reshape(-1, memory.gradient.size),
        "gradient": memory.gradient,
        "move": memory.move,
    }
    start = 0
    for p in parameters:
        part = slice(start, start + p.size)
        start += p.size
        kept[p] = {
            name: vector[..., part].reshape(*vector.shape[:-1], *p.shape).astype(p.dtype)
            for name, vector in vectors.items()
        }
