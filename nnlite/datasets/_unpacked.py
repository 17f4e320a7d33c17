"""Reading files that may be gzipped, without trusting what they say of their size."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnlite.io import FormatError
from nnlite.io._files import Readable

__all__ = ["open_unpacked"]

_GZIP_MAGIC = b"\x1f\x8b"


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
