"""Arrays in a safetensors file: a header of JSON that says where each stands, and then their bytes.

The format is read and written by its own package. Before that reads a file, its header is held against the file: the
package trusts it in more than one place. Files that nnlite writes carry a digest of their content in the metadata, so
that a single changed bit is noticed.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from collections.abc import Mapping
from types import ModuleType
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlite.io._arrays import Arrays, checked_arrays
from nnlite.io._files import Location, opened, replacing

__all__ = ["load_safetensors", "read_metadata", "read_safetensors", "save_safetensors", "write_safetensors"]

_DIGEST = "nnlite.digest"
_MOST_HEADER_BYTES = 100_000_000  # as the format says
_DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32", "I32": "int32",
    "U64": "uint64", "I64": "int64", "F16": "float16", "BF16": "uint16", "F32": "float32", "F64": "float64",
    "C64": "complex64",
}  # fmt: skip
_SAVED = {np.dtype(name) for code, name in _DTYPES.items() if code != "BF16"}


def save_safetensors(tensors: Mapping[str, Any], path: Location, metadata: Mapping[str, str] | None = None) -> None:
    """Write arrays by name to a safetensors file, which PyTorch, JAX and others read as well.

    A kill at any moment leaves the old file or the new one.

    Parameters
    ----------
    tensors : mapping of str to array_like
        Arrays or Tensors, as a `state_dict()` has them.
    path : str or Path
        The file; folders that are not there are made.
    metadata : mapping of str to str, optional
        Goes into the file's header.

    Raises
    ------
    ImportError
        If the package `safetensors` is not installed.
    TypeError
        If a name or a metadatum is no string, or the format has no such dtype.

    Examples
    --------
    >>> import nnlite as nl
    >>> folder = getfixture("tmp_path")
    >>> model = nl.layers.Dense(3, input_shape=(2,))
    >>> nl.io.save_safetensors(model.state_dict(), folder / "dense.safetensors")
    >>> model.load_state_dict(nl.io.load_safetensors(folder / "dense.safetensors"))
    LoadedKeys(missing_keys=[], unexpected_keys=[])
    """
    write_safetensors(path, checked_arrays("save_safetensors", tensors, path), dict(metadata or {}))


def load_safetensors(path: Location) -> dict[str, NDArray[Any]]:
    """Read the arrays in a safetensors file, by name.

    Arrays of PyTorch's bfloat16, which NumPy does not have, come as float32.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    ImportError
        If the package `safetensors` is not installed.
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    FormatError
        If the file is damaged, truncated, or none of safetensors.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> path = getfixture("tmp_path") / "numbers.safetensors"
    >>> nl.io.save_safetensors({"a": np.arange(3), "b": nl.tensor([0.5])}, path)
    >>> nl.io.load_safetensors(path)["a"]
    array([0, 1, 2])
    """
    return read_safetensors(path)[0]


def write_safetensors(path: Location, arrays: Arrays, metadata: dict[str, str]) -> None:
    """Write arrays and metadata, and a digest of both."""
    numpy_api = _package("numpy")
    for name, array in arrays.items():
        if array.dtype.newbyteorder("=") not in _SAVED:
            raise TypeError(f"safetensors files have no dtype {array.dtype}, got it for {name!r}")
        if name == "__metadata__":
            raise ValueError("safetensors files keep the name '__metadata__' for themselves")
    for item in (*metadata, *metadata.values()):
        if not isinstance(item, str):
            raise TypeError(f"safetensors files hold metadata that are strings, got {item!r}")
    little = {name: np.asarray(a, a.dtype.newbyteorder("<"), order="C") for name, a in arrays.items()}
    content = numpy_api.save(little, {**metadata, _DIGEST: _digest(little, metadata)})
    with replacing(path) as out:
        out.write(content)


def read_safetensors(path: Location, wanted: str = "a safetensors file") -> tuple[Arrays, dict[str, str]]:
    """Read arrays and metadata; `wanted` says in errors what the file should be."""
    package = _package()
    with opened(path, wanted) as file:
        entries, metadata = _checked_header(file)
        with package.safe_open(path, "np") as tensors:
            arrays = {
                name: _bfloat16(file, entry) if entry.dtype == "BF16" else tensors.get_tensor(name)
                for name, entry in entries.items()
            }
        digest = metadata.pop(_DIGEST, None)
        if digest is not None and digest != _digest(arrays, metadata):
            raise ValueError("its content does not fit its digest")
    return arrays, metadata


def read_metadata(path: Location) -> dict[str, str]:
    """Read the metadata alone; they may not fit the arrays."""
    with opened(path, "a safetensors file") as file:
        return _checked_header(file)[1]


class _Entry(NamedTuple):
    """What a header says of an array."""

    dtype: str
    shape: list[int]
    place: int  # in the file
    nbytes: int


# A header: objects of strings and lists of numbers, by name in an object. Anything else is not even parsed: JSON may be
# nested so deep, or hold so many values, that parsing it is an attack.
_STRING = rb'\s*+"(?:[^"\\]++|\\.)*+"\s*+'
_LIST = rb"\s*+\[(?:\s*+\d++\s*+(?:,\s*+\d++\s*+){0,63})?+\s*+\]\s*+"


def _object_of(value: bytes) -> bytes:
    """Return a pattern for a JSON object with such values."""
    item = _STRING + b":" + value
    return rb"\s*+\{(?:%b(?:,%b)*+)?+\s*+\}\s*+" % (item, item)


_HEADER = re.compile(_object_of(_object_of(b"(?:%b|%b)" % (_STRING, _LIST))), re.DOTALL)


def _checked_header(file: BinaryIO) -> tuple[dict[str, _Entry], dict[str, str]]:
    """Return what the header says of each array, and the metadata, if all of it can be true."""
    size = file.seek(0, 2)
    file.seek(0)
    if size < 8:
        raise ValueError(f"{size} bytes are too few")
    (length,) = struct.unpack("<Q", file.read(8))
    if length > min(size - 8, _MOST_HEADER_BYTES):
        raise ValueError(f"the header is said to have {length} bytes, the file has {size}")
    raw = file.read(length)
    if _HEADER.fullmatch(raw) is None:
        raise ValueError("the header is none of this format")
    header = json.loads(raw.decode(), object_pairs_hook=_without_duplicates)
    metadata = header.pop("__metadata__", {})
    if not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("the metadata are not all strings")
    entries = {name: _entry(name, given, 8 + length) for name, given in header.items()}
    end = 8 + length
    for entry in sorted(entries.values(), key=lambda entry: (entry.place, entry.nbytes)):
        if entry.place != end:
            raise ValueError("the arrays overlap, or leave a gap")
        end += entry.nbytes
    if end != size:
        raise ValueError(f"the header promises {end} bytes in all, the file has {size}")
    return entries, metadata


def _entry(name: str, given: dict[str, Any], start: int) -> _Entry:
    """Return what a header says of an array, if it agrees with itself."""
    if given.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"the array {name!r} is described by {sorted(given)}")
    dtype, shape, offsets = given["dtype"], given["shape"], given["data_offsets"]
    if not (isinstance(shape, list) and isinstance(offsets, list) and len(offsets) == 2):
        raise ValueError(f"the array {name!r} has shape {shape!r} and offsets {offsets!r}")
    if dtype not in _DTYPES:
        raise ValueError(f"the array {name!r} has the dtype {dtype!r}, known are {', '.join(_DTYPES)}")
    nbytes = math.prod(shape) * np.dtype(_DTYPES[dtype]).itemsize
    if nbytes != offsets[1] - offsets[0]:
        raise ValueError(f"the array {name!r} of shape {shape} and dtype {dtype} has the offsets {offsets}")
    return _Entry(dtype, shape, start + offsets[0], nbytes)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dict; raise if a key comes twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("the header has a name twice")
    return made


def _bfloat16(file: BinaryIO, entry: _Entry) -> NDArray[Any]:
    """Read numbers that are the upper halves of float32."""
    file.seek(entry.place)
    upper = np.frombuffer(file.read(entry.nbytes), "<u2").astype(np.uint32)
    return (upper << 16).view(np.float32).reshape(entry.shape)


def _digest(arrays: Arrays, metadata: Mapping[str, str]) -> str:
    """Return a digest of arrays, in little-endian and C order, and metadata."""
    hashed = hashlib.blake2b(digest_size=16)
    hashed.update(json.dumps(sorted(metadata.items())).encode())
    for name, array in sorted(arrays.items()):
        hashed.update(json.dumps([name, array.dtype.name, array.shape]).encode())
        hashed.update(array.reshape(-1).view(np.uint8).data)
    return hashed.hexdigest()


def _package(module: str = "") -> ModuleType | Any:
    """Import safetensors, or a module of it."""
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            'safetensors files need the package safetensors, the extra `io`: pip install "nnlite[io]"; '
            "nnlite.io.save_npz and load_npz do without"
        ) from error
    return safetensors.numpy if module else safetensors
