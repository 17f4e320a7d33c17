"""Products of large matrices, cut into parts for the threads.

BLAS could use the threads itself. But OpenBLAS's helpers go on spinning for milliseconds after a product, and then
take a core from the next kernel that runs on chunks; so BLAS is held to one thread here, as it is there.
"""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from nnlite.kernels.parallel import blas_limit, get_num_threads, map_chunks, partition
from nnlite.kernels.window import Array
from nnlite.kernels.workspace import scratch

__all__ = [
    "LARGE",
    "matmul",
    "matmul_by_strips",
    "matmul_each",
    "share_out",
    "sum_by_strips",
    "sum_of_products",
]

LARGE = 2**18  # multiplications; up to here OpenBLAS takes one thread by itself
_UNPACKED = 10**6  # multiplications; up to here OpenBLAS does not copy its operands, and is 1.1 to 1.5 times as fast
_LEAST_ROWS = 16  # in a strip, below which that gain is lost
_LONGEST_STRIP = 512  # rows; a sum over many more runs at half speed
_LEAST_COLUMNS = 32  # of a part of a sum, below which its product is too thin
_NARROW = 4096  # elements of a part of a sum's result, above which its strips would be too short
_PART = 2**22  # multiplications (about 0.1 ms) that are worth waking a thread for
_WAKING = 2**21  # multiplications that the caller makes until a helper has woken and, later, has said that it is done


def matmul(a: Array, b: Array, bias: Array | None = None) -> Array:
    """Return a @ b, plus a bias, which each thread adds to its part of the product while that is in cache.

    Parameters
    ----------
    a : ndarray, shape (m, k)
    b : ndarray, shape (k, n)
    bias : ndarray, shape (n,), or None
        Of the dtype of a and b.

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
    by_rows = m >= n

    def job(piece: slice) -> None:
        rows, columns = (piece, slice(None)) if by_rows else (slice(None), piece)
        part = np.matmul(a[rows], b[:, columns], out=out[rows, columns])
        if bias is not None:
            part += bias[columns]

    share_out(job, m if by_rows else n, m * k * n)
    return out


def matmul_each(a: Array, factors: Sequence[Array], biases: Sequence[Array | None]) -> list[Array]:
    """Return a @ b, plus its bias where there is one, for each b of several; the threads are woken once.

    Parameters
    ----------
    a : ndarray, shape (m, k)
    factors : sequence of ndarray, shapes (k, n)
    biases : sequence of ndarray of shape (n,) or None

    Returns
    -------
    list of ndarray, shapes (m, n)

    Examples
    --------
    >>> matmul_each(np.ones((1, 3)), [np.ones((3, 1)), np.eye(3)], [None, np.arange(3.0)])
    [array([[3.]]), array([[1., 2., 3.]])]
    """
    outputs = [np.empty((len(a), b.shape[1]), np.result_type(a, b)) for b in factors]

    def job(piece: slice) -> None:
        for b, bias, out in zip(factors, biases, outputs, strict=True):
            part = np.matmul(a[piece], b, out=out[piece])
            if bias is not None:
                part += bias

    share_out(job, len(a), a.size * sum(b.shape[1] for b in factors))
    return outputs


def sum_of_products(pairs: Sequence[tuple[Array, Array]]) -> Array:
    """Return the sum of a @ b over one pair or more; the threads are woken once.

    Parameters
    ----------
    pairs : sequence of pairs of ndarray, shapes (m, k) and (k, n)
        Each may have its own k.

    Returns
    -------
    ndarray, shape (m, n)

    Examples
    --------
    >>> sum_of_products([(np.ones((1, 3)), np.ones((3, 2))), (np.ones((1, 4)), np.ones((4, 2)))])
    array([[7., 7.]])
    """
    (first, factor), *others = pairs
    out = np.empty((len(first), factor.shape[1]), np.result_type(*(array for pair in pairs for array in pair)))

    def job(piece: slice) -> None:
        part = np.matmul(first[piece], factor, out=out[piece])
        for a, b in others:
            part += np.matmul(a[piece], b, out=scratch("product.summand", part.shape, part.dtype))

    share_out(job, len(out), sum(a.size * b.shape[1] for a, b in pairs))
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
    pieces = _shares(count, multiplications)
    with blas_limit:
        map_chunks(lambda number: job(pieces[number]), len(pieces))


def matmul_by_strips(a: Array, b: Array, out: Array) -> None:
    """Write a @ b to `out`, in this thread, by strips of rows so small that BLAS takes them as they lie.

    Parameters
    ----------
    a : ndarray, shape (..., m, k)
        Its columns, or its rows, adjoin in memory.
    b : ndarray, shape (..., k, n)
        C-contiguous: the gain is lost with the transpose of another array.
    out : ndarray, shape (..., m, n)

    Examples
    --------
    >>> out = np.empty((1000, 64))
    >>> matmul_by_strips(np.ones((1000, 96)), np.ones((96, 64)), out)
    >>> float(out.max())
    96.0
    """
    *batch, m, k = a.shape
    n = b.shape[-1]
    rows = _strip(m, _UNPACKED // max(k * n, 1))
    if not _LEAST_ROWS <= rows < m:
        np.matmul(a, b, out=out)
        return
    whole = m - m % rows
    strips = out[..., :whole, :].reshape(*batch, -1, rows, n)
    np.matmul(a[..., :whole, :].reshape(*batch, -1, rows, k), b[..., None, :, :], out=strips)
    if whole < m:
        np.matmul(a[..., whole:, :], b, out=out[..., whole:, :])


def sum_by_strips(a: Array, b: Array, out: Array) -> None:
    """Write the transpose of a times b, a sum over many rows, to `out`, in this thread, by such strips.

    NumPy keeps the interpreter's lock in a product of fewer than 500 elements, however long it takes; it lets go of it
    in one of several strips.

    Parameters
    ----------
    a : ndarray, shape (..., m, k)
        Its columns, or its rows, adjoin in memory.
    b : ndarray, shape (..., m, n)
    out : ndarray, shape (..., k, n)
        C-contiguous.

    Examples
    --------
    >>> out = np.empty((2, 3))
    >>> sum_by_strips(np.ones((100_000, 2)), np.ones((100_000, 3)), out)
    >>> float(out.min()), float(out.max())
    (100000.0, 100000.0)
    """
    *batch, m, k = a.shape
    n = b.shape[-1]
    parts = next((p for p in range(1, k + 1) if k % p == 0 and k // p * n <= _NARROW), 0)
    fits = m * k * n <= _UNPACKED and k * n >= 500
    if fits or not parts or k // parts < min(k, _LEAST_COLUMNS):
        np.matmul(a.swapaxes(-1, -2), b, out=out)
        return
    rows = _strip(m, min(_UNPACKED // (k // parts * n), _LONGEST_STRIP, max(m, 1)))
    strips = m // rows
    whole = strips * rows
    products = scratch("product.strips", (*batch, strips, parts, k // parts, n), out.dtype)
    left = a[..., :whole, :].reshape(*batch, strips, rows, parts, k // parts)
    right = b[..., :whole, :].reshape(*batch, strips, 1, rows, n)
    np.matmul(np.moveaxis(left, -3, -1), right, out=products)
    np.add.reduce(products.reshape(*batch, strips, k, n), axis=-3, out=out)
    if whole < m:
        out += np.matmul(a[..., whole:, :].swapaxes(-1, -2), b[..., whole:, :])


@functools.lru_cache(maxsize=256)
def _strip(m: int, most: int) -> int:
    """Return how many rows to put into a strip: as many as divide m if that is not far below the most."""
    return next((rows for rows in range(most, most // 2, -1) if m % rows == 0), most)


def _shares(count: int, multiplications: int) -> list[slice]:
    """Cut range(count) for the threads; the first piece, the caller's, is longer by what waking the others takes."""
    threads = min(get_num_threads(), multiplications // _PART, count)
    if threads < 2:
        return partition(count, 1)
    helped = (multiplications - _WAKING) / threads / multiplications  # the part of each helper
    first = count - max(int(count * helped), 1) * (threads - 1)
    rest = partition(count - first, threads - 1)
    return [slice(0, first), *(slice(first + piece.start, first + piece.stop) for piece in rest)]
