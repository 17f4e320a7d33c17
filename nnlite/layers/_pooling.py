"""Pooling layers."""

from abc import ABC, abstractmethod
from typing import Any

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._windows import Size, per_axis
from nnlite.layers._checks import check_rank
from nnlite.layers._layout import axes_of, check_data_format, to_channels_first, to_channels_last
from nnlite.layers._module import Module, Shape

__all__ = ["AvgPool2D", "MaxPool2D"]


class _Pool2D(Module, ABC):
    """What pooling layers of images share: their arguments and their layouts.

    Parameters
    ----------
    pool_size : int or pair, default (2, 2)
        Height and width of the window.
    strides : int or pair, optional
        Step of the window; by default the pool size.
    padding : {"valid", "same"} or any padding of `functional.conv2d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).
    """

    def __init__(
        self,
        pool_size: int | Size = (2, 2),
        strides: int | Size | None = None,
        padding: Any = "valid",
        data_format: str = "channels_last",
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.pool_size = per_axis("pool_size", pool_size, 2)
        self.strides = None if strides is None else per_axis("strides", strides, 2)
        if isinstance(padding, str) and padding not in ("valid", "same"):
            raise ValueError(
                f'{type(self).__name__} expected padding "valid" or "same", numbers or pairs, got padding={padding!r}'
            )
        self.padding, self.data_format = padding, check_data_format(type(self).__name__, data_format)
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return the pooled images."""
        first = self.data_format == "channels_first"
        check_rank(self, x, 4, axes_of(2, self.data_format))
        y = self._pool(to_channels_last(x) if first else x)
        return to_channels_first(y) if first else y

    @abstractmethod
    def _pool(self, x: Tensor) -> Tensor:
        """Pool images with channels last."""


class MaxPool2D(_Pool2D):
    """Keep the largest value of each window.

    Parameters
    ----------
    pool_size : int or pair, default (2, 2)
        Height and width of the window.
    strides : int or pair, optional
        Step of the window; by default the pool size.
    padding : {"valid", "same"} or any padding of `functional.conv2d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.MaxPool2D((2, 2))(np.zeros((4, 26, 26, 32))).shape
    (4, 13, 13, 32)
    """

    def _pool(self, x: Tensor) -> Tensor:
        pooled: Tensor = F.max_pool2d(x, self.pool_size, self.strides, self.padding)
        return pooled


class AvgPool2D(_Pool2D):
    """Take the mean of each window; padding does not count.

    Parameters
    ----------
    pool_size : int or pair, default (2, 2)
        Height and width of the window.
    strides : int or pair, optional
        Step of the window; by default the pool size.
    padding : {"valid", "same"} or any padding of `functional.conv2d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.AvgPool2D((2, 2))(np.zeros((4, 26, 26, 32))).shape
    (4, 13, 13, 32)
    """

    def _pool(self, x: Tensor) -> Tensor:
        pooled: Tensor = F.avg_pool2d(x, self.pool_size, self.strides, self.padding)
        return pooled
