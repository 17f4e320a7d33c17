"""Attention."""

from typing import Any

import nnlite.functional as F
from nnlite.autograd._recording import Array

__all__ = ["scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """Return, for each query, the mean of the values, weighted by how well their keys match the query.

    Parameters
    ----------
    query : Tensor or array, shape (..., heads, L, E)
    key : Tensor or array, shape (..., heads, S, E)
    value : Tensor or array, shape (..., heads, S, Ev)
    attn_mask : Tensor or array, broadcastable to (..., heads, L, S), optional
        Booleans, True where a query may attend to a key; or numbers that are added to the scores.
    dropout_p : float, default 0.0
        The probability with which a weight is dropped, always: there is no training mode here.
    is_causal : bool, default False
        Whether query number l attends only to keys 0 to l; not together with a mask.
    scale : float, optional
        1 / sqrt(E) by default.
    enable_gqa : bool, default False
        Whether keys and values may have fewer heads, each for several consecutive heads of the query.

    Returns
    -------
    Tensor or array, shape (..., heads, L, Ev)

    Raises
    ------
    ValueError
        If there are both a mask and `is_causal`, or the shapes do not fit each other.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.scaled_dot_product_attention(np.ones((1, 2)), np.ones((2, 2)), np.array([[1.0], [3.0]]))
    array([[2.]])
    """
    if attn_mask is not None and is_causal:
        raise ValueError("scaled_dot_product_attention() takes attn_mask or is_causal=True, not both")
    if enable_gqa:
        heads, groups = query.shape[-3], key.shape[-3]
        if heads % groups:
            raise ValueError(
                f"scaled_dot_product_attention() expected the query's heads (={heads}) to be divisible by the key's "
                f"(={groups})"
            )
        key, value = (F.repeat(x, heads // groups, axis=-3) for x in (key, value))
    return F.scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale)
