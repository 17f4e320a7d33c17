"""The points that are made: moons, spirals, blobs and a sine."""

from typing import Any

import numpy as np
import pytest

import nnlite.random
from nnlite.datasets import make_blobs, make_moons, make_sine, make_spirals


@pytest.mark.parametrize("n_samples", [2, 7, 100])
def test_moons_are_two_half_circles(n_samples):
    x, y = make_moons(n_samples)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((n_samples, 2), np.float32, (n_samples,), np.int64)
    assert abs(np.diff(np.bincount(y, minlength=2))[0]) <= 1
    np.testing.assert_allclose(np.hypot(*x[y == 0].T), 1, atol=1e-6)
    np.testing.assert_allclose(np.hypot(*(x[y == 1] - [1, 0.5]).T), 1, atol=1e-6)
    assert (x[y == 0, 1] >= -1e-6).all()
    assert (x[y == 1, 1] <= 0.5 + 1e-6).all()


@pytest.mark.parametrize("n_classes", [1, 2, 5])
def test_spirals_wind_about_the_middle(n_classes):
    x, y = make_spirals(300, n_classes, turns=2)
    assert (x.shape, x.dtype, y.dtype) == ((300, 2), np.float32, np.int64)
    assert np.ptp(np.bincount(y)) <= 1
    assert len(np.unique(y)) == n_classes
    radius = np.hypot(*x.T.astype(float))
    assert 0 < radius.min() < radius.max() <= 1 + 1e-6
    turn = np.exp(2j * np.pi * (2 * radius + y / n_classes))
    np.testing.assert_allclose(x[:, 0] + 1j * x[:, 1], radius * turn, atol=1e-5)


def test_blobs_lie_about_their_centres():
    centers, deviations = np.array([[-5, 0, 1], [5, 5, 2]]), [0.5, 2.0]
    x, y = make_blobs(20_001, centers=centers, cluster_std=deviations, seed=0)
    assert (x.shape, x.dtype, y.dtype) == ((20_001, 3), np.float32, np.int64)
    assert np.bincount(y).tolist() == [10_001, 10_000]
    for label in (0, 1):
        np.testing.assert_allclose(x[y == label].mean(axis=0), centers[label], atol=0.1)
        np.testing.assert_allclose(x[y == label].std(axis=0), deviations[label], rtol=0.05)
    x, y = make_blobs(30, n_features=4, centers=5, cluster_std=0)
    assert x.shape == (30, 4)
    assert len(np.unique(x, axis=0)) == 5
    assert abs(x).max() <= 10


def test_sine_goes_from_left_to_right():
    x, y = make_sine(50, periods=2)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((50, 1), np.float32, (50,), np.float32)
    np.testing.assert_allclose(x[:, 0], np.linspace(0, 4 * np.pi, 50), rtol=1e-6)
    np.testing.assert_allclose(y, np.sin(x[:, 0]), atol=1e-5)


def test_noise_has_the_asked_spread():
    x, y = make_sine(20_000, noise=0.1, seed=1)
    assert (y - np.sin(x[:, 0])).std() == pytest.approx(0.1, rel=0.05)
    x, y = make_moons(20_000, noise=0.1, seed=1)
    assert (np.hypot(*x[y == 0].T) - 1).std() == pytest.approx(0.1, rel=0.05)
    x, y = make_spirals(20_000, turns=0, noise=0.1, seed=1)  # the classes lie along an axis
    assert x[:, 1].std() == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("make", [make_moons, make_spirals, make_blobs])
def test_points_are_shuffled_by_the_seed_or_the_library(make):
    def made(seed: Any = None) -> list[Any]:
        x, y = make(40, seed=seed)
        return [x.tolist(), y.tolist()]

    first = made()
    assert first[1] != sorted(first[1])
    assert made() != first
    nnlite.random.seed(0)
    assert made() == first
    assert made(5) == made(np.random.default_rng(5)) != made(6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: make_moons(1), ValueError, r"make_moons: `n_samples` \(=1\) must be an integer of at least 2"),
        (lambda: make_moons(10.0), ValueError, r"`n_samples` \(=10\.0\)"),
        (lambda: make_moons(noise=-1), ValueError, r"make_moons: `noise` \(=-1\) must not be negative"),
        (lambda: make_moons(noise=float("nan")), ValueError, r"`noise` \(=nan\)"),
        (lambda: make_moons(seed="1"), TypeError, "seed is an integer"),
        (lambda: make_spirals(3, n_classes=4), ValueError, r"`n_samples` \(=3\) must be an integer of at least 4"),
        (lambda: make_spirals(n_classes=0), ValueError, r"make_spirals: `n_classes` \(=0\)"),
        (lambda: make_blobs(centers=0), ValueError, r"make_blobs: `centers` \(=0\)"),
        (lambda: make_blobs(centers=2.5), ValueError, r"make_blobs: `centers` \(=2\.5\)"),
        (lambda: make_blobs(centers=[1, 2]), ValueError, r"number or have shape \(n, n_features\), got \(2,\)"),
        (lambda: make_blobs(n_features=0), ValueError, r"`n_features` \(=0\)"),
        (lambda: make_blobs(cluster_std=-1), ValueError, r"`cluster_std` \(=-1\) must be 0 or more, one or 3 numbers"),
        (lambda: make_blobs(cluster_std=[1, 2]), ValueError, r"`cluster_std` \(=\[1, 2\]\)"),
        (lambda: make_sine(1), ValueError, r"make_sine: `n_samples` \(=1\)"),
        (lambda: make_sine(periods=0), ValueError, r"make_sine: `periods` \(=0\) must be positive"),
    ],
)
def test_what_cannot_be_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
