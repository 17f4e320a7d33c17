"""The table that `Model.summary` prints."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nnlite.layers import Module
from nnlite.layers._symbolic import SymbolicShape
from nnlite.models._costs import Cost, costs_of
from nnlite.models._graph import Graph, Step
from nnlite.models._learner import Learner

if TYPE_CHECKING:
    from nnlite.models._model import Model

__all__ = ["summary_lines"]

_GAP = "  "
_NUMBERS = ("Parameters", "Multiply-adds", "Memory")
_LEAST_WIDTH = 8  # of a column that gives way

Row = dict[str, str]


def summary_lines(
    model: Model,
    input_shapes: Sequence[SymbolicShape],
    graph: Graph | None,
    *,
    line_length: int | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
) -> list[str]:
    """Return the lines of a table of what is directly inside a model, with the totals below.

    Parameters
    ----------
    model : Model
    input_shapes : sequence of shapes
        Of one sample of each input. Without them (a model that was not called yet) shapes and costs are shown as "?".
    graph : Graph, optional
        Of a functional model: the table then has the functions too, and what each layer is connected to.
    line_length : int, optional
        How wide the table is; as wide as it needs to be by default.
    expand_nested : bool, default False
        Whether the layers of models inside have rows of their own.
    show_trainable : bool, default False
        Whether a column says which layers are trained.
    """
    if line_length is not None and line_length < 40:
        raise ValueError(f"summary expected a line_length of 40 or more, got {line_length}")
    costs = costs_of(model, input_shapes, graph)
    rows = _rows(model, costs) if graph is None else _graph_rows(graph, costs)
    shown = [row for name, module, row in rows for row in _expanded(name, module, row, costs, expand_nested)]
    heads = ["Layer", "Output shape", *_NUMBERS]
    heads += ["Trainable"] * show_trainable + ["Connected to"] * (graph is not None)
    widths = _widths(heads, shown, line_length)
    rule = "-" * (sum(widths.values()) + len(_GAP) * (len(widths) - 1))
    lines = [model.name or type(model).__name__, rule, *_written(dict(zip(heads, heads, strict=True)), widths), rule]
    for row in shown:
        lines += _written(row, widths)
    return [*lines, rule, *_totals(model, costs.get(id(model), Cost([], None, None)))]


def _rows(model: Learner, costs: dict[int, Cost]) -> Iterator[tuple[str, Module | None, Row]]:
    """Yield a row for each module directly inside."""
    for name, child in zip(model._shown_names(), model.children(), strict=True):
        yield name, child, _row(name, type(child).__name__, child, costs.get(id(child)))


def _graph_rows(graph: Graph, costs: dict[int, Cost]) -> Iterator[tuple[str, Module | None, Row]]:
    """Yield a row for each input, layer and function, in the order of the first calls."""
    for slot, layer in enumerate(graph.entrances):
        name = graph.name_of(layer)
        yield name, None, {**_row(name, type(layer).__name__, None, Cost([graph.specs[slot][0]])), "Connected to": ""}
    sources: dict[str, list[str]] = {}
    for step in graph.steps:
        sources.setdefault(step.name, []).extend(graph.source_of(slot) for slot in step.inputs)
    first_calls: dict[str, Step] = {}
    for step in graph.steps:
        first_calls.setdefault(step.name, step)
    for step in first_calls.values():
        module = step.module
        row = _row(step.name, step.kind, module, costs.get(id(step if module is None else module)))
        yield step.name, module, {**row, "Connected to": ", ".join(dict.fromkeys(sources[step.name]))}


def _row(name: str, kind: str, module: Module | None, cost: Cost | None) -> Row:
    """Return the cells of a layer or a function."""
    trained = None if module is None else [parameter.requires_grad for parameter in module.parameters()]
    return {
        "Layer": name if name == kind else f"{name} ({kind})",
        "Output shape": ", ".join(map(str, cost.shapes)) if cost is not None and cost.shapes else "?",
        # Running statistics are among them, as in Keras.
        "Parameters": "0" if module is None else f"{sum(weight.size for weight in module.weights):,}",
        "Multiply-adds": _count(None if cost is None else cost.multiply_adds),
        "Memory": _bytes(None if cost is None else cost.memory),
        "Trainable": "-" if not trained else "yes" if all(trained) else "no" if not any(trained) else "partly",
    }


def _expanded(
    name: str, module: Module | None, row: Row, costs: dict[int, Cost], expand_nested: bool, depth: int = 0
) -> Iterator[Row]:
    """Yield the row of a layer and, if it is a model and that is asked for, those of the layers inside."""
    yield {**row, "Layer": "    " * depth + row["Layer"]}
    if expand_nested and isinstance(module, Learner):
        for inner_name, inner, inner_row in _rows(module, costs):
            yield from _expanded(inner_name, inner, inner_row, costs, expand_nested, depth + 1)


def _widths(heads: Sequence[str], rows: Sequence[Row], line_length: int | None) -> dict[str, int]:
    """Return the width of each column: columns of text give way, and the first takes what is left over."""
    widths = {head: max(len(head), *(len(row.get(head, "")) for row in rows), 0) for head in heads}
    if line_length is not None:
        room = line_length - len(_GAP) * (len(heads) - 1)
        giving = [head for head in heads if head not in _NUMBERS]
        while sum(widths.values()) > room:
            widest = max(giving, key=lambda head: widths[head])
            if widths[widest] <= _LEAST_WIDTH:
                break  # numbers are never cut
            widths[widest] -= 1
        widths["Layer"] += max(0, room - sum(widths.values()))
    return widths


def _written(row: Row, widths: dict[str, int]) -> list[str]:
    """Return a row as lines: one, unless a cell has to be broken."""
    cells = {}
    for head, width in widths.items():
        text = row.get(head, "")
        indent = " " * (len(text) - len(text.lstrip()))
        broken = textwrap.wrap(text, width, subsequent_indent=indent + "  " if len(text) > width else "") or [""]
        cells[head] = [line.rjust(width) if head in _NUMBERS else line.ljust(width) for line in broken]
    height = max(map(len, cells.values()))
    lines = []
    for i in range(height):
        parts = [cell[i] if i < len(cell) else " " * widths[head] for head, cell in cells.items()]
        lines.append(_GAP.join(parts).rstrip())
    return lines


def _totals(model: Model, cost: Cost) -> list[str]:
    """Return the lines below the table."""
    weights = {id(weight): weight for weight in model.weights}.values()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    counts = [sum(weight.size for weight in weights), sum(parameter.size for parameter in trained)]
    # A Parameter's bytes are those of its data; a buffer is an array.
    sizes = [sum(weight.size * weight.dtype.itemsize for weight in group) for group in (weights, trained)]
    lines = [
        f"{kind} parameters: {count:,} ({_bytes(size)})"
        for kind, count, size in zip(
            ("Total", "Trainable", "Non-trainable"),
            (*counts, counts[0] - counts[1]),
            (*sizes, sizes[0] - sizes[1]),
            strict=True,
        )
    ]
    return [
        *lines,
        f"Multiply-adds of one sample: {_count(cost.multiply_adds)}",
        f"Memory of one sample's outputs: {_bytes(cost.memory)}",
    ]


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _bytes(number: int | None) -> str:
    """Write bytes with the unit that fits, as Keras does: 1,024 bytes are a KB."""
    if number is None:
        return "?"
    for unit, size in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if number >= size:
            return f"{number / size:.2f} {unit}"
    return f"{number} B"
