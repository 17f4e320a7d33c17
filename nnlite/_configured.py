"""Objects that their constructor's arguments describe: initializers, regularizers, constraints, optimizers."""

import inspect
import re
from typing import Any, ClassVar, Self

import numpy as np

__all__ = ["Configured", "snake_case"]


class Configured:
    """What prints as the code that made it, and can be made again from its arguments.

    A subclass keeps each argument of its constructor under the argument's name, but for those named in `transient`.

    Examples
    --------
    >>> class Slope(Configured):
    ...     def __init__(self, rise=1.0, run=1.0):
    ...         self.rise, self.run = rise, run
    >>> Slope(run=2.0)
    Slope(run=2.0)
    >>> Slope.from_config(Slope(run=2.0).get_config())
    Slope(run=2.0)
    """

    transient: ClassVar[tuple[str, ...]] = ()  # arguments that do not belong to the description

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; a Generator, which cannot be written down, becomes None."""
        config = {parameter.name: getattr(self, parameter.name) for parameter in self._described()}
        return {name: None if isinstance(value, np.random.Generator) else value for name, value in config.items()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make the object that `get_config` described."""
        return cls(**config)

    def __repr__(self) -> str:
        # A class of the user's own may keep an argument under another name, or pass **kwargs on: it prints without.
        texts = {p.name: (repr(getattr(self, p.name, p.default)), repr(p.default)) for p in self._described()}
        given = (
            f"{name}={text}" for name, (text, default) in texts.items() if text not in (default, self._unsaid(name))
        )
        return f"{type(self).__name__}({', '.join(given)})"

    def _unsaid(self, name: str) -> str | None:
        """Return the text of the value that stands for None, where an argument has one."""
        return None

    def _described(self) -> list[inspect.Parameter]:
        """Return the constructor's parameters that belong to the description."""
        parameters = inspect.signature(type(self)).parameters.values()
        return [parameter for parameter in parameters if parameter.name not in self.transient]


def snake_case(name: str) -> str:
    """Spell a class's name as Keras' strings.

    Examples
    --------
    >>> [snake_case(name) for name in ("GlorotUniform", "L1L2", "LSTM", "Conv2DTranspose", "GlobalAvgPool2D", "ReLU")]
    ['glorot_uniform', 'l1l2', 'lstm', 'conv2d_transpose', 'global_avg_pool2d', 're_lu']
    """
    return re.sub("(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])", "_", name).lower()
