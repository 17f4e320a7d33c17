"""Dropout: what it draws and from where."""

import copy

import numpy as np
import pytest

import nnlite as nl
from nnlite.layers import Dropout


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


@pytest.mark.parametrize("rate", [-0.1, 1.5, float("nan")])
def test_the_rate_is_checked(rate: float) -> None:
    with pytest.raises(ValueError, match=r"Dropout expected a rate in \[0, 1\], got rate="):
        Dropout(rate)


def test_a_rate_of_one_drops_everything() -> None:
    assert not Dropout(1)(np.ones(5)).numpy().any()
