"""What the derivatives of the arithmetic functions are where the textbook leaves a choice."""

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F


def gradients(function, *values):
    """Return the gradients of the sum of a function's elements with respect to each argument."""
    leaves = [nl.tensor(np.array(v, float), requires_grad=True) for v in values]
    function(*leaves).sum().backward()
    return [leaf.grad for leaf in leaves]


@pytest.mark.parametrize("function", [F.maximum, F.minimum])
def test_a_tie_gives_half_of_the_gradient_to_each(function):
    smaller_first, smaller_second = (0, 1) if function is F.maximum else (1, 0)
    of_a, of_b = gradients(function, [1, 2, 5], [2, 2, 3])
    np.testing.assert_array_equal(of_a, [smaller_first, 0.5, smaller_second])
    np.testing.assert_array_equal(of_b, [smaller_second, 0.5, smaller_first])


def test_relu_written_as_maximum_has_slope_half_at_zero():
    (of_x,) = gradients(lambda x: np.maximum(x, 0), [-1, 0, 1])
    np.testing.assert_array_equal(of_x, [0, 0.5, 1])


def test_the_absolute_value_has_slope_zero_at_zero():
    (of_x,) = gradients(F.absolute, [-2, 0, 3])
    np.testing.assert_array_equal(of_x, [-1, 0, 1])


@pytest.mark.parametrize(
    ("exponent", "slope_at_zero", "slope_at_three"),
    [(0, 0, 0), (1, 1, 1), (2, 0, 6), (3, 0, 27), (1.5, 0, 1.5 * 3**0.5)],
)
def test_powers_of_zero_have_a_finite_slope(exponent, slope_at_zero, slope_at_three):
    (of_x,) = gradients(lambda x: x**exponent, [0, 3])
    np.testing.assert_allclose(of_x, [slope_at_zero, slope_at_three])


@pytest.mark.parametrize(("exponent", "curvature"), [(0, 0), (1, 0), (2, 2), (3, 0)])
def test_powers_of_zero_have_a_finite_second_derivative(exponent, curvature):
    x = nl.tensor(0.0, requires_grad=True)
    (slope,) = nl.grad(x**exponent, x, create_graph=True)
    second = nl.grad(slope, x)[0].item() if slope.requires_grad else 0.0
    assert second == curvature


def test_the_exponent_of_a_base_that_is_not_positive_has_no_gradient():
    _, of_exponent = gradients(F.power, [0.0, -2.0, 2.0], [2.0, 2.0, 2.0])
    np.testing.assert_allclose(of_exponent, [0, 0, 4 * np.log(2)])


def test_integer_exponents_in_an_array_are_constants():
    (of_x,) = gradients(lambda x: x ** np.array([2, 3, 0]), [-2, -2, 0])
    np.testing.assert_allclose(of_x, [-4, 12, 0])


def test_on_a_limit_of_clip_the_gradient_goes_to_x():
    of_x, of_min, of_max = gradients(F.clip, [-2, -1, 0, 1, 2], [-1] * 5, [1] * 5)
    np.testing.assert_array_equal(of_x, [0, 1, 1, 1, 0])
    np.testing.assert_array_equal(of_min, [1, 0, 0, 0, 0])
    np.testing.assert_array_equal(of_max, [0, 0, 0, 0, 1])


def test_clip_with_one_limit():
    x = nl.tensor([-2.0, 2.0])
    np.testing.assert_array_equal(F.clip(x, min=0.0).numpy(), [0, 2])
    np.testing.assert_array_equal(F.clip(x, max=0.0).numpy(), [-2, 0])


def test_where_keeps_nan_of_the_other_branch_out_of_the_gradient():
    x = nl.tensor([0.0, 4.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        F.where(x > 0, F.where(x > 0, x, 1.0) ** 0.5, 0.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 0.25])
    of_a, of_b = gradients(lambda a, b: F.where([True, False], a, b), [1, np.nan], [np.inf, 2])
    np.testing.assert_array_equal(of_a, [1, 0])
    np.testing.assert_array_equal(of_b, [0, 1])


def test_where_sums_the_gradient_over_a_broadcast_condition():
    condition = np.array([[True], [False], [True]])
    of_a, of_b = gradients(lambda a, b: F.where(condition, a, b), [1, 2], 5)
    np.testing.assert_array_equal(of_a, [2, 2])
    assert of_b == 2


def test_mod_takes_the_sign_of_the_divisor():
    np.testing.assert_allclose(F.mod(np.array([5.5, -5.5, 5.5]), np.array([3.0, 3.0, -3.0])), [2.5, 0.5, -0.5])


@pytest.mark.parametrize("function", [F.sign, F.floor, F.ceil, F.round])
def test_steps_are_constants_for_the_engine(function):
    y = function(nl.tensor([-1.5, 0.2], requires_grad=True))
    assert isinstance(y, nl.Tensor)
    assert not y.requires_grad


@pytest.mark.parametrize("scalar", [2, 2.0, np.float64(2), np.int64(2), True])
@pytest.mark.parametrize("function", [F.add, F.subtract, F.multiply, F.divide, F.power, F.maximum, F.minimum, F.mod])
def test_scalars_do_not_promote_float32(function, scalar):
    x = nl.tensor([1.5, 2.5], requires_grad=True)
    for y in (function(x, scalar), function(scalar, x)):
        assert y.dtype == np.float32
        assert nl.grad(y.sum(), x)[0].dtype == np.float32


def test_shapes_that_do_not_broadcast_raise():
    with pytest.raises(ValueError, match=r"\(2,\) \(3,\)"):
        F.add(nl.tensor([1.0, 2.0]), nl.tensor([1.0, 2.0, 3.0]))
