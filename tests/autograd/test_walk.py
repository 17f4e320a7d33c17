"""The backward walk: sums, shapes, dtypes, memory, order, hooks, and what must not be walked."""

import contextlib
import gc
import itertools
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import nnlite as nl
import nnlite.functional as F


def leaf(*values: float) -> nl.Tensor:
    """Make a float32 leaf."""
    return nl.tensor(values, requires_grad=True)


@nl.differentiable
def identity(x: Any) -> Any:
    """Return x; its VJP hands g on as it is."""
    return x * 1, (lambda g: g,)


class TestGradientsOfLeaves:
    def test_they_add_up_over_uses_and_over_passes(self) -> None:
        x = leaf(3.0)
        (x * x + x).backward()
        assert x.grad == 7
        (2 * x).backward()
        assert x.grad == 9
        x.zero_grad()
        assert x.grad is None

    def test_each_has_its_own_writeable_memory(self) -> None:
        a, b, g = leaf(1.0, 2.0), leaf(3.0, 4.0), np.ones(2, np.float32)
        (a + b).backward(g)
        assert a.grad is not None
        assert b.grad is not None
        for first, second in itertools.combinations((a.grad, b.grad, g, a.data, b.data), 2):
            assert not np.shares_memory(first, second)
        a.grad += 1
        np.testing.assert_array_equal(b.grad, [1, 1])
        np.testing.assert_array_equal(g, [1, 1])

    @pytest.mark.parametrize("function", [
        lambda x: x, identity, lambda x: x.reshape(2, 1), lambda x: x[::-1], lambda x: x.T, lambda x: F.concatenate([x]),
        lambda x: F.broadcast_to(x, (3, 2)), lambda x: x.sum(), lambda x: F.split(x, 2)[0], lambda x: x + x,
    ])  # fmt: skip
    def test_it_is_never_a_view(self, function: Any) -> None:
        x = leaf(1.0, 2.0)
        y = function(x)
        g = np.ones(y.shape, np.float32)
        g.flags.writeable = False
        y.backward(g, retain_graph=True)
        assert type(x.grad) is np.ndarray
        assert x.grad.base is None
        assert x.grad.flags.writeable
        assert not np.shares_memory(x.grad, g)
        kept, once = x.grad, x.grad.copy()
        y.backward(g)
        assert x.grad is kept
        np.testing.assert_array_equal(x.grad, 2 * once)

    def test_a_leaf_may_be_its_own_output(self) -> None:
        x = leaf(3.0)
        x.backward()
        x.backward(np.array([5.0]))
        assert x.grad == 6

    @pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
    @pytest.mark.parametrize("passes", [1, 2, 3])
    def test_0d_gradients_stay_arrays(self, shape: tuple[int, ...], passes: int) -> None:
        scalar = nl.tensor(2.0, requires_grad=True)
        y = scalar * np.ones(shape, np.float32)
        y.retain_grad()
        z = (y * y).sum()
        for _ in range(passes):
            z.backward(retain_graph=True)
        assert type(scalar.grad) is np.ndarray
        assert type(y.grad) is np.ndarray
        assert scalar.grad.shape == ()
        assert scalar.grad == passes * 4 * np.prod(shape)

    def test_a_gradient_that_several_places_got_is_not_added_to(self) -> None:
        a, b = leaf(1.0), leaf(1.0)
        y, z = a * 1, b * 1
        total = (y + z) + y + y  # the first gradient of y is that of z too
        total.backward()
        assert (a.grad, b.grad) == (3, 1)

    def test_the_order_of_leaves_does_not_matter(self) -> None:
        parts = [leaf(float(i)) for i in range(5)]
        for order in itertools.permutations(range(5), 3):
            total = nl.tensor([0.0])
            for i in order:
                total = total + parts[i] * parts[order[0]]
            gradients = nl.grad(total, parts, allow_unused=True)
            for i, g in enumerate(gradients):
                expected = sum(parts[j].item() for j in order) if i == order[0] else parts[order[0]].item()
                if i == order[0]:
                    expected += parts[i].item()
                assert (g is None) if i not in order else g is not None and g.item() == expected


shapes = st.shared(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=4, max_side=3, min_side=0), key="shapes")


class TestUnbroadcasting:
    @given(shapes)
    def test_over_any_shapes(self, drawn: hnp.BroadcastableShapes) -> None:
        arrays = [nl.tensor(np.ones(shape) * (i + 1), requires_grad=True) for i, shape in enumerate(drawn.input_shapes)]
        a, b, c = arrays
        y = a * b + c
        assert y.shape == drawn.result_shape
        g = np.arange(float(y.size)).reshape(y.shape)
        y.backward(g)
        for tensor, factor in zip(arrays, (2, 1, 1), strict=True):
            assert tensor.grad is not None
            assert tensor.grad.shape == tensor.shape
            expected = np.zeros(tensor.shape)
            spread = np.broadcast_to(np.arange(tensor.size).reshape(tensor.shape), g.shape)
            np.add.at(expected.reshape(-1), spread.ravel(), factor * g.ravel())
            np.testing.assert_array_equal(tensor.grad, expected)

    @given(shapes)
    def test_under_create_graph_too(self, drawn: hnp.BroadcastableShapes) -> None:
        arrays = [nl.tensor(np.ones(shape) * (i + 1), requires_grad=True) for i, shape in enumerate(drawn.input_shapes)]
        a, b, c = arrays
        plain = nl.grad((a * b * c).sum(), arrays)
        replayed = nl.grad((a * b * c).sum(), arrays, create_graph=True)
        for one, other in zip(plain, replayed, strict=True):
            assert one is not None
            assert other is not None
            assert other.shape == one.shape
            np.testing.assert_array_equal(one.data, other.data)


class TestStarting:
    def test_one_element_needs_no_gradient(self) -> None:
        for shape in ((), (1,), (1, 1)):
            x = nl.tensor(np.full(shape, 3.0), requires_grad=True)
            (x * 2).backward()
            assert x.grad is not None
            assert x.grad.shape == shape
            assert x.grad == 2

    def test_more_elements_do(self) -> None:
        with pytest.raises(ValueError, match=r"shape \(2,\).*\.sum\(\), \.mean\(\)"):
            (leaf(1.0, 2.0) * 2).backward()

    @pytest.mark.parametrize("gradient", [[1, 10], (1.0, 10.0), np.array([1, 10]), nl.tensor([1.0, 10.0])])
    def test_it_may_be_anything_like_an_array(self, gradient: Any) -> None:
        x = leaf(1.0, 2.0)
        (x * 2).backward(gradient)
        assert x.grad is not None
        assert x.grad.dtype == np.float32
        np.testing.assert_array_equal(x.grad, [2, 20])

    @pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (1, 2)])
    def test_of_its_shape(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"output's shape \(2,\), got shape") as error:
            (leaf(1.0, 2.0) * 2).backward(np.ones(shape))
        assert str(shape) in str(error.value)

    def test_what_does_not_require_grad_says_why(self) -> None:
        with nl.no_grad():
            y = leaf(1.0) * 2
        for tensor in (y, nl.tensor([1.0])):
            with pytest.raises(RuntimeError, match="requires_grad=True, or it was computed under no_grad"):
                tensor.backward()

    def test_backward_works_under_no_grad_and_leaves_the_mode_as_it_was(self) -> None:
        x = leaf(2.0)
        y = x * x
        with nl.no_grad():
            y.backward()
            assert not nl.is_grad_enabled()
        assert nl.is_grad_enabled()
        assert x.grad == 4


class TestDepth:
    LENGTH = 100_000

    def test_a_long_chain_forward_backward_and_away(self) -> None:
        x = leaf(1.0)
        y = x
        for _ in range(self.LENGTH):
            y = y + x.data
        y.backward()
        assert x.grad == 1
        del y

    def test_a_long_chain_dropped_without_backward(self) -> None:
        y = x = leaf(1.0)
        for _ in range(self.LENGTH):
            y = -y
        kept = weakref.ref(y)
        del y
        assert kept() is None
        assert x.grad is None

    def test_dropping_needs_no_deep_stack_even_in_a_thread(self) -> None:
        y = leaf(1.0)
        for _ in range(self.LENGTH // 2):
            y = y * 1.0
        held = [y]
        del y
        thread = threading.Thread(target=held.clear)
        thread.start()
        thread.join()
        assert not held

    def test_a_long_chain_twice_differentiated(self) -> None:
        x = leaf(1.0)
        y = x * x
        for _ in range(5_000):
            y = y + 1.0
        assert sys.getrecursionlimit() < 5_000
        (g,) = nl.grad(y, x, create_graph=True)
        assert g is not None
        g.backward()
        assert x.grad == 2

    def test_a_wide_sum(self) -> None:
        x = leaf(1.0)
        y = x * 1.0
        total = y
        for _ in range(1000):
            total = total + y
        total.backward()
        assert x.grad == 1001


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def small_network() -> tuple[nl.Tensor, nl.Tensor, nl.Tensor]:
    """Return a loss, a weight, and an interior Tensor with a hook and a retained gradient."""
    w = nl.tensor(np.ones((3, 3)), requires_grad=True)
    h = np.tanh(np.ones((2, 3)) @ w)
    h.register_hook(lambda g: 2 * g)
    h.retain_grad()
    parts = F.split(F.softmax(h), 3, axis=1)
    return (parts[0] * parts[1] + F.logsumexp(h, axis=1, keepdims=True)).sum(), w, h


@pytest.mark.usefixtures("_no_collector")
class TestNoCycles:
    def test_a_dropped_graph(self) -> None:
        network = small_network()
        kept = weakref.ref(network[2])
        del network
        assert kept() is None
        assert gc.collect() == 0

    def test_after_backward(self) -> None:
        loss, w, h = small_network()
        loss.backward()
        del loss, h
        assert gc.collect() == 0
        assert w.grad is not None

    def test_after_create_graph(self) -> None:
        loss, w, h = small_network()
        first, inner = nl.grad(loss, [w, h], create_graph=True)
        assert first is not None
        assert inner is not None
        ((first * first).sum() + inner.sum()).backward()
        del loss, h, first, inner, w
        assert gc.collect() == 0

    def test_after_transforms_and_checkpoints(self) -> None:
        x = nl.tensor([1.0, 2.0])
        nl.jacobian(np.tanh, x)
        nl.hessian(lambda t: (t**3).sum(), x)
        nl.hvp(lambda t: (t**3).sum(), x, x)
        nl.jvp(np.tanh, x, x)
        w = leaf(1.0, 2.0)
        y = nl.checkpoint(lambda t: np.tanh(t) * w, w)
        (g,) = nl.grad(y.sum(), w, create_graph=True)
        assert g is not None
        g.sum().backward()
        del y, g, w
        assert gc.collect() == 0

    def test_after_exceptions(self) -> None:
        @nl.differentiable
        def failing(x: Any) -> Any:
            def vjp(g: Any) -> Any:
                raise ZeroDivisionError

            return x * 1, (vjp,)

        x = leaf(1.0, 2.0)
        gc.collect()  # making a function leaves cycles, calling one does not
        for attempt in (
            lambda y: y.backward(),
            lambda y: nl.grad(y, x, create_graph=True),
            lambda y: (y.backward(), y.backward()),
            lambda y: y + "text",
            lambda y: y[5],
        ):
            with contextlib.suppress(ZeroDivisionError, TypeError, IndexError):
                attempt(failing(x * 2).sum())
                pytest.fail("nothing was raised")
        assert gc.collect() == 0

    def test_vjps_are_dropped_as_they_are_used(self) -> None:
        captured: list[weakref.ref[Any]] = []
        alive: list[int] = []

        @nl.differentiable
        def heavy(x: Any) -> Any:
            ballast = np.zeros(1000)
            captured.append(weakref.ref(ballast))

            def vjp(g: Any) -> Any:
                alive.append(sum(r() is not None for r in captured))
                return g + 0 * ballast[0]

            return x * 1, (vjp,)

        x = leaf(1.0)
        y = x
        for _ in range(5):
            y = heavy(y)
        y.backward()
        assert alive == [5, 4, 3, 2, 1]
        assert all(r() is None for r in captured)


class TestFreedGraphs:
    def test_a_second_backward_says_what_to_do(self) -> None:
        x = leaf(1.0)
        y = np.exp(x)
        y.backward()
        for again in (y.backward, lambda: nl.grad(y, x), lambda: (y * 2).backward()):
            with pytest.raises(RuntimeError, match=r"freed, at exp\(\): .*retain_graph=True.*compute the outputs again"):
                again()
        with pytest.raises(RuntimeError, match=r"freed, at exp\(\): .*retain_graph=True"):
            nl.grad(y, x, create_graph=True)

    def test_retain_graph_keeps_it(self) -> None:
        x = leaf(1.0)
        y = x * x
        y.backward(retain_graph=True)
        nl.grad(y, x, retain_graph=True)
        y.backward()
        assert x.grad == 4
        with pytest.raises(RuntimeError, match="freed"):
            y.backward()

    def test_create_graph_keeps_it_too_unless_told_otherwise(self) -> None:
        x = leaf(1.0)
        y = x * x
        nl.grad(y, x, create_graph=True)
        nl.grad(y, x, create_graph=True, retain_graph=False)
        with pytest.raises(RuntimeError, match="freed"):
            nl.grad(y, x)

    def test_the_part_that_was_not_walked_stays(self) -> None:
        a, b = leaf(2.0), leaf(3.0)
        left, right = a * 2, b * 3
        nl.grad(left + right, a)
        right.backward()
        assert b.grad == 3
        with pytest.raises(RuntimeError, match=r"freed, at multiply"):
            left.backward()


class TestVersions:
    def test_stepping_a_parameter_between_forward_and_backward_raises(self) -> None:
        w = nl.Parameter([1.0, 2.0])
        for late in (nl.Tensor.backward, lambda y: nl.grad(y, w), lambda y: nl.grad(y, w, create_graph=True)):
            y = (w * w).sum()
            with nl.no_grad():
                w -= 0.125
            with pytest.raises(RuntimeError, match=r"leaf of shape \(2,\) that multiply\(\) used was changed in place"):
                late(y)
        (w * w).sum().backward()
        np.testing.assert_array_equal(w.grad, [1.25, 3.25])

    @pytest.mark.parametrize("change", [
        lambda w: setattr(w, "data", w.data * 2), lambda w: w.bump_version(), lambda w: w.__imul__(2),
    ])  # fmt: skip
    def test_every_way_to_change_it_counts(self, change: Any) -> None:
        w, x = leaf(1.0), leaf(2.0)
        y = x * 3 + w
        with nl.no_grad():
            change(w)
        assert w.version == 1
        with pytest.raises(RuntimeError, match="changed in place"):
            y.backward()
        (g,) = nl.grad(x * 3, x)  # another graph is none the worse
        assert g is not None
        assert g.item() == 3

    def test_between_backward_and_the_second_derivative_too(self) -> None:
        w = leaf(2.0)
        (g,) = nl.grad(w**3, w, create_graph=True)
        assert g is not None
        with nl.no_grad():
            w += 1
        with pytest.raises(RuntimeError, match="changed in place"):
            g.backward()

    def test_a_training_loop(self) -> None:
        w = nl.Parameter([5.0])
        for _ in range(100):
            loss = (w - 2.0) ** 2
            loss.backward()
            with nl.no_grad():
                w -= 0.1 * w.grad
            w.zero_grad()
        assert w.item() == pytest.approx(2, abs=1e-5)
        assert w.version == 100


class TestHooks:
    def test_observe_replace_remove_on_leaves_and_inside(self) -> None:
        for inside in (False, True):
            x = leaf(1.0, 2.0)
            y = x * 2
            seen: list[Any] = []
            target = y if inside else x
            watching = target.register_hook(lambda g, seen=seen: seen.append(g.copy()))
            replacing = target.register_hook(lambda g: g * 10)
            assert target.is_watched
            y.backward([1, 1], retain_graph=True)
            np.testing.assert_array_equal(seen[0], [1, 1] if inside else [2, 2])
            np.testing.assert_array_equal(x.grad, [20, 20])
            replacing.remove()
            replacing.remove()
            y.backward([1, 1], retain_graph=True)
            np.testing.assert_array_equal(x.grad, [22, 22])
            watching.remove()
            assert not target.is_watched
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
        assert y.is_watched
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
