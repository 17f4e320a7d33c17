"""Dropout."""

from abc import ABC
from collections.abc import Callable
from typing import Any, ClassVar

import nnlite.nn.functional as F
from nnlite.autograd import Tensor
from nnlite.layers import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout2d"]


class _Dropout(Module, ABC):
    """What the forms of dropout share: all but what is dropped."""

    function: ClassVar[Callable[..., Any]]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__} expected p in [0, 1], got p={p!r}")
        self.p, self.inplace = p, inplace

    def forward(self, x: Tensor) -> Tensor:
        """Return x with a share of it dropped, in training."""
        y: Tensor = type(self).function(x, self.p, self.training)
        return y


class Dropout(_Dropout):
    """In training, set each element to 0 with probability `p`, and scale the others by 1 / (1 - p).

    Parameters
    ----------
    p : float, default 0.5
    inplace : bool, default False
        Makes no difference: nothing is changed in place.

    Raises
    ------
    ValueError
        If `p` is not in [0, 1].

    References
    ----------
    Srivastava, N., Hinton, G., Krizhevsky, A., Sutskever, I. and Salakhutdinov, R., "Dropout: a simple way to prevent
    neural networks from overfitting", 2014.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.random.seed(0)
    >>> nl.nn.Dropout(0.5)(np.ones(4)).tolist()
    [2.0, 2.0, 2.0, 0.0]
    """

    function = staticmethod(F.dropout)


class Dropout2d(_Dropout):
    """In training, drop whole channels of images (N, C, H, W) or sequences (N, C, L).

    Parameters
    ----------
    p : float, default 0.5
    inplace : bool, default False
        Makes no difference: nothing is changed in place.

    Raises
    ------
    ValueError
        If `p` is not in [0, 1], or an input has another rank.

    References
    ----------
    Tompson, J., Goroshin, R., Jain, A., LeCun, Y. and Bregler, C., "Efficient object localization using convolutional
    networks", 2015.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.random.seed(0)
    >>> nl.nn.Dropout2d(0.5)(np.ones((1, 4, 2, 2))).sum(axis=(2, 3)).tolist()
    [[8.0, 8.0, 8.0, 0.0]]
    """

    function = staticmethod(F.dropout2d)


class AlphaDropout(_Dropout):
    """In training, drop elements so that values of mean 0 and variance 1 keep both: the dropout that goes with SELU.

    Parameters
    ----------
    p : float, default 0.5
    inplace : bool, default False
        Makes no difference: nothing is changed in place.

    Raises
    ------
    ValueError
        If `p` is not in [0, 1].

    References
    ----------
    Klambauer, G., Unterthiner, T., Mayr, A. and Hochreiter, S., "Self-normalizing neural networks", 2017.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> y = nl.nn.AlphaDropout(0.2)(np.random.default_rng(1).normal(size=100_000))
    >>> abs(float(y.mean())) < 0.02, abs(float(y.std()) - 1) < 0.02
    (True, True)
    """

    function = staticmethod(F.alpha_dropout)
