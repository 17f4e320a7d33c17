"""What all optimizers share: parameters by name, the learning rate, the step counter, and their state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite._configured import Configured
from nnlite.autograd import Parameter

__all__ = ["LearningRate", "Optimizer", "Slots", "check_decay", "rate_at"]

LearningRate = float | Callable[[int], float]
Slots = dict[str, NDArray[Any]]


class Optimizer(Configured, ABC):
    """Changes parameters in place: what all optimizers share are parameters by name, a learning rate, and their state.

    Most subclasses are a `FirstOrderOptimizer`: an update rule for one array and its gradient.

    Parameters
    ----------
    learning_rate : float or callable
        The rate, or a schedule: a function of the number of steps taken.
    parameters : iterable of Parameter or of (name, Parameter) pairs, optional
        For a loop of one's own (`Model.compile` fills them in by itself): `model.parameters()`, or, since the names
        come back in `state_dict`, `model.named_parameters()`. Groups of parameters with rates or weight decays of
        their own are dicts: ``[{"params": [...], "learning_rate": 0.1, "weight_decay": 0.0}, {"params": [...]}]``.

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

    transient = ("parameters",)
    slot_names: tuple[str, ...] = ()
    stacked_slots: tuple[str, ...] = ()  # those of any number of arrays of the parameter's shape, along a first axis
    evaluates_again = False  # whether step() needs a closure, to see the loss at other places

    def __init__(self, learning_rate: LearningRate, parameters: Iterable[Any] | None = None) -> None:
        _check_rate(type(self).__name__, learning_rate)
        self.learning_rate = learning_rate
        self.iterations = self.binding = 0
        self._parameters: dict[str, Parameter] = {}
        self._groups: dict[Parameter, dict[str, Any]] = {}  # settings of their own
        self._slots: dict[Parameter, Slots] = {}  # also of parameters that were bound before, and may be again
        if parameters is not None:
            self.bind(parameters)

    @abstractmethod
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters; return what `closure` returned, which computes the loss and its gradients."""

    def bind(self, parameters: Iterable[Any]) -> None:
        """Take these parameters in place of others; those that were bound before find their state and group again.

        Parameters
        ----------
        parameters : iterable of Parameter, of (name, Parameter) pairs or of groups, or mapping of names to Parameters
            A parameter that comes twice counts once.

        Raises
        ------
        TypeError
            If something else is among them.
        ValueError
            If there are none, two have the same name, or a group has a setting other than rate and weight decay.
        """
        named: dict[str, Parameter] = {}
        groups: dict[Parameter, dict[str, Any]] = {}
        for name, parameter, settings in self._flattened(parameters):
            if not isinstance(parameter, Parameter):
                raise TypeError(f"{type(self).__name__} updates Parameters, got {name}: {type(parameter).__name__}")
            if parameter not in groups:
                if name in named:
                    raise ValueError(f"{type(self).__name__} got two parameters named {name!r}; give them other names")
                named[name], groups[parameter] = parameter, settings
        if not named:
            raise ValueError(
                f"{type(self).__name__} got no parameters; a model has them once it is built: call it on a batch "
                "first, or give its first layer input_shape="
            )
        if _identities(named) != _identities(self._parameters):
            self.binding += 1
        self._parameters = named
        self._groups.update((parameter, settings) for parameter, settings in groups.items() if settings)

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return rate_at(self.learning_rate, self.iterations)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters.values():
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Return step counter, learning rate (None for a schedule) and copies of the arrays of each parameter, by name.

        The rate is in it because callbacks change it. Settings that stay as they were given are not.
        """
        kept = {name: self._slots[p] for name, p in self._parameters.items() if p in self._slots}
        slots = {name: {key: a.copy() for key, a in arrays.items()} for name, arrays in kept.items()}
        rate = None if callable(self.learning_rate) else float(self.learning_rate)
        return {"iterations": self.iterations, "learning_rate": rate, "slots": slots}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put back what `state_dict` gave; a schedule stays.

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
                if (array.shape[1:] if key in self.stacked_slots else array.shape) != parameter.shape:
                    raise ValueError(f"{key} of {name!r} has shape {array.shape}, the parameter {parameter.shape}")
        self.iterations = int(state["iterations"])
        if state["learning_rate"] is not None and not callable(self.learning_rate):
            self.learning_rate = float(state["learning_rate"])
        for parameter in self._parameters.values():
            self._slots.pop(parameter, None)
        self._slots.update(loaded)

    def _flattened(self, parameters: Iterable[Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
        """Yield name, parameter and settings of each parameter, in groups or not; those without a name get a number."""
        if not isinstance(parameters, Iterable):
            raise TypeError(
                f"{type(self).__name__} expected parameters=model.parameters(), or a list of Parameters or groups, got "
                f"a {type(parameters).__name__}"
            )
        numbers = count()
        for item in parameters.items() if isinstance(parameters, Mapping) else parameters:
            group = item if isinstance(item, dict) else {"params": [item]}
            settings = {key: value for key, value in group.items() if key != "params"}
            if "params" not in group or not set(settings) <= {"learning_rate", "weight_decay"}:
                raise ValueError(
                    f'{type(self).__name__} expected groups with "params" and, if they differ, "learning_rate" and '
                    f'"weight_decay"; got one with {list(group)}'
                )
            _check_rate(type(self).__name__, settings.get("learning_rate", 0.0))
            check_decay(type(self).__name__, settings.get("weight_decay"))
            inside = group["params"]
            for pair in inside.items() if isinstance(inside, Mapping) else inside:
                number = next(numbers)
                name, parameter = pair if isinstance(pair, tuple) else (str(number), pair)
                yield name, parameter, settings

    def _require_parameters(self) -> None:
        """Raise if there are none."""
        if not self._parameters:
            raise RuntimeError(
                f"{type(self).__name__} has no parameters: pass parameters=model.parameters(), or compile a model "
                "with it"
            )


def rate_at(learning_rate: LearningRate, step: int) -> float:
    """Return the rate after so many steps."""
    return float(learning_rate(step) if callable(learning_rate) else learning_rate)


def _check_rate(optimizer: str, learning_rate: Any) -> None:
    """Require a rate, or a schedule."""
    if not callable(learning_rate) and not isinstance(learning_rate, (int, float, np.number)):
        raise TypeError(f"{optimizer} expected a number or a schedule, got {learning_rate=}")
    if not callable(learning_rate) and not learning_rate >= 0:
        raise ValueError(f"{optimizer} expected learning_rate >= 0, got {learning_rate=}")


def check_decay(optimizer: str, weight_decay: Any) -> None:
    """Require a weight decay, or none."""
    if weight_decay is not None and not weight_decay >= 0:
        raise ValueError(f"{optimizer} expected weight_decay >= 0, got {weight_decay=}")


def _identities(parameters: dict[str, Parameter]) -> list[tuple[str, int]]:
    """Say which parameters have which names."""
    return [(name, id(parameter)) for name, parameter in parameters.items()]
