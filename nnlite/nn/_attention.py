"""Attention with several heads."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import nnlite.functional as functional
import nnlite.nn.functional as F
from nnlite import random
from nnlite.autograd import Parameter, Tensor, default_dtype
from nnlite.functional._attention import as_mask, attend
from nnlite.layers import Module
from nnlite.layers._checks import positive_int
from nnlite.nn._checks import check_dtype, uniform_parameter
from nnlite.nn._linear import Linear

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Let each position of a sequence take from the positions of another what its heads look for.

    A query that may attend to no key gets the output's bias; in PyTorch it gets that, or NaN if weights are asked for.

    Parameters
    ----------
    embed_dim : int
        Features of the query and of the output; `num_heads` must divide it.
    num_heads : int
    dropout : float, default 0.0
        The share of the attention weights that is dropped in training.
    bias : bool, default True
    add_bias_kv : bool, default False
        Whether a learned key and value is appended to the sequence.
    add_zero_attn : bool, default False
        Whether a key and value of zeros is appended to the sequence.
    kdim, vdim : int, optional
        Features of key and value; `embed_dim` by default.
    batch_first : bool, default False
        Whether the inputs are (N, L, features) and not (L, N, features).
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    in_proj_weight : Parameter, shape (3 * embed_dim, embed_dim), or None
        Projects query, key and value; Glorot's uniform values.
    q_proj_weight, k_proj_weight, v_proj_weight : Parameter or None
        In its place, of shapes (embed_dim, features), if key or value have other features.
    in_proj_bias : Parameter, shape (3 * embed_dim,), or None
        Starts from 0.
    bias_k, bias_v : Parameter, shape (1, 1, embed_dim), or None
    out_proj : Linear

    Raises
    ------
    ValueError
        If an argument is out of range, or inputs or masks do not fit.
    TypeError
        If an input has another dtype than the parameters.

    References
    ----------
    A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser, I. Polosukhin, "Attention is all
    you need", 2017.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> attention = nl.nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = np.ones((3, 5, 8), np.float32)
    >>> y, weights = attention(x, x, x)
    >>> y.shape, weights.shape
    ((3, 5, 8), (3, 5, 5))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.embed_dim = positive_int("MultiheadAttention", "embed_dim", embed_dim)
        self.num_heads = positive_int("MultiheadAttention", "num_heads", num_heads)
        if embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention expected num_heads (={num_heads}) to divide embed_dim (={embed_dim})")
        if not 0 <= dropout <= 1:
            raise ValueError(f"MultiheadAttention expected dropout in [0, 1], got {dropout=}")
        self.dropout, self.bias, self.batch_first = dropout, bias, batch_first
        self.add_bias_kv, self.add_zero_attn = add_bias_kv, add_zero_attn
        self.kdim = None if kdim is None else positive_int("MultiheadAttention", "kdim", kdim)
        self.vdim = None if vdim is None else positive_int("MultiheadAttention", "vdim", vdim)
        dtype = dtype or default_dtype()
        features = [embed_dim, kdim or embed_dim, vdim or embed_dim]
        self.in_proj_weight = self.q_proj_weight = self.k_proj_weight = self.v_proj_weight = None
        if features == [embed_dim] * 3:
            self.in_proj_weight = _glorot((3 * embed_dim, embed_dim), dtype)
        else:
            self.q_proj_weight, self.k_proj_weight, self.v_proj_weight = (
                _glorot((embed_dim, n), dtype) for n in features
            )
        self.in_proj_bias = Parameter(np.zeros(3 * embed_dim, dtype)) if bias else None
        self.bias_k = self.bias_v = None
        if add_bias_kv:
            self.bias_k, self.bias_v = (_normal((1, 1, embed_dim), embed_dim**-0.5, dtype) for _ in range(2))
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype)
        if self.out_proj.bias is not None:
            self.out_proj.bias.data[...] = 0

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return what each query takes from the values, and the weights.

        Parameters
        ----------
        query : Tensor, shape (L, N, embed_dim), or (L, embed_dim) without a batch
        key : Tensor, shape (S, N, kdim)
        value : Tensor, shape (S, N, vdim)
            With `batch_first` the first two axes are the other way round.
        key_padding_mask : array, shape (N, S), optional
            Booleans, True where a key is to be ignored; or numbers that are added to the scores.
        need_weights : bool, default True
            Whether the weights are returned; None is in their place if not.
        attn_mask : array or Tensor, shape (L, S) or (N * num_heads, L, S), optional
            Booleans, True where a query may not attend to a key; or numbers that are added to the scores.
        average_attn_weights : bool, default True
            Whether the weights returned are the mean over the heads.
        is_causal : bool, default False
            A hint that `attn_mask` is the causal one, which must be given all the same.

        Returns
        -------
        output : Tensor, of the shape of the query
        weights : Tensor or None, shape (N, L, S), or (N, num_heads, L, S) if not averaged
            After dropout.
        """
        if is_causal and attn_mask is None:
            raise ValueError(f"{self.label} takes is_causal as a hint only: give attn_mask too")
        q, k, v = self._projected(query, key, value)  # (N, L, E), (N, S, E), (N, S, E)
        mask = self._mask(key_padding_mask, attn_mask, q, k)
        k, v, mask = self._extended(k, v, mask)
        head_dim = self.embed_dim // self.num_heads
        q, k, v = (x.reshape(*x.shape[:2], self.num_heads, head_dim).transpose(0, 2, 1, 3) for x in (q, k, v))
        shape = (*q.shape[:3], k.shape[2])  # (N, heads, L, S)
        kept = None
        if self.training and self.dropout:
            kept = functional.dropout(np.ones(shape, q.dtype), self.dropout)
        y, weights = attend(q, k, v, mask, kept, scale=head_dim**-0.5)  # (N, heads, L, head_dim)
        y = self.out_proj(y.transpose(0, 2, 1, 3).reshape(shape[0], shape[2], self.embed_dim))  # (N, L, E)
        if query.ndim == 2:
            y = y[0]
        elif not self.batch_first:
            y = y.swapaxes(0, 1)
        if not need_weights:
            return y, None
        weights = weights if kept is None else weights * kept
        weights = weights.mean(axis=1) if average_attn_weights else weights
        return y, weights if query.ndim == 3 else weights[0]

    def _projected(self, query: Tensor, key: Tensor, value: Tensor) -> list[Tensor]:
        """Return query, key and value, projected, with the batch first."""
        inputs = [query, key, value]
        batch = 0 if self.batch_first else 1
        shapes = [x.shape for x in inputs]
        features = [self.embed_dim, self.kdim or self.embed_dim, self.vdim or self.embed_dim]
        if (
            query.ndim not in (2, 3)
            or any(x.ndim != query.ndim for x in inputs)
            or [shape[-1] for shape in shapes] != features
            or (query.ndim == 3 and len({shape[batch] for shape in shapes}) > 1)
            or shapes[1][:-1] != shapes[2][:-1]
        ):
            outer = ["N, L", "N, S", "N, S"] if self.batch_first else ["L, N", "S, N", "S, N"]
            expected = ", ".join(f"({axes}, {n})" for axes, n in zip(outer, features, strict=True))
            raise ValueError(f"{self.label} expected inputs of shapes {expected}, got {shapes}")
        for x in inputs:
            check_dtype(self, x, self.out_proj.weight)
        if self.in_proj_weight is not None and query is key and key is value:  # one product for all three
            projected = functional.split(F.linear(query, self.in_proj_weight, self.in_proj_bias), 3, axis=-1)
        else:
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
            if self.in_proj_weight is not None:
                weights = functional.split(self.in_proj_weight, 3)
            biases = [None] * 3 if self.in_proj_bias is None else functional.split(self.in_proj_bias, 3)
            projected = [F.linear(x, w, b) for x, w, b in zip(inputs, weights, biases, strict=True)]
        if query.ndim == 2:
            return [x[None] for x in projected]
        return projected if self.batch_first else [x.swapaxes(0, 1) for x in projected]

    def _mask(self, key_padding_mask: Any, attn_mask: Any, q: Tensor, k: Tensor) -> Any:
        """Return both masks as one to add, of shape (N or 1, heads or 1, L or 1, S); None if there is none."""
        batch, rows, columns = *q.shape[:2], k.shape[1]
        joint = None
        if attn_mask is not None:
            joint = _added("attn_mask", attn_mask, [(rows, columns), (batch * self.num_heads, rows, columns)], q.dtype)
            if joint.ndim == 3:
                joint = joint.reshape(batch, self.num_heads, rows, columns)
        if key_padding_mask is not None:
            shape = (columns,) if np.ndim(key_padding_mask) == batch == 1 else (batch, columns)
            padding = _added("key_padding_mask", key_padding_mask, [shape], q.dtype)
            padding = padding.reshape(batch, 1, 1, columns)
            joint = padding if joint is None else joint + padding
        return joint

    def _extended(self, k: Tensor, v: Tensor, mask: Any) -> tuple[Tensor, Tensor, Any]:
        """Append the learned key and value and the zeros to the sequence; every query may attend to them."""
        extras: list[tuple[Any, Any]] = []
        if self.bias_k is not None and self.bias_v is not None:
            extras.append((self.bias_k, self.bias_v))
        if self.add_zero_attn:
            zeros = np.zeros((1, 1, self.embed_dim), k.dtype)
            extras.append((zeros, zeros))
        for extra_key, extra_value in extras:
            shape = (k.shape[0], 1, self.embed_dim)
            k = functional.concatenate([k, functional.broadcast_to(extra_key, shape)], axis=1)
            v = functional.concatenate([v, functional.broadcast_to(extra_value, shape)], axis=1)
        if mask is not None and extras:
            mask = functional.pad(mask, [(0, 0)] * (mask.ndim - 1) + [(0, len(extras))])
        return k, v, mask


def _added(name: str, mask: Any, shapes: list[tuple[int, ...]], dtype: np.dtype[Any]) -> Any:
    """Return a mask as numbers to add: minus infinity where it is True."""
    mask = as_mask(mask)
    if mask.shape not in shapes:
        raise ValueError(
            f"MultiheadAttention expected {name} of shape {' or '.join(map(str, shapes))}, got {mask.shape}"
        )
    if mask.dtype.kind not in "bf":
        raise TypeError(
            f"MultiheadAttention expected {name} of booleans (True: ignore) or of numbers to add, got {mask.dtype}"
        )
    if mask.dtype.kind == "b":
        return np.where(mask, dtype.type(-np.inf), dtype.type(0))
    return mask if mask.dtype == dtype else mask.astype(dtype)


def _glorot(shape: tuple[int, int], dtype: DTypeLike) -> Parameter:
    """Make a matrix with Glorot's uniform values."""
    return uniform_parameter(shape, (6 / sum(shape)) ** 0.5, dtype)


def _normal(shape: tuple[int, ...], deviation: float, dtype: DTypeLike) -> Parameter:
    """Make a Parameter with normal values."""
    values = random.generator().normal(0, deviation, shape)
    return Parameter(values.astype(np.dtype(dtype)))
