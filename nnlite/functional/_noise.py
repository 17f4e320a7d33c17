"""Noise for regularisation: drawn outside the differentiated body and handed in as an array."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite import random
from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._windows import as_floating

__all__ = ["alpha_dropout", "dropout", "gaussian_noise", "spatial_dropout"]

_SELU_FLOOR = -1.7580993408473766  # what SELU tends to on the left: -scale * alpha

NoiseShape = Sequence[int | None]


def dropout(
    x: Array,
    rate: float = 0.5,
    training: bool = True,
    generator: np.random.Generator | None = None,
    noise_shape: NoiseShape | None = None,
) -> Any:
    """Set each element to 0 with probability `rate`, and scale the others by 1 / (1 - rate).

    The expected value stays that of x, so nothing has to be scaled when the network is used.

    Parameters
    ----------
    x : array
        Any shape.
    rate : float, default 0.5
        The probability in [0, 1] that an element is dropped.
    training : bool, default True
        False returns x itself, as `rate=0` does.
    generator : numpy.random.Generator, optional
        What the mask is drawn from; the library's generator (`nnlite.random.seed`) by default.
    noise_shape : sequence of int or None, optional
        Shape of the mask, of as many axes as x: along an axis of length 1 all elements share one fate, and None
        stands for the length in x. Every element has its own fate by default.

    Returns
    -------
    array of the shape and dtype of x

    Raises
    ------
    ValueError
        If `rate` is outside [0, 1], or a mask of shape `noise_shape` does not broadcast to x.

    References
    ----------
    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, "Dropout: a simple way to prevent neural
    networks from overfitting", 2014.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F, numpy as np
    >>> F.dropout(nl.tensor([1.0, 1.0, 1.0, 1.0]), 0.5, generator=np.random.default_rng(0))
    tensor([2., 2., 2., 0.])
    """
    _check_rate("dropout", rate)
    if not training or rate == 0:
        return x
    kept = _drawn("dropout", x, rate, generator, noise_shape)
    return _masked(x, kept, scale=1 / (1 - rate) if rate < 1 else 0.0)


def spatial_dropout(
    x: Array, rate: float = 0.5, training: bool = True, generator: np.random.Generator | None = None
) -> Any:
    """Drop whole channels: all elements of a channel of a sample share one fate.

    Neighbours in an image are alike, so that dropping single elements of it hides little.

    Parameters
    ----------
    x : array, shape (N, *spatial, C)
        Channels last.
    rate, training, generator
        As for `dropout`.

    Returns
    -------
    array of the shape and dtype of x

    Raises
    ------
    ValueError
        If `rate` is outside [0, 1], or x has fewer than three axes.

    References
    ----------
    Tompson, J., Goroshin, R., Jain, A., LeCun, Y. and Bregler, C., "Efficient object localization using convolutional
    networks", 2015.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.spatial_dropout(np.ones((1, 2, 4)), 0.5, generator=np.random.default_rng(0))
    array([[[2., 2., 2., 0.],
            [2., 2., 2., 0.]]])
    """
    _check_rate("spatial_dropout", rate)
    shape = np.shape(x)
    if len(shape) < 3:
        raise ValueError(f"spatial_dropout() takes x of shape (N, *spatial, C), got shape {shape}")
    return dropout(x, rate, training, generator, (shape[0], *(1,) * (len(shape) - 2), shape[-1]))


def alpha_dropout(
    x: Array,
    rate: float = 0.5,
    training: bool = True,
    generator: np.random.Generator | None = None,
    noise_shape: NoiseShape | None = None,
) -> Any:
    """Drop elements so that values of mean 0 and variance 1 keep both: the dropout that goes with SELU.

    A dropped element is set to ``floor = -1.7580993``, to which SELU saturates, then all are moved and scaled:
    ``y = a * where(kept, x, floor) + b`` with ``a = ((1 - rate) * (1 + rate * floor**2)) ** -0.5`` and
    ``b = -a * rate * floor``.

    Parameters
    ----------
    x, rate, training, generator, noise_shape
        As for `dropout`. With `rate=1` the result is 0.

    Returns
    -------
    array of the shape and dtype of x

    Raises
    ------
    ValueError
        If `rate` is outside [0, 1], or a mask of shape `noise_shape` does not broadcast to x.

    References
    ----------
    Klambauer, G., Unterthiner, T., Mayr, A. and Hochreiter, S., "Self-normalizing neural networks", 2017.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.alpha_dropout(np.ones(4), 0.5, generator=np.random.default_rng(0)).round(4)
    array([ 1.6656,  1.6656,  1.6656, -0.7792])
    """
    _check_rate("alpha_dropout", rate)
    if not training or rate == 0:
        return x
    x = as_floating(x)
    kept = _drawn("alpha_dropout", x, rate, generator, noise_shape)
    scale = ((1 - rate) * (1 + rate * _SELU_FLOOR**2)) ** -0.5 if rate < 1 else 0.0
    shift = -scale * rate * _SELU_FLOOR
    return _masked(x, kept, scale=scale) + np.where(kept, shift, scale * _SELU_FLOOR + shift).astype(x.dtype)


def gaussian_noise(x: Array, stddev: float, training: bool = True, generator: np.random.Generator | None = None) -> Any:
    """Add normal noise of mean 0 and standard deviation `stddev` to each element.

    Parameters
    ----------
    x : array
        Any shape.
    stddev : float
        At least 0.
    training : bool, default True
        False returns x itself, as `stddev=0` does.
    generator : numpy.random.Generator, optional
        What the noise is drawn from; the library's generator (`nnlite.random.seed`) by default.

    Returns
    -------
    array of the shape and dtype of x

    Raises
    ------
    ValueError
        If `stddev` is negative.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.gaussian_noise(np.ones(2), 0.1, generator=np.random.default_rng(0)).round(4)
    array([1.1118, 0.8613])
    """
    if not stddev >= 0:
        raise ValueError(f"gaussian_noise expected stddev >= 0, got {stddev!r}")
    if not training or stddev == 0:
        return x
    x = as_floating(x)
    noise = random.draw_from(generator).standard_normal(x.shape, dtype=np.float32)
    return x + noise.astype(x.dtype) * float(stddev)


def _check_rate(function: str, rate: float) -> None:
    """Require a probability."""
    if not 0 <= rate <= 1:
        raise ValueError(f"{function} expected rate in [0, 1], got {rate!r}")


def _drawn(
    function: str, x: Array, rate: float, generator: np.random.Generator | None, noise_shape: NoiseShape | None
) -> NDArray[np.bool_]:
    """Return a mask that holds where an element is kept."""
    shape = np.shape(x)
    if noise_shape is not None:
        lengths = [n if m is None else m for m, n in zip(noise_shape, shape, strict=False)]
        if len(noise_shape) != len(shape) or any(m not in (1, n) for m, n in zip(lengths, shape, strict=True)):
            raise ValueError(f"{function} got {noise_shape=}, which does not broadcast to x of shape {shape}")
        shape = tuple(lengths)
    kept: NDArray[np.bool_] = random.draw_from(generator).random(shape, dtype=np.float32) >= rate
    return kept


@differentiable
def _masked(x: Array, mask: Array, *, scale: float) -> Array:
    """Return scale * x where the boolean mask holds and 0 elsewhere."""
    return x * mask * scale, (lambda g: g * mask * scale, None)
