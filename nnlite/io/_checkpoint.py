"""Checkpoint: all that a training needs to go on as if it had never stopped, in one file."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from nnlite import random
from nnlite._configured import Configured
from nnlite._structure import leaves
from nnlite.io._files import Location
from nnlite.io._state import read_state, write_state
from nnlite.layers import Module
from nnlite.layers._recurrent import Recurrent
from nnlite.optimizers import Optimizer

__all__ = ["Checkpoint"]


@runtime_checkable
class _Part(Protocol):
    """What has a state."""

    def state_dict(self) -> Any: ...

    def load_state_dict(self, state: Any, /) -> Any: ...


class Checkpoint:
    """Writes all that a training needs to one file, so that the resumed run ends bit for bit as one never stopped.

    That is: the weights and buffers of the model, the state of the optimizer with its step (by which a schedule knows
    its rate), the states of random generators (that of `nnlite.random`, and those that layers and initializers own),
    those of stateful recurrent layers, and whatever else is passed.

    The file is a safetensors file with a digest of its content. A kill at any moment leaves the old file or the new
    one.

    Parameters
    ----------
    model : Module
    optimizer : Optimizer, optional
        Of `nnlite.optimizers` or `nnlite.optim`; that of a compiled model by default.
    **parts : object with state_dict() and load_state_dict(), or numpy.random.Generator
        What else has a state, each under a name: ``loader=loader, scheduler=scheduler``. A state is made of dicts,
        lists, tuples, numbers, strings and arrays.

    Raises
    ------
    TypeError
        If something has no state.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential([nl.layers.Dense(1, input_shape=(2,)), nl.layers.Dropout(0.5)])
    >>> model.compile("adam", "mse")
    >>> history = model.fit(np.ones((8, 2)), np.ones(8), epochs=3, verbose=0)
    >>> checkpoint = nl.io.Checkpoint(model)
    >>> path = getfixture("tmp_path") / "run.safetensors"
    >>> checkpoint.save(path, epoch=3)
    >>> weights = model.get_weights()
    >>> history = model.fit(np.ones((8, 2)), np.ones(8), epochs=2, verbose=0)
    >>> checkpoint.restore(path)
    {'epoch': 3}
    >>> model.optimizer.iterations, np.array_equal(weights[0], model.get_weights()[0])
    (3, True)
    """

    def __init__(self, model: Module, optimizer: Any = None, **parts: Any) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"Checkpoint takes a Module and what belongs to it, got {model!r}")
        self.model, self.optimizer = model, optimizer
        self._more: dict[str, _Part] = {}
        if optimizer is not None:
            _check_part("optimizer", optimizer)
        for name, part in parts.items():
            made = _Generators({name: part}) if isinstance(part, np.random.Generator) else part
            _check_part(name, made)
            self._more[name] = made

    def save(self, path: Location, **notes: Any) -> None:
        """Write everything to a file.

        Parameters
        ----------
        path : str or Path
            The file; folders that are not there are made.
        **notes : plain values
            What else to remember, such as ``epoch=3``: `restore` returns it.

        Raises
        ------
        ImportError
            If the package `safetensors` is not installed.
        TypeError
            If a note or a part of a state is neither plain nor an array.
        """
        parts = self._parts()
        kinds = {name: type(part).__name__ for name, part in parts.items()}
        states = {name: part.state_dict() for name, part in parts.items()}
        write_state(path, "checkpoint", {"kinds": kinds, "notes": notes, "parts": states})

    def restore(self, path: Location) -> dict[str, Any]:
        """Put everything back, or, if anything does not fit, nothing.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        dict
            The notes given to `save`.

        Raises
        ------
        FileNotFoundError, IsADirectoryError
            If there is no such file.
        FormatError
            If the file is damaged, or no checkpoint.
        ValueError
            If it does not fit: names what does not, array by array.
        """
        saved = read_state(path, "checkpoint")
        parts, states = self._parts(), saved["parts"]
        misfits = [*_part_misfits(parts, saved["kinds"]), *_array_misfits(self.model, states.get("model"))]
        if misfits:
            raise ValueError(f"{path} does not fit, nothing was restored: {'; '.join(misfits)}")
        before = {name: copy.deepcopy(part.state_dict()) for name, part in parts.items()}
        loaded = []
        try:
            for name, part in parts.items():
                loaded.append(name)
                part.load_state_dict(states[name])
        except Exception as error:
            for name in loaded:
                parts[name].load_state_dict(before[name])
            raise ValueError(f"{path} does not fit, nothing was restored: {loaded[-1]}: {error}") from error
        notes: dict[str, Any] = saved["notes"]
        return notes

    def _parts(self) -> dict[str, _Part]:
        """Return all that has a state, by name."""
        model, optimizer = self.model, self.optimizer
        if optimizer is None:
            optimizer = getattr(model, "optimizer", None)
        parts: dict[str, _Part] = {"model": model}
        if isinstance(optimizer, _Part):
            named = dict(model.named_parameters())
            if isinstance(optimizer, Optimizer) and named and (self.optimizer is None or not optimizer.binding):
                optimizer.bind(named)
            parts["optimizer"] = optimizer
        parts["generators"] = _Generators({"nnlite.random": random.generator(), **dict(_own_generators(model))})
        parts["recurrent_states"] = _RecurrentStates(model)
        return parts | self._more


class _Generators:
    """The states of random generators, by name."""

    def __init__(self, generators: Mapping[str, np.random.Generator]) -> None:
        self._generators = generators

    def state_dict(self) -> dict[str, Any]:
        """Return the state of each."""
        return {name: generator.bit_generator.state for name, generator in self._generators.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put back the state of each."""
        if state.keys() != self._generators.keys():
            raise ValueError(f"expected the states of {sorted(self._generators)}, got those of {sorted(state)}")
        for name, generator in self._generators.items():
            generator.bit_generator.state = state[name]


class _RecurrentStates:
    """The states of a model's stateful recurrent layers, by the layers' names."""

    def __init__(self, model: Module) -> None:
        self._layers = {
            name: module for name, module in model.named_modules() if isinstance(module, Recurrent) and module.stateful
        }

    def state_dict(self) -> dict[str, Any]:
        """Return the states after the last call, None before the first."""
        return {name: layer.states for name, layer in self._layers.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put back what `state_dict` gave."""
        if state.keys() != self._layers.keys():
            raise ValueError(f"expected the states of {sorted(self._layers)}, got those of {sorted(state)}")
        for name, layer in self._layers.items():
            layer.states = state[name]


def _own_generators(model: Module) -> Iterator[tuple[str, np.random.Generator]]:
    """Yield the generators that modules, and initializers and the like in them, keep for themselves."""
    seen = {id(random.generator())}
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            for number, leaf in enumerate(leaves(value)):
                inside = vars(leaf) if isinstance(leaf, Configured) else {"": leaf}
                for key, generator in inside.items():
                    if isinstance(generator, np.random.Generator) and id(generator) not in seen:
                        seen.add(id(generator))
                        yield f"{path}.{name}.{number}.{key}", generator


def _check_part(name: str, part: Any) -> None:
    """Require something that has a state."""
    if name in ("model", "generators", "recurrent_states"):
        raise TypeError(f"Checkpoint has a part of the name {name!r} already: choose another")
    if isinstance(part, type) or not isinstance(part, _Part):
        raise TypeError(
            f"Checkpoint takes parts with state_dict() and load_state_dict(), got {name}={part!r}; plain values are "
            f"notes: save(path, {name}=...)"
        )


def _part_misfits(parts: Mapping[str, _Part], kinds: Mapping[str, Any]) -> Iterator[str]:
    """Say which parts are missing, left over, or other than those that were saved."""
    for name in dict.fromkeys([*parts, *kinds]):
        own = type(parts[name]).__name__ if name in parts else "none"
        kind = kinds.get(name, "none")
        saved = kind if isinstance(kind, str) else f"a {type(kind).__name__} for the name of a class"
        if own != saved and (name != "model" or "none" in (own, saved)):
            yield f"{name}: saved was {saved}, here is {own}"


def _array_misfits(model: Module, state: Any) -> Iterator[str]:
    """Say which of the model's arrays are missing, left over, or of another shape or dtype than those saved."""
    own = model.state_dict()
    items = state.items() if isinstance(state, dict) else ()
    saved = {name: array for name, array in items if isinstance(array, np.ndarray)}
    for name in [*own, *(name for name in saved if name not in own)]:
        here, there = (
            f"{found[name].dtype}{list(found[name].shape)}" if name in found else "none" for found in (own, saved)
        )
        if here != there:
            yield f"{name}: saved was {there}, here is {here}"
    if saved and not own:
        yield f"{model.label} is not built yet: call it on a batch, or give its first layer input_shape="
