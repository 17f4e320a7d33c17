"""What is trained in a model: a note of every module's `trainable`, taken when the model is compiled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nnlite.autograd import Parameter, Tensor
from nnlite.layers import Module

__all__ = ["Flags"]


class Flags:
    """Every module's `trainable`, as it was when a model was compiled.

    The model itself is not referred to, so that dropping it frees it at once.

    Attributes
    ----------
    penalized : list of Parameter or None
        Those that are trained and have a regularizer; None until they are looked for.
    """

    penalized: list[Parameter] | None = None

    def __init__(self, model: Module) -> None:
        self._own = model.trainable
        self._inside = [(module, module.trainable) for module in model.modules() if module is not model]

    def frozen(self, model: Module) -> list[str]:
        """Return the names of the modules that were not trained."""
        noted = self._noted(model)
        return [name for name, module in model.named_modules() if not noted.get(id(module), module.trainable)]

    @contextmanager
    def applied_to(self, model: Module) -> Iterator[None]:
        """Give every module its flag, and put back what was."""
        changed = [(m, flag) for m, flag in ((model, self._own), *self._inside) if m.trainable != flag]
        for module, flag in changed:
            module._set_trainable(flag)
        try:
            yield
        finally:
            for module, flag in changed:
                module._set_trainable(not flag)

    def penalties(self, model: Module) -> list[Tensor]:
        """Return the penalty of each parameter that the model's own steps train and that has a regularizer."""
        if self.penalized is None:
            self.penalized = [p for p in self.trained_parameters(model) if p.regularizer is not None]
        return [p.regularizer(p) for p in self.penalized if p.regularizer is not None]

    def trained_parameters(self, model: Module) -> list[Parameter]:
        """Return the parameters that the model's own steps train."""
        noted = self._noted(model)
        found = []
        for module in model.modules():
            flag = noted.get(id(module), module.trainable)
            found += [p for _, p in module.own_parameters() if (p.requires_grad if flag == module.trainable else flag)]
        return list({id(parameter): parameter for parameter in found}.values())

    def _noted(self, model: Module) -> dict[int, bool]:
        """Return the flags by the modules' identities."""
        return {id(module): flag for module, flag in self._inside} | {id(model): self._own}
