"""Optimizers that are an update rule for one array and its gradient, with clipping and weight decay before it."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Parameter
from nnlite.optimizers._joined import SMALL, Joined
from nnlite.optimizers._optimizer import LearningRate, Optimizer, Slots, check_decay, rate_at

__all__ = ["FirstOrderOptimizer"]


class FirstOrderOptimizer(Optimizer):
    """Changes parameters by their gradients, each by itself.

    A subclass is its update rule: `update(w, g, slots, rate)`, and the names of the arrays that it keeps for each
    parameter, `slot_names`.

    Parameters
    ----------
    learning_rate : float or callable
        The rate, or a schedule: a function of the number of steps taken.
    weight_decay : float, optional
        Before the step, every weight loses this share of itself, times the rate: ``w = w - rate * weight_decay * w``.
    clipnorm : float, optional
        The gradient of each parameter is scaled down to this norm.
    clipvalue : float, optional
        Every element of the gradients is cut off at this size.
    global_clipnorm : float, optional
        All gradients are scaled down together, to this norm of them all. Only one way of clipping can be chosen.
    parameters : iterable, optional
        For a loop of one's own, as every `Optimizer` takes them; groups can have `learning_rate` and `weight_decay`.

    Raises
    ------
    ValueError
        If a number is out of range, or there are two ways of clipping.
    TypeError
        If the learning rate is neither a number nor a function.

    References
    ----------
    Loshchilov, I. and Hutter, F., "Decoupled weight decay regularization", 2019.
    Pascanu, R., Mikolov, T. and Bengio, Y., "On the difficulty of training recurrent neural networks", 2013 (clipping).

    Examples
    --------
    >>> import nnlite as nl
    >>> head, body = nl.Parameter([1.0]), nl.Parameter([1.0])
    >>> groups = [{"params": [head], "learning_rate": 0.5}, {"params": [body]}]
    >>> optimizer = nl.optimizers.SGD(0.1, weight_decay=0.01, parameters=groups)
    >>> (head + body).sum().backward()
    >>> optimizer.step()
    >>> head, body
    (Parameter([0.495]), Parameter([0.899]))

    A rule of one's own:

    >>> import numpy as np
    >>> class SignDescent(nl.optimizers.FirstOrderOptimizer):
    ...     def update(self, w, g, slots, rate):
    ...         w -= rate * np.sign(g)
    >>> SignDescent(0.1, clipnorm=1.0)
    SignDescent(learning_rate=0.1, clipnorm=1.0)

    Where each number of w depends on nothing but its own g and slots, as here, the class may say `elementwise = True`:
    small parameters are then updated as one array.
    """

    elementwise = False
    _joined: Joined | None = None

    def __init__(
        self,
        learning_rate: LearningRate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        parameters: Iterable[Any] | None = None,
    ) -> None:
        check_decay(type(self).__name__, weight_decay)
        clipping = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        chosen = {name: value for name, value in clipping.items() if value is not None}
        if len(chosen) > 1 or not all(value > 0 for value in chosen.values()):
            raise ValueError(f"{type(self).__name__} expected one positive number for clipping at most, got {chosen}")
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self._undecayed: tuple[list[Parameter], list[str]] = ([], [])
        super().__init__(learning_rate, parameters)

    def bind(self, parameters: Iterable[Any]) -> None:
        """Take these parameters in place of others."""
        super().bind(parameters)
        self._joined = None

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put back what `state_dict` gave."""
        super().load_state_dict(state)
        self._joined = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave the joined arrays out of copies: what is kept for each parameter is a view of them here only."""
        return {**self.__dict__, "_joined": None}

    @abstractmethod
    def update(self, w: NDArray[Any], g: NDArray[Any], slots: Slots, rate: float) -> None:
        """Change w in place, by its gradient g (which stays) and what `slots` keeps of earlier steps."""

    def start(self, w: NDArray[Any], rate: float) -> Slots:
        """Return the arrays that are kept for w, before its first step: zeros."""
        return {name: np.zeros_like(w) for name in self.slot_names}

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient and requires one, and apply its constraint.

        Parameters
        ----------
        closure : callable, optional
            Called first: computes the loss, its gradients, and returns it. The optimizers that need one say so.

        Returns
        -------
        What the closure returned.

        Raises
        ------
        RuntimeError
            If there are no parameters.
        """
        self._require_parameters()
        loss = None if closure is None else closure()
        rate, taken = self.rate, self.iterations
        clips = not (self.clipvalue is self.clipnorm is self.global_clipnorm is None)
        scale = self._global_scale() if clips else 1.0
        self.iterations += 1
        done = self._updated_together(rate, scale, clips)
        for name, parameter in self._parameters.items():
            g = parameter.grad
            if parameter in done or g is None or not parameter.requires_grad:
                continue
            w, settings = parameter.data, self._groups.get(parameter)
            own_rate = rate if settings is None else rate_at(settings.get("learning_rate", rate), taken)
            slots = self._slots.get(parameter)
            if slots is None:
                slots = self._slots[parameter] = self.start(w, own_rate)
            decay = self.weight_decay if settings is None else settings.get("weight_decay", self.weight_decay)
            if decay and self._decays(name, parameter):
                w *= 1 - own_rate * decay
            self.update(w, self._clipped(g, scale) if clips else g, slots, own_rate)
            if parameter.constraint is not None:
                w[...] = parameter.constraint(w)
            parameter.bump_version()
        return loss

    def _updated_together(self, rate: float, scale: float, clips: bool) -> Container[Parameter]:
        """Update the small parameters as one array, if the rule allows it and all have a gradient, and return them."""
        if not self.elementwise or self.clipnorm is not None:
            return ()
        joined = self._joined or self._join(rate)
        if joined is None or not joined.gather():
            return ()
        if self.weight_decay:
            for name, parameter in self._parameters.items():
                if parameter in joined.parts and self._decays(name, parameter):
                    joined.parts[parameter] *= 1 - rate * self.weight_decay
        self.update(joined.w, self._clipped(joined.g, scale) if clips else joined.g, joined.slots, rate)
        joined.give_back()
        return joined.parts

    def _join(self, rate: float) -> Joined | None:
        """Join the small parameters that share all settings, if there are several and all have a gradient."""
        small = [p for p in self._parameters.values() if p.size <= SMALL and p.constraint is None]
        small = [p for p in small if p.dtype == small[0].dtype and p not in self._groups]
        if len(small) < 2 or any(p.grad is None or not p.requires_grad for p in small):
            return None
        self._joined = Joined({p: self._slots.get(p) or self.start(p.data, rate) for p in small})
        self._slots.update((p, self._joined.slots_of(p)) for p in small)
        return self._joined

    def exclude_from_weight_decay(
        self, var_list: Iterable[Parameter] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Spare some parameters the weight decay; what an earlier call excluded is decayed again.

        Parameters
        ----------
        var_list : iterable of Parameter, optional
        var_names : iterable of str, optional
            Regular expressions: "bias" excludes every parameter with that in its name.

        Examples
        --------
        >>> import nnlite as nl
        >>> optimizer = nl.optimizers.AdamW()
        >>> optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        """
        self._undecayed = list(var_list or ()), list(var_names or ())

    def undecayed_names(self) -> list[str]:
        """Return the regular expressions of the names that weight decay spares."""
        excluded, patterns = self._undecayed
        names = (name for name, p in self._parameters.items() if any(p is one for one in excluded))
        return [*patterns, *(f"^{re.escape(name)}$" for name in names)]

    def _decays(self, name: str, parameter: Parameter) -> bool:
        """Say whether the parameter is not excluded from weight decay."""
        excluded, patterns = self._undecayed
        return all(parameter is not p for p in excluded) and not any(re.search(p, name) for p in patterns)

    def _global_scale(self) -> float:
        """Return what all gradients are multiplied by, so that their norm is at most `global_clipnorm`."""
        if self.global_clipnorm is None:
            return 1.0
        trained = (p.grad for p in self._parameters.values() if p.grad is not None and p.requires_grad)
        return _scale_to(self.global_clipnorm, math.hypot(*map(_norm, trained)))

    def _clipped(self, g: NDArray[Any], scale: float) -> NDArray[Any]:
        """Return the gradient as the update takes it."""
        if self.clipvalue is not None:
            clipped: NDArray[Any] = np.clip(g, -self.clipvalue, self.clipvalue)
            return clipped
        if self.clipnorm is not None:
            scale = _scale_to(self.clipnorm, _norm(g))
        return g if scale == 1 else g * scale


def _scale_to(limit: float, norm: float) -> float:
    """Return the factor that brings a norm down to the limit."""
    return limit / norm if norm > limit else 1.0


def _norm(g: NDArray[Any]) -> float:
    """Return the Euclidean norm of all elements."""
    return math.sqrt(np.vdot(g, g))
