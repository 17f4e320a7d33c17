"""Layers that are random in training and do nothing in inference."""

from collections.abc import Sequence

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._windows import as_floating
from nnlite.layers._checks import check_rank
from nnlite.layers._layout import axes_of, check_data_format, to_channels_first, to_channels_last
from nnlite.layers._module import Module, Shape

__all__ = ["AlphaDropout", "Dropout", "GaussianNoise", "SpatialDropout1D", "SpatialDropout2D"]

NoiseShape = Sequence[int | None]


class _Noise(Module):
    """What the layers that draw random numbers share: a generator of their own, if they have a seed."""

    supports_masking = True

    def __init__(self, seed: int | None, input_shape: Shape | None, name: str | None) -> None:
        super().__init__(input_shape, name)
        self.seed = seed
        self._generator = None if seed is None else np.random.default_rng(seed)


class Dropout(_Noise):
    """In training, set a share of the inputs to zero and divide the others by what is left of one.

    Parameters
    ----------
    rate : float
        The share that is dropped, in [0, 1].
    noise_shape : sequence of int or None, optional
        Shape of the mask, batch axis included: along an axis of length 1 all inputs share one fate; None stands for
        the input's length.
    seed : int, optional
        Seeds a generator of the layer's own; the library's (`nnlite.random`) by default.

    Raises
    ------
    ValueError
        If `rate` is not in [0, 1], or `noise_shape` does not fit an input.

    References
    ----------
    Srivastava, N., Hinton, G., Krizhevsky, A., Sutskever, I. and Salakhutdinov, R., "Dropout: a simple way to prevent
    neural networks from overfitting", 2014.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> dropout = nl.layers.Dropout(0.5, seed=0)
    >>> sorted(set(dropout(np.ones((4, 4))).numpy().ravel().tolist()))
    [0.0, 2.0]
    >>> dropout.eval()(np.ones(3)).tolist()
    [1.0, 1.0, 1.0]
    """

    def __init__(
        self,
        rate: float,
        noise_shape: NoiseShape | None = None,
        seed: int | None = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.rate, self.noise_shape = _checked_rate("Dropout", rate), noise_shape
        super().__init__(seed, input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with a share of it dropped, in training."""
        y: Tensor = F.dropout(as_floating(x), self.rate, self.training, self._generator, self.noise_shape)
        return y


class SpatialDropout1D(_Noise):
    """In training, drop whole channels of sequences (N, L, C).

    Parameters
    ----------
    rate : float
        The share that is dropped, in [0, 1].
    seed : int, optional
        Seeds a generator of the layer's own; the library's (`nnlite.random`) by default.

    Raises
    ------
    ValueError
        If `rate` is not in [0, 1], or an input has not three axes.

    References
    ----------
    Tompson, J., Goroshin, R., Jain, A., LeCun, Y. and Bregler, C., "Efficient object localization using convolutional
    networks", 2015.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.SpatialDropout1D(0.5, seed=0)(np.ones((1, 2, 4)))
    tensor([[[2., 2., 2., 0.],
             [2., 2., 2., 0.]]], dtype=float64)
    """

    def __init__(
        self, rate: float, seed: int | None = None, input_shape: Shape | None = None, name: str | None = None
    ) -> None:
        self.rate = _checked_rate("SpatialDropout1D", rate)
        super().__init__(seed, input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with a share of its channels dropped, in training."""
        check_rank(self, x, 3, axes_of(1))
        y: Tensor = F.spatial_dropout(as_floating(x), self.rate, self.training, self._generator)
        return y


class SpatialDropout2D(_Noise):
    """In training, drop whole channels of images.

    Parameters
    ----------
    rate : float
        The share that is dropped, in [0, 1].
    data_format : {"channels_last", "channels_first"}, default "channels_last"
        Whether images are (N, H, W, C) or (N, C, H, W).
    seed : int, optional
        Seeds a generator of the layer's own; the library's (`nnlite.random`) by default.

    Raises
    ------
    ValueError
        If `rate` is not in [0, 1], or an input has not four axes.

    References
    ----------
    Tompson, J., Goroshin, R., Jain, A., LeCun, Y. and Bregler, C., "Efficient object localization using convolutional
    networks", 2015.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> y = nl.layers.SpatialDropout2D(0.5, seed=0)(np.ones((1, 3, 3, 4)))
    >>> y.sum(axis=(1, 2)).tolist()
    [[18.0, 18.0, 18.0, 0.0]]
    """

    def __init__(
        self,
        rate: float,
        data_format: str = "channels_last",
        seed: int | None = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.rate = _checked_rate("SpatialDropout2D", rate)
        self.data_format = check_data_format("SpatialDropout2D", data_format)
        super().__init__(seed, input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with a share of its channels dropped, in training."""
        first = self.data_format == "channels_first"
        check_rank(self, x, 4, axes_of(2, self.data_format))
        x = as_floating(x)
        y: Tensor = F.spatial_dropout(to_channels_last(x) if first else x, self.rate, self.training, self._generator)
        return to_channels_first(y) if first else y


class AlphaDropout(_Noise):
    """In training, drop inputs so that values of mean 0 and variance 1 keep both: the dropout that goes with SELU.

    Parameters
    ----------
    rate : float
        The share that is dropped, in [0, 1].
    noise_shape : sequence of int or None, optional
        As for `Dropout`.
    seed : int, optional
        Seeds a generator of the layer's own; the library's (`nnlite.random`) by default.

    Raises
    ------
    ValueError
        If `rate` is not in [0, 1], or `noise_shape` does not fit an input.

    References
    ----------
    Klambauer, G., Unterthiner, T., Mayr, A. and Hochreiter, S., "Self-normalizing neural networks", 2017.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> y = nl.layers.AlphaDropout(0.2, seed=0)(np.random.default_rng(1).normal(size=100_000))
    >>> abs(float(y.mean())) < 0.01, abs(float(y.std()) - 1) < 0.01
    (True, True)
    """

    def __init__(
        self,
        rate: float,
        noise_shape: NoiseShape | None = None,
        seed: int | None = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        self.rate, self.noise_shape = _checked_rate("AlphaDropout", rate), noise_shape
        super().__init__(seed, input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with a share of it dropped, in training."""
        y: Tensor = F.alpha_dropout(as_floating(x), self.rate, self.training, self._generator, self.noise_shape)
        return y


class GaussianNoise(_Noise):
    """In training, add normal noise of mean 0.

    Parameters
    ----------
    stddev : float
        Standard deviation of the noise, at least 0.
    seed : int, optional
        Seeds a generator of the layer's own; the library's (`nnlite.random`) by default.

    Raises
    ------
    ValueError
        If `stddev` is negative.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> noise = nl.layers.GaussianNoise(0.1, seed=0)
    >>> noise(np.ones(2)).numpy().round(4)
    array([1.1118, 0.8613])
    >>> noise.eval()(np.ones(2)).tolist()
    [1.0, 1.0]
    """

    def __init__(
        self, stddev: float, seed: int | None = None, input_shape: Shape | None = None, name: str | None = None
    ) -> None:
        if not stddev >= 0:
            raise ValueError(f"GaussianNoise expected stddev >= 0, got stddev={stddev!r}")
        self.stddev = stddev
        super().__init__(seed, input_shape, name)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with noise, in training."""
        y: Tensor = F.gaussian_noise(as_floating(x), self.stddev, self.training, self._generator)
        return y


def _checked_rate(layer: str, rate: float) -> float:
    """Require a share."""
    if not 0 <= rate <= 1:
        raise ValueError(f"{layer} expected a rate in [0, 1], got rate={rate}")
    return rate
