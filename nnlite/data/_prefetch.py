"""Batches made ahead, by a thread."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

__all__ = ["made_ahead"]

T = TypeVar("T")


class _End(NamedTuple):
    """What follows the last batch: the error that the next one met, if any."""

    error: BaseException | None


def made_ahead(batches: Generator[T, None, None], count: int) -> Generator[T, None, None]:
    """Yield the same batches, while a thread of its own makes as many as `count` that follow.

    An error in the thread is raised here, in the place of the batch that it spoilt. When this generator is through,
    closed or dropped, the thread has ended.
    """
    made: SimpleQueue[Any] = SimpleQueue()
    room = threading.Semaphore(count)
    stopped = threading.Event()

    def make() -> None:
        try:
            with closing(batches):
                while room.acquire() and not stopped.is_set():
                    made.put(next(batches))
        except StopIteration:
            made.put(_End(None))
        except BaseException as error:
            made.put(_End(error))

    context = copy_context()  # so that np.errstate and the like hold in the thread too
    thread = threading.Thread(target=context.run, args=(make,), name="nnlite-prefetch", daemon=True)
    thread.start()
    try:
        while not isinstance(batch := made.get(), _End):
            room.release()
            yield batch
        if batch.error is not None:
            raise batch.error
    finally:
        batch = None  # the error's traceback holds this frame, which would hold the error
        stopped.set()
        room.release()
        if thread is not threading.current_thread():  # the garbage collector may run this in any thread
            thread.join()
