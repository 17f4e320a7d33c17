"""Arrays in NumPy's npz format: a zip archive of .npy files. Nothing is pickled, neither here nor there."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nnlite.io._arrays import checked_arrays
from nnlite.io._files import Location, opened, read_up_to, replacing

__all__ = ["load_npz", "save_npz"]

_MOST_HEADER_CHARACTERS = 1_000  # a dtype and a shape of 64 axes take less
_EXPANSION = 100  # how much larger than the file its content may be
_ALWAYS_ALLOWED = 1 << 26  # bytes
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # of zip: the same arrays give the same file


def save_npz(arrays: Mapping[str, Any], path: Location) -> None:
    """Write arrays by name to an npz file, which `numpy.load` reads as well.

    A kill at any moment leaves the old file or the new one. Unlike `numpy.savez`, the file is named as `path` says.

    Parameters
    ----------
    arrays : mapping of str to array_like
        Arrays or Tensors, as a `state_dict()` has them.
    path : str or Path
        The file; folders that are not there are made.

    Raises
    ------
    TypeError
        If a name is no string, or an array holds Python objects.

    Examples
    --------
    >>> import nnlite as nl
    >>> path = getfixture("tmp_path") / "dense.npz"
    >>> model = nl.layers.Dense(3, input_shape=(2,))
    >>> nl.io.save_npz(model.state_dict(), path)
    >>> model.load_state_dict(nl.io.load_npz(path))
    LoadedKeys(missing_keys=[], unexpected_keys=[])
    """
    given = checked_arrays("save_npz", arrays, path)
    for name, array in given.items():
        if array.dtype.hasobject:
            raise TypeError(f"save_npz() writes numbers and strings, got Python objects for {name!r}")
    with replacing(path) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, array in given.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy", _FIRST_DAY), "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


def load_npz(path: Location, max_bytes: int | None = None) -> dict[str, NDArray[Any]]:
    """Read the arrays in an npz file, by name.

    Parameters
    ----------
    path : str or Path
    max_bytes : int, optional
        The most memory that the arrays may take. By default the larger of 64 MiB and 100 times the file: compressed
        files can promise a thousand times their size.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    FormatError
        If the file is damaged, truncated or no npz file, holds Python objects, or more than `max_bytes`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> path = getfixture("tmp_path") / "numbers.npz"
    >>> np.savez(path, a=np.arange(3))
    >>> nl.io.load_npz(path)
    {'a': array([0, 1, 2])}
    """
    with opened(path, "an npz file", zipped=True) as file:
        limit = max(_ALWAYS_ALLOWED, _EXPANSION * file.seek(0, 2)) if max_bytes is None else max_bytes
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len({member.filename for member in members}) < len(members):
                raise ValueError("it has a name twice")
            size = sum(member.file_size for member in members)
            if size > limit:
                raise ValueError(f"it promises {size} bytes, more than max_bytes={limit}")
            arrays = {}
            for member in members:
                if not member.filename.endswith(".npy"):
                    raise ValueError(f"it holds {member.filename!r}, which is no array")
                with archive.open(member) as stream:
                    arrays[member.filename.removesuffix(".npy")] = _read_array(stream, member)
    return arrays


def _read_array(stream: IO[bytes], member: zipfile.ZipInfo) -> NDArray[Any]:
    """Read one array; nothing is allocated before its header is held against the size of the member."""
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{member.filename} has the version {version} of the format")
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran_order, dtype = read_header(stream, max_header_size=_MOST_HEADER_CHARACTERS)
    if dtype.hasobject or not dtype.itemsize:
        raise ValueError(f"{member.filename} holds {'Python objects' if dtype.hasobject else 'nothing'}")
    if len(shape) > 64 or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"{member.filename} has the shape {shape}")
    expected, found = math.prod(shape) * dtype.itemsize, member.file_size - stream.tell()
    if expected != found:
        raise ValueError(f"{member.filename} of shape {shape} and dtype {dtype} has {found} bytes")
    content = read_up_to(stream, expected + 1)  # to the end, where its checksum is checked
    if len(content) != expected:
        raise ValueError(f"{member.filename} has other than the {expected} bytes that it promises")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran_order else "C")
