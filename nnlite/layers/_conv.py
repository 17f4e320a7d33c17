"""Convolutional layers."""

from abc import ABC
from collections.abc import Callable
from typing import Any, ClassVar

import nnlite.functional as F
from nnlite import constraints, initializers, regularizers
from nnlite.autograd import Tensor
from nnlite.functional._windows import PaddingLike, Size
from nnlite.layers._activation import ActivationFunction
from nnlite.layers._checks import cast_input, positive_int
from nnlite.layers._conv_base import ConvBase
from nnlite.layers._module import Shape

__all__ = ["Conv1D", "Conv2D", "Conv3D"]


class _Conv(ConvBase, ABC):
    """What Conv1D, Conv2D and Conv3D share: all but the number of axes."""

    function: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        filters: int,
        kernel_size: int | Size,
        strides: int | Size = 1,
        padding: PaddingLike = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Size = 1,
        groups: int = 1,
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
        kind = type(self).__name__
        self.filters, self.groups = positive_int(kind, "filters", filters), positive_int(kind, "groups", groups)
        if filters % groups:
            raise ValueError(f"{kind} expected filters (={filters}) to be divisible by groups (={groups})")
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
        """Make kernel (*kernel_size, channels // groups, filters)."""
        if channels % self.groups:
            raise ValueError(f"{self.label} expected channels (={channels}) divisible by groups (={self.groups})")
        self.kernel = self.add_weight(
            (*self.kernel_size, channels // self.groups, self.filters),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        return self.filters

    def _convolve(self, x: Tensor, activation: str | None) -> Tensor:
        x = cast_input(x, self.kernel.dtype)
        y: Tensor = type(self).function(
            x, self.kernel, self.bias, self.strides, self.padding, self.dilation_rate, self.groups, activation
        )
        return y


class Conv1D(_Conv):
    """Slide learned filters along sequences.

    Parameters
    ----------
    filters : int
        Number of filters, the channels of the output.
    kernel_size : int
        Length of a filter.
    strides : int, default 1
    padding : {"valid", "same", "causal"} or any padding of `functional.conv1d`, default "valid"
        "causal" pads before only, so that an output sees nothing that comes later.
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether sequences are (N, L, C) or (N, C, L).
    dilation_rate, groups, activation, use_bias, kernel_initializer, bias_initializer, ...
        As for `Conv2D`.

    Raises
    ------
    ValueError
        If an argument is out of range, a name is unknown, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> conv = nl.layers.Conv1D(16, 3, padding="causal", dilation_rate=2, input_shape=(100, 8))
    >>> conv
    Conv1D(16, (3,), padding='causal', dilation_rate=(2,), input_shape=(100, 8))  # 400 parameters
    >>> conv(np.zeros((4, 100, 8))).shape
    (4, 100, 16)
    """

    spatial, paddings, function = 1, ("valid", "same", "causal"), F.conv1d


class Conv2D(_Conv):
    """Slide learned filters over images.

    Parameters
    ----------
    filters : int
        Number of filters, the channels of the output.
    kernel_size : int or pair
        Height and width of a filter.
    strides : int or pair, default 1
    padding : {"valid", "same"} or any padding of `functional.conv2d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).
    dilation_rate : int or pair, default 1
    groups : int, default 1
    activation : str or callable, optional
    use_bias : bool, default True
    kernel_initializer : default "glorot_uniform"
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
    LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P., "Gradient-based learning applied to document recognition", 1998.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> conv = nl.layers.Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1))
    >>> conv
    Conv2D(32, (3, 3), activation='relu', input_shape=(28, 28, 1))  # 320 parameters
    >>> conv(np.zeros((4, 28, 28, 1))).shape
    (4, 26, 26, 32)
    """

    spatial, function = 2, F.conv2d


class Conv3D(_Conv):
    """Slide learned filters through volumes.

    Parameters
    ----------
    filters : int
        Number of filters, the channels of the output.
    kernel_size : int or three
        Depth, height and width of a filter.
    strides : int or three, default 1
    padding : {"valid", "same"} or any padding of `functional.conv3d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether volumes are (N, D, H, W, C) or (N, C, D, H, W).
    dilation_rate, groups, activation, use_bias, kernel_initializer, bias_initializer, ...
        As for `Conv2D`.

    Raises
    ------
    ValueError
        If an argument is out of range, a name is unknown, or an input does not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.Conv3D(8, 3, padding="same")(np.zeros((2, 6, 7, 8, 1))).shape
    (2, 6, 7, 8, 8)
    """

    spatial, function = 3, F.conv3d
