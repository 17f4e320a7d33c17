"""Convolution and its gradients, held against loops over the windows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nnlite.kernels import columns, conv, parallel, product

Array = NDArray[Any]
LAYOUTS = ("contiguous", "channels first", "every second image", "every second column")


@dataclass(frozen=True)
class Case:
    """A convolution's shapes and settings."""

    images: int
    size: tuple[int, int]
    kernel: tuple[int, int]
    inputs: int  # channels in a group
    outputs: int  # features of a group
    groups: int = 1
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    layout: str = "contiguous"

    @property
    def settings(self) -> dict[str, Any]:
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups}

    @property
    def output_size(self) -> tuple[int, int]:
        rows, cols = (
            (n + sum(ends) - (k - 1) * d - 1) // s + 1
            for n, ends, k, d, s in zip(self.size, self.padding, self.kernel, self.dilation, self.stride, strict=True)
        )
        return rows, cols

    def arrays(self, dtype: str = "float64") -> tuple[Array, Array, Array, Array]:
        """Return x, weight, bias and a cotangent."""
        rng = np.random.default_rng(0)
        channels, features = self.inputs * self.groups, self.outputs * self.groups
        x = laid_out(rng.standard_normal((self.images, *self.size, channels)).astype(dtype), self.layout)
        weight = rng.standard_normal((*self.kernel, self.inputs, features)).astype(dtype)
        bias = rng.standard_normal(features).astype(dtype)
        return x, weight, bias, rng.standard_normal((self.images, *self.output_size, features)).astype(dtype)


def laid_out(x: Array, layout: str) -> Array:
    """Return an array equal to x with another memory layout."""
    if layout == "channels first":
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)
    if layout == "every second image":
        return np.repeat(x, 2, axis=0)[::2]
    if layout == "every second column":
        return np.repeat(x, 2, axis=2)[:, :, ::2]
    return x


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a convolution whose kernel fits the padded image."""

    def pair(low: int, high: int) -> tuple[int, int]:
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    kernel, dilation, padding = pair(1, 3), pair(1, 2), (pair(0, 2), pair(0, 2))
    fits = [max((k - 1) * d + 1 - sum(ends), 1) for k, d, ends in zip(kernel, dilation, padding, strict=True)]
    return Case(
        images=draw(st.integers(0, 5)),
        size=(fits[0] + draw(st.integers(0, 5)), fits[1] + draw(st.integers(0, 5))),
        kernel=kernel,
        inputs=draw(st.sampled_from([1, 2, 9])),
        outputs=draw(st.integers(1, 3)),
        groups=draw(st.integers(1, 3)),
        stride=pair(1, 3),
        dilation=dilation,
        padding=padding,
        layout=draw(st.sampled_from(LAYOUTS)),
    )


def walk(case: Case) -> Iterator[tuple[Any, Any, slice]]:
    """Walk the windows: where an output is, where its window is in the padded input, and the features of its group."""
    for n, r, s in np.ndindex(case.images, *case.output_size):
        rows, cols = (
            slice(o * step, o * step + (k - 1) * d + 1, d)
            for o, step, k, d in zip((r, s), case.stride, case.kernel, case.dilation, strict=True)
        )
        for q in range(case.groups):
            features = slice(q * case.outputs, (q + 1) * case.outputs)
            yield (n, r, s, features), (n, rows, cols, slice(q * case.inputs, (q + 1) * case.inputs)), features


def pad(x: Array, case: Case) -> Array:
    """Put zeros around the images."""
    return np.pad(x, ((0, 0), *case.padding, (0, 0)))


def naive_forward(x: Array, weight: Array, bias: Array, case: Case) -> Array:
    """Convolve window by window."""
    padded = pad(x, case)
    y = np.empty((case.images, *case.output_size, weight.shape[3]), x.dtype)
    for output, window, features in walk(case):
        y[output] = np.tensordot(padded[window], weight[..., features], 3) + bias[features]
    return y


def naive_input_grad(g: Array, weight: Array, case: Case) -> Array:
    """Give every window its share of the cotangent."""
    padded = pad(np.zeros((case.images, *case.size, case.inputs * case.groups), g.dtype), case)
    for output, window, features in walk(case):
        padded[window] += weight[..., features] @ g[output]
    (top, _), (left, _) = case.padding
    return padded[:, top : top + case.size[0], left : left + case.size[1]]


def naive_weight_grad(x: Array, g: Array, case: Case) -> Array:
    """Add up the windows, weighted by the cotangent."""
    padded = pad(x, case)
    dweight = np.zeros((*case.kernel, case.inputs, g.shape[3]), x.dtype)
    for output, window, features in walk(case):
        dweight[..., features] += padded[window][..., None] * g[output]
    return dweight


def all_three(case: Case, dtype: str = "float64") -> tuple[Array, Array, Array]:
    """Return the value and both gradients."""
    x, weight, bias, g = case.arrays(dtype)
    return (
        conv.forward(x, weight, bias, **case.settings),
        conv.input_grad(g, weight, input_shape=x.shape, **case.settings),
        conv.weight_grad(x, g, kernel_size=case.kernel, **case.settings),
    )


def naive_three(case: Case) -> tuple[Array, Array, Array]:
    """Return what loops give."""
    x, weight, bias, g = case.arrays()
    return (
        naive_forward(x, weight, bias, case),
        naive_input_grad(g, weight, case),
        naive_weight_grad(x, g, case),
    )


@pytest.fixture
def _tiny_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "CHUNK_BYTES", 600)
    monkeypatch.setattr(parallel, "SERIAL_BYTES", 100)
    monkeypatch.setattr(columns, "_MIN_ROWS", 1)
    for name, value in (("_UNPACKED", 60), ("_LEAST_ROWS", 1), ("_LEAST_COLUMNS", 1), ("_NARROW", 12)):
        monkeypatch.setattr(product, name, value)
    monkeypatch.setattr(product, "_LONGEST_STRIP", 3)


EXAMPLES = [
    pytest.param(Case(3, (7, 5), (3, 2), 4, 5), id="non-square"),
    pytest.param(Case(1, (6, 6), (3, 3), 1, 2), id="one image, one channel"),
    pytest.param(Case(7, (5, 6), (2, 3), 9, 3), id="batch that the chunk does not divide"),
    pytest.param(Case(2, (8, 9), (2, 3), 2, 3, stride=(3, 2)), id="stride leaves a border unread"),
    pytest.param(Case(2, (4, 5), (3, 3), 9, 2, padding=((2, 0), (1, 3))), id="asymmetric padding"),
    pytest.param(Case(2, (9, 8), (3, 2), 2, 2, dilation=(2, 3)), id="dilation"),
    pytest.param(Case(2, (5, 5), (3, 3), 9, 2, groups=3), id="groups"),
    pytest.param(Case(3, (6, 7), (3, 3), 4, 5, padding=((1, 1), (1, 1))), id="as many outputs as inputs"),
    pytest.param(Case(2, (6, 7), (3, 2), 4, 5, groups=2, padding=((1, 1), (0, 1))), id="as many outputs, groups"),
    pytest.param(
        Case(2, (9, 8), (3, 3), 4, 5, dilation=(2, 1), padding=((2, 2), (1, 1))), id="as many outputs, dilation"
    ),
    pytest.param(Case(2, (5, 6), (3, 2), 1, 1, groups=4, padding=((1, 1), (0, 1))), id="depthwise"),
    pytest.param(Case(2, (5, 6), (2, 2), 1, 3, groups=4, stride=(2, 1)), id="depthwise with multiplier"),
    pytest.param(Case(3, (4, 5), (1, 1), 3, 4), id="pointwise"),
    pytest.param(Case(3, (4, 5), (1, 1), 3, 4, groups=2), id="pointwise groups"),
    pytest.param(Case(3, (5, 4), (1, 1), 3, 4, stride=(2, 3)), id="pointwise strided"),
    pytest.param(Case(0, (4, 5), (2, 2), 3, 4), id="empty batch"),
    pytest.param(Case(1, (1, 2), (2, 2), 3, 4, padding=((3, 3), (2, 2))), id="windows of nothing but padding"),
]


@pytest.mark.usefixtures("_threads", "_tiny_chunks")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", EXAMPLES)
def test_equals_loops_over_windows(case: Case, layout: str) -> None:
    case = Case(**{**case.__dict__, "layout": layout})
    for got, expected in zip(all_three(case), naive_three(case), strict=True):
        assert got.dtype == np.float64
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-10)


@given(case=cases(), chunk_bytes=st.sampled_from([100, 1000, 2**21]))
@settings(max_examples=80, deadline=None)
def test_equals_loops_for_any_shapes(case: Case, chunk_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "CHUNK_BYTES", chunk_bytes)
        patch.setattr(columns, "_MIN_ROWS", 1)
        results = all_three(case)
    for got, expected in zip(results, naive_three(case), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-10)


@given(case=cases())
@settings(max_examples=40, deadline=None)
def test_float32_stays_float32(case: Case) -> None:
    for got, expected in zip(all_three(case, "float32"), naive_three(case), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


@given(case=cases())
@settings(max_examples=40, deadline=None)
def test_gradients_are_the_transposes(case: Case) -> None:
    x, weight, _, g = case.arrays()
    y = conv.forward(x, weight, **case.settings)
    dx = conv.input_grad(g, weight, input_shape=x.shape, **case.settings)
    dweight = conv.weight_grad(x, g, kernel_size=case.kernel, **case.settings)
    size = np.linalg.norm(y) * np.linalg.norm(g)
    assert np.vdot(y, g) == pytest.approx(np.vdot(x, dx), rel=1e-10, abs=1e-12 * size)
    assert np.vdot(y, g) == pytest.approx(np.vdot(weight, dweight), rel=1e-10, abs=1e-12 * size)


def test_forward_is_scipys_correlation() -> None:
    case = Case(1, (6, 7), (3, 2), 1, 1)
    x, weight, bias, _ = case.arrays()
    expected = scipy.signal.correlate(x[0, :, :, 0], weight[:, :, 0, 0], mode="valid") + bias
    np.testing.assert_allclose(conv.forward(x, weight, bias, **case.settings)[0, :, :, 0], expected, rtol=1e-12)


def test_overlapping_windows_add_up_in_the_input_gradient() -> None:
    case = Case(1, (4, 5), (2, 3), 1, 1, stride=(1, 2))
    counts = conv.input_grad(np.ones((1, 3, 2, 1)), np.ones((2, 3, 1, 1)), input_shape=(1, 4, 5, 1), **case.settings)
    np.testing.assert_array_equal(counts[0, :, :, 0], np.outer([1, 2, 2, 1], [1, 1, 2, 1, 1]))


def test_elements_that_no_window_reads_have_no_gradient() -> None:
    case = Case(2, (8, 6), (2, 2), 3, 2, stride=(3, 3))
    _, dx, _ = all_three(case)
    unread = np.ones((8, 6), bool)
    unread[np.ix_([0, 1, 3, 4, 6, 7], [0, 1, 3, 4])] = False
    assert not dx[:, unread].any()
    assert dx[:, ~unread].all()


@pytest.mark.usefixtures("_threads", "_tiny_chunks")
@pytest.mark.parametrize("case", EXAMPLES)
def test_rectified_and_its_gradients(case: Case) -> None:
    x, weight, bias, g = case.arrays()
    y = conv.forward(x, weight, bias, rectify=True, **case.settings)
    expected = naive_forward(x, weight, bias, case)
    np.testing.assert_allclose(y, np.maximum(expected, 0), rtol=1e-10, atol=1e-10)
    kept = np.where(expected > 0, g, 0)
    g[expected <= 0] = np.inf  # what is not kept must not even be multiplied
    dweight, dbias = conv.parameter_grads(x, g, y, kernel_size=case.kernel, **case.settings)
    np.testing.assert_allclose(dweight, naive_weight_grad(x, kept, case), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(dbias, kept.sum(axis=(0, 1, 2)), rtol=1e-10, atol=1e-10)


@pytest.mark.usefixtures("_threads", "_tiny_chunks")
@pytest.mark.parametrize("case", EXAMPLES[:6])
def test_same_call_gives_the_same_bits(case: Case) -> None:
    first = all_three(case, "float32")
    for _ in range(5):
        for again, before in zip(all_three(case, "float32"), first, strict=True):
            assert again.tobytes() == before.tobytes()


@pytest.mark.usefixtures("_threads")
def test_large_image_is_cut_into_strips_of_rows() -> None:
    case = Case(1, (130, 131), (3, 3), 9, 8, padding=((1, 1), (1, 1)))
    x, weight, bias, g = case.arrays()
    block_rows = [
        strip.stop - strip.start for _, strip in columns.blocks_of(g.shape, g[..., 0].size * weight[..., 0].nbytes)
    ]
    assert max(block_rows) < 130
    padded = pad(x, case)
    y = conv.forward(x, weight, bias, **case.settings)
    dweight = conv.weight_grad(x, g, kernel_size=(3, 3), **case.settings)
    shifted = np.stack([padded[0, i : i + 130, j : j + 131] for i in range(3) for j in range(3)])
    np.testing.assert_allclose(y[0], np.einsum("krsc,kcf->rsf", shifted, weight.reshape(9, 9, 8)) + bias, rtol=1e-9)
    expected = np.tensordot(shifted, g[0], ((1, 2), (0, 1))).reshape(weight.shape)
    np.testing.assert_allclose(dweight, expected, rtol=1e-9, atol=1e-9)


def test_cotangent_that_is_a_broadcast_view() -> None:
    case = Case(2, (5, 5), (3, 3), 9, 2)
    x, weight, _, g = case.arrays()
    view = np.broadcast_to(np.float64(0.5), g.shape)
    dense = np.full(g.shape, 0.5)
    shape = {"input_shape": x.shape}
    np.testing.assert_array_equal(
        conv.input_grad(view, weight, **shape, **case.settings),
        conv.input_grad(dense, weight, **shape, **case.settings),
    )
    np.testing.assert_array_equal(
        conv.weight_grad(x, view, kernel_size=(3, 3), **case.settings),
        conv.weight_grad(x, dense, kernel_size=(3, 3), **case.settings),
    )


def test_arguments_are_left_alone() -> None:
    case = Case(2, (5, 5), (3, 3), 2, 2, padding=((1, 1), (1, 1)))
    arrays = case.arrays()
    copies = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    x, weight, bias, g = arrays
    conv.forward(x, weight, bias, **case.settings)
    conv.input_grad(g, weight, input_shape=x.shape, **case.settings)
    conv.weight_grad(x, g, kernel_size=case.kernel, **case.settings)
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
