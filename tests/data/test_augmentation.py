"""Random changes of images: each image in its own way, vectorised, dtype kept."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import nnlite as nl
from nnlite.data import RandomCrop, RandomFlip, RandomRotation, RandomShift

SCIPY_MODES = {"constant": "grid-constant", "nearest": "nearest", "reflect": "reflect", "wrap": "grid-wrap"}
MODES = list(SCIPY_MODES)


def images(n: int = 6, height: int = 7, width: int = 9, channels: int | None = 2, dtype: Any = "float64") -> np.ndarray:
    shape = (n, height, width) if channels is None else (n, height, width, channels)
    return np.random.default_rng(0).uniform(0, 200, shape).astype(dtype)


EVERY = [RandomCrop(5, 6), RandomCrop(7, 9, padding=2), RandomFlip(), RandomShift(2), RandomRotation(0.1)]


@pytest.mark.parametrize("change", EVERY, ids=repr)
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int16"])
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_dtype_and_batch_are_kept_and_the_images_too(change: Any, dtype: str, channels: int | None) -> None:
    x = images(channels=channels, dtype=dtype)
    before = x.copy()
    y = change(x)
    assert y.dtype == x.dtype
    assert len(y) == len(x)
    assert y.shape[3:] == x.shape[3:]
    np.testing.assert_array_equal(x, before)
    assert not np.shares_memory(x, y)
    assert y.min() >= 0
    assert y.max() <= x.max()


@pytest.mark.parametrize("change", EVERY, ids=repr)
def test_each_image_is_changed_in_its_own_way_as_the_generator_says(change: Any) -> None:
    x = images(1).repeat(20, axis=0)
    first = change(x, np.random.default_rng(1))
    assert len(np.unique(first.reshape(20, -1), axis=0)) > 2
    np.testing.assert_array_equal(change(x, np.random.default_rng(1)), first)
    assert not np.array_equal(change(x, np.random.default_rng(2)), first)
    nl.random.seed(3)
    drawn = change(x)
    nl.random.seed(3)
    np.testing.assert_array_equal(change(x), drawn)


@pytest.mark.parametrize("change", EVERY, ids=repr)
def test_an_empty_batch_stays_one(change: Any) -> None:
    assert len(change(images(0))) == 0


def test_crops_are_windows_of_the_image() -> None:
    x = images(50)
    cropped = RandomCrop(5, 6)(x)
    places = set()
    for image, window in zip(x, cropped, strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(image, (5, 6), axis=(0, 1))
        found = np.argwhere((np.moveaxis(windows, 2, -1) == window).all(axis=(2, 3, 4)))
        assert len(found) == 1
        places.add(tuple(found[0].tolist()))
    assert {i for i, _ in places} == {0, 1, 2}
    assert {j for _, j in places} == {0, 1, 2, 3}


def test_padding_puts_the_value_around_the_image() -> None:
    x = np.ones((200, 1, 1))
    cropped = RandomCrop(3, padding=2, fill_value=7)(x)
    assert (cropped.sum(axis=(1, 2)) == 1 + 8 * 7).all()
    assert {tuple(np.argwhere(image == 1)[0].tolist()) for image in cropped} == {
        (i, j) for i in range(3) for j in range(3)
    }
    np.testing.assert_array_equal(RandomCrop((7, 9))(images()), images())


@pytest.mark.parametrize(
    ("mode", "flips"), [("horizontal", [(1, -1)]), ("vertical", [(-1, 1)]), (None, [(1, -1), (-1, 1), (-1, -1)])]
)
def test_flips_mirror_about_half_of_the_images(mode: Any, flips: Any) -> None:
    x = images(400)
    flipped = (RandomFlip() if mode is None else RandomFlip(mode))(x)
    counts = [sum(np.array_equal(b, a[::i, ::j]) for a, b in zip(x, flipped, strict=True)) for i, j in [(1, 1), *flips]]
    assert sum(counts) == len(x)
    assert min(counts) > 0.7 * len(x) / len(counts)


@given(st.sampled_from(MODES), st.integers(0, 3), st.integers(0, 4))
def test_shifts_are_those_of_scipy(mode: str, most_down: int, most_right: int) -> None:
    x = images(5)
    y = RandomShift(most_down, most_right, fill_mode=mode, fill_value=3)(x, np.random.default_rng(0))
    for image, moved in zip(x, y, strict=True):
        candidates = [
            ndimage.shift(image, (down, right, 0), order=0, mode=SCIPY_MODES[mode], cval=3)
            for down in range(-most_down, most_down + 1)
            for right in range(-most_right, most_right + 1)
        ]
        assert any(np.array_equal(candidate, moved) for candidate in candidates)


def test_shifts_reach_both_ends_and_count_shares_of_the_size() -> None:
    x = np.zeros((300, 10, 20))
    x[:, 5, 10] = 1
    places = np.argwhere(RandomShift(0.2, 3)(x))
    assert set(places[:, 1]) == {3, 4, 5, 6, 7}
    assert set(places[:, 2]) == {7, 8, 9, 10, 11, 12, 13}


@given(st.sampled_from(MODES), st.floats(-180, 180))
def test_rotations_are_those_of_scipy(mode: str, degrees: float) -> None:
    x = images(2, 8, 5)
    y = RandomRotation(degrees=(degrees, degrees), fill_mode=mode, fill_value=3)(x)
    expected = ndimage.rotate(x, degrees, axes=(1, 2), reshape=False, order=1, mode=SCIPY_MODES[mode], cval=3)
    np.testing.assert_allclose(y, expected, atol=1e-6)


def test_quarter_turns_are_exact_and_counter_clockwise() -> None:
    x = images(3, 6, 6, dtype="uint8")
    np.testing.assert_array_equal(RandomRotation(factor=(0.25, 0.25))(x), np.rot90(x, axes=(1, 2)))


def test_angles_fill_the_range() -> None:
    x = np.zeros((500, 41, 41))
    x[:, 20, 40] = 1
    turned = RandomRotation(0.125, fill_mode="constant")(x)
    rows, columns = np.unravel_index(turned.reshape(500, -1).argmax(axis=1), (41, 41))
    angles = np.degrees(np.arctan2(20 - rows, columns - 20))
    assert angles.min() < -42
    assert angles.max() > 42
    assert abs(angles).max() < 47
    assert RandomRotation(0.125)._range == RandomRotation(degrees=45)._range


def test_integers_are_rounded() -> None:
    x = np.full((1, 5, 5), 199, np.uint8)
    np.testing.assert_array_equal(RandomRotation(degrees=(30, 30))(x), x)


def test_they_print_as_what_made_them() -> None:
    for change in EVERY:
        assert repr(eval(repr(change))) == repr(change)
    assert repr(RandomRotation(degrees=10)) == "RandomRotation(degrees=10)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RandomCrop(0), "RandomCrop expected height to be an integer from 1 up, got height=0"),
        (lambda: RandomCrop(3, 2.5), r"width to be an integer from 1 up, got width=2\.5"),
        (lambda: RandomCrop(3, padding=-1), "padding to be an integer from 0 up, got padding=-1"),
        (lambda: RandomCrop((3, 4), 5), r"expected RandomCrop\(height, width\), got height=\(3, 4\), width=5"),
        (lambda: RandomFlip("sideways"), "one of horizontal, vertical, .* got mode='sideways'"),
        (lambda: RandomShift(1.5), r"pixels, or a share in \[0, 1\), got height=1\.5"),
        (lambda: RandomShift(1, -2), "got width=-2"),
        (lambda: RandomShift(1, fill_mode="mirror"), "one of constant, nearest, reflect, wrap, got fill_mode='mirror'"),
        (lambda: RandomRotation(15), r"factor in \[-1, 1\], got factor=15: for degrees write .*degrees=15"),
        (lambda: RandomRotation(degrees=400), r"degrees in \[-360, 360\], got degrees=400$"),
        (lambda: RandomRotation("horizontal"), r"factor to be a number or \(least, most\), got factor='horizontal'"),
        (lambda: RandomRotation(degrees=(1, 2, 3)), r"a number or \(least, most\), got degrees=\(1, 2, 3\)"),
        (lambda: RandomRotation((0.2, 0.1)), r"got factor=\(0\.2, 0\.1\)"),
        (lambda: RandomRotation(), "expected factor or degrees, got factor=None, degrees=None"),
        (lambda: RandomRotation(0.1, fill_mode=3), "got fill_mode=3"),
        (lambda: RandomCrop(8)(images()), r"at least 8 x 8 pixels, padding included, got 7 x 9"),
        (
            lambda: RandomFlip("vertical")(images()[0, 0]),
            r"RandomFlip\(mode='vertical'\) expected images of shape .* got an array of shape \(9, 2\)",
        ),
    ],
)
def test_what_cannot_be_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
