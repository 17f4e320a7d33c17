"""Modules that hold modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

from nnlite._config import as_config, made_from
from nnlite.layers import Module

__all__ = ["ModuleDict", "ModuleList", "Sequential"]


class _Numbered(Module):
    """Modules in a row; their names are their numbers: "0", "1", ..., or those of a dict."""

    def _take(self, named: Iterable[tuple[str, Module]]) -> None:
        """Hold these modules in place of those that were held."""
        pairs = list(named)
        for name, module in pairs:
            if not isinstance(module, Module):
                raise TypeError(f"{type(self).__name__} holds modules, got {type(module).__name__} as {name!r}")
        for name in list(self._names):
            delattr(self, name)
        self._names = tuple(name for name, _ in pairs)
        for name, module in pairs:
            setattr(self, name, module)

    _names: tuple[str, ...] = ()

    def _modules(self) -> list[Module]:
        return [getattr(self, name) for name in self._names]

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules())

    def get_config(self) -> dict[str, Any]:
        """Return the modules without their parameters as plain types, with their names."""
        return {"modules": as_config(list(zip(self._names, self._modules(), strict=True)))}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """Make the container that `get_config` described, with parameters of its own."""
        container = cls()
        container._take(made_from(config["modules"], custom_objects))
        return container

    def _code(self) -> str:
        """Return the call that builds this module."""
        return f"{type(self).__name__}({', '.join(module._code() for module in self)})"


class Sequential(_Numbered):
    """Call modules one after the other.

    Parameters
    ----------
    *modules : Module, or one mapping of names to Modules

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> from nnlite import nn
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.Flatten())
    >>> model(np.zeros((2, 4), np.float32)).shape
    (2, 3)
    >>> list(model.state_dict())
    ['0.weight', '0.bias']
    >>> model[0]
    Linear(4, 3)  # 15 parameters
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            self._take(modules[0].items())
        else:
            self._take((str(i), module) for i, module in enumerate(modules))

    def forward(self, x: Any) -> Any:
        """Return what the last module gives."""
        for module in self:
            x = module(x)
        return x

    def append(self, module: Module) -> Sequential:
        """Add a module at the end, and return the container."""
        self._take([*zip(self._names, self, strict=True), (str(len(self)), module)])
        return self

    def extend(self, modules: Iterable[Module]) -> Sequential:
        """Add modules at the end, and return the container."""
        for module in modules:
            self.append(module)
        return self

    @overload
    def __getitem__(self, key: int) -> Module: ...
    @overload
    def __getitem__(self, key: slice) -> Sequential: ...
    def __getitem__(self, key: int | slice) -> Module | Sequential:
        """Return a module, or a Sequential of several that shares them."""
        if isinstance(key, slice):
            return Sequential({name: getattr(self, name) for name in self._names[key]})
        return self._modules()[key]


class ModuleList(_Numbered):
    """A list of modules, for a `forward` of one's own.

    Parameters
    ----------
    modules : iterable of Module, optional

    Examples
    --------
    >>> from nnlite import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> len(layers), list(layers.state_dict())[:2]
    (3, ['0.weight', '0.bias'])
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self._take((str(i), module) for i, module in enumerate(modules or ()))

    def append(self, module: Module) -> ModuleList:
        """Add a module at the end, and return the list."""
        self._replace([*self, module])
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Add modules at the end, and return the list."""
        self._replace([*self, *modules])
        return self

    def insert(self, index: int, module: Module) -> None:
        """Add a module before the one at `index`."""
        modules = self._modules()
        modules.insert(index, module)
        self._replace(modules)

    @overload
    def __getitem__(self, key: int) -> Module: ...
    @overload
    def __getitem__(self, key: slice) -> ModuleList: ...
    def __getitem__(self, key: int | slice) -> Module | ModuleList:
        """Return a module, or a ModuleList of several that shares them."""
        return ModuleList(self._modules()[key]) if isinstance(key, slice) else self._modules()[key]

    def __setitem__(self, index: int, module: Module) -> None:
        modules = self._modules()
        modules[index] = module
        self._replace(modules)

    def __delitem__(self, key: int | slice) -> None:
        modules = self._modules()
        del modules[key]
        self._replace(modules)

    def _replace(self, modules: Iterable[Module]) -> None:
        """Hold these modules, numbered anew."""
        self._take((str(i), module) for i, module in enumerate(modules))

    def _code(self) -> str:
        """Return the call that builds this module."""
        return f"ModuleList([{', '.join(module._code() for module in self)}])"


class ModuleDict(_Numbered):
    """A dict of modules, for a `forward` of one's own.

    Parameters
    ----------
    modules : mapping of str to Module, or iterable of pairs, optional

    Examples
    --------
    >>> from nnlite import nn
    >>> heads = nn.ModuleDict({"mean": nn.Linear(4, 1), "spread": nn.Linear(4, 1)})
    >>> sorted(heads)
    ['mean', 'spread']
    >>> heads["mean"]
    Linear(4, 1)  # 5 parameters
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        super().__init__()
        self.update(modules)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules, in place of those of the same names."""
        pairs = modules.items() if isinstance(modules, Mapping) else modules
        self._take({**dict(self.items()), **dict(pairs)}.items())

    def __getitem__(self, key: str) -> Module:
        if key not in self._names:
            raise KeyError(f"ModuleDict has no module {key!r}; it has {list(self._names)}")
        module: Module = getattr(self, key)
        return module

    def __setitem__(self, key: str, module: Module) -> None:
        self.update({key: module})

    def __delitem__(self, key: str) -> None:
        self._take((name, module) for name, module in self.items() if name != key)

    def __contains__(self, key: str) -> bool:
        return key in self._names

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(self._names)

    def keys(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._names)

    def values(self) -> Iterator[Module]:
        """Yield the modules."""
        return iter(self._modules())

    def items(self) -> Iterator[tuple[str, Module]]:
        """Yield names and modules."""
        return zip(self._names, self._modules(), strict=True)

    def _code(self) -> str:
        """Return the call that builds this module."""
        return f"ModuleDict({{{', '.join(f'{name!r}: {module._code()}' for name, module in self.items())}}})"
