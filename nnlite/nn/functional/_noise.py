"""Dropout, channels first. `inplace` is accepted as PyTorch has it: nothing is changed in place."""

from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite.autograd._recording import Array

__all__ = ["alpha_dropout", "dropout", "dropout2d"]


def dropout(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Set each element to 0 with probability `p`, and scale the others by 1 / (1 - p).

    Parameters
    ----------
    input : Tensor or array
    p : float, default 0.5
    training : bool, default True
        False returns the input.
    inplace : bool, default False
        Makes no difference.

    Returns
    -------
    Tensor or array of the input's shape

    Raises
    ------
    ValueError
        If `p` is not in [0, 1].

    Examples
    --------
    >>> import nnlite as nl, nnlite.nn.functional as F, numpy as np
    >>> nl.random.seed(0)
    >>> F.dropout(np.ones(4))
    array([2., 2., 2., 0.])
    """
    return F.dropout(input, p, training)


def dropout2d(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Drop whole channels: all elements of a channel of a sample share one fate.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, H, W) or (N, C, L)
    p, training, inplace
        As for `dropout`.

    Returns
    -------
    Tensor or array of the input's shape

    Raises
    ------
    ValueError
        If the input has another rank, or `p` is not in [0, 1].

    Examples
    --------
    >>> import nnlite as nl, nnlite.nn.functional as F, numpy as np
    >>> nl.random.seed(0)
    >>> F.dropout2d(np.ones((1, 4, 2)))
    array([[[2., 2.],
            [2., 2.],
            [2., 2.],
            [0., 0.]]])
    """
    shape = np.shape(input)
    if len(shape) not in (3, 4):
        raise ValueError(f"dropout2d() expected input of shape (N, C, H, W) or (N, C, L), got shape {shape}")
    return F.dropout(input, p, training, noise_shape=(*shape[:2], *(1,) * (len(shape) - 2)))


def alpha_dropout(input: Array, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Drop elements so that values of mean 0 and variance 1 keep both: the dropout that goes with SELU.

    Parameters
    ----------
    input : Tensor or array
    p, inplace
        As for `dropout`.
    training : bool, default False
        False returns the input.

    Returns
    -------
    Tensor or array of the input's shape

    Raises
    ------
    ValueError
        If `p` is not in [0, 1].

    Examples
    --------
    >>> import nnlite as nl, nnlite.nn.functional as F, numpy as np
    >>> nl.random.seed(0)
    >>> F.alpha_dropout(np.ones(4), training=True).round(4)
    array([ 1.6656,  1.6656,  1.6656, -0.7792])
    """
    return F.alpha_dropout(input, p, training)
