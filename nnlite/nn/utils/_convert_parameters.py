"""Parameters as one vector, and back."""

from collections.abc import Iterable

import numpy as np

import nnlite.functional as F
from nnlite.autograd import Parameter, Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Join the elements of all parameters to a vector, through which gradients flow.

    Parameters
    ----------
    parameters : iterable of Tensor

    Examples
    --------
    >>> import nnlite as nl
    >>> linear = nl.nn.Linear(3, 2)
    >>> nl.nn.utils.parameters_to_vector(linear.parameters()).shape
    (8,)
    """
    vector: Tensor = F.concatenate([p.reshape(-1) for p in parameters])
    return vector


def vector_to_parameters(vec: Tensor, parameters: Iterable[Parameter]) -> None:
    """Write the parts of a vector into the parameters, outside of any graph.

    Parameters
    ----------
    vec : Tensor, shape (n,)
        What `parameters_to_vector` gave, or one like it.
    parameters : iterable of Parameter
        With n elements together.

    Raises
    ------
    ValueError
        If the numbers of elements differ.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> linear = nl.nn.Linear(2, 1)
    >>> nl.nn.utils.vector_to_parameters(nl.tensor([1.0, 2.0, 3.0]), linear.parameters())
    >>> linear.bias
    Parameter([3.])
    """
    listed = list(parameters)
    if vec.shape != (size := sum(p.size for p in listed),):
        raise ValueError(f"vector_to_parameters expected a vector of shape ({size},), got shape {vec.shape}")
    parts = np.split(vec.data, np.cumsum([p.size for p in listed])[:-1])
    for p, part in zip(listed, parts, strict=True):
        p.data[...] = part.reshape(p.shape)
        p.bump_version()
