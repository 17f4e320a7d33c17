"""The table that `Model.summary` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.autograd import Tensor, default_dtype
from nnlite.layers import Module
from nnlite.training._loop import inference

if TYPE_CHECKING:
    from nnlite.models._model import Model

__all__ = ["summary_table"]

Shape = tuple[int, ...]


def summary_table(model: Model, input_shapes: tuple[Shape, ...]) -> str:
    """Return a table of the modules directly inside a model: code, output shape and number of parameters.

    Parameters
    ----------
    model : Model
    input_shapes : tuple of shapes
        Of one sample of each input; the output shapes are found by running the model on zeros. Without them (a model
        that was not called yet) they are shown as "?".
    """
    shapes = _output_shapes(model, input_shapes)
    rows = [("", "Layer", "Output shape", "Parameters")]
    for name, child in model.named_children():
        code = child.label if "\n" in child._code() else child._code()
        rows.append((child.name or name, code, shapes.get(id(child), "?"), f"{child.num_parameters():,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join([*map(str.ljust, row[:3], widths), row[3].rjust(widths[3])]) for row in rows]
    rule = "-" * len(lines[0])
    total = model.num_parameters()
    trained = sum(parameter.size for parameter in model.parameters() if parameter.requires_grad)
    counts = [
        f"Total parameters: {total:,}",
        f"Trainable parameters: {trained:,}",
        f"Non-trainable parameters: {total - trained:,}",
    ]
    return "\n".join([model.name or type(model).__name__, rule, lines[0], rule, *lines[1:], rule, *counts])


def _output_shapes(model: Model, input_shapes: tuple[Shape, ...]) -> dict[int, str]:
    """Run the model on zeros and note what comes out of each module inside."""
    if not input_shapes:
        return {}
    shapes: dict[int, str] = {}

    def note(module: Module, inputs: tuple[Any, ...], output: Any) -> None:
        if isinstance(output, Tensor):
            shapes[id(module)] = f"(None{''.join(f', {n}' for n in output.shape[1:])})"

    notes = [child.register_forward_hook(note) for child in model.children()]
    try:
        with inference(model):
            model(*(Tensor(np.zeros((1, *shape), default_dtype())) for shape in input_shapes))
    finally:
        for taken in notes:
            taken.remove()
    return shapes
