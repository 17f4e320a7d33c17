"""Initial values in PyTorch's spelling: each function fills a Parameter in place and returns it."""

from typing import Any

import numpy as np

from nnlite import random
from nnlite.autograd import Tensor

__all__ = [
    "constant_",
    "normal_",
    "ones_",
    "uniform_",
    "zeros_",
]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: np.random.Generator | None = None) -> Tensor:
    """Fill with values from U(a, b).

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.nn.init.uniform_(nl.Parameter([0.0, 0.0, 0.0]), -1, 1)
    >>> bool((abs(w.data) <= 1).all())
    True
    """
    return _filled(tensor, _drawn_from(generator).uniform(a, b, tensor.shape))


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: np.random.Generator | None = None
) -> Tensor:
    """Fill with values from N(mean, std**2)."""
    return _filled(tensor, _drawn_from(generator).normal(mean, std, tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value."""
    return _filled(tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return _filled(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return _filled(tensor, 0.0)


def _drawn_from(generator: np.random.Generator | None) -> np.random.Generator:
    """Return the generator to draw from: the library's unless one is given."""
    return random.generator() if generator is None else generator


def _filled(tensor: Tensor, values: Any) -> Tensor:
    """Write values into a Tensor, and note that it changed."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"nnlite.nn.init fills Tensors and Parameters, got a {type(tensor).__name__}")
    tensor.data[...] = values
    tensor.bump_version()
    return tensor
