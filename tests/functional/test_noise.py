"""The noise functions beyond their samples: what they drop and add, where they draw from, and their errors."""

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_drops_the_share_asked_for_and_keeps_the_mean(rate):
    y = F.dropout(np.ones((200, 100), np.float32), rate)
    dropped = np.mean(y == 0)
    assert dropped == pytest.approx(rate, abs=4 * np.sqrt(rate * (1 - rate) / y.size))
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)
    assert y.dtype == np.float32


def test_the_gradient_passes_where_the_value_did():
    x = nl.tensor(np.ones(50, np.float32), requires_grad=True)
    y = F.dropout(x, 0.4)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, y.numpy())
    assert x.grad.dtype == np.float32


@pytest.mark.parametrize("noise", [F.dropout, F.spatial_dropout, F.alpha_dropout, F.gaussian_noise])
def test_nothing_is_drawn_and_nothing_changes_in_inference_or_at_rate_zero(noise):
    x = nl.tensor([[[1.0, 2.0]]], requires_grad=True)
    before = nl.random.generator().bit_generator.state
    assert noise(x, 0.4, training=False) is x
    assert noise(x, 0.0) is x
    assert nl.random.generator().bit_generator.state == before


@pytest.mark.parametrize("drop", [F.dropout, F.spatial_dropout, F.alpha_dropout])
def test_rate_one_drops_everything(drop):
    x = nl.tensor([[[1.0, 2.0]]], requires_grad=True)
    y = drop(x, 1.0)
    y.sum().backward()
    np.testing.assert_array_equal(y.numpy(), [[[0, 0]]])
    np.testing.assert_array_equal(x.grad, [[[0, 0]]])


def test_the_seed_decides():
    x = np.ones(100)
    nl.random.seed(3)
    first, second = F.dropout(x), F.dropout(x)
    nl.random.seed(3)
    np.testing.assert_array_equal(F.dropout(x), first)
    assert (first != second).any()


def test_a_generator_passed_in_is_the_one_drawn_from():
    x = np.ones(100)
    before = nl.random.generator().bit_generator.state
    given = np.random.default_rng(5)
    first, second = F.dropout(x, generator=given), F.dropout(x, generator=given)
    np.testing.assert_array_equal(first, F.dropout(x, generator=np.random.default_rng(5)))
    assert (first != second).any()
    assert nl.random.generator().bit_generator.state == before


def test_float32_and_float64_get_the_same_mask():
    x = np.ones(100)
    narrow = F.dropout(x.astype(np.float32), generator=np.random.default_rng(0))
    np.testing.assert_array_equal(narrow, F.dropout(x, generator=np.random.default_rng(0)))


@pytest.mark.parametrize("drop", [F.dropout, F.spatial_dropout, F.alpha_dropout])
@pytest.mark.parametrize("rate", [-0.1, 1.5, float("nan")])
def test_a_rate_that_is_no_probability_is_quoted(drop, rate):
    with pytest.raises(ValueError, match=rf"{drop.__name__} expected rate in \[0, 1\], got {rate}"):
        drop(np.ones((1, 1, 3)), rate)


@pytest.mark.parametrize("stddev", [-1, float("nan")])
def test_a_negative_deviation_is_quoted(stddev):
    with pytest.raises(ValueError, match=rf"gaussian_noise expected stddev >= 0, got {stddev}"):
        F.gaussian_noise(np.ones(3), stddev)


@pytest.mark.parametrize("drop", [F.dropout, F.alpha_dropout])
@pytest.mark.parametrize("noise_shape", [(2, 2), (3,), (1, 1, 1), (), (0, None)])
def test_a_mask_that_does_not_fit_is_quoted(drop, noise_shape):
    with pytest.raises(ValueError, match=r"got noise_shape=\(.*\), which does not broadcast to x of shape \(2, 3\)"):
        drop(np.ones((2, 3)), noise_shape=noise_shape)


def test_elements_share_a_fate_along_axes_of_length_one():
    y = F.dropout(np.ones((50, 4, 30)), noise_shape=(None, 1, 30))
    assert (y == y[:, :1]).all()
    assert 0.4 < (y[:, 0] == 0).mean() < 0.6


def test_spatial_dropout_drops_whole_channels_of_each_sample():
    y = F.spatial_dropout(np.ones((40, 3, 2, 50), np.float32), 0.3)
    assert (y == y[:, :1, :1]).all()
    dropped = y[:, 0, 0] == 0
    assert 0.25 < dropped.mean() < 0.35
    assert len(np.unique(dropped, axis=0)) > 30
    with pytest.raises(
        ValueError, match=r"spatial_dropout\(\) takes x of shape \(N, \*spatial, C\), got shape \(2, 3\)"
    ):
        F.spatial_dropout(np.ones((2, 3)))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_alpha_dropout_keeps_mean_and_variance(rate):
    x = np.random.default_rng(0).normal(size=200_000).astype(np.float32)
    y = F.alpha_dropout(x, rate)
    assert y.dtype == np.float32
    assert y.mean() == pytest.approx(0, abs=0.02)
    assert y.std() == pytest.approx(1, abs=0.02)
    dropped = np.unique(y, return_counts=True)[1].max() / y.size  # they all have one value
    assert dropped == pytest.approx(rate, abs=0.01)


def test_gaussian_noise_has_the_deviation_asked_for():
    noise = F.gaussian_noise(np.full(100_000, 5.0, np.float32), 0.3) - 5
    assert noise.dtype == np.float32
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert noise.std() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("noise", [F.spatial_dropout, F.alpha_dropout, F.gaussian_noise])
def test_a_checkpointed_segment_draws_the_same_again(noise):
    gradients = []
    for run in (lambda segment, x: segment(x), nl.checkpoint):
        nl.random.seed(2)
        x = nl.tensor(np.ones((2, 3, 4)), requires_grad=True)
        run(lambda t: noise(t * t, 0.4) ** 2, x).sum().backward()
        gradients.append(x.grad)
    np.testing.assert_array_equal(*gradients)
