"""IDX, the file format of MNIST.

A file holds the magic number `00 00 08 d` (08 means unsigned bytes, d is the number of dimensions), the d sizes as
big-endian 32-bit integers, and then the values, the last dimension running fastest.
"""

import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnlite.datasets._unpacked import open_unpacked
from nnlite.io import FormatError
from nnlite.io._files import read_up_to

__all__ = ["read_idx"]

_UNSIGNED_BYTE = 0x08


def read_idx(path: Path, *, max_items: int, item_shape: tuple[int, ...] = ()) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, plain or gzipped.

    The header is checked before anything else is read, and no more is read than it promises, plus one byte to see
    that nothing follows.

    Parameters
    ----------
    path : Path
        The file.
    max_items : int
        The most items, that is the largest first dimension, that may be in it.
    item_shape : tuple of int, default ()
        The shape that every item must have.

    Returns
    -------
    ndarray of uint8, shape (N, *item_shape)
        The values, writeable; 1 <= N <= `max_items`.

    Raises
    ------
    FormatError
        If the file is not IDX, holds something else than asked for, or is shorter or longer than its header says.
    """
    ndim = 1 + len(item_shape)
    magic = _UNSIGNED_BYTE << 8 | ndim
    with open_unpacked(path) as stream:
        header = read_up_to(stream, 4 + 4 * ndim)
        if len(header) < 4 + 4 * ndim:
            raise FormatError(f"{path}: expected an IDX header of {4 + 4 * ndim} bytes, found {len(header)} bytes")
        found_magic, *shape = struct.unpack(f">{1 + ndim}I", header)
        if found_magic != magic:
            raise FormatError(
                f"{path}: expected magic number 0x{magic:08x} (unsigned bytes, {ndim} dimensions),"
                f" found 0x{found_magic:08x}"
            )
        if not 1 <= shape[0] <= max_items or tuple(shape[1:]) != item_shape:
            raise FormatError(
                f"{path}: expected 1 to {max_items} items of shape {item_shape}, found a header that promises"
                f" {shape[0]} items of shape {tuple(shape[1:])}"
            )
        expected = math.prod(shape)
        content = read_up_to(stream, expected + 1)
    if len(content) != expected:
        found = "more" if len(content) > expected else len(content)
        raise FormatError(f"{path}: expected {expected} bytes after the header, as it says, found {found}")
    return np.frombuffer(content, np.uint8).reshape(shape)
