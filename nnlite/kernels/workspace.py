"""Scratch memory that kernels reuse from call to call, so that the same cached pages serve every chunk."""

import math
import os
import sys
import threading
import weakref

import numpy as np
from numpy.typing import DTypeLike

from nnlite.kernels.memory import give_back
from nnlite.kernels.window import Array

LIMIT_BYTES = 256 * 2**20


def scratch(name: str, shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """Return an uninitialised array in this thread's buffer of that name.

    It is valid until this thread asks for the same name again, so a kernel never returns one, nor a view of one.
    All threads together keep at most `LIMIT_BYTES` (256 MiB); what would go beyond is allocated and not kept.

    Parameters
    ----------
    name : str
        The buffer: `"<module>.<purpose>"`. Two arrays that are in use together need two names.
    shape : tuple of int
        Shape of the array.
    dtype : dtype
        Type of the array.

    Returns
    -------
    ndarray, C-contiguous.

    Examples
    --------
    >>> first = scratch("example.columns", (4, 3), "float32")
    >>> second = scratch("example.columns", (2, 3), "float32")
    >>> bool(np.shares_memory(first, second))
    True
    """
    dtype = np.dtype(dtype)
    needed = math.prod(shape) * dtype.itemsize
    buffers = _local.workspace.buffers
    buffer = buffers.get(name)
    if buffer is None or buffer.nbytes < needed:
        buffers.pop(name, None)  # the old one goes before the new one comes
        buffer = np.empty(needed, np.uint8)
        with _lock:
            if kept_bytes() + needed <= LIMIT_BYTES:
                buffers[name] = buffer
    return np.ndarray(shape, dtype, buffer=buffer)


def kept_bytes() -> int:
    """Return the bytes that all threads' buffers hold together.

    Examples
    --------
    >>> _ = scratch("example.columns", (4, 3), "float32")
    >>> kept_bytes() >= 48
    True
    """
    return sum(buffer.nbytes for workspace in list(_workspaces) for buffer in list(workspace.buffers.values()))


def clear_workspace() -> None:
    """Free the buffers of all threads, and give what memory is free back to the system.

    A kernel that is running in another thread keeps what it works in until it is done.

    Examples
    --------
    >>> clear_workspace()
    >>> kept_bytes()
    0
    """
    for workspace in list(_workspaces):
        workspace.buffers.clear()
    give_back()


class _Workspace:
    """One thread's buffers by name."""

    def __init__(self) -> None:
        self.buffers: dict[str, Array] = {}


class _Local(threading.local):
    """Gives each thread its own workspace, which goes when the thread ends."""

    def __init__(self) -> None:
        self.workspace = _Workspace()
        with _lock:
            _workspaces.add(self.workspace)


def _renew_lock() -> None:
    """Replace the lock in a forked child: the thread that held it may not exist there."""
    global _lock
    _lock = threading.Lock()


_lock = threading.Lock()
_workspaces: weakref.WeakSet[_Workspace] = weakref.WeakSet()
_local = _Local()

if sys.platform != "win32":
    os.register_at_fork(after_in_child=_renew_lock)
