"""The limit on BLAS, for a library with one number of threads and for one with a number for each thread."""

import threading
from collections.abc import Iterator

import pytest
from threadpoolctl import ThreadpoolController

from nnlite.kernels import blas
from nnlite.kernels.blas import BlasLimit


class SharedLibrary:
    """A BLAS with one number of threads for the process."""

    def __init__(self) -> None:
        self.number = 4

    def get(self) -> int:
        return self.number

    def set(self, number: int) -> None:
        self.number = number


class SeparateLibrary(threading.local):
    """A BLAS with a number for each thread that calls it."""

    number = 4

    def get(self) -> int:
        return self.number

    def set(self, number: int) -> None:
        self.number = number


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> SharedLibrary:
    library = SharedLibrary()
    monkeypatch.setattr(blas, "_find", lambda: blas._Libraries([blas._Library(library.get, library.set)], []))
    return library


@pytest.fixture
def separate(monkeypatch: pytest.MonkeyPatch) -> SeparateLibrary:
    library = SeparateLibrary()
    monkeypatch.setattr(blas, "_find", lambda: blas._Libraries([], [blas._Library(library.get, library.set)]))
    return library


def overlap(limit: BlasLimit, library: SharedLibrary | SeparateLibrary) -> Iterator[tuple[str, int]]:
    """Have two threads in the limit, the first to come the first to leave; tell what each sees."""
    second_inside, first_outside = threading.Event(), threading.Event()
    seen: list[tuple[str, int]] = []

    def second() -> None:
        with limit:
            second_inside.set()
            first_outside.wait(10)
            seen.append(("second inside", library.get()))
        seen.append(("second outside", library.get()))

    thread = threading.Thread(target=second)
    with limit:
        thread.start()
        second_inside.wait(10)
        seen.append(("first inside", library.get()))
    seen.append(("first outside", library.get()))
    first_outside.set()
    thread.join()
    yield from seen


def test_a_shared_number_is_restored_by_the_last_to_leave(shared: SharedLibrary) -> None:
    assert dict(overlap(BlasLimit(), shared)) == {
        "first inside": 1,
        "first outside": 1,
        "second inside": 1,
        "second outside": 4,
    }


def test_a_separate_number_is_restored_by_each_thread(separate: SeparateLibrary) -> None:
    assert dict(overlap(BlasLimit(), separate)) == {
        "first inside": 1,
        "first outside": 4,
        "second inside": 1,
        "second outside": 4,
    }


@pytest.mark.parametrize("kind", ["shared", "separate"])
def test_a_thread_may_be_inside_twice(kind: str, request: pytest.FixtureRequest) -> None:
    library = request.getfixturevalue(kind)
    limit = BlasLimit()
    with limit:
        with limit:
            assert library.get() == 1
        assert library.get() == 1
    assert library.get() == 4


def test_leaving_a_limit_that_a_fork_lifted_does_no_harm(shared: SharedLibrary) -> None:
    limit = BlasLimit()
    with limit:
        limit.after_fork()
        assert shared.number == 4
    with limit:
        assert shared.number == 1
    assert shared.number == 4


def test_a_number_set_meanwhile_takes_effect_outside(shared: SharedLibrary) -> None:
    limit = BlasLimit()
    with limit:
        limit.change_outside(3)
        assert shared.number == 1
    assert shared.number == 3
    limit.change_outside(2)
    assert shared.number == 2


def test_a_helper_stays_limited(separate: SeparateLibrary) -> None:
    limit = BlasLimit()
    limit.limit_this_thread()
    assert separate.number == 1
    limit.change_outside(2)
    assert separate.number == 2


def test_the_real_libraries_can_be_limited_from_any_thread() -> None:
    found = blas._find()
    loaded = ThreadpoolController().select(user_api="blas").lib_controllers
    assert len(found.shared) + len(found.separate) == len(loaded)
    before = [library.get() for library in found.shared]

    def change() -> None:
        for library in found.shared:
            library.set(1)

    for _ in range(2):  # the second thread as well as the first
        for library in found.shared:
            library.set(2)
        thread = threading.Thread(target=change)
        thread.start()
        thread.join()
        assert all(library.get() == 1 for library in found.shared)
    for library, number in zip(found.shared, before, strict=True):
        library.set(number)
