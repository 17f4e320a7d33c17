"""`@differentiable`: how arguments are told from settings, what is recorded, and what a replay demands of a body."""

import weakref
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.autograd import nondifferentiable


@nl.differentiable
def scaled(x: Any, y: Any = 2.0, *, factor: float = 1.0, power: int = 1) -> Any:
    """Return factor * x**power * y."""
    z = factor * x**power
    return z * y, (lambda g: g * y * factor * power * x ** (power - 1), lambda g: g * z)


@nl.differentiable
def extremes(x: Any) -> Any:
    """Return the square, the cube and, beside the graph, the sign: several outputs with one joint VJP."""

    def vjp(g: Any, needs: tuple[bool, ...]) -> Any:
        square, cube = g
        total = 0 * x
        if square is not None:
            total = total + 2 * square * x
        if cube is not None:
            total = total + 3 * cube * x**2
        return (total,)

    return (x * x, x**3), vjp, (np.sign(x),)


def leaf(*values: float) -> nl.Tensor:
    """Make a float32 leaf."""
    return nl.tensor(values, requires_grad=True)


class TestCalling:
    def test_arrays_give_arrays_and_numbers_numbers(self) -> None:
        assert scaled(3.0, factor=2.0) == 12.0
        assert type(scaled(3.0)) is float
        assert type(scaled(np.ones(2), np.ones(2))) is np.ndarray

    def test_settings_by_position_and_arrays_by_keyword(self) -> None:
        x, y = leaf(3.0), leaf(5.0)
        for z in (scaled(x, y, 2.0, 2), scaled(y=y, x=x, factor=2.0, power=2), scaled(x, y=y, power=2, factor=2.0)):
            assert z.item() == 2 * 9 * 5
            grads = nl.grad(z, [x, y])
            assert [g.item() for g in grads if g is not None] == [2 * 2 * 3 * 5, 2 * 9]

    def test_a_default_array_is_filled_in(self) -> None:
        @nl.differentiable
        def combined(x: Any, a: Any = 10.0, b: Any = 100.0) -> Any:
            return x + a * b, (lambda g: g, lambda g: g * b, lambda g: g * a)

        b = leaf(3.0)
        combined(1.0, b=b).backward()
        assert b.grad == 10

    @pytest.mark.parametrize(
        ("args", "settings", "message"),
        [
            ((1.0, 1.0, 1.0, 1, 1), {}, "at most 4 arguments, got 5"),
            ((1.0, 1.0, 2.0), {"factor": 1.0}, "two values for factor"),
            ((1.0,), {"x": 1.0}, "two values for x"),
            ((), {"y": 1.0}, "missing its argument x"),
            ((1.0,), {"unknown": 1.0}, "unknown"),
            ((), {}, "missing"),
        ],
    )
    def test_wrong_calls_are_named(self, args: Any, settings: Any, message: str) -> None:
        with pytest.raises(TypeError, match=message):
            scaled(*args, **settings)

    @pytest.mark.parametrize("call", [
        lambda t: scaled(1.0, factor=t), lambda t: scaled(t, 1.0, t), lambda t: F.sum([1.0], axis=t),
        lambda t: F.leaky_relu([1.0], t),
    ])  # fmt: skip
    def test_a_tensor_that_reaches_a_setting_raises(self, call: Any) -> None:
        with pytest.raises(TypeError, match=r"(factor|axis|negative_slope) as a setting.*got a Tensor"):
            call(leaf(1.0))

    @pytest.mark.parametrize("bad", ["text", object(), {"a": 1}, 1j, [1j], {1, 2}])
    def test_what_cannot_be_computed_with_is_named_with_the_function(self, bad: Any) -> None:
        for call in (lambda: F.add(leaf(1.0), bad), lambda: leaf(1.0) * bad, lambda: F.exp(bad)):
            with pytest.raises(TypeError, match=r"(add|multiply|exp)\(\) cannot compute with this"):
                call()

    def test_lists_are_arrays_of_the_default_dtype(self) -> None:
        z = F.multiply(leaf(1.0, 2.0), [10, 20])
        np.testing.assert_array_equal(z.data, [10, 40])
        assert z.dtype == np.float32
        assert F.add([1, 2], [3, 4]).dtype == np.float32
        assert (nl.tensor(np.ones(2)) * [1.5, 2.5]).dtype == np.float64

    def test_the_name_in_errors_is_the_public_one(self) -> None:
        @nl.differentiable
        def _inner(x: Any) -> Any:
            return x, (lambda g: g,)

        assert "from=inner" in repr(_inner(leaf(1.0)))


class TestDtypes:
    @pytest.mark.parametrize("scalar", [2, 2.0, np.float64(2), np.int64(2), np.float16(2), np.bool_(True), True])
    @pytest.mark.parametrize("function", [F.add, F.multiply, F.divide, F.power, F.maximum])
    def test_scalars_never_promote(self, function: Any, scalar: Any) -> None:
        x = np.ones(3, np.float32)
        for a, b in ((x, scalar), (scalar, x)):
            assert function(a, b).dtype == np.float32
            t = nl.tensor(x, requires_grad=True)
            assert function(*(t if arg is x else arg for arg in (a, b))).dtype == np.float32
        assert function([1.0, 2.0], scalar).dtype == function(scalar, (1.0, 2.0)).dtype == np.float32
        half = nl.tensor(np.ones(3, np.float16))
        assert function(half, scalar).dtype == np.float16

    @pytest.mark.parametrize("scalar", [np.float64(2), np.int64(2)])
    def test_nor_do_they_through_operators_on_either_side(self, scalar: Any) -> None:
        x = leaf(1.0, 2.0)
        results = (x * scalar, scalar * x, x + scalar, scalar - x, x / scalar, scalar / x, x**scalar, scalar**x)
        assert all(isinstance(r, nl.Tensor) and r.requires_grad and r.dtype == np.float32 for r in results)

    @pytest.mark.parametrize("dtype", ["int64", "int8", "bool", "uint32"])
    def test_integer_arrays_do_not_promote_float32(self, dtype: str) -> None:
        x, n = leaf(1.0, 2.0), np.ones(2, dtype)
        for result in (x * n, n * x, x / n, x + nl.tensor(n), F.multiply(x.data, n)):
            assert result.dtype == np.float32

    def test_float64_arrays_do_and_the_gradient_comes_back_in_float32(self) -> None:
        x = leaf(1.0, 2.0)
        y = x * np.array([1.0, 3.0])
        assert y.dtype == np.float64
        y.sum().backward()
        assert x.grad is not None
        assert x.grad.dtype == np.float32
        np.testing.assert_array_equal(x.grad, [1, 3])

    def test_each_input_gets_its_own_dtype(self) -> None:
        inputs = [nl.tensor(np.ones(2, d), requires_grad=True) for d in ("float16", "float32", "float64")]
        F.add(F.add(*inputs[:2]), inputs[2]).sum().backward()
        assert [t.grad.dtype for t in inputs if t.grad is not None] == ["float16", "float32", "float64"]

    def test_an_integer_result_is_a_constant(self) -> None:
        @nl.differentiable
        def counted(x: Any) -> Any:
            return (x * 2, x.astype(np.int64)), (lambda g: 2 * g[0],)

        doubled, number = counted(leaf(1.5))
        assert doubled.requires_grad
        assert not number.requires_grad


class TestRecording:
    def test_only_what_requires_grad_is_recorded(self) -> None:
        x, constant = leaf(1.0), nl.tensor([2.0])
        assert (x * constant).requires_grad
        assert not (constant * constant).requires_grad
        with nl.no_grad():
            assert not (x * constant).requires_grad

    def test_vjps_of_constants_are_dropped_with_what_they_captured(self) -> None:
        captured: list[weakref.ref[Any]] = []

        @nl.differentiable
        def total(a: Any, b: Any) -> Any:
            for_a, for_b = np.ones(3), np.ones(3)
            captured[:] = weakref.ref(for_a), weakref.ref(for_b)
            return a + b, (lambda g: g * for_a, lambda g: g * for_b)

        y = total(nl.tensor(np.ones(3)), nl.tensor(np.ones(3), requires_grad=True))
        assert captured[0]() is None
        assert captured[1]() is not None
        y.sum().backward()
        assert captured[1]() is None

    def test_a_node_holds_no_interior_tensor_and_what_no_vjp_captured_is_freed(self) -> None:
        x = nl.tensor(np.ones(1000), requires_grad=True)
        y = x * 3.0
        data, tensor = weakref.ref(y.data), weakref.ref(y)
        z = (y + 1.0).sum()
        del y
        assert tensor() is None
        assert data() is None
        z.backward()
        assert x.grad is not None
        assert x.grad[0] == 3

    def test_a_gradient_of_a_wrong_shape_is_named(self) -> None:
        @nl.differentiable
        def wrong(x: Any) -> Any:
            return x * 2, (lambda g: g[:-1],)

        with pytest.raises(RuntimeError, match=r"VJP of wrong\(\).*shape \(2,\).*shape \(3,\)"):
            wrong(leaf(1.0, 2.0, 3.0)).backward(np.ones(3))


class TestSeveralOutputs:
    def test_all_used(self) -> None:
        x = leaf(2.0, -3.0)
        square, cube, sign = extremes(x)
        assert type(sign) is np.ndarray
        np.testing.assert_array_equal(sign, [1, -1])
        (square.sum() + cube.sum()).backward()
        np.testing.assert_array_equal(x.grad, [4 + 12, -6 + 27])

    @pytest.mark.parametrize(("used", "gradient"), [(0, [4, -6]), (1, [12, 27])])
    def test_an_unused_output_has_no_cotangent(self, used: int, gradient: list[float]) -> None:
        x = leaf(2.0, -3.0)
        extremes(x)[used].sum().backward()
        np.testing.assert_array_equal(x.grad, gradient)

    def test_arrays_in_a_plain_tuple_out(self) -> None:
        square, cube, sign = extremes(np.array([2.0]))
        assert (square, cube, sign) == (4, 8, 1)
        assert not isinstance(square, nl.Tensor)

    def test_one_output_in_a_tuple_stays_a_tuple(self) -> None:
        @nl.differentiable
        def alone(x: Any) -> Any:
            return (3 * x,), (lambda g: 3 * g[0],)

        x = leaf(1.0)
        (y,) = alone(x)
        y.backward()
        assert x.grad == 3
        assert alone(2.0) == (6.0,)

    def test_second_derivatives(self) -> None:
        nl.check_grads(lambda x: extremes(x), [2.0, -3.0], order=2)

    def test_part_of_g_is_not_taken_over(self) -> None:
        @nl.differentiable
        def twice(x: Any) -> Any:
            return (x * 1, x * 1), (lambda g: g[0] if g[1] is None else g[1],)

        x, g = leaf(1.0, 2.0), np.ones(2, np.float32)
        twice(x)[0].backward(g)
        assert not np.shares_memory(x.grad, g)

    def test_each_output_has_its_own_repr_and_hooks(self) -> None:
        x = leaf(2.0)
        square, cube, _ = extremes(x)
        square.register_hook(lambda g: 10 * g)
        (square + cube).backward()
        assert x.grad == 40 + 12


class TestJointVJPs:
    def test_it_is_told_what_is_needed(self) -> None:
        asked: list[tuple[bool, ...]] = []

        @nl.differentiable
        def blended(a: Any, b: Any, c: Any) -> Any:
            def vjp(g: Any, needs: tuple[bool, ...]) -> Any:
                asked.append(needs)
                return g * b, g * a + g, g

            return a * b + b + c, vjp

        a, b, c = leaf(2.0), leaf(3.0), nl.tensor([1.0])
        y = blended(a, b, c)
        y.backward(retain_graph=True)
        assert (a.grad, b.grad, c.grad) == (3, 3, None)
        assert nl.grad(y, b)[0] == 3
        assert asked == [(True, True, False), (False, True, False)]

    def test_one_array_for_two_inputs_is_shared_out(self) -> None:
        @nl.differentiable
        def total(a: Any, b: Any) -> Any:
            def vjp(g: Any, needs: tuple[bool, ...]) -> Any:
                both = 2 * g
                return both, both

            return 2 * (a + b), vjp

        a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
        total(a, b).sum().backward()
        assert not np.shares_memory(a.grad, b.grad)
        total(a, a).sum().backward()
        np.testing.assert_array_equal(a.grad, [6, 6])
        np.testing.assert_array_equal(b.grad, [2, 2])


@nl.differentiable(kernel=lambda x, *, exponent: np.sign(x) * np.abs(x) ** exponent)
def signed_power(x: Any, *, exponent: float) -> Any:
    """A function that a kernel computes, written so that its derivatives need the function again."""
    return signed_power.kernel(x, exponent=exponent), (
        lambda g: g * exponent * np.sign(x) * signed_power.kernel(x, exponent=exponent - 1),
    )


class TestKernelsAndTwins:
    def test_a_kernel_runs_on_arrays_and_the_function_on_tensors(self) -> None:
        nl.check_grads(lambda x: signed_power(x, exponent=3.0), [1.5, -0.7], order=3)

    def test_a_twin_is_replayed(self) -> None:
        cubes = twinned(lambda x, factor: factor * x * x * x)
        nl.check_grads(lambda x: cubes(x, factor=2.0), [1.5, -0.7], order=3)
        x = leaf(2.0)
        (g,) = nl.grad(cubes(x, factor=1.0), x, create_graph=True)
        assert g is not None
        g.backward()
        assert x.grad == 12

    def test_a_twin_that_is_another_function_is_told_apart(self) -> None:
        wrong = twinned(lambda x, factor: factor * x * x * x * 1.01)
        nl.check_grads(lambda x: wrong(x, factor=2.0), [1.5, -0.7], order=1)
        with pytest.raises(nl.GradientError):
            nl.check_grads(lambda x: wrong(x, factor=2.0), [1.5, -0.7], order=2)

    def test_a_twin_with_several_outputs_of_which_one_is_used(self) -> None:
        @nl.differentiable
        def pair(x: Any, y: Any) -> Any:
            return (x * y, x + y), (
                lambda g: (0 if g[0] is None else g[0] * y) + (0 if g[1] is None else g[1]),
                lambda g: (0 if g[0] is None else g[0] * x) + (0 if g[1] is None else g[1]),
            )

        @pair.composite
        def composed(x: Any, y: Any) -> Any:
            return x * y, x + y

        nl.check_grads(pair, [1.0, 2.0], [3.0, 4.0], order=2)
        nl.check_grads(lambda x, y: pair(x, y)[0], [1.0, 2.0], [3.0, 4.0], order=2)
        nl.check_grads(lambda x, y: pair(x * y, y)[1] ** 2, [1.0, 2.0], [3.0, 4.0], order=2)

    def test_a_twin_far_from_the_leaves_replays_no_more_than_itself(self) -> None:
        runs = []

        @nl.differentiable
        def counted(x: Any) -> Any:
            runs.append(isinstance(x, nl.Tensor))
            return x * 1.0, (lambda g: g * 1.0,)

        cubes = twinned(lambda x, factor: x * x * x)
        x = leaf(1.5)
        y = counted(x)
        for _ in range(4):
            y = cubes(y, factor=1.0) ** (1 / 3)
        nl.grad(y, x, create_graph=True)
        assert runs.count(True) == 1


def twinned(twin: Any) -> Any:
    """A cube whose body says nothing about second derivatives, with a twin that may."""

    @nl.differentiable
    def cubes(x: Any, *, factor: float) -> Any:
        assert type(x) is np.ndarray, "a function with a twin is not run on Tensors"
        return factor * x**3, (lambda g: 3 * factor * g * np.square(x),)

    @cubes.composite
    def composed(x: Any, *, factor: float) -> Any:
        return twin(x, factor)

    return cubes


class TestReplaysAreHonest:
    def test_a_body_in_numpy_records_its_own_graph(self) -> None:
        @nl.differentiable
        def silu(x: Any) -> Any:
            gate = 1 / (1 + np.exp(-x))
            return x * gate, (lambda g: g * (gate + x * gate * (1 - gate)),)

        x = nl.tensor(np.array(0.7), requires_grad=True)
        (slope,) = nl.grad(silu(x), x, create_graph=True)
        assert slope is not None
        (curvature,) = nl.grad(slope, x)
        assert curvature is not None
        assert curvature.item() == pytest.approx(0.391, abs=5e-4)

    @pytest.mark.parametrize("cut", [np.asarray, float, bool, lambda x: x.item(), lambda x: x.tolist(),
                                     lambda x: x.numpy(), int, np.array])  # fmt: skip
    def test_leaving_the_graph_raises(self, cut: Any) -> None:
        @nl.differentiable
        def silu(x: Any) -> Any:
            cut(x if isinstance(x, nl.Tensor) else 1.0) if isinstance(x, nl.Tensor) else None
            gate = 1 / (1 + np.exp(-x))
            return x * gate, (lambda g: g * (gate + x * gate * (1 - gate)),)

        x = leaf(0.7)
        with pytest.raises(RuntimeError, match=r"differentiated twice would cut the graph in silence.*composite"):
            nl.grad(silu(x), x, create_graph=True)
        assert nl.grad(silu(x), x)[0] is not None

    def test_in_a_vjp_too(self) -> None:
        @nl.differentiable
        def exponential(x: Any) -> Any:
            y = np.exp(x)
            return y, (lambda g: g * np.asarray(y),)

        x = leaf(0.7)
        with pytest.raises(RuntimeError, match=r"np\.asarray\(\) of a Tensor"):
            nl.grad(exponential(x), x, create_graph=True)

    def test_masks_and_indices_stay_plain(self) -> None:
        seen: list[type] = []

        @nl.differentiable
        def top(x: Any) -> Any:
            mask, order = x > 0, np.argsort(x)
            seen.extend([type(mask), type(order), type(np.argmax(x)), type(np.zeros_like(x)), type(x.shape)])
            return x * mask, (lambda g: g * mask,)

        x = leaf(0.7, -0.2)
        nl.grad(top(x).sum(), x, create_graph=True)
        assert not any(issubclass(kind, nl.Tensor) for kind in seen)
        assert len(seen) == 10


class TestNondifferentiable:
    def test_it_gives_constants_and_unwraps_tensors(self) -> None:
        @nondifferentiable
        def halves(x: Any, parts: int = 2) -> Any:
            return np.floor(x * parts) / parts

        x = leaf(0.7, 1.2)
        y = halves(x, parts=2)
        assert isinstance(y, nl.Tensor)
        assert not y.requires_grad
        np.testing.assert_array_equal(y.data, [0.5, 1.0])
        assert type(halves(np.ones(2))) is np.ndarray
        (x * y).sum().backward()
        np.testing.assert_array_equal(x.grad, [0.5, 1.0])


@pytest.mark.parametrize("number", [np.array(2.0), nl.tensor(np.array(2.0)), np.float64(2.0), 2.0])
def test_a_single_number_never_promotes(number: Any) -> None:
    x = nl.tensor([1.0, 2.0], requires_grad=True)
    for y in (x * number, number - x, F.maximum(x, number)):
        assert y.dtype == np.float32
    assert (nl.tensor(1.0) * np.array(2.0)).dtype == np.float64


def test_a_body_that_cannot_run_on_tensors_is_named() -> None:
    @nl.differentiable
    def assigning(x: Any) -> Any:
        y = x * 1
        y[0] = 0
        return y, (lambda g: g * np.array([0.0, 1.0]),)

    x = nl.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError) as caught:
        nl.grad(assigning(x).sum(), x, create_graph=True)
    assert "while assigning() ran on Tensors" in caught.value.__notes__[0]
