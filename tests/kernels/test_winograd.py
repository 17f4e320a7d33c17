"""Minimal filtering, held against the direct convolution, and when it is chosen."""

from typing import Any

import numpy as np
import pytest

from nnlite.kernels import conv, parallel, winograd
from nnlite.kernels.columns import windows_of

SETTINGS: dict[str, Any] = {"stride": (1, 1), "dilation": (1, 1), "groups": 1}
PADDINGS = [((0, 0), (0, 0)), ((1, 1), (1, 1)), ((2, 0), (0, 1)), ((0, 1), (3, 2))]


def direct(monkeypatch: pytest.MonkeyPatch, x: Any, weight: Any, bias: Any, g: Any, padding: Any) -> list[Any]:
    """Return what the direct convolution gives."""
    with monkeypatch.context() as patch:
        patch.setattr(winograd, "suits", lambda *_: False)
        y = conv.forward(x, weight, bias, padding=padding, rectify=True, **SETTINGS)
        return [y, *conv.parameter_grads(x, g, y, kernel_size=(3, 3), padding=padding, **SETTINGS)]


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("padding", PADDINGS, ids=str)
@pytest.mark.parametrize("size", [(4, 6), (5, 7), (3, 3), (8, 5)])
@pytest.mark.parametrize("chunk_bytes", [500, 2**22])
def test_equals_the_direct_convolution(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], padding: Any, chunk_bytes: int
) -> None:
    rng = np.random.default_rng(0)
    monkeypatch.setattr(parallel, "CHUNK_BYTES", chunk_bytes)
    monkeypatch.setattr(parallel, "SERIAL_BYTES", 100)
    x = rng.normal(size=(3, 4, *size)).transpose(0, 2, 3, 1)  # channels first in memory
    weight, bias = rng.normal(size=(3, 3, 4, 5)), rng.normal(size=5)
    windows = windows_of(x.shape, (3, 3), (1, 1), padding, (1, 1))
    g = rng.normal(size=(3, *(window.output for window in windows), 5))
    y = winograd.forward(x, weight, bias, windows=windows, rectify=True)
    grads = winograd.parameter_grads(x, g, y, windows=windows)
    for got, expected in zip([y, *grads], direct(monkeypatch, x, weight, bias, g, padding), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


def test_float32_is_as_exact_as_the_direct_convolution(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, weight, g = (rng.normal(size=s).astype(np.float32) for s in ((2, 16, 16, 64), (3, 3, 64, 64), (2, 16, 16, 64)))
    padding = ((1, 1), (1, 1))
    bias = np.zeros(64, np.float32)
    exact = direct(monkeypatch, *(a.astype(np.float64) for a in (x, weight, bias, g)), padding)
    windows = windows_of(x.shape, (3, 3), (1, 1), padding, (1, 1))
    y = winograd.forward(x, weight, bias, windows=windows, rectify=True)
    for got, wanted in zip([y, *winograd.parameter_grads(x, g, y, windows=windows)], exact, strict=True):
        assert got.dtype == np.float32
        assert np.abs(got - wanted).max() < 2e-6 * np.abs(wanted).max()


@pytest.mark.usefixtures("_threads")
def test_where_the_choice_flips_all_results_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    padding = ((1, 1), (1, 1))
    for channels, size, chosen in ((64, 12, True), (63, 12, False), (64, 10, False)):
        x, weight = rng.normal(size=(8, size, size, channels)), rng.normal(size=(3, 3, channels, 64))
        windows = windows_of(x.shape, (3, 3), (1, 1), padding, (1, 1))
        assert winograd.suits(windows, 8, channels, 64) == chosen
        g = rng.normal(size=(8, size, size, 64))
        y = conv.forward(x, weight, None, padding=padding, rectify=True, **SETTINGS)
        grads = conv.parameter_grads(x, g, y, kernel_size=(3, 3), padding=padding, **SETTINGS)
        for got, wanted in zip([y, *grads], direct(monkeypatch, x, weight, None, g, padding), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)
        dx = conv.input_grad(g, weight, input_shape=x.shape, padding=padding, **SETTINGS)
        value = np.vdot(conv.forward(x, weight, None, padding=padding, **SETTINGS), g)
        assert np.vdot(dx, x) == pytest.approx(value, rel=1e-10)


@pytest.mark.parametrize(
    ("images", "size", "kernel", "stride", "channels"),
    [(1, 64, 5, 1, 64), (1, 64, 3, 2, 64), (1, 16, 3, 1, 512), (16, 7, 3, 1, 256), (0, 32, 3, 1, 64)],
)
def test_other_shapes_are_left_to_the_direct_convolution(
    images: int, size: int, kernel: int, stride: int, channels: int
) -> None:
    shape = (images, size, size, channels)
    windows = windows_of(shape, (kernel, kernel), (stride, stride), ((1, 1), (1, 1)), (1, 1))
    assert not winograd.suits(windows, images, channels, channels)


def test_infinite_inputs_give_nan_without_a_warning() -> None:
    x = np.zeros((1, 6, 6, 2), np.float32)
    x[0, 2, 2, 0] = np.inf
    windows = windows_of(x.shape, (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1))
    y = winograd.forward(x, np.ones((3, 3, 2, 2), np.float32), None, windows=windows, rectify=False)
    assert not np.isfinite(y[0, 1:4, 1:4]).any()
    assert np.isfinite(y[0, 5]).all()
