"""Hooks and retained gradients, on leaves and inside."""

import weakref
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F


def leaf(*values: float) -> nl.Tensor:
    """Make a float32 leaf."""
    return nl.tensor(values, requires_grad=True)


class TestHooks:
    def test_observe_replace_remove_on_leaves_and_inside(self) -> None:
        for inside in (False, True):
            x = leaf(1.0, 2.0)
            y = x * 2
            seen: list[Any] = []
            target = y if inside else x
            watching = target.register_hook(lambda g, seen=seen: seen.append(g.copy()))
            replacing = target.register_hook(lambda g: g * 10)
            y.backward([1, 1], retain_graph=True)
            np.testing.assert_array_equal(seen[0], [1, 1] if inside else [2, 2])
            np.testing.assert_array_equal(x.grad, [20, 20])
            replacing.remove()
            replacing.remove()
            y.backward([1, 1], retain_graph=True)
            np.testing.assert_array_equal(x.grad, [22, 22])
            watching.remove()
            y.backward([1, 1])
            assert len(seen) == 2

    def test_they_run_in_order_once_and_see_the_whole_sum(self) -> None:
        x = leaf(3.0)
        y = x * 1
        seen = []
        y.register_hook(lambda g: (seen.append(g.item()), g + 1)[1])
        y.register_hook(lambda g: seen.append(g.item()))
        (y * 2 + y * 3).backward()
        assert seen == [5, 6]
        assert x.grad == 6
        leaf_seen: list[float] = []
        x.register_hook(lambda g: leaf_seen.append(g.item()))
        (x * 2 + x * 3).backward()
        assert leaf_seen == [5]
        assert x.grad == 11

    def test_they_cannot_write(self) -> None:
        x = leaf(1.0)
        y = x * 2
        for tensor in (x, y):
            handle = tensor.register_hook(lambda g: g.__imul__(2))
            with pytest.raises(ValueError, match="read-only"):
                y.backward(retain_graph=True)
            handle.remove()

    @pytest.mark.parametrize("inside", [False, True])
    def test_a_replacement_has_the_shape_and_takes_the_dtype(self, inside: bool) -> None:
        x = leaf(1.0, 2.0)
        y = x * 2
        target = y if inside else x
        target.register_hook(lambda g: np.ones(2, np.float64))
        y.sum().backward()
        assert x.grad is not None
        assert x.grad.dtype == np.float32
        target.register_hook(lambda g: np.ones(3))
        with pytest.raises(ValueError, match=r"shape \(2,\) by one of shape \(3,\)"):
            (target * 1).sum().backward()

    def test_a_replacement_is_not_taken_over(self) -> None:
        x, mine = leaf(1.0, 2.0), np.ones(2, np.float32)
        x.register_hook(lambda g: mine)
        for _ in range(2):
            x.sum().backward()
        np.testing.assert_array_equal(mine, [1, 1])
        np.testing.assert_array_equal(x.grad, [2, 2])

    @pytest.mark.parametrize("inside", [False, True])
    def test_under_create_graph_they_get_tensors_and_stay_in_the_graph(self, inside: bool) -> None:
        x = nl.tensor(np.array([2.0]), requires_grad=True)
        y = x**2
        seen: list[Any] = []
        handle = (y if inside else x).register_hook(lambda g: (seen.append(g.numpy()), g * g)[1])
        (g,) = nl.grad(y**3, x, create_graph=True)
        assert g is not None
        # inside: (3 y^2)^2 2x = 18 x^9; on the leaf: (6 x^5)^2 = 36 x^10
        assert g.item() == (18 * 2**9 if inside else 36 * 2**10)
        assert len(seen) == 1
        handle.remove()
        (h,) = nl.grad(g, x)
        assert h is not None
        assert h.item() == (18 * 9 * 2**8 if inside else 36 * 10 * 2**9)

    def test_on_every_output_and_only_where_a_gradient_comes(self) -> None:
        x = leaf(1.0, 2.0)
        first, second = F.split(x, 2)
        seen: list[str] = []
        first.register_hook(lambda g: seen.append("first"))
        second.register_hook(lambda g: seen.append("second"))
        (second * 2).backward()
        assert seen == ["second"]

    def test_grad_runs_them_too(self) -> None:
        x = leaf(1.0)
        x.register_hook(lambda g: 10 * g)
        y = x * 2
        y.register_hook(lambda g: g + 1)
        gy, gx = nl.grad(y * 3, [y, x])
        assert gy is not None
        assert gx is not None
        assert (gy.item(), gx.item()) == (4, 80)

    def test_a_hook_may_compute_with_tensors(self) -> None:
        x = leaf(1.0)
        x.register_hook(lambda g: (nl.tensor(g) * 2).numpy())
        (x * 1).backward()
        assert x.grad == 2

    def test_constants_have_none(self) -> None:
        with pytest.raises(RuntimeError, match="requires grad"):
            nl.tensor(1.0).register_hook(print)
        with pytest.raises(RuntimeError, match="requires grad"):
            nl.tensor(1.0).retain_grad()


class TestRetainGrad:
    def test_interior_gradients_are_kept_only_when_asked_for(self) -> None:
        x = leaf(1.0, 2.0)
        y, z = x * 2, x * 3
        y.retain_grad()
        (y * z).sum().backward()
        np.testing.assert_array_equal(y.grad, z.data)
        assert z.grad is None
        assert not np.shares_memory(y.grad, z.data)

    def test_they_add_up_and_follow_the_hooks(self) -> None:
        x = leaf(1.0)
        y = x * 2
        y.retain_grad()
        y.register_hook(lambda g: 10 * g)
        z = y * 1
        z.backward(retain_graph=True)
        first = y.grad
        z.backward()
        assert y.grad is first
        assert y.grad == 20

    def test_on_a_leaf_nothing_changes(self) -> None:
        x = leaf(1.0)
        x.retain_grad()
        (x * 2).backward()
        assert x.grad == 2

    def test_it_does_not_keep_the_tensor(self) -> None:
        x = leaf(1.0)
        y = x * 2
        y.retain_grad()
        kept = weakref.ref(y)
        z = y * 3
        del y
        assert kept() is None
        z.backward()
        assert x.grad == 6

    def test_grad_leaves_it_alone(self) -> None:
        x = leaf(1.0)
        y = x * 2
        y.retain_grad()
        nl.grad(y * 3, x)
        assert y.grad is None
        assert x.grad is None
