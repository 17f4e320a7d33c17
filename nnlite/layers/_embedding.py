"""Embedding: a vector for each index."""

from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite import constraints, initializers, regularizers
from nnlite.autograd import Tensor
from nnlite.layers._checks import positive_int
from nnlite.layers._mask import remember_mask
from nnlite.layers._module import Module, Shape

__all__ = ["Embedding"]


class Embedding(Module):
    """Turn indices (words, categories) into trained vectors: the rows of a matrix.

    Parameters
    ----------
    input_dim : int
        Number of indices: they run from 0 to input_dim - 1.
    output_dim : int
        Length of the vectors.
    embeddings_initializer : default "uniform"
    embeddings_regularizer, embeddings_constraint : str or callable, optional
    mask_zero : bool, default False
        Whether index 0 is padding. The output then has a mask, by which the layers behind it and the loss pass over
        the padded steps.
    weights : array_like, shape (input_dim, output_dim), optional
        First values, instead of the initializer's: vectors that were trained elsewhere, say.

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not hold whole numbers.
    IndexError
        If an input holds an index out of range.

    References
    ----------
    Bengio, Y., Ducharme, R., Vincent, P. and Jauvin, C., "A neural probabilistic language model", 2003.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> embedding = nl.layers.Embedding(1000, 64, mask_zero=True)
    >>> embedding(np.array([[4, 10, 0], [7, 0, 0]])).shape
    (2, 3, 64)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.input_dim = positive_int("Embedding", "input_dim", input_dim)
        self.output_dim = positive_int("Embedding", "output_dim", output_dim)
        self.embeddings_initializer, self.mask_zero = embeddings_initializer, mask_zero
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        super().__init__(input_shape, name)
        self._initializer = initializers.get(embeddings_initializer)
        if weights is not None:
            if np.shape(weights) != (input_dim, output_dim):
                raise ValueError(
                    f"Embedding expected weights of shape {(input_dim, output_dim)}, got shape {np.shape(weights)}"
                )
            self._initializer = initializers.Constant(np.array(weights))
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain types, without the first values."""
        return {**super().get_config(), "weights": None}

    def build(self, input_shape: Shape) -> None:
        """Make embeddings (input_dim, output_dim)."""
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self._initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )
        self.built = True

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors of the indices, of shape (*x.shape, output_dim)."""
        indices = x.data
        if indices.dtype.kind not in "iu":
            indices = indices.astype(np.int64)
            if not np.array_equal(indices, x.data):
                raise ValueError(f"{self.label} expected whole numbers, got an input of shape {x.shape} with others")
        y: Tensor = F.embedding(indices, self.embeddings)
        if self.mask_zero:
            remember_mask(y, indices != 0)
        return y
