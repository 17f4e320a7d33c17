"""Noise for regularisation: drawn outside the differentiated body and handed in as a mask."""

import numpy as np

from nnlite import random
from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array

__all__ = ["dropout"]


def dropout(x: Array, rate: float = 0.5, training: bool = True, generator: np.random.Generator | None = None) -> Array:
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

    Returns
    -------
    array of the shape and dtype of x

    Raises
    ------
    ValueError
        If `rate` is outside [0, 1].

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
    if not 0 <= rate <= 1:
        raise ValueError(f"dropout expected rate in [0, 1], got {rate!r}")
    if not training or rate == 0:
        return x
    kept = random.draw_from(generator).random(np.shape(x), dtype=np.float32) >= rate
    return _masked(x, kept, scale=1 / (1 - rate) if rate < 1 else 0.0)


@differentiable
def _masked(x: Array, mask: Array, *, scale: float) -> Array:
    """Return scale * x where the boolean mask holds and 0 elsewhere."""
    return x * mask * scale, (lambda g: g * mask * scale, None)
