"""Where pictures are drawn: in axes that were given, or in a Figure of our own, without pyplot."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnlite.autograd import Tensor

__all__ = ["BLUE", "CLASS_COLOURS", "ORANGE", "AxesLike", "array_of", "columns_for", "grid", "panel", "panels"]

AxesLike = Axes | Sequence[Axes] | np.ndarray[Any, Any] | None

# M. A. Petroff, "Accessible color sequences for data visualization", 2021: ten colours that stay apart for
# colour-blind readers, and in grey.
CLASS_COLOURS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
BLUE, ORANGE = CLASS_COLOURS[0], CLASS_COLOURS[6]


class ShownFigure(Figure):
    """A Figure that a notebook shows although pyplot does not know it."""

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        self.savefig(picture, format="png")
        return picture.getvalue()


def panel(ax: Any, size: tuple[float, float]) -> tuple[Figure, Axes]:
    """Return a Figure and its axes: those that were given, or new ones of this size in inches."""
    figure, (axes,) = panels(ax, 1, [size])
    return figure, axes


def panels(ax: AxesLike, count: int, sizes: Sequence[tuple[float, float]]) -> tuple[Figure, list[Axes]]:
    """Return a Figure and `count` axes beside each other.

    Parameters
    ----------
    ax : Axes, sequence of Axes, or None
        One for each panel; a single one is where several panels share the room.
    count : int
    sizes : sequence of (width, height)
        Of a new Figure's panels, in inches; the last holds for the others.
    """
    if ax is None or (isinstance(ax, Axes) and count > 1):
        sizes = [*sizes, *[sizes[-1]] * (count - len(sizes))]
        size = sum(width for width, _ in sizes[:count]), max(height for _, height in sizes[:count])
        return grid(ax, 1, count, size)
    given = [ax] if isinstance(ax, Axes) else list(np.ravel(np.asarray(ax, object)))
    if not all(isinstance(one, Axes) for one in given):
        raise TypeError(f"expected ax to be matplotlib Axes, or one for each panel, got {ax!r}")
    if len(given) != count:
        raise ValueError(f"expected {count} axes, one for each panel, got {len(given)}")
    return _figure_of(given[0]), given


def grid(ax: Any, rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """Return a Figure and its axes in rows: in a new Figure of this size, or in the room that one axes takes up."""
    if ax is None:
        figure: Figure = ShownFigure(figsize=size, layout="constrained")
        return figure, list(figure.subplots(rows, columns, squeeze=False).ravel())
    if not isinstance(ax, Axes):
        raise TypeError(f"expected ax to be matplotlib Axes, got {ax!r}")
    figure = _figure_of(ax)
    ax.set_axis_off()
    place = ax.get_subplotspec()
    if place is None:  # axes that stand freely
        box = ax.get_position()
        inner: Any = figure.add_gridspec(rows, columns, left=box.x0, right=box.x1, bottom=box.y0, top=box.y1)
    else:
        inner = place.subgridspec(rows, columns)
    return figure, list(inner.subplots(squeeze=False).ravel())


def columns_for(count: int, ratio: float = 2.0) -> int:
    """Return how many of `count` pictures to put in a row: `ratio` times as many as in a column, or more to fill it."""
    least = max(1, min(count, math.ceil(math.sqrt(ratio * count))))
    return next((n for n in range(least, min(least + 3, count + 1)) if count % n == 0), least)


def array_of(values: Any) -> np.ndarray[Any, Any]:
    """Return an array, also of a Tensor that requires grad."""
    return values.numpy() if isinstance(values, Tensor) else np.asarray(values)


def _figure_of(ax: Axes) -> Figure:
    """Return the Figure that axes are in, also through subfigures."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure
