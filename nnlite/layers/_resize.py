"""Layers that make sequences and images larger or smaller: by repeating, interpolating, padding, cutting."""

from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._windows import Size, per_axis
from nnlite.layers._checks import check_rank, positive_int
from nnlite.layers._layout import axes_of, check_data_format, to_channels_first, to_channels_last
from nnlite.layers._module import Module, Shape

__all__ = ["Cropping2D", "UpSampling1D", "UpSampling2D", "ZeroPadding1D", "ZeroPadding2D"]

Sides = int | tuple[int | tuple[int, int], ...]


class UpSampling1D(Module):
    """Repeat each step of sequences (N, L, C).

    Parameters
    ----------
    size : int, default 2
        How often.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.UpSampling1D(3)(np.zeros((4, 5, 2))).shape
    (4, 15, 2)
    """

    def __init__(self, size: int = 2, input_shape: Shape | None = None, name: str | None = None) -> None:
        self.size = positive_int("UpSampling1D", "size", size)
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return the longer sequences."""
        check_rank(self, x, 3, axes_of(1))
        y: Tensor = F.upsample(x, self.size)
        return y


class UpSampling2D(Module):
    """Make images larger, by repeating rows and columns or by interpolation.

    Parameters
    ----------
    size : int or pair, default (2, 2)
        How often rows and columns are repeated.
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).
    interpolation : {"nearest", "bilinear"}, default "nearest"
        Bilinear as in `functional.upsample` without aligned corners.

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.UpSampling2D((2, 3), interpolation="bilinear")(np.zeros((4, 5, 6, 2))).shape
    (4, 10, 18, 2)
    """

    def __init__(
        self,
        size: int | Size = (2, 2),
        data_format: str = "channels_last",
        interpolation: str = "nearest",
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.size = per_axis("size", size, 2)
        self.data_format = check_data_format("UpSampling2D", data_format)
        if interpolation not in ("nearest", "bilinear"):
            raise ValueError(f'UpSampling2D expected interpolation "nearest" or "bilinear", got {interpolation!r}')
        self.interpolation = interpolation
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return the larger images."""
        first = self.data_format == "channels_first"
        check_rank(self, x, 4, axes_of(2, self.data_format))
        y: Tensor = F.upsample(to_channels_last(x) if first else x, self.size, mode=self.interpolation)
        return to_channels_first(y) if first else y


class ZeroPadding1D(Module):
    """Put zeros before and after sequences.

    Parameters
    ----------
    padding : int or pair, default 1
        Zeros at both ends, or (before, after).
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether sequences are (N, L, C) or (N, C, L).

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.ZeroPadding1D((1, 0))(np.ones((1, 2, 1))).numpy().ravel()
    array([0., 1., 1.])
    """

    def __init__(
        self,
        padding: int | tuple[int, int] = 1,
        data_format: str = "channels_last",
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.padding, self.data_format = padding, check_data_format("ZeroPadding1D", data_format)
        (self._sides,) = _sides("ZeroPadding1D", "padding", (padding,), 1)
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return the longer sequences."""
        check_rank(self, x, 3, axes_of(1, self.data_format))
        none = (0, 0)
        around = (none, none, self._sides) if self.data_format == "channels_first" else (none, self._sides, none)
        y: Tensor = F.pad(x, around)
        return y


class ZeroPadding2D(Module):
    """Put zeros around images.

    Parameters
    ----------
    padding : int, pair or pair of pairs, default (1, 1)
        Zeros on all sides; above and below and left and right; or ((above, below), (left, right)).
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.ZeroPadding2D(((1, 0), (2, 2)))(np.zeros((4, 5, 6, 2))).shape
    (4, 6, 10, 2)
    """

    def __init__(
        self,
        padding: Sides = (1, 1),
        data_format: str = "channels_last",
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.padding, self.data_format = padding, check_data_format("ZeroPadding2D", data_format)
        self._sides = _sides("ZeroPadding2D", "padding", padding, 2)
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return the larger images."""
        check_rank(self, x, 4, axes_of(2, self.data_format))
        none = (0, 0)
        around = (none, none, *self._sides) if self.data_format == "channels_first" else (none, *self._sides, none)
        y: Tensor = F.pad(x, around)
        return y


class Cropping2D(Module):
    """Cut rows and columns off the sides of images.

    Parameters
    ----------
    cropping : int, pair or pair of pairs, default ((0, 0), (0, 0))
        What is cut on all sides; above and below and left and right; or ((above, below), (left, right)).
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).

    Raises
    ------
    ValueError
        If an argument is out of range, or nothing is left of an input.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.Cropping2D(((1, 0), (2, 2)))(np.zeros((4, 5, 6, 2))).shape
    (4, 4, 2, 2)
    """

    def __init__(
        self,
        cropping: Sides = ((0, 0), (0, 0)),
        data_format: str = "channels_last",
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.cropping, self.data_format = cropping, check_data_format("Cropping2D", data_format)
        self._sides = _sides("Cropping2D", "cropping", cropping, 2)
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return the smaller images."""
        check_rank(self, x, 4, axes_of(2, self.data_format))
        at = 2 if self.data_format == "channels_first" else 1
        sizes = x.shape[at : at + 2]
        if any(before + after >= n for n, (before, after) in zip(sizes, self._sides, strict=True)):
            raise ValueError(f"{self.label} expected something to be left of an input of shape {x.shape}")
        kept = (slice(before, n - after) for n, (before, after) in zip(sizes, self._sides, strict=True))
        return x[(slice(None),) * at + tuple(kept)]


def _sides(layer: str, argument: str, value: Any, axes: int) -> tuple[tuple[int, int], ...]:
    """Return how much there is (before, after) along each axis."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    sides = [tuple(side) if isinstance(side, (tuple, list)) else (side, side) for side in values]
    if [len(side) for side in sides] != [2] * axes or not all(
        isinstance(n, (int, np.integer)) and n >= 0 for side in sides for n in side
    ):
        forms = "an int >= 0 or a pair" if axes == 1 else "an int >= 0, a pair or a pair of pairs"
        shown = value[0] if axes == 1 else value
        raise ValueError(f"{layer} expected {argument} to be {forms}, got {argument}={shown!r}")
    return tuple((int(before), int(after)) for before, after in sides)
