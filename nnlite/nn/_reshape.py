"""Modules that change shapes only."""

from nnlite.autograd import Tensor
from nnlite.layers import Module

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Make one axis of the axes from `start_dim` to `end_dim`, both counted.

    Parameters
    ----------
    start_dim : int, default 1
    end_dim : int, default -1

    Raises
    ------
    ValueError
        When called, if the axes are not there or end before they start.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.Flatten()(np.zeros((2, 3, 4, 5))).shape
    (2, 60)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Tensor) -> Tensor:
        """Return x with the axes joined."""
        start, end = (dim + x.ndim if dim < 0 else dim for dim in (self.start_dim, self.end_dim))
        if not 0 <= start <= end < x.ndim:
            raise ValueError(
                f"{self.label} cannot join the axes from {self.start_dim} to {self.end_dim} of an input of shape "
                f"{x.shape}"
            )
        joined = 1
        for n in x.shape[start : end + 1]:
            joined *= n
        return x.reshape(*x.shape[:start], joined, *x.shape[end + 1 :])


class Unflatten(Module):
    """Make several axes of one.

    Parameters
    ----------
    dim : int
        The axis.
    unflattened_size : tuple of int
        The axes in its place; one of them may be -1, what is left.

    Raises
    ------
    ValueError
        When called, if the axis is not there or its length does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.Unflatten(1, (2, 3))(np.zeros((4, 6))).shape
    (4, 2, 3)
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with the axis cut up."""
        dim = self.dim + x.ndim if self.dim < 0 else self.dim
        known = 1
        for n in self.unflattened_size:
            known *= n if n != -1 else 1
        open_axes = self.unflattened_size.count(-1)
        fits = 0 <= dim < x.ndim and (
            (open_axes == 1 and known and x.shape[dim] % known == 0) or (open_axes == 0 and x.shape[dim] == known)
        )
        if not fits:
            raise ValueError(
                f"{self.label} cannot cut axis {self.dim} of an input of shape {x.shape} into {self.unflattened_size}"
            )
        sizes = [x.shape[dim] // known if n == -1 else n for n in self.unflattened_size]
        return x.reshape(*x.shape[:dim], *sizes, *x.shape[dim + 1 :])
