"""Activations as layers, and the one place where their names become functions."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite import constraints, initializers, regularizers
from nnlite._lookup import look_up
from nnlite.autograd import Tensor
from nnlite.functional._windows import as_floating
from nnlite.layers._checks import cast_input, check_features, check_rank, positive_int
from nnlite.layers._mask import mask_of
from nnlite.layers._module import Module, Shape

__all__ = [
    "ELU", "GELU", "SELU", "Activation", "LeakyReLU", "Maxout", "PReLU", "ReLU", "SiLU", "Softmax", "Softplus",
    "get_activation",
]  # fmt: skip

ActivationFunction = Callable[..., Any]

_BY_NAME: dict[str, ActivationFunction] = {
    "celu": F.celu,
    "elu": F.elu,
    "exponential": F.exponential,
    "gelu": F.gelu,
    "glu": F.glu,
    "hard_shrink": F.hard_shrink,
    "hard_sigmoid": F.hard_sigmoid,
    "hard_silu": F.hard_silu,
    "hard_swish": F.hard_silu,
    "hard_tanh": F.hard_tanh,
    "leaky_relu": partial(F.leaky_relu, negative_slope=0.2),  # the slope that the name has in Keras
    "linear": F.linear,
    "log_sigmoid": F.log_sigmoid,
    "log_softmax": F.log_softmax,
    "mish": F.mish,
    "relu": F.relu,
    "relu6": F.relu6,
    "selu": F.selu,
    "sigmoid": F.sigmoid,
    "silu": F.silu,
    "soft_shrink": F.soft_shrink,
    "softmax": F.softmax,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "squareplus": F.squareplus,
    "step": F.step,
    "swish": F.silu,
    "tanh": F.tanh,
    "tanh_shrink": F.tanh_shrink,
}


def get_activation(identifier: str | ActivationFunction | None) -> ActivationFunction:
    """Return the activation of this name; a callable is returned as it is, None means linear.

    Raises
    ------
    ValueError
        If no activation has this name.
    TypeError
        If it is neither a name nor a callable.
    """
    if identifier is None:
        return F.linear
    if isinstance(identifier, str):
        return look_up("activation", identifier, _BY_NAME)
    if not callable(identifier) or isinstance(identifier, type):
        raise TypeError(f"expected an activation's name, a function or a layer, got {identifier!r}")
    return identifier


class Activation(Module):
    """Apply an activation, given by name or as a function.

    Parameters
    ----------
    activation : str or callable
        A name such as "relu", or a function of a Tensor.

    Raises
    ------
    ValueError
        If no activation has this name.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.Activation("relu")(nl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    supports_masking = True

    def __init__(
        self, activation: str | ActivationFunction, input_shape: Shape | None = None, name: str | None = None
    ) -> None:
        super().__init__(input_shape, name)
        self.activation = activation
        self._function = get_activation(activation)

    def forward(self, x: Any) -> Any:
        """Return activation(x)."""
        return self._function(as_floating(x))


class ReLU(Module):
    """max(0, x), optionally leaky, cut off above, or shifted: f(x) = max_value above it, slope below the threshold.

    Parameters
    ----------
    max_value : float, optional
        Cut off here; not at all by default.
    negative_slope : float, default 0
        Slope below the threshold.
    threshold : float, default 0
        Where the unit begins to pass its input.

    Raises
    ------
    ValueError
        If an argument is negative.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.ReLU(max_value=6)(nl.tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """

    supports_masking = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(input_shape, name)
        for argument, value in (("max_value", max_value), ("negative_slope", negative_slope), ("threshold", threshold)):
            if value is not None and value < 0:
                raise ValueError(f"ReLU expected {argument} >= 0, got {argument}={value}")
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold

    def forward(self, x: Any) -> Any:
        """Return the rectified x."""
        x = as_floating(x)
        if self.threshold:
            passed = x * (x.data >= self.threshold)
            y = passed + F.minimum(x - self.threshold, 0.0) * self.negative_slope if self.negative_slope else passed
        else:
            y = F.leaky_relu(x, negative_slope=self.negative_slope) if self.negative_slope else F.relu(x)
        return y if self.max_value is None else F.clip(y, None, self.max_value)


class LeakyReLU(Module):
    """x above 0, negative_slope * x below.

    Parameters
    ----------
    negative_slope : float, default 0.3
        As in Keras; PyTorch and `functional.leaky_relu` take 0.01.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.LeakyReLU(0.1)(nl.tensor([-1.0, 2.0]))
    tensor([-0.1,  2. ])
    """

    supports_masking = True

    def __init__(self, negative_slope: float = 0.3, input_shape: Shape | None = None, name: str | None = None) -> None:
        super().__init__(input_shape, name)
        if negative_slope < 0:
            raise ValueError(f"LeakyReLU expected negative_slope >= 0, got negative_slope={negative_slope}")
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        """Return the leaky rectified x."""
        return F.leaky_relu(as_floating(x), negative_slope=self.negative_slope)


class PReLU(Module):
    """x above 0, alpha * x below, with a trained slope for each feature.

    Parameters
    ----------
    alpha_initializer : default "zeros"
        First slopes.
    alpha_regularizer : str or callable, optional
        Penalty for the slopes; see `nnlite.regularizers`.
    alpha_constraint : str or callable, optional
        What an update keeps the slopes to; see `nnlite.constraints`.
    shared_axes : int or sequence of int, optional
        Axes along which one slope serves all, the batch being axis 0: (1, 2) for one slope a channel of images.

    Raises
    ------
    ValueError
        If a shared axis is not one of the input's, or an input has another shape than the first.

    References
    ----------
    He, K., Zhang, X., Ren, S. and Sun, J., "Delving deep into rectifiers", 2015.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.PReLU(alpha_initializer=nl.initializers.Constant(0.5))(nl.tensor([[-1.0, 2.0]]))
    tensor([[-0.5,  2. ]], from=prelu)
    """

    supports_masking = True

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(input_shape, name)
        self.alpha_initializer, self.shared_axes = alpha_initializer, shared_axes
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        initializers.get(alpha_initializer)
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    def build(self, input_shape: Shape) -> None:
        """Make one slope a feature, one along shared axes."""
        shape, shared = list(input_shape[1:]), self._shared
        if not all(0 < axis < len(input_shape) for axis in shared):
            raise ValueError(
                f"PReLU expected shared_axes from 1 to {len(input_shape) - 1} for an input of shape {input_shape}, "
                f"got shared_axes={self.shared_axes!r}"
            )
        for axis in shared:
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            tuple(shape), self.alpha_initializer, regularizer=self.alpha_regularizer, constraint=self.alpha_constraint
        )
        self.built = True

    @property
    def _shared(self) -> tuple[int, ...]:
        """The axes that share a slope, as a tuple."""
        shared = self.shared_axes
        return () if shared is None else (shared,) if isinstance(shared, int) else tuple(shared)

    def forward(self, x: Any) -> Any:
        """Return the leaky rectified x."""
        slopes, shared = self.alpha.shape, self._shared
        check_rank(self, x, 1 + len(slopes), f"for its slopes of shape {slopes}")
        for axis, n in enumerate(slopes, 1):
            if axis not in shared:
                check_features(self, x, axis, n)
        return F.prelu(cast_input(x, self.alpha.dtype), self.alpha)


class ELU(Module):
    """x above 0, alpha * (exp(x) - 1) below.

    Parameters
    ----------
    alpha : float, default 1
        Minus the limit for very negative inputs.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.ELU()(nl.tensor([0.0, 2.0]))
    tensor([0., 2.])
    """

    supports_masking = True

    def __init__(self, alpha: float = 1.0, input_shape: Shape | None = None, name: str | None = None) -> None:
        super().__init__(input_shape, name)
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        """Return elu(x)."""
        return F.elu(as_floating(x), alpha=self.alpha)


class SELU(Module):
    """The self-normalising exponential unit of `functional.selu`."""

    supports_masking = True

    def forward(self, x: Any) -> Any:
        """Return selu(x)."""
        return F.selu(as_floating(x))


class GELU(Module):
    """x times the normal distribution function at x.

    Parameters
    ----------
    approximate : bool, default False
        Use the formula with tanh.
    """

    supports_masking = True

    def __init__(self, approximate: bool = False, input_shape: Shape | None = None, name: str | None = None) -> None:
        super().__init__(input_shape, name)
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        """Return gelu(x)."""
        return F.gelu(as_floating(x), approximate="tanh" if self.approximate else "none")


class SiLU(Module):
    """x * sigmoid(x)."""

    supports_masking = True

    def forward(self, x: Any) -> Any:
        """Return silu(x)."""
        return F.silu(as_floating(x))


class Softmax(Module):
    """exp(x) divided by its sum along an axis.

    Parameters
    ----------
    axis : int or sequence of int, default -1
        The axis that sums to one, or the axes that do so together.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> softmax = nl.layers.Softmax()
    >>> softmax(nl.tensor([[0.0, 0.0]]))
    tensor([[0.5, 0.5]])
    >>> softmax(nl.tensor([[0.0, 0.0, 0.0, 0.0]]), mask=np.array([True, True, False, False]))
    tensor([[0.5, 0.5, 0. , 0. ]])
    """

    supports_masking = True

    def __init__(
        self, axis: int | Sequence[int] = -1, input_shape: Shape | None = None, name: str | None = None
    ) -> None:
        super().__init__(input_shape, name)
        self.axis = axis

    def forward(self, x: Any, mask: Any = None) -> Any:
        """Return softmax(x) over the positions where the mask holds, and 0 elsewhere.

        Parameters
        ----------
        x : Tensor
        mask : array of bool, optional
            Of a shape that is broadcast to that of x; numbers hold above 0.5. The mask that x carries from
            `Embedding(mask_zero=True)` on unless given, if it has the shape of x.
        """
        carried = mask_of(x)
        if mask is None and carried is not None and carried.shape == x.shape:
            mask = carried
        x = as_floating(x)
        axis = self.axis if isinstance(self.axis, int) else tuple(self.axis)
        if mask is None:
            return F.softmax(x, axis=axis)
        hidden = np.logical_not(_as_mask(mask))
        if np.broadcast_shapes(hidden.shape, x.shape) != x.shape:
            raise ValueError(f"{self.label} expected a mask for x of shape {x.shape}, got one of shape {hidden.shape}")
        lowest = float(np.finfo(x.dtype).min) / 4  # far below all logits, and no overflow from their differences
        return F.masked_fill(F.softmax(F.masked_fill(x, hidden, lowest), axis=axis), hidden, 0.0)


class Softplus(Module):
    """log(1 + exp(x))."""

    supports_masking = True

    def forward(self, x: Any) -> Any:
        """Return softplus(x)."""
        return F.softplus(as_floating(x))


class Maxout(Module):
    """The maximum over groups of `pieces` channels: an activation that learns its shape from the layer before it.

    Parameters
    ----------
    pieces : int, default 2
        Channels to a group; they must divide the last axis.

    References
    ----------
    Goodfellow, I., Warde-Farley, D., Mirza, M., Courville, A. and Bengio, Y., "Maxout networks", 2013.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.Maxout()(nl.tensor([[1.0, 5.0, 3.0, 2.0]]))
    tensor([[5., 3.]])
    """

    def __init__(self, pieces: int = 2, input_shape: Shape | None = None, name: str | None = None) -> None:
        super().__init__(input_shape, name)
        self.pieces = positive_int("Maxout", "pieces", pieces)

    def forward(self, x: Any) -> Any:
        """Return the maximum of each group."""
        if not x.ndim or x.shape[-1] % self.pieces:
            raise ValueError(
                f"{self.label} expected the last axis to be divisible by {self.pieces}, got an input of shape {x.shape}"
            )
        return F.maxout(as_floating(x), pieces=self.pieces)


def _as_mask(mask: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return a mask of booleans as an array; numbers hold above 0.5."""
    array = mask.data if isinstance(mask, Tensor) else np.asarray(mask)
    return array if array.dtype == bool else array > 0.5
