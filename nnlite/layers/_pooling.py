"""Pooling layers: the largest value or the mean of each window."""

from abc import ABC, abstractmethod
from typing import ClassVar

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._windows import PaddingLike, Size, per_axis
from nnlite.layers._checks import check_rank
from nnlite.layers._layout import axes_of, check_data_format, to_channels_first, to_channels_last
from nnlite.layers._module import Module, Shape

__all__ = ["AvgPool1D", "AvgPool2D", "AvgPool3D", "MaxPool1D", "MaxPool2D", "MaxPool3D"]


class _Pool(Module, ABC):
    """What pooling layers share: their arguments and their layouts."""

    spatial: ClassVar[int]

    def __init__(
        self,
        pool_size: int | Size,
        strides: int | Size | None,
        padding: PaddingLike,
        data_format: str,
        input_shape: Shape | None,
        name: str | None,
    ) -> None:
        kind = type(self).__name__
        self.pool_size = self._per_axis("pool_size", pool_size)
        self.strides = None if strides is None else self._per_axis("strides", strides)
        if isinstance(padding, str) and padding not in ("valid", "same"):
            raise ValueError(f'{kind} expected padding "valid" or "same", numbers or pairs, got padding={padding!r}')
        self.padding, self.data_format = padding, check_data_format(kind, data_format)
        super().__init__(input_shape, name)

    def _per_axis(self, name: str, value: int | Size) -> int | Size:
        """Return a number for each spatial axis, or the number for the only one."""
        numbers = per_axis(name, value, self.spatial)
        return numbers[0] if self.spatial == 1 else numbers

    def forward(self, x: Tensor) -> Tensor:
        """Return the pooled input."""
        first = self.data_format == "channels_first"
        check_rank(self, x, self.spatial + 2, axes_of(self.spatial, self.data_format))
        y = self._pool(to_channels_last(x) if first else x)
        return to_channels_first(y) if first else y

    @abstractmethod
    def _pool(self, x: Tensor) -> Tensor:
        """Pool an input with channels last."""


class _Pool1D(_Pool):
    """What pooling layers of sequences share."""

    spatial = 1

    def __init__(
        self,
        pool_size: int | Size = 2,
        strides: int | Size | None = None,
        padding: PaddingLike = "valid",
        data_format: str = "channels_last",
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, input_shape, name)


class _Pool2D(_Pool):
    """What pooling layers of images share."""

    spatial = 2

    def __init__(
        self,
        pool_size: int | Size = (2, 2),
        strides: int | Size | None = None,
        padding: PaddingLike = "valid",
        data_format: str = "channels_last",
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, input_shape, name)


class _Pool3D(_Pool):
    """What pooling layers of volumes share."""

    spatial = 3

    def __init__(
        self,
        pool_size: int | Size = (2, 2, 2),
        strides: int | Size | None = None,
        padding: PaddingLike = "valid",
        data_format: str = "channels_last",
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, input_shape, name)


class MaxPool1D(_Pool1D):
    """Keep the largest value of each window of sequences.

    Parameters
    ----------
    pool_size : int or tuple of one, default 2
        Length of the window.
    strides : int or tuple of one, optional
        Step of the window; by default the pool size.
    padding : {"valid", "same"} or any padding of `functional.max_pool1d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether sequences are (N, L, C) or (N, C, L).

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.MaxPool1D(3)(np.zeros((4, 12, 8))).shape
    (4, 4, 8)
    """

    def _pool(self, x: Tensor) -> Tensor:
        pooled: Tensor = F.max_pool1d(x, self.pool_size, self.strides, self.padding)
        return pooled


class MaxPool2D(_Pool2D):
    """Keep the largest value of each window.

    Parameters
    ----------
    pool_size : int or pair, default (2, 2)
        Height and width of the window.
    strides : int or pair, optional
        Step of the window; by default the pool size.
    padding : {"valid", "same"} or any padding of `functional.max_pool2d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.MaxPool2D((2, 2))(np.zeros((4, 26, 26, 32))).shape
    (4, 13, 13, 32)
    """

    def _pool(self, x: Tensor) -> Tensor:
        pooled: Tensor = F.max_pool2d(x, self.pool_size, self.strides, self.padding)
        return pooled


class MaxPool3D(_Pool3D):
    """Keep the largest value of each window of volumes.

    Parameters
    ----------
    pool_size : int or three of them, default (2, 2, 2)
        Depth, height and width of the window.
    strides : int or three of them, optional
        Step of the window; by default the pool size.
    padding : {"valid", "same"} or any padding of `functional.max_pool3d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether volumes are (N, D, H, W, C) or (N, C, D, H, W).

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.MaxPool3D((1, 2, 2))(np.zeros((4, 3, 8, 8, 2))).shape
    (4, 3, 4, 4, 2)
    """

    def _pool(self, x: Tensor) -> Tensor:
        pooled: Tensor = F.max_pool3d(x, self.pool_size, self.strides, self.padding)
        return pooled


class AvgPool1D(_Pool1D):
    """Take the mean of each window of sequences; padding does not count.

    Parameters
    ----------
    pool_size : int or tuple of one, default 2
        Length of the window.
    strides : int or tuple of one, optional
        Step of the window; by default the pool size.
    padding : {"valid", "same"} or any padding of `functional.avg_pool1d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether sequences are (N, L, C) or (N, C, L).

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.AvgPool1D(3)(np.zeros((4, 12, 8))).shape
    (4, 4, 8)
    """

    def _pool(self, x: Tensor) -> Tensor:
        pooled: Tensor = F.avg_pool1d(x, self.pool_size, self.strides, self.padding)
        return pooled


class AvgPool2D(_Pool2D):
    """Take the mean of each window; padding does not count.

    Parameters
    ----------
    pool_size : int or pair, default (2, 2)
        Height and width of the window.
    strides : int or pair, optional
        Step of the window; by default the pool size.
    padding : {"valid", "same"} or any padding of `functional.avg_pool2d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.AvgPool2D((2, 2))(np.zeros((4, 26, 26, 32))).shape
    (4, 13, 13, 32)
    """

    def _pool(self, x: Tensor) -> Tensor:
        pooled: Tensor = F.avg_pool2d(x, self.pool_size, self.strides, self.padding)
        return pooled


class AvgPool3D(_Pool3D):
    """Take the mean of each window of volumes; padding does not count.

    Parameters
    ----------
    pool_size : int or three of them, default (2, 2, 2)
        Depth, height and width of the window.
    strides : int or three of them, optional
        Step of the window; by default the pool size.
    padding : {"valid", "same"} or any padding of `functional.avg_pool3d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether volumes are (N, D, H, W, C) or (N, C, D, H, W).

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.AvgPool3D((1, 2, 2))(np.zeros((4, 3, 8, 8, 2))).shape
    (4, 3, 4, 4, 2)
    """

    def _pool(self, x: Tensor) -> Tensor:
        pooled: Tensor = F.avg_pool3d(x, self.pool_size, self.strides, self.padding)
        return pooled
