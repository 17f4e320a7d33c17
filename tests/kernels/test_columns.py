"""Windows as columns: blocks of outputs, unfold and fold in chunks, and convolutions over one and three axes."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nnlite.kernels import columns, conv, parallel
from tests.op_samples._conv import naive_conv
from tests.op_samples._unfold import naive_fold, naive_unfold

Array = NDArray[Any]


@pytest.fixture
def _tiny_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "CHUNK_BYTES", 300)
    monkeypatch.setattr(parallel, "SERIAL_BYTES", 100)
    monkeypatch.setattr(columns, "_MIN_ROWS", 1)
    monkeypatch.setattr(conv, "_NARROW", 4)


def normal(*shape: int, seed: int = 0) -> Array:
    """Standard normal numbers."""
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def settings_of(axes: int, stride: int, padding: int, dilation: int) -> dict[str, Any]:
    """Settings in full form, with one element more of padding after the last axis."""
    sides = ((padding, padding),) * (axes - 1) + ((padding, padding + 1),)
    return {"stride": (stride,) * axes, "padding": sides, "dilation": (dilation,) * axes}


SHAPES = {1: ((9,), (3,)), 2: ((5, 7), (2, 3)), 3: ((3, 4, 5), (2, 2, 3))}


@pytest.mark.usefixtures("_threads", "_tiny_chunks")
@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (1, 2, 2), (3, 0, 1)])
@pytest.mark.parametrize(("groups", "inputs", "outputs"), [
    (1, 2, 3), (1, 9, 2), (2, 2, 3), (4, 2, 1), (2, 5, 2), (3, 1, 1), (3, 1, 2),
])  # fmt: skip
class TestConvolutionsInStrips:
    """Blocks are so small here that images are cut into strips, and groups that are taken together so narrow."""

    def test_value_and_gradients_are_those_of_loops(
        self, axes: int, stride: int, padding: int, dilation: int, groups: int, inputs: int, outputs: int
    ) -> None:
        size, kernel = SHAPES[axes]
        x, weight = normal(3, *size, groups * inputs), normal(*kernel, inputs, groups * outputs)
        bias = normal(groups * outputs)
        settings = {**settings_of(axes, stride, padding, dilation), "groups": groups}
        y = conv.forward(x, weight, bias, **settings)
        np.testing.assert_allclose(y, naive_conv(x, weight, bias, **settings), rtol=1e-10, atol=1e-10)
        g = normal(*y.shape, seed=1)
        dx = conv.input_grad(g, weight, input_shape=x.shape, **settings)
        dweight = conv.weight_grad(x, g, kernel_size=kernel, **settings)
        product = np.vdot(y - bias, g)
        size_of = np.linalg.norm(y) * np.linalg.norm(g)
        assert np.vdot(x, dx) == pytest.approx(product, rel=1e-10, abs=1e-12 * size_of)
        assert np.vdot(weight, dweight) == pytest.approx(product, rel=1e-10, abs=1e-12 * size_of)
        t, w = normal(*x.shape, seed=2), normal(*weight.shape, seed=3)
        np.testing.assert_allclose(np.vdot(t, dx), np.vdot(conv.forward(t, weight, **settings), g), atol=1e-9)
        np.testing.assert_allclose(np.vdot(w, dweight), np.vdot(conv.forward(x, w, **settings), g), atol=1e-9)


@pytest.mark.usefixtures("_threads", "_tiny_chunks")
@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (1, 2, 2), (3, 1, 1)])
@pytest.mark.parametrize("layout", ["contiguous", "every second"])
def test_unfold_and_fold_are_loops_over_windows(
    axes: int, stride: int, padding: int, dilation: int, layout: str
) -> None:
    size, kernel = SHAPES[axes]
    x = normal(4, *size, 2)
    x = x if layout == "contiguous" else np.repeat(x, 2, axis=-1)[..., ::2]
    settings = {"kernel_size": kernel, **settings_of(axes, stride, padding, dilation)}
    y = columns.unfold(x, **settings)
    np.testing.assert_array_equal(y, naive_unfold(x, **settings))
    g = normal(*y.shape, seed=1)
    np.testing.assert_allclose(
        columns.fold(g, output_size=size, **settings), naive_fold(g, size, **settings), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("shape", [(7, 5, 4), (1, 640, 4), (3, 64, 64, 2), (2, 9, 8, 7, 3)])
@pytest.mark.parametrize("nbytes", [10, 10**6, 10**8])
def test_blocks_cover_every_output_once(shape: tuple[int, ...], nbytes: int) -> None:
    seen = np.zeros(shape, int)
    for block in columns.blocks_of(shape, nbytes):
        seen[block] += 1
        assert seen[block].flags.c_contiguous
    assert (seen == 1).all()


def test_no_outputs_are_no_blocks() -> None:
    assert columns.blocks_of((0, 5, 4), 100) == []
    assert columns.blocks_of((2, 0, 4), 100) == []
