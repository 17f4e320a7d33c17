"""Threads over chunks of a batch.

NumPy lets go of the interpreter's lock in copies, ufuncs and products, so threads that work on different chunks share
the cores. BLAS is held to one thread meanwhile: its own threads would compete with them.

Chunks are cut by shapes and by the number of threads alone, and what they return is used in their order, whichever
thread worked on them: the same seed, machine and number of threads give the same result to the bit.
"""

import itertools
import operator
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import SupportsIndex, TypeVar

from nnlite.kernels.blas import BlasLimit

CHUNK_BYTES = 2**21
SERIAL_BYTES = 2**18

_Result = TypeVar("_Result")


def set_num_threads(n: SupportsIndex) -> None:
    """Set how many threads nnlite computes with, BLAS products included.

    Parameters
    ----------
    n : int
        At least 1. Until it is set, it is the number of cores that this process may use, or less where
        `OMP_NUM_THREADS`, `OPENBLAS_NUM_THREADS` or `MKL_NUM_THREADS` asks for less.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is less than 1.

    Examples
    --------
    >>> before = get_num_threads()
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(before)
    """
    global _num_threads
    try:
        threads = operator.index(n)
    except TypeError:
        raise TypeError(f"set_num_threads expected an integer, got n={n!r}") from None
    if threads < 1:
        raise ValueError(f"set_num_threads expected n to be at least 1, got n={threads}")
    _num_threads = threads
    _pool.close()
    blas_limit.change_outside(threads)


def get_num_threads() -> int:
    """Return how many threads nnlite computes with.

    Examples
    --------
    >>> get_num_threads() >= 1
    True
    """
    return _num_threads


def map_chunks(job: Callable[[int], _Result], count: int) -> list[_Result]:
    """Return `[job(0), ..., job(count - 1)]`, with the jobs shared out among the threads.

    The caller's thread takes its share. Every job runs in its own copy of the caller's context (NumPy's error
    handling, grad mode). A job that calls `map_chunks` runs the inner jobs itself, one after the other; so does a
    caller with one thread or one job, for which BLAS keeps its threads.

    Parameters
    ----------
    job : callable
        Takes the number of a chunk.
    count : int
        Number of chunks.

    Returns
    -------
    list
        What the jobs returned, by number of chunk.

    Raises
    ------
    BaseException
        What a job raised. Jobs that had not begun by then are left out.

    Examples
    --------
    >>> map_chunks(lambda chunk: chunk**2, 4)
    [0, 1, 4, 9]
    """
    helpers = min(get_num_threads(), count) - 1
    if helpers < 1 or _in_job.get():
        return [job(chunk) for chunk in range(count)]
    context = copy_context()
    context.run(_in_job.set, True)
    waiting = deque(range(count))
    results: dict[int, _Result] = {}

    def work() -> None:
        while waiting:
            try:
                chunk = waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                results[chunk] = context.copy().run(job, chunk)
            except BaseException:
                waiting.clear()
                raise

    with blas_limit:
        futures = _pool.submit(work, helpers)
        try:
            work()
        finally:
            begun = [future for future in futures if not future.cancel()]
            errors = [future.exception() for future in begun]  # waits: nobody writes after we return
    for error in errors:
        if error is not None:
            raise error
    return [results[chunk] for chunk in range(count)]


def count_chunks(nbytes: int) -> int:
    """Return how many chunks to cut work on `nbytes` of memory into.

    Parameters
    ----------
    nbytes : int
        Bytes that the work passes through: the columns of a convolution, the input of a pooling.

    Returns
    -------
    int
        So many that a chunk stays in cache (`CHUNK_BYTES`) and that each thread gets the same number, but no more than
        one while a thread's share would be too small to pay for waking it (`SERIAL_BYTES`).

    Examples
    --------
    >>> count_chunks(1000)
    1
    >>> count_chunks(100 * CHUNK_BYTES) >= 100
    True
    """
    threads = get_num_threads()
    wanted = max(-(-nbytes // CHUNK_BYTES), min(threads, nbytes // SERIAL_BYTES), 1)
    return wanted if wanted < threads else -(-wanted // threads) * threads


def partition(count: int, parts: int) -> list[slice]:
    """Cut `range(count)` into at most `parts` slices whose lengths differ by one at most; none is empty.

    Examples
    --------
    >>> partition(7, 3)
    [slice(0, 3, None), slice(3, 5, None), slice(5, 7, None)]
    """
    parts = min(parts, count)
    short, longer = divmod(count, parts) if parts else (0, 0)
    starts = [part * short + min(part, longer) for part in range(parts + 1)]
    return [slice(start, stop) for start, stop in itertools.pairwise(starts)]


class _Pool:
    """The helping threads, made when they are first needed."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin without threads: those of the process that this one was forked from are not here."""
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None

    def submit(self, work: Callable[[], None], copies: int) -> list[Future[None]]:
        """Have `work` done by as many helpers as can be had, up to `copies`."""
        futures: list[Future[None]] = []
        with self._lock:
            if self._executor is None:
                helpers = max(get_num_threads() - 1, 1)
                self._executor = ThreadPoolExecutor(helpers, "nnlite", blas_limit.limit_this_thread)
            try:
                futures.extend(self._executor.submit(work) for _ in range(copies))
            except RuntimeError:  # the interpreter is shutting down, or the system has no thread left
                return futures  # those that were had before
        return futures

    def close(self) -> None:
        """Let the threads end once they have nothing to do."""
        with self._lock:
            if self._executor is not None:
                self._executor.shutdown(wait=False)
            self._executor = None


def _default_num_threads() -> int:
    """Return the number of cores that this process may use, or the least that the environment asks for."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    asked = [
        os.environ.get(name, "").split(",")[0]
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    ]
    limits = [int(value) for value in asked if value.isdecimal() and int(value) > 0]
    return min([cores, *limits])


def _after_fork() -> None:
    """Make a forked child independent of threads and locks that only its parent has."""
    _pool.renew()
    blas_limit.after_fork()


_num_threads = _default_num_threads()
_in_job: ContextVar[bool] = ContextVar("nnlite_in_job", default=False)
blas_limit = BlasLimit()
_pool = _Pool()

if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork)
