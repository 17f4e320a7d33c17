"""A picture of a model: its layers, the shapes of what they give, and what is connected to what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite import random
from nnlite._drawing import Drawing, Picture
from nnlite._structure import leaves
from nnlite.autograd import Tensor, default_dtype
from nnlite.autograd._mode import current_module, observed
from nnlite.layers import Module
from nnlite.layers._mode import rehearsal
from nnlite.layers._symbolic import LENGTHS, SymbolicShape
from nnlite.models._costs import Cost, costs_of
from nnlite.models._graph import Graph
from nnlite.training._loop import inference

if TYPE_CHECKING:
    from nnlite.models._model import Model

__all__ = ["draw_model"]

_INPUT, _LAYER, _FUNCTION = "#ffe8bf", "#dceaf7", "#f2f2f2"
_DIRECTIONS = ("TB", "LR", "BT", "RL")


@dataclass
class _Vertex:
    """A layer, a function or an input."""

    kind: str
    shapes: str
    fill: str
    parameters: int = 0
    calls: list[list[str]] = field(default_factory=list)  # of each call, the names of what it was given
    is_output: bool = False


def draw_model(
    model: Model,
    input_shapes: Sequence[SymbolicShape],
    graph: Graph | None,
    show_shapes: bool,
    show_names: bool,
    direction: str,
) -> Drawing:
    """Return a picture of a model."""
    if direction not in _DIRECTIONS:
        raise ValueError(f"plot expected rankdir to be one of {', '.join(map(repr, _DIRECTIONS))}, got {direction!r}")
    costs = costs_of(model, input_shapes, graph)
    if graph is not None:
        vertices = _of_graph(graph, costs)
    else:
        vertices = _of_modules(model, input_shapes, costs)
    picture = Picture(direction)
    for name, vertex in vertices.items():
        title = f"{name} ({vertex.kind})" if show_names and name != vertex.kind else vertex.kind
        rows = [title, vertex.shapes] if show_shapes else [title]
        if vertex.parameters:
            rows.append(f"{vertex.parameters:,} parameters")
        if len(vertex.calls) > 1:
            rows.append(f"shared: called {len(vertex.calls)} times")
        picture.box(name, rows, vertex.fill, "rounded" if vertex.fill == _INPUT else "", thick=vertex.is_output)
    for name, vertex in vertices.items():
        for number, sources in enumerate(vertex.calls, 1):
            for source in dict.fromkeys(sources):
                picture.arrow(source, name, f"call {number}" if len(vertex.calls) > 1 else "")
    return picture.drawing()


def _of_graph(graph: Graph, costs: dict[int, Cost]) -> dict[str, _Vertex]:
    """Return the vertices of a functional model."""
    vertices: dict[str, _Vertex] = {}
    for slot, layer in enumerate(graph.entrances):
        vertices[graph.name_of(layer)] = _Vertex(type(layer).__name__, str(graph.specs[slot][0]), _INPUT)
    for step in graph.steps:
        vertex = vertices.get(step.name)
        if vertex is None:
            shapes = ", ".join(str(shape) for shape, _ in step.specs)
            parameters = 0 if step.module is None else step.module.num_parameters()
            vertex = _Vertex(step.kind, shapes, _FUNCTION if step.module is None else _LAYER, parameters)
            vertices[step.name] = vertex
        vertex.calls.append([graph.source_of(slot) for slot in step.inputs])
    for slot in leaves(graph.outputs):
        vertices[graph.source_of(slot)].is_output = True
    return vertices


def _of_modules(model: Model, input_shapes: Sequence[SymbolicShape], costs: dict[int, Cost]) -> dict[str, _Vertex]:
    """Return the vertices of any other model: what its modules were given is seen when it runs on zeros."""
    names = dict(zip(map(id, model.children()), model._shown_names(), strict=True))
    vertices = {}
    for key, name in names.items():
        module = next(child for child in model.children() if id(child) == key)
        shapes = ", ".join(map(str, costs[key].shapes)) if key in costs else "?"
        vertices[name] = _Vertex(type(module).__name__, shapes, _LAYER, module.num_parameters())
    if not input_shapes:  # it has not run yet
        for before, name in zip([None, *names.values()], names.values(), strict=False):
            vertices[name].calls.append([] if before is None else [before])
        return vertices
    inputs = ["input"] if len(input_shapes) == 1 else [f"input_{i}" for i in range(len(input_shapes))]
    entrances = {
        name: _Vertex(name, str((None, *shape)), _INPUT) for name, shape in zip(inputs, input_shapes, strict=True)
    }
    for key, sources in _calls(model, input_shapes, inputs):
        if key in names:
            vertices[names[key]].calls.append([names.get(source, str(source)) for source in sources])
        else:  # the model itself
            for source in sources:
                if source in names:
                    vertices[names[source]].is_output = True
    return {**entrances, **vertices}


def _calls(model: Model, input_shapes: Sequence[SymbolicShape], inputs: Sequence[str]) -> list[tuple[int, list[Any]]]:
    """Run a model on zeros, and return where the inputs of each call of a module directly inside come from.

    The last call is that of the model, with where its outputs come from. An array comes from the module that returned
    it, or else from all that the arrays come from of which it was computed.
    """
    origins: dict[int, list[Any]] = {}  # by the id of an array: ids of modules, names of inputs
    alive: list[Any] = []  # no id is used twice
    calls: list[tuple[int, list[Any]]] = []

    def of(values: Any) -> list[Any]:
        arrays = [leaf.data if isinstance(leaf, Tensor) else leaf for leaf in leaves(values)]
        return list(dict.fromkeys(origin for array in arrays for origin in origins.get(id(array), ())))

    def follow(function: Any, arrays: Sequence[Any], settings: dict[str, Any], values: Sequence[Any]) -> None:
        sources = of(list(arrays))
        for value in values:
            if id(value) not in origins:
                origins[id(value)] = sources
                alive.append(value)

    def note(module: Module, given: tuple[Any, ...], output: Any) -> None:
        if module is model:
            calls.append((id(model), of(output)))
        elif current_module.get() is model:
            calls.append((id(module), of(list(given))))
            for leaf in leaves(output):
                array = leaf.data if isinstance(leaf, Tensor) else leaf
                origins[id(array)] = [id(module)]
                alive.append(array)

    batch, length = LENGTHS[0]
    shapes = [(batch, *(length if n is None else n for n in shape)) for shape in input_shapes]
    tensors = [Tensor(np.zeros(shape, default_dtype())) for shape in shapes]
    for name, tensor in zip(inputs, tensors, strict=True):
        origins[id(tensor.data)] = [name]
    hooks = [module.register_forward_hook(note) for module in (model, *model.children())]
    try:
        with random.kept(), rehearsal(), inference(), np.errstate(all="ignore"), observed(follow):
            model(*tensors)
    finally:
        for hook in hooks:
            hook.remove()
    return calls
