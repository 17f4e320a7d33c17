"""What the samples of attention do not say: masks of every kind, dropout, extremes and errors."""

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from tests.op_samples._sample import normal


def arrays(dtype="float64"):
    return [normal(2, 3, n, d, seed=d).astype(dtype) for n, d in ((4, 2), (5, 2), (5, 3))]


def test_a_boolean_mask_is_minus_infinity_added():
    allowed = normal(3, 4, 5) > 0
    added = np.where(allowed, 0.0, -np.inf)
    q, k, v = arrays()
    expected = F.scaled_dot_product_attention(q, k, v, added)
    np.testing.assert_array_equal(F.scaled_dot_product_attention(q, k, v, allowed), expected)
    np.testing.assert_array_equal(F.scaled_dot_product_attention(q, k, v, nl.tensor(allowed)), expected)


def test_what_is_hidden_has_no_influence_and_no_gradient():
    q, k, v = (nl.tensor(a, requires_grad=True) for a in arrays())
    allowed = np.array([True, False, True, True, False])
    y = F.scaled_dot_product_attention(q, k, v, allowed)
    y.backward(np.ones(y.shape))
    assert not k.grad[..., ~allowed, :].any()
    assert not v.grad[..., ~allowed, :].any()
    seen = [a[..., allowed, :] for a in (k.data, v.data)]
    np.testing.assert_allclose(y.data, F.scaled_dot_product_attention(q.data, *seen), rtol=1e-12)


@pytest.mark.parametrize("mask", [np.zeros((4, 1), bool), np.full((4, 5), -np.inf)], ids=["boolean", "added"])
def test_a_query_without_a_key_gets_zeros(mask):
    q, k, v = (nl.tensor(a, requires_grad=True) for a in arrays("float32"))
    added = nl.tensor(mask.astype("float32"), requires_grad=True) if mask.dtype != bool else mask
    y, weights = F.scaled_dot_product_attention(q, k, v, added, return_weights=True)
    assert not y.data.any()
    assert not weights.data.any()
    (y.sum() + weights.sum()).backward()
    for leaf in (q, k, v, *([added] if isinstance(added, nl.Tensor) else [])):
        assert not leaf.grad.any()


@pytest.mark.parametrize("size", [0.0, 1e4, -1e4])
def test_extreme_scores_stay_finite_in_value_and_gradient(size):
    q, k, v = (nl.tensor(np.full_like(a, size), requires_grad=True) for a in arrays("float32"))
    q.data[..., 0, :] *= -1
    k.data[..., 1, :] *= -1
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    y.sum().backward()
    assert np.isfinite(y.data).all()
    assert all(np.isfinite(leaf.grad).all() for leaf in (q, k, v))


def test_weights_are_a_distribution_and_give_the_mean_of_the_values():
    q, k, v = arrays()
    y, weights = F.scaled_dot_product_attention(q, k, v, return_weights=True)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    np.testing.assert_allclose(weights @ v, y, rtol=1e-12)


def test_dropout_drops_weights_and_scales_the_others():
    nl.random.seed(1)
    identity = np.eye(40)
    y, weights = F.scaled_dot_product_attention(identity, identity, identity, None, 0.25, return_weights=True)
    dropped = y == 0
    assert 0.2 < dropped.mean() < 0.3
    np.testing.assert_allclose(y[~dropped], weights[~dropped] / 0.75, rtol=1e-12)
    assert not F.scaled_dot_product_attention(identity, identity, identity, None, 1.0).any()


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(4, 2), (5, 3), (5, 3)], r"\(4, 2\), \(5, 3\) and \(5, 3\)"),
        ([(4, 2), (5, 2), (6, 2)], r"key \(\.\.\., S, D\)"),
        ([(2,), (5, 2), (5, 2)], r"query \(\.\.\., T, D\)"),
        ([(2, 4, 2), (3, 5, 2), (5, 2)], "broadcast"),
    ],
)
def test_shapes_that_do_not_fit_are_named(shapes, message):
    with pytest.raises(ValueError, match=message):
        F.scaled_dot_product_attention(*map(np.ones, shapes))


def test_masks_that_do_not_fit_are_named():
    q, k, v = arrays()
    with pytest.raises(ValueError, match=r"broadcasts to \(2, 3, 4, 5\), got shape \(5, 4\)"):
        F.scaled_dot_product_attention(q, k, v, np.ones((5, 4)))
    with pytest.raises(ValueError, match="broadcasts to"):
        F.scaled_dot_product_attention(q, k, v, np.ones((1, 2, 3, 4, 5)))
    with pytest.raises(TypeError, match=r"booleans \(True: attend\).*got int64"):
        F.scaled_dot_product_attention(q, k, v, np.ones((4, 5), int))
    with pytest.raises(ValueError, match="rate"):
        F.scaled_dot_product_attention(q, k, v, dropout_p=1.5)


def test_arguments_of_encodings_are_checked():
    with pytest.raises(ValueError, match="length=-1"):
        F.sinusoidal_encoding(-1, 4)
    with pytest.raises(ValueError, match="max_wavelength > 0, got 0"):
        F.sinusoidal_encoding(3, 4, 0)
    with pytest.raises(ValueError, match=r"even D, got \(2, 3\)"):
        F.rotary_embedding(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"positions of shape \(4,\) for x of shape \(3, 2\)"):
        F.rotary_embedding(np.ones((3, 2)), np.arange(4))


def test_turned_queries_and_keys_know_their_distance_only():
    q, k = normal(6), normal(6, seed=1)
    here = [F.rotary_embedding(a[None], [p])[0] for a, p in ((q, 7), (k, 4))]
    there = [F.rotary_embedding(a[None], [p])[0] for a, p in ((q, 103), (k, 100))]
    np.testing.assert_allclose(here[0] @ here[1], there[0] @ there[1], rtol=1e-10)
    np.testing.assert_allclose(np.linalg.norm(here[0]), np.linalg.norm(q), rtol=1e-12)
