"""Embedding: rows of a matrix by their numbers."""

from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.autograd._recording import Array

__all__ = ["embedding"]


def embedding(
    input: Any,
    weight: Array,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
) -> Any:
    """Return the rows of `weight` that `input` numbers.

    Parameters
    ----------
    input : array of int, shape (...)
    weight : Tensor or array, shape (size, dim)
    padding_idx : int, optional
        This row gets no gradient; negative numbers count from the end.
    max_norm : float, optional
        Shorten the rows that are asked for, in `weight` itself, to at most this norm.
    norm_type : float, default 2
        Which norm.
    scale_grad_by_freq : bool, default False
        Divide the gradient of a row by how often `input` numbers it.

    Returns
    -------
    Tensor or array, shape (..., dim)

    Raises
    ------
    ValueError
        If `padding_idx` is out of range.

    Examples
    --------
    >>> import nnlite as nl, nnlite.nn.functional as F
    >>> weight = nl.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> F.embedding([0, 1, 1], weight, padding_idx=0).sum().backward()
    >>> weight.grad
    array([[0., 0.],
           [2., 2.]], dtype=float32)
    """
    size, indices = weight.shape[0], input.data if isinstance(input, Tensor) else np.asarray(input)
    if padding_idx is not None and not -size <= padding_idx < size:
        raise ValueError(f"embedding() expected padding_idx from {-size} to {size - 1}, got padding_idx={padding_idx}")
    if max_norm is not None:
        _shorten(weight, indices, max_norm, norm_type)
    rows = F.embedding(indices, weight)
    if not isinstance(rows, Tensor) or (padding_idx is None and not scale_grad_by_freq):
        return rows
    share = np.ones(indices.shape, rows.dtype)
    if scale_grad_by_freq:
        share /= np.bincount(indices.ravel(), minlength=size)[indices]
    if padding_idx is not None:
        share[indices == padding_idx % size] = 0
    fixed = rows.data
    return fixed + (rows - fixed) * share[..., None]  # the rows, with a share of their gradient


def _shorten(weight: Array, indices: Array, max_norm: float, norm_type: float) -> None:
    """Scale rows of `weight` that are longer than `max_norm`, in place."""
    data = weight.data if isinstance(weight, Tensor) else weight
    used = np.unique(indices)
    norms = np.linalg.norm(data[used], norm_type, axis=1)
    long = norms > max_norm
    if long.any():
        data[used[long]] *= (max_norm / (norms[long] + 1e-7))[:, None].astype(data.dtype)
        if isinstance(weight, Tensor):
            weight.bump_version()
