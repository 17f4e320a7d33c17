"""Resizing beyond its samples: what stays the same, and errors."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlite as nl
import nnlite.functional as F
from tests.op_samples._resize import naive_upsample
from tests.op_samples._sample import normal

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


@given(st.data())
def test_any_sizes(data: st.DataObject) -> None:
    axes = data.draw(st.integers(1, 2), label="axes")
    old, new = (tuple(data.draw(st.lists(st.integers(1, 9), min_size=axes, max_size=axes))) for _ in range(2))
    mode = data.draw(st.sampled_from(["nearest", LINEAR[axes]]), label="mode")
    align = mode != "nearest" and data.draw(st.booleans(), label="align_corners")
    x = normal(1, *old, 2)
    y = F.upsample(x, size=new, mode=mode, align_corners=align)
    np.testing.assert_allclose(y, naive_upsample(x, None, new, mode, align), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_what_is_constant_stays_so_and_the_same_size_is_the_same_array(axes: int) -> None:
    x = normal(2, *(3,) * axes, 2)
    for settings in ({}, {"mode": LINEAR[axes]}, {"mode": LINEAR[axes], "align_corners": True}):
        np.testing.assert_allclose(F.upsample(np.ones_like(x), size=5, **settings), 1, rtol=1e-15)
        np.testing.assert_array_equal(F.upsample(x, size=3, **settings), x)
        np.testing.assert_array_equal(F.upsample(x, 1, **settings), x)


def test_aligned_corners_stay_where_they_are_and_a_line_stays_a_line() -> None:
    x = np.linspace(0, 6, 4).reshape(1, 4, 1)
    y = F.upsample(x, size=9, mode="linear", align_corners=True)
    np.testing.assert_allclose(y.ravel(), np.linspace(0, 6, 9), atol=1e-15)


def test_the_scale_decides_where_elements_lie_also_if_the_size_is_rounded() -> None:
    x = np.arange(5.0).reshape(1, 5, 1)
    by_scale, by_size = (F.upsample(x, **how, mode="linear").ravel() for how in ({"scale": 1.5}, {"size": 7}))
    np.testing.assert_allclose(by_scale[1], 0.5, rtol=1e-12)
    np.testing.assert_allclose(by_size[1], 1.5 * 5 / 7 - 0.5, rtol=1e-12)


def test_lengths_that_stay_or_double_are_not_shifted_by_a_scale_that_is_not_whole() -> None:
    x = np.arange(4.0).reshape(1, 4, 1)
    np.testing.assert_array_equal(F.upsample(x, 1.2), x)
    np.testing.assert_array_equal(F.upsample(x, 1.2, mode="linear"), x)
    np.testing.assert_array_equal(F.upsample(x, 2.2).ravel(), np.repeat(np.arange(4.0), 2))


@pytest.mark.parametrize(("shape", "settings", "message"), [
    ((1, 4, 1), {}, "upsample() takes either scale or size, got scale=None and size=None"),
    ((1, 4, 1), {"scale": 2, "size": 8}, "upsample() takes either scale or size, got scale=2 and size=8"),
    ((1, 4, 1), {"scale": 0.2}, "expected scale to leave elements of the spatial axes (4,), got scale=0.2"),
    ((1, 4, 1), {"scale": -1}, "got scale=-1"),
    ((1, 4, 1), {"scale": float("nan")}, "got scale=nan"),
    ((1, 4, 1), {"scale": float("inf")}, "got scale=inf"),
    ((1, 4, 4, 1), {"scale": (2, 2, 2)}, "got scale=(2, 2, 2)"),
    ((1, 4, 4, 1), {"scale": "2"}, "got scale='2'"),
    ((1, 4, 4, 1), {"size": (2, 0)}, "got size=(2, 0)"),
    ((1, 4, 4, 1), {"size": 2.5}, "got size=2.5"),
    ((1, 4, 4, 1), {"scale": 2, "mode": "linear"}, "takes mode 'nearest' or 'bilinear' for x of shape (1, 4, 4, 1)"),
    ((1, 4, 1), {"scale": 2, "mode": "cubic"}, "takes mode 'nearest' or 'linear' for x of shape (1, 4, 1)"),
    ((1, 4, 1), {"scale": 2, "align_corners": True}, "aligns corners in the linear modes only"),
    ((4, 1), {"scale": 2}, "takes x of shape (N, *spatial, C), with 1 to 3 spatial axes, got shape (4, 1)"),
    ((1, 0, 1), {"scale": 2}, "got shape (1, 0, 1)"),
])  # fmt: skip
def test_errors_quote_what_was_given(shape: Any, settings: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is compared in full)
        F.upsample(np.ones(shape), **settings)
    assert message in str(caught.value)


def test_pixel_shuffle_moves_every_channel_to_its_pixel() -> None:
    x = np.arange(8.0).reshape(1, 1, 1, 8)
    y = F.pixel_shuffle(x, 2)
    np.testing.assert_array_equal(y[0, :, :, 0], [[0, 1], [2, 3]])
    np.testing.assert_array_equal(y[0, :, :, 1], [[4, 5], [6, 7]])


@pytest.mark.parametrize(("shape", "r"), [((2, 2, 3), 2), ((2, 4), 2)])
def test_pixel_shuffle_needs_channels_for_all_pixels(shape: Any, r: int) -> None:
    with pytest.raises(ValueError, match=r"pixel_shuffle\(\) takes x of shape \(..., H, W, C \* 4\)"):
        F.pixel_shuffle(np.ones(shape), r)
    with pytest.raises(ValueError, match="upscale_factor=0"):
        F.pixel_shuffle(np.ones((2, 2, 4)), 0)


def test_integers_are_resized_in_the_default_dtype() -> None:
    x = np.arange(4).reshape(1, 2, 2, 1)
    assert F.upsample(x, 2).dtype == F.upsample(nl.tensor(x), 2, mode="bilinear").dtype == np.float32
