"""Adaptive and global pooling beyond their samples: windows, ties, NaNs, indices, errors."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlite as nl
import nnlite.functional as F
from tests.op_samples._adaptive import naive_adaptive
from tests.op_samples._sample import normal

ADAPTIVE = [
    F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d,
    F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d,
]  # fmt: skip


@given(st.data())
def test_any_sizes(data: st.DataObject) -> None:
    size, output = (data.draw(st.tuples(st.integers(1, 7), st.integers(1, 7)), label=name) for name in ("x", "y"))
    x = normal(data.draw(st.integers(0, 2)), *size, 2)
    np.testing.assert_allclose(
        F.adaptive_avg_pool2d(x, output), naive_adaptive(x, output, np.mean), rtol=1e-12, atol=1e-14
    )
    y, places = F.adaptive_max_pool2d(x, output, return_indices=True)
    np.testing.assert_array_equal(y, naive_adaptive(x, output, np.max))
    found = np.take_along_axis(x.reshape(len(x), math.prod(size), 2), places.reshape(len(x), math.prod(output), 2), 1)
    np.testing.assert_array_equal(found.reshape(y.shape), y)


@pytest.mark.parametrize("size", [(4, 4), (5, 3)])
def test_at_a_tie_the_first_maximum_gets_the_gradient(size: tuple[int, int]) -> None:
    x = nl.tensor(np.ones((1, *size, 1)), requires_grad=True)
    y, places = F.adaptive_max_pool2d(x, 2, return_indices=True)
    y.sum().backward()
    expected = np.zeros(size)
    starts = [[math.floor(i * n / 2) for i in range(2)] for n in size]
    expected[np.ix_(*starts)] = 1
    np.testing.assert_array_equal(x.grad[0, :, :, 0], expected)
    np.testing.assert_array_equal(places.ravel(), [r * size[1] + c for r in starts[0] for c in starts[1]])


@pytest.mark.parametrize("output", [2, 3])
def test_the_first_nan_of_a_window_gets_the_gradient(output: int) -> None:
    row = np.array([0.0, 9.0, np.nan, 1.0, np.nan, 5.0, 2.0, 4.0])[:, None, None]  # its windows begin at 0
    x = nl.tensor(row.reshape(1, 8, 1), requires_grad=True)
    y = F.adaptive_max_pool1d(x, output)
    y[:, :1].sum().backward()
    np.testing.assert_array_equal(x.grad.ravel(), [0, 0, 1, 0, 0, 0, 0, 0])
    assert np.isnan(y.data.ravel()[0])


def test_windows_larger_than_the_input_repeat_it() -> None:
    x = np.array([1.0, 2.0]).reshape(1, 2, 1)
    np.testing.assert_array_equal(F.adaptive_avg_pool1d(x, 3).ravel(), [1, 1.5, 2])
    np.testing.assert_array_equal(F.adaptive_max_pool1d(x, 4).ravel(), [1, 1, 2, 2])


@pytest.mark.parametrize("pool", ADAPTIVE)
@pytest.mark.parametrize("size", [0, -1, 1.5, (1, 2, 3, 4), "2"])
def test_the_output_size_is_quoted(pool: Any, size: Any) -> None:
    axes = int(pool.__name__[-2])
    with pytest.raises(ValueError, match=rf"{pool.__name__}\(\) expected output_size to be .*, got output_size="):
        pool(np.ones((1, *(4,) * axes, 1)), size)


@pytest.mark.parametrize("pool", ADAPTIVE)
def test_the_rank_is_checked(pool: Any) -> None:
    for shape in ((2, 3), (1, 2, 3, 4, 5, 6), (2, 0, 0, 0, 3)[: 2 + int(pool.__name__[-2])]):
        with pytest.raises(ValueError, match=rf"{pool.__name__}\(\) takes x of shape \(N, .*, C\), got shape"):
            pool(np.ones(shape), 1)


@pytest.mark.parametrize("pool", [F.global_avg_pool, F.global_max_pool])
@pytest.mark.parametrize("shape", [(2, 3), (2,), (2, 0, 3)])
def test_something_to_pool_is_needed(pool: Any, shape: Any) -> None:
    with pytest.raises(ValueError, match=rf"{pool.__name__}\(\) takes x of shape \(N, \*spatial, C\)"):
        pool(np.ones(shape))


@pytest.mark.parametrize("pool", [F.global_avg_pool, F.global_max_pool, *ADAPTIVE])
def test_integers_are_taken_in_the_default_dtype(pool: Any) -> None:
    axes = 1 if pool.__name__.startswith("global") else int(pool.__name__[-2])
    x = np.arange(5**axes).reshape(1, *(5,) * axes, 1)
    arguments = () if pool.__name__.startswith("global") else (2,)
    assert pool(x, *arguments).dtype == pool(nl.tensor(x), *arguments).dtype == np.float32
