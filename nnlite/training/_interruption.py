"""Ctrl-C during a training: the first asks it to stop, the second interrupts it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Interruption", "interruptible"]


class Interruption:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.requested = False

    def handle(self, number: int, frame: Any) -> None:
        """Take note of the first Ctrl-C, and interrupt at the second."""
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Let Ctrl-C set a flag meanwhile; a training inside another sees the other's.

    In other threads than the main one, and where the program has a handler of its own for Ctrl-C, the flag stays down.
    """
    present = signal.getsignal(signal.SIGINT) if threading.current_thread() is threading.main_thread() else None
    outer = getattr(present, "__self__", None)
    if isinstance(outer, Interruption):
        yield outer
    elif present is not signal.default_int_handler:
        yield Interruption()
    else:
        interruption = Interruption()
        signal.signal(signal.SIGINT, interruption.handle)
        try:
            yield interruption
        finally:
            signal.signal(signal.SIGINT, present)
