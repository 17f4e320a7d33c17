"""CIFAR-10's binary layout: for each image its label, and then its red, its green and its blue pixels, a byte each."""

import tarfile
from collections.abc import Collection
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from nnlite.datasets._unpacked import open_unpacked
from nnlite.io import FormatError
from nnlite.io._files import Readable, opened, read_up_to

__all__ = ["BATCH", "Batches", "read_archive", "read_batch"]

Batches = dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]]  # images and labels by the file's name

BATCH = 10_000  # images in a whole file

_SIDE, _COLOURS, _CLASSES = 32, 3, 10
_RECORD = 1 + _COLOURS * _SIDE * _SIDE  # bytes
_MOST_UNPACKED = 200 << 20  # bytes of an archive; the true one has 184 MB


def read_batch(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read the images, shape (N, 32, 32, 3), and the labels, shape (N, 1), of a file, plain or gzipped."""
    with open_unpacked(path) as stream:
        return _read(stream, str(path))


def read_archive(path: Path, names: Collection[str]) -> Batches:
    """Read the files of these names out of an archive that must have them all, whole; nothing is written anywhere."""
    batches: Batches = {}
    wanted = "CIFAR-10 as a gzipped tar archive"
    with opened(path, wanted) as file, tarfile.open(fileobj=file, mode="r:gz") as archive:
        for member in archive:
            if member.offset_data + member.size > _MOST_UNPACKED:
                raise FormatError(f"{path}: expected at most {_MOST_UNPACKED} bytes in the archive, found more")
            name = PurePosixPath(member.name).name
            if name in names and member.isreg() and not member.sparse:
                content = archive.extractfile(member)
                assert content is not None  # since it is a file
                batches[name] = _read(content, f"{path}, {member.name}")
                if len(batches[name][0]) < BATCH:
                    raise FormatError(f"{path}, {member.name}: expected {BATCH} images, found {len(batches[name][0])}")
    missing = [name for name in names if name not in batches]
    if missing:
        raise FormatError(f"{path}: expected {wanted}, found none of {', '.join(missing)} in it")
    return batches


def _read(stream: Readable, place: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read images and labels; no more than a whole file has, plus a byte to see that nothing follows."""
    content = read_up_to(stream, BATCH * _RECORD + 1)
    if not content or len(content) % _RECORD or len(content) > BATCH * _RECORD:
        found = "more" if len(content) > BATCH * _RECORD else len(content)
        raise FormatError(f"{place}: expected 1 to {BATCH} images of {_RECORD} bytes each, found {found} bytes")
    records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    labels = records[:, :1].copy()
    if labels.max() >= _CLASSES:
        raise FormatError(f"{place}: expected labels from 0 to {_CLASSES - 1}, found {labels.max()}")
    planes = records[:, 1:].reshape(-1, _COLOURS, _SIDE, _SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels
