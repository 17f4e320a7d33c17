"""The number of threads that BLAS takes for a matrix product."""

import itertools
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, NamedTuple

from threadpoolctl import ThreadpoolController


class BlasLimit:
    """Holds BLAS to one thread while anyone is inside, and gives it back what it had when the last one leaves.

    Most libraries have one number of threads for the whole process: the first thread to enter limits it, the last to
    leave restores it. A few have a number for each thread that calls them: everyone who enters limits its own.

    Examples
    --------
    >>> limit = BlasLimit()
    >>> with limit:
    ...     pass  # products made here, in any thread, take one core each
    """

    def __init__(self) -> None:
        self._found: _Libraries | None = None
        self._own = threading.local()
        self._renew()

    def _renew(self) -> None:
        """Make the lock and forget who is inside."""
        self._lock = threading.Lock()
        self._inside = 0
        self._outside: list[int] = []

    def __enter__(self) -> None:
        with self._lock:
            libraries = self._libraries()
            if self._inside == 0:
                self._outside = _exchange(libraries.shared, itertools.repeat(1))
            self._inside += 1
        self._own.outside = [*self._outside_of_this_thread(), _exchange(libraries.separate, itertools.repeat(1))]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            libraries = self._libraries()
            self._inside = max(self._inside - 1, 0)  # a forked child leaves a limit that `after_fork` lifted
            if self._inside == 0:
                _exchange(libraries.shared, self._outside)
        _exchange(libraries.separate, self._own.outside.pop())

    def _outside_of_this_thread(self) -> list[list[int]]:
        """Return what this thread's own numbers were at each time that it entered and has not left."""
        outside: list[list[int]] = getattr(self._own, "outside", [])
        return outside

    def limit_this_thread(self) -> None:
        """Limit a thread that never computes outside: a helper of the pool."""
        with self._lock:
            libraries = self._libraries()
        _exchange(libraries.separate, itertools.repeat(1))

    def change_outside(self, threads: int) -> None:
        """Set the number of threads that BLAS has while nobody is inside."""
        with self._lock:
            libraries = self._libraries()
            if self._inside:
                self._outside = [threads] * len(libraries.shared)
            else:
                _exchange(libraries.shared, itertools.repeat(threads))
        _exchange(libraries.separate, itertools.repeat(threads))

    def after_fork(self) -> None:
        """Let go, in a forked child, of a limit that another thread of the parent held."""
        if self._inside and self._found is not None:
            _exchange(self._found.shared, self._outside)
        self._renew()

    def _libraries(self) -> "_Libraries":
        """Return what is loaded; looking for it takes 7 ms, and a limit then 6 us."""
        if self._found is None:
            self._found = _find()
        return self._found


class _Library(NamedTuple):
    """How to ask a library for its number of threads and to change it."""

    get: Callable[[], int]
    set: Callable[[int], object]


class _Libraries(NamedTuple):
    """Those with one number for the process, and those with a number for each thread."""

    shared: list[_Library]
    separate: list[_Library]


def _find() -> _Libraries:
    """Look through the loaded libraries."""
    found = _Libraries([], [])
    for controller in ThreadpoolController().select(user_api="blas").lib_controllers:
        separate = controller.internal_api == "mkl" or controller.info().get("threading_layer") == "openmp"
        if separate or controller.internal_api != "openblas":
            setter = controller.set_num_threads
        else:
            setter = _openblas_setter(controller.dynlib)
        (found.separate if separate else found.shared).append(_Library(controller.get_num_threads, setter))
    return found


def _exchange(libraries: list[_Library], numbers: Iterable[int]) -> list[int]:
    """Set each library's number of threads and return what it was."""
    before = []
    for library, number in zip(libraries, numbers, strict=False):
        before.append(library.get())
        library.set(number)
    return before


def _openblas_setter(library: Any) -> Callable[[int], object]:
    """Return OpenBLAS' own function.

    threadpoolctl's (3.8) does nothing, and says nothing, in all threads but the first that used it, and the last to
    leave need not be the first that came.
    """
    names = [
        f"{prefix}openblas_set_num_threads{suffix}"
        for prefix, suffix in itertools.product(("", "scipy_"), ("", "64_", "_64"))
    ]
    setter: Callable[[int], object] = next(getattr(library, name) for name in names if hasattr(library, name))
    return setter
