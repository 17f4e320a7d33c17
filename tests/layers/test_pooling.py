"""Pooling layers: arguments and Keras' treatment of padding."""

from typing import Any

import numpy as np
import pytest

from nnlite.layers import AvgPool2D, MaxPool2D

X = np.arange(1, 10, dtype=np.float32).reshape(1, 3, 3, 1)


def test_max_takes_the_largest_of_each_window() -> None:
    np.testing.assert_array_equal(MaxPool2D()(X).numpy().ravel(), [5])
    np.testing.assert_array_equal(MaxPool2D(strides=1)(X).numpy().ravel(), [5, 6, 8, 9])
    np.testing.assert_array_equal(MaxPool2D(padding="same")(-X).numpy().ravel(), [-1, -3, -7, -9])


def test_average_does_not_count_padding() -> None:
    np.testing.assert_array_equal(AvgPool2D()(X).numpy().ravel(), [3])
    np.testing.assert_array_equal(AvgPool2D(padding="same")(X).numpy().ravel(), [3, 4.5, 7.5, 9])


@pytest.mark.parametrize("kind", [MaxPool2D, AvgPool2D])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pool_size": 0}, "got pool_size=0"),
        ({"strides": (1, 2, 3)}, r"got strides=\(1, 2, 3\)"),
        ({"padding": "full"}, 'Pool2D expected padding "valid" or "same", numbers or pairs, got padding=\'full\''),
        ({"data_format": "first"}, "Pool2D expected data_format"),
        ({"input_shape": 3}, "Pool2D expected input_shape to be a tuple"),
    ],
)
def test_arguments_are_checked(kind: Any, arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**arguments)
