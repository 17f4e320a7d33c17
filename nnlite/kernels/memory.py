"""Keep the memory of freed arrays, so that the next array of that size finds its pages in place.

By default the C library (glibc) gives an array of more than 128 KiB back to the system as soon as it is freed. A
network's activations have such sizes, and are made and freed at every step: each time the system would have to find
and clear their pages anew. Kept pages make a training step of the convolutional network of the benchmarks about 1.4
times faster.
"""

import ctypes
import os
import sys

__all__ = ["give_back", "keep_freed_memory"]

# From malloc.h
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

_KEPT_TOP = 512 * 2**20  # free bytes at the top of the heap that are kept
_LARGEST = 32 * 2**20  # the largest block that is taken from the heap; glibc allows no more


def keep_freed_memory() -> bool:
    """Tell glibc to keep what is freed, and return whether it took the advice.

    Other C libraries are left alone, and so is glibc where the user has set it up himself by one of its MALLOC_
    environment variables.
    """
    chosen = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "GLIBC_TUNABLES", "LD_PRELOAD")
    libc = _glibc()
    if libc is None or any(name in os.environ for name in chosen):
        return False
    return bool(libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST) and libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_TOP))


def give_back() -> None:
    """Give the memory that is free at this moment back to the system."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """Return the C library if it is glibc."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    try:
        libc.gnu_get_libc_version  # noqa: B018 (musl has no such symbol)
    except AttributeError:
        return None
    return libc
