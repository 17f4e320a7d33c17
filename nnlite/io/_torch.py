"""States of models in PyTorch's spelling, translated to Keras' and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlite import layers
from nnlite.io._counterparts import OPTIONAL, Counterpart, counterpart_of
from nnlite.layers import Module

__all__ = ["from_torch", "to_torch"]

State = dict[str, NDArray[Any]]

_CONVOLUTIONS = (
    layers.Conv1D, layers.Conv2D, layers.Conv3D, layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose,
    layers.DepthwiseConv2D,
)  # fmt: skip
_ELEMENTWISE = (layers.BatchNorm, layers.GroupNorm, layers.InstanceNorm, layers.LayerNorm, layers.PReLU)


def from_torch(state_dict: Mapping[str, Any], model: Module) -> State:
    """Translate the state dict of a PyTorch model to the state of the same model built of `nnlite.layers`.

    The modules of PyTorch are matched to layers by name if all names agree, else in order. Kernels are transposed, the
    gates of a GRU put in Keras' order, the two biases of an LSTM added, and the inputs of a Dense behind a Flatten put
    in the order of channels last. Nothing is loaded: give the result to `model.load_state_dict`.

    Modules of `nnlite.nn` have PyTorch's arrays as they are, and load its state dicts without a translation.

    Parameters
    ----------
    state_dict : mapping of str to array_like
        What `state_dict()` of the PyTorch model gave; tensors are read without PyTorch, as NumPy reads them.
    model : Module
        The model, built.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    ValueError
        If a layer is not built or has no counterpart in PyTorch, or an array is missing, left over, or of a shape that
        does not fit: it says which.

    Notes
    -----
    What `Reshape` and `Permute` do is taken as it is: the PyTorch model must mean the same axes.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> from nnlite import nn
    >>> theirs = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    >>> model = nl.models.Sequential([nl.layers.Dense(3, "relu", input_shape=(4,)), nl.layers.Dense(2)])
    >>> _ = model.load_state_dict(nl.io.from_torch(theirs.state_dict(), model))
    >>> np.array_equal(model[1].kernel.data, theirs[1].weight.data.T)
    True
    """
    units = list(_units(model, "from_torch"))
    found = {name: np.asarray(value) for name, value in state_dict.items()}
    state: State = {}
    for unit, names in zip(units, _places(units, list(found), "from_torch", model), strict=True):
        inner = {short: found[name] for short, name in names.items()}
        expected = {short: array.shape for short, array in unit.counterpart.theirs(unit.layer.state_dict()).items()}
        _check_shapes("from_torch", unit.layer, {names[s]: (expected[s], a.shape) for s, a in inner.items()})
        arrays = unit.counterpart.ours(inner)
        state.update({f"{unit.path}.{name}" if unit.path else name: array for name, array in arrays.items()})
    return state


def to_torch(model: Module, like: Mapping[str, Any] | None = None) -> State:
    """Translate the state of a model built of `nnlite.layers` to the state dict of the same model in PyTorch.

    The way back of `from_torch`. The second bias of an LSTM is zero.

    Parameters
    ----------
    model : Module
        The model, built.
    like : mapping of str to array_like, optional
        A state dict of the PyTorch model, whose names are taken; by default the layers have their own names.

    Returns
    -------
    dict of str to ndarray
        In the order of `like`. PyTorch loads it once `torch.from_numpy` has made tensors of the arrays.

    Raises
    ------
    ValueError
        As `from_torch` does.

    Examples
    --------
    >>> import nnlite as nl
    >>> model = nl.models.Sequential([nl.layers.Dense(3, "relu", input_shape=(4,)), nl.layers.Dense(2)])
    >>> {name: array.shape for name, array in nl.io.to_torch(model).items()}
    {'layers.0.weight': (3, 4), 'layers.0.bias': (3,), 'layers.1.weight': (2, 3), 'layers.1.bias': (2,)}
    """
    units = list(_units(model, "to_torch"))
    if like is None:
        places = [{short: f"{u.path}.{short}" if u.path else short for short in u.counterpart.names} for u in units]
    else:
        places = _places(units, list(like), "to_torch", model)
    state: State = {}
    for unit, names in zip(units, places, strict=True):
        arrays = unit.counterpart.theirs(unit.layer.state_dict())
        if like is not None:
            shapes = {name: (np.shape(np.asarray(like[name])), arrays[short].shape) for short, name in names.items()}
            _check_shapes("to_torch", unit.layer, shapes)
        state.update({name: arrays[short].copy() for short, name in names.items()})
    return state if like is None else {name: state[name] for name in like}


class _Unit(NamedTuple):
    """A layer that has arrays, and what stands for it in PyTorch."""

    path: str
    layer: Module
    counterpart: Counterpart


def _units(model: Module, function: str) -> Iterator[_Unit]:
    """Yield the layers that have arrays, in order."""
    flattened: Any = None  # the shape (*size, channels) of what a Flatten has put in one axis
    convolved = False  # whether the last layer left channels behind that PyTorch has first
    for path, layer in _outermost(model):
        if isinstance(layer, layers.Flatten):
            shape = layer.flattened_shape
            flattened = shape if shape is not None and (len(shape) > 2 or (convolved and len(shape) == 2)) else None
        elif layer.state_dict():
            if flattened is not None and not isinstance(layer, layers.Dense):
                raise ValueError(f"{function}() cannot order what {layer.label} gets from a Flatten of {flattened}")
            order = None if flattened is None else _channels_first(flattened)
            counterpart = counterpart_of(layer, order)
            if counterpart is None:
                raise ValueError(f"{function}() knows no counterpart of {layer.label} in PyTorch")
            yield _Unit(path, layer, counterpart)
            flattened = None
            convolved = isinstance(layer, _CONVOLUTIONS) or (convolved and isinstance(layer, _ELEMENTWISE))
        elif type(layer).build is not Module.build and not layer.built:
            raise ValueError(f"{function}() needs a model that is built, and {layer.label} is not: call it on a batch")


def _outermost(model: Module) -> Iterator[tuple[str, Module]]:
    """Yield the layers inside, in order, but not what is inside of those that have a counterpart as a whole."""
    stack = [("", model)]
    while stack:
        path, module = stack.pop()
        children = list(module.named_children())
        inner = tuple(f"{name}." for name, _ in children)
        if not inner or isinstance(module, _WHOLE) or any(not n.startswith(inner) for n in module.state_dict()):
            yield path, module
        else:
            inside = [(f"{path}.{name}" if path else name, child) for name, child in children]
            stack.extend(reversed(inside))


_WHOLE = (
    layers.SimpleRNN, layers.LSTM, layers.GRU, layers.Bidirectional, layers.MultiHeadAttention,
    layers.TransformerEncoder, layers.TransformerDecoder,
)  # fmt: skip


def _channels_first(shape: tuple[int, ...]) -> NDArray[Any]:
    """Return, for the elements of an array (*size, channels) in order, their numbers with the channels first."""
    numbers = np.arange(int(np.prod(shape))).reshape(shape[-1], *shape[:-1])
    return np.moveaxis(numbers, 0, -1).reshape(-1)


def _places(units: Sequence[_Unit], names: list[str], function: str, model: Module) -> list[dict[str, str]]:
    """Return, for each unit, the full names of its arrays in PyTorch by their names in the counterpart."""
    left = dict.fromkeys(names)
    by_name = all(f"{u.path}.{short}" in left for u in units for short in u.counterpart.names if short != OPTIONAL)
    places = []
    for unit in units:
        first = next(iter(left), "nothing")
        if by_name:
            prefix, number = f"{unit.path}.", "_l0"
        else:
            prefix, number = _prefix(first, unit.counterpart.names)
        place = {short: f"{prefix}{_numbered(short, number)}" for short in unit.counterpart.names}
        place = {short: name for short, name in place.items() if short != OPTIONAL or name in left}
        missing = [name for name in place.values() if name not in left]
        if missing:
            raise ValueError(
                f"{function}() expected the arrays {unit.counterpart.names} of {unit.layer.label} ({unit.path}) next, "
                f"found {first}; missing are {missing}"
            )
        for name in place.values():
            del left[name]
        places.append(place)
    if left:
        raise ValueError(f"{function}() found nothing in {model.label} for the arrays {list(left)}")
    return places


def _prefix(name: str, shorts: list[str]) -> tuple[str, str]:
    """Return what comes before one of the short names in a full name, and the number that a recurrent layer has."""
    found = re.search(r"_l\d+(?=_reverse$|$)", name)
    number = found.group() if found else "_l0"
    fitting = [short for short in (_numbered(s, number) for s in shorts) if f".{name}".endswith(f".{short}")]
    longest = max(fitting, key=len, default="")
    return name.removesuffix(longest), number


def _numbered(short: str, number: str) -> str:
    """Give the name of a recurrent layer's array its number in the stack."""
    return re.sub(r"_l0(?=_reverse$|$)", number, short)


def _check_shapes(function: str, layer: Module, shapes: Mapping[str, tuple[Any, Any]]) -> None:
    """Require shapes (expected, found) to be the same."""
    wrong = [f"{n} of shape {wanted}, got {got}" for n, (wanted, got) in shapes.items() if wanted != got]
    if wrong:
        raise ValueError(f"{function}() expected, for {layer.label}, {'; '.join(wrong)}")
