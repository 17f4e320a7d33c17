"""Threads over chunks: order, context, exceptions, BLAS, fork."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from nnlite.kernels import conv, parallel
from nnlite.kernels.parallel import count_chunks, get_num_threads, map_chunks, partition, set_num_threads


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = get_num_threads()
    set_num_threads(2)
    yield
    set_num_threads(before)


def blas_threads() -> set[int]:
    """Return the number of threads of every BLAS that can be asked."""
    return {library["num_threads"] for library in ThreadpoolController().info() if library["user_api"] == "blas"}


def both_threads(job: Callable[[], Any]) -> list[Any]:
    """Run the job twice, so that each thread is sure to have one."""
    meet = threading.Barrier(2, timeout=10)

    def wait_and_run(_: int) -> Any:
        meet.wait()
        return job()

    return map_chunks(wait_and_run, 2)


def test_results_come_in_order_of_the_chunks() -> None:
    assert map_chunks(lambda chunk: chunk**2, 50) == [chunk**2 for chunk in range(50)]


def test_no_chunks_give_no_results() -> None:
    assert map_chunks(lambda chunk: chunk, 0) == []


def test_two_threads_share_the_work() -> None:
    assert len(set(both_threads(threading.get_ident))) == 2


@pytest.mark.parametrize(("threads", "chunks"), [(1, 5), (2, 1)])
def test_one_thread_or_one_chunk_runs_in_the_callers_thread(threads: int, chunks: int) -> None:
    set_num_threads(threads)
    blas = blas_threads()
    found = map_chunks(lambda _: (threading.get_ident(), blas_threads()), chunks)
    assert found == [(threading.get_ident(), blas)] * chunks


def test_a_job_that_maps_runs_the_inner_jobs_itself() -> None:
    set_num_threads(3)  # two for the outer jobs, so one is idle and could take an inner one

    def outer() -> tuple[int, list[tuple[int, bool]]]:
        begun = [threading.Event(), threading.Event()]

        def inner(number: int) -> tuple[int, bool]:
            begun[number].set()
            return threading.get_ident(), begun[1].wait(0.1)  # whether another thread took the second meanwhile

        return threading.get_ident(), map_chunks(inner, 2)

    for thread, found in both_threads(outer):
        assert found == [(thread, False), (thread, True)]


def test_jobs_see_the_callers_context_and_do_not_change_it() -> None:
    colour: ContextVar[str] = ContextVar("colour", default="none")
    colour.set("red")

    def job() -> str:
        seen = colour.get()
        colour.set("blue")
        return seen

    assert both_threads(job) == ["red", "red"]
    assert map_chunks(lambda _: colour.get(), 4) == ["red"] * 4
    assert colour.get() == "red"


def test_numpys_error_handling_reaches_every_thread() -> None:
    def job() -> str:
        try:
            np.array([1.0]) / 0.0
        except FloatingPointError:
            return "raised"
        return "silent"

    with np.errstate(divide="raise"):
        assert both_threads(job) == ["raised", "raised"]
    with np.errstate(divide="ignore"):
        assert both_threads(job) == ["silent", "silent"]


def test_an_exception_in_a_helper_reaches_the_caller_and_leaves_the_pool_usable() -> None:
    caller = threading.get_ident()

    def job() -> None:
        if threading.get_ident() != caller:
            raise LookupError("in a helper")

    with pytest.raises(LookupError, match="in a helper"):
        both_threads(job)
    assert map_chunks(lambda chunk: chunk, 4) == [0, 1, 2, 3]


def test_an_exception_waits_for_jobs_that_have_begun() -> None:
    caller = threading.get_ident()
    finished, raised = threading.Event(), threading.Event()

    def job() -> None:
        if threading.get_ident() == caller:
            raised.set()
            raise LookupError("in the caller")
        raised.wait(10)
        finished.set()

    with pytest.raises(LookupError, match="in the caller"):
        both_threads(job)
    assert finished.is_set()


def test_blas_has_one_thread_inside_and_its_own_number_outside() -> None:
    if not blas_threads():
        pytest.skip("this BLAS does not tell its number of threads")
    assert blas_threads() == {2}
    assert both_threads(blas_threads) == [{1}, {1}]
    assert blas_threads() == {2}
    with contextlib.suppress(ZeroDivisionError):
        both_threads(lambda: 1 / 0)
    assert blas_threads() == {2}


def test_blas_is_given_back_after_overlapping_limits() -> None:
    if not blas_threads():
        pytest.skip("this BLAS does not tell its number of threads")
    first_inside, second_inside, first_done = threading.Event(), threading.Event(), threading.Event()
    seen = []

    def first() -> None:
        with parallel.blas_limit:
            first_inside.set()
            second_inside.wait(10)
        seen.append(blas_threads())
        first_done.set()

    def second() -> None:
        first_inside.wait(10)
        with parallel.blas_limit:
            second_inside.set()
            first_done.wait(10)
            set_num_threads(3)
            seen.append(blas_threads())

    threads = [threading.Thread(target=run) for run in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [{1}, {1}]
    assert blas_threads() == {3}


def test_callers_in_several_threads_share_the_pool() -> None:
    results: dict[int, list[int]] = {}

    def call(number: int) -> None:
        for _ in range(20):
            results[number] = map_chunks(lambda chunk: 10 * number + chunk, 5)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: [10 * number + chunk for chunk in range(5)] for number in range(4)}


def test_changing_the_number_of_threads_between_calls() -> None:
    for threads in (1, 3, 2):
        set_num_threads(threads)
        assert get_num_threads() == threads
        meet = threading.Barrier(threads, timeout=10)
        assert (
            len({name for _, name in map_chunks(lambda _, m=meet: (m.wait(), threading.get_ident()), threads)})
            == threads
        )


@pytest.mark.parametrize(("n", "error"), [(0, ValueError), (-2, ValueError), (1.5, TypeError), ("2", TypeError)])
def test_wrong_numbers_of_threads_are_quoted(n: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"n.*{n!r}"):
        set_num_threads(n)
    assert get_num_threads() == 2


def test_the_environment_lowers_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NNLITE_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    cores = parallel._default_num_threads()
    assert cores >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1,2")
    assert parallel._default_num_threads() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", str(cores + 5))
    assert parallel._default_num_threads() == cores
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert parallel._default_num_threads() == cores
    monkeypatch.setenv("NNLITE_NUM_THREADS", "1")
    assert parallel._default_num_threads() == 1


def test_partition_covers_everything_once_and_evenly() -> None:
    for count in range(12):
        for parts in range(1, 8):
            slices = partition(count, parts)
            assert [i for piece in slices for i in range(count)[piece]] == list(range(count))
            lengths = [piece.stop - piece.start for piece in slices]
            assert len(lengths) == min(parts, count)
            assert not lengths or max(lengths) - min(lengths) <= 1


def test_chunks_stay_in_cache_and_come_out_even() -> None:
    assert count_chunks(0) == 1
    assert count_chunks(parallel.SERIAL_BYTES) == 1
    assert count_chunks(2 * parallel.SERIAL_BYTES) == 2
    assert count_chunks(3 * parallel.CHUNK_BYTES) == 4


SETTINGS: dict[str, Any] = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}


def convolve() -> bytes:
    """Return the bytes of a convolution that is large enough for two chunks."""
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((16, 20, 20, 8)), rng.standard_normal((3, 3, 8, 4))
    return conv.forward(x, weight, **SETTINGS).tobytes()


@pytest.mark.skipif(sys.platform == "win32", reason="fork is POSIX only")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("blas_is_limited", [False, True], ids=["idle", "while another thread computes"])
def test_a_forked_child_computes_the_same(blas_is_limited: bool) -> None:
    expected = convolve()
    outside = blas_threads()
    release, limited = threading.Event(), threading.Event()

    def hold() -> None:
        with parallel.blas_limit:
            limited.set()
            release.wait(30)

    other = threading.Thread(target=hold)
    if blas_is_limited:
        other.start()
        assert limited.wait(10)
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # a child that waits for threads it does not have must end
        same = convolve() == expected and len(set(both_threads(threading.get_ident))) == 2
        os._exit(0 if same and blas_threads() == outside else 1)
    release.set()
    if blas_is_limited:
        other.join()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert convolve() == expected


def test_a_kernel_still_works_while_the_interpreter_shuts_down() -> None:
    script = (
        "import atexit\n"
        "from nnlite.kernels.parallel import map_chunks, set_num_threads\n"
        "set_num_threads(2)\n"
        "map_chunks(lambda chunk: chunk, 4)\n"
        "atexit.register(lambda: print(map_chunks(lambda chunk: chunk, 4)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[0, 1, 2, 3]"
    assert done.stderr == ""
