"""Architectures written down: constructor arguments as plain types (fit for JSON), and back.

What is not plain becomes a dict with a "class_name": an object with its own config, a function by its name, a tuple.
Only classes and functions of nnlite, those functions of NumPy that Tensors take, and what the caller passes
as custom objects are made: a config cannot reach anything else.
"""

import inspect
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from nnlite.autograd import Parameter, Tensor
from nnlite.functional._operators import DIFFERENTIABLE_FUNCTIONS, DIFFERENTIABLE_UFUNCS, PLAIN_FUNCTIONS, PLAIN_UFUNCS

__all__ = ["UnknownNameError", "Value", "arguments_of", "as_config", "made_from"]

_FAMILIES = (
    "nnlite.layers",
    "nnlite.layers._input",
    "nnlite.models",
    "nnlite.initializers",
    "nnlite.regularizers",
    "nnlite.constraints",
    "nnlite.losses",
    "nnlite.metrics",
    "nnlite.optimizers",
    "nnlite.optimizers.schedules",
    "nnlite.nn",
)
_FUNCTIONS: tuple[Any, ...] = (*DIFFERENTIABLE_UFUNCS, *DIFFERENTIABLE_FUNCTIONS, *PLAIN_UFUNCS, *PLAIN_FUNCTIONS)
_NUMPY = {function.__name__: function for function in _FUNCTIONS}


class UnknownNameError(ValueError):
    """A config names a class or a function that is neither nnlite's nor among the custom objects."""


class Value(NamedTuple):
    """Stands for what a call in a functional model gives."""

    call: int
    output: int


@runtime_checkable
class _Configurable(Protocol):
    """What describes itself."""

    def get_config(self) -> dict[str, Any]: ...


def arguments_of(thing: Any) -> dict[str, Any]:
    """Return the arguments that an object was made with: its attributes of their names.

    Those whose names are properties are left out: they set the state, which is saved with the parameters.

    Raises
    ------
    TypeError
        If an argument was not kept under its name.
    """
    arguments: dict[str, Any] = {}
    for parameter in inspect.signature(type(thing)).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:  # passed on to Module: every layer has a name
            arguments["name"] = thing.name
            continue
        if parameter.name in ("device", "dtype") and parameter.name not in vars(thing):
            continue  # of a module in PyTorch's spelling: nowhere and in the parameters
        if isinstance(inspect.getattr_static(thing, parameter.name, None), property):
            continue  # a part of the state, such as the weights that an Embedding may begin with
        try:
            value = getattr(thing, parameter.name)
            if isinstance(parameter.default, bool) and (value is None or isinstance(value, Parameter)):
                value = value is not None  # `bias=True` asked for it
            arguments[parameter.name] = value
        except AttributeError:
            raise TypeError(
                f"{type(thing).__name__} does not keep its argument {parameter.name!r}: set "
                f"self.{parameter.name} in its constructor, or write get_config() and from_config()"
            ) from None
    return arguments


def as_config(value: Any) -> Any:
    """Return a value as plain types; what is plain already stays as it is.

    Raises
    ------
    TypeError
        If there is no way to write it down.

    Examples
    --------
    >>> import nnlite as nl
    >>> as_config((1, nl.functional.relu))
    {'class_name': 'tuple', 'items': [1, {'class_name': 'function', 'module': 'nnlite.functional', 'name': 'relu'}]}
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list):
        return [as_config(item) for item in value]
    if isinstance(value, tuple):
        kind = "value" if isinstance(value, Value) else "tuple"
        return {"class_name": kind, "items": [as_config(item) for item in value]}
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: as_config(item) for key, item in value.items()}
        return {"class_name": "dict", "items": [[as_config(key), as_config(item)] for key, item in value.items()]}
    if isinstance(value, slice):
        return {"class_name": "slice", "items": [as_config(n) for n in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"class_name": "ellipsis"}
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, (np.ndarray, Tensor)):
        array = value.data if isinstance(value, Tensor) else value
        return {"class_name": "array", "dtype": array.dtype.name, "items": array.tolist()}
    if isinstance(value, type):
        return {"class_name": "type", **_place_of(value)}
    if inspect.isroutine(value) or isinstance(value, np.ufunc):
        return {"class_name": "function", **_place_of(value)}
    if isinstance(value, _Configurable):
        place = _place_of(type(value))
        return {"class_name": place["name"], "module": place["module"], "config": as_config(value.get_config())}
    raise TypeError(f"cannot write down {value!r} of type {type(value).__name__}: it has no get_config()")


def made_from(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the value that `as_config` wrote down.

    Raises
    ------
    UnknownNameError
        If a class or a function is unknown.

    Examples
    --------
    >>> made_from(as_config((1, slice(2))))
    (1, slice(None, 2, None))
    """
    custom = custom_objects or {}
    if isinstance(config, list):
        return [made_from(item, custom) for item in config]
    if not isinstance(config, Mapping):
        return config
    kind = config.get("class_name")
    if kind is None:
        return {key: made_from(item, custom) for key, item in config.items()}
    if kind in _PLAIN_KINDS:
        return _PLAIN_KINDS[kind]([made_from(item, custom) for item in config.get("items", ())])
    if kind == "array":
        return np.array(config["items"], config["dtype"])
    if kind in ("function", "type"):
        return _found(config.get("module"), config["name"], custom)
    made_by: Any = _found(config.get("module"), kind, custom)
    return made_by.from_config(made_from(config["config"], custom))


_PLAIN_KINDS: dict[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "dict": dict,
    "slice": lambda items: slice(*items),
    "ellipsis": lambda items: ...,
    "value": lambda items: Value(*items),
}


def _place_of(thing: Any) -> dict[str, str | None]:
    """Return the module and the name under which `_found` finds a class or a function; no module if it is custom."""
    name: str = thing.__name__
    if _NUMPY.get(name) is thing:
        return {"module": "numpy", "name": name}
    home = "" if isinstance(thing, np.ufunc) else thing.__module__
    if home.startswith("nnlite.functional"):
        if getattr(import_module("nnlite.functional"), name, None) is thing:
            return {"module": "nnlite.functional", "name": name}
        return {"module": home, "name": thing.__qualname__}
    if home.startswith("nnlite."):
        for family in _families():
            if getattr(import_module(family), name, None) is thing:
                return {"module": family, "name": name}
    if name == "<lambda>":
        raise TypeError("a lambda has no name to be found by: use a function with a name, and custom_objects")
    return {"module": None, "name": name}


def _found(module: str | None, name: str, custom: Mapping[str, Any]) -> Any:
    """Return the class or the function of this name."""
    if name in custom:
        return custom[name]
    found = None
    if module == "numpy":
        found = _NUMPY.get(name)
    elif module in _families() and name in vars(import_module(module))["__all__"]:
        found = getattr(import_module(module), name)
    elif module is not None and module.startswith("nnlite.functional") and module in sys.modules:
        found = vars(sys.modules[module]).get(name)
        found = found if inspect.isfunction(found) and found.__module__.startswith("nnlite.functional") else None
    if found is None:
        where = f" in {module}" if module else ""
        raise UnknownNameError(f"unknown {name!r}{where}: pass custom_objects={{{name!r}: ...}}")
    return found


def _families() -> list[str]:
    """Return the packages whose public names may be made; they are loaded once nnlite is."""
    return [family for family in _FAMILIES if family in sys.modules]
