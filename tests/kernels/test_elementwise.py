"""The error function and GELU in blocks, held against SciPy."""

import numpy as np
import pytest
from scipy.special import erf as exact_erf
from scipy.special import ndtr

from nnlite.kernels import elementwise
from nnlite.kernels.elementwise import erf, gelu, gelu_vjp

LINE = np.linspace(-6, 6, 400_001)


def test_float32_errors_stay_below_four_units_in_the_last_place():
    x = np.concatenate([LINE, np.geomspace(1e-30, 1, 1000)]).astype(np.float32)
    exact = exact_erf(x.astype(np.float64))
    units = np.abs(erf(x) - exact) / np.spacing(np.abs(exact).astype(np.float32))
    assert units.max() < 4
    assert units.mean() < 0.7


def test_float64_and_numbers_are_those_of_scipy():
    np.testing.assert_array_equal(erf(LINE), exact_erf(LINE))
    assert erf(0.25) == exact_erf(0.25)


def test_the_ends_of_the_line_raise_no_warning():
    x = np.array([np.inf, -np.inf, np.nan, 1e30, -1e30, 1e-40, 0.0, -0.0], np.float32)
    with np.errstate(all="raise"):
        y = erf(x)
    np.testing.assert_allclose(y, [1, -1, np.nan, 1, -1, 1.1283792e-40, 0, 0], rtol=1e-4)
    assert np.signbit(y[-1])
    assert not np.signbit(y[-2])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gelu_and_its_derivative(dtype):
    x = LINE[::40].astype(dtype)
    exact, density = x.astype(np.float64), np.exp(-0.5 * LINE[::40] ** 2) / np.sqrt(2 * np.pi)
    y, phi = gelu(x)
    tolerance = 3e-7 if dtype == "float32" else 1e-15
    np.testing.assert_allclose(y, exact * ndtr(exact), atol=6 * tolerance)
    np.testing.assert_allclose(phi, ndtr(exact), atol=tolerance)
    np.testing.assert_allclose(
        gelu_vjp(np.full_like(x, 2), x, phi), 2 * (ndtr(exact) + exact * density), atol=4 * tolerance
    )
    assert y.dtype == phi.dtype == dtype


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (0, 2, 1)])
@pytest.mark.parametrize("step", [1, 2])
def test_every_memory_order_in_small_blocks(axes, step, monkeypatch):
    monkeypatch.setattr(elementwise, "_BLOCK", 7)
    monkeypatch.setattr(elementwise, "_LEAST", 5)
    x, g = (np.random.default_rng(seed).normal(size=(4, 6, 5)).transpose(axes)[:, ::step] for seed in (0, 1))
    y, phi = gelu(x)
    np.testing.assert_allclose(y, x * ndtr(x), rtol=1e-12)
    slope = phi + x * np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(gelu_vjp(g, x, phi), g * slope, rtol=1e-12)
    np.testing.assert_allclose(gelu_vjp(np.ascontiguousarray(g), x, phi), g * slope, rtol=1e-12)
    single = x.astype(np.float32)
    np.testing.assert_allclose(erf(single), exact_erf(single), rtol=1e-6)


def test_no_axes_and_no_elements():
    assert erf(np.array(0.5, np.float32)).shape == ()
    assert gelu(np.empty((0, 3), np.float32))[0].shape == (0, 3)
