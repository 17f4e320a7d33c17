"""A functional model written down: as plain types, and as the code that builds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nnlite._config import Value, as_config
from nnlite._structure import leaves, mapped
from nnlite.layers._symbolic import SymbolicTensor
from nnlite.models._graph import Graph, Slot, Step

__all__ = ["graph_code", "graph_config", "symbols_from_config"]


def graph_config(graph: Graph) -> dict[str, Any]:
    """Return a graph as plain types: its layers by name, and the calls in their order.

    A value is written as the number of its call and of the output; the Inputs count as the first calls.
    """
    places = [Value(i, 0) for i in range(len(graph.entrances))]
    for number, step in enumerate(graph.steps, len(places)):
        places += [Value(number, i) for i in range(len(step.specs))]

    def written(structure: Any) -> Any:
        return as_config(mapped(lambda leaf: places[leaf] if isinstance(leaf, Slot) else leaf, structure))

    calls = []
    for step in graph.steps:
        called = {"function": as_config(step.function)} if step.module is None else {"layer": step.name}
        calls.append({**called, "args": written(step.args), "settings": written(step.settings)})
    return {
        "layers": {name: as_config(layer) for name, layer in zip(graph.names, graph.layers, strict=True)},
        "entrances": [graph.name_of(layer) for layer in graph.entrances],
        "calls": calls,
        "inputs": written(graph.inputs),
        "outputs": written(graph.outputs),
    }


def symbols_from_config(config: Mapping[str, Any]) -> tuple[Any, Any]:
    """Make the calls that `graph_config` wrote down, and return the symbolic inputs and outputs.

    Parameters
    ----------
    config : mapping
        With the layers made already.

    Raises
    ------
    ValueError
        If a call needs what a later call gives.
    """
    made: list[list[SymbolicTensor]] = []

    def symbol(leaf: Any) -> Any:
        if not isinstance(leaf, Value):
            return leaf
        if not 0 <= leaf.call < len(made):
            raise ValueError(f"call {len(made)} needs what call {leaf.call} gives: there is a cycle in the config")
        return made[leaf.call][leaf.output]

    layers = config["layers"]
    made.extend([layers[name].symbol()] for name in config["entrances"])
    for call in config["calls"]:
        function = layers[call["layer"]] if "layer" in call else call["function"]
        result = function(*mapped(symbol, call["args"]), **mapped(symbol, call["settings"]))
        made.append([leaf for leaf in leaves(result) if isinstance(leaf, SymbolicTensor)])
    return mapped(symbol, config["inputs"]), mapped(symbol, config["outputs"])


def graph_code(graph: Graph) -> str:
    """Return the lines of code that build a functional model, with the numbers of parameters as comments."""
    names, calls = graph.input_variables, Counter(step.name for step in graph.steps)
    lines = [f"{name} = {layer._code()}" for name, layer in zip(names, graph.entrances, strict=True)]
    made: Counter[str] = Counter()
    for step in graph.steps:
        module, variable = step.module, step.name
        if module is None:
            code, comment = f"F.{step.kind}", ""
        else:
            code, comment = module._code(), module._comment()
            if calls[step.name] > 1:
                if not made[step.name]:
                    lines.append(f"{step.name} = {code}{comment}")
                code, comment, variable = step.name, "", f"{step.name}_call_{made[step.name]}"
        made[step.name] += 1
        lines.append(f"{variable} = {code}({_arguments(step, names)}){comment}")
        outputs = [""] if len(step.specs) == 1 else [f"[{i}]" for i in range(len(step.specs))]
        names = [*names, *(variable + output for output in outputs)]
    return "\n".join(
        [*lines, f"Model(inputs={_written(graph.inputs, names)}, outputs={_written(graph.outputs, names)})"]
    )


def _arguments(step: Step, names: Sequence[str]) -> str:
    """Write the arguments of a call; those of a function that takes any number of arrays as a list."""
    args = [_written(value, names) for value in step.args]
    if step.module is None and step.function.__name__ in ("concatenate", "stack"):
        args = [f"[{', '.join(args)}]"]
    return ", ".join([*args, *(f"{key}={_written(value, names)}" for key, value in step.settings.items())])


def _written(structure: Any, names: Sequence[str]) -> str:
    """Write a structure as code, with variables in the places of Slots."""
    return repr(mapped(lambda leaf: _Variable(names[leaf]) if isinstance(leaf, Slot) else leaf, structure))


class _Variable(str):
    """A name that prints without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
