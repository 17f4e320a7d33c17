"""Attention and its gradients, matrix by matrix.

The matrices of scores, one for each sequence and head, are worked on in blocks that stay in cache: product, softmax and
product follow each other there, in place. The weights are kept for the backward sweep.

Shapes: query (*batch, T, D), key (*batch, S, D), value (*batch, S, V), mask, dropped and weights (*batch, T, S),
output (*batch, T, V). The batch axes are those of all arguments broadcast together.
"""

import math

import numpy as np

from nnlite.kernels.parallel import count_chunks, map_chunks, partition
from nnlite.kernels.window import Array
from nnlite.kernels.workspace import scratch

Block = tuple[int | slice, ...]


def forward(
    query: Array, key: Array, value: Array, mask: Array | None = None, kept: Array | None = None, *, scale: float
) -> tuple[Array, Array]:
    """Return (softmax(scale * query @ key.T + mask) * kept) @ value, and the softmax.

    A row whose scores are all minus infinity gets weights of zero.

    Parameters
    ----------
    query : ndarray, shape (..., T, D)
    key : ndarray, shape (..., S, D)
    value : ndarray, shape (..., S, V)
    mask : ndarray, shape (..., T, S), optional
        Added to the scores; minus infinity hides a key from a query.
    kept : ndarray, shape (..., T, S), optional
        Multiplies the weights: what dropout drew.
    scale : float
        Multiplies the products of queries and keys.

    Returns
    -------
    output : ndarray, shape (*batch, T, V)
        Its axes lie in memory as those of the query do.
    weights : ndarray, shape (*batch, T, S)

    Examples
    --------
    >>> output, weights = forward(np.ones((1, 2)), np.ones((4, 2)), np.arange(4.0)[:, None], scale=1.0)
    >>> output, weights
    (array([[1.5]]), array([[0.25, 0.25, 0.25, 0.25]]))
    """
    batch = np.broadcast_shapes(*(a.shape[:-2] for a in (query, key, value, mask, kept) if a is not None))
    query, key, value = (_broadcast(a, batch) for a in (query, key, value))
    rows, columns = query.shape[-2], key.shape[-2]
    mask, kept = (None if a is None else np.broadcast_to(a, (*batch, rows, columns)) for a in (mask, kept))
    output = np.empty_like(query, shape=(*batch, rows, value.shape[-1]))
    weights = np.empty((*batch, rows, columns), query.dtype)
    blocks = _blocks(batch, rows * columns * query.itemsize)
    lowest, ones = (
        np.finfo(query.dtype).min,
        np.ones((columns, 1), query.dtype),
    )  # a product sums rows faster than sum()

    def job(number: int) -> None:
        block = blocks[number]
        p = np.matmul(query[block] * scale, key[block].mT, out=weights[block])
        if mask is not None:
            p += mask[block]
        p -= p.max(axis=-1, keepdims=True, initial=lowest)  # finite, so that -inf stays -inf
        np.exp(p, out=p)
        total = p @ ones
        total += total == 0
        p *= 1 / total
        if kept is not None:
            p = np.multiply(p, kept[block], out=scratch("attention.kept", p.shape, p.dtype))
        np.matmul(p, value[block], out=output[block])

    map_chunks(job, len(blocks))
    return output, weights


def backward(
    g: Array | None,
    g_weights: Array | None,
    query: Array,
    key: Array,
    value: Array,
    kept: Array | None,
    output: Array,
    weights: Array,
    *,
    scale: float,
    with_mask: bool,
) -> tuple[Array, Array, Array, Array | None]:
    """Return the gradients of query, key, value and, if asked for, mask: all from one sweep over the blocks.

    The softmax needs the sum over each row of the weights times their gradient; it is that of g times the output.

    Parameters
    ----------
    g : ndarray, shape (*batch, T, V), optional
        Cotangent of the output.
    g_weights : ndarray, shape (*batch, T, S), optional
        Cotangent of the weights.
    query, key, value, kept, scale
        As in `forward`.
    output, weights : ndarray
        What `forward` returned.
    with_mask : bool
        Whether the mask's gradient is wanted.

    Returns
    -------
    tuple
        Gradients of the shapes that the arguments have when they are broadcast.

    Examples
    --------
    >>> q, k, v = np.ones((1, 1)), np.zeros((2, 1)), np.array([[0.0], [4.0]])
    >>> output, weights = forward(q, k, v, scale=1.0)
    >>> g = np.ones((1, 1))
    >>> backward(g, None, q, k, v, None, output, weights, scale=1.0, with_mask=False)[1]
    array([[-1.],
           [ 1.]])
    """
    batch = weights.shape[:-2]
    query, key, value = (_broadcast(a, batch) for a in (query, key, value))
    kept = None if kept is None else np.broadcast_to(kept, weights.shape)
    g_query, g_key, g_value = (np.empty_like(a) for a in (query, key, value))
    g_scores = np.empty_like(weights) if with_mask else None
    blocks = _blocks(batch, math.prod(weights.shape[-2:]) * weights.itemsize)

    def job(number: int) -> None:
        block = blocks[number]
        p = weights[block]
        s = scratch("attention.scores", p.shape, p.dtype) if g_scores is None else g_scores[block]
        row_sums = np.zeros((*p.shape[:-1], 1), p.dtype)
        if g is None:
            g_value[block] = s[...] = 0
        else:
            used = p
            if kept is not None:
                used = np.multiply(p, kept[block], out=scratch("attention.kept", p.shape, p.dtype))
            np.matmul(used.mT, g[block], out=g_value[block])
            np.matmul(g[block], value[block].mT, out=s)
            row_sums += (g[block] * output[block]).sum(axis=-1, keepdims=True)
            if kept is not None:
                s *= kept[block]
        if g_weights is not None:
            s += g_weights[block]
            row_sums += (g_weights[block] * p).sum(axis=-1, keepdims=True)
        s -= row_sums
        s *= p
        np.matmul(s, key[block] * scale, out=g_query[block])
        np.matmul(s.mT, query[block] * scale, out=g_key[block])

    map_chunks(job, len(blocks))
    return g_query, g_key, g_value, g_scores


def _broadcast(x: Array, batch: tuple[int, ...]) -> Array:
    """Repeat matrices along the batch axes, without a copy."""
    return np.broadcast_to(x, (*batch, *x.shape[-2:]))


def _blocks(batch: tuple[int, ...], matrix_bytes: int) -> list[Block]:
    """Cut a batch of matrices into blocks that stay in cache: runs along the first axis where they are small enough."""
    wanted = count_chunks(math.prod(batch) * matrix_bytes)
    axis, items = 0, 1
    while axis < len(batch) - 1 and items * batch[axis] < wanted:
        items *= batch[axis]
        axis += 1
    if not batch:
        return [()]
    runs = partition(batch[axis], -(-wanted // max(items, 1)))
    return [(*index, run) for index in np.ndindex(*batch[:axis]) for run in runs]
