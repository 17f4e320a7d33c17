"""DataLoader: batches in order or shuffled, transformed, made ahead, and taken up in the middle."""

import gc
import threading
import tracemalloc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlite as nl
from nnlite.data import DataLoader, Dataset, RandomFlip, RandomShift

X, Y = np.arange(40.0).reshape(10, 4), np.arange(10)


def labels(loader: DataLoader) -> list[list[int]]:
    return [y.tolist() for _, y in loader]


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "nnlite-prefetch"}


def noisy(x: Any, generator: np.random.Generator) -> Any:
    """A random transform as a user writes it."""
    return x + generator.normal(size=x.shape)


def test_samples_stay_together_and_come_once_each() -> None:
    for _ in range(3):
        loader = DataLoader((X, Y), batch_size=3, shuffle=True)
        batches = list(loader)
        assert len(batches) == len(loader) == 4
        for x, y in batches:
            np.testing.assert_array_equal(x, X[y], strict=True)
        assert sorted(np.concatenate([y for _, y in batches])) == Y.tolist()


def test_in_order_and_without_what_does_not_fill_a_batch() -> None:
    assert labels(DataLoader((X, Y), 4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert labels(DataLoader((X, Y), 4, drop_last=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_seed_decides_all_epochs_whatever_else_is_drawn() -> None:
    def epochs(seed: Any) -> list[Any]:
        loader = DataLoader((X, Y), 3, shuffle=True, seed=seed)
        nl.random.generator().random()
        return [labels(loader) for _ in range(2)]

    first = epochs(5)
    assert first == epochs(5) == epochs(np.random.default_rng(5))
    assert first != epochs(6)
    assert first[0] != first[1]


def test_without_a_seed_the_library_s_decides() -> None:
    nl.random.seed(2)
    first = labels(DataLoader((X, Y), 3, shuffle=True))
    assert labels(DataLoader((X, Y), 3, shuffle=True)) != first
    nl.random.seed(2)
    assert labels(DataLoader((X, Y), 3, shuffle=True)) == first


def test_batches_are_the_consumer_s_own() -> None:
    x = X.copy()
    for batch in DataLoader(x, 4):
        batch *= 0
    np.testing.assert_array_equal(x, X)


# Transforms


def test_a_function_of_x_leaves_y_alone() -> None:
    x, y = next(iter(DataLoader((X, Y), 4, transform=lambda x: x / 2)))
    np.testing.assert_array_equal(x, X[:4] / 2)
    np.testing.assert_array_equal(y, Y[:4])


def test_a_function_of_both_returns_both() -> None:
    x, y = next(iter(DataLoader((X, Y), 4, transform=lambda x, y: (x[:, :1], y + 1))))
    assert x.shape == (4, 1)
    np.testing.assert_array_equal(y, Y[:4] + 1)


def test_several_are_applied_in_turn() -> None:
    steps: list[Callable[..., Any]] = [np.sqrt, lambda x: x + 1, lambda x, y: (-x, y)]
    x, _ = next(iter(DataLoader((X, Y), 4, transform=steps)))
    np.testing.assert_array_equal(x, -(np.sqrt(X[:4]) + 1))


def test_a_transform_gets_an_array_or_a_dict_as_it_is() -> None:
    np.testing.assert_array_equal(next(iter(DataLoader(X, 2, transform=np.negative))), -X[:2])
    batch = next(iter(DataLoader({"a": X, "b": Y}, 2, transform=lambda inputs: inputs["a"])))
    np.testing.assert_array_equal(batch, X[:2])


def test_a_scaler_is_a_transform() -> None:
    scaler = nl.data.Standardize().fit(X)
    x = np.concatenate(list(DataLoader(X, 3, transform=scaler.transform)))
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("transform", "error", "message"),
    [
        (nl.data.Standardize(), TypeError, r"function of a batch, or a list of them, got Standardize\(\)"),
        ("flip", TypeError, "got 'flip'"),
        (RandomFlip, TypeError, r"expected an object as transform, RandomFlip\(\.\.\.\), got the class itself"),
        ([np.sqrt, 3], TypeError, "got 3"),
        (lambda x, y, weight: (x, y, weight), ValueError, "takes 3 arguments, and a batch has 2"),
        (lambda x, y: x, ValueError, "to return 2 values, as many as it takes, got a ndarray"),
        (lambda x, y: (x, y, y), ValueError, "to return 2 values, .* got 3 values"),
    ],
)
def test_a_transform_that_is_none_is_refused(transform: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        next(iter(DataLoader((X, Y), 4, transform=transform)))


@pytest.mark.parametrize("prefetch", [-1, 1.5, True, None])
def test_prefetch_is_a_number_of_batches(prefetch: Any) -> None:
    with pytest.raises(ValueError, match=f"0 or more, got prefetch={prefetch!r}"):
        DataLoader(X, prefetch=prefetch)


def test_arguments_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="positive integer, got batch_size=0"):
        DataLoader(X, batch_size=0)
    for argument in ("shuffle", "drop_last"):
        with pytest.raises(ValueError, match=f"expected {argument} to be True or False, got {argument}='yes'"):
            DataLoader(X, 2, **{argument: "yes"})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="drop_last leaves no batch: there are 10 samples, and batch_size=11"):
        DataLoader(X, batch_size=11, drop_last=True)
    with pytest.raises(TypeError, match=r"DataLoader\(\(x, y\), batch_size\), with one tuple"):
        DataLoader(X, Y)
    with pytest.raises(TypeError, match=r"seed is an integer, .* got 'x'"):
        DataLoader(X, seed="x")

    class Empty(Dataset):
        def __len__(self) -> int:
            return 0

        def __getitem__(self, index: int) -> Any:
            raise IndexError

    with pytest.raises(ValueError, match="at least one sample, got a Empty without any"):
        DataLoader(Empty())


# Prefetching


@given(st.integers(1, 6), st.integers(1, 5), st.booleans(), st.booleans())
def test_prefetching_changes_nothing(prefetch: int, batch_size: int, shuffle: bool, own: bool) -> None:
    def epochs(prefetch: int) -> list[Any]:
        nl.random.seed(4)
        seed = 1 if own else None
        loader = DataLoader((X, Y), batch_size, shuffle, seed=seed, prefetch=prefetch, transform=[noisy, noisy])
        return [(x.tolist(), y.tolist(), nl.random.generator().random()) for _ in range(2) for x, y in loader]

    assert epochs(prefetch) == epochs(0)
    assert not threads()


@pytest.mark.parametrize("prefetch", [1, 4])
def test_what_transforms_draw_from_the_library_is_the_batch_s_own(prefetch: int) -> None:
    def by_itself(x: Any) -> Any:
        return RandomShift(1)(x) + nl.random.generator().normal(size=x.shape)

    def drawn(prefetch: int, seed: int | None = None) -> list[Any]:
        nl.random.seed(4)
        loader = DataLoader(X.reshape(10, 2, 2), 2, True, seed=seed, prefetch=prefetch, transform=by_itself)
        return [(x.tolist(), nl.random.generator().random()) for _ in range(2) for x in loader]

    assert drawn(prefetch) == drawn(0) == drawn(0)
    assert [x for x, _ in drawn(0)[:5]] != [x for x, _ in drawn(0)[5:]]
    assert drawn(prefetch, 3) == drawn(0, 3)
    assert drawn(0, 3) != drawn(0, 5)


class Failing(Dataset):
    """A dataset whose sample 6 cannot be read."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> Any:
        if index == 6:
            raise OSError("the disk is gone")
        return index


@pytest.mark.parametrize("prefetch", [0, 1, 5])
def test_an_error_comes_in_the_place_of_the_batch_that_it_spoilt(prefetch: int) -> None:
    loader = DataLoader(Failing(), 2, prefetch=prefetch)
    iterator = iter(loader)
    assert [next(iterator).tolist() for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(OSError, match="the disk is gone") as raised:
        next(iterator)
    assert any(entry.name == "__getitem__" for entry in raised.traceback)
    assert loader.state_dict()["handed_out"] == 3
    assert not threads()


def test_an_error_leaves_no_cycle_behind() -> None:
    class TracedError(OSError):
        pass

    def failing(x: Any) -> Any:
        raise TracedError

    gc.collect()
    gc.disable()
    try:
        with pytest.raises(TracedError) as raised:
            list(DataLoader(X, prefetch=2, transform=failing))
        error = weakref.ref(raised.value)
        del raised
        assert error() is None
    finally:
        gc.enable()


def test_no_thread_is_left_when_an_iteration_is_broken_off_or_dropped() -> None:
    loader = DataLoader((X, Y), 1, prefetch=3)
    for _ in loader:
        assert len(threads()) == 1
        break
    assert not threads()
    iterator = iter(loader)
    next(iterator)
    assert len(threads()) == 1
    del iterator
    assert not threads()
    unused = iter(loader)
    del unused
    assert len(list(loader)) == 10
    assert not threads()


def test_a_thread_makes_no_more_than_it_may() -> None:
    made: list[int] = []
    several = threading.Event()

    def noted(x: Any) -> Any:
        made.append(len(made))
        if len(made) == 4:
            several.set()
        return x

    iterator = iter(DataLoader(X, 1, prefetch=3, transform=noted))
    next(iterator)
    assert several.wait(30)
    assert len(made) == 4  # one handed out, three ahead
    next(iterator)
    assert len(list(iterator)) == 8


def test_an_iteration_that_is_garbage_in_its_own_thread_ends() -> None:
    gc.collect()
    gc.disable()
    collected = threading.Event()
    dropped = threading.Event()

    def collecting(x: Any) -> Any:
        if x[0, 0] == X[1, 0]:
            assert dropped.wait(30)
            gc.collect()
            collected.set()
        return x

    try:
        cycle: list[Any] = [iter(DataLoader(X, 1, prefetch=2, transform=collecting))]
        cycle.append(cycle)
        next(cycle[0])
        (thread,) = threads()
        del cycle
        dropped.set()
        assert collected.wait(30)
        thread.join(30)
        assert not thread.is_alive()
    finally:
        gc.enable()


def test_the_thread_works_under_the_consumer_s_errstate() -> None:
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        list(DataLoader(X, 2, prefetch=1, transform=lambda x: 1 / x))
    with np.errstate(divide="ignore"):
        assert np.isinf(next(iter(DataLoader(X, 2, prefetch=1, transform=lambda x: 1 / x)))[0, 0])


# Going on in the middle


@given(st.booleans(), st.booleans(), st.integers(0, 3), st.integers(0, 3), st.integers(0, 4))
def test_a_loader_goes_on_as_if_never_stopped(shuffle: bool, own: bool, before: int, after: int, done: int) -> None:
    def made(prefetch: int) -> DataLoader:
        seed = 8 if own else None
        transform = [RandomShift(1), noisy]
        return DataLoader((X.reshape(10, 2, 2), Y), 3, shuffle, seed=seed, prefetch=prefetch, transform=transform)

    nl.random.seed(1)
    loader = made(before)
    list(loader)
    iterator = iter(loader)
    for _ in range(done):
        next(iterator)
    state, library = loader.state_dict(), nl.random.generator().bit_generator.state
    expected = [(x.tolist(), y.tolist()) for x, y in (*iterator, *loader)]

    nl.random.seed(77)
    resumed = made(after)
    resumed.load_state_dict(state)
    nl.random.generator().bit_generator.state = library
    # The first pass gives the rest of the epoch, which is nothing after its last batch, and all of one not begun.
    found = [(x.tolist(), y.tolist()) for x, y in (*resumed, *(resumed if done else ()))]
    assert found == (expected if done else expected[:4])


def test_the_state_of_another_loader_is_refused() -> None:
    state = DataLoader(X, 2).state_dict()
    with pytest.raises(ValueError, match="expected the state of"):
        DataLoader(X, 3).load_state_dict(state)


# Files


def test_a_file_larger_than_what_is_read_is_never_read_as_a_whole(tmp_path: Path) -> None:
    rows, row = 1 << 12, 1 << 18
    with (tmp_path / "x.bin").open("wb") as file:  # 4 GiB, with holes
        for number in range(rows):
            file.seek(4 * row * number)
            file.write(np.float32(number).tobytes())
        file.truncate(4 * row * rows)
    x = np.memmap(tmp_path / "x.bin", np.float32, "r", shape=(rows, row))
    tracemalloc.start()
    try:
        loader = DataLoader((x, np.arange(rows)), 2, shuffle=True, prefetch=2, transform=lambda x: x * 2)
        for number, (batch, y) in enumerate(loader):
            assert type(batch) is np.ndarray
            np.testing.assert_array_equal(batch[:, 0], 2 * y)
            if number == 20:
                break
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 32 << 20


def test_random_flips_in_a_loader_differ_between_epochs_and_batches() -> None:
    images = np.arange(4 * 64).reshape(1, 4, 64).repeat(40, axis=0)
    loader = DataLoader(images, 20, transform=RandomFlip("horizontal"), seed=0)
    flips = [tuple(batch[:, 0, 0] > 0) for _ in range(2) for batch in loader]
    assert len(set(flips)) == 4
