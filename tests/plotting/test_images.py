"""Images in rows."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.plotting import image_grid

IMAGES = np.arange(6 * 4 * 5).reshape(6, 4, 5) / 119


def shown(figure: Any) -> list[Any]:
    """The images of a figure, row by row."""
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]


@pytest.mark.parametrize("axis", [None, -1, 1])
def test_grey_images_are_shown_in_order_and_on_one_scale(axis: int | None) -> None:
    images = IMAGES if axis is None else np.expand_dims(IMAGES, axis)
    figure = image_grid(nl.tensor(images, requires_grad=True))
    np.testing.assert_array_equal(shown(figure), IMAGES)
    assert {axes.images[0].get_clim() for axes in figure.axes} == {(0.0, 1.0)}


@pytest.mark.parametrize("first", [True, False])
def test_colours_are_brought_into_their_range(first: bool) -> None:
    images = np.random.default_rng(0).normal(size=(2, 5, 5, 3))
    found = shown(image_grid(np.moveaxis(images, -1, 1) if first else images))
    np.testing.assert_allclose(found, (images - images.min()) / (images.max() - images.min()))
    np.testing.assert_array_equal(shown(image_grid(np.full((1, 4, 4, 3), 200, np.uint8))), np.full((1, 4, 4, 3), 200))


def test_titles_name_what_was_said_and_what_is_true() -> None:
    figure = image_grid(IMAGES[:2], [0, 1], [0, 2], class_names=["ant", "bee", "cat"])
    assert [axes.get_title() for axes in figure.axes] == ["ant", "cat\ntrue: bee"]
    assert figure.axes[0].title.get_color() != figure.axes[1].title.get_color()
    one_hot = image_grid(IMAGES[:2], np.eye(3)[[0, 1]], np.eye(3)[[0, 1]])
    assert [axes.get_title() for axes in one_hot.axes] == ["0 (100%)", "1 (100%)"]
    assert [axes.get_title() for axes in image_grid(IMAGES[:2], labels=["a", "b"]).axes] == ["a", "b"]


def test_reconstructions_stand_below_their_originals() -> None:
    figure = image_grid(IMAGES, reconstructions=-IMAGES, columns=3)
    found = shown(figure)
    assert len(found) == 12
    np.testing.assert_array_equal(found[:3], IMAGES[:3])
    np.testing.assert_array_equal(found[3:6], -IMAGES[:3])
    np.testing.assert_array_equal(found[9:], -IMAGES[3:])
    assert [axes.texts[0].get_text() for axes in figure.axes if axes.texts] == ["original", "reconstruction"] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": np.ones((4, 4))}, r"expected images of shape \(N, H, W\).*got \(4, 4\)"),
        ({"images": np.ones((2, 5, 5, 7))}, r"1, 3 or 4 channels, got \(2, 5, 5, 7\)"),
        ({"images": np.ones((60000, 2, 2))}, r"draws 1 to 400 images, got 60,000; choose some"),
        ({"images": np.ones((0, 2, 2))}, "draws 1 to 400 images, got 0"),
        ({"images": IMAGES, "labels": [1, 2]}, r"labels of shape \(6,\) or \(6, classes\), got shape \(2,\)"),
        ({"images": IMAGES, "reconstructions": IMAGES[:2]}, r"images' shape \(6, 4, 5\), got \(2, 4, 5\)"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        image_grid(**arguments)
