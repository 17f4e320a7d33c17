"""What a classifier confuses, and where it draws the line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from nnlite import metrics
from nnlite.layers import Module
from nnlite.models import Model
from nnlite.plotting._figure import CLASS_COLOURS, array_of, panel
from nnlite.training._loop import inference

__all__ = ["confusion_matrix", "decision_boundary"]

_MARKERS = "os^DvP*X<>"
_NUMBERED_CLASSES = 30  # with more, the counts would be too small to read
_BATCH = 4096


def confusion_matrix(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: Sequence[Any] | None = None,
    class_names: Sequence[str] | None = None,
    normalize: str | None = None,
    ax: Any = None,
) -> Figure:
    """Draw how many samples of each true class (row) were taken for which class (column).

    Parameters
    ----------
    y_true, y_pred : array_like, shape (N,)
        Labels; of probabilities take the `argmax(axis=1)`.
    labels : sequence, optional
        The classes, in this order; by default all that occur, or 0, 1, 2, ... if there are `class_names`.
    class_names : sequence of str, optional
        What the classes are called, in the order of `labels`.
    normalize : {None, "true", "pred", "all"}, default None
        Show shares of the rows, of the columns or of everything.
    ax : Axes, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the shapes differ, or there are not as many names as classes.

    Examples
    --------
    >>> from nnlite.plotting import confusion_matrix
    >>> figure = confusion_matrix([0, 0, 1, 1, 1], [0, 1, 1, 1, 1], class_names=["cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1', '1', '0', '3']
    >>> figure.axes[0].get_title()
    '4 of 5 right (the diagonal)'
    """
    true, pred = array_of(y_true), array_of(y_pred)
    if true.ndim == 2 or pred.ndim == 2:
        raise ValueError(
            f"confusion_matrix expected labels of shape (N,) twice, got shapes {true.shape} and {pred.shape}; "
            "take the argmax(axis=1) of probabilities and of one-hot rows"
        )
    if labels is None and class_names is not None and np.issubdtype(true.dtype, np.integer):
        labels = range(len(class_names))
    counts = metrics.confusion_matrix(true, pred, labels=labels, normalize=normalize)
    classes = np.union1d(true, pred).tolist() if labels is None else list(labels)
    names = [str(name) for name in (classes if class_names is None else class_names)]
    if len(names) != len(classes):
        raise ValueError(f"confusion_matrix expected a name for each of {len(classes)} classes, got {len(names)}")
    side = float(np.clip(1.6 + 0.55 * len(names), 3.6, 12.0))
    figure, axes = panel(ax, (side, side))
    # The colour follows the square root, or the few mistakes would all look alike beside the diagonal.
    shade = np.sqrt(counts / max(counts.max(), 1e-12))
    axes.imshow(shade, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= _NUMBERED_CLASSES:
        for (row, column), count in np.ndenumerate(counts):
            text = f"{count:,}" if normalize is None else f"{count:.2f}"
            colour = "white" if shade[row, column] > 0.6 else "black" if count else "grey"
            size = min(11.0, 56 / len(names) + 5.5, 24.0 / len(text) + 4.0)
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)
    words = max(map(len, names)) > 2
    axes.set_xticks(range(len(names)), names, rotation=40 if words else 0, ha="right" if words else "center",
                    rotation_mode="anchor" if words else None)  # fmt: skip
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="predicted", ylabel="true")
    if normalize is None:
        axes.set_title(f"{np.trace(counts):,} of {counts.sum():,} right (the diagonal)", fontsize=11)
    return figure


def decision_boundary(
    model: Any,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    class_names: Sequence[str] | None = None,
    threshold: float | None = None,
    margin: float = 0.15,
    steps: int = 200,
    ax: Any = None,
) -> Figure:
    """Colour the plane by what a model says of its points, with a line where it changes its mind.

    A model with one output colours by its value, and the line is at the threshold; one with an output for each class
    colours by the class of the largest.

    Parameters
    ----------
    model : Model, Module or callable
        Maps points (N, 2) to (N,), (N, 1) or (N, classes); integers and names are taken as classes. Modules run in
        inference mode. Of other objects with a `predict`, that is called.
    x : array_like, shape (N, 2)
        Points: the plane is drawn around them.
    y : array_like, shape (N,), (N, 1) or one-hot (N, classes), optional
        Their classes, 0, 1, 2, ... or names, which count in sorted order; without them only the plane is drawn.
    class_names : sequence of str, optional
    threshold : float, optional
        Where a single output changes its mind: by default 0.5 if all outputs lie in [0, 1], and 0 if not.
    margin : float, default 0.15
        How much is drawn around the points, in parts of their range.
    steps : int, default 200
        Points of the plane on each axis.
    ax : Axes, optional
        To draw into.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the points are not two-dimensional, or x, y and the model's outputs do not fit.

    Examples
    --------
    >>> import nnlite as nl
    >>> from nnlite.plotting import decision_boundary
    >>> x, y = nl.datasets.make_xor()
    >>> figure = decision_boundary(lambda points: points.sum(axis=1) > 0.5, x, y)
    >>> figure.axes[0].get_xlabel(), [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ('first input', ['class 0', 'class 1'])
    """
    points = np.asarray(array_of(x), np.float32)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(
            f"decision_boundary draws inputs of two numbers: expected x of shape (N, 2), got {points.shape}"
        )
    low, high = points.min(axis=0), points.max(axis=0)
    around = margin * np.where(high > low, high - low, 1)
    ticks = [np.linspace(a, b, steps, dtype=np.float32) for a, b in zip(low - around, high + around, strict=True)]
    plane = np.stack(np.meshgrid(*ticks), axis=-1).reshape(-1, 2)  # (steps * steps, 2)
    labels, outputs, names = _numbered(None if y is None else array_of(y), array_of(_predictor(model)(plane)))
    class_names = names if class_names is None else class_names
    classes = None if labels is None else _classes_of(labels)
    if classes is not None and len(classes) != len(points):
        raise ValueError(f"decision_boundary expected a class for each of {len(points)} points, got {len(classes)}")
    if outputs.ndim == 2 and outputs.shape[1] == 1:
        outputs = outputs[:, 0]
    if outputs.ndim not in (1, 2) or len(outputs) != len(plane):
        raise ValueError(
            f"decision_boundary expected outputs (N,), (N, 1) or (N, classes) for {len(plane)} points, "
            f"got shape {outputs.shape}"
        )
    figure, axes = panel(ax, (5.6, 4.4))
    if outputs.ndim == 1 and outputs.dtype.kind == "f":
        colours = _draw_values(axes, ticks, outputs.reshape(steps, steps), threshold)
    else:
        regions = outputs.argmax(axis=1) if outputs.ndim == 2 else outputs.astype(int)
        colours = _draw_regions(axes, ticks, regions.reshape(steps, steps), classes)
    if classes is not None:
        for label in np.unique(classes):
            name = f"class {label}" if class_names is None else class_names[label]
            axes.scatter(
                points[classes == label, 0],
                points[classes == label, 1],
                s=28,
                marker=_MARKERS[label % len(_MARKERS)],
                c=colours[label % len(colours)],
                edgecolors="black",
                linewidths=0.7,
                label=name,
            )
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, fontsize=9, frameon=False)
    axes.set(xlabel="first input", ylabel="second input", xlim=ticks[0][[0, -1]], ylim=ticks[1][[0, -1]])
    return figure


def _draw_values(
    axes: Any, ticks: list[NDArray[np.float32]], values: NDArray[Any], threshold: float | None
) -> Sequence[str]:
    """Colour the plane by a single output, and return the colours of the points of class 0 and 1."""
    shares = bool(values.min() >= 0 and values.max() <= 1)
    middle = (0.5 if shares else 0.0) if threshold is None else threshold
    reach = 0.5 if shares and middle == 0.5 else max(float(np.abs(values - middle).max()), 1e-12)
    pale = ListedColormap(colormaps["PuOr"](np.linspace(0.15, 0.85, 256)))  # dark points are seen on it
    image = axes.pcolormesh(
        *ticks, values, cmap=pale, vmin=middle - reach, vmax=middle + reach, shading="nearest", rasterized=True
    )
    if values.min() < middle < values.max():
        axes.contour(*ticks, values, levels=[middle], colors="black", linewidths=1.5)
    axes.get_figure().colorbar(image, ax=axes, label=f"output (black line: {middle:g})")
    return "white", "black"


def _draw_regions(
    axes: Any, ticks: list[NDArray[np.float32]], regions: NDArray[Any], classes: NDArray[Any] | None
) -> Sequence[str]:
    """Colour the plane by classes, and return the colours of the classes."""
    count = 1 + max(int(regions.max()), 0 if classes is None else int(classes.max()))
    colours = [CLASS_COLOURS[label % len(CLASS_COLOURS)] for label in range(count)]
    axes.pcolormesh(
        *ticks, regions, cmap=ListedColormap(colours), vmin=-0.5, vmax=count - 0.5, alpha=0.35, shading="nearest",
        rasterized=True,
    )  # fmt: skip
    for label in np.unique(regions)[:-1]:
        axes.contour(*ticks, regions > label, levels=[0.5], colors="black", linewidths=1)
    return colours


def _predictor(model: Any) -> Callable[[NDArray[np.float32]], Any]:
    """Return the function from points to outputs."""
    if isinstance(model, Model):
        return lambda points: model.predict(points, batch_size=_BATCH)
    if isinstance(model, Module):

        def run(points: NDArray[np.float32]) -> Any:
            with inference():
                return model(points)

        return run
    predict: Callable[[NDArray[np.float32]], Any] = getattr(model, "predict", model)
    if not callable(predict):
        raise TypeError(f"decision_boundary expected a model or a function of points, got {model!r}")
    return predict


def _numbered(
    labels: NDArray[Any] | None, outputs: NDArray[Any]
) -> tuple[NDArray[Any] | None, NDArray[Any], list[str] | None]:
    """Return labels and outputs with numbers for classes that have names, and the names, None if there are none."""
    given = [np.asarray(a.tolist()) if a.dtype.kind == "O" else a for a in (outputs, labels) if a is not None]
    named = [a.ravel() for a in given if a.dtype.kind == "U"]
    names = np.unique(np.concatenate(named)) if named else None
    outputs, *rest = [np.searchsorted(names, a) if names is not None and a.dtype.kind == "U" else a for a in given]
    return rest[0] if rest else None, outputs, None if names is None else names.tolist()


def _classes_of(y: NDArray[Any]) -> NDArray[np.int64]:
    """Return classes as integers (N,), also of one-hot rows and of a column."""
    if y.ndim == 2:
        y = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
    if y.ndim != 1 or not np.array_equal(y, y.astype(np.int64)) or (y < 0).any():
        raise ValueError(f"decision_boundary expected classes 0, 1, 2, ... in y, got {np.unique(y)[:5].tolist()}")
    return y.astype(np.int64)
