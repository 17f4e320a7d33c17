"""Pooling and its gradients, held against loops over the windows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
    """A pooling's shapes and settings, along any number of spatial axes."""

    images: int
    size: tuple[int, ...]
    channels: int
    pool: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...] = ()
    dilation: tuple[int, ...] = ()

    @property
    def geometry(self) -> dict[str, Any]:
        axes = len(self.size)
        return {"pool_size": self.pool, "stride": self.stride, "padding": self.padding or ((0, 0),) * axes}

    @property
    def settings(self) -> dict[str, Any]:
        return {**self.geometry, "dilation": self.dilation or (1,) * len(self.size)}

    @property
    def undilated(self) -> "Case":
        """The same with dilation 1, as averages have it."""
        return replace(self, dilation=())

    @property
    def output_shape(self) -> tuple[int, ...]:
        s = self.settings
        zipped = zip(self.size, s["padding"], self.pool, self.stride, s["dilation"], strict=True)
        outputs = [(n + sum(ends) - (k - 1) * d - 1) // s + 1 for n, ends, k, s, d in zipped]
        return self.images, *outputs, self.channels

    def arrays(self, dtype: str = "float64") -> tuple[Array, Array, Array]:
        """Return x with many ties, a tangent of its shape, and a cotangent."""
        rng = np.random.default_rng(0)
        shape = (self.images, *self.size, self.channels)
        x = rng.integers(-1, 2, shape).astype(dtype)
        return x, rng.standard_normal(shape).astype(dtype), rng.standard_normal(self.output_shape).astype(dtype)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a pooling whose window fits the padded image."""
    axes = draw(st.integers(1, 3), label="spatial axes")
    top = 6 - axes

    def numbers(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(axes))

    pool, dilation, padding = numbers(1, 3), numbers(1, 2), tuple(zip(numbers(0, 2), numbers(0, 2), strict=True))
    fits = [max((k - 1) * d + 1 - sum(ends), 1) for k, d, ends in zip(pool, dilation, padding, strict=True)]
    size = tuple(n + draw(st.integers(0, top)) for n in fits)
    return Case(draw(st.integers(0, 3)), size, draw(st.integers(1, 2)), pool, numbers(1, 3), padding, dilation)


def walk(case: Case) -> Iterator[tuple[tuple[int, ...], list[tuple[int, ...]], list[tuple[int, ...]]]]:
    """Walk the outputs; give each its window in row-major order: the places, and those that are real elements."""
    settings = case.settings
    for n, *place, c in np.ndindex(*case.output_shape):
        window = [
            tuple(
                o * s + k * d - ends[0]
                for o, s, k, d, ends in zip(
                    place, case.stride, offset, settings["dilation"], settings["padding"], strict=True
                )
            )
            for offset in np.ndindex(*case.pool)
        ]
        real = [(n, *at, c) for at in window if all(0 <= i < size for i, size in zip(at, case.size, strict=True))]
        yield (n, *place, c), window, real


EXAMPLES = [
    pytest.param(Case(5, (4, 6), 3, (2, 2), (2, 2)), id="tiles"),
    pytest.param(Case(3, (5, 7), 2, (2, 2), (2, 2)), id="a border is left over"),
    pytest.param(Case(3, (6, 5), 2, (3, 2), (1, 1)), id="overlapping"),
    pytest.param(Case(1, (7, 8), 1, (2, 3), (3, 4)), id="gaps"),
    pytest.param(Case(2, (4, 5), 2, (3, 3), (2, 1), ((1, 0), (2, 1))), id="asymmetric padding"),
    pytest.param(Case(2, (2, 1), 2, (2, 2), (1, 1), ((3, 2), (3, 3))), id="windows of nothing but padding"),
    pytest.param(Case(2, (7, 5), 2, (2, 3), (2, 1), ((1, 1), (0, 2)), (3, 2)), id="dilated"),
    pytest.param(Case(4, (9,), 3, (3,), (2,), ((1, 1),)), id="one axis"),
    pytest.param(Case(3, (4, 3, 5), 2, (2, 2, 3), (2, 1, 2), ((0, 1), (1, 0), (1, 1))), id="three axes"),
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
    for output, _, real in walk(case):
        if real:
            first = max(real, key=lambda element: x[element])  # Python's max gives the first
            y[output], picked[output] = x[first], t[first]
            dx[first] += g[output]
    np.testing.assert_array_equal(pooling.max_forward(x, **case.settings), y)
    np.testing.assert_allclose(pooling.max_scatter(g, x, y, **case.settings), dx, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(pooling.max_gather(t, x, y, **case.settings), picked)


def check_avg(case: Case, counted: tuple[tuple[int, int], ...], divisor: int | None) -> None:
    """Compare average pooling and its gradient with loops."""
    x, _, g = case.arrays()
    y, dx = np.zeros(case.output_shape), np.zeros_like(x)
    for output, window, real in walk(case):
        counts = [all(-b <= i < n + a for i, n, (b, a) in zip(at, case.size, counted, strict=True)) for at in window]
        count = divisor or max(sum(counts), 1)
        for element in real:
            y[output] += x[element] / count
            dx[element] += g[output] / count
    options = {**case.geometry, "counted": counted, "divisor": divisor}
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
@pytest.mark.parametrize("count", ["padding too", "elements", "seven"])
@pytest.mark.parametrize("case", EXAMPLES)
def test_average_pooling_equals_loops(case: Case, count: str) -> None:
    case = case.undilated
    none = ((0, 0),) * len(case.size)
    check_avg(case, case.geometry["padding"] if count == "padding too" else none, 7 if count == "seven" else None)


@given(case=cases(), divisor=st.none() | st.integers(1, 5), data=st.data())
@settings(max_examples=50, deadline=None)
def test_average_pooling_equals_loops_for_any_shapes(case: Case, divisor: int | None, data: st.DataObject) -> None:
    case = case.undilated
    counted = tuple(
        (data.draw(st.integers(0, before)), data.draw(st.integers(0, after)))
        for before, after in case.geometry["padding"]
    )
    check_avg(case, counted, divisor)


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
    undilated_g = case.undilated.arrays("float32")[2]

    def everything() -> list[Array]:
        y = pooling.max_forward(x, **case.settings)
        average = {**case.geometry, "counted": case.geometry["padding"], "divisor": None}
        return [
            y,
            pooling.max_scatter(g, x, y, **case.settings),
            pooling.max_gather(t, x, y, **case.settings),
            pooling.avg_forward(x, **average),
            pooling.avg_input_grad(undilated_g, input_shape=x.shape, **average),
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
    average = {**case.geometry, "counted": ((0, 0), (0, 0)), "divisor": None}
    np.testing.assert_array_equal(pooling.max_forward(flipped_x, **case.settings), y)
    np.testing.assert_array_equal(pooling.avg_forward(flipped_x, **average), pooling.avg_forward(x, **average))
    np.testing.assert_array_equal(
        pooling.max_gather(flipped_t, flipped_x, y, **case.settings), pooling.max_gather(t, x, y, **case.settings)
    )
    np.testing.assert_array_equal(
        pooling.max_scatter(broadcast_g, flipped_x, y, **case.settings),
        pooling.max_scatter(broadcast_g.copy(), x, y, **case.settings),
    )
