"""What attends to what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from nnlite.plotting._figure import array_of, grid
from nnlite.plotting._images import refuse_crowds

__all__ = ["attention_maps"]


def attention_maps(
    weights: ArrayLike,
    query_labels: Sequence[str] | None = None,
    key_labels: Sequence[str] | None = None,
    *,
    columns: int = 4,
    ax: Any = None,
) -> Figure:
    """Draw how much each query (row) takes from each key (column), head by head.

    Parameters
    ----------
    weights : array_like, shape (T, S), (heads, T, S) or (1, heads, T, S)
        Attention weights of one sample: what `MultiHeadAttention` gives with `return_attention_scores=True`.
    query_labels, key_labels : sequence of str, optional
        Names of the T queries and the S keys, as the words of a sentence. Keys are called as the queries if there are
        as many.
    columns : int, default 4
        Heads in a row, at most.
    ax : Axes, optional
        Whose room the heads take up.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the shape is none of these, or the labels do not fit it.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> from nnlite.plotting import attention_maps
    >>> x = np.ones((1, 3, 8))
    >>> _, scores = nl.layers.MultiHeadAttention(2, 4)(x, x, return_attention_scores=True)
    >>> figure = attention_maps(scores, ["the", "cat", "sat"])
    >>> [axes.get_title() for axes in figure.axes[:2]]
    ['head 0', 'head 1']
    """
    maps = array_of(weights)
    given = maps.shape
    if maps.ndim == 4 and len(maps) == 1:
        maps = maps[0]
    maps = maps[None] if maps.ndim == 2 else maps
    if maps.ndim != 3 or not maps.size:
        raise ValueError(
            "attention_maps draws one sample: expected weights of shape (T, S), (heads, T, S) or (1, heads, T, S), "
            f"got {given}"
        )
    heads, queries, keys = maps.shape
    refuse_crowds("attention_maps", heads, "heads")
    if key_labels is None and queries == keys:
        key_labels = query_labels
    for name, labels, length in (("query_labels", query_labels, queries), ("key_labels", key_labels, keys)):
        if labels is not None and len(labels) != length:
            raise ValueError(f"attention_maps expected {length} {name}, got {len(labels)}")
    per_row = min(heads, columns)
    rows = math.ceil(heads / per_row)
    side = float(np.clip(0.28 * max(queries, keys) + 0.9, 2.4, 7.0))
    figure, axes = grid(ax, rows, per_row, (side * per_row + 0.8, side * rows + 0.3))
    for number, one in enumerate(axes):
        if number >= heads:
            one.set_axis_off()
            continue
        image = one.imshow(maps[number], cmap="viridis", vmin=0, vmax=float(maps.max()))
        if key_labels is not None:
            one.set_xticks(range(keys), key_labels, rotation=90, fontsize=8)
        if query_labels is not None:
            one.set_yticks(range(queries), query_labels, fontsize=8)
        one.set_title(f"head {number}" if heads > 1 else "", fontsize=10)
        one.set_xlabel("key")
        if number % per_row == 0:
            one.set_ylabel("query")
    figure.colorbar(image, ax=axes[:heads], label="attention weight")
    return figure
