"""Reading files that may be gzipped, without trusting what they say of their size."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from nnlite.io import FormatError

__all__ = ["CHUNK", "Readable", "open_unpacked", "read_up_to"]

CHUNK = 1 << 20  # bytes

_GZIP_MAGIC = b"\x1f\x8b"


class Readable(Protocol):
    """What can be read from, a piece at a time."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and none at the end."""


@contextmanager
def open_unpacked(path: Path) -> Iterator[Readable]:
    """Open a file for reading its content, unpacked if its first bytes (not its name) say that it is gzipped.

    Raises
    ------
    FormatError
        When, at any time while it is read, the packed data turn out to be damaged or cut short.
    """
    with path.open("rb") as raw:
        gzipped = raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        raw.seek(0)
        if not gzipped:
            yield raw
            return
        try:
            with gzip.GzipFile(fileobj=raw, mode="rb") as unpacked:
                yield unpacked
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FormatError(f"{path}: expected a whole gzip file, found a damaged one ({error})") from error


def read_up_to(stream: Readable, limit: int) -> bytearray:
    """Read at most `limit` bytes; memory grows with what is really there, not with `limit`."""
    content = bytearray()
    while len(content) < limit:
        chunk = stream.read(min(CHUNK, limit - len(content)))
        if not chunk:
            break
        content += chunk
    return content
