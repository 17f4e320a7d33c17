"""Layers that only change the shape."""

import math
from typing import Any

import numpy as np

from nnlite.autograd import Tensor
from nnlite.layers._layout import check_data_format
from nnlite.layers._module import Module, Shape

__all__ = ["Flatten", "Reshape"]


class Flatten(Module):
    """Put all axes but the batch into one.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        With "channels_first" the channels are moved last before they are flattened, as in Keras, so that a model
        gives the same features in both layouts.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.Flatten()(np.zeros((4, 3, 3, 66))).shape
    (4, 594)
    """

    def __init__(
        self, data_format: str = "channels_last", input_shape: Shape | None = None, name: str | None = None
    ) -> None:
        self.data_format = check_data_format("Flatten", data_format)
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return x as (batch, features)."""
        if not x.ndim:
            raise ValueError(f"{self.label} expected an input with a batch axis, got an input of shape ()")
        if self.data_format == "channels_first" and x.ndim > 2:
            x = x.transpose(0, *range(2, x.ndim), 1)
        return x.reshape(x.shape[0], math.prod(x.shape[1:]))


class Reshape(Module):
    """Give each sample another shape.

    Parameters
    ----------
    target_shape : tuple of int
        The new shape, without the batch axis; one -1 is worked out.

    Raises
    ------
    ValueError
        If the number of elements differs.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.Reshape((7, 7, -1))(np.zeros((4, 98))).shape
    (4, 7, 7, 2)
    """

    def __init__(self, target_shape: Any, input_shape: Shape | None = None, name: str | None = None) -> None:
        sizes = tuple(target_shape) if isinstance(target_shape, (tuple, list)) else (None,)
        if sizes.count(-1) > 1 or not all(isinstance(n, (int, np.integer)) and (n > 0 or n == -1) for n in sizes):
            raise ValueError(
                f"Reshape expected a tuple of positive sizes, with at most one -1, got target_shape={target_shape!r}"
            )
        self.target_shape = sizes
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return x as (batch, *target_shape)."""
        size, known = math.prod(x.shape[1:]), abs(math.prod(self.target_shape))
        fits = size % known == 0 if -1 in self.target_shape else size == known
        if not x.ndim or not fits:
            raise ValueError(
                f"{self.label} cannot hold the {size} elements of each sample, got an input of shape {x.shape}"
            )
        return x.reshape(x.shape[0], *(size // known if n == -1 else n for n in self.target_shape))
