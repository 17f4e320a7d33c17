"""The backward walk: sums, shapes, dtypes, where it starts, and what must not be walked."""

import copy
import itertools
import pickle
import weakref
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
        lambda x: x, identity, lambda x: x.reshape(2, 1), lambda x: x[::-1], lambda x: x.T, lambda x: x.sum(),
        lambda x: F.concatenate([x]), lambda x: F.broadcast_to(x, (3, 2)), lambda x: F.split(x, 2)[0],
        lambda x: x + x,
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


class TestFreedGraphs:
    def test_a_second_backward_says_what_to_do(self) -> None:
        x = leaf(1.0)
        y = np.exp(x)
        y.backward()
        for again in (y.backward, lambda: nl.grad(y, x), lambda: (y * 2).backward()):
            with pytest.raises(
                RuntimeError, match=r"freed, at exp\(\): .*retain_graph=True.*compute the outputs again"
            ):
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
        for late in (
            lambda y, w: y.backward(),
            lambda y, w: nl.grad(y, w),
            lambda y, w: nl.grad(y, w, create_graph=True),
        ):
            y = (w * w).sum()
            with nl.no_grad():
                w -= 0.125
            with pytest.raises(RuntimeError, match=r"leaf of shape \(2,\) that multiply\(\) used was changed in place"):
                late(y, w)
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

    def test_a_leaf_that_only_a_replayed_value_needs_counts_too(self) -> None:
        w, x = leaf(1.0), leaf(2.0)
        y = (w * 3) * x
        with nl.no_grad():
            w += 1
        with pytest.raises(RuntimeError, match="changed in place"):
            nl.grad(y, x, create_graph=True)

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


def test_a_grad_is_never_an_array_that_a_vjp_captured() -> None:
    captured = np.zeros(2)

    @nl.differentiable
    def stopped(x: np.ndarray, y: np.ndarray) -> tuple:
        return x + y, (lambda g: captured, lambda g: captured)

    x, y = (nl.tensor(np.ones(2), requires_grad=True) for _ in range(2))
    stopped(x, y).sum().backward()
    assert x.grad is not y.grad
    (3 * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 3])
    np.testing.assert_array_equal(y.grad, [0, 0])
    np.testing.assert_array_equal(captured, [0, 0])


class TestConstantsThatChange:
    """What the VJPs captured must be what the forward pass saw."""

    def test_a_frozen_parameter_that_an_optimizer_moved_is_noticed(self) -> None:
        w, frozen = nl.Parameter([1.0, 2.0]), nl.Parameter([3.0, 4.0], requires_grad=False)
        loss = (w * frozen).sum()
        frozen.requires_grad = True
        frozen.grad = np.ones(2, np.float32)
        nl.optimizers.SGD(0.1, parameters=[frozen]).step()
        with pytest.raises(RuntimeError, match=r"a leaf of shape \(2,\) that multiply\(\) used was changed"):
            loss.backward()
        assert w.grad is None

    def test_so_is_a_leaf_through_its_detached_self(self) -> None:
        w, other = nl.Parameter([1.0, 2.0]), nl.Parameter([3.0, 4.0])
        for detached in (other.detach(), other.detach().detach()):
            loss = (w * detached).sum()
            with nl.no_grad():
                other -= 0.5
            with pytest.raises(RuntimeError, match=r"a leaf .* changed in place"):
                loss.backward()
        assert other.detach().version == other.version == 2

    def test_and_in_a_replay(self) -> None:
        w, constant = nl.Parameter([1.0, 2.0]), nl.tensor([3.0, 4.0])
        loss = (w * w * constant).sum()
        constant.data[:] = 0
        constant.bump_version()
        with pytest.raises(RuntimeError, match=r"a leaf .* changed in place"):
            nl.grad(loss, w, create_graph=True)

    def test_constants_that_stay_raise_nothing_and_die_with_the_graph(self) -> None:
        w, constant = nl.Parameter([1.0, 2.0]), nl.tensor([3.0, 4.0])
        loss = (w * constant).sum()
        gone = weakref.ref(constant)
        loss.backward()
        del constant
        assert gone() is None
        np.testing.assert_array_equal(w.grad, [3, 4])

    def test_a_detached_leaf_can_be_trained_copied_and_pickled(self) -> None:
        w = nl.Parameter([1.0, 2.0])
        twin = w.detach()
        twin.requires_grad = True
        (twin * twin).sum().backward()
        np.testing.assert_array_equal(twin.grad, [2, 4])
        assert w.grad is None
        for copied in (copy.deepcopy(twin), pickle.loads(pickle.dumps(twin))):
            assert copied.requires_grad
            np.testing.assert_array_equal(copied.data, [1, 2])
            assert not np.shares_memory(copied.data, w.data)

    @pytest.mark.parametrize("view", [
        lambda w: w.T, lambda w: w.reshape(6), lambda w: w[0], lambda w: w.T[1:], lambda w: F.linear(w),
        lambda w: F.split(w, 2)[1], lambda w: F.broadcast_to(w, (4, 2, 3)),
    ])  # fmt: skip
    @pytest.mark.parametrize("way", ["frozen", "detached", "no_grad"])
    def test_views_of_what_is_constant_now_change_with_it(self, view: Any, way: str) -> None:
        w = nl.Parameter(np.ones((2, 3)), requires_grad=way != "frozen")
        with nl.no_grad() if way == "no_grad" else nl.enable_grad():
            seen = view(w.detach() if way == "detached" else w)
        assert not seen.requires_grad
        x = nl.tensor(np.ones(seen.shape), requires_grad=True)
        product = (x * seen).sum()
        w.data[...] = 7
        w.bump_version()
        with pytest.raises(RuntimeError, match="changed in place"):
            product.backward()
        (x * seen).sum().backward()
        np.testing.assert_array_equal(x.grad, np.full(seen.shape, 7.0))

    def test_what_is_computed_anew_from_a_constant_is_its_own(self) -> None:
        w = nl.Parameter([1.0, 2.0], requires_grad=False)
        x = nl.tensor([1.0, 1.0], requires_grad=True)
        product = (x * (w * 2)).sum()
        w.bump_version()
        product.backward()
        np.testing.assert_array_equal(x.grad, [2, 4])


class TestOwnership:
    """A leaf takes over a gradient that nobody else knows, and copies any other."""

    @pytest.mark.parametrize("joint", [False, True])
    @pytest.mark.parametrize(
        ("made", "taken_over"),
        [
            (lambda kept: 2 * np.ones(4), True),
            (lambda kept: kept.setdefault("whole", 2 * np.ones(4)), False),
            (lambda kept: kept.setdefault("whole", 2 * np.ones(8))[::2], False),
            (lambda kept: (2 * np.ones((4, 1)))[:, 0], False),  # a view of memory that nobody else has
        ],
    )
    def test_of_what_a_vjp_returns(self, made: Any, taken_over: bool, joint: bool) -> None:
        kept: dict[str, Any] = {}
        identities = []

        def vjp(g: Any) -> Any:
            gradient = made(kept)
            identities.append(id(gradient))
            return gradient

        @nl.differentiable
        def double(x: Any) -> Any:
            return 2 * x, (lambda g, needs: (vjp(g),)) if joint else (vjp,)

        x = nl.tensor(np.ones(4), requires_grad=True)
        double(x).sum().backward()
        assert x.grad is not None
        assert (id(x.grad) == identities[0]) == taken_over
        assert x.grad.flags.owndata
        x.grad += 1
        np.testing.assert_array_equal(kept.get("whole", 2), 2)

    def test_one_array_for_two_arguments_is_taken_by_neither(self) -> None:
        @nl.differentiable
        def total(x: Any, y: Any) -> Any:
            def vjps(g: Any, needs: Any) -> Any:
                gradient = 2 * np.ones(3)
                return gradient, gradient

            return x + y, vjps

        x, y = (nl.tensor(np.ones(3), requires_grad=True) for _ in range(2))
        total(x, y).sum().backward()
        assert x.grad is not None
        assert y.grad is not None
        assert not np.shares_memory(x.grad, y.grad)


def test_what_a_hook_keeps_does_not_change_when_other_gradients_are_added() -> None:
    kept: list[Any] = []
    x = nl.tensor(np.ones(3), requires_grad=True)
    x.register_hook(kept.append)
    for _ in range(3):
        (2 * x).sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad, 6)
    np.testing.assert_array_equal(kept, 2)
