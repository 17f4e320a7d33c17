"""`checkpoint`: the same gradients to the bit from a second run, and nothing kept in between."""

import weakref
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.autograd import is_recomputing

GENERATOR = np.random.default_rng(0)
W1, B1, W2, X = (GENERATOR.normal(size=s).astype(np.float32) for s in ((3, 4), (4,), (4, 2), (5, 3)))


def parameters() -> list[nl.Parameter]:
    """Two weights and a bias."""
    return [nl.Parameter(W1), nl.Parameter(B1), nl.Parameter(W2)]


def block(x: Any, w1: Any, b1: Any, w2: Any, rate: float = 0.5) -> Any:
    """Two layers with dropout in between."""
    return np.tanh(F.dropout(np.tanh(x @ w1 + b1), rate) @ w2)


def gradients(loss: nl.Tensor, tensors: list[Any]) -> list[np.ndarray]:
    """Run backward and return what arrived."""
    loss.backward()
    found = [t.grad for t in tensors]
    assert all(g is not None for g in found)
    return found


@pytest.mark.parametrize("reach", ["arguments", "closure", "both"])
def test_gradients_and_dropout_masks_are_the_same_to_the_bit(reach: str) -> None:
    results = []
    for use in (False, True):
        nl.random.seed(3)
        p, x = parameters(), nl.tensor(X, requires_grad=True)
        calls: dict[str, tuple[Any, tuple[Any, ...]]] = {
            "arguments": (block, (x, *p)),
            "closure": (lambda p=p, x=x: block(x, *p), ()),
            "both": (lambda t, bias, p=p: block(t, p[0], bias, p[2]), (x, p[1])),
        }
        function, args = calls[reach]
        y = nl.checkpoint(function, *args) if use else function(*args)
        assert nl.random.generator().random() == number_after_one_dropout(3)
        (y * y).sum().backward()
        results.append([y.data, x.grad, *(t.grad for t in p)])
    for plain, checkpointed in zip(*results, strict=True):
        assert plain.tobytes() == checkpointed.tobytes()


def number_after_one_dropout(seed: int) -> float:
    """What the generator gives next, whichever way the block was run."""
    generator = np.random.default_rng(seed)
    generator.random((5, 4), dtype=np.float32)
    return float(generator.random())


def test_the_generator_stands_where_it_stood_after_backward_too() -> None:
    p = parameters()
    y = nl.checkpoint(block, nl.tensor(X), *p).sum()
    before = nl.random.generator().bit_generator.state
    y.backward()
    assert nl.random.generator().bit_generator.state == before


def test_a_generator_of_ones_own_is_restored_too() -> None:
    own = np.random.default_rng(1)
    x = nl.tensor(np.ones(100), requires_grad=True)
    y = nl.checkpoint(lambda t: F.dropout(t, 0.5, generator=own), x)
    own.random(7)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, y.data)


def test_only_the_second_run_is_a_recomputation() -> None:
    seen: list[bool] = []

    def segment(t: Any) -> Any:
        seen.append(is_recomputing())
        return t * 2

    x = nl.tensor([1.0], requires_grad=True)
    y = nl.checkpoint(segment, x)
    assert seen == [False]
    y.backward()
    assert seen == [False, True]
    assert not is_recomputing()


def test_nothing_of_the_way_is_kept() -> None:
    kept: list[weakref.ref[Any]] = []

    def segment(t: Any) -> Any:
        middle = np.exp(t)
        kept.append(weakref.ref(middle.data))
        return middle * middle

    x = nl.tensor(np.ones(10), requires_grad=True)
    h = x * 1.0
    y = nl.checkpoint(segment, h)
    interior = weakref.ref(h)
    del h
    assert kept[0]() is None
    assert interior() is None
    values = weakref.ref(y.data)
    loss = y.sum()
    del y
    assert values() is None
    loss.backward()
    assert all(r() is None for r in kept)
    np.testing.assert_allclose(x.grad, 2 * np.exp(2) * np.ones(10), rtol=1e-12)


def test_nested() -> None:
    results = []
    for wrap in (lambda f, *a: f(*a), nl.checkpoint):
        nl.random.seed(0)
        w = nl.Parameter(np.array([0.5, -0.3]))

        def inner(t: Any, w: Any = w) -> Any:
            return F.dropout(np.tanh(t * w), 0.3)

        def outer(t: Any, wrap: Any = wrap, inner: Any = inner) -> Any:
            return np.exp(wrap(inner, F.dropout(t, 0.3))) * wrap(inner, t)

        x = nl.tensor(np.array([1.0, 2.0]), requires_grad=True)
        results.append([*gradients(wrap(outer, x).sum(), [x, w]), nl.random.generator().random()])
    for plain, checkpointed in zip(*results, strict=True):
        np.testing.assert_array_equal(plain, checkpointed)


def test_several_outputs_of_which_some_are_used() -> None:
    x = nl.tensor(np.array([2.0]), requires_grad=True)
    w = nl.tensor(np.array([5.0]), requires_grad=True)
    for use, expected in (((0,), (4, None)), ((1,), (5, 2)), ((0, 1), (9, 2))):
        square, product = nl.checkpoint(lambda t: (t * t, t * w), x)
        for t in (x, w):
            t.zero_grad()
        sum((square, product)[i] for i in use).backward()
        assert x.grad == expected[0]
        assert w.grad == expected[1] or (w.grad is None and expected[1] is None)


def test_derivatives_of_derivatives_go_through_it() -> None:
    w = nl.Parameter(np.array([0.5, -0.3]))

    def segment(t: Any, factor: Any) -> Any:
        return np.tanh(t * factor) * w

    nl.check_grads(
        lambda t, f: nl.checkpoint(segment, np.exp(t), f), np.array([0.3, 0.1]), np.array([0.7, 1.1]), order=2
    )
    results = []
    for wrap in (lambda f, *a: f(*a), nl.checkpoint):
        x = nl.tensor(np.array([0.3, 0.1]), requires_grad=True)
        (slope,) = nl.grad(wrap(segment, x * w, w).sum(), x, create_graph=True)
        assert slope is not None
        results.append([g.data for g in nl.grad((slope**2).sum(), [x, w]) if g is not None])
    assert len(results[1]) == 2
    for plain, checkpointed in zip(*results, strict=True):
        np.testing.assert_allclose(plain, checkpointed, rtol=1e-12)


@pytest.mark.parametrize("create_graph", [False, True])
def test_arguments_that_depend_on_each_other_and_on_closed_over_leaves(create_graph: bool) -> None:
    w, b = nl.Parameter(np.array([1.5])), nl.Parameter(np.array([0.5]))

    def segment(h: Any, k: Any, again: Any) -> Any:
        return h * k * w + again * b

    results = []
    for wrap in (lambda f, *a: f(*a), nl.checkpoint):
        h = w * 2
        k = h * b
        y = wrap(segment, h, k, h) + wrap(segment, k, k, w)
        results.append([g.item() for g in nl.grad(y, [w, b, h, k], create_graph=create_graph) if g is not None])
    assert results[0] == pytest.approx(results[1], rel=1e-14)
    assert len(results[0]) == 4


@pytest.mark.parametrize("create_graph", [False, True])
def test_hooks_run_once_with_the_whole_gradient(create_graph: bool) -> None:
    w = nl.Parameter(np.array([2.0]))
    seen: list[float] = []
    w.register_hook(lambda g: seen.append(g.item()))
    h = w * 3
    h.register_hook(lambda g: seen.append(g.item()))
    y = nl.checkpoint(lambda t: t * w, h) + w
    nl.grad(y, w, create_graph=create_graph)
    assert seen == [2, 2 * 3 + 6 + 1]


def test_a_hook_inside_runs_in_the_second_run() -> None:
    x = nl.tensor(np.array([2.0]), requires_grad=True)

    def segment(t: Any) -> Any:
        y = t * 3
        y.register_hook(lambda g: 10 * g)
        return y * 1

    nl.checkpoint(segment, x).backward()
    assert x.grad == 30


def test_a_segment_may_look_at_values_also_under_create_graph() -> None:
    def segment(t: Any) -> Any:
        return t**3 if float(t) > 0 else t.detach() * 0 + t

    x = nl.tensor(2.0, requires_grad=True)
    (slope,) = nl.grad(nl.checkpoint(segment, x), x, create_graph=True)
    assert slope is not None
    slope.backward()
    assert x.grad == 12


def test_twice_through_a_retained_graph() -> None:
    x = nl.tensor(np.array([2.0]), requires_grad=True)
    y = nl.checkpoint(lambda t: t * t, x)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad == 8
    with pytest.raises(RuntimeError, match=r"freed, at checkpoint\(\)"):
        y.backward()


def test_a_stepped_leaf_is_found_out_even_if_only_closed_over() -> None:
    w = nl.Parameter([2.0])
    y = nl.checkpoint(lambda t: t * w, nl.tensor([1.0]))
    with nl.no_grad():
        w -= 1.0
    with pytest.raises(RuntimeError, match=r"checkpoint\(\) used was changed in place"):
        y.backward()


def test_without_anything_to_differentiate_it_is_a_plain_call() -> None:
    x = nl.tensor([1.0])
    y = nl.checkpoint(lambda t: t * 2, x)
    assert isinstance(y, nl.Tensor)
    assert not y.requires_grad
    w = nl.Parameter([1.0])
    with nl.no_grad():
        assert not nl.checkpoint(lambda t: t * w, x).requires_grad
    assert y.item() == 2


def test_other_arguments_are_passed_on() -> None:
    x = nl.tensor([2.0], requires_grad=True)
    y = nl.checkpoint(lambda t, n, flag, constant: t**n * constant if flag else t, x, 3, True, np.array([2.0]))
    y.backward()
    assert x.grad == 24


def test_an_output_that_is_an_input_or_a_constant() -> None:
    x = nl.tensor([2.0], requires_grad=True)
    same, constant = nl.checkpoint(lambda t: (t, nl.tensor([5.0])), x)
    (same * 3 + constant).backward()
    assert x.grad == 3


def test_a_function_that_gives_no_tensor_is_named() -> None:
    with pytest.raises(TypeError, match=r"checkpoint\(\) takes a function that returns Tensors, output 1 is a float"):
        nl.checkpoint(lambda t: (t, 1.0), nl.tensor([1.0], requires_grad=True))
