"""Images in rows, with what they are and what they were taken for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from nnlite.plotting._figure import array_of, columns_for, grid

__all__ = ["image_grid", "refuse_crowds"]

_MOST = 400  # each image has axes of its own, which take 10 ms and more to draw
_WRONG, _RIGHT = "#bd1f01", "black"


def image_grid(
    images: ArrayLike,
    labels: ArrayLike | None = None,
    predictions: ArrayLike | None = None,
    *,
    reconstructions: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    columns: int | None = None,
    cmap: str = "gray",
    ax: Any = None,
) -> Figure:
    r"""Draw images side by side, with their classes and what a model predicted, or each above its reconstruction.

    Grey images share one scale, from the darkest to the brightest pixel of all.

    Parameters
    ----------
    images : array_like, shape (N, H, W), (N, H, W, C) or (N, C, H, W)
        Grey (C = 1) or coloured (C = 3 or 4, with transparency).
    labels : array_like, shape (N,) or one-hot (N, classes), optional
        The true classes.
    predictions : array_like, shape (N,) or (N, classes), optional
        Classes, or the probability of each class. Where they differ from the labels, the title is red and names both.
    reconstructions : array_like, of the shape of the images, optional
        What an autoencoder made of them: drawn below.
    class_names : sequence of str, optional
    columns : int, optional
        Images in a row; as many as make the grid twice as wide as high by default.
    cmap : str, default "gray"
        How matplotlib colours grey images: "gray_r" for ink on paper.
    ax : Axes, optional
        Whose room the images take up.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If these are no images, too many, or labels, predictions or reconstructions do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from nnlite.plotting import image_grid
    >>> images, probabilities = np.zeros((2, 8, 8)), [[0.2, 0.8], [0.1, 0.9]]
    >>> figure = image_grid(images, labels=[1, 0], predictions=probabilities)
    >>> [axes.get_title() for axes in figure.axes]
    ['1 (80%)', '1 (90%)\ntrue: 0']
    """
    pictures = _pictures("images", images)
    count = len(pictures)
    refuse_crowds("image_grid", count, "images")
    rows_each = 1
    stacks = [pictures]
    if reconstructions is not None:
        stacks.append(_pictures("reconstructions", reconstructions))
        if stacks[1].shape != pictures.shape:
            raise ValueError(
                f"image_grid expected reconstructions of the images' shape {pictures.shape}, got {stacks[1].shape}"
            )
        rows_each = 2
    titles = _titles(count, labels, predictions, class_names)
    per_row = min(count, columns or columns_for(count, 2.0 * rows_each))
    rows = math.ceil(count / per_row) * rows_each
    lines = max(title.count("\n") + 1 if title else 0 for title, _ in titles)
    size = 1.25 * per_row + 0.3, (1.25 + 0.19 * lines / rows_each) * rows + 0.2
    figure, axes = grid(ax, rows, per_row, size)
    for one in axes:
        one.set_axis_off()
    low, high = float(pictures.min()), float(pictures.max())  # imshow ignores them where there are colours
    for stack, images_of in enumerate(stacks):
        for number, picture in enumerate(images_of):
            row = rows_each * (number // per_row) + stack
            one = axes[row * per_row + number % per_row]
            one.imshow(picture, cmap=cmap, vmin=low, vmax=high)
            if stack == 0:
                title, colour = titles[number]
                one.set_title(title, fontsize=9, color=colour)
            if rows_each == 2 and number % per_row == 0:
                word = ("original", "reconstruction")[stack]
                one.annotate(word, (-0.06, 0.5), xycoords="axes fraction", rotation=90, ha="right", va="center",
                             fontsize=8)  # fmt: skip
    return figure


def refuse_crowds(function: str, count: int, what: str) -> None:
    """Raise if there is nothing to draw, or more than anybody could look at."""
    if not 1 <= count <= _MOST:
        raise ValueError(f"{function} draws 1 to {_MOST} {what}, got {count:,}; choose some, as by [:24]")


def _pictures(name: str, images: ArrayLike) -> NDArray[Any]:
    """Return images as imshow takes them: (N, H, W) grey, or (N, H, W, 3 or 4) from 0 to 1."""
    array = array_of(images)
    shape = array.shape
    if array.ndim == 4 and shape[-1] not in (1, 3, 4) and shape[1] in (1, 3, 4):
        array = np.moveaxis(array, 1, -1)  # channels first
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 3 and not (array.ndim == 4 and array.shape[-1] in (3, 4)):
        raise ValueError(
            f"image_grid expected {name} of shape (N, H, W), (N, H, W, C) or (N, C, H, W) with 1, 3 or 4 channels, "
            f"got {shape}"
        )
    if array.ndim == 4 and array.dtype.kind == "f" and array.size:
        low, high = min(float(array.min()), 0.0), max(float(array.max()), 1.0)
        array = (array - low) / (high - low)
    return array


def _titles(
    count: int, labels: ArrayLike | None, predictions: ArrayLike | None, class_names: Sequence[str] | None
) -> list[tuple[str, str]]:
    """Return the title of each image, and its colour."""
    true = None if labels is None else _classes("labels", labels, count)[0]
    said, sure = (None, None) if predictions is None else _classes("predictions", predictions, count)

    def name(label: Any) -> str:
        return str(label) if class_names is None else class_names[int(label)]

    titles = []
    for i in range(count):
        if said is None:
            titles.append(("" if true is None else name(true[i]), _RIGHT))
            continue
        title = name(said[i]) if sure is None else f"{name(said[i])} ({sure[i]:.0%})"
        wrong = true is not None and true[i] != said[i]
        titles.append(
            (f"{title}\ntrue: {name(true[i])}" if wrong and true is not None else title, _WRONG if wrong else _RIGHT)
        )
    return titles


def _classes(name: str, values: ArrayLike, count: int) -> tuple[list[Any], list[float] | None]:
    """Return the class of each image, and its probability where there is one for each class."""
    array = array_of(values)
    if len(array) != count or array.ndim not in (1, 2):
        raise ValueError(
            f"image_grid expected {name} of shape ({count},) or ({count}, classes), got shape {array.shape}"
        )
    if array.ndim == 1 or array.shape[1] == 1:
        return array.reshape(-1).tolist(), None
    return array.argmax(axis=1).tolist(), array.max(axis=1).tolist()
