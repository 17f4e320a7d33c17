"""Embedding: a vector for each index."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import nnlite.nn.functional as F
from nnlite import random
from nnlite.autograd import Parameter, Tensor, default_dtype
from nnlite.layers import Module
from nnlite.layers._checks import positive_int

__all__ = ["Embedding"]


class Embedding(Module):
    """Turn indices into trained vectors: the rows of a matrix.

    Parameters
    ----------
    num_embeddings : int
        Number of indices: they run from 0 to num_embeddings - 1.
    embedding_dim : int
        Length of the vectors.
    padding_idx : int, optional
        The vector of this index starts as zeros and is not trained; negative numbers count from the end.
    max_norm : float, optional
        Vectors that are asked for are shortened to at most this norm.
    norm_type : float, default 2
        Which norm.
    scale_grad_by_freq : bool, default False
        Divide the gradient of a vector by how often it is asked for in a batch.
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight : Parameter, shape (num_embeddings, embedding_dim)
        It starts from the standard normal distribution.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.Embedding(10, 3, padding_idx=0)(np.array([[1, 2, 0]])).shape
    (1, 3, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = positive_int("Embedding", "num_embeddings", num_embeddings)
        self.embedding_dim = positive_int("Embedding", "embedding_dim", embedding_dim)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"Embedding expected padding_idx from {-num_embeddings} to {num_embeddings - 1}, got {padding_idx=}"
            )
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm, self.norm_type, self.scale_grad_by_freq = max_norm, norm_type, scale_grad_by_freq
        values = random.generator().standard_normal((num_embeddings, embedding_dim))
        self.weight = Parameter(values.astype(np.dtype(dtype or default_dtype())))
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None) -> Embedding:
        """Make an Embedding of given vectors (num_embeddings, embedding_dim), by default not to be trained."""
        given = embeddings.data if isinstance(embeddings, Tensor) else np.asarray(embeddings)
        rows, length = given.shape
        made = cls(rows, length, padding_idx, dtype=given.dtype)
        made.weight.data = given.copy()
        return made.requires_grad_(not freeze)

    def forward(self, input: Tensor) -> Any:
        """Return the vectors of the indices, of shape (*input.shape, embedding_dim)."""
        return F.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq)
