"""Activations beyond their samples: kinks, extremes, what they keep, errors, and agreement with PyTorch."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

import nnlite as nl
import nnlite.functional as F

FINITE_EVERYWHERE = [
    F.linear, F.sigmoid, F.hard_sigmoid, F.hard_tanh, F.relu, F.relu6, F.leaky_relu, F.elu, F.selu, F.celu, F.gelu,
    F.silu, F.hard_silu, F.mish, F.softplus, F.softsign, F.log_sigmoid, F.softmax, F.log_softmax,
    lambda x: F.gelu(x, approximate="tanh"), lambda x: F.prelu(x, 0.25), F.glu, lambda x: F.maxout(x, pieces=2),
    F.hard_shrink, F.soft_shrink, F.tanh_shrink, F.squareplus, lambda x: F.softmax(x, axis=(0,)),
    lambda x: F.threshold(x, threshold=0.5, value=-1.0), lambda x: F.softplus(x, beta=50.0, threshold=1e9),
]  # fmt: skip

# function, where it has a kink, and the derivative it takes there
KINKS = [
    (F.relu, 0.0, 0.0),
    (lambda x: F.leaky_relu(x, negative_slope=0.3), 0.0, 0.3),
    (lambda x: F.prelu(x, 0.3), 0.0, 0.3),
    (lambda x: F.elu(x, alpha=0.5), 0.0, 0.5),
    (F.selu, 0.0, 1.0507009873554805 * 1.6732632423543772),
    (F.relu6, 0.0, 0.0),
    (F.relu6, 6.0, 0.0),
    (F.hard_tanh, -1.0, 0.0),
    (F.hard_tanh, 1.0, 0.0),
    (F.hard_sigmoid, -3.0, 0.0),
    (F.hard_sigmoid, 3.0, 0.0),
    (F.hard_silu, -3.0, 0.0),
    (F.hard_silu, 3.0, 1.0),
    (lambda x: F.threshold(x, threshold=0.5, value=-1.0), 0.5, 0.0),
    (F.hard_shrink, 0.5, 0.0),
    (F.hard_shrink, -0.5, 0.0),
    (F.soft_shrink, 0.5, 0.0),
    (F.soft_shrink, -0.5, 0.0),
    (lambda x: F.softplus(x, threshold=2.0), 2.0, 1 / (1 + np.exp(-2.0))),
]
# Smooth functions that are written with pieces that meet at 0
SMOOTH = [
    (F.celu, 0.0, 1.0),
    (lambda x: F.celu(x, alpha=0.5), 0.0, 1.0),
    (F.softplus, 0.0, 0.5),
    (F.softsign, 0.0, 1.0),
    (F.log_sigmoid, 0.0, 0.5),
]


def leaf(*values: float, dtype: str = "float64") -> nl.Tensor:
    return nl.tensor(np.array(values, dtype), requires_grad=True)


@pytest.mark.parametrize(("function", "where", "slope"), KINKS + SMOOTH)
def test_derivative_at_a_kink(function, where, slope):
    x = leaf(where)
    function(x).sum().backward()
    assert x.grad == pytest.approx(slope)


@pytest.mark.parametrize(("function", "where", "slope"), KINKS + SMOOTH)
def test_a_replayed_value_has_the_same_derivative_at_a_kink(function, where, slope):
    x, w = leaf(where), leaf(1.0)
    (y,) = nl.grad((w * function(x)).sum(), w, create_graph=True)  # y is function(x), computed by a replay
    (gradient,) = nl.grad(y.sum(), x)
    assert gradient.numpy() == pytest.approx(slope)


@pytest.mark.parametrize(
    ("function", "second"),
    [
        (lambda x: F.elu(x, alpha=0.5), 0.5), (F.celu, 1.0), (F.selu, 1.0507009873554805 * 1.6732632423543772),
        (F.softplus, 0.25), (F.log_sigmoid, -0.25), (F.mish, 0.64), (F.silu, 0.5), (F.softsign, 0.0),
        (F.gelu, 2 / np.sqrt(2 * np.pi)), (lambda x: F.gelu(x, approximate=True), 2 / np.sqrt(2 * np.pi)),
    ],
)  # fmt: skip
def test_second_derivative_at_zero(function, second):
    x = leaf(0.0)
    (first,) = nl.grad(function(x).sum(), x, create_graph=True)
    assert nl.grad(first.sum(), x)[0].numpy() == pytest.approx(second)


@pytest.mark.parametrize("function", FINITE_EVERYWHERE)
def test_values_and_gradients_are_finite_at_extremes(function):
    x = leaf(-1e4, -89.0, -20.0, -1e-30, 0.0, 1e-30, 20.0, 89.0, 1e4, 1e4, dtype="float32")
    with np.errstate(all="raise", under="ignore"):
        y = function(x)
        y.backward(np.ones_like(y.data))
    assert y.dtype == x.grad.dtype == np.float32
    assert np.isfinite(y.data).all()
    assert np.isfinite(x.grad).all()


@pytest.mark.parametrize("function", FINITE_EVERYWHERE)
@given(st.lists(st.floats(-60, 60, width=16), min_size=2, max_size=2))
def test_float32_is_close_to_float64(function, values):
    narrow, wide = leaf(*values, dtype="float32"), leaf(*values)
    y, expected = function(narrow), function(wide)
    y.sum().backward()
    expected.sum().backward()
    scale = 1 + abs(wide.data).max()
    np.testing.assert_allclose(y.data, expected.data, rtol=1e-6, atol=1e-6 * scale)
    np.testing.assert_allclose(narrow.grad, wide.grad, rtol=1e-5, atol=2e-6 * scale)


def test_relu_keeps_nan_and_infinity():
    np.testing.assert_array_equal(F.relu(np.array([np.nan, np.inf, -np.inf])), [np.nan, np.inf, 0])
    np.testing.assert_array_equal(F.leaky_relu(np.array([np.nan, np.inf, -np.inf])), [np.nan, np.inf, -np.inf])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_is_exact_also_near_zero(dtype):
    for count in (1001, 2001):  # few take another way than many
        x = np.linspace(-80, 20, count).astype(dtype)
        y = F.sigmoid(x)
        assert y.dtype == dtype
        np.testing.assert_allclose(y, special.expit(x.astype(np.float64)), rtol=4 * np.finfo(dtype).eps)
        np.testing.assert_array_equal(F.sigmoid(np.full(count, -1e4, dtype)), 0)


def test_sigmoid_and_softmax_reach_their_limits_at_infinity():
    np.testing.assert_array_equal(F.sigmoid(np.array([-np.inf, np.inf])), [0, 1])
    np.testing.assert_array_equal(F.softmax(np.array([-np.inf, 0.0, 0.0])), [0, 0.5, 0.5])
    np.testing.assert_allclose(F.log_softmax(np.array([-np.inf, 0.0, 0.0])), [-np.inf, -np.log(2), -np.log(2)])


def test_relu_lets_go_of_its_input():
    x = leaf(-1.0, 2.0)
    between = x * 3
    array = weakref.ref(between.data)
    y = F.relu(between)
    del between
    assert array() is None
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 3])


def test_step_is_one_from_zero_on_and_has_no_gradient():
    y = F.step(leaf(-1e-9, 0.0, 1e-9))
    np.testing.assert_array_equal(y.numpy(), [0, 1, 1])
    assert not y.requires_grad


@pytest.mark.parametrize("mode", [nl.enable_grad, nl.no_grad])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_softmax_and_sigmoid_remember_their_logits(mode, requires_grad):
    x = nl.tensor(np.ones((2, 3)), requires_grad=requires_grad)
    with mode():
        assert F.softmax(x)._remembered == {"softmax": x, "version": 0}
        assert F.softmax(x, axis=1)._remembered == {"softmax": x, "version": 0}
        assert F.sigmoid(x)._remembered == {"sigmoid": x, "version": 0}
        assert F.softmax(x, axis=0)._remembered is None
        assert F.softmax(x, axis=-2)._remembered is None


def test_remembered_logits_leave_nothing_for_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        array = weakref.ref(F.softmax(F.sigmoid(x * 2)).data)
        assert array() is None
    finally:
        gc.enable()


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=6), st.floats(-1e3, 1e3))
def test_softmax_sums_to_one_and_ignores_a_shift(values, shift):
    x = np.array(values)
    assert F.softmax(x).sum() == pytest.approx(1)
    np.testing.assert_allclose(F.softmax(x + shift), F.softmax(x), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(np.exp(F.log_softmax(x)), F.softmax(x), rtol=1e-9, atol=1e-12)


def test_the_tanh_form_of_gelu_is_near_the_exact_one():
    x = np.linspace(-8, 8, 2001)
    difference = abs(F.gelu(x, approximate="tanh") - F.gelu(x))
    assert 1e-4 < difference.max() < 5e-4


def test_maxout_gives_the_gradient_to_the_first_of_equals():
    x = leaf(2.0, 2.0, 1.0, 3.0, 3.0, 3.0)
    F.maxout(x, pieces=3).sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 0, 0, 1, 0, 0])


def test_lists_become_arrays_of_the_default_dtype():
    for y in (F.relu([-1, 2]), F.softmax([1, 1]), F.sigmoid([0.0]), F.linear([1])):
        assert isinstance(y, np.ndarray)
        assert y.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.maxout(x, pieces=3), r"pieces \(=3\) to divide axis 1 of its input of shape \(2, 4\)"),
        (lambda x: F.maxout(x, pieces=0), r"pieces \(=0\)"),
        (lambda x: F.maxout(x, pieces=2, axis=2), "axis 2 is out of bounds"),
        (lambda x: F.glu(x[:, :3]), r"glu expected axis -1 of its input of shape \(2, 3\) to be even"),
        (lambda x: F.gelu(x, approximate="erf"), "'none', 'tanh' or a bool, got 'erf'"),
        (lambda x: F.hard_tanh(x, min_val=1, max_val=-1), r"min_val \(=1\) to be less than max_val \(=-1\)"),
        (lambda x: F.celu(x, alpha=0.0), "celu expected alpha > 0, got 0.0"),
        (lambda x: F.softplus(x, beta=-1), "softplus expected beta > 0, got -1"),
        (lambda x: F.hard_shrink(x, threshold=-1), "hard_shrink expected threshold >= 0, got -1"),
        (lambda x: F.soft_shrink(x, threshold=-1), "soft_shrink expected threshold >= 0, got -1"),
        (lambda x: F.squareplus(x, b=0), "squareplus expected b > 0, got 0"),
    ],
)
def test_bad_settings_are_quoted(call, message):
    with pytest.raises(ValueError, match=message):
        call(nl.tensor(np.ones((2, 4))))


TORCH_NAMES = [
    ("sigmoid", "sigmoid", {}, {}), ("hard_sigmoid", "hardsigmoid", {}, {}), ("hard_tanh", "hardtanh", {}, {}),
    ("hard_tanh", "hardtanh", {"min_val": -0.4, "max_val": 2.0}, None), ("relu", "relu", {}, {}),
    ("relu6", "relu6", {}, {}), ("leaky_relu", "leaky_relu", {}, {}),
    ("leaky_relu", "leaky_relu", {"negative_slope": 0.3}, None), ("elu", "elu", {}, {}),
    ("elu", "elu", {"alpha": 0.3}, None), ("selu", "selu", {}, {}), ("celu", "celu", {"alpha": 0.3}, None),
    ("gelu", "gelu", {}, {}), ("gelu", "gelu", {"approximate": "tanh"}, None), ("silu", "silu", {}, {}),
    ("hard_silu", "hardswish", {}, {}), ("mish", "mish", {}, {}), ("softplus", "softplus", {}, {}),
    ("softplus", "softplus", {"beta": 2.0, "threshold": 3.0}, None), ("softsign", "softsign", {}, {}),
    ("log_sigmoid", "logsigmoid", {}, {}), ("glu", "glu", {}, {}),
    ("threshold", "threshold", {"threshold": 0.3, "value": -2.0}, None),
    ("hard_shrink", "hardshrink", {}, {}), ("soft_shrink", "softshrink", {"threshold": 0.3}, {"lambd": 0.3}),
    ("tanh_shrink", "tanhshrink", {}, {}), ("softmax", "softmax", {}, {"dim": -1}),
    ("softmax", "softmax", {"axis": 0}, {"dim": 0}),
    ("log_softmax", "log_softmax", {"axis": 1}, {"dim": 1}),
]  # fmt: skip


@pytest.mark.parity
@pytest.mark.parametrize(("name", "torch_name", "settings", "torch_settings"), TORCH_NAMES)
def test_agrees_with_torch(name, torch_name, settings, torch_settings):
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(0)
    values = np.concatenate([generator.normal(0, 3, (8, 4)), generator.normal(0, 30, (8, 4))]).astype(np.float32)
    cotangent = generator.normal(size=(16, 2 if name == "glu" else 4)).astype(np.float32)

    x = nl.tensor(values, requires_grad=True)
    y = getattr(F, name)(x, **settings)
    y.backward(cotangent)
    x_torch = torch.tensor(values, requires_grad=True)
    y_torch = getattr(torch.nn.functional, torch_name)(
        x_torch, **(settings if torch_settings is None else torch_settings)
    )
    y_torch.backward(torch.tensor(cotangent))

    np.testing.assert_allclose(y.numpy(), y_torch.detach().numpy(), rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(x.grad, x_torch.grad.numpy(), rtol=1e-5, atol=5e-6)


@pytest.mark.parity
def test_prelu_agrees_with_torch():
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(0)
    values, slopes = generator.normal(size=(5, 3)), generator.normal(size=3)
    x, w = nl.tensor(values, requires_grad=True), nl.tensor(slopes, requires_grad=True)
    F.prelu(x, w).sum().backward()
    x_torch, w_torch = torch.tensor(values, requires_grad=True), torch.tensor(slopes, requires_grad=True)
    torch.nn.functional.prelu(x_torch, w_torch).sum().backward()
    np.testing.assert_allclose(x.grad, x_torch.grad.numpy())
    np.testing.assert_allclose(w.grad, w_torch.grad.numpy())
