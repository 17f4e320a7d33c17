"""States (nested dicts and lists of plain values and arrays) as arrays by name and a text, which a file can hold."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from nnlite.autograd import Tensor
from nnlite.io._arrays import Arrays
from nnlite.io._error import FormatError
from nnlite.io._files import Location
from nnlite.io._safetensors import read_metadata, read_safetensors, write_safetensors

__all__ = ["read_notes", "read_state", "read_weights", "write_state"]

_VERSION = 1
_STATE, _KIND = "nnlite.state", "nnlite.kind"
_NAMES = {"checkpoint": "a checkpoint of nnlite", "model": "a model that nnlite saved"}
_CONTENTS: dict[str, dict[str, type]] = {
    "checkpoint": {"kinds": dict, "notes": dict, "parts": dict},
    "model": {"model": dict, "input_shapes": tuple, "weights": dict, "frozen": list},
}
_WEIGHTS = "arrays only: load_weights() puts weights into a model that is there"


def write_state(path: Location, kind: str, state: Any) -> None:
    """Write a state to a safetensors file: its arrays as such, all else as JSON in the metadata."""
    arrays: Arrays = {}
    text = json.dumps({"version": _VERSION, "state": _written(state, "", arrays)})
    write_safetensors(path, arrays, {_KIND: kind, _STATE: text})


def read_state(path: Location, *kinds: str) -> Any:
    """Read a state that is of one of these kinds.

    Raises
    ------
    FormatError
        If the file is damaged, or of another kind.
    """
    wanted = " or ".join(_NAMES[kind] for kind in kinds)
    arrays, metadata = read_safetensors(path, wanted)
    return _from_text(path, kinds, metadata, arrays)


def read_notes(path: Location) -> dict[str, Any]:
    """Read the notes of a checkpoint, without its arrays.

    Raises
    ------
    FormatError
        If the file is damaged, or no checkpoint.
    """
    notes: dict[str, Any] = _from_text(path, ("checkpoint",), read_metadata(path), None)["notes"]
    return notes


def read_weights(path: Location) -> Arrays:
    """Read the weights of a model from any safetensors file: also from one that holds more."""
    arrays, metadata = read_safetensors(path)
    kind = metadata.get(_KIND)
    if kind not in _NAMES:
        return arrays
    state = _from_text(path, (kind,), metadata, arrays)
    weights = state["weights"] if kind == "model" else state["parts"].get("model")
    if not isinstance(weights, dict) or not all(isinstance(array, np.ndarray) for array in weights.values()):
        raise FormatError(f"{path}: expected the weights of a model, found {type(weights).__name__}")
    return weights


def _from_text(path: Location, kinds: tuple[str, ...], metadata: dict[str, str], arrays: Arrays | None) -> Any:
    """Return the state that the metadata hold, with its arrays or with None in their places."""
    wanted, kind = " or ".join(_NAMES[kind] for kind in kinds), metadata.get(_KIND)
    if kind not in kinds:
        raise FormatError(f"{path}: expected {wanted}, found {_NAMES.get(str(kind), _WEIGHTS)}")
    try:
        content = json.loads(metadata[_STATE])
        if content["version"] > _VERSION:
            raise ValueError(f"it was written by a later nnlite, version {content['version']} of the format")
        state = _read(content["state"], arrays)
        if not all(isinstance(state[name], kind_of_it) for name, kind_of_it in _CONTENTS[kind].items()):
            raise TypeError(f"it has other things than {', '.join(_CONTENTS[kind])}")
        return state
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise FormatError(f"{path}: expected {wanted}, found one that cannot be read ({error})") from error


# In the text, an object with one key that begins with "$" stands for what JSON does not have.


def _written(value: Any, place: str, arrays: Arrays) -> Any:
    """Return a value for JSON; arrays are put aside under the name of their place."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (np.ndarray, Tensor)):
        while place in arrays:  # "a.b" in one dict, and "b" in "a" in another
            place += "_"
        arrays[place] = value.data if isinstance(value, Tensor) else value
        return {"$array": place}
    if isinstance(value, (list, tuple)):
        items = [_written(item, f"{place}.{i}", arrays) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"$tuple": items}
    if isinstance(value, dict):
        inside = [(key, f"{place}.{key}" if place else str(key), item) for key, item in value.items()]
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: _written(item, name, arrays) for key, name, item in inside}
        return {"$dict": [[_written(key, name, arrays), _written(item, name, arrays)] for key, name, item in inside]}
    raise TypeError(f"a state holds numbers, strings, arrays, lists and dicts; got {place}: {type(value).__name__}")


def _read(value: Any, arrays: Arrays | None) -> Any:
    """Return the value that `_written` wrote down."""
    if isinstance(value, list):
        return [_read(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    (tag, content), *others = value.items() or [("", None)]
    if not tag.startswith("$"):
        return {key: _read(item, arrays) for key, item in value.items()}
    if others:
        raise ValueError(f"{tag} stands with {others[0][0]}")
    if tag == "$array":
        return None if arrays is None else arrays[str(content)]
    if tag == "$tuple":
        return tuple(_read(content, arrays))
    if tag == "$dict":
        return dict(_read(content, arrays))
    raise ValueError(f"unknown {tag}")
