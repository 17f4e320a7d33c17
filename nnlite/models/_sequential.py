"""Sequential: one layer after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from textwrap import indent
from typing import Any, Self, overload

from nnlite._config import as_config, made_from
from nnlite.autograd import Tensor
from nnlite.layers import Module
from nnlite.layers._input import InputLayer
from nnlite.layers._symbolic import SymbolicTensor
from nnlite.models._model import Model
from nnlite.models._names import layer_names

__all__ = ["Sequential"]


class Sequential(Model):
    """A model that passes its input through a list of layers.

    Parameters
    ----------
    layers : iterable of Module, optional
        The layers; more can be added by `add`. The first may be an `Input`, which says what shape comes in.
    name : str, optional

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential()
    >>> model.add(nl.layers.Dense(8, activation="tanh", input_shape=(2,)))
    >>> model.add(nl.layers.Dense(1, activation="sigmoid"))
    >>> model.num_parameters()
    33
    >>> model[:1](np.zeros((4, 2))).shape
    (4, 8)
    """

    _input: SymbolicTensor | None = None  # what an Input before the first layer gave

    def __init__(self, layers: Iterable[Module | SymbolicTensor] | None = None, name: str | None = None) -> None:
        if isinstance(layers, Module) and not isinstance(layers, Sequential):
            raise TypeError(f"Sequential takes a list of layers, Sequential([...]), got {layers!r}")
        self.name = name
        self.layers: list[Module] = []
        for layer in layers or ():
            self._append(layer)
        self._build_if_known()

    def add(self, layer: Module | SymbolicTensor) -> None:
        """Put a layer at the end, or an `Input` before the first.

        Raises
        ------
        TypeError
            If it is not a Module.
        ValueError
            If it does not fit what the layers before it give; the model stays as it was.
        """
        before = list(self.layers)
        self._append(layer)
        try:
            self._build_if_known()
        except Exception:
            self.layers[:] = before
            raise

    def pop(self) -> Module:
        """Take away the last layer, and return it.

        Raises
        ------
        IndexError
            If there is none.
        """
        if not self.layers:
            raise IndexError("pop from a Sequential without layers")
        return self.layers.pop()

    def forward(self, x: Any) -> Any:
        """Pass x through all layers.

        Raises
        ------
        TypeError
            If several inputs come where there was one before.
        """
        if not isinstance(x, Tensor) and len(self._input_shapes) == 1:
            if not isinstance(x, (list, tuple)) or len(x) != 1:
                raise TypeError(
                    f"{self.label} takes one input, got a {type(x).__name__}; np.stack makes one array of many samples"
                )
            x = x[0]
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

    @overload
    def __getitem__(self, key: int) -> Module: ...
    @overload
    def __getitem__(self, key: slice) -> Sequential: ...
    def __getitem__(self, key: int | slice) -> Module | Sequential:
        """Return a layer, or a Sequential that shares a part of the layers."""
        return Sequential(self.layers[key]) if isinstance(key, slice) else self.layers[key]

    def _code(self) -> str:
        begin = [] if self._input is None else [f"    {self._input.call.label},\n"]
        lines = begin + [f"{indent(layer._code(), '    ')},{layer._comment()}\n" for layer in self.layers]
        name = f"name={self.name!r}" if self.name else ""
        layers = f"[\n{''.join(lines)}]" if lines else ""
        return f"{type(self).__name__}({', '.join(filter(None, (layers, name)))})"

    @property
    def label(self) -> str:
        """The model as errors name it."""
        return f"{type(self).__name__} of {len(self.layers)} layers"

    def get_config(self) -> dict[str, Any]:
        """Return the layers without their parameters as plain types, the `Input` first if there is one.

        A layer that comes again is the number of its first place. A model that was built by a call notes the shape of
        one sample, so that its copy is built too.
        """
        if type(self).__init__ is not Sequential.__init__:  # which makes the layers by itself
            return super().get_config()
        begin = [] if self._input is None else [as_config(self._input.call.function)]
        layers, places = list(begin), dict[Module, int]()
        for place, layer in enumerate(self.layers, len(begin)):
            layers.append(places[layer] if layer in places else as_config(layer))
            places.setdefault(layer, place)
        config = {"layers": layers, "name": self.name}
        if not begin and len(self._input_shapes) == 1:
            config["build_input_shape"] = list(self._input_shapes[0])
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """Make the model that `get_config` described, with parameters of its own."""
        arguments = made_from(config, custom_objects)
        shape = arguments.pop("build_input_shape", None)
        layers = arguments.get("layers", [])
        for place, layer in enumerate(layers):
            layers[place] = layers[layer] if isinstance(layer, int) else layer
        model = cls(**arguments)
        if shape is not None and None not in shape and not model.built:
            model.build((None, *shape))
        return model

    def _described_layers(self) -> list[Module]:
        """Return the layers that `get_config` describes one by one."""
        return self.layers if type(self).__init__ is Sequential.__init__ else []

    def _shown_names(self) -> list[str]:
        """Return Keras' names of the layers, by which `get_layer` finds them."""
        return layer_names((child.name, type(child).__name__) for child in self.children())

    def _append(self, layer: Any) -> None:
        """Check a layer and put it at the end, or an Input at the beginning."""
        symbol = layer.symbol() if isinstance(layer, InputLayer) else layer
        if isinstance(symbol, SymbolicTensor) and isinstance(symbol.call.function, InputLayer):
            if self.layers or self._input is not None:
                raise ValueError(f"Sequential takes an Input before the first layer only, got {layer!r}")
            self._input = symbol
            return
        if not isinstance(layer, Module):
            raise TypeError(f"Sequential takes layers, got {layer!r}")
        self.layers.append(layer)

    def _build_if_known(self) -> None:
        """Make the parameters at once if an Input or the first layer says what shape it gets."""
        if self._input is not None and self.layers:
            self(self._input)
            return
        shape = self.layers[0].input_shape if self.layers else None
        if shape is not None and None not in shape:
            self.build((None, *shape))
