"""Attention and its gradients, matrix by matrix.

The matrices of scores, one for each sequence and head, are worked on in blocks that stay in cache: product, softmax and
product follow each other there, in place. The weights are kept for the backward sweep. Of a mask that hides the last
keys from many queries, as a causal one does, what is hidden is left out strip by strip.

Shapes: query (*batch, T, D), key (*batch, S, D), value (*batch, S, V), mask, dropped and weights (*batch, T, S),
output (*batch, T, V). The batch axes are those of all arguments broadcast together.
"""

import math

import numpy as np

from nnlite.kernels.parallel import count_chunks, map_chunks, partition
from nnlite.kernels.window import Array
from nnlite.kernels.workspace import scratch

Block = tuple[int | slice, ...]

_STRIP_ROWS = 64  # in strips of fewer, more calls cost what fewer hidden scores save


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
    strips = _strips(mask, rows, columns)
    mask, kept = (None if a is None else np.broadcast_to(a, (*batch, rows, columns)) for a in (mask, kept))
    output = np.empty_like(query, shape=(*batch, rows, value.shape[-1]))
    weights = np.empty((*batch, rows, columns), query.dtype)
    blocks = _blocks(batch, rows * columns * query.itemsize)
    lowest = np.finfo(query.dtype).min
    ones = np.ones((columns, 1), query.dtype)  # a product sums rows faster than sum()

    def job(number: int) -> None:
        block = blocks[number]
        scaled, transposed = query[block] * scale, _transposed(key[block], rows)
        for strip, stop in strips:
            place = (..., strip, slice(stop))
            p = weights[block][place]
            s = p if len(strips) == 1 else scratch("attention.scores", p.shape, p.dtype)
            np.matmul(scaled[..., strip, :], transposed[..., :stop], out=s)
            if mask is not None:
                s += mask[block][place]
            s -= s.max(axis=-1, keepdims=True, initial=lowest)  # finite, so that -inf stays -inf
            np.exp(s, out=s)
            total = s @ ones[:stop]
            total += total == 0
            np.multiply(s, 1 / total, out=p)
            weights[block][..., strip, stop:] = 0
            if kept is not None:
                p = np.multiply(p, kept[block][place], out=scratch("attention.kept", p.shape, p.dtype))
            np.matmul(p, value[block][..., :stop, :], out=output[block][..., strip, :])

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
    mask: Array | None = None,
) -> tuple[Array, Array, Array, Array | None]:
    """Return the gradients of query, key, value and, if asked for, mask: all from one sweep over the blocks.

    The softmax needs the sum over each row of the weights times their gradient; it is that of g times the output.

    Parameters
    ----------
    g : ndarray, shape (*batch, T, V), optional
        Cotangent of the output.
    g_weights : ndarray, shape (*batch, T, S), optional
        Cotangent of the weights.
    query, key, value, kept, scale, mask
        As in `forward`; of the mask only which keys it hides is used.
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
    rows, columns = weights.shape[-2:]
    strips = _strips(None if with_mask else mask, rows, columns)
    strips.sort(key=lambda strip: strip[1], reverse=True)  # the first reaches all keys that any reaches
    blocks = _blocks(batch, rows * columns * weights.itemsize)

    def job(number: int) -> None:
        block = blocks[number]
        row_sums = np.zeros((*weights[block].shape[:-1], 1), weights.dtype)
        if g is not None:
            row_sums += (g[block] * output[block]).sum(axis=-1, keepdims=True)
            values = _transposed(value[block], rows)
        if g_weights is not None:
            row_sums += (g_weights[block] * weights[block]).sum(axis=-1, keepdims=True)
        scaled, scaled_key = query[block] * scale, key[block] * scale
        g_key[block][..., strips[0][1] :, :] = g_value[block][..., strips[0][1] :, :] = 0
        for turn, (strip, stop) in enumerate(strips):
            place = (..., strip, slice(stop))
            p = weights[block][place]
            s = scratch("attention.scores", p.shape, p.dtype) if g_scores is None else g_scores[block]
            to_key, to_value = g_key[block][..., :stop, :], g_value[block][..., :stop, :]
            if g is None:
                to_value[...] = s[...] = 0
            else:
                used = p
                if kept is not None:
                    used = np.multiply(p, kept[block][place], out=scratch("attention.kept", p.shape, p.dtype))
                _put_product(used.mT, g[block][..., strip, :], to_value, add=turn > 0)
                np.matmul(g[block][..., strip, :], values[..., :stop], out=s)
                if kept is not None:
                    s *= kept[block][place]
            if g_weights is not None:
                s += g_weights[block][place]
            s -= row_sums[..., strip, :]
            s *= p
            np.matmul(s, scaled_key[..., :stop, :], out=g_query[block][..., strip, :])
            _put_product(s.mT, scaled[..., strip, :], to_key, add=turn > 0)

    map_chunks(job, len(blocks))
    return g_query, g_key, g_value, g_scores


def _put_product(a: Array, b: Array, out: Array, *, add: bool) -> None:
    """Write a @ b to `out`, or add it to what is there."""
    if add:
        out += np.matmul(a, b, out=scratch("attention.summand", out.shape, out.dtype))
    else:
        np.matmul(a, b, out=out)


def _transposed(x: Array, rows: int) -> Array:
    """Return the transposes of matrices, copied where so many rows are multiplied by them that it pays."""
    return np.ascontiguousarray(x.mT) if rows >= _STRIP_ROWS else x.mT


def _strips(mask: Array | None, rows: int, columns: int) -> list[tuple[slice, int]]:
    """Cut the rows of all matrices of scores into strips, and say at which column the mask begins to hide all the rest.

    One strip of whole rows is returned unless the mask, one for all matrices, leaves at least an eighth out.

    Examples
    --------
    >>> causal = np.where(np.tri(128), 0, -np.inf)
    >>> _strips(causal, 128, 128)
    [(slice(0, 64, None), 64), (slice(64, 128, None), 128)]
    """
    whole = [(slice(0, rows), columns)]
    if mask is None or mask.shape[-2:] != (rows, columns) or mask.size > rows * columns or rows < 2 * _STRIP_ROWS:
        return whole
    visible = mask.reshape(rows, columns) != -math.inf
    strips = []
    for strip in partition(rows, rows // _STRIP_ROWS):
        seen = np.flatnonzero(visible[strip].any(axis=0))
        strips.append((strip, int(seen[-1]) + 1 if len(seen) else 0))
    worked_on = sum((strip.stop - strip.start) * stop for strip, stop in strips)
    return strips if 8 * worked_on <= 7 * rows * columns else whole


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
