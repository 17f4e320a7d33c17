"""Windows and padding, against what they say."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite.data import pad_sequences, sliding_windows


@given(st.integers(1, 40), st.integers(1, 8), st.integers(1, 5), st.integers(1, 4), st.booleans())
def test_windows_and_what_follows_them(n: int, size: int, stride: int, horizon: int, deep: bool) -> None:
    series = np.arange(2 * n).reshape(n, 2) if deep else np.arange(n)
    if n < size + horizon:
        with pytest.raises(ValueError, match=f"at least {size + horizon} values"):
            sliding_windows(series, size, stride, horizon=horizon)
        return
    x, y = sliding_windows(series, size, stride, horizon=horizon)
    starts = range(0, n - size - horizon + 1, stride)
    np.testing.assert_array_equal(x, [series[i : i + size] for i in starts], strict=True)
    np.testing.assert_array_equal(y, [series[i + size : i + size + horizon] for i in starts], strict=True)


def test_windows_alone_reach_the_end() -> None:
    assert sliding_windows([1, 2, 3, 4], 2, 2).tolist() == [[1, 2], [3, 4]]
    assert sliding_windows(np.arange(3), 3).tolist() == [[0, 1, 2]]


def test_windows_take_no_memory_and_cannot_be_written_to() -> None:
    series = np.arange(1000.0)
    x, y = sliding_windows(series, 100, horizon=5)
    assert np.shares_memory(x, series)
    assert np.shares_memory(y, series)
    with pytest.raises(ValueError, match="read-only"):
        x[0, 0] = 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2, 3], 0), "expected size to be a positive integer, got size=0"),
        (([1, 2, 3], 2.0), r"got size=2\.0"),
        (([1, 2, 3], 1, 0), "expected stride to be a positive integer, got stride=0"),
        (([1, 2, 3], 1, 1, 0), "expected horizon to be a positive integer, got horizon=0"),
        (([1, 2, 3], 4), r"at least 4 values, for size=4 and horizon=None, got an array of shape \(3,\)"),
        ((3, 1), r"got an array of shape \(\)"),
    ],
)
def test_windows_that_cannot_be_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sliding_windows(*arguments)


@given(
    st.lists(st.lists(st.integers(0, 99), max_size=7), max_size=5),
    st.one_of(st.none(), st.integers(0, 9)),
    st.sampled_from(["pre", "post"]),
    st.sampled_from(["pre", "post"]),
)
def test_padding_keeps_what_fits(sequences: list[Any], maxlen: Any, padding: Any, truncating: Any) -> None:
    padded = pad_sequences(sequences, maxlen, padding=padding, truncating=truncating, value=-1)
    length = max(map(len, sequences), default=0) if maxlen is None else maxlen
    assert (padded.shape, padded.dtype) == ((len(sequences), length), np.int32)
    for row, sequence in zip(padded.tolist(), sequences, strict=True):
        kept = sequence[len(sequence) - min(length, len(sequence)) :] if truncating == "pre" else sequence[:length]
        filled = [-1] * (length - len(kept))
        assert row == (filled + kept if padding == "pre" else kept + filled)


@pytest.mark.parametrize(
    ("sequences", "settings", "message"),
    [
        ([[1]], {"padding": "left"}, '"pre" or "post", got padding=\'left\''),
        ([[1]], {"truncating": None}, "got truncating=None"),
        ([[1]], {"maxlen": 2.5}, r"got maxlen=2\.5"),
        ([[1]], {"maxlen": -1}, "at least 0, got maxlen=-1"),
        ([[1], 2], {}, "expected sequences, got 2 as number 1"),
        ([[[1, 2]], [[1]]], {}, r"items of one shape, got \(2,\) and, in sequence 1, \(1,\)"),
    ],
)
def test_what_cannot_be_padded_is_refused(sequences: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pad_sequences(sequences, **settings)
