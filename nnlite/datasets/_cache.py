"""Finding a data set's files: in the user's folder, in the cache, or on a mirror.

Files in `$NNLITE_DATA` are the user's: they are taken as they are and never touched. The cache is nnlite's own: what
enters it, or is found in it, must have the right SHA-256.
"""

import functools
import hashlib
import http.client
import os
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import BinaryIO, NamedTuple

from nnlite.datasets._unpacked import open_unpacked
from nnlite.io import FormatError
from nnlite.io._files import CHUNK

__all__ = ["DataFile", "in_user_folder", "locate"]

_CONNECT_SECONDS = 8.0  # for all the mirrors of a file together
_STALL_SECONDS = 15.0  # without a byte, once connected


class DataFile(NamedTuple):
    """A file of a data set: its name, and the size and SHA-256 of its content.

    Mirrors serve it packed, and `.gz` follows the name there; size and SHA-256 are those of the unpacked content. If it
    is served `as_is`, they are those of the file itself.
    """

    name: str
    size: int
    sha256: str
    as_is: bool = False

    @property
    def served(self) -> str:
        """Its name on mirrors, and in the cache."""
        return self.name if self.as_is else f"{self.name}.gz"


def locate(dataset: str, files: Sequence[DataFile], mirrors: Sequence[str], instead: str = "") -> list[Path]:
    """Find every file of a data set, downloading what is nowhere.

    Parameters
    ----------
    dataset : str
        The data set's name, which is the folder's name too.
    files : sequence of DataFile
        What is wanted.
    mirrors : sequence of str
        Addresses of folders, each ending in `/`, that serve the files. The first that works is kept to.
    instead : str, optional
        Which other files would do, for the error.

    Returns
    -------
    list of Path
        One for each of `files`, gzipped or plain.

    Raises
    ------
    FileNotFoundError
        If a file is nowhere and no mirror gives it: names the files, the folders looked in, and what went wrong.
    """
    notes: list[str] = []
    found = {file: _in_user_folder(dataset, file) or _in_cache(dataset, file, notes) for file in files}
    mirrors = list(mirrors)
    for file in files:
        if found[file] is None:
            found[file] = _download(dataset, file, mirrors, notes)
        if found[file] is None:
            missing = [wanted for wanted in files if found[wanted] is None]
            raise FileNotFoundError(_explain(dataset, missing, notes, instead))
    return [path for path in found.values() if path is not None]


def _user_folder(dataset: str) -> Path | None:
    """Where the user keeps the data set, if the environment says."""
    root = os.environ.get("NNLITE_DATA")
    return Path(root).expanduser() / dataset if root else None


def _cache_folder(dataset: str) -> Path:
    """Where the data set's downloads are kept."""
    if chosen := os.environ.get("NNLITE_CACHE"):
        return Path(chosen).expanduser() / dataset
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "nnlite" / dataset


def _candidates(folder: Path, file: DataFile) -> list[Path]:
    """List the file as it is served, and its plain form, as far as they are there."""
    return [path for path in dict.fromkeys((folder / file.served, folder / file.name)) if path.is_file()]


def in_user_folder(dataset: str, names: Sequence[str]) -> dict[str, Path]:
    """Find those files of these names that are in `$NNLITE_DATA`."""
    folder = _user_folder(dataset)
    return {name: folder / name for name in names if folder is not None and (folder / name).is_file()}


def _in_user_folder(dataset: str, file: DataFile) -> Path | None:
    """Look in `$NNLITE_DATA`."""
    return next(iter(in_user_folder(dataset, [file.served, file.name]).values()), None)


def _in_cache(dataset: str, file: DataFile, notes: list[str]) -> Path | None:
    """Look in the cache; a file there that is not what it should be is noted, and left until a download replaces it."""
    for path in _candidates(_cache_folder(dataset), file):
        fault = _fault_now(path, file)
        if not fault:
            return path
        notes.append(fault)
    return None


def _fault_now(path: Path, file: DataFile) -> str:
    """Say what is wrong with the file as it stands, or nothing."""
    status = path.stat()
    return _fault(path, (status.st_size, status.st_mtime_ns), file)


@functools.lru_cache(maxsize=64)
def _fault(path: Path, _version: tuple[int, int], file: DataFile) -> str:
    """Say what is wrong with this version of the file, or nothing; it is read for this but once."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") if file.as_is else open_unpacked(path) as stream:
            while size <= file.size and (chunk := stream.read(CHUNK)):
                digest.update(chunk)
                size += len(chunk)
    except FormatError as error:
        return str(error)
    if size <= file.size and digest.hexdigest() == file.sha256:
        return ""
    found = f"more than {file.size}" if size > file.size else f"{size} with SHA-256 {digest.hexdigest()}"
    unpacked = "" if file.as_is else " (unpacked)"
    return f"{path}: expected {file.size} bytes{unpacked} with SHA-256 {file.sha256}, found {found}"


def _download(dataset: str, file: DataFile, mirrors: list[str], notes: list[str]) -> Path | None:
    """Fetch a file into the cache from the first mirror that gives the right bytes, and put that mirror first."""
    target = _cache_folder(dataset) / file.served
    for mirror in list(mirrors):
        url = f"{mirror}{file.served}"
        try:
            _fetch(url, target, file, _CONNECT_SECONDS / len(mirrors))
        except (OSError, http.client.HTTPException, FormatError) as error:
            notes.append(f"{url}: {error}")
            continue
        mirrors.remove(mirror)
        mirrors.insert(0, mirror)
        return target
    return None


def _fetch(url: str, target: Path, file: DataFile, connect_seconds: float) -> None:
    """Download beside the target, check, and only then give it its name: the target is never half there."""
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    with _connect(url, connect_seconds) as answer:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("xb") as out:
                _copy(answer, out, file.size + CHUNK)  # packed, it is smaller than unpacked
                out.flush()
                os.fsync(out.fileno())
            if fault := _fault_now(part, file):
                raise FormatError(fault)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def _copy(answer: http.client.HTTPResponse, out: BinaryIO, limit: int) -> None:
    """Write down what a mirror sends, and stop one that sends far too much."""
    copied = 0
    while chunk := answer.read(CHUNK):
        copied += len(chunk)
        if copied > limit:
            raise FormatError(f"expected at most {limit} bytes, found more")
        out.write(chunk)


def _connect(url: str, seconds: float) -> http.client.HTTPResponse:
    """Open an address within so many seconds, looking up its name included.

    The system's name look-up has no time-out of its own, so it waits in a thread that can be left behind.
    """
    opened: Future[http.client.HTTPResponse] = Future()

    def work() -> None:
        request = urllib.request.Request(url, headers={"User-Agent": "nnlite"})
        try:
            opened.set_result(urllib.request.urlopen(request, timeout=_STALL_SECONDS))
        except Exception as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it holds the connection
            opened.set_exception(error)

    threading.Thread(target=work, name="nnlite-connect", daemon=True).start()
    try:
        return opened.result(seconds)
    except TimeoutError as error:
        opened.add_done_callback(_close)
        raise TimeoutError(f"no answer within {seconds:.1f} seconds") from error


def _close(opened: "Future[http.client.HTTPResponse]") -> None:
    """Close a connection that came too late."""
    if opened.exception() is None:
        opened.result().close()


def _explain(dataset: str, missing: Sequence[DataFile], notes: Sequence[str], instead: str) -> str:
    """Say which files are wanted, where they were looked for, and what to do."""
    user, cache = _user_folder(dataset), _cache_folder(dataset)
    return "\n".join(
        [
            f"{dataset}: files are missing and could not be downloaded:",
            *(f"    {file.name if file.as_is else f'{file.name}.gz (or {file.name})'}" for file in missing),
            *([f"    or instead: {instead}"] if instead else []),
            "looked for in:",
            f"    {user or 'no folder of your own: it is not set'} ($NNLITE_DATA)",
            f"    {cache} (the cache)",
            "what went wrong:",
            *(f"    {note}" for note in notes),
            f"Put the files into {user or cache}, or try again with a network connection.",
        ]
    )
