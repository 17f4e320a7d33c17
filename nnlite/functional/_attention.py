"""Attention, and the two ways to tell it where things stand."""

import math
from typing import Any

import numpy as np

from nnlite.autograd import Tensor, default_dtype, differentiable
from nnlite.autograd._recording import Array, nondifferentiable
from nnlite.functional._noise import dropout
from nnlite.functional._windows import as_floating
from nnlite.kernels import attention as kernels

__all__ = ["rotary_embedding", "scaled_dot_product_attention", "sinusoidal_encoding"]


def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    return_weights: bool = False,
    generator: np.random.Generator | None = None,
) -> Any:
    """Return, for each query, the mean of the values, weighted by how well their keys match the query.

    ``softmax(scale * query @ key.T + mask) @ value``

    A query that may attend to no key gets zeros, and so do its gradients (PyTorch and Keras agree).

    Parameters
    ----------
    query : Tensor or array, shape (..., T, D)
        T queries. The leading axes (batch, heads) of all arguments broadcast.
    key : Tensor or array, shape (..., S, D)
        S keys.
    value : Tensor or array, shape (..., S, V)
        A value for each key.
    attn_mask : Tensor or array, broadcastable to (..., T, S), optional
        Booleans, True where a query may attend to a key; or numbers that are added to the scores, which may be
        minus infinity, and which get a gradient.
    dropout_p : float, default 0.0
        The probability with which a weight is dropped; the others are scaled by 1 / (1 - dropout_p).
    is_causal : bool, default False
        Whether query number t attends only to keys 0 to t, on top of what the mask says.
    scale : float, optional
        1 / sqrt(D) by default.
    return_weights : bool, default False
        Return also the weights, shape (..., T, S), as they are before dropout.
    generator : numpy.random.Generator, optional
        What dropout draws from; the library's generator by default.

    Returns
    -------
    Tensor or array, shape (..., T, V); a pair with the weights if `return_weights`

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or `dropout_p` is outside [0, 1].
    TypeError
        If the mask is neither boolean nor floating.

    References
    ----------
    A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser, I. Polosukhin, "Attention is all
    you need", 2017.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> value = np.array([[2.0], [4.0], [9.0]])
    >>> F.scaled_dot_product_attention(np.ones((3, 2)), np.ones((3, 2)), value, is_causal=True)
    array([[2.],
           [3.],
           [5.]])
    """
    query, key, value = as_floating(query), as_floating(key), as_floating(value)
    batch = _common_batch(query.shape, key.shape, value.shape)
    dtype = np.result_type(query.dtype, key.dtype, value.dtype)  # the kernel computes in one
    query, key, value = (a if a.dtype == dtype else a.astype(dtype) for a in (query, key, value))
    shape = (*batch, query.shape[-2], key.shape[-2])
    mask = _additive_mask(attn_mask, is_causal, shape, dtype)
    kept = dropout(np.ones(shape, dtype), dropout_p, generator=generator) if dropout_p else None
    scale = max(query.shape[-1], 1) ** -0.5 if scale is None else float(scale)
    output, weights = attend(query, key, value, mask, kept, scale=scale)
    return (output, weights) if return_weights else output


@differentiable
def attend(query: Array, key: Array, value: Array, mask: Array = None, kept: Array = None, *, scale: float) -> Any:
    """Return (weights * kept) @ value and the weights, softmax(scale * query @ key.T + mask)."""
    output, weights = kernels.forward(query, key, value, mask, kept, scale=scale)

    def vjp(g: tuple[Array, Array], needs: tuple[bool, ...]) -> tuple[Array, ...]:
        with_mask = len(needs) > 3 and needs[3]
        gradients = kernels.backward(
            *g, query, key, value, kept, output, weights, scale=scale, with_mask=with_mask, mask=mask
        )
        return *gradients, None

    return (output, weights), vjp


@attend.composite
def _composed(query: Array, key: Array, value: Array, mask: Array = None, kept: Array = None, *, scale: float) -> Any:
    """Return the same as `attend`, in functions that have derivatives of every order."""
    scores = (query * scale) @ key.mT  # (..., T, S)
    scores = scores if mask is None else scores + mask
    e = np.exp(scores - _finite_max(scores))
    total = e.sum(axis=-1, keepdims=True)  # (..., T, 1)
    weights = e / (total + (total == 0))
    return (weights if kept is None else weights * kept) @ value, weights  # (..., T, V), (..., T, S)


@nondifferentiable
def _finite_max(scores: Array) -> Array:
    """Return the maximum of each row, or the least finite number where all are minus infinity, as a constant."""
    return scores.max(axis=-1, keepdims=True, initial=np.finfo(scores.dtype).min)


def sinusoidal_encoding(length: int, dim: int, max_wavelength: float = 10000.0, dtype: Any = None) -> Any:
    """Return a pattern of waves that tells positions apart: a row for each position.

    ``encoding[t, 2 * i] = sin(t / max_wavelength ** (2 * i / dim))``, and its cosine in ``encoding[t, 2 * i + 1]``

    Parameters
    ----------
    length : int
        Number of positions.
    dim : int
        Features of a position.
    max_wavelength : float, default 10000.0
        The slowest wave is almost 2 * pi times as long.
    dtype : dtype, optional
        The default dtype unless given.

    Returns
    -------
    array, shape (length, dim)

    Raises
    ------
    ValueError
        If `length` or `dim` is negative, or `max_wavelength` is not positive.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", 2017.

    Examples
    --------
    >>> import nnlite.functional as F
    >>> F.sinusoidal_encoding(2, 4).round(3)
    array([[0.   , 1.   , 0.   , 1.   ],
           [0.841, 0.54 , 0.01 , 1.   ]], dtype=float32)
    """
    if length < 0 or dim < 0:
        raise ValueError(f"sinusoidal_encoding expected length and dim >= 0, got {length=}, {dim=}")
    half = -(-dim // 2)
    angles = _angles(np.arange(length), half, dim, max_wavelength)  # (length, half)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1)  # (length, half, 2)
    return waves.reshape(length, 2 * half)[:, :dim].astype(dtype or default_dtype())  # (length, dim)


def rotary_embedding(
    x: Array, positions: Any = None, max_wavelength: float = 10000.0, interleaved: bool = False
) -> Any:
    """Turn pairs of features by angles that grow with the position: products then depend on distances only.

    Pair number i at position t is turned by ``t / max_wavelength ** (2 * i / D)``. Turn queries and keys, after their
    projection and before `scaled_dot_product_attention`.

    Parameters
    ----------
    x : Tensor or array, shape (..., T, D)
        Queries or keys; D is even.
    positions : array, broadcastable to (..., T), optional
        0 to T - 1 by default; give others where a sequence is continued.
    max_wavelength : float, default 10000.0
        The slowest pair turns round in almost 2 * pi times as many positions.
    interleaved : bool, default False
        Whether the pairs are neighbours, features 2 * i and 2 * i + 1, as in the paper, and not i and i + D / 2, as
        in most models since.

    Returns
    -------
    Tensor or array of the shape of x

    Raises
    ------
    ValueError
        If x has fewer than two axes or D is odd, or the positions do not fit.

    References
    ----------
    J. Su, Y. Lu, S. Pan, A. Murtadha, B. Wen, Y. Liu, "RoFormer: enhanced transformer with rotary position embedding",
    2021.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.rotary_embedding(np.array([[1.0, 0.0], [1.0, 0.0]])).round(3)
    array([[1.   , 0.   ],
           [0.54 , 0.841]])
    """
    x = as_floating(x)
    if x.ndim < 2 or x.shape[-1] % 2:
        raise ValueError(f"rotary_embedding() takes x of shape (..., T, D) with an even D, got {x.shape}")
    positions = np.arange(x.shape[-2]) if positions is None else np.asarray(positions)
    if not _broadcasts_to(positions.shape, x.shape[:-1]):
        raise ValueError(f"rotary_embedding() got positions of shape {positions.shape} for x of shape {x.shape}")
    angles = _angles(positions, x.shape[-1] // 2, x.shape[-1], max_wavelength)  # (..., T, D / 2)
    angles = np.repeat(angles, 2, axis=-1) if interleaved else np.concatenate([angles, angles], axis=-1)  # (..., T, D)
    return _rotated(x, np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype), interleaved=interleaved)


@differentiable
def _rotated(x: Array, cosine: Array, sine: Array, *, interleaved: bool) -> Array:
    """Turn the pairs of x; turning back is the transpose, hence the gradient."""
    shape, half = x.shape, x.shape[-1] // 2
    pairs, axis = ((*shape[:-1], half, 2), -1) if interleaved else ((*shape[:-1], 2, half), -2)

    def quarter_turn(a: Array) -> Array:  # (first, second) -> (-second, first)
        first, second = np.split(a.reshape(pairs), 2, axis=axis)
        return np.concatenate([-second, first], axis=axis).reshape(shape)

    return x * cosine + quarter_turn(x) * sine, (lambda g: g * cosine - quarter_turn(g * sine), None, None)


def _angles(positions: Array, count: int, dim: int, max_wavelength: float) -> Array:
    """Return positions times the frequencies of `count` waves, in float64: shape (*positions, count)."""
    if not max_wavelength > 0:
        raise ValueError(f"expected max_wavelength > 0, got {max_wavelength!r}")
    return positions[..., None] * max_wavelength ** (-2 * np.arange(count) / max(dim, 1))


def _common_batch(query: tuple[int, ...], key: tuple[int, ...], value: tuple[int, ...]) -> tuple[int, ...]:
    """Check that the shapes fit, and return their leading axes broadcast together."""
    fits = min(len(query), len(key), len(value)) >= 2 and query[-1] == key[-1] and key[-2] == value[-2]
    try:
        batch = np.broadcast_shapes(query[:-2], key[:-2], value[:-2])
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            "scaled_dot_product_attention() takes query (..., T, D), key (..., S, D) and value (..., S, V) whose "
            f"leading axes broadcast, got {query}, {key} and {value}"
        )
    return batch


def _additive_mask(mask: Any, is_causal: bool, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Return what is added to the scores of this shape, minus infinity where a query may not attend; or None."""
    allowed = np.tril(np.ones(shape[-2:], bool)) if is_causal else None  # (T, S)
    if mask is None:
        return None if allowed is None else _hide(allowed, dtype)
    mask = as_mask(mask)
    if not _broadcasts_to(mask.shape, shape):
        raise ValueError(
            f"scaled_dot_product_attention() expected a mask that broadcasts to {shape}, got shape {mask.shape}"
        )
    if mask.dtype.kind not in "bf":
        raise TypeError(
            "scaled_dot_product_attention() takes a mask of booleans (True: attend) or of floating numbers to add, "
            f"got {mask.dtype}"
        )
    if mask.dtype.kind == "b":
        return _hide(mask if allowed is None else mask & allowed, dtype)
    mask = mask if mask.dtype == dtype else mask.astype(dtype)
    return mask if allowed is None else mask + _hide(allowed, dtype)


def as_mask(mask: Any) -> Any:
    """Return a mask as an array, or as the Tensor that it is if it wants a gradient."""
    if isinstance(mask, Tensor):
        return mask if mask.requires_grad else mask.data
    return np.asarray(mask)


def _hide(allowed: Array, dtype: np.dtype[Any]) -> Array:
    """Return 0 where attention is allowed and minus infinity elsewhere."""
    return np.where(allowed, dtype.type(0), dtype.type(-math.inf))


def _broadcasts_to(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Say whether an array of this shape can be repeated to the wanted one."""
    return len(shape) <= len(wanted) and all(n in (1, m) for n, m in zip(shape[::-1], wanted[::-1], strict=False))
