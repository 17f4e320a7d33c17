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
from contextvars import ContextVar, copy_context
from typing import SupportsIndex, TypeVar

from nnlite.kernels.blas import BlasLimit

CHUNK_BYTES = 2**22
SERIAL_BYTES = 2**18

_Result = TypeVar("_Result")


def set_num_threads(n: SupportsIndex) -> None:
    """Set how many threads nnlite computes with, BLAS products included.

    Parameters
    ----------
    n : int
        At least 1. Until it is set, it is the number of cores that this process may use, or less where
        `NNLITE_NUM_THREADS`, `OMP_NUM_THREADS`, `OPENBLAS_NUM_THREADS` or `MKL_NUM_THREADS` asks for less.

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
        tasks = _pool.begin(work, helpers)
        try:
            work()
        finally:
            errors = [task.end() for task in tasks]  # waits: nobody writes after we return
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


class _Task:
    """Work that a helper has been woken for.

    Handing it over by two locks takes half the time of `concurrent.futures`: a product of 0.5 ms on one thread takes
    0.31 ms on two in place of 0.40.
    """

    def __init__(self, helper: "_Helper", work: Callable[[], None]) -> None:
        self._helper, self._work = helper, work
        self._error: BaseException | None = None
        self._running = threading.Lock()
        self._running.acquire()

    def run(self) -> None:
        """Do the work, in the helper's thread."""
        try:
            self._work()
        except BaseException as error:
            self._error = error

    def done(self) -> None:
        """Let the caller go on."""
        self._running.release()

    def end(self) -> BaseException | None:
        """Call the work off if the helper has not woken yet, or wait for it and return what it raised."""
        if not self._helper.call_off():
            self._running.acquire()
        return self._error


class _Helper:
    """A thread that sleeps until it is given a task."""

    def __init__(self, pool: "_Pool") -> None:
        self._pool = pool
        self._task: _Task | None = None
        self._asleep = threading.Lock()
        self._asleep.acquire()
        threading.Thread(target=self._run, name="nnlite", daemon=True).start()

    def give(self, task: _Task | None) -> None:
        """Wake the thread for a task, or to end if there is none."""
        self._task = task
        self._asleep.release()

    def call_off(self) -> bool:
        """Return whether the thread had not woken, and now need not."""
        if not self._asleep.acquire(blocking=False):
            return False
        self._task = None
        if not self._pool.take_back(self):
            self.give(None)
        return True

    def _run(self) -> None:
        blas_limit.limit_this_thread()
        wanted = True
        while wanted:
            self._asleep.acquire()
            task, self._task = self._task, None
            if task is None:
                return
            task.run()
            wanted = self._pool.take_back(self)
            task.done()


class _Pool:
    """The helping threads, made when they are first needed."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin without threads: those of the process that this one was forked from are not here."""
        self._lock = threading.Lock()
        self._helpers: set[_Helper] = set()
        self._idle: list[_Helper] = []

    def begin(self, work: Callable[[], None], copies: int) -> list[_Task]:
        """Have `work` done by as many helpers as can be had, up to `copies`."""
        tasks = []
        with self._lock:
            for _ in range(copies):
                helper = self._idle.pop() if self._idle else self._another()
                if helper is None:
                    break
                tasks.append(_Task(helper, work))
                helper.give(tasks[-1])
        return tasks

    def _another(self) -> _Helper | None:
        """Return a new helper, or None where all are busy or the system has no thread left."""
        if len(self._helpers) >= get_num_threads() - 1:
            return None
        try:
            helper = _Helper(self)
        except RuntimeError:  # also while the interpreter shuts down
            return None
        self._helpers.add(helper)
        return helper

    def take_back(self, helper: _Helper) -> bool:
        """Keep a helper for the next task, unless the pool was closed meanwhile."""
        with self._lock:
            wanted = helper in self._helpers
            if wanted:
                self._idle.append(helper)
        return wanted

    def close(self) -> None:
        """Let the threads end once they have nothing to do."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._helpers.clear()
        for helper in idle:
            helper.give(None)


def _default_num_threads() -> int:
    """Return the number of cores that this process may use, or the least that the environment asks for."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    asked = [
        os.environ.get(name, "").split(",")[0]
        for name in ("NNLITE_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
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
