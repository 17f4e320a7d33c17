"""Transposed convolutional layers."""

from abc import ABC
from collections.abc import Callable
from typing import Any, ClassVar

import nnlite.functional as F
from nnlite import constraints, initializers, regularizers
from nnlite.autograd import Tensor
from nnlite.functional._windows import PaddingLike, Size, per_axis
from nnlite.layers._activation import ActivationFunction
from nnlite.layers._checks import cast_input, positive_int
from nnlite.layers._conv_base import ConvBase
from nnlite.layers._module import Shape

__all__ = ["Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"]


class _ConvTranspose(ConvBase, ABC):
    """What the three transposed convolutions share: all but the number of axes."""

    function: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        filters: int,
        kernel_size: int | Size,
        strides: int | Size = 1,
        padding: PaddingLike = "valid",
        output_padding: int | Size | None = None,
        data_format: str = "channels_last",
        dilation_rate: int | Size = 1,
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.filters = positive_int(type(self).__name__, "filters", filters)
        self.output_padding = output_padding
        if output_padding is not None:
            self.output_padding = per_axis("output_padding", output_padding, self.spatial, least=0)
        initializers.get(kernel_initializer)
        self.kernel_initializer = kernel_initializer
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
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
        """Make kernel (*kernel_size, filters, channels)."""
        self.kernel = self.add_weight(
            (*self.kernel_size, self.filters, channels),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        return self.filters

    def _convolve(self, x: Tensor, activation: str | None) -> Tensor:
        x = cast_input(x, self.kernel.dtype)
        y: Tensor = type(self).function(
            x, self.kernel, self.bias, self.strides, self.padding, self.output_padding, self.dilation_rate
        )
        return y if activation is None else F.relu(y)


class Conv1DTranspose(_ConvTranspose):
    """Lay learned filters down along sequences, which makes them longer: the transpose of `Conv1D`.

    Parameters
    ----------
    filters : int
        The channels of the output.
    kernel_size : int
        Length of a filter.
    strides : int, default 1
        How many times longer the output is.
    padding : {"valid", "same"} or any padding of `functional.conv1d_transpose`, default "valid"
    output_padding : int, optional
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether sequences are (N, L, C) or (N, C, L).
    dilation_rate, activation, use_bias, kernel_initializer, bias_initializer, ...
        As for `Conv2DTranspose`.

    Raises
    ------
    ValueError
        If an argument is out of range, a name is unknown, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.Conv1DTranspose(8, 3, strides=2, padding="same")(np.zeros((4, 50, 16))).shape
    (4, 100, 8)
    """

    spatial, function = 1, F.conv1d_transpose


class Conv2DTranspose(_ConvTranspose):
    """Lay learned filters down over images, which makes them larger: the transpose of `Conv2D`.

    Parameters
    ----------
    filters : int
        The channels of the output.
    kernel_size : int or pair
        Height and width of a filter.
    strides : int or pair, default 1
        How many times larger the output is.
    padding : {"valid", "same"} or any padding of `functional.conv2d_transpose`, default "valid"
        "same" makes the output size * strides, "valid" size * strides + max(kernel extent - strides, 0).
    output_padding : int or pair, optional
        Rows and columns that are added to the output; see `functional.conv2d_transpose`.
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).
    dilation_rate : int or pair, default 1
    activation : str or callable, optional
    use_bias : bool, default True
    kernel_initializer : default "glorot_uniform"
        Of kernel (kh, kw, filters, channels).
    bias_initializer : default "zeros"
    kernel_regularizer, bias_regularizer, activity_regularizer : str or callable, optional
        Penalties for kernel, bias and output; see `nnlite.regularizers`.
    kernel_constraint, bias_constraint : str or callable, optional
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
    Zeiler, M. D., Krishnan, D., Taylor, G. W. and Fergus, R., "Deconvolutional networks", 2010.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> up = nl.layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")
    >>> up(np.zeros((4, 7, 7, 32))).shape
    (4, 14, 14, 16)
    >>> up
    Conv2DTranspose(16, (3, 3), strides=(2, 2), padding='same', activation='relu')  # 4,624 parameters
    """

    spatial, function = 2, F.conv2d_transpose


class Conv3DTranspose(_ConvTranspose):
    """Lay learned filters down through volumes, which makes them larger: the transpose of `Conv3D`.

    Parameters
    ----------
    filters : int
        The channels of the output.
    kernel_size : int or three
        Depth, height and width of a filter.
    strides : int or three, default 1
        How many times larger the output is.
    padding : {"valid", "same"} or any padding of `functional.conv3d_transpose`, default "valid"
    output_padding : int or three, optional
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether volumes are (N, D, H, W, C) or (N, C, D, H, W).
    dilation_rate, activation, use_bias, kernel_initializer, bias_initializer, ...
        As for `Conv2DTranspose`.

    Raises
    ------
    ValueError
        If an argument is out of range, a name is unknown, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.Conv3DTranspose(8, 2, strides=2)(np.zeros((1, 3, 4, 5, 2))).shape
    (1, 6, 8, 10, 8)
    """

    spatial, function = 3, F.conv3d_transpose
