"""Layers that are random in training and do nothing in inference."""

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._windows import as_floating
from nnlite.layers._module import Module, Shape

__all__ = ["Dropout"]


class Dropout(Module):
    """In training, set a share of the inputs to zero and divide the others by what is left of one.

    Parameters
    ----------
    rate : float
        The share that is dropped, in [0, 1].
    seed : int, optional
        Seeds a generator of the layer's own; the library's (`nnlite.random`) by default.

    Raises
    ------
    ValueError
        If `rate` is not in [0, 1].

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

    supports_masking = True

    def __init__(
        self, rate: float, seed: int | None = None, input_shape: Shape | None = None, name: str | None = None
    ) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"Dropout expected a rate in [0, 1], got rate={rate}")
        super().__init__(input_shape, name)
        self.rate, self.seed = rate, seed
        self._generator = None if seed is None else np.random.default_rng(seed)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with a share of it dropped, in training."""
        y: Tensor = F.dropout(as_floating(x), self.rate, self.training, self._generator)
        return y
