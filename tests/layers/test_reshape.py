"""Flatten, Permute, RepeatVector and Reshape."""

from typing import Any

import numpy as np
import pytest

from nnlite.layers import Flatten, Permute, RepeatVector, Reshape


def test_flatten_keeps_the_order() -> None:
    x = np.arange(12.0).reshape(2, 3, 2)
    np.testing.assert_array_equal(Flatten()(x).numpy(), x.reshape(2, 6))
    np.testing.assert_array_equal(Flatten()(x[:, 0, 0]).numpy(), x[:, :1, 0])


def test_reshape_keeps_the_batch() -> None:
    x = np.arange(12.0).reshape(2, 6)
    np.testing.assert_array_equal(Reshape((3, -1))(x).numpy(), x.reshape(2, 3, 2))
    assert Reshape((1,))(np.ones(3)).shape == (3, 1)
    assert Reshape([2, 3])(x).shape == (2, 2, 3)


@pytest.mark.parametrize("target", [5, (-1, -1), (-2,), (0, 3), (2.0,), "ab"])
def test_targets_are_checked(target: Any) -> None:
    with pytest.raises(
        ValueError, match="Reshape expected a tuple of positive sizes, with at most one -1, got target_sha"
    ):
        Reshape(target)


def test_permute_counts_axes_from_one() -> None:
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    np.testing.assert_array_equal(Permute((3, 1, 2))(x).numpy(), x.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("dims", [(0, 1), (1, 1), (1, 3), (), 1, "ab"])
def test_orders_are_checked(dims: Any) -> None:
    with pytest.raises(ValueError, match="Permute expected an order of the axes"):
        Permute(dims)


def test_repeat_vector_makes_equal_steps() -> None:
    np.testing.assert_array_equal(RepeatVector(2)(np.array([[1.0, 2.0]])).numpy(), [[[1, 2], [1, 2]]])


@pytest.mark.parametrize("n", [0, 1.5, (2,)])
def test_the_number_of_steps_is_checked(n: Any) -> None:
    with pytest.raises(ValueError, match="RepeatVector expected n to be a positive integer, got n="):
        RepeatVector(n)
