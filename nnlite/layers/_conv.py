"""Convolutional layers."""

from typing import Any

import nnlite.functional as F
from nnlite import constraints, initializers, regularizers
from nnlite.autograd import Tensor
from nnlite.functional._conv import pair
from nnlite.layers._activation import ActivationFunction, get_activation
from nnlite.layers._checks import cast_input, check_features, check_rank, positive_int
from nnlite.layers._module import Module, Shape

__all__ = ["Conv2D", "check_data_format", "to_channels_first", "to_channels_last"]

Pair = tuple[int, int]


class Conv2D(Module):
    """Slide learned filters over images.

    Parameters
    ----------
    filters : int
        Number of filters, the channels of the output.
    kernel_size : int or pair
        Height and width of a filter.
    strides : int or pair, default (1, 1)
    padding : {"valid", "same"} or any padding of `functional.conv2d`, default "valid"
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).
    dilation_rate : int or pair, default (1, 1)
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

    def __init__(
        self,
        filters: int,
        kernel_size: int | Pair,
        strides: int | Pair = (1, 1),
        padding: Any = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Pair = (1, 1),
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
        self.filters, self.groups = positive_int("Conv2D", "filters", filters), positive_int("Conv2D", "groups", groups)
        self.kernel_size, self.strides = pair("kernel_size", kernel_size), pair("strides", strides)
        self.padding, self.dilation_rate = padding, pair("dilation_rate", dilation_rate)
        self.data_format = check_data_format("Conv2D", data_format)
        self.activation, self.use_bias = activation, use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = map(regularizers.get, (kernel_regularizer, bias_regularizer))
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint, self.bias_constraint = map(constraints.get, (kernel_constraint, bias_constraint))
        super().__init__(input_shape, name)
        self._activate = get_activation(activation)
        initializers.get(kernel_initializer), initializers.get(bias_initializer)
        if isinstance(padding, str) and padding not in ("valid", "same"):
            raise ValueError(f'Conv2D expected padding "valid" or "same", numbers or pairs, got padding={padding!r}')
        if filters % groups:
            raise ValueError(f"Conv2D expected filters (={filters}) to be divisible by groups (={groups})")
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    def build(self, input_shape: Shape) -> None:
        """Make kernel (kh, kw, channels // groups, filters) and bias (filters,)."""
        if len(input_shape) != 4:
            raise ValueError(
                f"{self.label} expected images of 4 axes {self._axes}, got an input of shape {input_shape}"
            )
        channels = input_shape[-1 if self.data_format == "channels_last" else 1]
        if channels % self.groups:
            raise ValueError(f"{self.label} expected channels (={channels}) divisible by groups (={self.groups})")
        self.kernel = self.add_weight(
            (*self.kernel_size, channels // self.groups, self.filters),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.filters,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    @property
    def _axes(self) -> str:
        """The axes of the images, as errors name them."""
        return "(N, C, H, W)" if self.data_format == "channels_first" else "(N, H, W, C)"

    @property
    def label(self) -> str:
        """The layer as errors name it."""
        if not self.built:
            return self._code()
        return f"Conv2D({self.kernel.shape[2] * self.groups} -> {self.filters}, kernel_size={self.kernel_size})"

    def forward(self, x: Tensor) -> Tensor:
        """Return activation(conv2d(x) + bias)."""
        first = self.data_format == "channels_first"
        check_rank(self, x, 4, self._axes)
        check_features(self, x, 1 if first else 3, self.kernel.shape[2] * self.groups)
        x = cast_input(x, self.kernel.dtype)
        y: Tensor = F.conv2d(
            to_channels_last(x) if first else x,
            self.kernel,
            self.bias,
            stride=self.strides,
            padding=self.padding,
            dilation=self.dilation_rate,
            groups=self.groups,
        )
        activated: Tensor = self._activate(to_channels_first(y) if first else y)
        return activated


def check_data_format(layer: str, value: str) -> str:
    """Require one of the two layouts of images."""
    if value not in ("channels_last", "channels_first"):
        raise ValueError(f'{layer} expected data_format "channels_last" or "channels_first", got {value!r}')
    return value


def to_channels_last(x: Tensor) -> Tensor:
    """View (N, C, H, W) as (N, H, W, C)."""
    return x.transpose(0, 2, 3, 1)


def to_channels_first(x: Tensor) -> Tensor:
    """View (N, H, W, C) as (N, C, H, W)."""
    return x.transpose(0, 3, 1, 2)
