"""Pooling to a given output size."""

from abc import ABC
from collections.abc import Callable
from typing import Any, ClassVar

import nnlite.nn.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._adaptive import OutputSize, check_output_size
from nnlite.layers import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
]


class _AdaptiveAvgPool(Module, ABC):
    """What the adaptive means share: all but the number of axes."""

    spatial: ClassVar[int]
    function: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        check_output_size(type(self).__name__, output_size, self.spatial)
        self.output_size = output_size

    def forward(self, x: Tensor) -> Tensor:
        """Return the means."""
        y: Tensor = type(self).function(x, self.output_size)
        return y


class _AdaptiveMaxPool(Module, ABC):
    """What the adaptive maxima share: all but the number of axes."""

    spatial: ClassVar[int]
    function: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        super().__init__()
        check_output_size(type(self).__name__, output_size, self.spatial)
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, x: Tensor) -> Any:
        """Return the maxima, and where they are if that is asked for."""
        return type(self).function(x, self.output_size, self.return_indices)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Take means of sequences (N, C, L) or (C, L) in as many windows as the output has.

    Parameters
    ----------
    output_size : int or None
        Length of the output; None keeps that of the input.

    Raises
    ------
    ValueError
        If a size is not positive, or an input has another rank.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.AdaptiveAvgPool1d(5)(np.zeros((4, 3, 12))).shape
    (4, 3, 5)
    """

    spatial, function = 1, staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Take means of images (N, C, H, W) or (C, H, W) in as many windows as the output has.

    Parameters
    ----------
    output_size : int, or pair of int or None
        Rows and columns of the output; None keeps those of the input.

    Raises
    ------
    ValueError
        If a size is not positive, or an input has another rank.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.AdaptiveAvgPool2d(5)(np.zeros((4, 3, 12, 12))).shape
    (4, 3, 5, 5)
    """

    spatial, function = 2, staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Take means of volumes (N, C, D, H, W) or (C, D, H, W) in as many windows as the output has.

    Parameters
    ----------
    output_size : int, or three of int or None
        Sizes of the output; None keeps that of the input.

    Raises
    ------
    ValueError
        If a size is not positive, or an input has another rank.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.AdaptiveAvgPool3d(5)(np.zeros((4, 3, 12, 12, 12))).shape
    (4, 3, 5, 5, 5)
    """

    spatial, function = 3, staticmethod(F.adaptive_avg_pool3d)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Keep the largest values of sequences (N, C, L) or (C, L) in as many windows as the output has.

    Parameters
    ----------
    output_size : int or None
        Length of the output; None keeps that of the input.
    return_indices : bool, default False
        Whether to return where the maxima are, too, counted through all spatial axes.

    Raises
    ------
    ValueError
        If a size is not positive, or an input has another rank.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.AdaptiveMaxPool1d(5)(np.zeros((4, 3, 12))).shape
    (4, 3, 5)
    """

    spatial, function = 1, staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Keep the largest values of images (N, C, H, W) or (C, H, W) in as many windows as the output has.

    Parameters
    ----------
    output_size : int, or pair of int or None
        Rows and columns of the output; None keeps those of the input.
    return_indices : bool, default False
        Whether to return where the maxima are, too, counted through all spatial axes.

    Raises
    ------
    ValueError
        If a size is not positive, or an input has another rank.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.AdaptiveMaxPool2d(5)(np.zeros((4, 3, 12, 12))).shape
    (4, 3, 5, 5)
    """

    spatial, function = 2, staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Keep the largest values of volumes (N, C, D, H, W) or (C, D, H, W) in as many windows as the output has.

    Parameters
    ----------
    output_size : int, or three of int or None
        Sizes of the output; None keeps that of the input.
    return_indices : bool, default False
        Whether to return where the maxima are, too, counted through all spatial axes.

    Raises
    ------
    ValueError
        If a size is not positive, or an input has another rank.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.AdaptiveMaxPool3d(5)(np.zeros((4, 3, 12, 12, 12))).shape
    (4, 3, 5, 5, 5)
    """

    spatial, function = 3, staticmethod(F.adaptive_max_pool3d)
