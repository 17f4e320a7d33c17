"""The graph of a functional model: its calls in the order in which they can be made, and the names of its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnlite._structure import leaves, mapped
from nnlite.autograd import Tensor
from nnlite.layers import Module
from nnlite.layers._input import InputLayer
from nnlite.layers._symbolic import Call, SymbolicShape, SymbolicTensor, is_function
from nnlite.models._names import layer_names

__all__ = ["Graph", "Slot", "Step"]


class Slot(int):
    """Stands in a structure for a value: the number under which it is kept while the model runs."""


@dataclass
class Step:
    """A call: `function(*args, **settings)`, with Slots for the values that other steps give."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    settings: dict[str, Any]
    first: int  # the slot of its first output; the others follow
    specs: list[tuple[SymbolicShape, np.dtype[Any]]]  # shape and dtype of each output
    name: str = ""
    is_last: list[int] = field(default_factory=list)  # slots that no later step needs

    @property
    def module(self) -> Module | None:
        """The function, if it is a module."""
        return self.function if isinstance(self.function, Module) else None

    @property
    def inputs(self) -> list[Slot]:
        """The slots among its arguments."""
        return [leaf for leaf in leaves((self.args, self.settings)) if isinstance(leaf, Slot)]

    @property
    def kind(self) -> str:
        """The name of the class or of the function."""
        return self.function.__name__ if is_function(self.function) else type(self.function).__name__


class Graph:
    """What is between symbolic inputs and outputs, as a flat list of steps: no depth is too deep for it.

    Parameters
    ----------
    inputs, outputs : SymbolicTensor, or list, tuple or dict of them
        A list of one stands for the one, as in Keras.

    Attributes
    ----------
    steps : list of Step
        In the order of the calls.
    entrances : list of InputLayer
        Where the inputs come in; their values have the first slots.
    layers : list of Module
        Each once, inputs first, in Keras' order: by their distance from the outputs.
    names : list of str
        Of the layers.
    inputs, outputs : structures of Slots

    Raises
    ------
    TypeError
        If something else is among the inputs or outputs.
    ValueError
        If an input comes twice, two layers have one name, or an output depends on an Input that is not given.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        inputs, outputs = (x[0] if isinstance(x, list) and len(x) == 1 else x for x in (inputs, outputs))
        given, wanted = _symbols("inputs", inputs), _symbols("outputs", outputs)
        if len({_key(symbol) for symbol in given}) < len(given):
            raise ValueError(f"expected each input once, got {given}")
        calls = _calls_between(given, wanted)
        slots = {_key(symbol): Slot(i) for i, symbol in enumerate(given)}
        self.entrances = [_entrance(symbol) for symbol in given]
        self.specs = [(symbol.shape, symbol.dtype) for symbol in given]
        self.steps: list[Step] = []

        def slotted(leaf: Any) -> Any:
            return slots[_key(leaf)] if isinstance(leaf, SymbolicTensor) else leaf

        for call in calls:
            step = Step(
                call.function, mapped(slotted, call.args), mapped(slotted, call.settings), len(self.specs), call.specs
            )
            for number in range(len(call.specs)):
                slots.setdefault((id(call), number), Slot(step.first + number))
            self.specs += call.specs
            self.steps.append(step)
        self.inputs, self.outputs = mapped(slotted, inputs), mapped(slotted, outputs)
        self._symbols: tuple[Any, Any] | None = (inputs, outputs)
        self._name()
        self._note_last_uses()

    def run(self, inputs: Any) -> Any:
        """Return the outputs for these inputs."""
        values: list[Any] = [None] * len(self.specs)
        for slot, (layer, x) in enumerate(zip(self.entrances, self._matched(inputs), strict=True)):
            values[slot] = layer(x)

        def value(leaf: Any) -> Any:
            return values[leaf] if type(leaf) is Slot else leaf

        for step in self.steps:
            result = step.function(*mapped(value, step.args), **mapped(value, step.settings))
            if isinstance(result, Tensor):
                values[step.first] = result
            else:
                kept = [leaf for leaf in leaves(result) if isinstance(leaf, (Tensor, np.ndarray))]
                values[step.first : step.first + len(step.specs)] = kept
            for slot in step.is_last:
                values[slot] = None
        return mapped(lambda slot: _as_tensor(values[slot]), self.outputs)

    @property
    def symbols(self) -> tuple[Any, Any]:
        """The symbolic inputs and outputs."""
        if self._symbols is None:  # they are not copied or pickled with the model
            made: list[SymbolicTensor] = []

            def symbol(leaf: Any) -> Any:
                return made[leaf] if isinstance(leaf, Slot) else leaf

            for layer, (shape, dtype) in zip(self.entrances, self.specs, strict=False):
                made.append(Call(layer, (), {}).output(shape, dtype))
            for step in self.steps:
                call = Call(step.function, mapped(symbol, step.args), mapped(symbol, step.settings))
                made.extend([call.output(shape, dtype) for shape, dtype in step.specs])
            self._symbols = mapped(symbol, self.inputs), mapped(symbol, self.outputs)
        return self._symbols

    @property
    def input_variables(self) -> list[str]:
        """The names of the Inputs."""
        return [self.name_of(layer) for layer in self.entrances]

    @property
    def input_names(self) -> list[str]:
        """The keys of the inputs if they are a dict, or else the names of the Inputs."""
        return list(self.inputs) if isinstance(self.inputs, dict) else self.input_variables

    @property
    def output_names(self) -> list[str]:
        """The keys of the outputs if they are a dict, or else the names of the layers that they come from."""
        if isinstance(self.outputs, dict):
            return list(self.outputs)
        sources = [self.source_of(slot) for slot in leaves(self.outputs)]
        return [name if sources[:i].count(name) == 0 else f"{name}_{i}" for i, name in enumerate(sources)]

    def name_of(self, layer: Module) -> str:
        """Return the name of a layer in this model."""
        return next(name for name, other in zip(self.names, self.layers, strict=True) if other is layer)

    def source_of(self, slot: int) -> str:
        """Return the name of what gives a value."""
        if slot < len(self.entrances):
            return self.name_of(self.entrances[slot])
        return next(step.name for step in self.steps if step.first <= slot < step.first + len(step.specs))

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_symbols": None}

    def _matched(self, inputs: Any) -> list[Any]:
        """Return the inputs in the order of the Inputs; a dict goes by their names."""
        names = self.input_names
        if isinstance(inputs, dict):
            if set(inputs) != set(names):
                raise ValueError(f"the model expected a dict of the inputs {names}, got {list(inputs)}")
            inputs = [inputs[name] for name in names]
        found = list(leaves(inputs))
        if len(found) != len(self.entrances):
            raise ValueError(f"the model expected {len(self.entrances)} inputs ({', '.join(names)}), got {len(found)}")
        return found

    def _name(self) -> None:
        """Order the layers, and name layers and steps."""
        self.layers = _ordered_layers(self.entrances, self.steps, self.outputs)
        things: dict[int, tuple[str | None, str]] = {}
        for layer in self.entrances:
            things[id(layer)] = layer.name, "InputLayer"
        for step in self.steps:
            module = step.module
            key = id(step) if module is None else id(module)
            functional = isinstance(module, Module) and "_graph" in vars(module)
            own = None if module is None else module.name
            things.setdefault(key, (own, "Functional" if functional else step.kind))
        names = dict(zip(things, layer_names(things.values()), strict=True))
        self.names = [names[id(layer)] for layer in self.layers]
        for step in self.steps:
            step.name = names[id(step) if step.module is None else id(step.module)]

    def _note_last_uses(self) -> None:
        """Note after which step each value is needed no more."""
        kept = set(leaves(self.outputs))
        for step in reversed(self.steps):
            unused = range(step.first, step.first + len(step.specs))
            last = [slot for slot in dict.fromkeys((*step.inputs, *unused)) if slot not in kept]
            step.is_last = [int(slot) for slot in last]
            kept.update(last)


def _as_tensor(value: Any) -> Tensor:
    """Return what a model gives: a Tensor, also of the array that a comparison gave."""
    return value if isinstance(value, Tensor) else Tensor(value)


def _key(symbol: SymbolicTensor) -> tuple[int, int]:
    """Return what tells one symbolic tensor from another."""
    return id(symbol.call), symbol.number


def _symbols(name: str, structure: Any) -> list[SymbolicTensor]:
    """Return the symbolic tensors in a structure; raise if there is anything else, or none."""
    symbols = list(leaves(structure))
    for symbol in symbols:
        if not isinstance(symbol, SymbolicTensor):
            wanted = "layers.Input(...)" if name == "inputs" else "what layers give when they are called on an Input"
            raise TypeError(f"Model expected {name} to be {wanted}, got {symbol!r}")
    if not symbols:
        raise ValueError(f"Model expected at least one of its {name}, got {structure!r}")
    return symbols


def _entrance(symbol: SymbolicTensor) -> InputLayer:
    """Return the layer that checks an input; one is made where a model begins at what another layer gives."""
    if isinstance(symbol.call.function, InputLayer):
        return symbol.call.function
    return InputLayer(symbol.shape[1:], symbol.shape[0], symbol.dtype)


def _calls_between(inputs: Sequence[SymbolicTensor], outputs: Iterable[SymbolicTensor]) -> list[Call]:
    """Return the calls that lead from the inputs to the outputs, in the order in which they were made."""
    known = {_key(symbol) for symbol in inputs}
    found: dict[int, Call] = {}
    open_ends: list[tuple[SymbolicTensor, str]] = [(symbol, "an output") for symbol in outputs]
    while open_ends:
        symbol, user = open_ends.pop()
        call = symbol.call
        if _key(symbol) in known or id(call) in found:
            continue
        if isinstance(call.function, InputLayer):
            raise ValueError(
                f"{user} depends on {call.label}, which is not among the inputs of the model: the graph is disconnected"
            )
        found[id(call)] = call
        open_ends += [(parent, call.label) for parent in call.symbols]
    return sorted(found.values(), key=lambda call: call.serial)


def _ordered_layers(entrances: list[InputLayer], steps: list[Step], outputs: Any) -> list[Module]:
    """Return the layers by their distance from the outputs, those at one distance as a walk from the outputs goes."""
    nodes: list[Any] = [*entrances, *steps]
    maker = list(range(len(entrances)))  # by slot
    for number, step in enumerate(steps, len(entrances)):
        maker += [number] * len(step.specs)
    parents = [[] if isinstance(node, Module) else [maker[slot] for slot in node.inputs] for node in nodes]
    owners = [node if isinstance(node, Module) else node.module or node for node in nodes]

    rank: dict[int, int] = {}  # of each owner in the walk
    seen: set[int] = set()
    stack = [maker[slot] for slot in reversed(list(leaves(outputs)))]
    while stack:
        number = stack.pop()
        if number not in seen:
            seen.add(number)
            rank.setdefault(id(owners[number]), len(rank))
            stack.extend(reversed(parents[number]))

    depth, depth_of_owner = [0] * len(nodes), dict.fromkeys(map(id, owners), 0)
    for number in reversed(range(len(nodes))):
        key = id(owners[number])
        depth[number] = depth_of_owner[key] = max(depth[number], depth_of_owner[key])
        for parent in parents[number]:
            depth[parent] = max(depth[parent], depth[number] + 1)
    layers = {id(owner): owner for owner in owners if isinstance(owner, Module)}
    return sorted(layers.values(), key=lambda layer: (-depth_of_owner[id(layer)], rank.get(id(layer), -1)))
