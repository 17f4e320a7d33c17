"""Layers that add noise: what they draw and from where."""

import copy
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.layers import AlphaDropout, Dropout, GaussianNoise, SpatialDropout1D, SpatialDropout2D


def test_keeps_the_expected_value() -> None:
    y = Dropout(0.25, seed=0)(np.ones((100, 100), np.float32)).numpy()
    assert set(np.unique(y).tolist()) == {0.0, np.float32(1 / 0.75)}
    assert abs((y == 0).mean() - 0.25) < 0.02


def test_draws_from_the_library_or_from_its_own_generator() -> None:
    x = np.ones(20, np.float32)
    nl.random.seed(1)
    first = Dropout(0.5)(x).tolist()
    nl.random.seed(1)
    assert Dropout(0.5)(x).tolist() == first
    one, other = Dropout(0.5, seed=1), Dropout(0.5, seed=1)
    masks = [one(x).tolist() for _ in range(3)]
    assert [other(x).tolist() for _ in range(3)] == masks
    assert masks[0] != masks[1]


def test_a_copy_goes_on_from_the_same_place() -> None:
    x, layer = np.ones(20, np.float32), Dropout(0.5, seed=1)
    layer(x)
    assert copy.deepcopy(layer)(x).tolist() == layer(x).tolist()


@pytest.mark.parametrize("kind", [AlphaDropout, Dropout, SpatialDropout1D, SpatialDropout2D])
@pytest.mark.parametrize("rate", [-0.1, 1.5, float("nan")])
def test_the_rate_is_checked(kind: Any, rate: float) -> None:
    with pytest.raises(ValueError, match=rf"{kind.__name__} expected a rate in \[0, 1\], got rate="):
        kind(rate)


def test_other_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="GaussianNoise expected stddev >= 0, got stddev=-1"):
        GaussianNoise(-1)
    with pytest.raises(ValueError, match="SpatialDropout2D expected data_format"):
        SpatialDropout2D(0.5, "first")
    with pytest.raises(ValueError, match=r"got noise_shape=\(3, 1\), which does not broadcast to x of shape \(2, 4\)"):
        Dropout(0.5, noise_shape=(3, 1))(np.ones((2, 4)))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_whole_channels_are_dropped_in_both_layouts(data_format: str) -> None:
    x = np.ones((8, 5, 5, 5), np.float32)
    y = SpatialDropout2D(0.5, data_format, seed=0)(x).numpy()
    y = y if data_format == "channels_last" else y.transpose(0, 2, 3, 1)
    assert (y == y[:, :1, :1]).all()
    assert 0.2 < (y[:, 0, 0] == 0).mean() < 0.8


def test_a_rate_of_one_drops_everything() -> None:
    assert not Dropout(1)(np.ones(5)).numpy().any()
