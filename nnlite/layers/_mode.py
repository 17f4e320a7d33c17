"""Training or inference for the time being: what `predict` switches to, without touching the modules."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["forced_mode", "running"]

# Whether all modules run as in training (True) or as in inference (False), or as each of them says (None).
# Threads do not share it: one may predict with a model that another is training.
forced_mode: ContextVar[bool | None] = ContextVar("forced_mode", default=None)


@contextmanager
def running(training: bool | None) -> Iterator[None]:
    """Run all modules in training or in inference, or, with None, as each of them says."""
    token = forced_mode.set(training)
    try:
        yield
    finally:
        forced_mode.reset(token)
