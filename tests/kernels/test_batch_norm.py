"""Batch normalisation by lines: against double precision and the general kernel, large means, what is needed."""

import itertools

import numpy as np
import pytest

from nnlite.kernels import normalization
from nnlite.kernels.batch_norm import backward, forward, suits
from nnlite.kernels.parallel import get_num_threads, set_num_threads

SHAPES = [(64, 32, 32, 16), (65_537, 5), (3, 301, 307, 1), (100, 3000), (17, 9, 2, 1100), (27, 20_000)]


def _arrays(shape, dtype="float64"):
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(2, *shape)).astype(dtype)
    weight, bias = rng.normal(size=(2, *(1 for _ in shape[1:]), shape[-1])).astype(dtype)
    return x, g, weight, bias


def _spread(x):
    return tuple(range(x.ndim - 1))


@pytest.mark.parametrize(
    ("x", "axes", "along", "suited"),
    [
        (np.zeros((64, 32, 32, 16)), (0, 1, 2), (3,), True),
        (np.zeros((64, 32, 32, 16)), (0, 1, 2), (0, 1, 2), False),
        (np.zeros((8, 8, 8, 16)), (0, 1, 2), (3,), False),
        (np.zeros((64, 32, 32, 16)), (1, 2), (3,), False),
        (np.zeros((64, 32, 32, 16)).transpose(0, 3, 1, 2), (0, 2, 3), (1,), False),
        (np.zeros((64, 32, 32, 32))[..., ::2], (0, 1, 2), (3,), False),
        (np.zeros((0, 16)), (0,), (1,), False),
    ],
)
def test_what_is_normalized_by_lines(x, axes, along, suited):
    assert suits(x, axes, along) is suited


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("parameters", [True, False])
def test_values_and_gradients_are_those_of_the_general_kernel(shape, parameters):
    x, g, *both = _arrays(shape)
    weight, bias = both if parameters else (None, None)
    y, mean, var = forward(x, weight, bias, eps=1e-3)
    expected = normalization.forward(x, weight, bias, None, axes=_spread(x), eps=1e-3)
    for one, other in zip((y, mean, var), expected, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-10)
    scale, needs = 1 / np.sqrt(var + 1e-3), (True, True, True)
    general = normalization.backward(g, x, weight, None, mean, scale, needs, axes=_spread(x), along=(x.ndim - 1,))
    for one, other in zip(backward(g, x, weight, mean, scale, needs), general, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("needs", list(itertools.product([True, False], repeat=3)))
def test_gradients_that_nobody_needs_are_none_and_the_others_the_same(needs):
    x, g, weight, _ = _arrays((16_384, 17))
    mean, scale = x.mean(0, keepdims=True), 1 / x.std(0, keepdims=True)
    full = backward(g, x, weight, mean, scale, (True, True, True))
    some = backward(g, x, weight, mean, scale, needs)
    assert [s is not None for s in some] == list(needs)
    for one, other, needed in zip(some, full, needs, strict=True):
        if needed:
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("channels", [5, 32])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_small_spread_far_from_zero_is_seen(threads, channels):
    """As exact in single precision as the inputs are, though the chunks lie far from each other, too."""
    spread = np.random.default_rng(0).integers(-8, 9, (70_000, channels)) / 16
    spread[35_000:] += 4
    x = (1e4 + spread).astype(np.float32)
    g = np.random.default_rng(1).normal(size=x.shape)
    exact, scale = spread - spread.mean(axis=0), 1 / np.sqrt(spread.var(axis=0) + 1e-5)
    before = get_num_threads()
    set_num_threads(threads)
    try:
        y, mean, var = forward(x, None, None, eps=1e-5)
        dx, dweight, dbias = backward(
            g.astype(np.float32), x, None, mean, 1 / np.sqrt(var + np.float32(1e-5)), (True, True, True)
        )
    finally:
        set_num_threads(before)
    assert {a.dtype for a in (y, mean, var, dx, dweight, dbias)} == {np.dtype(np.float32)}
    np.testing.assert_allclose(var[0], spread.var(axis=0), rtol=1e-5)
    np.testing.assert_allclose(y, exact * scale, atol=1e-5)
    z = exact * scale
    np.testing.assert_allclose(dx, scale * (g - g.mean(axis=0) - z * (g * z).mean(axis=0)), atol=1e-5)
    np.testing.assert_allclose(dweight[0], (g * z).sum(axis=0), atol=0.3)  # the mean is rounded
    np.testing.assert_allclose(dbias[0], g.sum(axis=0), atol=1e-2)


@pytest.mark.parametrize("value", [0.0, 1.0, -1e4, 12345.678])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_constant_inputs_have_no_variance(value, dtype):
    y, mean, var = forward(np.full((100_000, 3), value, dtype), None, None, eps=1e-5)
    np.testing.assert_allclose(mean, value, rtol=1e-6)
    np.testing.assert_allclose(var, 0, atol=1e-7)
    np.testing.assert_allclose(y, 0, atol=1e-3)


def test_a_nan_stays_in_its_channel():
    x, g, _, _ = _arrays((64, 32, 32, 16), "float32")
    x[3, 4, 5, 6] = np.nan
    y, mean, var = forward(x, None, None, eps=1e-5)
    dx, *_ = backward(g, x, None, mean, 1 / np.sqrt(var + 1e-5), (True, True, True))
    for a in (y, mean, var, dx):
        assert np.isnan(a[..., 6]).all()
        assert np.isfinite(np.delete(a, 6, axis=-1)).all()


def test_a_gradient_of_any_memory_order():
    x, g, weight, _ = _arrays((64, 32, 32, 16))
    mean, scale = x.mean((0, 1, 2), keepdims=True), 1 / x.std((0, 1, 2), keepdims=True)
    for other in (np.asfortranarray(g), np.broadcast_to(g[:1], g.shape)):
        expected = backward(np.array(other, order="C"), x, weight, mean, scale, (True, True, True))
        for one, two in zip(backward(other, x, weight, mean, scale, (True, True, True)), expected, strict=True):
            np.testing.assert_array_equal(one, two)


def test_the_same_bits_again():
    x, g, weight, bias = _arrays((64, 32, 32, 16), "float32")
    first, second = (forward(x, weight, bias, eps=1e-5) for _ in range(2))
    scale = 1 / np.sqrt(first[2] + 1e-5)
    first += backward(g, x, weight, first[1], scale, (True, True, True))
    second += backward(g, x, weight, first[1], scale, (True, True, True))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
