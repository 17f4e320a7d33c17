"""jacobian, hessian, hvp, vjp and jvp against closed forms, and against each other."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl

A = np.random.default_rng(0).normal(size=(3, 2))
X, V, C = np.array([0.3, -0.7]), np.array([1.5, 2.0]), np.array([1.0, -2.0, 0.5])


def curve(x: Any) -> Any:
    """A function from two numbers to three, whose Jacobian is known."""
    return np.tanh(A @ x)


def curve_jacobian(x: Any) -> Any:
    """Its Jacobian."""
    return (1 - np.tanh(A @ x) ** 2)[:, None] * A


def bowl(x: Any) -> Any:
    """A function with one number as its value, whose derivatives are known."""
    return np.exp(A @ x).sum()


def bowl_hessian(x: Any) -> Any:
    """Its second derivatives."""
    return A.T @ (np.exp(A @ x)[:, None] * A)


class TestOneInput:
    def test_closed_forms(self) -> None:
        x = nl.tensor(X)
        np.testing.assert_allclose(nl.jacobian(curve, x).data, curve_jacobian(X), rtol=1e-12)
        np.testing.assert_allclose(nl.vjp(curve, x, C)[1].data, C @ curve_jacobian(X), rtol=1e-12)
        np.testing.assert_allclose(nl.jvp(curve, x, V)[1].data, curve_jacobian(X) @ V, rtol=1e-12)
        np.testing.assert_allclose(nl.hessian(bowl, x).data, bowl_hessian(X), rtol=1e-12)
        np.testing.assert_allclose(nl.hvp(bowl, x, V)[1].data, bowl_hessian(X) @ V, rtol=1e-12)
        np.testing.assert_allclose(nl.jacobian(bowl, x).data, A.T @ np.exp(A @ X), rtol=1e-12)

    def test_values_come_along(self) -> None:
        x = nl.tensor(X)
        for value in (nl.vjp(curve, x, C)[0], nl.jvp(curve, x, V)[0]):
            np.testing.assert_array_equal(value.data, curve(X))
        assert nl.hvp(bowl, x, V)[0].item() == pytest.approx(bowl(X), rel=1e-14)

    def test_arrays_and_numbers_are_taken_too(self) -> None:
        np.testing.assert_allclose(nl.jacobian(curve, X).data, curve_jacobian(X), rtol=1e-12)
        assert nl.vjp(lambda t: t**3, 2.0)[1].item() == 12
        assert nl.jvp(lambda t: t**3, 2.0)[1].item() == 12
        assert nl.hvp(lambda t: t**3, 2.0)[1].item() == 12

    def test_any_shapes(self) -> None:
        x = nl.tensor(np.arange(6.0).reshape(2, 3))
        jacobian = nl.jacobian(lambda t: t.T * 2, x)
        assert jacobian.shape == (3, 2, 2, 3)
        np.testing.assert_array_equal(jacobian.data, 2 * np.eye(6).reshape(2, 3, 2, 3).transpose(1, 0, 2, 3))
        assert nl.hessian(lambda t: (t**2).sum(), x).shape == (2, 3, 2, 3)
        assert nl.jacobian(lambda t: t.sum(), x).shape == (2, 3)
        assert nl.jacobian(lambda t: t[:0] * 2, x).shape == (0, 3, 2, 3)

    def test_a_value_that_does_not_depend_on_the_input(self) -> None:
        x = nl.tensor(X)
        for constant in (
            lambda t: nl.tensor([1.0]),
            lambda t: (t > 0).sum() * nl.tensor(1.0),
            lambda t: nl.tensor(1.0),
        ):
            for result in (nl.vjp(constant, x)[1], nl.hvp(constant, x, V)[1], nl.hessian(constant, x)):
                assert result.shape in ((2,), (2, 2))
                assert not result.data.any()
            assert not nl.jacobian(constant, x).data.any()
            assert not nl.jvp(constant, x, V)[1].data.any()

    def test_a_linear_function_has_no_curvature(self) -> None:
        assert not nl.hessian(lambda t: (A @ t).sum(), nl.tensor(X)).data.any()
        assert not nl.hvp(lambda t: (A @ t).sum(), nl.tensor(X), V)[1].data.any()


class TestSeveralInputs:
    @staticmethod
    def bilinear(x: Any, y: Any) -> Any:
        return x @ A.T * y

    def test_a_tuple_for_a_tuple(self) -> None:
        inputs = nl.tensor(X), nl.tensor(C)
        by_x, by_y = nl.jacobian(self.bilinear, inputs)
        np.testing.assert_allclose(by_x.data, C[:, None] * A, rtol=1e-12)
        np.testing.assert_allclose(by_y.data, np.diag(A @ X), rtol=1e-12)
        g = np.array([1.0, 2.0, 3.0])
        _, (gx, gy) = nl.vjp(self.bilinear, inputs, g)
        np.testing.assert_allclose(gx.data, g @ by_x.data, rtol=1e-12)
        np.testing.assert_allclose(gy.data, g @ by_y.data, rtol=1e-12)
        _, change = nl.jvp(self.bilinear, inputs, (V, g))
        np.testing.assert_allclose(change.data, by_x.data @ V + by_y.data @ g, rtol=1e-12)

    def test_blocks_of_the_hessian(self) -> None:
        inputs = nl.tensor(X), nl.tensor(C)

        def energy(x: Any, y: Any) -> Any:
            return (self.bilinear(x, y) ** 2).sum() + (y**3).sum()

        blocks = nl.hessian(energy, inputs)
        np.testing.assert_allclose(blocks[0][0].data, 2 * A.T @ np.diag(C**2) @ A, rtol=1e-12)
        np.testing.assert_allclose(blocks[1][1].data, np.diag(2 * (A @ X) ** 2 + 6 * C), rtol=1e-12)
        np.testing.assert_allclose(blocks[0][1].data, blocks[1][0].data.T, rtol=1e-12)
        _, products = nl.hvp(energy, inputs, (V, C))
        for product, row in zip(products, blocks, strict=True):
            np.testing.assert_allclose(product.data, row[0].data @ V + row[1].data @ C, rtol=1e-12)

    def test_an_input_that_is_not_used(self) -> None:
        inputs = nl.tensor(X), nl.tensor(C)
        used, unused = nl.jacobian(lambda x, y: x * 2, inputs)
        np.testing.assert_array_equal(used.data, 2 * np.eye(2))
        assert unused.shape == (2, 3)
        assert not unused.data.any()
        np.testing.assert_array_equal(nl.jvp(lambda x, y: x * 2, inputs, (V, C))[1].data, 2 * V)
        products = nl.hvp(lambda x, y: (x**2).sum(), inputs, (V, C))[1]
        assert [p.tolist() for p in products] == [(2 * V).tolist(), [0, 0, 0]]


class TestAgainstEachOther:
    @pytest.mark.parametrize("seed", range(3))
    def test_forward_is_the_transpose_of_backward(self, seed: int) -> None:
        generator = np.random.default_rng(seed)
        x, v, c = (generator.normal(size=n) for n in (2, 2, 3))
        _, forward = nl.jvp(curve, nl.tensor(x), v)
        _, backward = nl.vjp(curve, nl.tensor(x), c)
        assert (forward.data @ c).item() == pytest.approx(backward.data @ v, rel=1e-12)
        np.testing.assert_allclose(nl.jacobian(curve, x).data @ v, forward.data, rtol=1e-12)

    def test_the_hessian_is_the_jacobian_of_the_gradient(self) -> None:
        def gradient(t: Any) -> Any:
            return nl.vjp(bowl, t, create_graph=True)[1]

        np.testing.assert_allclose(nl.jacobian(gradient, nl.tensor(X)).data, bowl_hessian(X), rtol=1e-12)
        np.testing.assert_allclose(nl.hvp(bowl, X, V)[1].data, nl.jvp(gradient, X, V)[1].data, rtol=1e-12)


class TestGraphs:
    def test_without_create_graph_the_callers_graph_and_grads_are_left_alone(self) -> None:
        x = nl.tensor(X, requires_grad=True)
        y = x * 2
        for call in (
            lambda: nl.vjp(curve, y, C), lambda: nl.jvp(curve, y, V), lambda: nl.hvp(bowl, y, V),
            lambda: (nl.jacobian(curve, y), nl.hessian(bowl, y)),
        ):  # fmt: skip
            assert not any(t.requires_grad for t in call())
        assert x.grad is None
        y.sum().backward()
        np.testing.assert_array_equal(x.grad, [2, 2])

    def test_with_it_they_can_be_differentiated_again(self) -> None:
        x = nl.tensor(X)
        nl.check_grads(lambda t: nl.vjp(curve, t, C, create_graph=True)[1], x)
        nl.check_grads(lambda t: nl.jvp(curve, t, V, create_graph=True)[1], x)
        nl.check_grads(lambda t: nl.hvp(bowl, t, V, create_graph=True)[1], x)
        nl.check_grads(lambda t: nl.jacobian(curve, t, create_graph=True), x)
        nl.check_grads(lambda t: nl.hessian(bowl, t, create_graph=True), x)

    def test_directions_can_be_differentiated_too(self) -> None:
        nl.check_grads(lambda t, v: nl.jvp(curve, t, v, create_graph=True)[1], X, V)
        nl.check_grads(lambda t, c: nl.vjp(curve, t, c, create_graph=True)[1], X, C)
        nl.check_grads(lambda t, v: nl.hvp(bowl, t, v, create_graph=True)[1], X, V)

    def test_under_no_grad_they_work(self) -> None:
        with nl.no_grad():
            np.testing.assert_allclose(nl.jacobian(curve, X).data, curve_jacobian(X), rtol=1e-12)
            np.testing.assert_allclose(nl.hessian(bowl, X).data, bowl_hessian(X), rtol=1e-12)
            np.testing.assert_allclose(nl.jvp(curve, X, V)[1].data, curve_jacobian(X) @ V, rtol=1e-12)

    def test_float32_stays_float32(self) -> None:
        x = nl.tensor([0.3, -0.7])
        results = [nl.jacobian(np.tanh, x), nl.hessian(lambda t: np.tanh(t).sum(), x), nl.jvp(np.tanh, x, V)[1],
                   nl.vjp(np.tanh, x, V)[1], nl.hvp(lambda t: np.tanh(t).sum(), x, V)[1]]  # fmt: skip
        assert all(r.dtype == np.float32 for r in results)


class TestErrors:
    def test_missing_and_misshapen_directions(self) -> None:
        x = nl.tensor(X)
        with pytest.raises(ValueError, match="direction v is needed"):
            nl.jvp(curve, x)
        with pytest.raises(ValueError, match=r"shapes \[\(2,\)\], got \[\(3,\)\]"):
            nl.jvp(curve, x, C)
        with pytest.raises(ValueError, match=r"shapes \[\(2,\), \(2,\)\], got \[\(2,\)\]"):
            nl.jvp(lambda a, b: a * b, (x, x), V)
        with pytest.raises(ValueError, match="needs a gradient of that shape"):
            nl.vjp(curve, x)

    def test_second_derivatives_are_those_of_one_number(self) -> None:
        for call in (nl.hessian, lambda f, t: nl.hvp(f, t, V)):
            with pytest.raises(ValueError, match=r"one number as its value, got shape \(3,\)"):
                call(curve, nl.tensor(X))

    def test_a_function_of_tensors_gives_a_tensor(self) -> None:
        with pytest.raises(TypeError, match="ndarray"):
            nl.jacobian(lambda t: t.numpy(), nl.tensor(X))
