"""What all optimizers share: parameters by name, the learning rate, the step counter, and their state."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Parameter

__all__ = ["Optimizer"]

LearningRate = float | Callable[[int], float]
Slots = dict[str, NDArray[Any]]


class Optimizer(ABC):
    """Changes parameters in place, by their gradients.

    A subclass is its update rule: `update(w, g, slots, rate, scratch)`, and the names of the arrays that it keeps for
    each parameter.

    Parameters
    ----------
    learning_rate : float or callable
        The rate, or a schedule: a function of the number of steps taken.
    parameters : iterable of Parameter or of (name, Parameter) pairs, optional
        For a loop of one's own; `Model.compile` fills them in by itself.

    Attributes
    ----------
    iterations : int
        The number of steps taken.
    binding : int
        The number of times that other parameters were bound: two models can share an optimizer.

    Raises
    ------
    ValueError
        If the learning rate is negative.
    TypeError
        If it is neither a number nor a function.
    """

    slot_names: tuple[str, ...] = ()

    def __init__(self, learning_rate: LearningRate, parameters: Iterable[Any] | None = None) -> None:
        if not callable(learning_rate) and not isinstance(learning_rate, (int, float, np.number)):
            raise TypeError(f"{type(self).__name__} expected a number or a schedule, got {learning_rate=}")
        if not callable(learning_rate) and not learning_rate >= 0:
            raise ValueError(f"{type(self).__name__} expected learning_rate >= 0, got {learning_rate=}")
        self.learning_rate = learning_rate
        self.iterations = self.binding = 0
        self._parameters: dict[str, Parameter] = {}
        self._slots: dict[Parameter, Slots] = {}  # also of parameters that were bound before, and may be again
        self._scratch: dict[str, NDArray[Any]] = {}  # views of one buffer, by parameter
        if parameters is not None:
            self.bind(parameters)

    @abstractmethod
    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float, scratch: NDArray[Any]) -> None:
        """Change w in place. `scratch`, of w's shape and dtype, may be overwritten; g may not."""

    def bind(self, parameters: Iterable[Any]) -> None:
        """Take these parameters in place of others; those that were bound before find their state again.

        Parameters
        ----------
        parameters : iterable of Parameter or of (name, Parameter) pairs, or mapping of names to Parameters
            A parameter that comes twice counts once.

        Raises
        ------
        TypeError
            If something else is among them.
        ValueError
            If there are none, or two have the same name.
        """
        pairs = parameters.items() if isinstance(parameters, Mapping) else parameters
        named: dict[str, Parameter] = {}
        seen: set[int] = set()
        for i, pair in enumerate(pairs):
            name, parameter = pair if isinstance(pair, tuple) else (str(i), pair)
            if not isinstance(parameter, Parameter):
                raise TypeError(f"{type(self).__name__} updates Parameters, got {name}: {type(parameter).__name__}")
            if id(parameter) not in seen:
                if name in named:
                    raise ValueError(f"{type(self).__name__} got two parameters named {name!r}; give them other names")
                named[name] = parameter
                seen.add(id(parameter))
        if not named:
            raise ValueError(
                f"{type(self).__name__} got no parameters; a model has them once it is built: call it on a batch "
                "first, or give its first layer input_shape="
            )
        if _identities(named) != _identities(self._parameters):
            self.binding += 1
            self._scratch = {}
        self._parameters = named

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return float(self.learning_rate(self.iterations) if callable(self.learning_rate) else self.learning_rate)

    def step(self) -> None:
        """Update every parameter that has a gradient and requires one, and apply its constraint.

        Raises
        ------
        RuntimeError
            If there are no parameters.
        """
        if not self._parameters:
            raise RuntimeError(
                f"{type(self).__name__} has no parameters: pass parameters=model.parameters(), or compile a model "
                "with it"
            )
        rate = self.rate
        self.iterations += 1
        for name, parameter in self._parameters.items():
            g = parameter.grad
            if g is not None and parameter.requires_grad:
                w = parameter.data
                slots = self._slots.get(parameter)
                scratch = self._scratch.get(name)
                if slots is None:
                    slots = self._slots[parameter] = {key: np.zeros_like(w) for key in self.slot_names}
                if scratch is None or scratch.dtype != w.dtype:
                    scratch = self._new_scratch(name, w)
                self.update(w, g, slots, rate, scratch)
                if parameter.constraint is not None:
                    w[...] = parameter.constraint(w)
                parameter.bump_version()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters.values():
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Return the step counter and copies of the arrays kept for each parameter, by its name."""
        kept = {name: self._slots[p] for name, p in self._parameters.items() if p in self._slots}
        slots = {name: {key: a.copy() for key, a in arrays.items()} for name, arrays in kept.items()}
        return {"iterations": self.iterations, "slots": slots}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put back what `state_dict` gave.

        Raises
        ------
        KeyError
            If a parameter is unknown, or an array is missing.
        ValueError
            If a shape differs from its parameter's.
        """
        loaded: dict[Parameter, Slots] = {}
        for name, kept in state["slots"].items():
            if name not in self._parameters:
                raise KeyError(f"{type(self).__name__} has no parameter {name!r}; it has {list(self._parameters)}")
            if set(kept) != set(self.slot_names):
                raise KeyError(f"{type(self).__name__} keeps {list(self.slot_names)} for {name!r}, got {list(kept)}")
            parameter = self._parameters[name]
            slots = loaded[parameter] = {key: np.array(a, parameter.dtype) for key, a in kept.items()}
            for key, array in slots.items():
                if array.shape != parameter.shape:
                    raise ValueError(f"{key} of {name!r} has shape {array.shape}, the parameter {parameter.shape}")
        self.iterations = int(state["iterations"])
        for parameter in self._parameters.values():
            self._slots.pop(parameter, None)
        self._slots.update(loaded)

    def __repr__(self) -> str:
        names = [name for name in inspect.signature(type(self)).parameters if name != "parameters"]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_scratch": {}}

    def _new_scratch(self, name: str, w: NDArray[Any]) -> NDArray[Any]:
        """Return memory of w's shape and dtype; all parameters share it."""
        alike = [p.size for p in self._parameters.values() if p.dtype == w.dtype]
        shared = [view.base for view in self._scratch.values() if view.dtype == w.dtype]
        buffer = shared[0] if shared and shared[0] is not None else np.empty(max(alike), w.dtype)
        scratch = self._scratch[name] = buffer[: w.size].reshape(w.shape)
        return scratch


def _identities(parameters: dict[str, Parameter]) -> list[tuple[str, int]]:
    """Say which parameters have which names."""
    return [(name, id(parameter)) for name, parameter in parameters.items()]
