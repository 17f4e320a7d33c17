"""What all convolutional layers share: settings for each axis, layouts, the bias and the activation."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import nnlite.functional as F
from nnlite import constraints, initializers, regularizers
from nnlite.autograd import Parameter, Tensor
from nnlite.functional._windows import PaddingLike, Size, per_axis
from nnlite.layers._activation import ActivationFunction, get_activation
from nnlite.layers._checks import check_features, check_rank
from nnlite.layers._layout import axes_of, check_data_format, to_channels_first, to_channels_last
from nnlite.layers._module import Module, Shape

__all__ = ["ConvBase"]

_INPUTS = {1: "sequences", 2: "images", 3: "volumes"}


class ConvBase(Module, ABC):
    """A layer that slides kernels along its spatial axes.

    A subclass says how many axes these are, makes its kernels in `_make_kernels`, applies them in `_convolve`, and sets
    what these two need before it calls this constructor.

    Parameters
    ----------
    kernel_size, strides, dilation_rate : int or tuple
        A number for all spatial axes, or one for each.
    padding : str, int or tuple
        One of `paddings`, or any padding of the function that `_convolve` calls.
    data_format : {"channels_last", "channels_first"}
        Whether inputs and outputs have their channels after or before the spatial axes.
    activation : str or callable, optional
    use_bias : bool
    bias_initializer, bias_regularizer, bias_constraint
        Of the bias; see `nnlite.initializers`, `nnlite.regularizers` and `nnlite.constraints`.
    activity_regularizer : str or callable, optional
        Penalty for the output.
    input_shape : tuple of int, optional
        Shape of one input; the parameters are then made at once.
    name : str, optional
    """

    spatial: ClassVar[int]
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def __init__(
        self,
        kernel_size: int | Size,
        strides: int | Size,
        padding: PaddingLike,
        data_format: str,
        dilation_rate: int | Size,
        activation: str | ActivationFunction | None,
        use_bias: bool,
        bias_initializer: Any,
        bias_regularizer: Any,
        activity_regularizer: Any,
        bias_constraint: Any,
        input_shape: Shape | None,
        name: str | None,
    ) -> None:
        kind = type(self).__name__
        self.kernel_size = per_axis("kernel_size", kernel_size, self.spatial)
        self.strides = per_axis("strides", strides, self.spatial)
        self.dilation_rate = per_axis("dilation_rate", dilation_rate, self.spatial)
        self.padding, self.data_format = padding, check_data_format(kind, data_format)
        self.activation, self.use_bias, self.bias_initializer = activation, use_bias, bias_initializer
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.bias_constraint = constraints.get(bias_constraint)
        super().__init__(input_shape, name)
        self._activate = get_activation(activation)
        initializers.get(bias_initializer)
        if isinstance(padding, str) and padding not in self.paddings:
            words = " or ".join(f'"{word}"' for word in self.paddings)
            raise ValueError(f"{kind} expected padding {words}, numbers or pairs, got padding={padding!r}")
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    @abstractmethod
    def _make_kernels(self, channels: int) -> int:
        """Make the kernels for inputs with this many channels, and return how many the outputs have."""

    @abstractmethod
    def _convolve(self, x: Tensor, activation: str | None) -> Tensor:
        """Convolve an input with its channels last, cast to the dtype of the kernels, add the bias, and activate."""

    def build(self, input_shape: Shape) -> None:
        """Make the kernels, and a bias with a number for each channel of the output."""
        if len(input_shape) != self.spatial + 2:
            raise ValueError(
                f"{self.label} expected {_INPUTS[self.spatial]} of {self.spatial + 2} axes {self._axes}, "
                f"got an input of shape {input_shape}"
            )
        self._channels = input_shape[-1 if self.data_format == "channels_last" else 1]
        self._outputs = self._make_kernels(self._channels)
        self.bias: Parameter | None = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self._outputs,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    @property
    def _axes(self) -> str:
        """The axes of the input, as errors name them."""
        return axes_of(self.spatial, self.data_format)

    @property
    def label(self) -> str:
        """The layer as errors name it."""
        if not self.built:
            return self._code()
        return f"{type(self).__name__}({self._channels} -> {self._outputs}, kernel_size={self.kernel_size})"

    def forward(self, x: Tensor) -> Tensor:
        """Return activation(convolution of x + bias)."""
        first = self.data_format == "channels_first"
        check_rank(self, x, self.spatial + 2, self._axes)
        check_features(self, x, 1 if first else x.ndim - 1, self._channels)
        rectifies = self._activate is F.relu  # part of the convolution, not a step of its own
        y = self._convolve(to_channels_last(x) if first else x, "relu" if rectifies else None)
        y = to_channels_first(y) if first else y
        return y if rectifies else self._activate(y)
