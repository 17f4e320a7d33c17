"""Layers that only change the shape."""

import math
from typing import Any

import numpy as np

from nnlite.autograd import Tensor
from nnlite.layers._checks import check_rank, positive_int
from nnlite.layers._layout import check_data_format
from nnlite.layers._module import Module, Shape

__all__ = ["Flatten", "Permute", "RepeatVector", "Reshape"]


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

    flattened_shape: Shape | None = None  # of a sample at the last call, channels last: what `io.from_torch` goes by

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
        self.flattened_shape = x.shape[1:]
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


class Permute(Module):
    """Put the axes of each sample in another order.

    Parameters
    ----------
    dims : tuple of int
        The axes in their new order; they count from 1, the batch axis stays in front.

    Raises
    ------
    ValueError
        If `dims` is no order of 1, 2, ..., or an input has another number of axes.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.Permute((2, 1))(np.zeros((4, 10, 64))).shape
    (4, 64, 10)
    """

    def __init__(self, dims: Any, input_shape: Shape | None = None, name: str | None = None) -> None:
        order = tuple(dims) if isinstance(dims, (tuple, list)) else ()
        if not order or sorted(order) != list(range(1, len(order) + 1)):
            raise ValueError(f"Permute expected an order of the axes 1, 2, ..., got dims={dims!r}")
        self.dims = order
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with its axes in the new order."""
        if x.ndim != len(self.dims) + 1:
            raise ValueError(
                f"{self.label} expected an input of {len(self.dims) + 1} axes, got an input of shape {x.shape}"
            )
        return x.transpose(0, *self.dims)


class RepeatVector(Module):
    """Make a sequence of n equal steps of each vector.

    Parameters
    ----------
    n : int
        Number of steps.

    Raises
    ------
    ValueError
        If `n` is no positive integer, or an input has not two axes.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.RepeatVector(3)(np.zeros((4, 8))).shape
    (4, 3, 8)
    """

    def __init__(self, n: int, input_shape: Shape | None = None, name: str | None = None) -> None:
        self.n = positive_int("RepeatVector", "n", n)
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return x (batch, features) as (batch, n, features)."""
        check_rank(self, x, 2, "(batch, features)")
        return x[:, None].repeat(self.n, 1)
