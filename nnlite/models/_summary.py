"""The table that `Model.summary` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite import random
from nnlite.autograd import Tensor, default_dtype
from nnlite.layers import Module
from nnlite.layers._mode import rehearsal
from nnlite.layers._symbolic import LENGTHS, merged_shape
from nnlite.models._graph import Graph
from nnlite.training._loop import inference

if TYPE_CHECKING:
    from nnlite.models._model import Model

__all__ = ["summary_table"]

Shape = tuple[int | None, ...]


def summary_table(model: Model, input_shapes: tuple[Shape, ...], graph: Graph | None) -> str:
    """Return a table of the modules directly inside a model: code, output shape and number of parameters.

    Parameters
    ----------
    model : Model
    input_shapes : tuple of shapes
        Of one sample of each input; the output shapes are found by running the model on zeros. Without them (a model
        that was not called yet) they are shown as "?".
    graph : Graph, optional
        Of a functional model: the table then has the functions too, and what each layer is connected to.
    """
    rows = _rows(model, input_shapes) if graph is None else _graph_rows(graph)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        cells[3] = row[3].rjust(widths[3])
        lines.append("  ".join(cells).rstrip())
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    total = _size(model)
    trained = sum(parameter.size for parameter in model.parameters() if parameter.requires_grad)
    counts = [
        f"Total parameters: {total:,}",
        f"Trainable parameters: {trained:,}",
        f"Non-trainable parameters: {total - trained:,}",
    ]
    title = model.name or type(model).__name__
    return "\n".join([title, rule, lines[0], rule, *lines[1:], rule, *counts])


def _rows(model: Model, input_shapes: tuple[Shape, ...]) -> list[tuple[str, ...]]:
    """Return the heading and a row for each module directly inside."""
    shapes = _output_shapes(model, input_shapes)
    rows: list[tuple[str, ...]] = [("", "Layer", "Output shape", "Parameters")]
    for name, child in model.named_children():
        rows.append((child.name or name, _code_or_label(child), shapes.get(id(child), "?"), _count(child)))
    return rows


def _graph_rows(graph: Graph) -> list[tuple[str, ...]]:
    """Return the heading and a row for each layer and function, in the order of the first calls."""
    rows: dict[str, tuple[str, ...]] = {}
    connected: dict[str, list[str]] = {}
    for slot, layer in enumerate(graph.entrances):
        name = graph.name_of(layer)
        rows[name] = name, layer._code(), str(graph.specs[slot][0]), "0"
        connected[name] = []
    for step in graph.steps:
        module = step.module
        code, count = (step.kind, "0") if module is None else (_code_or_label(module), _count(module))
        rows.setdefault(step.name, (step.name, code, ", ".join(str(shape) for shape, _ in step.specs), count))
        connected.setdefault(step.name, []).extend(graph.source_of(slot) for slot in step.inputs)
    heading = ("", "Layer", "Output shape", "Parameters", "Connected to")
    return [heading, *((*row, ", ".join(dict.fromkeys(connected[name]))) for name, row in rows.items())]


def _code_or_label(module: Module) -> str:
    """Return the code of a module, or its label if the code has several lines."""
    code = module._code()
    return module.label if "\n" in code else code


def _count(module: Module) -> str:
    """Write the number of parameters, those that are not trained (running statistics too) among them, as Keras does."""
    return f"{_size(module):,}"


def _size(module: Module) -> int:
    """Count the numbers in all parameters and buffers."""
    return sum(weight.size for weight in module.weights)


def _output_shapes(model: Model, input_shapes: tuple[Shape, ...]) -> dict[int, str]:
    """Run the model on zeros and note what comes out of each module inside."""
    if not input_shapes:
        return {}
    found: dict[int, list[tuple[int, ...]]] = {}

    def note(module: Module, inputs: tuple[Any, ...], output: Any) -> None:
        if isinstance(output, Tensor):
            found.setdefault(id(module), []).append(output.shape)

    notes = [child.register_forward_hook(note) for child in model.children()]
    lengths = LENGTHS if any(None in shape for shape in input_shapes) else LENGTHS[:1]
    try:
        with random.kept(), rehearsal(), inference(), np.errstate(all="ignore"):
            for batch, length in lengths:
                shapes = [(batch, *(length if n is None else n for n in shape)) for shape in input_shapes]
                model(*(Tensor(np.zeros(shape, default_dtype())) for shape in shapes))
    finally:
        for taken in notes:
            taken.remove()
    merged = {key: merged_shape(shapes[0], shapes[-1], "a layer") for key, shapes in found.items()}
    return {key: str((None, *shape[1:])) for key, shape in merged.items()}
