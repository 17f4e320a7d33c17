"""Normalisation beyond its samples: the twin, extremes, statistics, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlite as nl
import nnlite.functional as F
from nnlite.functional._normalization import _standardized
from tests.op_samples._sample import normal

CALLS = [
    F.batch_norm,
    lambda x: F.batch_norm(x, np.zeros(3, np.float32), np.zeros(3, np.float32)),
    lambda x: F.batch_norm(x, mask=np.arange(len(x)) % 2 == 0),
    F.layer_norm,
    lambda x: F.layer_norm(x, axis=(0, 1)),
    lambda x: F.group_norm(x, 1),
    lambda x: F.group_norm(x, 3),
    lambda x: F.instance_norm(x[None]),
    F.rms_norm,
    lambda x: F.local_response_norm(x, 3),
    lambda x: F.local_response_norm(x, 2, alpha=1.0, beta=2.0),
    F.normalize,
    lambda x: F.normalize(x, p=1.0, axis=0),
]
EXTREMES = [
    np.zeros((2, 3)), np.full((4, 3), 1e4), np.full((4, 3), -1e4), np.full((1, 3), 7.0), np.full((1, 3), 1e-30),
    np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e-4]]), 1e4 + np.arange(6.0).reshape(2, 3),
    np.array([[1e-20, 0.0, -1e-20], [0.0, 1.0, 1e-8]]),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("values", EXTREMES, ids=range(len(EXTREMES)))
def test_values_and_gradients_are_finite_at_extremes(call, values):
    x = nl.tensor(values.astype(np.float32), requires_grad=True)
    with np.errstate(all="raise", under="ignore"):
        y = call(x)
        y.backward(np.arange(y.size, dtype=np.float32).reshape(y.shape) - 2)
    assert y.dtype == x.grad.dtype == np.float32
    assert np.isfinite(y.data).all()
    assert np.isfinite(x.grad).all()


@pytest.mark.parametrize("call", [F.batch_norm, F.layer_norm, lambda x: F.group_norm(x, 1)])
def test_a_constant_becomes_the_bias(call):
    np.testing.assert_allclose(call(np.full((5, 3), -1234.5, np.float32)), 0, atol=1e-3)
    np.testing.assert_allclose(F.batch_norm(np.ones((1, 2)), bias=[3.0, 4.0]), [[3, 4]])


@given(st.floats(-100, 100), st.floats(0.1, 10), st.integers(2, 9), st.integers(1, 3))
def test_the_result_has_mean_0_and_variance_1_whatever_the_input_s(shift, scale, n, channels):
    x = normal(n, 4, channels) * scale + shift
    y = F.batch_norm(x, eps=1e-12)
    np.testing.assert_allclose(y.mean(axis=(0, 1)), 0, atol=1e-9)
    np.testing.assert_allclose(y.var(axis=(0, 1)), 1, rtol=1e-6)
    np.testing.assert_allclose(F.batch_norm((x - shift) / scale, eps=1e-12), y, atol=1e-7)


CASES = [  # axes, along, with a mask
    ((0, 1), (2,), False), ((0, 1), (2,), True), ((2,), (2,), False), ((1, 2), (1, 2), False), ((1,), (2,), False),
    ((0, 1, 2), (0,), False), ((0, 2), (1,), False),
]  # fmt: skip


@pytest.mark.parametrize(("axes", "along", "masked"), CASES)
@pytest.mark.parametrize("given", [(False, False), (True, False), (False, True), (True, True)])
def test_the_fast_body_agrees_with_its_twin_in_value_and_gradient(axes, along, masked, given):
    shape = (3, 4, 2)
    lengths = tuple(shape[a] for a in along)
    mask = (normal(3, 4, 1) > 0).astype(float) if masked else None

    def run(function):
        x = nl.tensor(normal(*shape), requires_grad=True)
        parameters = [nl.tensor(normal(*lengths, seed=i), requires_grad=True) if is_given else None
                      for i, is_given in enumerate(given)]  # fmt: skip
        y = function(x, *parameters, mask, axes=axes, along=along, eps=1e-3)
        y = y[0] if isinstance(y, tuple) else y
        y.backward(normal(*shape, seed=5))
        return [y.data, x.grad, *(p.grad for p in parameters if p is not None)]

    for fast, slow in zip(run(_standardized), run(_standardized.twin), strict=True):
        np.testing.assert_allclose(fast, slow, rtol=1e-10, atol=1e-12)


def test_a_mask_leaves_positions_out_of_the_statistics_and_normalises_them_all_the_same():
    x = np.array([[1.0], [3.0], [1e6]])
    y, mean, var = F.batch_norm(x, mask=np.array([True, True, False]), return_statistics=True)
    assert (mean, var) == (2, 1)
    np.testing.assert_allclose(y[:, 0], (x[:, 0] - 2) / np.sqrt(1 + 1e-5))
    y, mean, var = F.batch_norm(x, mask=np.zeros(3, bool), return_statistics=True)
    assert (mean, var) == (0, 0)
    assert np.isfinite(y).all()


@pytest.mark.parametrize("shape", [(64, 32, 32, 16), (64, 16, 16, 17)])
def test_large_images_are_normalised_as_with_a_mask_that_leaves_nothing_out(shape):
    """The mask takes the general kernel, large images without one take their own."""
    values, g = np.random.default_rng(0).normal(2.0, 3.0, (2, *shape))
    results = []
    for mask in (None, np.ones(shape[:-1], bool)):
        x, weight, bias = (nl.tensor(a, requires_grad=True) for a in (values, normal(shape[-1]), normal(shape[-1])))
        y, mean, var = F.batch_norm(x, weight=weight, bias=bias, mask=mask, return_statistics=True)
        y.backward(g)
        results.append((y.data, mean, var, x.grad, weight.grad, bias.grad))
    for one, other in zip(*results, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def test_second_derivatives_of_large_images():
    x = nl.tensor(np.random.default_rng(0).normal(size=(64, 16, 16, 17)), requires_grad=True)
    (once,) = nl.grad((F.batch_norm(x) ** 3).sum(), [x], create_graph=True)
    (twice,) = nl.grad((once**2).sum(), [x])
    direction, step = np.random.default_rng(1).normal(size=x.shape), 1e-5

    def slope(shift):
        moved = nl.tensor(x.data + shift * direction, requires_grad=True)
        (gradient,) = nl.grad((F.batch_norm(moved) ** 3).sum(), [moved])
        return float((gradient.data**2).sum())

    expected = (slope(step) - slope(-step)) / (2 * step)
    np.testing.assert_allclose((twice.data * direction).sum(), expected, rtol=1e-5)


def test_statistics_are_constants_that_share_no_memory_with_what_is_given():
    x, m, v = nl.tensor(normal(4, 3), requires_grad=True), nl.tensor(np.zeros(3)), nl.tensor(np.ones(3))
    _, mean, var = F.batch_norm(x, return_statistics=True)
    assert type(mean) is type(var) is np.ndarray
    np.testing.assert_allclose(mean, x.data.mean(axis=0))
    np.testing.assert_allclose(var, x.data.var(axis=0))
    _, mean, var = F.batch_norm(x, m, v, return_statistics=True)
    np.testing.assert_array_equal(mean, m.data)
    np.testing.assert_array_equal(var, v.data)


def test_channels_first_is_channels_last_transposed():
    x, w, b = normal(2, 3, 4, 6), normal(6), normal(6, seed=1)
    first = np.moveaxis(x, -1, 1)
    for last, other in (
        (F.batch_norm(x, None, None, w, b), F.batch_norm(first, None, None, w, b, axis=1)),
        (F.group_norm(x, 3, w, b), F.group_norm(first, 3, w, b, axis=1)),
        (F.instance_norm(x, w, b), F.instance_norm(first, w, b, axis=1)),
        (F.local_response_norm(x, 3, 1.0), F.local_response_norm(first, 3, 1.0, axis=1)),
    ):
        np.testing.assert_allclose(np.moveaxis(last, -1, 1), other, rtol=1e-12, atol=1e-14)


def test_integers_become_floating_and_wider_weights_widen():
    assert F.batch_norm(np.arange(6).reshape(3, 2)).dtype == np.float32
    assert F.layer_norm(np.ones((2, 3), np.float32), np.ones(3)).dtype == np.float64


def test_normalize_gives_zero_for_zero():
    x = nl.tensor(np.zeros((1, 3)), requires_grad=True)
    y = F.normalize(x)
    y.sum().backward()
    np.testing.assert_array_equal(y.data, 0)
    assert np.isfinite(x.grad).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.batch_norm(x, weight=np.ones(3)), r"batch_norm expected weight of shape \(4,\) for x of shape"),
        (lambda x: F.batch_norm(x, np.ones(4)), "expected mean and var, or neither"),
        (lambda x: F.batch_norm(x, np.ones(4), np.ones(4), mask=np.ones((2, 3), bool)), "own statistics"),
        (lambda x: F.batch_norm(x, mask=np.ones((2, 3, 4), bool)), r"mask of shape \(2, 3\) .* got \(2, 3, 4\)"),
        (lambda x: F.batch_norm(x, eps=-1.0), "expected eps >= 0, got -1.0"),
        (lambda x: F.batch_norm(x[0, 0]), r"at least 2 axes, got shape \(4,\)"),
        (lambda x: F.batch_norm(x, axis=3), "axis 3 is out of bounds"),
        (lambda x: F.layer_norm(x, np.ones(4), axis=(1, 2)), r"layer_norm expected weight of shape \(3, 4\)"),
        (lambda x: F.layer_norm(x, axis=(1, 1)), "repeated axis"),
        (lambda x: F.group_norm(x, 3), r"channels \(=4\) divisible by num_groups \(=3\)"),
        (lambda x: F.group_norm(x, 0), "num_groups to be a positive int, got 0"),
        (lambda x: F.group_norm(x, 1, axis=0), "not that of the batch, got axis=0"),
        (lambda x: F.group_norm(x, 2, bias=np.ones(2)), r"bias of shape \(4,\)"),
        (lambda x: F.instance_norm(x, np.ones(3)), r"weight of shape \(4,\)"),
        (lambda x: F.instance_norm(x[0]), r"at least 3 axes, got shape \(3, 4\)"),
        (lambda x: F.rms_norm(x, np.ones(3)), r"rms_norm expected weight of shape \(4,\)"),
        (lambda x: F.local_response_norm(x, 0), "size to be a positive int, got 0"),
        (lambda x: F.local_response_norm(x, 2.0), "size to be a positive int, got 2.0"),
        (lambda x: F.normalize(x, p=-1.0), "norm"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(nl.tensor(np.ones((2, 3, 4))))
