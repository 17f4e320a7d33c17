"""Pooling layers whose windows are as large as the input asks for: over everything, or to a given size."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._windows import Size, as_floating, per_axis
from nnlite.layers._checks import check_rank
from nnlite.layers._layout import axes_of, check_data_format, to_channels_first, to_channels_last
from nnlite.layers._mask import mask_of
from nnlite.layers._module import Module, Shape

__all__ = [
    "AdaptiveAvgPool2D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
]


class _GlobalPool(Module, ABC):
    """What the layers that pool over all spatial axes share."""

    spatial: ClassVar[int]

    def __init__(
        self,
        data_format: str = "channels_last",
        keepdims: bool = False,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.data_format, self.keepdims = check_data_format(type(self).__name__, data_format), keepdims
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return one value for each channel."""
        first = self.data_format == "channels_first"
        check_rank(self, x, self.spatial + 2, axes_of(self.spatial, self.data_format))
        if not all(x.shape[1:]):
            raise ValueError(f"{self.label} expected at least one element to pool, got an input of shape {x.shape}")
        y = self._pool(to_channels_last(x) if first else x)
        return to_channels_first(y) if first and self.keepdims else y

    @abstractmethod
    def _pool(self, x: Tensor) -> Tensor:
        """Pool an input with channels last."""


class _GlobalAvgPool(_GlobalPool):
    """What the global means share."""

    def _pool(self, x: Tensor) -> Tensor:
        pooled: Tensor = F.global_avg_pool(x, self.keepdims)
        return pooled


class _GlobalMaxPool(_GlobalPool):
    """What the global maxima share."""

    def _pool(self, x: Tensor) -> Tensor:
        pooled: Tensor = F.global_max_pool(x, self.keepdims)
        return pooled


class GlobalAvgPool1D(_GlobalAvgPool):
    """Take the mean of each channel over a sequence, over the steps that count if the sequence has a mask.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether sequences are (N, L, C) or (N, C, L).
    keepdims : bool, default False
        Whether the spatial axes stay, with length 1.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.GlobalAvgPool1D()(np.zeros((4, 12, 8))).shape
    (4, 8)
    """

    spatial = 1

    def forward(self, x: Tensor, mask: Any = None) -> Tensor:
        """Return one value for each channel; `mask` (N, L) is True at the steps that count, by default x's own."""
        mask = mask_of(x) if mask is None else np.asarray(mask, bool)
        if mask is None:
            return super().forward(x)
        check_rank(self, x, 3, axes_of(1, self.data_format))
        channels = 1 if self.data_format == "channels_first" else 2
        if mask.shape != (x.shape[0], x.shape[3 - channels]):
            raise ValueError(f"{self.label} expected a mask (N, L), got shape {mask.shape} for an input of {x.shape}")
        share = mask * (mask.shape[1] / np.maximum(mask.sum(axis=1, keepdims=True), 1))  # if none counts, the mean is 0
        x = as_floating(x)
        return super().forward(x * np.expand_dims(share, channels).astype(x.dtype))


class GlobalAvgPool2D(_GlobalAvgPool):
    """Take the mean of each channel over an image.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).
    keepdims : bool, default False
        Whether the spatial axes stay, with length 1.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.GlobalAvgPool2D()(np.zeros((4, 26, 26, 32))).shape
    (4, 32)
    """

    spatial = 2


class GlobalAvgPool3D(_GlobalAvgPool):
    """Take the mean of each channel over a volume.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether volumes are (N, D, H, W, C) or (N, C, D, H, W).
    keepdims : bool, default False
        Whether the spatial axes stay, with length 1.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.GlobalAvgPool3D()(np.zeros((4, 3, 8, 8, 2))).shape
    (4, 2)
    """

    spatial = 3


class GlobalMaxPool1D(_GlobalMaxPool):
    """Keep the largest value of each channel over a sequence.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether sequences are (N, L, C) or (N, C, L).
    keepdims : bool, default False
        Whether the spatial axes stay, with length 1.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.GlobalMaxPool1D()(np.zeros((4, 12, 8))).shape
    (4, 8)
    """

    spatial = 1


class GlobalMaxPool2D(_GlobalMaxPool):
    """Keep the largest value of each channel over an image.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).
    keepdims : bool, default False
        Whether the spatial axes stay, with length 1.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.GlobalMaxPool2D()(np.zeros((4, 26, 26, 32))).shape
    (4, 32)
    """

    spatial = 2


class GlobalMaxPool3D(_GlobalMaxPool):
    """Keep the largest value of each channel over a volume.

    Parameters
    ----------
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether volumes are (N, D, H, W, C) or (N, C, D, H, W).
    keepdims : bool, default False
        Whether the spatial axes stay, with length 1.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.GlobalMaxPool3D()(np.zeros((4, 3, 8, 8, 2))).shape
    (4, 2)
    """

    spatial = 3


class AdaptiveAvgPool2D(Module):
    """Take means of images over as many windows as the output shall have.

    Parameters
    ----------
    output_size : int or pair
        Rows and columns of the output. The windows are those of `functional.adaptive_avg_pool2d`.
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).

    Raises
    ------
    ValueError
        If a size is not positive, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.AdaptiveAvgPool2D((3, 2))(np.zeros((4, 7, 8, 5))).shape
    (4, 3, 2, 5)
    """

    def __init__(
        self,
        output_size: int | Size,
        data_format: str = "channels_last",
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.output_size = per_axis("output_size", output_size, 2)
        self.data_format = check_data_format("AdaptiveAvgPool2D", data_format)
        super().__init__(input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return the pooled images."""
        first = self.data_format == "channels_first"
        check_rank(self, x, 4, axes_of(2, self.data_format))
        y: Tensor = F.adaptive_avg_pool2d(to_channels_last(x) if first else x, self.output_size)
        return to_channels_first(y) if first else y
