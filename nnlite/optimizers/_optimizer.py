"""What all optimizers share: parameters by name, the learning rate, the step counter, and their state."""

from __future__ import annotations

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

    Raises
    ------
    ValueError
        If the learning rate is negative.
    """

    slot_names: tuple[str, ...] = ()

    def __init__(self, learning_rate: LearningRate, parameters: Iterable[Any] | None = None) -> None:
        if not callable(learning_rate) and not learning_rate >= 0:
            raise ValueError(f"{type(self).__name__} expected learning_rate >= 0, got {learning_rate!r}")
        self.learning_rate = learning_rate
        self.iterations = 0
        self._parameters: dict[str, Parameter] = {}
        self._slots: dict[str, Slots] = {}
        self._scratch: dict[np.dtype[Any], NDArray[Any]] = {}
        if parameters is not None:
            self.bind(parameters)

    @abstractmethod
    def update(
        self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float, scratch: NDArray[Any]
    ) -> None:
        """Change w in place. `scratch`, of w's shape and dtype, may be overwritten; g may not."""

    def bind(self, parameters: Iterable[Any]) -> None:
        """Take these parameters, and keep the state of those that were there under the same name and shape."""
        pairs = list(parameters.items() if isinstance(parameters, Mapping) else parameters)
        pairs = [p if isinstance(p, tuple) else (str(i), p) for i, p in enumerate(pairs)]
        for name, parameter in pairs:
            if not isinstance(parameter, Parameter):
                raise TypeError(f"{type(self).__name__} updates Parameters, got {name}: {type(parameter).__name__}")
        if not pairs:
            raise ValueError(
                f"{type(self).__name__} got no parameters; a model has them once it is built: call it on a batch "
                "first, or give its first layer input_shape="
            )
        self._parameters = dict(pairs)
        self._slots = {
            name: slots
            for name, slots in self._slots.items()
            if name in self._parameters and all(a.shape == self._parameters[name].shape for a in slots.values())
        }

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return float(self.learning_rate(self.iterations) if callable(self.learning_rate) else self.learning_rate)

    def step(self) -> None:
        """Update every parameter that has a gradient and requires one.

        Raises
        ------
        RuntimeError
            If there are no parameters.
        """
        if not self._parameters:
            raise RuntimeError(
                f"{type(self).__name__} has no parameters: pass parameters=model.parameters(), or compile a model with it"
            )
        rate = self.rate
        self.iterations += 1
        for name, parameter in self._parameters.items():
            g = parameter.grad
            if g is not None and parameter.requires_grad:
                w = parameter.data
                self.update(w, g, self._slots.get(name) or self._new_slots(name, w), rate, self._scratch_like(w))
                parameter.bump_version()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters.values():
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Return the step counter and copies of the arrays kept for each parameter, by its name."""
        slots = {name: {key: a.copy() for key, a in kept.items()} for name, kept in self._slots.items()}
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
        slots: dict[str, Slots] = {}
        for name, kept in state["slots"].items():
            if name not in self._parameters:
                raise KeyError(f"{type(self).__name__} has no parameter {name!r}; it has {list(self._parameters)}")
            if set(kept) != set(self.slot_names):
                raise KeyError(f"{type(self).__name__} keeps {list(self.slot_names)} for {name!r}, got {list(kept)}")
            shape, dtype = self._parameters[name].shape, self._parameters[name].dtype
            slots[name] = {key: np.array(a, dtype) for key, a in kept.items()}
            for key, array in slots[name].items():
                if array.shape != shape:
                    raise ValueError(f"{key} of {name!r} has shape {array.shape}, the parameter {shape}")
        self.iterations, self._slots = int(state["iterations"]), slots

    def _new_slots(self, name: str, w: NDArray[Any]) -> Slots:
        """Make the arrays kept for a parameter, all zero."""
        slots = self._slots[name] = {key: np.zeros_like(w) for key in self.slot_names}
        return slots

    def _scratch_like(self, w: NDArray[Any]) -> NDArray[Any]:
        """Return memory of w's shape and dtype; all parameters share it."""
        buffer = self._scratch.get(w.dtype)
        if buffer is None or buffer.size < w.size:
            largest = max(p.size for p in self._parameters.values() if p.dtype == w.dtype)
            buffer = self._scratch[w.dtype] = np.empty(largest, w.dtype)
        return buffer[: w.size].reshape(w.shape)
