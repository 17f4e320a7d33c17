"""What PyTorch's optimizers share: groups of parameters, each with settings of its own, and their state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Parameter

__all__ = ["FirstOrderOptimizer", "Group", "Optimizer", "State", "check_betas"]

Group = dict[str, Any]
State = dict[str, Any]


class Optimizer(ABC):
    """Changes parameters in place: what all share are groups with settings, and what is kept for each parameter.

    Parameters
    ----------
    params : iterable of Parameter, or of dicts
        Parameters, or groups of them: ``[{"params": [...], "lr": 0.1}, {"params": [...]}]``.
    defaults : dict
        The settings of groups that have none of their own.

    Attributes
    ----------
    param_groups : list of dict
        The groups: "params" and settings, which may be changed between steps.
    state : dict of Parameter to dict
        What is kept for each parameter.

    Raises
    ------
    TypeError
        If something other than parameters is among them.
    ValueError
        If there are none, or one is in two groups.
    """

    stacked: tuple[str, ...] = ()  # arrays of the state that hold any number of the parameter's, along a first axis

    def __init__(self, params: Iterable[Any], defaults: Group) -> None:
        if isinstance(params, Parameter) or not isinstance(params, Iterable):
            raise TypeError(
                f"{type(self).__name__} takes a list of parameters (model.parameters(), say), or a list of groups; "
                f"got one {type(params).__name__}"
            )
        self.defaults = defaults
        self.state: dict[Parameter, State] = {}
        self.param_groups: list[Group] = []
        given = list(params)
        if not given:
            raise ValueError(f"{type(self).__name__} got an empty list of parameters (or a generator used before)")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    @abstractmethod
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters; return what `closure` returned, which computes the loss and its gradients."""

    def add_param_group(self, param_group: Group) -> None:
        """Add a group: a dict of "params" and the settings that differ from the defaults.

        Raises
        ------
        TypeError
            If something other than parameters is in it.
        ValueError
            If a parameter is in a group already.
        """
        params = param_group["params"]
        inside = [params] if isinstance(params, Parameter) else list(params)
        present = {id(p) for group in self.param_groups for p in group["params"]}
        for p in inside:
            if not isinstance(p, Parameter):
                raise TypeError(f"{type(self).__name__} updates Parameters, got a {type(p).__name__}")
            if id(p) in present:
                raise ValueError(f"{type(self).__name__} got a parameter of shape {p.shape} twice")
            present.add(id(p))
        self.param_groups.append({**self.defaults, **param_group, "params": inside})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or (with False) fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad[...] = 0

    def state_dict(self) -> dict[str, Any]:
        """Return copies of the state and the groups' settings, in which numbers stand for the parameters, in order."""
        numbers = {p: i for i, p in enumerate(self._all_params())}
        state = {numbers[p]: {key: _copy(value) for key, value in kept.items()} for p, kept in self.state.items()}
        groups = [{**group, "params": [numbers[p] for p in group["params"]]} for group in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Put back what `state_dict`, here or in PyTorch, gave.

        Raises
        ------
        ValueError
            If the numbers of groups or of parameters differ, or an array has another shape than its parameter.
        """
        groups, params = state_dict["param_groups"], list(self._all_params())
        sizes, own = [len(g["params"]) for g in groups], [len(g["params"]) for g in self.param_groups]
        if sizes != own:
            raise ValueError(f"{type(self).__name__} has groups of {own} parameters, the state has {sizes}")
        numbered = dict(zip([i for group in groups for i in group["params"]], params, strict=True))
        state = {
            numbered[i]: {key: self._loaded(key, value, numbered[i]) for key, value in kept.items()}
            for i, kept in state_dict["state"].items()
        }
        self.state = state
        self.param_groups = [{**g, "params": o["params"]} for g, o in zip(groups, self.param_groups, strict=True)]

    def __repr__(self) -> str:
        lines = [
            f"    {{'params': {len(group['params'])} parameters, "
            + ", ".join(f"{key!r}: {value!r}" for key, value in group.items() if key != "params")
            + "},\n"
            for group in self.param_groups
        ]
        return f"{type(self).__name__}([\n{''.join(lines)}])"

    def _all_params(self) -> Iterable[Parameter]:
        """Yield the parameters of all groups."""
        for group in self.param_groups:
            yield from group["params"]

    def _loaded(self, key: str, value: Any, parameter: Parameter) -> Any:
        """Return what was kept: numbers as numbers, arrays in the parameter's dtype."""
        if value is None or key in ("step", "mu_product"):
            return None if value is None else float(value)
        array = np.array(np.asarray(value), parameter.dtype)
        if (array.shape[1:] if key in self.stacked else array.shape) != parameter.shape:
            raise ValueError(f"{key} has shape {array.shape}, its parameter {parameter.shape}")
        return array


class FirstOrderOptimizer(Optimizer):
    """Changes parameters by their gradients, each by itself.

    A subclass is its update rule: `start` makes the state before the first step, `update` takes a step. Groups have
    "lr" and, mostly, "weight_decay" and "maximize".
    """

    @abstractmethod
    def start(self, w: NDArray[Any], group: Group) -> State:
        """Return what is kept for w, before its first step."""

    @abstractmethod
    def update(self, w: NDArray[Any], g: NDArray[Any], state: State, group: Group) -> None:
        """Change w in place, by its gradient g (which stays), its state and the settings of its group."""

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient, and apply its constraint.

        Parameters
        ----------
        closure : callable, optional
            Called first: computes the loss, its gradients, and returns it.

        Returns
        -------
        What the closure returned.
        """
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                w, g = p.data, -p.grad if group["maximize"] else p.grad
                state = self.state.get(p)
                if state is None:
                    state = self.state[p] = self.start(w, group)
                decay = group.get("weight_decay", 0)
                if decay and group.get("decoupled_weight_decay", False):
                    w *= 1 - group["lr"] * decay
                elif decay:
                    g = g + decay * w
                self.update(w, g, state, group)
                if p.constraint is not None:
                    w[...] = p.constraint(w)
                p.bump_version()
        return loss


def check_betas(optimizer: str, betas: Sequence[float]) -> None:
    """Require two numbers in [0, 1)."""
    if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
        raise ValueError(f"{optimizer} expected two betas in [0, 1), got betas={betas!r}")


def _copy(value: Any) -> Any:
    """Copy an array; numbers stay."""
    return value.copy() if isinstance(value, np.ndarray) else value
