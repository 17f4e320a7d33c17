"""Products of large matrices, cut into parts for the threads.

BLAS could use the threads itself. But OpenBLAS's helpers go on spinning for milliseconds after a product, and then
take a core from the next kernel that runs on chunks; so BLAS is held to one thread here, as it is there.
"""

from collections.abc import Callable

import numpy as np

from nnlite.kernels.parallel import blas_limit, get_num_threads, map_chunks, partition
from nnlite.kernels.window import Array

__all__ = ["LARGE", "matmul", "share_out"]

LARGE = 2**18  # multiplications; up to here OpenBLAS takes one thread by itself
_PART = 2**22  # multiplications (about 0.1 ms) that are worth waking a thread for


def matmul(a: Array, b: Array) -> Array:
    """Return a @ b.

    Parameters
    ----------
    a : ndarray, shape (m, k)
    b : ndarray, shape (k, n)

    Returns
    -------
    ndarray, shape (m, n)

    Examples
    --------
    >>> float(matmul(np.ones((300, 200)), np.ones((200, 100)))[0, 0])
    200.0
    """
    (m, k), n = a.shape, b.shape[1]
    out = np.empty((m, n), np.result_type(a, b))
    if m >= n:
        share_out(lambda rows: np.matmul(a[rows], b, out=out[rows]), m, m * k * n)
    else:
        share_out(lambda columns: np.matmul(a, b[:, columns], out=out[:, columns]), n, m * k * n)
    return out


def share_out(job: Callable[[slice], object], count: int, multiplications: int) -> None:
    """Call `job` on slices of range(count), on as many threads as the work is worth, each with a BLAS of one thread.

    Parameters
    ----------
    job : callable
        Takes a slice, and computes its part of the products.
    count : int
    multiplications : int
        How many all parts together make.

    Examples
    --------
    >>> total = np.zeros(3)
    >>> share_out(lambda piece: np.add(total[piece], 1, out=total[piece]), 3, multiplications=3)
    >>> total
    array([1., 1., 1.])
    """
    pieces = partition(count, max(min(get_num_threads(), multiplications // _PART), 1))
    with blas_limit:
        map_chunks(lambda number: job(pieces[number]), len(pieces))
