"""Batch normalisation: the layer that remembers the batches it has seen."""

from typing import Any

from numpy.typing import NDArray

import nnlite.functional as F
from nnlite import initializers
from nnlite.autograd import Tensor, default_dtype
from nnlite.autograd._mode import is_recomputing
from nnlite.layers._mask import mask_of
from nnlite.layers._module import Shape
from nnlite.layers._normalization import Normalization

__all__ = ["BatchNorm"]


class BatchNorm(Normalization):
    """Normalise each channel by the batch's mean and variance, and in inference by averages of those in training.

    ``y = (x - mean) / sqrt(variance + epsilon) * gamma + beta``. In training the statistics are the batch's (the
    variance biased: divided by the count), and ``moving = momentum * moving + (1 - momentum) * batch's``. In inference,
    and in a layer that is not `trainable`, they are the moving ones, which then stay as they are.

    Parameters
    ----------
    axis : int, default -1
        The axis of the channels.
    momentum : float, default 0.99
        The share of the moving statistics that stays at a step.
    epsilon : float, default 1e-3
        Added to the variance.
    center, scale : bool, default True
        Whether to shift by beta and to scale by gamma.
    beta_initializer : default "zeros"
    gamma_initializer : default "ones"
    moving_mean_initializer : default "zeros"
    moving_variance_initializer : default "ones"
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
    S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
    shift", 2015.

    Examples
    --------
    >>> import nnlite as nl
    >>> layer, x = nl.layers.BatchNorm(momentum=0.5), nl.tensor([[1.0], [3.0]])
    >>> layer(x).numpy().ravel().round(2).tolist()
    [-1.0, 1.0]
    >>> layer.moving_mean, layer.moving_variance
    (array([1.], dtype=float32), array([1.], dtype=float32))
    >>> layer.eval()(x).numpy().ravel().round(2).tolist()
    [0.0, 2.0]
    """

    axis: int
    moving_mean: NDArray[Any]
    moving_variance: NDArray[Any]

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        if not 0 <= momentum <= 1:
            raise ValueError(f"BatchNorm expected momentum in [0, 1], got momentum={momentum!r}")
        self.momentum = momentum
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = moving_variance_initializer
        initializers.get(moving_mean_initializer), initializers.get(moving_variance_initializer)
        super().__init__(
            axis, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer,
            beta_constraint, gamma_constraint, input_shape, name,
        )  # fmt: skip

    def build(self, input_shape: Shape) -> None:
        """Make gamma, beta, moving_mean and moving_variance, one element a channel."""
        super().build(input_shape)
        for name, initializer in (
            ("moving_mean", self.moving_mean_initializer),
            ("moving_variance", self.moving_variance_initializer),
        ):
            self.register_buffer(name, initializers.get(initializer)(self._lengths, default_dtype()))

    def forward(self, x: Tensor, mask: Any = None) -> Tensor:
        """Return x normalised, of the same shape.

        Parameters
        ----------
        x : Tensor, shape (N, ..., C)
        mask : array of bool, shape (N, ...), optional
            The shape of x without the channels: True where x counts for the batch's statistics. The mask that x
            carries from `Embedding(mask_zero=True)` on unless given.
        """
        mask = mask_of(x) if mask is None else mask
        x = self._fitting(x)
        if not (self.training and self.trainable):
            y: Tensor = F.batch_norm(
                x, self.moving_mean, self.moving_variance, self.gamma, self.beta, self.axis, self.epsilon
            )
            return y
        y, mean, variance = F.batch_norm(
            x, None, None, self.gamma, self.beta, self.axis, self.epsilon, mask, return_statistics=True
        )
        if x.size and not is_recomputing():
            for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving *= self.momentum
                moving += (1 - self.momentum) * batch
        return y
