"""The data sets that are made: exclusive or, and counting."""

import numpy as np
import pytest

import nnlite.random
from nnlite.datasets import make_counting, make_xor


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_counting_has_every_vector_once_with_its_ones(bits):
    x, y = make_counting(bits)
    assert x.dtype == y.dtype == np.float32
    assert x.shape == (2**bits, bits)
    numbers = [int("".join(str(int(bit)) for bit in row), 2) for row in x]
    assert numbers == list(range(2**bits))
    assert y.tolist() == [number.bit_count() for number in numbers]


@pytest.mark.parametrize("bits", [0, -1, 21])
def test_counting_refuses_lengths_out_of_range(bits):
    with pytest.raises(ValueError, match=rf"`bits` \(={bits}\) must be from 1 to 20"):
        make_counting(bits)


def test_xor_goes_round_the_corners():
    x, y = make_xor(10)
    assert x.dtype == y.dtype == np.float32
    assert (x.shape, y.shape) == ((10, 2), (10,))
    np.testing.assert_array_equal(y, x[:, 0] != x[:, 1])
    np.testing.assert_array_equal(x[4:8], x[:4])
    assert len(np.unique(x, axis=0)) == 4


def test_xor_noise_has_the_asked_spread_and_keeps_the_labels():
    corners, labels = make_xor(4000)
    x, y = make_xor(4000, noise=0.1, seed=5)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(y, labels)
    assert (x - corners).std() == pytest.approx(0.1, rel=0.05)


def test_xor_noise_comes_from_the_seed_or_from_the_library():
    def noisy(seed=None):
        return make_xor(8, noise=0.1, seed=seed)[0].tolist()

    first = noisy()
    assert noisy() != first
    nnlite.random.seed(0)
    assert noisy() == first
    assert noisy(seed=5) == noisy(seed=5) != noisy(seed=6)


@pytest.mark.parametrize(
    ("n_samples", "noise", "message"),
    [(3, 0.0, r"`n_samples` \(=3\)"), (4, -0.1, r"`noise` \(=-0.1\)"), (4, float("nan"), r"`noise` \(=nan\)")],
)
def test_xor_refuses_what_cannot_be(n_samples, noise, message):
    with pytest.raises(ValueError, match=message):
        make_xor(n_samples, noise)
