"""`check_grads` itself: it passes what is right, and rejects every kind of wrong gradient that is known to happen."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F

X = np.array([[0.5, -1.3, 0.8], [1.7, 0.2, -0.4]])


def rejects(function: Any, *inputs: Any, order: int = 1) -> nl.GradientError:
    """Return the error that a wrong gradient raises; fail if there is none, or one already at a lower order."""
    if order > 1:
        nl.check_grads(function, *inputs, order=1)
    with pytest.raises(nl.GradientError) as caught:
        nl.check_grads(function, *inputs, order=order)
    return caught.value


class TestItPasses:
    @pytest.mark.parametrize("function", [np.exp, np.tanh, lambda x: x * x, lambda x: x.sum(axis=0), F.softmax])
    def test_what_is_right(self, function: Any) -> None:
        nl.check_grads(function, X, order=3)

    def test_several_inputs_outputs_and_constants(self) -> None:
        index = np.array([0, 2, 2])

        def gathered(x: Any, i: Any, y: Any, flag: Any, n: int) -> Any:
            assert i is index
            assert type(n) is int
            assert flag.dtype == bool
            return x[:, i] * y, (x * flag).sum() ** n, np.argmax(x)

        nl.check_grads(gathered, X, index, np.ones((2, 3)), X > 0, 2, order=2)

    def test_tensors_lists_and_float32_are_checked_in_float64(self) -> None:
        def seen(x: Any) -> Any:
            assert x.dtype == np.float64
            return x * x

        for x in (nl.tensor(X), X.astype(np.float32), X.tolist(), 0.5, np.float32(0.5)):
            nl.check_grads(seen, x)

    def test_a_function_that_does_not_depend_on_an_input(self) -> None:
        nl.check_grads(lambda x, y: x * 2, X, X, order=2)
        nl.check_grads(lambda x: F.floor(x), X, order=2)

    def test_empty_inputs(self) -> None:
        nl.check_grads(np.exp, np.ones((0, 3)), order=2)

    def test_inputs_are_left_alone_and_no_grad_is_left_behind(self) -> None:
        x = nl.tensor(X, requires_grad=True)
        with nl.no_grad():
            nl.check_grads(np.exp, x, order=2)
        assert x.grad is None
        np.testing.assert_array_equal(x.data, X)

    def test_large_and_small_arguments(self) -> None:
        nl.check_grads(np.log, np.array([1e-1, 1.0, 1e4, 1e8]), order=2)


class TestItRejects:
    def test_a_zero_vjp(self) -> None:
        @nl.differentiable
        def square(x: Any) -> Any:
            return x * x, (lambda g: 0 * g,)

        error = rejects(square, X)
        assert error.analytic == 0

    def test_a_missing_vjp(self) -> None:
        @nl.differentiable
        def product(a: Any, b: Any) -> Any:
            return a * b, (lambda g: g * b, None)

        assert rejects(product, X, X).input == 1

    @pytest.mark.parametrize("factor", [2, -1, 1.001, 0.9999])
    def test_a_wrong_factor(self, factor: float) -> None:
        @nl.differentiable
        def square(x: Any) -> Any:
            return x * x, (lambda g: 2 * factor * g * x,)

        rejects(square, X)

    def test_a_gradient_wrong_at_one_element_only(self) -> None:
        mask = np.zeros_like(X)
        mask[1, 2] = 1e-3

        @nl.differentiable
        def square(x: Any) -> Any:
            return x * x, (lambda g: 2 * g * x + mask,)

        assert rejects(square, X).index == (1, 2)

    def test_equals_for_plus_equals_in_a_scatter(self) -> None:
        index = np.array([0, 2, 2])

        def gather(scatter: Any) -> Any:
            @nl.differentiable
            def gathered(x: Any) -> Any:
                def vjp(g: Any) -> Any:
                    total = np.zeros(X.shape)
                    scatter(total, g)
                    return total

                return x[:, index], (vjp,)

            return gathered

        def assign(total: Any, g: Any) -> None:
            total[:, index] = g

        def add_once(total: Any, g: Any) -> None:
            total[:, index] += g

        def add_each(total: Any, g: Any) -> None:
            np.add.at(total, (slice(None), index), g)

        nl.check_grads(gather(add_each), X)
        assert rejects(gather(assign), X).index[1] == 2
        assert rejects(gather(add_once), X).index[1] == 2

    @pytest.mark.parametrize("assigned", [True, False])
    def test_equals_for_plus_equals_in_col2im(self, assigned: bool) -> None:
        """Windows of three that overlap: every element is in up to three of them."""

        @nl.differentiable
        def windows(x: Any) -> Any:
            def vjp(g: Any) -> Any:
                total = np.zeros(6)
                for k in range(3):
                    if assigned:
                        total[k : k + 4] = g[:, k]
                    else:
                        total[k : k + 4] += g[:, k]
                return total

            return np.stack([x[k : k + 4] for k in range(3)], axis=1), (vjp,)

        if assigned:
            rejects(windows, np.arange(6.0))
        else:
            nl.check_grads(windows, np.arange(6.0))

    def test_a_forgotten_unbroadcast(self) -> None:
        @nl.differentiable
        def shifted(x: Any, bias: Any) -> Any:
            return x + bias, (lambda g: g, lambda g: g[0])  # of the right shape, but one row only

        assert rejects(shifted, X, np.ones(3)).input == 1

    def test_a_mean_for_a_sum(self) -> None:
        @nl.differentiable
        def shifted(x: Any, bias: Any) -> Any:
            return x + bias, (lambda g: g, lambda g: g.mean(axis=0))

        rejects(shifted, X, np.ones(3))

    def test_a_softmax_without_its_coupling_which_all_ones_would_pass(self) -> None:
        @nl.differentiable
        def softmax(x: Any) -> Any:
            e = np.exp(x)
            return e / e.sum(axis=-1, keepdims=True), (lambda g: 0 * g,)

        leaf = nl.tensor(X, requires_grad=True)
        F.softmax(leaf).sum().backward()
        np.testing.assert_allclose(leaf.grad, 0, atol=1e-15)  # all-ones cotangents: zero is right
        rejects(softmax, X)

    def test_two_inputs_mixed_up(self) -> None:
        @nl.differentiable
        def quotient(a: Any, b: Any) -> Any:
            return a / b, (lambda g: -g * a / b**2, lambda g: g / b)

        rejects(quotient, X, X + 3)

    def test_two_outputs_mixed_up(self) -> None:
        @nl.differentiable
        def sine_and_cosine(x: Any) -> Any:
            def vjp(g: Any) -> Any:
                by_sine, by_cosine = (0 if part is None else part for part in g)
                return by_cosine * np.cos(x) - by_sine * np.sin(x)

            return (np.sin(x), np.cos(x)), (vjp,)

        rejects(sine_and_cosine, X)

    def test_a_gradient_that_is_nan(self) -> None:
        where = np.array([[1, 1, 1], [2, np.nan, 1]])

        @nl.differentiable
        def square(x: Any) -> Any:
            return x * x, (lambda g: 2 * where * g * x,)

        error = rejects(square, X)
        assert np.isnan(error.analytic)
        assert error.index == (1, 1)

    def test_a_wrong_second_derivative_whose_first_is_right(self) -> None:
        @nl.differentiable
        def cube(x: Any) -> Any:
            constant = x.data if isinstance(x, nl.Tensor) else x
            return x**3, (lambda g: 3 * g * constant**2,)

        error = rejects(cube, X, order=2)
        assert "order 2" in str(error)
        assert error.analytic == 0

    def test_half_of_a_second_derivative(self) -> None:
        @nl.differentiable
        def cube(x: Any) -> Any:
            constant = x.data if isinstance(x, nl.Tensor) else x
            return x**3, (lambda g: 3 * g * constant * x,)

        error = rejects(cube, X, order=2)
        assert error.analytic == pytest.approx(error.numeric / 2, rel=1e-4)

    def test_a_wrong_third_derivative_whose_second_is_right(self) -> None:
        @nl.differentiable
        def slope(x: Any) -> Any:
            constant = x.data if isinstance(x, nl.Tensor) else x
            return 4 * x**3, (lambda g: 12 * g * constant**2,)

        @nl.differentiable
        def fourth_power(x: Any) -> Any:
            return x**4, (lambda g: g * slope(x),)

        assert "order 3" in str(rejects_only_at(3, fourth_power))

    def test_a_twin_that_is_another_function(self) -> None:
        @nl.differentiable
        def square(x: Any) -> Any:
            return x * x, (lambda g: 2 * g * x,)

        @square.composite
        def not_square(x: Any) -> Any:
            return x**3

        error = rejects(square, X, order=2)
        assert "order 1" in str(error)
        assert "forward" not in str(error)

    def test_a_derivative_with_respect_to_the_cotangent_that_is_cut_off(self) -> None:
        @nl.differentiable
        def square(x: Any) -> Any:
            return x * x, (lambda g: 2 * x * (g.data if isinstance(g, nl.Tensor) else g),)

        error = rejects(square, X, order=2)
        assert "square forward" in str(error)
        assert error.analytic == 0

    def test_a_vjp_that_is_not_linear_in_g(self) -> None:
        @nl.differentiable
        def identity(x: Any) -> Any:
            return x * 1, (lambda g: g * abs(g),)

        rejects(identity, X)

    def test_a_value_that_changes_from_call_to_call(self) -> None:
        rejects(lambda x: F.dropout(x, 0.5) * x, X)


def rejects_only_at(order: int, function: Any) -> nl.GradientError:
    """Return the error at this order; one order less must pass."""
    nl.check_grads(function, X, order=order - 1)
    with pytest.raises(nl.GradientError) as caught:
        nl.check_grads(function, X, order=order)
    return caught.value


class TestItsErrors:
    def test_they_carry_what_is_wrong(self) -> None:
        @nl.differentiable
        def doubled(index: Any, x: Any) -> Any:
            return x * 2, (None, lambda g: g * 3)

        error = rejects(doubled, np.array([1]), np.array([[1.0]]))
        assert error.input == 1
        assert error.index == (0, 0)
        assert error.analytic == pytest.approx(1.5 * error.numeric)
        assert isinstance(error, AssertionError)
        for part in ("doubled", "order 1", "input 1", "(0, 0)", f"{error.analytic:.10g}", f"{error.numeric:.10g}"):
            assert part in str(error)

    def test_the_worst_element_is_named(self) -> None:
        scale = np.array([[1, 1, 1], [1, 5, 1.5]])

        @nl.differentiable
        def doubled(x: Any) -> Any:
            return x * 2, (lambda g: 2 * scale * g / abs(g),)

        assert rejects(doubled, X).index == (1, 1)

    def test_seeds_choose_the_cotangents(self) -> None:
        @nl.differentiable
        def doubled(x: Any) -> Any:
            return x * 2, (lambda g: 3 * g,)

        errors = []
        for seed in (0, 0, 1):
            with pytest.raises(nl.GradientError) as caught:
                nl.check_grads(doubled, X, seed=seed)
            errors.append(caught.value.analytic)
        assert errors[0] == errors[1] != errors[2]

    def test_tolerances(self) -> None:
        @nl.differentiable
        def doubled(x: Any) -> Any:
            return x * 2, (lambda g: 2.01 * g,)

        nl.check_grads(doubled, X, rtol=0.02)
        nl.check_grads(doubled, X, atol=1.0)
        rejects(doubled, X)

    @pytest.mark.parametrize("order", [0, -1])
    def test_the_order_is_positive(self, order: int) -> None:
        with pytest.raises(ValueError, match=f"order={order}"):
            nl.check_grads(np.exp, X, order=order)

    def test_something_is_to_be_checked(self) -> None:
        with pytest.raises(ValueError, match="at least one floating input"):
            nl.check_grads(lambda i: nl.tensor(X)[i], np.array([0]))


def test_a_large_element_beside_a_small_one_is_no_false_alarm() -> None:
    nl.check_grads(lambda x: x**-3, [0.004, 1.0, -2.0], order=2)


def test_and_hides_no_wrong_gradient() -> None:
    @nl.differentiable
    def cube_but_for_one(x: Any) -> Any:
        return x**3, (lambda g: g * 3 * x**2 * np.array([1.0, 1.0001]),)

    with pytest.raises(nl.GradientError, match=r"index \(1,\)"):
        nl.check_grads(cube_but_for_one, [1e5, 1.0], rtol=1e-6)
