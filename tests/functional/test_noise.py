"""Dropout beyond its samples: what it drops, where it draws from, and its errors."""

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


def test_nothing_is_drawn_and_nothing_changes_in_inference_or_at_rate_zero():
    x = nl.tensor([1.0, 2.0], requires_grad=True)
    before = nl.random.generator().bit_generator.state
    assert F.dropout(x, training=False) is x
    assert F.dropout(x, 0.0) is x
    assert nl.random.generator().bit_generator.state == before


def test_rate_one_drops_everything():
    x = nl.tensor([1.0, 2.0], requires_grad=True)
    y = F.dropout(x, 1.0)
    y.sum().backward()
    np.testing.assert_array_equal(y.numpy(), [0, 0])
    np.testing.assert_array_equal(x.grad, [0, 0])


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


@pytest.mark.parametrize("rate", [-0.1, 1.5, float("nan")])
def test_a_rate_that_is_no_probability_is_quoted(rate):
    with pytest.raises(ValueError, match=rf"dropout expected rate in \[0, 1\], got {rate}"):
        F.dropout(np.ones(3), rate)
