"""The fully connected layer."""

from typing import Any

from nnlite import constraints, initializers, regularizers
from nnlite.autograd import Tensor
from nnlite.functional._activation import FUSIBLE, linear
from nnlite.functional._linalg import affine
from nnlite.layers._activation import ActivationFunction, get_activation
from nnlite.layers._checks import cast_input, check_features, positive_int
from nnlite.layers._module import Module, Shape

__all__ = ["Dense"]


class Dense(Module):
    """Multiply by a matrix, add a bias, apply an activation: activation(x @ kernel + bias).

    Parameters
    ----------
    units : int
        Number of outputs.
    activation : str or callable, optional
        Applied to the result; linear by default.
    use_bias : bool, default True
    kernel_initializer : default "glorot_uniform"
    bias_initializer : default "zeros"
    kernel_regularizer, bias_regularizer, activity_regularizer : str or callable, optional
        Penalties for kernel, bias and output; see `nnlite.regularizers`.
    kernel_constraint, bias_constraint : str or callable, optional
        What an update keeps kernel and bias to; see `nnlite.constraints`.
    input_shape : tuple of int, optional
        Shape of one input, without the batch axis; the parameters are then made at once.
    name : str, optional

    Raises
    ------
    ValueError
        If `units` is not a positive integer, a name is unknown, or an input has the wrong number of features.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> dense = nl.layers.Dense(10, activation="relu", input_shape=(128,))
    >>> dense
    Dense(10, activation='relu', input_shape=(128,))  # 1,290 parameters
    >>> dense(np.zeros((32, 128))).shape
    (32, 10)
    >>> dense(np.zeros((32, 100)))
    Traceback (most recent call last):
        ...
    ValueError: Dense(128 -> 10) expected the last axis to be 128, got an input of shape (32, 100)
    """

    supports_masking = True

    def __init__(
        self,
        units: int,
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
        self.units = positive_int("Dense", "units", units)
        self.activation, self.use_bias = activation, use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = map(regularizers.get, (kernel_regularizer, bias_regularizer))
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint, self.bias_constraint = map(constraints.get, (kernel_constraint, bias_constraint))
        super().__init__(input_shape, name)
        self._activate = get_activation(activation)
        initializers.get(kernel_initializer), initializers.get(bias_initializer)
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    def build(self, input_shape: Shape) -> None:
        """Make kernel (features, units) and bias (units,)."""
        if len(input_shape) < 2:
            raise ValueError(f"{self.label} expected an input of shape (batch, ..., features), got shape {input_shape}")
        self.kernel = self.add_weight(
            (input_shape[-1], self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,), self.bias_initializer, regularizer=self.bias_regularizer, constraint=self.bias_constraint
            )
        self.built = True

    @property
    def label(self) -> str:
        """The layer as errors name it."""
        return f"Dense({self.kernel.shape[0]} -> {self.units})" if self.built else self._code()

    def forward(self, x: Tensor) -> Tensor:
        """Return activation(x @ kernel + bias), of shape (..., units)."""
        kernel, shape = self.kernel, x.shape
        if len(shape) < 2:
            raise ValueError(f"{self.label} expected an input of shape (batch, ..., features), got shape {shape}")
        if shape[-1] != kernel.shape[0]:
            check_features(self, x, -1, kernel.shape[0])
        x = cast_input(x, kernel.dtype)
        y: Tensor
        if self._activate in FUSIBLE:
            y = affine(x, kernel, self.bias, activation=self._activate)
        else:
            y = affine(x, kernel, self.bias)
            y = y if self._activate is linear else self._activate(y)
        return y
