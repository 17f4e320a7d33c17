"""How modules run for the time being, without touching them: in training or inference, and whether in earnest."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["forced_mode", "is_rehearsing", "rehearsal", "running"]

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
