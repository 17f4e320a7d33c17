"""Pooling over windows."""

from abc import ABC
from collections.abc import Callable
from typing import Any, ClassVar

import nnlite.nn.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._windows import Size, per_axis
from nnlite.layers import Module

__all__ = ["AvgPool1d", "AvgPool2d", "AvgPool3d", "MaxPool1d", "MaxPool2d", "MaxPool3d"]


class _Pool(Module, ABC):
    """What all pooling modules share: the window, checked as soon as it is given."""

    spatial: ClassVar[int]
    function: ClassVar[Callable[..., Any]]

    def __init__(
        self, kernel_size: int | Size, stride: int | Size | None, padding: int | Size, ceil_mode: bool
    ) -> None:
        super().__init__()
        for name, value, least in (("kernel_size", kernel_size, 1), ("stride", stride, 1), ("padding", padding, 0)):
            if value is not None:
                per_axis(name, value, self.spatial, least)
        self.kernel_size, self.stride, self.padding, self.ceil_mode = kernel_size, stride, padding, ceil_mode


class _MaxPool(_Pool):
    """What MaxPool1d, MaxPool2d and MaxPool3d share: all but the number of axes."""

    def __init__(
        self,
        kernel_size: int | Size,
        stride: int | Size | None = None,
        padding: int | Size = 0,
        dilation: int | Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        per_axis("dilation", dilation, self.spatial)
        self.dilation, self.return_indices = dilation, return_indices

    def forward(self, x: Tensor) -> Any:
        """Return the maxima, and where they are if that is asked for."""
        return type(self).function(
            x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class _AvgPool(_Pool):
    """What AvgPool2d and AvgPool3d share: all but the number of axes."""

    def __init__(
        self,
        kernel_size: int | Size,
        stride: int | Size | None = None,
        padding: int | Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, x: Tensor) -> Tensor:
        """Return the means."""
        y: Tensor = type(self).function(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )
        return y


class MaxPool1d(_MaxPool):
    """Keep the largest value of each window of sequences (N, C, L) or (C, L).

    Parameters
    ----------
    kernel_size : int or tuple of one
        Length of the window.
    stride : int or tuple of one, optional
        Step of the window; by default the kernel size.
    padding : int or tuple of one, default 0
        Elements of minus infinity on both sides, half the kernel size at most.
    dilation : int or tuple of one, default 1
        Distance between the window's elements.
    return_indices : bool, default False
        Whether to return where the maxima are, too, counted through all spatial axes.
    ceil_mode : bool, default False
        Whether a last window that reaches past the end counts too, if it begins before the end.

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.MaxPool1d(2)(np.zeros((4, 3, 12))).shape
    (4, 3, 6)
    """

    spatial, function = 1, staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """Keep the largest value of each window of images (N, C, H, W) or (C, H, W).

    Parameters
    ----------
    kernel_size : int or pair
        Height and width of the window.
    stride : int or pair, optional
        Step of the window; by default the kernel size.
    padding : int or pair, default 0
        Elements of minus infinity on both sides, half the kernel size at most.
    dilation : int or pair, default 1
        Distance between the window's elements.
    return_indices : bool, default False
        Whether to return where the maxima are, too, counted through all spatial axes.
    ceil_mode : bool, default False
        Whether a last window that reaches past the end counts too, if it begins before the end.

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.MaxPool2d(2)(np.zeros((4, 3, 12, 12))).shape
    (4, 3, 6, 6)
    """

    spatial, function = 2, staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPool):
    """Keep the largest value of each window of volumes (N, C, D, H, W) or (C, D, H, W).

    Parameters
    ----------
    kernel_size : int or three of them
        Depth, height and width of the window.
    stride : int or three of them, optional
        Step of the window; by default the kernel size.
    padding : int or three of them, default 0
        Elements of minus infinity on both sides, half the kernel size at most.
    dilation : int or three of them, default 1
        Distance between the window's elements.
    return_indices : bool, default False
        Whether to return where the maxima are, too, counted through all spatial axes.
    ceil_mode : bool, default False
        Whether a last window that reaches past the end counts too, if it begins before the end.

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.MaxPool3d(2)(np.zeros((4, 3, 12, 12, 12))).shape
    (4, 3, 6, 6, 6)
    """

    spatial, function = 3, staticmethod(F.max_pool3d)


class AvgPool1d(_Pool):
    """Take the mean of each window of sequences (N, C, L) or (C, L).

    Parameters
    ----------
    kernel_size : int or tuple of one
        Length of the window.
    stride : int or tuple of one, optional
        Step of the window; by default the kernel size.
    padding : int or tuple of one, default 0
        Zeros on both sides, half the kernel size at most.
    ceil_mode : bool, default False
        Whether a last window that reaches past the end counts too, if it begins before the end.
    count_include_pad : bool, default True
        Whether padding counts as elements. What `ceil_mode` adds never does.

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.AvgPool1d(2)(np.zeros((4, 3, 12))).shape
    (4, 3, 6)
    """

    spatial, function = 1, staticmethod(F.avg_pool1d)

    def __init__(
        self,
        kernel_size: int | Size,
        stride: int | Size | None = None,
        padding: int | Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        """Return the means."""
        y: Tensor = F.avg_pool1d(x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)
        return y


class AvgPool2d(_AvgPool):
    """Take the mean of each window of images (N, C, H, W) or (C, H, W).

    Parameters
    ----------
    kernel_size : int or pair
        Height and width of the window.
    stride : int or pair, optional
        Step of the window; by default the kernel size.
    padding : int or pair, default 0
        Zeros on both sides, half the kernel size at most.
    ceil_mode : bool, default False
        Whether a last window that reaches past the end counts too, if it begins before the end.
    count_include_pad : bool, default True
        Whether padding counts as elements. What `ceil_mode` adds never does.
    divisor_override : int, optional
        What every sum is divided by, instead of the number of its elements.

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.AvgPool2d(2)(np.zeros((4, 3, 12, 12))).shape
    (4, 3, 6, 6)
    """

    spatial, function = 2, staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPool):
    """Take the mean of each window of volumes (N, C, D, H, W) or (C, D, H, W).

    Parameters
    ----------
    kernel_size : int or three of them
        Depth, height and width of the window.
    stride : int or three of them, optional
        Step of the window; by default the kernel size.
    padding : int or three of them, default 0
        Zeros on both sides, half the kernel size at most.
    ceil_mode : bool, default False
        Whether a last window that reaches past the end counts too, if it begins before the end.
    count_include_pad : bool, default True
        Whether padding counts as elements. What `ceil_mode` adds never does.
    divisor_override : int, optional
        What every sum is divided by, instead of the number of its elements.

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.AvgPool3d(2)(np.zeros((4, 3, 12, 12, 12))).shape
    (4, 3, 6, 6, 6)
    """

    spatial, function = 3, staticmethod(F.avg_pool3d)
