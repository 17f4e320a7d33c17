"""The recurrent functions where samples do not say it all: masks, directions, extremes, errors."""

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from tests.op_samples._recurrent import _arguments

FUNCTIONS = [(F.rnn, 1, 1), (F.lstm, 4, 2), (F.gru, 3, 1)]
every_function = pytest.mark.parametrize(("function", "gates", "states"), FUNCTIONS, ids=["rnn", "lstm", "gru"])
LENGTHS = np.array([4, 1, 2])
MASK = np.arange(4) < LENGTHS[:, None]


def arguments(gates, states=1):
    return _arguments(gates, states, batch=3, steps=4, features=2, units=3)


@every_function
@pytest.mark.parametrize("reverse", [False, True])
def test_padding_changes_nothing(function, gates, states, reverse):
    x, *others = arguments(gates, states)
    weights, first = others[:4], others[4:]
    y, *last = function(x, *weights, *first, mask=MASK, reverse=reverse)
    for n, length in enumerate(LENGTHS):
        alone, *end = function(x[n : n + 1, :length], *weights, *(s[n : n + 1] for s in first), reverse=reverse)
        np.testing.assert_allclose(y[n, :length], alone[0], rtol=1e-12)
        for state, its_end in zip(last, end, strict=True):
            np.testing.assert_allclose(state[n], its_end[0], rtol=1e-12)
        # in the padding the output is what it was before: at the end of the sequence, or at the very beginning
        waiting = first[0][n] if reverse else y[n, length - 1]
        np.testing.assert_array_equal(y[n, length:], np.broadcast_to(waiting, (4 - length, 3)))


@every_function
def test_the_reverse_direction_is_that_of_the_turned_sequence(function, gates, states):
    x, *others = arguments(gates, states)
    y, *last = function(x, *others, reverse=True)
    turned, *end = function(x[:, ::-1], *others)
    np.testing.assert_allclose(y, turned[:, ::-1], rtol=1e-12)
    for one, other in zip(last, end, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@every_function
def test_what_stands_in_the_padding_has_no_influence(function, gates, states):
    x, *others = arguments(gates, states)
    gradients = []
    for padding in (0.0, 7.0):
        leaf = nl.tensor(np.where(MASK[..., None], x, padding), requires_grad=True)
        weights = [nl.tensor(a, requires_grad=True) for a in others]
        y, *last = function(leaf, *weights, mask=MASK)
        total = (y * MASK[..., None]).sum() + sum((state**2).sum() for state in last)
        total.backward()
        gradients.append([leaf.grad, *(w.grad for w in weights)])
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    assert not gradients[0][0][~MASK].any()


@every_function
def test_a_step_that_nothing_looks_at_gets_no_gradient(function, gates, states):
    x, *others = arguments(gates, states)
    leaf = nl.tensor(x, requires_grad=True)
    y = function(leaf, *others)[0]
    y[:, 1].sum().backward()
    assert np.abs(leaf.grad[:, :2]).min() > 0
    assert not leaf.grad[:, 2:].any()


@every_function
def test_only_what_is_needed_gets_a_gradient(function, gates, states):
    x, *others = arguments(gates, states)
    everything = [nl.tensor(a, requires_grad=True) for a in (x, *others)]
    (function(*everything)[0] ** 2).sum().backward()
    for number, full in enumerate(everything):
        some = [nl.tensor(a, requires_grad=i == number) for i, a in enumerate((x, *others))]
        (function(*some)[0] ** 2).sum().backward()
        np.testing.assert_allclose(some[number].grad, full.grad, rtol=1e-12, atol=1e-14)


@every_function
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4, -1e4])
def test_extreme_inputs_stay_finite(function, gates, states, scale):
    x, *others = [a.astype(np.float32) for a in arguments(gates, states)]
    leaf = nl.tensor(np.full_like(x, scale), requires_grad=True)
    weights = [nl.tensor(a, requires_grad=True) for a in others]
    y = function(leaf, *weights)[0]
    y.sum().backward()
    for tensor in (y.data, leaf.grad, *(w.grad for w in weights)):
        assert tensor.dtype == np.float32
        assert np.isfinite(tensor).all()


def test_integers_and_different_precisions_take_the_wider_one():
    x, *others = arguments(1)
    assert F.rnn(np.ones((3, 4, 2), int), *(a.astype(np.float32) for a in others))[0].dtype == np.float32
    weight = nl.tensor(others[0].astype(np.float32), requires_grad=True)
    y, _ = F.rnn(x, weight, *others[1:])
    y.sum().backward()
    assert y.dtype == np.float64
    assert weight.grad.dtype == np.float32


@every_function
def test_arguments_that_do_not_fit_are_named(function, gates, states):
    name = function.__name__
    good = dict(
        zip(("x", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "h0", "c0"), arguments(gates, states), strict=False)
    )
    for wrong, shape, said in (
        ("x", (3, 2), rf"{name}\(\) takes x of shape \(N, T, F\)"),
        ("x", (3, 0, 2), "with T of at least 1"),
        ("weight_ih", (5, gates * 3), rf"expected weight_ih of shape \(2, {gates * 3}\), got \(5, {gates * 3}\)"),
        ("weight_hh", (3, gates * 3 + 1), "expected weight_hh of shape"),
        ("bias_ih", (3 * gates + 2,), "expected bias_ih"),
        ("bias_hh", (1,), "expected bias_hh"),
        ("h0", (2, 3), r"expected h0 of shape \(3, 3\), got \(2, 3\)"),
    ):
        with pytest.raises(ValueError, match=said):
            function(**{**good, wrong: np.ones(shape)})
    for mask in (np.ones((3, 4)), np.ones((4, 3), bool)):
        with pytest.raises(ValueError, match=rf"{name}\(\) expected a mask of booleans of shape \(3, 4\)"):
            function(**good, mask=mask)


def test_an_unknown_nonlinearity_raises():
    with pytest.raises(ValueError, match="nonlinearity='sin'"):
        F.rnn(*arguments(1), nonlinearity="sin")


@every_function
def test_outputs_outlive_backward_and_a_second_walk_gives_the_same(function, gates, states):
    leaves = [nl.tensor(a, requires_grad=True) for a in arguments(gates, states)]
    y, *_ = function(*leaves, mask=MASK)
    before = y.data.copy()
    y.sum().backward(retain_graph=True)
    first = [leaf.grad.copy() for leaf in leaves]
    y.sum().backward()
    for leaf, once in zip(leaves, first, strict=True):
        np.testing.assert_allclose(leaf.grad, 2 * once, rtol=1e-12)
    np.testing.assert_array_equal(y.data, before)


@every_function
def test_large_layers_are_shared_out_over_threads_with_the_same_result(function, gates, states):
    big = _arguments(gates, states, batch=40, steps=7, features=150, units=120)
    results = []
    before = nl.get_num_threads()
    try:
        for threads in (1, 3):
            nl.set_num_threads(threads)
            leaves = [nl.tensor(a / 10, requires_grad=True) for a in big]
            y = function(*leaves)[0]
            (y**2).sum().backward()
            results.append([y.data, *(leaf.grad for leaf in leaves)])
    finally:
        nl.set_num_threads(before)
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
