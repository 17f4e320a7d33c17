"""Layers that divide by a root mean square and leave the mean where it is."""

from collections.abc import Sequence

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._windows import as_floating
from nnlite.layers._checks import cast_input, positive_int
from nnlite.layers._module import Module, Shape
from nnlite.layers._normalization import check_lengths, lengths_along

__all__ = ["LocalResponseNorm", "RMSNorm"]


class RMSNorm(Module):
    """Divide each sample by the root mean square of its features: ``x / sqrt(mean(x**2) + epsilon) * scale``.

    Parameters
    ----------
    axis : int or sequence of int, default -1
        The axes over which the mean is taken; scale has an element for each element of them.
    epsilon : float, default 1e-6
        Added to the mean square.
    input_shape : tuple of int, optional
        Shape of one input, without the batch axis; the parameter is then made at once.
    name : str, optional

    Raises
    ------
    ValueError
        If epsilon is negative, or an input does not fit.

    References
    ----------
    B. Zhang, R. Sennrich, "Root mean square layer normalization", 2019.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.layers.RMSNorm()(nl.tensor([[1.0, 7.0]])).numpy().round(2)
    array([[0.2, 1.4]], dtype=float32)
    """

    least_rank = 2  # of an input

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-6,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(input_shape, name)
        if not epsilon >= 0:
            raise ValueError(f"RMSNorm expected epsilon >= 0, got epsilon={epsilon!r}")
        self.axis, self.epsilon = axis, epsilon
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    def build(self, input_shape: Shape) -> None:
        """Make the scale, of the input's lengths along the axes."""
        self.scale = self.add_weight(lengths_along(self, self.axis, input_shape), "ones")
        self.built = True

    def forward(self, x: Tensor) -> Tensor:
        """Return x scaled, of the same shape."""
        check_lengths(self, self.axis, self.scale.shape, x)
        y: Tensor = F.rms_norm(cast_input(x, self.scale.dtype), self.scale, axis=self.axis, eps=self.epsilon)
        return y


class LocalResponseNorm(Module):
    """Divide each channel by a power of the mean square of the channels around it.

    ``y = x / (k + alpha * mean square)**beta``

    Not in Keras; the arguments are PyTorch's.

    Parameters
    ----------
    size : int
        How many channels, among them the one that is divided, are taken together.
    alpha, beta, k : float, default 1e-4, 0.75 and 1.0
    axis : int, default -1
        The axis of the channels.

    Raises
    ------
    ValueError
        If size is no positive integer, or an input has no such axis.

    References
    ----------
    A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet classification with deep convolutional neural networks", 2012.

    Examples
    --------
    >>> import nnlite as nl
    >>> y = nl.layers.LocalResponseNorm(2, alpha=2.0, beta=1.0)(nl.tensor([[2.0, 0.0, 4.0]]))
    >>> y.round(3)
    tensor([[0.4  , 0.   , 0.235]])
    """

    least_rank = 2  # of an input

    def __init__(
        self,
        size: int,
        alpha: float = 1e-4,
        beta: float = 0.75,
        k: float = 1.0,
        axis: int = -1,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(input_shape, name)
        self.size = positive_int("LocalResponseNorm", "size", size)
        self.alpha, self.beta, self.k, self.axis = alpha, beta, k, axis

    def forward(self, x: Tensor) -> Tensor:
        """Return x divided, of the same shape."""
        lengths_along(self, self.axis, x.shape)
        y: Tensor = F.local_response_norm(as_floating(x), self.size, self.alpha, self.beta, self.k, self.axis)
        return y
