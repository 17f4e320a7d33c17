"""Where an encoder puts its samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from nnlite.plotting._figure import BLUE, CLASS_COLOURS, array_of, panel

__all__ = ["latent_space"]

_MARKERS = "os^Dv"


def latent_space(
    codes: ArrayLike, labels: ArrayLike | None = None, *, class_names: Sequence[str] | None = None, ax: Any = None
) -> Figure:
    """Draw the codes that an encoder gave as points in the plane, coloured by class.

    Codes of more than two numbers are shown by their two principal components: the directions in which they differ
    most.

    Parameters
    ----------
    codes : array_like, shape (N, D)
        With D of 2 or more.
    labels : array_like, shape (N,), optional
        Classes (integers or words), or floating values, which are shown on a colour scale.
    class_names : sequence of str, optional
        What the classes 0, 1, 2, ... are called.
    ax : Axes, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the codes are not of shape (N, D), or there is not a label for each.

    Examples
    --------
    >>> import numpy as np
    >>> from nnlite.plotting import latent_space
    >>> figure = latent_space(np.eye(4, 2), [0, 1, 1, 1], class_names=["cat", "dog"])
    >>> [len(points.get_offsets()) for points in figure.axes[0].collections]
    [1, 3]
    """
    points = array_of(codes)
    if points.ndim != 2 or points.shape[1] < 2 or not len(points):
        raise ValueError(f"latent_space expected codes of shape (N, D) with D >= 2, got {points.shape}")
    values = None if labels is None else array_of(labels)
    if values is not None and values.shape != (len(points),):
        raise ValueError(f"latent_space expected labels of shape ({len(points)},), got {values.shape}")
    axis_names = ["first latent dimension", "second latent dimension"]
    if points.shape[1] > 2:
        points, shares = _principal_components(points)
        axis_names = [f"{which} principal component ({share:.0%} of the variance)"
                      for which, share in zip(("first", "second"), shares, strict=True)]  # fmt: skip
    figure, axes = panel(ax, (6.0, 5.0))
    size = float(np.clip(4000 / len(points), 6, 30))
    if values is None:
        axes.scatter(points[:, 0], points[:, 1], s=size, color=BLUE)
    elif values.dtype.kind == "f" and not np.array_equal(values, np.round(values)):
        shown = axes.scatter(points[:, 0], points[:, 1], s=size, c=values, cmap="viridis")
        figure.colorbar(shown, ax=axes, label="value")
    else:
        for number, label in enumerate(np.unique(values)):
            inside = points[values == label]
            name = str(label) if class_names is None else class_names[int(label)]
            axes.scatter(
                inside[:, 0], inside[:, 1], s=size, marker=_MARKERS[number % len(_MARKERS)],
                color=CLASS_COLOURS[number % len(CLASS_COLOURS)], label=name,
            )  # fmt: skip
            x, y = np.median(inside, axis=0).tolist()
            axes.text(
                x, y, name, ha="center", va="center", fontsize=12, weight="bold",
                path_effects=[patheffects.withStroke(linewidth=3, foreground="white")],
            )  # fmt: skip
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), markerscale=1.5, fontsize=9)
    axes.set(xlabel=axis_names[0], ylabel=axis_names[1])
    axes.grid(alpha=0.3)
    return figure


def _principal_components(points: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], list[float]]:
    """Return the two coordinates that vary most, and their shares of the variance."""
    centred = points - points.mean(axis=0)
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    directions = directions[:2] * np.sign(directions[:2].sum(axis=1, keepdims=True) + 1e-300)  # one of two signs
    variances = lengths**2
    shares = variances[:2] / max(float(variances.sum()), 1e-300)
    return centred @ directions.T, shares.tolist()
