"""The shared sums and gradients of normalisation: memory orders, what is needed, large numbers."""

import itertools

import numpy as np
import pytest

from nnlite.kernels.normalization import backward, forward, total

X = np.random.default_rng(0).normal(size=(3, 4, 2, 5))
EVERY_AXES = [axes for k in range(1, 5) for axes in itertools.combinations(range(4), k)]


@pytest.mark.parametrize("axes", EVERY_AXES)
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 1, 0, 2)])
def test_sums_in_every_memory_order(axes, order):
    x = X.transpose(order)
    np.testing.assert_allclose(total(x, axes), x.sum(axes, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(total(x[:, ::2], axes), x[:, ::2].sum(axes, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("n", [255, 512, 513, 768, 70_001, 140_000])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_long_sums_lose_no_digits(n, axis):
    x = np.full([n if a == axis else 2 for a in range(3)], 1.1, np.float32)
    np.testing.assert_allclose(total(x, (axis,)), n * np.float64(np.float32(1.1)), rtol=5e-6)


def test_a_sum_over_nothing_is_a_copy():
    assert not np.shares_memory(total(X, ()), X)
    np.testing.assert_array_equal(total(X, ()), X)


def test_sums_of_broadcast_and_empty_arrays():
    np.testing.assert_array_equal(total(np.broadcast_to(2.0, (3, 4)), (0,)), [[6, 6, 6, 6]])
    np.testing.assert_array_equal(total(np.ones((0, 2)), (0,)), [[0, 0]])
    assert total(np.ones((0, 2)), (1,)).shape == (0, 1)
    assert total(np.ones((2, 3), np.float32), (0, 1)).dtype == np.float32


def test_the_output_has_the_memory_order_of_the_input():
    x = X.transpose(0, 3, 1, 2)  # as images with channels first, seen on memory with channels last
    y, mean, var = forward(x, None, None, None, axes=(0, 2, 3), eps=1e-5)
    assert y.transpose(0, 2, 3, 1).flags.c_contiguous
    assert mean.shape == var.shape == (1, 5, 1, 1)


@pytest.mark.parametrize("value", [0.0, 1.0, -1e4, 1e4, 12345.678])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_constant_inputs_have_no_variance(value, dtype):
    x = np.full((40_000, 3), value, dtype)
    y, mean, var = forward(x, None, None, None, axes=(0,), eps=1e-5)
    np.testing.assert_allclose(mean, value, rtol=1e-6)
    np.testing.assert_allclose(var, 0, atol=1e-7)
    np.testing.assert_allclose(y, 0, atol=1e-3)


def test_a_small_spread_far_from_zero_is_seen():
    spread = np.random.default_rng(0).integers(-8, 9, (5000, 2)) / 16
    y, _, var = forward((1e4 + spread).astype(np.float32), None, None, None, axes=(0,), eps=1e-5)
    np.testing.assert_allclose(var[0], spread.var(axis=0), rtol=1e-5)
    np.testing.assert_allclose(y, (spread - spread.mean(axis=0)) / np.sqrt(spread.var(axis=0) + 1e-5), atol=1e-3)


@pytest.mark.parametrize("along", [(3,), (2, 3)])
@pytest.mark.parametrize("needs", list(itertools.product([True, False], repeat=3)))
def test_gradients_that_nobody_needs_are_none_and_the_others_the_same(along, needs):
    axes = (0, 1, 2) if along == (3,) else (1, 3)
    shape = tuple(n if a in along else 1 for a, n in enumerate(X.shape))
    weight, bias = np.random.default_rng(1).normal(size=(2, *shape))
    g = np.random.default_rng(2).normal(size=X.shape)
    _, mean, var = forward(X, weight, bias, None, axes=axes, eps=1e-3)
    scale = 1 / np.sqrt(var + 1e-3)
    full = backward(g, X, weight, None, mean, scale, (True, True, True), axes=axes, along=along)
    some = backward(g, X, weight, None, mean, scale, needs, axes=axes, along=along)
    assert all((s is not None) or not needed for s, needed in zip(some, needs, strict=True))
    for one, other, needed in zip(some, full, needs, strict=True):
        if needed:
            np.testing.assert_array_equal(one, other)


ROWS = [(3, 64), (300, 2, 128), (5, 4096), (7, 8, 40), (0, 64), (66, 1000)]


@pytest.mark.parametrize("shape", ROWS)
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("given", [(False, False), (True, False), (False, True), (True, True)])
def test_rows_are_normalised_as_any_other_memory_order(shape, count, given):
    axes = tuple(range(len(shape)))[-min(count, len(shape) - 1) :]
    generator = np.random.default_rng(3)
    x, g = 5 + generator.normal(size=(2, *shape)).astype(np.float32)
    row = (*(1,) * (len(shape) - len(axes)), *shape[-len(axes) :])
    weight, bias = (generator.normal(size=row).astype(np.float32) if is_given else None for is_given in given)

    def run(x, weight, bias, g):
        y, mean, var = forward(x, weight, bias, None, axes=axes, eps=1e-5)
        scale = 1 / np.sqrt(var + 1e-5)
        return y, mean, var, *backward(g, x, weight, None, mean, scale, (True,) * 3, axes=axes, along=axes)

    exact = [None if p is None else p.astype(np.float64) for p in (weight, bias)]
    expected = run(np.asfortranarray(x.astype(np.float64)), *exact, g.astype(np.float64))
    for one, other in zip(run(x, weight, bias, g), expected, strict=True):
        assert one.dtype == np.float32
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-5 * max(abs(other).max(initial=0), 1))


@pytest.mark.parametrize("needs", list(itertools.product([True, False], repeat=3)))
def test_gradients_of_rows_that_nobody_needs_are_none_and_the_others_the_same(needs):
    x, g = np.random.default_rng(4).normal(size=(2, 9, 64))
    weight = np.random.default_rng(5).normal(size=(1, 64))
    _, mean, var = forward(x, weight, None, None, axes=(1,), eps=1e-3)
    scale = 1 / np.sqrt(var + 1e-3)
    full = backward(g, x, weight, None, mean, scale, (True,) * 3, axes=(1,), along=(1,))
    some = backward(g, x, weight, None, mean, scale, needs, axes=(1,), along=(1,))
    for one, other, needed in zip(some, full, needs, strict=True):
        assert (one is not None) == needed
        if needed:
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("value", [0.0, -1e4, 12345.678, 1e-30])
def test_constant_rows_have_no_variance(value):
    y, mean, var = forward(np.full((40, 300), value, np.float32), None, None, None, axes=(1,), eps=1e-5)
    np.testing.assert_allclose(mean, value, rtol=1e-6)
    np.testing.assert_allclose(var, 0, atol=1e-7)
    np.testing.assert_allclose(y, 0, atol=1e-3)


def test_a_small_spread_of_rows_far_from_zero_is_seen():
    spread = np.random.default_rng(0).integers(-8, 9, (4, 500)) / 16
    y, _, var = forward((1e4 + spread).astype(np.float32), None, None, None, axes=(1,), eps=1e-5)
    np.testing.assert_allclose(var[:, 0], spread.var(axis=1), rtol=1e-5)
    deviation = spread - spread.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(y, deviation / np.sqrt(spread.var(axis=1, keepdims=True) + 1e-5), atol=1e-3)
