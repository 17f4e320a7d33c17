"""A picture of the graph behind a Tensor: its operations, and on small graphs every value and its gradient."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nnlite._drawing import Drawing, Picture
from nnlite.autograd._mode import switched
from nnlite.autograd._recording import Node
from nnlite.autograd._tensor import Parameter, Shape, Tensor
from nnlite.autograd._walk import grad, reachable

__all__ = ["draw_graph"]

_MOST_OPERATIONS = 1000
_SMALL_GRAPH = 100  # operations: up to here there are values
_SMALL_VALUE = 10_000  # elements: larger ones are not computed again for their picture
_WRITTEN_OUT = 6  # elements: larger ones are shown by their shape

_LEAF, _OUTPUT, _CONSTANT = "#ffe8bf", "#d8f0d8", "#f2f2f2"

Place = tuple[Node | Tensor, int]


def draw_graph(tensor: Tensor, names: Mapping[str, Tensor] | Iterable[tuple[str, Tensor]] | None = None) -> Drawing:
    """Draw the operations that a Tensor was computed by.

    On small graphs each value has a box with its data and its gradient, that of the Tensor (of the sum of its elements)
    with respect to it; the Tensors' own `grad` stays as it is. Larger graphs show operations and shapes. Values in
    between are computed again, so draw before `backward()`, or after `backward(retain_graph=True)`: without the latter
    the graph is freed, and only its ends are known, with the `grad` that they have.

    Parameters
    ----------
    tensor : Tensor
        The end of the graph, a loss for instance.
    names : mapping of str to Tensor, or pairs of them, optional
        What to call the leaves, as `model.named_parameters()`.

    Returns
    -------
    Drawing
        A notebook shows it; `.save("graph.svg")` writes the picture, `.source` is its DOT text. A picture needs the
        package graphviz (extra `graph`) and the program `dot`.

    Raises
    ------
    TypeError
        If `tensor` is not a Tensor.
    ValueError
        If nothing was recorded for it, or more than 1,000 operations.

    Examples
    --------
    >>> import nnlite as nl
    >>> a, b = (nl.tensor(x, requires_grad=True) for x in (2.0, -3.0))
    >>> drawing = nl.draw_graph(a * b + 10.0, names={"a": a, "b": b})
    >>> [line for line in drawing.source.splitlines() if "data -6" in line]
    ['  "v2" [shape=record, label="{data -6|grad 1}", style="filled", fillcolor="#ffffff"];']
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"draw_graph expected a Tensor, got a {type(tensor).__name__}")
    nodes = reachable([tensor])
    if not nodes:
        raise ValueError(
            "draw_graph found no operation behind this Tensor: it is a leaf, or was computed under no_grad, or from "
            "nothing that requires grad"
        )
    if len(nodes) > _MOST_OPERATIONS:
        raise ValueError(f"draw_graph draws up to {_MOST_OPERATIONS} operations, got {len(nodes):,}")
    known = {} if names is None else {id(leaf): name for name, leaf in dict(names).items()}
    return _Drawer(tensor, nodes, known).draw()


class _Drawer:
    """The boxes and ellipses of one graph."""

    def __init__(self, tensor: Tensor, nodes: Sequence[Node], names: Mapping[int, str]) -> None:
        self._end: Place = (tensor._node or tensor, tensor._number)
        self._tensor, self._nodes, self._names = tensor, nodes, names
        self._values, self._gradients = _computed_again(tensor, nodes)
        self._picture = Picture("LR")
        self._numbers = itertools.count()
        self._keys: dict[Any, str] = {}

    def draw(self) -> Drawing:
        """Return the picture."""
        for number, node in enumerate(self._nodes):
            self._keys[node] = f"f{number}"
            self._picture.ellipse(self._keys[node], node.name)
            for i, edge in enumerate(node.edges):
                if edge is not None:
                    self._lead((edge[0], edge[1]), edge[2], node)
                elif node.arguments is not None and node.arguments[i] is not None:
                    self._picture.arrow(self._constant(node.arguments[i]), self._keys[node])
        if self._end not in self._keys:
            self._interior(self._end, self._tensor.shape)
        return self._picture.drawing()

    def _lead(self, place: Place, shape: Shape, node: Node) -> None:
        """Draw an arrow from where an argument came from to the operation, with a box for the value between."""
        source = place[0]
        if isinstance(source, Tensor):
            self._picture.arrow(self._leaf(source), self._keys[node])
        elif self._values or place == self._end:
            self._picture.arrow(self._interior(place, shape), self._keys[node])
        else:
            self._picture.arrow(self._keys[source], self._keys[node], str(shape))

    def _leaf(self, leaf: Tensor) -> str:
        """Return the key of a leaf's box."""
        if leaf not in self._keys:
            self._keys[leaf] = f"v{next(self._numbers)}"
            gradient = self._gradients.get((leaf, 0), leaf.grad)
            name = self._names.get(id(leaf), "Parameter" if isinstance(leaf, Parameter) else "leaf")
            self._picture.box(self._keys[leaf], [name, *_rows(leaf.data, gradient)], _LEAF)
        return self._keys[leaf]

    def _interior(self, place: Place, shape: Shape) -> str:
        """Return the key of the box of a computed value."""
        if place not in self._keys:
            self._keys[place] = key = f"v{next(self._numbers)}"
            is_end = place == self._end
            value = self._tensor.data if is_end else self._values[place].data
            rows = _rows(value, self._gradients.get(place))
            self._picture.box(key, ["output", *rows] if is_end else rows, _OUTPUT if is_end else "#ffffff")
            self._picture.arrow(self._keys[place[0]], key)
        return self._keys[place]

    def _constant(self, value: Any) -> str:
        """Return the key of the box of a constant: one for an array, one for each use of a number."""
        key = self._keys.get(id(value)) if isinstance(value, np.ndarray) and value.ndim else None
        if key is None:
            key = f"v{next(self._numbers)}"
            self._picture.box(key, ["constant", _written(np.asarray(value))], _CONSTANT)
            if isinstance(value, np.ndarray):
                self._keys[id(value)] = key
        return key


def _computed_again(
    tensor: Tensor, nodes: Sequence[Node]
) -> tuple[dict[Place, Tensor], dict[Place, np.ndarray[Any, Any]]]:
    """Run a small graph again, and return its values and gradients; nothing if it is large, freed or out of date."""
    sizes = [math.prod(edge[2]) for node in nodes for edge in node.edges if edge is not None]
    moved = any(leaf._version != version for node in nodes for leaf, version in node.versions)
    if moved or len(nodes) > _SMALL_GRAPH or max(*sizes, tensor.size) > _SMALL_VALUE:
        return {}, {}
    values: dict[Place, Tensor] = {}
    with switched(grad=True, anomaly=False), np.errstate(all="ignore"):
        for node in nodes:
            if node.arguments is None:
                return {}, {}
            args = list(node.arguments)
            for i, edge in enumerate(node.edges):
                if edge is not None and isinstance(
                    edge[0], Tensor
                ):  # a stand-in: the leaf and its hooks stay out of it
                    args[i] = values.setdefault((edge[0], 0), Tensor(edge[0].data, requires_grad=True))
                elif edge is not None:
                    args[i] = values[edge[0], edge[1]]
            result = node.function(*args, **node.settings)
            outputs = result if isinstance(result, tuple) else (result,)
            values.update({(node, number): outputs[number] for number in range(max(node.outputs, 1))})
        end = values[tensor._node or tensor, tensor._number]
        asked = {place: value for place, value in values.items() if value.requires_grad}
        found = grad(end, list(asked.values()), np.ones(end.shape, end.dtype), allow_unused=True)
    return values, {place: g.data for place, g in zip(asked, found, strict=True) if g is not None}


def _rows(value: np.ndarray[Any, Any], gradient: np.ndarray[Any, Any] | None) -> list[str]:
    """Return what a value's box says."""
    rows = [f"data {_written(value)}" if value.size <= _WRITTEN_OUT else _written(value)]
    if gradient is not None and value.size <= _WRITTEN_OUT:
        rows.append(f"grad {_written(gradient)}")
    return rows


def _written(value: np.ndarray[Any, Any]) -> str:
    """Write a small array out, and of a larger one its shape."""
    if value.size > _WRITTEN_OUT:
        return f"shape {value.shape}"
    if not value.ndim:
        return f"{value.item():.4g}"
    return np.array2string(value, separator=", ", formatter={"all": lambda x: f"{x:.4g}"})
