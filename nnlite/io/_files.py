"""Writing files so that a kill at any moment leaves the old one or the new one, and opening them to be read."""

from __future__ import annotations

import glob
import os
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from nnlite.io._error import FormatError

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be deleted
    fcntl = None  # type: ignore[assignment]

__all__ = ["CHUNK", "Location", "Readable", "check_name", "opened", "read_up_to", "remove_leftovers", "replacing"]

CHUNK = 1 << 20  # bytes

Location = str | os.PathLike[str]


class Readable(Protocol):
    """What can be read from, a piece at a time."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and none at the end."""


@contextmanager
def replacing(path: Location) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the place of `path` when all is written and on the disk.

    It stands beside the target meanwhile, in a folder that is made if it is not there. An error deletes it; what a
    killed process left behind is deleted by the next save.

    Raises
    ------
    IsADirectoryError
        If `path` is a folder.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    if target.is_dir():
        raise IsADirectoryError(f"expected the name of a file to write, got the folder {os.fspath(path)!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(target.parent, glob.escape(target.name))
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as out:
            if fcntl is not None:
                fcntl.flock(out, fcntl.LOCK_EX)  # tells others that its writer is alive
            yield out
            out.flush()
            os.fsync(out.fileno())
            if fcntl is not None:
                part.replace(target)
        if fcntl is None:
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name, too, is on the disk
        finally:
            os.close(folder)


def remove_leftovers(folder: Path, pattern: str) -> None:
    """Delete what killed processes left in a folder of files whose names fit the pattern."""
    for part in folder.glob(f".{pattern}.{'[0-9a-f]' * 8}.part"):
        with suppress(OSError):  # another process is writing it, or has deleted it
            if fcntl is None:
                part.unlink()
            else:
                with part.open("rb") as left:
                    fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    part.unlink()


@contextmanager
def opened(path: Location, wanted: str, zipped: bool = False) -> Iterator[BinaryIO]:
    """Open a file for reading; whatever is wrong in what is read from it becomes a FormatError.

    Parameters
    ----------
    path : str or Path
    wanted : str
        What the file should be, for errors.
    zipped : bool, default False
        Whether that is a zip archive.

    Raises
    ------
    TypeError
        If `path` is none: Python would take an integer for a file that is open already, and close it.
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    FormatError
        If the file is of another kind, or what reads it fails.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"expected the path of {wanted}, got {path!r}")
    if os.path.isdir(path):
        raise IsADirectoryError(f"expected {wanted}, got the folder {os.fspath(path)!r}")
    if not os.path.exists(path):
        raise FileNotFoundError(f"expected {wanted}, but there is no file {os.fspath(path)!r} (in {os.getcwd()})")
    with open(path, "rb") as file:
        try:
            yield file
        except FormatError:
            raise
        except Exception as error:  # what an untrusted file makes its parser do cannot be listed
            other = _other_kind(file)
            known = other is not None and not (zipped and other == _ARCHIVE)
            found = other if known else f"a damaged one ({error})"
            raise FormatError(f"{path}: expected {wanted}, found {found}") from error


def read_up_to(stream: Readable, limit: int) -> bytearray:
    """Read at most `limit` bytes; memory grows with what is really there, not with `limit`."""
    content = bytearray()
    while len(content) < limit:
        chunk = stream.read(min(CHUNK, limit - len(content)))
        if not chunk:
            break
        content += chunk
    return content


_ARCHIVE = "a zip archive, as .npz files are"
_MAGIC = {
    b"\x89HDF\r\n\x1a\n": "an HDF5 file (.h5), which Keras reads: model.set_weights() takes its model.get_weights()",
    b"\x93NUMPY": "a single array (.npy): numpy.load reads it",
}
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_MEMBERS = {
    "data.pkl": "a PyTorch file (.pt): in PyTorch, safetensors.torch.save_file(model.state_dict(), ...) writes one "
    "that nnlite.io.load_safetensors reads",
    "model.weights.h5": "a Keras file (.keras): in Keras, model.get_weights() gives what model.set_weights() takes",
}


def _other_kind(file: BinaryIO) -> str | None:
    """Say what a file that could not be read is, if it is of a well-known kind."""
    file.seek(0)
    head = file.read(8)
    if head.startswith(_PICKLES) and head[2:3] != b"\0":  # a safetensors file may begin with such a length
        return "a pickle, as old PyTorch files (.pt) are: nnlite reads none, since a pickle runs code"
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    with suppress(Exception), zipfile.ZipFile(file) as archive:  # which may be damaged in any way
        for name in archive.namelist():
            if kind := _MEMBERS.get(name.rpartition("/")[2]):
                return kind
    return _ARCHIVE


# What the ends of names promise that no writer here keeps.
_FOREIGN = {
    ".h5": "HDF5, which Keras reads",
    ".hdf5": "HDF5, which Keras reads",
    ".keras": "Keras' own format",
    ".pt": "a pickle of PyTorch",
    ".pth": "a pickle of PyTorch",
    ".pkl": "a pickle",
    ".pickle": "a pickle",
    ".onnx": "ONNX",
}


def check_name(path: Location, method: str) -> None:
    """Refuse the name of a file that promises another format than `Model.save` or `save_weights` writes.

    Raises
    ------
    ValueError
        If it does.
    TypeError
        If it is no path.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{method}() takes a path, got {path!r}")
    suffix = Path(path).suffix.lower()
    if kind := _FOREIGN.get(suffix):
        example = "model.safetensors" if method == "save" else "weights.safetensors"
        raise ValueError(f"{method}() writes safetensors, got {os.fspath(path)!r}, the name of {kind}: try {example!r}")
    if method == "save" and suffix == ".npz":
        raise ValueError(f"save() writes safetensors, got {os.fspath(path)!r}: only save_weights() writes npz files")
