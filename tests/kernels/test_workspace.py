"""Scratch buffers: reused, bounded, one set a thread, and never what a kernel returns."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nnlite.kernels import conv, parallel, pooling, workspace
from nnlite.kernels.workspace import clear_workspace, kept_bytes, scratch


@pytest.fixture(autouse=True)
def _empty_workspace() -> Iterator[None]:
    clear_workspace()
    yield
    clear_workspace()


def test_a_smaller_request_reuses_the_buffer() -> None:
    large = scratch("test.a", (4, 5), "float64")
    small = scratch("test.a", (3,), "float32")
    assert (small.shape, small.dtype) == ((3,), np.float32)
    assert np.shares_memory(large, small)
    assert kept_bytes() == large.nbytes


def test_a_larger_request_replaces_the_buffer() -> None:
    small = scratch("test.a", (3,), "float32")
    large = scratch("test.a", (4, 5), "float32")
    assert not np.shares_memory(large, small)
    assert kept_bytes() == large.nbytes


def test_names_do_not_share() -> None:
    assert not np.shares_memory(scratch("test.a", (9,), "float32"), scratch("test.b", (9,), "float32"))


def test_an_empty_array() -> None:
    assert scratch("test.a", (0, 3), "float32").shape == (0, 3)


def test_what_goes_beyond_the_limit_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "LIMIT_BYTES", 1000)
    scratch("test.a", (800,), "uint8")
    beyond = scratch("test.b", (300,), "uint8")
    beyond[:] = 1
    assert kept_bytes() == 800
    assert not np.shares_memory(beyond, scratch("test.b", (300,), "uint8"))


def test_threads_have_buffers_of_their_own_that_go_with_them() -> None:
    mine = scratch("test.a", (10,), "uint8")
    shared, kept = [], []

    def work() -> None:
        shared.append(np.shares_memory(mine, scratch("test.a", (10,), "uint8")))
        kept.append(kept_bytes())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert (shared, kept) == ([False], [20])
    assert kept_bytes() == 10


def test_clear_frees_the_buffers_of_all_threads() -> None:
    filled, cleared = threading.Event(), threading.Event()

    def work() -> None:
        scratch("test.a", (10,), "uint8")
        filled.set()
        cleared.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    assert filled.wait(10)
    assert kept_bytes() == 10
    clear_workspace()
    assert kept_bytes() == 0
    cleared.set()
    thread.join()


def results() -> list[NDArray[Any]]:
    """Return what every kernel that uses the workspace gives."""
    rng = np.random.default_rng(0)
    found: list[NDArray[Any]] = []
    settings: dict[str, Any] = {"stride": (1, 1), "padding": ((1, 1), (1, 1))}
    for kernel, channels, groups in [((3, 3), 2, 1), ((3, 3), 9, 1), ((2, 2), 4, 4), ((2, 2), 4, 2), ((1, 1), 4, 1)]:
        options = {**settings, "dilation": (1, 1), "groups": groups}
        x = rng.standard_normal((4, 6, 6, channels))
        weight = rng.standard_normal((*kernel, channels // groups, 4))
        y = conv.forward(x, weight, **options)
        found.append(y)
        found.append(conv.input_grad(y, weight, input_shape=x.shape, **options))
        found.append(conv.weight_grad(x, y, kernel_size=kernel, **options))
    for pool in [(2, 2), (1, 1)]:
        maximum = {**settings, "pool_size": pool, "dilation": (1, 1)}
        y = pooling.max_forward(x, **maximum)
        found.append(y)
        found.append(pooling.max_scatter(y, x, y, **maximum))
        found.append(pooling.max_gather(x, x, y, **maximum))
        average = {**settings, "pool_size": pool, "counted": settings["padding"], "divisor": None}
        found.append(pooling.avg_forward(x, **average))
        found.append(pooling.avg_input_grad(y, input_shape=x.shape, **average))
    return found


@pytest.mark.parametrize("threads", [1, 2])
def test_no_kernel_returns_its_scratch(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(parallel, "SERIAL_BYTES", 100)
    before = parallel.get_num_threads()
    parallel.set_num_threads(threads)
    found = results()
    parallel.set_num_threads(before)
    buffers = [buffer for owner in workspace._workspaces for buffer in owner.buffers.values()]
    assert len(buffers) > 3
    assert not any(np.may_share_memory(result, buffer) for result in found for buffer in buffers)
    assert all(result.flags.writeable for result in found)
