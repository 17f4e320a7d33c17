"""The product of two large matrices, cut into parts for the threads.

BLAS could use the threads itself. But OpenBLAS's helpers go on spinning for milliseconds after a product, and then
take a core from the next kernel that runs on chunks; so BLAS is held to one thread here, as it is there.
"""

import numpy as np

from nnlite.kernels.parallel import blas_limit, get_num_threads, map_chunks, partition
from nnlite.kernels.window import Array

__all__ = ["LARGE", "matmul"]

LARGE = 2**18  # multiplications; up to here OpenBLAS takes one thread by itself
_PART = 2**22  # multiplications (about 0.1 ms) that are worth waking a thread for


def matmul(a: Array, b: Array, out: Array | None = None) -> Array:
    """Return a @ b.

    Parameters
    ----------
    a : ndarray, shape (m, k)
    b : ndarray, shape (k, n)
    out : ndarray, shape (m, n), optional
        Where to put the result.

    Returns
    -------
    ndarray, shape (m, n)

    Examples
    --------
    >>> float(matmul(np.ones((300, 200)), np.ones((200, 100)))[0, 0])
    200.0
    """
    (m, k), n = a.shape, b.shape[1]
    parts = min(get_num_threads(), m * k * n // _PART)
    if parts < 2:
        with blas_limit:
            whole: Array = np.matmul(a, b, out=out)
        return whole
    result = np.empty((m, n), np.result_type(a, b)) if out is None else out
    by_rows = m >= n
    pieces = partition(m if by_rows else n, parts)

    def job(number: int) -> None:
        piece = pieces[number]
        if by_rows:
            np.matmul(a[piece], b, out=result[piece])
        else:
            np.matmul(a, b[:, piece], out=result[:, piece])

    map_chunks(job, len(pieces))
    return result
