"""Layers that make inputs larger or smaller: their arguments and what is left."""

from typing import Any

import numpy as np
import pytest

from nnlite.layers import Cropping2D, UpSampling1D, UpSampling2D, ZeroPadding1D, ZeroPadding2D

X = np.arange(1.0, 7.0).reshape(1, 2, 3, 1)


def test_padding_goes_to_the_sides_named() -> None:
    y = ZeroPadding2D(((1, 0), (0, 2)))(X).numpy()[0, :, :, 0]
    np.testing.assert_array_equal(y, [[0, 0, 0, 0, 0], [1, 2, 3, 0, 0], [4, 5, 6, 0, 0]])
    np.testing.assert_array_equal(ZeroPadding1D((0, 1))(X[0]).numpy()[0, :, 0], [1, 2, 3, 0])


def test_cropping_takes_away_what_padding_put_there() -> None:
    sides = ((1, 0), (0, 2))
    np.testing.assert_array_equal(Cropping2D(sides)(ZeroPadding2D(sides)(X)).numpy(), X)
    np.testing.assert_array_equal(Cropping2D((0, 1))(X).numpy().ravel(), [2, 5])


def test_up_sampling_repeats() -> None:
    np.testing.assert_array_equal(UpSampling2D((1, 2))(X[:, :1]).numpy().ravel(), [1, 1, 2, 2, 3, 3])
    np.testing.assert_array_equal(UpSampling1D(2)(X[0]).numpy()[0].ravel(), [1, 1, 2, 2, 3, 3])


@pytest.mark.parametrize(("make", "message"), [
    (lambda: UpSampling1D(0), "UpSampling1D expected size to be a positive integer, got size=0"),
    (lambda: UpSampling2D((1, 2, 3)), r"got size=\(1, 2, 3\)"),
    (lambda: UpSampling2D(interpolation="bicubic"), 'expected interpolation "nearest" or "bilinear", got \'bicubic\''),
    (lambda: UpSampling2D(data_format="last"), "UpSampling2D expected data_format"),
    (lambda: ZeroPadding1D(-1), "ZeroPadding1D expected padding to be an int >= 0 or a pair, got padding=-1"),
    (lambda: ZeroPadding1D((1, 2, 3)), r"got padding=\(1, 2, 3\)"),
    (lambda: ZeroPadding2D(1.5), "ZeroPadding2D expected padding to be an int >= 0, a pair or a pair of pairs"),
    (lambda: ZeroPadding2D(((1, 2), (3,))), r"got padding=\(\(1, 2\), \(3,\)\)"),
    (lambda: Cropping2D((1, -1)), r"Cropping2D expected cropping to be .*, got cropping=\(1, -1\)"),
    (lambda: Cropping2D((1, 2, 3)), r"got cropping=\(1, 2, 3\)"),
])  # fmt: skip
def test_arguments_are_checked(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_something_has_to_be_left() -> None:
    with pytest.raises(
        ValueError, match=r"Cropping2D\(cropping=1\) expected something to be left of an input of shape"
    ):
        Cropping2D(1)(X)
