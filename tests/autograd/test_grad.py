"""`grad`: any outputs with respect to any inputs, visiting only what lies between; and derivatives of derivatives."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nnlite as nl
import nnlite.functional as F


def leaf(*values: float) -> nl.Tensor:
    """Make a float64 leaf."""
    return nl.tensor(np.array(values), requires_grad=True)


def values(gradients: Any) -> list[Any]:
    """The numbers of gradients, None where there is none."""
    return [None if g is None else g.tolist() for g in gradients]


class TestWhatItGives:
    def test_gradients_of_leaves_and_of_what_lies_between_and_no_grad_is_touched(self) -> None:
        x = leaf(2.0, 3.0)
        y = x * x
        z = (y * 10).sum()
        x.grad = np.array([7.0, 7.0])
        assert values(nl.grad(z, [x, y])) == [[40, 60], [10, 10]]
        np.testing.assert_array_equal(x.grad, [7, 7])
        assert y.grad is None

    def test_always_a_tuple_of_constants_with_their_own_memory(self) -> None:
        a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
        g = np.ones(2)
        result = nl.grad(a + b, [a, b, a], g)
        assert isinstance(result, tuple)
        first, second, again = result
        assert isinstance(first, nl.Tensor)
        assert isinstance(second, nl.Tensor)
        assert again is not None
        assert not first.requires_grad
        assert not np.shares_memory(first.data, second.data)
        assert not np.shares_memory(first.data, g)
        np.testing.assert_array_equal(first.data, again.data)

    def test_gradients_of_what_lies_between_are_not_shared_either(self) -> None:
        x = leaf(1.0, 2.0)
        y, z, g = x * 2, x * 3, np.ones(2)
        first, second = nl.grad(y + z, [y, z], g)
        assert first is not None
        assert second is not None
        assert not np.shares_memory(first.data, second.data)
        assert not np.shares_memory(first.data, g)
        assert not np.shares_memory(second.data, g)

    def test_several_outputs_add_up(self) -> None:
        x = leaf(2.0)
        y = x * x
        assert values(nl.grad([y, x * 3, y], [x], retain_graph=True)) == [[4 + 3 + 4]]
        assert values(nl.grad([y, y], x, [None, [10.0]], retain_graph=True)) == [[44]]
        assert values(nl.grad((y, y), (x,), (np.array([2.0]), nl.tensor([3.0])))) == [[20]]

    def test_an_output_that_is_an_input(self) -> None:
        x = leaf(2.0)
        y = x * 5
        assert values(nl.grad([y * y, y, x], [y, x], [None, [100.0], [1000.0]])) == [[120], [1600]]
        assert values(nl.grad(x, x)) == [[1]]

    def test_an_input_above_another(self) -> None:
        x = leaf(2.0)
        y = x * 3
        z = y * x
        assert values(nl.grad(z * 10 + y, [z, y, x])) == [[10], [21], [21 * 3 + 60]]

    def test_unused_inputs(self) -> None:
        x, other = leaf(2.0), leaf(1.0)
        y = x * 2
        with pytest.raises(RuntimeError, match="do not depend on input 1; allow_unused=True"):
            nl.grad(y, [x, other], retain_graph=True)
        assert values(nl.grad(y, [x, other], allow_unused=True, retain_graph=True)) == [[2], None]
        assert values(nl.grad(y, [other * 2], allow_unused=True)) == [None]
        assert values(nl.grad(y, [other], allow_unused=True, create_graph=True)) == [None]

    def test_wrong_calls(self) -> None:
        x, constant = leaf(1.0, 2.0), nl.tensor([1.0])
        y = x * 2
        with pytest.raises(RuntimeError, match=r"output 0 of grad\(\) does not require grad"):
            nl.grad(constant, x)
        with pytest.raises(RuntimeError, match="input 1 of grad"):
            nl.grad(y, [x, constant])
        with pytest.raises(TypeError, match="input 0 is a ndarray"):
            nl.grad(y, [x.data])  # type: ignore[list-item]
        with pytest.raises(TypeError, match="output 0 is a float"):
            nl.grad([1.0], x)  # type: ignore[list-item]
        with pytest.raises(ValueError, match="needs a gradient of that shape"):
            nl.grad(y, x)
        with pytest.raises(ValueError, match="1 outputs and 2 grad_outputs"):
            nl.grad(y, x, [1, 1])
        with pytest.raises(ValueError, match="2 outputs and 1 grad_outputs"):
            nl.grad([y, y], x, [np.ones(2)])
        with pytest.raises(ValueError, match=r"shape \(2,\), got shape \(3,\)"):
            nl.grad(y, x, np.ones(3))


class TestWhatItVisits:
    @pytest.mark.parametrize("create_graph", [False, True])
    def test_only_nodes_that_reach_an_input(self, create_graph: bool) -> None:
        visits: list[str] = []

        @nl.differentiable
        def noted(a: Any, b: Any, *, name: str) -> Any:
            def record(which: str, g: Any) -> Any:
                visits.append(name + which)
                return g

            return a + b, (lambda g: record(".a", g), lambda g: record(".b", g))

        x, w1, w2, w3 = (leaf(float(i)) for i in range(4))
        h1 = noted(x, w1, name="1")
        h2 = noted(h1, w2, name="2")
        aside = noted(w3, w3, name="aside")
        loss = noted(h2, aside, name="loss")
        assert values(nl.grad(loss, h1, create_graph=create_graph, retain_graph=True)) == [[1]]
        assert visits == ["loss.a", "2.a"]
        visits.clear()
        assert values(nl.grad(loss, [w2, w3], create_graph=create_graph, retain_graph=True)) == [[1], [2]]
        assert sorted(visits) == ["2.b", "aside.a", "aside.b", "loss.a", "loss.b"]
        visits.clear()
        assert values(nl.grad(loss, loss, create_graph=create_graph)) == [[1]]
        assert visits == []

    def test_a_replay_does_not_go_behind_what_is_asked_about(self) -> None:
        replayed = []

        @nl.differentiable
        def noted(x: Any, *, name: str) -> Any:
            if isinstance(x, nl.Tensor):
                replayed.append(name)
            return x * 2, (lambda g: 2 * g,)

        x = leaf(1.0)
        h = noted(noted(x, name="behind"), name="at")
        y = noted(h, name="before")
        nl.grad(y, h, create_graph=True)
        assert replayed == ["before"]
        nl.grad(y, [h, x], create_graph=True)
        assert replayed == ["before", "behind", "at", "before"]


class TestDerivativesOfDerivatives:
    def test_of_powers_to_order_five(self) -> None:
        x = leaf(2.0)
        y: nl.Tensor | None = x**5
        for expected in (5 * 16, 20 * 8, 60 * 4, 120 * 2, 120):
            assert y is not None
            (y,) = nl.grad(y, x, create_graph=True)
            assert y is not None
            assert y.item() == pytest.approx(expected, rel=1e-12)

    def test_backward_through_a_gradient_reaches_grad(self) -> None:
        x = leaf(2.0)
        (g,) = nl.grad(x**3, x, create_graph=True)
        assert g is not None
        (g * g).backward()
        assert x.grad == pytest.approx(2 * 12 * 12)

    def test_without_create_graph_it_is_a_constant(self) -> None:
        x = leaf(2.0)
        (g,) = nl.grad(x**3, x)
        assert g is not None
        assert not g.requires_grad

    def test_under_no_grad_the_graph_is_made_all_the_same(self) -> None:
        x = leaf(2.0)
        y = x**3
        with nl.no_grad():
            (g,) = nl.grad(y, x, create_graph=True)
            assert not nl.is_grad_enabled()
        assert g is not None
        assert values(nl.grad(g, x)) == [[12]]

    def test_a_gradient_that_is_constant(self) -> None:
        x = leaf(2.0)
        (g,) = nl.grad(3 * x, x, create_graph=True)
        assert g is not None
        assert g.item() == 3
        with pytest.raises(RuntimeError):
            nl.grad(g, x)

    def test_with_respect_to_the_cotangent(self) -> None:
        x, c = leaf(2.0, 3.0), leaf(1.0, 10.0)
        (g,) = nl.grad(x**2, x, c, create_graph=True)
        assert g is not None
        assert values(nl.grad(g, [c, x], np.ones(2))) == [[4, 6], [2, 20]]

    def test_with_respect_to_what_lies_between(self) -> None:
        x = leaf(1.5)
        y = 3 * x
        z = y**3
        gy, gx = nl.grad(z, [y, x], create_graph=True)
        assert gy is not None
        assert gx is not None
        assert (gy.item(), gx.item()) == (3 * 4.5**2, 9 * 4.5**2)
        assert values(nl.grad(gy, [y, x], retain_graph=True)) == [[6 * 4.5], [18 * 4.5]]
        assert values(nl.grad(gx, [y, x], retain_graph=True)) == [[18 * 4.5], [54 * 4.5]]
        mixed = (gy * gx).sum()  # 27 y^4
        assert values(nl.grad(mixed, y)) == [[pytest.approx(108 * 4.5**3)]]

    def test_through_every_way_to_use_a_value(self) -> None:
        def knot(a: Any, b: Any) -> Any:
            c = a * b
            d = np.concatenate([c, a, c])[::-1]
            parts = F.split(np.tanh(d), 3)
            return (parts[0] * c + parts[2] ** 2).sum(axis=0) / (1 + F.norm(parts[1]))

        nl.check_grads(knot, np.array([0.3, -0.8]), np.array([1.1, 0.7]), order=3, rtol=1e-4)


def mlp(x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """Return the logits of a small network."""
    return np.tanh(x @ w1 + b1) @ w2 + b2


@pytest.fixture
def parameters() -> list[NDArray[np.float64]]:
    """A network of 2 inputs, 3 hidden units and 3 classes."""
    generator = np.random.default_rng(1)
    return [generator.normal(size=shape) for shape in ((2, 3), (3,), (3, 3), (3,))]


IMAGES, LABELS = np.random.default_rng(2).normal(size=(4, 2)), np.array([0, 2, 1, 2])


class TestSmallNetwork:
    @pytest.mark.parametrize("order", [1, 2, 3])
    def test_every_order_against_finite_differences(self, parameters: list[NDArray[np.float64]], order: int) -> None:
        nl.check_grads(
            lambda *p: F.cross_entropy(mlp(IMAGES, *p), LABELS), *parameters, order=order, rtol=1e-4, atol=1e-5
        )

    def test_the_hessian_vector_product_is_the_change_of_the_gradient(
        self, parameters: list[NDArray[np.float64]]
    ) -> None:
        def slope(shift: float) -> list[NDArray[np.float64]]:
            leaves = [nl.tensor(p + shift * v, requires_grad=True) for p, v in zip(parameters, directions, strict=True)]
            F.cross_entropy(mlp(IMAGES, *leaves), LABELS).backward()
            return [t.grad for t in leaves if t.grad is not None]

        directions = [np.random.default_rng(3).normal(size=p.shape) for p in parameters]
        _, products = nl.hvp(
            lambda *p: F.cross_entropy(mlp(IMAGES, *p), LABELS), tuple(map(nl.tensor, parameters)), tuple(directions)
        )
        h = 1e-5
        for product, above, below in zip(products, slope(h), slope(-h), strict=True):
            np.testing.assert_allclose(product.data, (above - below) / (2 * h), rtol=1e-6, atol=1e-9)

    def test_a_gradient_penalty(self, parameters: list[NDArray[np.float64]]) -> None:
        def penalty(*p: Any) -> Any:
            x = nl.tensor(IMAGES, requires_grad=True)
            (slope,) = nl.grad(F.cross_entropy(mlp(x, *p), LABELS), x, create_graph=True)
            assert slope is not None
            return (slope * slope).sum()

        leaves = [nl.tensor(p, requires_grad=True) for p in parameters]
        penalty(*leaves).backward()
        h = 1e-6
        for k, leaf_ in enumerate(leaves):
            assert leaf_.grad is not None
            for index in np.ndindex(leaf_.shape):
                shifted = [[p.copy() for p in parameters] for _ in range(2)]
                shifted[0][k][index] += h
                shifted[1][k][index] -= h
                above, below = (penalty(*(nl.tensor(p, requires_grad=True) for p in s)).item() for s in shifted)
                assert leaf_.grad[index] == pytest.approx((above - below) / (2 * h), rel=1e-5, abs=1e-7)

    def test_the_replay_gives_the_same_first_gradients(self, parameters: list[NDArray[np.float64]]) -> None:
        leaves = [nl.tensor(p.astype(np.float32), requires_grad=True) for p in parameters]
        loss = F.cross_entropy(mlp(IMAGES.astype(np.float32), *leaves), LABELS)
        replayed = nl.grad(loss, leaves, create_graph=True)
        for one, other in zip(nl.grad(loss, leaves), replayed, strict=True):
            assert one is not None
            assert other is not None
            assert other.dtype == np.float32
            np.testing.assert_allclose(one.data, other.data, rtol=1e-5, atol=1e-7)

    def test_newton_finds_the_minimum_of_a_quadratic_in_one_step(self) -> None:
        a, b = np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([1.0, -1.0])
        x = nl.tensor(np.zeros(2))

        def quadratic(t: Any) -> Any:
            return 0.5 * t @ a @ t - b @ t

        step = np.linalg.solve(nl.hessian(quadratic, x).data, nl.vjp(quadratic, x)[1].data)
        np.testing.assert_allclose(nl.vjp(quadratic, nl.tensor(-step))[1].data, 0, atol=1e-12)
