"""Layers that normalise each sample by mean and variance of its own, and what they share with BatchNorm."""

from collections.abc import Sequence
from typing import Any

from numpy.lib.array_utils import normalize_axis_tuple

import nnlite.functional as F
from nnlite import constraints, initializers, regularizers
from nnlite.autograd import Parameter, Tensor
from nnlite.functional._windows import as_floating
from nnlite.layers._checks import cast_input, positive_int
from nnlite.layers._module import Module, Shape

__all__ = ["GroupNorm", "InstanceNorm", "LayerNorm", "Normalization", "check_lengths", "lengths_along"]


class Normalization(Module):
    """What normalising layers have in common: a scale gamma and a shift beta that lie along axes of the input.

    A subclass says in `forward` what is normalised over what; settings of its own it keeps before it calls this
    constructor, which may build.
    """

    supports_masking = True
    least_rank = 2  # of an input

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(input_shape, name)
        if not epsilon >= 0:
            raise ValueError(f"{type(self).__name__} expected epsilon >= 0, got epsilon={epsilon!r}")
        self.axis, self.epsilon, self.center, self.scale = axis, epsilon, center, scale
        self.beta_initializer, self.gamma_initializer = beta_initializer, gamma_initializer
        self.beta_regularizer, self.gamma_regularizer = map(regularizers.get, (beta_regularizer, gamma_regularizer))
        self.beta_constraint, self.gamma_constraint = map(constraints.get, (beta_constraint, gamma_constraint))
        initializers.get(beta_initializer), initializers.get(gamma_initializer)
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    def build(self, input_shape: Shape) -> None:
        """Make gamma and beta, of the input's lengths along the axes."""
        self._lengths = lengths_along(self, self.axis, input_shape)
        self.gamma: Parameter | None = None
        self.beta: Parameter | None = None
        if self.scale:
            self.gamma = self.add_weight(
                self._lengths,
                self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                self._lengths,
                self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )
        self.built = True

    def _fitting(self, x: Tensor) -> Tensor:
        """Return an input that fits gamma and beta, in their dtype."""
        check_lengths(self, self.axis, self._lengths, x)
        parameter = self.beta if self.gamma is None else self.gamma
        floating: Tensor = as_floating(x) if parameter is None else cast_input(x, parameter.dtype)
        return floating


class LayerNorm(Normalization):
    """Normalise each sample by mean and variance of its own features.

    ``y = (x - mean) / sqrt(variance + epsilon) * gamma + beta``

    Parameters
    ----------
    axis : int or sequence of int, default -1
        The axes over which mean and variance are taken; gamma and beta have an element for each element of them.
    epsilon : float, default 1e-3
        Added to the variance.
    center, scale : bool, default True
        Whether to shift by beta and to scale by gamma.
    beta_initializer : default "zeros"
    gamma_initializer : default "ones"
    beta_regularizer, gamma_regularizer : str or callable, optional
        Penalties; see `nnlite.regularizers`.
    beta_constraint, gamma_constraint : str or callable, optional
        What an update keeps them to; see `nnlite.constraints`.
    input_shape : tuple of int, optional
        Shape of one input, without the batch axis; the parameters are then made at once.
    name : str, optional

    Raises
    ------
    ValueError
        If an argument is out of range, a name is unknown, or an input does not fit.

    References
    ----------
    J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.LayerNorm()(nl.tensor([[1.0, 3.0], [10.0, 30.0]])).numpy().round(2).tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised, of the same shape."""
        y: Tensor = F.layer_norm(self._fitting(x), self.gamma, self.beta, axis=self.axis, eps=self.epsilon)
        return y


class GroupNorm(Normalization):
    """Normalise each sample by mean and variance of groups of its channels.

    Parameters
    ----------
    groups : int, default 32
        How many groups the channels are divided into; -1 stands for one a channel.
    axis : int, default -1
        The axis of the channels.
    epsilon : float, default 1e-3
        Added to the variance.
    center, scale : bool, default True
        Whether to shift by beta and to scale by gamma.
    beta_initializer : default "zeros"
    gamma_initializer : default "ones"
    beta_regularizer, gamma_regularizer : str or callable, optional
        Penalties; see `nnlite.regularizers`.
    beta_constraint, gamma_constraint : str or callable, optional
        What an update keeps them to; see `nnlite.constraints`.
    input_shape : tuple of int, optional
        Shape of one input, without the batch axis; the parameters are then made at once.
    name : str, optional

    Raises
    ------
    ValueError
        If an argument is out of range, the groups do not divide the channels, or an input does not fit.

    References
    ----------
    Y. Wu, K. He, "Group normalization", 2018.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.GroupNorm(2)(nl.tensor([[1.0, 3.0, 10.0, 30.0]])).numpy().round(2).tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """

    axis: int

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.groups = groups if groups == -1 else positive_int("GroupNorm", "groups", groups)
        super().__init__(
            axis, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer,
            beta_constraint, gamma_constraint, input_shape, name,
        )  # fmt: skip

    def build(self, input_shape: Shape) -> None:
        """Make gamma and beta, one element a channel."""
        (channels,) = lengths_along(self, self.axis, input_shape)
        if channels % self.groups:
            raise ValueError(
                f"{self.label} expected channels divisible by groups (={self.groups}), got an input of shape "
                f"{input_shape}"
            )
        super().build(input_shape)

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised, of the same shape."""
        groups = self._lengths[0] if self.groups == -1 else self.groups
        y: Tensor = F.group_norm(self._fitting(x), groups, self.gamma, self.beta, axis=self.axis, eps=self.epsilon)
        return y


class InstanceNorm(Normalization):
    """Normalise each channel of each sample by its own mean and variance.

    Not in Keras, where GroupNormalization(groups=-1) does the same.

    Parameters
    ----------
    axis : int, default -1
        The axis of the channels.
    epsilon : float, default 1e-3
        Added to the variance.
    center, scale : bool, default True
        Whether to shift by beta and to scale by gamma.
    beta_initializer : default "zeros"
    gamma_initializer : default "ones"
    beta_regularizer, gamma_regularizer : str or callable, optional
        Penalties; see `nnlite.regularizers`.
    beta_constraint, gamma_constraint : str or callable, optional
        What an update keeps them to; see `nnlite.constraints`.
    input_shape : tuple of int, optional
        Shape of one input, without the batch axis; the parameters are then made at once.
    name : str, optional

    Raises
    ------
    ValueError
        If an argument is out of range, a name is unknown, or an input does not fit.

    References
    ----------
    D. Ulyanov, A. Vedaldi, V. Lempitsky, "Instance normalization: the missing ingredient for fast stylization", 2016.

    Examples
    --------
    >>> import nnlite as nl
    >>> y = nl.layers.InstanceNorm()(nl.tensor([[[1.0], [3.0]], [[10.0], [30.0]]]))
    >>> y.numpy().ravel().round(2).tolist()
    [-1.0, 1.0, -1.0, 1.0]
    """

    axis: int
    least_rank = 3

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised, of the same shape."""
        y: Tensor = F.instance_norm(self._fitting(x), self.gamma, self.beta, axis=self.axis, eps=self.epsilon)
        return y


def lengths_along(layer: Any, axis: int | Sequence[int], shape: Shape) -> Shape:
    """Return the lengths of a shape along axes, in ascending order of these, if the layer takes such a shape."""
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    if len(shape) < layer.least_rank or not all(-len(shape) <= a < len(shape) for a in axes):
        raise ValueError(
            f"{layer.label} expected an input of at least {layer.least_rank} axes, with axis {axis}, got an input of "
            f"shape {shape}"
        )
    lengths = tuple(shape[a] for a in sorted(normalize_axis_tuple(axes, len(shape))))
    if None in lengths:
        raise ValueError(f"{layer.label} expected the length of axis {axis} to be known, got the shape {shape}")
    return lengths


def check_lengths(layer: Any, axis: int | Sequence[int], lengths: Shape, x: Tensor) -> None:
    """Require an input of these lengths along axes."""
    if lengths_along(layer, axis, x.shape) != lengths:
        wanted = lengths[0] if len(lengths) == 1 else lengths
        raise ValueError(f"{layer.label} expected {wanted} along axis {axis}, got an input of shape {x.shape}")
