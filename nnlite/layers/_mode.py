"""How modules run for the time being, without touching them: in training or inference, and whether in earnest."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["check_weight_size", "forced_mode", "is_rehearsing", "rehearsal", "running", "weights_at_most"]

# Whether all modules run as in training (True) or as in inference (False), or as each of them says (None).
# Threads do not share it: one may predict with a model that another is training.
forced_mode: ContextVar[bool | None] = ContextVar("forced_mode", default=None)

_rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)


@contextmanager
def running(training: bool | None) -> Iterator[None]:
    """Run all modules in training or in inference, or, with None, as each of them says."""
    token = forced_mode.set(training)
    try:
        yield
    finally:
        forced_mode.reset(token)


@contextmanager
def rehearsal() -> Iterator[None]:
    """Run modules only to find shapes and to make parameters: nothing that they keep from call to call changes."""
    token = _rehearsing.set(True)
    try:
        yield
    finally:
        _rehearsing.reset(token)


def is_rehearsing() -> bool:
    """Say whether modules run only to find shapes."""
    return _rehearsing.get()


_most_numbers: ContextVar[int | None] = ContextVar("most_numbers", default=None)


@contextmanager
def weights_at_most(numbers: int) -> Iterator[None]:
    """Let modules make no weight of more numbers: what a file describes is no larger than what it holds."""
    token = _most_numbers.set(numbers)
    try:
        yield
    finally:
        _most_numbers.reset(token)


def check_weight_size(shape: tuple[int, ...]) -> None:
    """Raise, before a weight is made, if it is too large."""
    most = _most_numbers.get()
    if most is not None and math.prod(shape) > most:
        raise ValueError(f"a weight of shape {tuple(shape)} has more numbers than the file holds, {most}")
