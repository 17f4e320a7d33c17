"""Pooling and its gradients, held against loops over the windows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nnlite.kernels import parallel, pooling

Array = NDArray[Any]


@dataclass(frozen=True)
class Case:
    """A pooling's shapes and settings."""

    images: int
    size: tuple[int, int]
    channels: int
    pool: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))

    @property
    def settings(self) -> dict[str, Any]:
        return {"pool_size": self.pool, "stride": self.stride, "padding": self.padding}

    @property
    def output_shape(self) -> tuple[int, ...]:
        rows, cols = (
            (n + sum(ends) - k) // s + 1
            for n, ends, k, s in zip(self.size, self.padding, self.pool, self.stride, strict=True)
        )
        return self.images, rows, cols, self.channels

    def arrays(self, dtype: str = "float64") -> tuple[Array, Array, Array]:
        """Return x with many ties, a tangent of its shape, and a cotangent."""
        rng = np.random.default_rng(0)
        shape = (self.images, *self.size, self.channels)
        x = rng.integers(-1, 2, shape).astype(dtype)
        return x, rng.standard_normal(shape).astype(dtype), rng.standard_normal(self.output_shape).astype(dtype)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a pooling whose window fits the padded image."""

    def pair(low: int, high: int) -> tuple[int, int]:
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    pool, padding = pair(1, 3), (pair(0, 3), pair(0, 3))
    fits = [max(k - sum(ends), 1) for k, ends in zip(pool, padding, strict=True)]
    size = (fits[0] + draw(st.integers(0, 5)), fits[1] + draw(st.integers(0, 5)))
    return Case(draw(st.integers(0, 4)), size, draw(st.integers(1, 3)), pool, pair(1, 3), padding)


def walk(case: Case) -> Iterator[tuple[tuple[int, ...], list[tuple[int, ...]]]]:
    """Walk the outputs; give each the real elements of its window in row-major order."""
    for n, r, s, c in np.ndindex(*case.output_shape):
        first_row, first_col = r * case.stride[0] - case.padding[0][0], s * case.stride[1] - case.padding[1][0]
        window = [
            (n, h, w, c)
            for h in range(first_row, first_row + case.pool[0])
            for w in range(first_col, first_col + case.pool[1])
            if 0 <= h < case.size[0] and 0 <= w < case.size[1]
        ]
        yield (n, r, s, c), window


EXAMPLES = [
    pytest.param(Case(5, (4, 6), 3, (2, 2), (2, 2)), id="tiles"),
    pytest.param(Case(3, (5, 7), 2, (2, 2), (2, 2)), id="a border is left over"),
    pytest.param(Case(3, (6, 5), 2, (3, 2), (1, 1)), id="overlapping"),
    pytest.param(Case(1, (7, 8), 1, (2, 3), (3, 4)), id="gaps"),
    pytest.param(Case(2, (4, 5), 2, (3, 3), (2, 1), ((1, 0), (2, 1))), id="asymmetric padding"),
    pytest.param(Case(2, (2, 1), 2, (2, 2), (1, 1), ((3, 2), (3, 3))), id="windows of nothing but padding"),
    pytest.param(Case(0, (4, 4), 2, (2, 2), (2, 2)), id="empty batch"),
    pytest.param(Case(2, (3, 4), 2, (1, 1), (1, 1)), id="window of one"),
]


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def _threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = parallel.get_num_threads()
    parallel.set_num_threads(request.param)
    monkeypatch.setattr(parallel, "CHUNK_BYTES", 400)
    monkeypatch.setattr(parallel, "SERIAL_BYTES", 100)
    yield
    parallel.set_num_threads(before)


def check_max(case: Case) -> None:
    """Compare the three functions of max pooling with loops."""
    x, t, g = case.arrays()
    y, dx, picked = np.full(case.output_shape, -np.inf), np.zeros_like(x), np.zeros(case.output_shape)
    for output, window in walk(case):
        if window:
            first = max(window, key=lambda element: x[element])  # Python's max gives the first
            y[output], picked[output] = x[first], t[first]
            dx[first] += g[output]
    np.testing.assert_array_equal(pooling.max_forward(x, **case.settings), y)
    np.testing.assert_allclose(pooling.max_scatter(g, x, y, **case.settings), dx, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(pooling.max_gather(t, x, y, **case.settings), picked)


def check_avg(case: Case, count_padding: bool) -> None:
    """Compare average pooling and its gradient with loops."""
    x, _, g = case.arrays()
    y, dx = np.zeros(case.output_shape), np.zeros_like(x)
    for output, window in walk(case):
        count = case.pool[0] * case.pool[1] if count_padding else len(window)
        for element in window:
            y[output] += x[element] / count
            dx[element] += g[output] / count
    options = {**case.settings, "count_padding": count_padding}
    np.testing.assert_allclose(pooling.avg_forward(x, **options), y, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(pooling.avg_input_grad(g, input_shape=x.shape, **options), dx, rtol=1e-12, atol=1e-14)


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("case", EXAMPLES)
def test_max_pooling_equals_loops(case: Case) -> None:
    check_max(case)


@given(case=cases())
@settings(max_examples=50, deadline=None)
def test_max_pooling_equals_loops_for_any_shapes(case: Case) -> None:
    check_max(case)


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("count_padding", [True, False])
@pytest.mark.parametrize("case", EXAMPLES)
def test_average_pooling_equals_loops(case: Case, count_padding: bool) -> None:
    check_avg(case, count_padding)


@given(case=cases(), count_padding=st.booleans())
@settings(max_examples=50, deadline=None)
def test_average_pooling_equals_loops_for_any_shapes(case: Case, count_padding: bool) -> None:
    check_avg(case, count_padding)


@given(case=cases())
@settings(max_examples=30, deadline=None)
def test_scatter_and_gather_are_transposes(case: Case) -> None:
    x, t, g = case.arrays()
    y = pooling.max_forward(x, **case.settings)
    scattered = np.vdot(pooling.max_scatter(g, x, y, **case.settings), t)
    assert scattered == pytest.approx(np.vdot(g, pooling.max_gather(t, x, y, **case.settings)), rel=1e-10, abs=1e-12)


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("case", EXAMPLES)
def test_float32_stays_float32_and_repeats_to_the_bit(case: Case) -> None:
    x, t, g = case.arrays("float32")

    def everything() -> list[Array]:
        y = pooling.max_forward(x, **case.settings)
        average = {**case.settings, "count_padding": False}
        return [
            y,
            pooling.max_scatter(g, x, y, **case.settings),
            pooling.max_gather(t, x, y, **case.settings),
            pooling.avg_forward(x, **average),
            pooling.avg_input_grad(g, input_shape=x.shape, **average),
        ]

    first = everything()
    assert all(result.dtype == np.float32 for result in first)
    for _ in range(3):
        assert all(again.tobytes() == before.tobytes() for again, before in zip(everything(), first, strict=True))


def test_first_of_equal_values_gets_the_gradient() -> None:
    options = Case(1, (2, 2), 1, (2, 2), (2, 2)).settings
    x = np.array([[1.0, 2.0], [2.0, 2.0]]).reshape(1, 2, 2, 1)
    dx = pooling.max_scatter(np.ones((1, 1, 1, 1)), x, pooling.max_forward(x, **options), **options)
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0, 1], [0, 0]])


def test_overlapping_windows_add_up_at_a_shared_maximum() -> None:
    options = Case(1, (3, 3), 1, (2, 2), (1, 1)).settings
    x = np.zeros((1, 3, 3, 1))
    x[0, 1, 1, 0] = 1
    dx = pooling.max_scatter(np.ones((1, 2, 2, 1)), x, pooling.max_forward(x, **options), **options)
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0, 0, 0], [0, 4, 0], [0, 0, 0]])


@pytest.mark.parametrize("stride", [1, 2])
def test_nan_reaches_the_output_and_takes_the_gradient(stride: int) -> None:
    options = Case(1, (2, 4), 1, (2, 2), (stride, stride)).settings
    x = np.array([[1.0, np.inf, 3.0, 4.0], [np.nan, np.nan, 7.0, 8.0]]).reshape(1, 2, 4, 1)
    y = pooling.max_forward(x, **options)
    g = np.array([1.0, 10.0, 100.0] if stride == 1 else [1.0, 100.0]).reshape(y.shape)
    np.testing.assert_array_equal(np.isnan(y).ravel(), [True, True, False] if stride == 1 else [True, False])
    dx = pooling.max_scatter(g, x, y, **options)
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0, 0, 0, 0], [1, 10 * (stride == 1), 0, 100]])
    t = np.arange(8.0).reshape(x.shape)
    np.testing.assert_array_equal(pooling.max_gather(t, x, y, **options).ravel(), [4, 5, 7] if stride == 1 else [4, 7])


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_gradient_that_is_not_finite_stays_where_it_belongs(value: float, stride: int) -> None:
    options = Case(1, (2, 2), 1, (2, 2), (stride, stride)).settings
    x = np.array([[1.0, 2.0], [3.0, 0.0]]).reshape(1, 2, 2, 1)
    y = pooling.max_forward(x, **options)
    dx = pooling.max_scatter(np.full((1, 1, 1, 1), value), x, y, **options)
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0, 0], [value, 0]])
    t = np.full(x.shape, value)
    t[0, 1, 0, 0] = -7
    np.testing.assert_array_equal(pooling.max_gather(t, x, y, **options), [[[[-7]]]])


def test_maximum_of_minus_infinity_is_found_beside_padding() -> None:
    options = Case(1, (1, 1), 1, (2, 2), (2, 2), ((1, 0), (1, 0))).settings
    x = np.full((1, 1, 1, 1), -np.inf)
    y = pooling.max_forward(x, **options)
    assert pooling.max_scatter(np.ones((1, 1, 1, 1)), x, y, **options).item() == 1


def test_layout_makes_no_difference() -> None:
    case = Case(2, (5, 6), 3, (2, 3), (1, 2), ((1, 0), (0, 1)))
    x, t, g = case.arrays()
    flipped_x, flipped_t = (np.ascontiguousarray(a.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1) for a in (x, t))
    broadcast_g = np.broadcast_to(g[:1, :1], g.shape)
    y = pooling.max_forward(x, **case.settings)
    average = {**case.settings, "count_padding": True}
    np.testing.assert_array_equal(pooling.max_forward(flipped_x, **case.settings), y)
    np.testing.assert_array_equal(pooling.avg_forward(flipped_x, **average), pooling.avg_forward(x, **average))
    np.testing.assert_array_equal(
        pooling.max_gather(flipped_t, flipped_x, y, **case.settings), pooling.max_gather(t, x, y, **case.settings)
    )
    np.testing.assert_array_equal(
        pooling.max_scatter(broadcast_g, flipped_x, y, **case.settings),
        pooling.max_scatter(broadcast_g.copy(), x, y, **case.settings),
    )
