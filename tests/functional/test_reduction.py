"""Ties, zeros, infinities, axes and errors of the reductions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

import nnlite as nl
import nnlite.functional as F


def gradient(function, values, dtype=float):
    """Return the gradient of the sum of a function's elements."""
    x = nl.tensor(np.array(values, dtype), requires_grad=True)
    function(x).sum().backward()
    return x.grad


@st.composite
def shapes_and_axes(draw):
    """Draw a shape, and some of its axes in any order and by either number, or None."""
    shape = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    axes = draw(st.permutations(range(len(shape))))[: draw(st.integers(1, len(shape)))]
    return shape, draw(st.sampled_from([None, tuple(a - len(shape) * draw(st.booleans()) for a in axes)]))


@settings(max_examples=30, deadline=None)
@given(drawn=shapes_and_axes(), keepdims=st.booleans(), seed=st.integers(0, 99))
@pytest.mark.parametrize(
    ("function", "formula"),
    [
        (F.sum, np.sum), (F.mean, np.mean), (F.prod, np.prod), (F.var, np.var), (F.max, np.max), (F.min, np.min),
        (F.logsumexp, special.logsumexp),
    ],
)  # fmt: skip
def test_any_axes(function, formula, drawn, keepdims, seed):
    shape, axis = drawn
    size = math.prod(shape)
    x = (np.random.default_rng(seed).permutation(size).reshape(shape) - size / 3) / 10
    y = function(x, axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(y, formula(x, axis=axis, keepdims=keepdims), atol=1e-12)
    nl.check_grads(lambda x: function(x, axis=axis, keepdims=keepdims), x)


@pytest.mark.parametrize("function", [F.max, F.min])
def test_the_first_extreme_gets_the_gradient(function):
    np.testing.assert_array_equal(gradient(function, [[2, 2], [2, 2]]), [[1, 0], [0, 0]])
    np.testing.assert_array_equal(gradient(lambda x: function(x, axis=0), [[2, 2], [2, 2]]), [[1, 1], [0, 0]])
    np.testing.assert_array_equal(gradient(lambda x: function(x, axis=1), [[2, 2], [2, 2]]), [[1, 0], [1, 0]])


def test_first_means_row_major_in_whatever_order_the_axes_are_named():
    x = np.zeros((2, 2, 2))
    x[0, 1, 1] = x[1, 0, 0] = x[1, 1, 1] = 5
    expected = np.zeros((2, 2, 2))
    expected[0, 1, 1] = expected[1, 0, 0] = 1
    for axis in ((0, 1), (1, 0), (-2, -3)):
        np.testing.assert_array_equal(gradient(lambda x, axis=axis: F.max(x, axis=axis), x), expected)


def test_max_passes_nan_on():
    with np.errstate(invalid="ignore"):
        assert np.isnan(F.max(np.array([1.0, np.nan, 2.0])))


@pytest.mark.parametrize("function", [F.max, F.min, F.logsumexp])
def test_an_extreme_of_nothing_raises(function):
    with pytest.raises(ValueError, match="zero-size array"):
        function(nl.tensor(np.ones((3, 0))), axis=1)


def test_positional_axis_and_methods_agree():
    x = nl.tensor(np.arange(6.0).reshape(2, 3))
    for y in (F.sum(x, 0), x.sum(0), x.sum(axis=0), np.sum(x, axis=0), np.add.reduce(x)):
        np.testing.assert_array_equal(y.numpy(), [3, 5, 7])


def test_a_bad_axis_is_named():
    with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
        F.sum(nl.tensor([[1.0]]), axis=2)
    with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
        F.mean(nl.tensor([[1.0]]), axis=2)


def test_means_and_sums_of_integers():
    assert F.mean(np.array([1, 2])) == 1.5
    assert F.sum(np.array([True, True])) == 2


def test_the_gradient_of_a_sum_is_an_array_of_its_own():
    grad = gradient(F.sum, [1, 2, 3])
    grad[0] = 7
    np.testing.assert_array_equal(grad, [7, 1, 1])


@pytest.mark.parametrize(("zeros", "expected"), [([3], [0, 0, 0, 24]), ([1, 2], [0, 0, 0, 0]), ([], [60, 40, 30, 24])])
def test_prod_and_cumprod_among_zeros(zeros, expected):
    x = np.array([2.0, 3, 4, 5])
    x[zeros] = 0
    np.testing.assert_allclose(gradient(F.prod, x), expected)
    np.testing.assert_allclose(gradient(lambda x: F.cumprod(x)[-1], x), expected)


def test_std_of_equal_numbers_has_gradient_zero():
    np.testing.assert_array_equal(gradient(lambda x: F.std(x, axis=1), [[2, 2], [1, 3]]), [[0, 0], [-0.5, 0.5]])


def test_std_of_equal_numbers_has_a_finite_second_derivative():
    x = nl.tensor([2.0, 2.0], requires_grad=True)
    (slope,) = nl.grad(F.std(x), x, create_graph=True)
    assert np.isfinite(nl.grad(slope[0], x)[0].numpy()).all()


def test_std_without_degrees_of_freedom_is_nan():
    with pytest.warns(RuntimeWarning, match="invalid value"):
        assert np.isnan(F.std(np.array([1.0]), ddof=1))


@pytest.mark.parametrize("order", [None, 1, 2, 3, 1.5, 0.5, np.inf, -np.inf])
def test_the_norm_of_zeros_has_gradient_zero(order):
    np.testing.assert_array_equal(gradient(lambda x: F.norm(x, ord=order), [0, 0, 0]), [0, 0, 0])
    x = nl.tensor([0.0, 0.0], requires_grad=True)
    (slope,) = nl.grad(F.norm(x, ord=order), x, create_graph=True)
    if slope.requires_grad:
        assert np.isfinite(nl.grad(slope[0], x, allow_unused=True)[0].numpy()).all()


@pytest.mark.parametrize("order", [1, 3, 1.5, 0.5])
def test_a_zero_in_a_vector_gets_no_gradient(order):
    grad = gradient(lambda x: F.norm(x, ord=order), [0, 3, -4])
    assert grad[0] == 0
    assert grad[1] > 0 > grad[2]


def test_the_largest_norm_gives_its_gradient_to_the_first():
    np.testing.assert_array_equal(gradient(lambda x: F.norm(x, ord=np.inf), [1, -3, 3]), [0, -1, 0])


@pytest.mark.parametrize(
    ("shape", "order", "axis"),
    [((2, 3), 1, None), ((2, 3), "nuc", None), ((2, 3), 2, (0, 1)), ((3,), "fro", 0), ((3,), 0, 0), ((3,), -1, None)],
)
def test_norms_that_are_not_offered_raise(shape, order, axis):
    with pytest.raises(ValueError, match=f"got ord={order!r}"):
        F.norm(nl.tensor(np.ones(shape)), ord=order, axis=axis)


def test_logsumexp_of_large_numbers():
    x = np.array([10000, 10001], np.float32)
    assert F.logsumexp(x) == np.float32(10001 + math.log1p(math.exp(-1)))
    np.testing.assert_allclose(gradient(F.logsumexp, x, np.float32), special.softmax([0, 1]), rtol=1e-6)
    assert F.logsumexp(np.array([-10000.0, -10000.0])) == -10000 + math.log(2)


def test_logsumexp_where_all_are_minus_infinity():
    x = np.array([[-np.inf, -np.inf], [-np.inf, 1.0]])
    np.testing.assert_array_equal(F.logsumexp(x, axis=1), [-np.inf, 1])
    np.testing.assert_array_equal(gradient(lambda x: F.logsumexp(x, axis=1), x), [[0, 0], [0, 1]])


def test_logsumexp_of_infinity():
    assert F.logsumexp(np.array([np.inf, 1.0])) == np.inf


def test_cumsum_flattens_without_an_axis():
    y = F.cumsum(nl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    np.testing.assert_array_equal(y.numpy(), [1, 3, 6, 10])


@pytest.mark.parametrize("function", [F.argmax, F.argmin, F.all, F.any])
def test_positions_and_tests_are_plain_arrays(function):
    x = nl.tensor([[1.0, 0.0], [2.0, 3.0]], requires_grad=True)
    for y in (function(x, axis=1), getattr(x, function.__name__)(axis=1)):
        assert isinstance(y, np.ndarray)
        np.testing.assert_array_equal(y, getattr(np, function.__name__)(x.numpy(), axis=1))
    assert not isinstance(function(x), nl.Tensor)
