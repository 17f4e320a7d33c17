"""Convolutional layers that treat each channel by itself."""

from typing import Any

import nnlite.functional as F
from nnlite import constraints, initializers, regularizers
from nnlite.autograd import Tensor
from nnlite.functional._windows import PaddingLike, Size
from nnlite.layers._activation import ActivationFunction
from nnlite.layers._checks import cast_input, positive_int
from nnlite.layers._conv_base import ConvBase
from nnlite.layers._module import Shape

__all__ = ["DepthwiseConv2D", "SeparableConv2D"]


class DepthwiseConv2D(ConvBase):
    """Slide learned filters of its own over each channel of images.

    Parameters
    ----------
    kernel_size : int or pair
        Height and width of a filter.
    strides : int or pair, default 1
    padding : {"valid", "same"} or any padding of `functional.conv2d`, default "valid"
    depth_multiplier : int, default 1
        Number of filters for each channel; the output has channels * depth_multiplier channels.
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).
    dilation_rate : int or pair, default 1
    activation : str or callable, optional
    use_bias : bool, default True
    depthwise_initializer : default "glorot_uniform"
        Of kernel (kh, kw, channels, depth_multiplier).
    bias_initializer : default "zeros"
    depthwise_regularizer, bias_regularizer, activity_regularizer : str or callable, optional
        Penalties for kernel, bias and output; see `nnlite.regularizers`.
    depthwise_constraint, bias_constraint : str or callable, optional
        What an update keeps kernel and bias to; see `nnlite.constraints`.
    input_shape : tuple of int, optional
        Shape of one image; the parameters are then made at once.
    name : str, optional

    Raises
    ------
    ValueError
        If an argument is out of range, a name is unknown, or an input does not fit.

    References
    ----------
    Howard, A. G. et al., "MobileNets: efficient convolutional neural networks for mobile vision applications", 2017.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> conv = nl.layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)
    >>> conv(np.zeros((4, 14, 14, 8))).shape
    (4, 14, 14, 16)
    """

    spatial = 2

    def __init__(
        self,
        kernel_size: int | Size,
        strides: int | Size = 1,
        padding: PaddingLike = "valid",
        depth_multiplier: int = 1,
        data_format: str = "channels_last",
        dilation_rate: int | Size = 1,
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.depth_multiplier = positive_int("DepthwiseConv2D", "depth_multiplier", depth_multiplier)
        initializers.get(depthwise_initializer)
        self.depthwise_initializer = depthwise_initializer
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            bias_initializer,
            bias_regularizer,
            activity_regularizer,
            bias_constraint,
            input_shape,
            name,
        )

    def _make_kernels(self, channels: int) -> int:
        """Make kernel (*kernel_size, channels, depth_multiplier)."""
        self.kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        return channels * self.depth_multiplier

    def _convolve(self, x: Tensor, activation: str | None) -> Tensor:
        x = cast_input(x, self.kernel.dtype)
        y: Tensor = F.depthwise_conv2d(
            x, self.kernel, self.bias, self.strides, self.padding, self.dilation_rate, activation
        )
        return y


class SeparableConv2D(ConvBase):
    """Slide learned filters over each channel of images, then mix the channels: far fewer weights than `Conv2D`.

    Parameters
    ----------
    filters : int
        The channels of the output.
    kernel_size : int or pair
        Height and width of a filter.
    strides : int or pair, default 1
    padding : {"valid", "same"} or any padding of `functional.conv2d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).
    dilation_rate : int or pair, default 1
    depth_multiplier : int, default 1
        Number of filters for each channel, before they are mixed.
    activation : str or callable, optional
    use_bias : bool, default True
    depthwise_initializer : default "glorot_uniform"
        Of depthwise_kernel (kh, kw, channels, depth_multiplier).
    pointwise_initializer : default "glorot_uniform"
        Of pointwise_kernel (1, 1, channels * depth_multiplier, filters).
    bias_initializer : default "zeros"
    depthwise_regularizer, pointwise_regularizer, bias_regularizer, activity_regularizer : str or callable, optional
        Penalties for the kernels, bias and output; see `nnlite.regularizers`.
    depthwise_constraint, pointwise_constraint, bias_constraint : str or callable, optional
        What an update keeps the kernels and bias to; see `nnlite.constraints`.
    input_shape : tuple of int, optional
        Shape of one image; the parameters are then made at once.
    name : str, optional

    Raises
    ------
    ValueError
        If an argument is out of range, a name is unknown, or an input does not fit.

    References
    ----------
    Chollet, F., "Xception: deep learning with depthwise separable convolutions", 2017.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.SeparableConv2D(64, 3, input_shape=(14, 14, 32))
    SeparableConv2D(64, (3, 3), input_shape=(14, 14, 32))  # 2,400 parameters
    """

    spatial = 2

    def __init__(
        self,
        filters: int,
        kernel_size: int | Size,
        strides: int | Size = 1,
        padding: PaddingLike = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Size = 1,
        depth_multiplier: int = 1,
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.filters = positive_int("SeparableConv2D", "filters", filters)
        self.depth_multiplier = positive_int("SeparableConv2D", "depth_multiplier", depth_multiplier)
        initializers.get(depthwise_initializer), initializers.get(pointwise_initializer)
        self.depthwise_initializer, self.pointwise_initializer = depthwise_initializer, pointwise_initializer
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_constraint = constraints.get(pointwise_constraint)
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            bias_initializer,
            bias_regularizer,
            activity_regularizer,
            bias_constraint,
            input_shape,
            name,
        )

    def _make_kernels(self, channels: int) -> int:
        """Make depthwise_kernel (kh, kw, channels, depth_multiplier) and pointwise_kernel (1, 1, ..., filters)."""
        self.depthwise_kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            (1, 1, channels * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        return self.filters

    def _convolve(self, x: Tensor, activation: str | None) -> Tensor:
        x = cast_input(x, self.depthwise_kernel.dtype)
        filtered = F.depthwise_conv2d(x, self.depthwise_kernel, None, self.strides, self.padding, self.dilation_rate)
        y: Tensor = F.conv2d(filtered, self.pointwise_kernel, self.bias, activation=activation)
        return y
