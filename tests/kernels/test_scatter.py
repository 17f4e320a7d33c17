"""Sums of rows at repeated indices, held against np.add.at."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite.kernels.scatter import scatter_add_rows


@given(
    count=st.integers(0, 30),
    size=st.integers(1, 8),
    tail=st.sampled_from([(), (1,), (3,), (2, 3), (0,)]),
    dtype=st.sampled_from(["float32", "float64"]),
    index_dtype=st.sampled_from(["int32", "int64", "uint8"]),
)
@settings(max_examples=60, deadline=None)
def test_equals_add_at(count: int, size: int, tail: tuple[int, ...], dtype: str, index_dtype: str) -> None:
    rng = np.random.default_rng(0)
    low = 0 if index_dtype == "uint8" else -size
    index = rng.integers(low, size, count).astype(index_dtype)
    values = rng.standard_normal((count, *tail)).astype(dtype)
    expected = np.zeros((size, *tail), dtype)
    np.add.at(expected, index, values)
    result = scatter_add_rows(index, values, size)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, expected)


def test_values_that_are_not_contiguous() -> None:
    values = np.arange(12.0).reshape(2, 2, 3).transpose(2, 0, 1)
    np.testing.assert_array_equal(scatter_add_rows(np.array([1, 1, 1]), values, 2), [np.zeros((2, 2)), values.sum(0)])


@pytest.mark.parametrize("wrong", [3, -4])
def test_index_out_of_range_raises(wrong: int) -> None:
    with pytest.raises(IndexError, match=rf"index to lie in \[-3, 3\), got {wrong}"):
        scatter_add_rows(np.array([0, wrong]), np.ones((2, 2)), 3)
