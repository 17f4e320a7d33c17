"""Normalisation of each sample by itself."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import nnlite.nn.functional as F
from nnlite.autograd import Parameter, Tensor, default_dtype
from nnlite.layers import Module
from nnlite.layers._checks import positive_int
from nnlite.nn._checks import check_dtype

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class LayerNorm(Module):
    """Normalise each sample by mean and variance over its last axes.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The lengths of these axes.
    eps : float, default 1e-5
        Added to the variance.
    elementwise_affine : bool, default True
        Whether to scale by weight.
    bias : bool, default True
        Whether to shift by bias as well.
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight, bias : Parameters, shape normalized_shape, or None
        They start as ones and zeros.

    Raises
    ------
    ValueError
        If an input does not end with normalized_shape.
    TypeError
        If the input has another dtype than the parameters.

    References
    ----------
    J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.nn.LayerNorm(2)(nl.tensor([[1.0, 3.0], [10.0, 30.0]])).detach().round(2)
    tensor([[-1.,  1.],
            [-1.,  1.]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape("LayerNorm", normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        dtype, shape = np.dtype(dtype or default_dtype()), self.normalized_shape
        self.weight = Parameter(np.ones(shape, dtype)) if elementwise_affine else None
        self.bias = Parameter(np.zeros(shape, dtype)) if elementwise_affine and bias else None

    def forward(self, x: Tensor) -> Any:
        """Return x normalised, of the same shape."""
        _check_end(self, x, self.normalized_shape)
        if self.weight is not None:
            check_dtype(self, x, self.weight)
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(Module):
    """Divide each sample by the root mean square over its last axes.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The lengths of these axes.
    eps : float, optional
        Added to the mean square; the distance from 1 to the next number of the input's dtype unless given.
    elementwise_affine : bool, default True
        Whether to scale by weight.
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight : Parameter, shape normalized_shape, or None
        It starts as ones.

    Raises
    ------
    ValueError
        If an input does not end with normalized_shape.
    TypeError
        If the input has another dtype than the parameters.

    References
    ----------
    B. Zhang, R. Sennrich, "Root mean square layer normalization", 2019.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.nn.RMSNorm(2)(nl.tensor([[1.0, 7.0]])).detach().round(2)
    tensor([[0.2, 1.4]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape("RMSNorm", normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        ones = np.ones(self.normalized_shape, dtype or default_dtype())
        self.weight = Parameter(ones) if elementwise_affine else None

    def forward(self, x: Tensor) -> Any:
        """Return x scaled, of the same shape."""
        _check_end(self, x, self.normalized_shape)
        if self.weight is not None:
            check_dtype(self, x, self.weight)
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)


class GroupNorm(Module):
    """Normalise each sample by mean and variance of groups of its channels.

    Parameters
    ----------
    num_groups : int
    num_channels : int
        The number of channels C, axis 1 of inputs; num_groups divides it.
    eps : float, default 1e-5
        Added to the variance.
    affine : bool, default True
        Whether to scale by weight and to shift by bias.
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight, bias : Parameters, shape (C,), or None
        They start as ones and zeros.

    Raises
    ------
    ValueError
        If the groups do not divide the channels, or an input does not fit.
    TypeError
        If the input has another dtype than the parameters.

    References
    ----------
    Y. Wu, K. He, "Group normalization", 2018.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.nn.GroupNorm(2, 4)(nl.tensor([[1.0, 3.0, 10.0, 30.0]])).detach().round(2)
    tensor([[-1.,  1., -1.,  1.]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.num_groups = positive_int("GroupNorm", "num_groups", num_groups)
        self.num_channels = positive_int("GroupNorm", "num_channels", num_channels)
        if num_channels % num_groups:
            raise ValueError(
                f"GroupNorm expected num_channels (={num_channels}) to be divisible by num_groups (={num_groups})"
            )
        self.eps, self.affine = eps, affine
        dtype = np.dtype(dtype or default_dtype())
        self.weight = Parameter(np.ones(num_channels, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_channels, dtype)) if affine else None

    def forward(self, x: Tensor) -> Any:
        """Return x (N, C, ...) normalised, of the same shape."""
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ValueError(f"{self.label} expected {self.num_channels} channels, got an input of shape {x.shape}")
        if self.weight is not None:
            check_dtype(self, x, self.weight)
        return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


class LocalResponseNorm(Module):
    """Divide each channel by a power of the mean square of the channels around it.

    ``y = x / (k + alpha * mean square)**beta``

    Parameters
    ----------
    size : int
        How many channels, among them the one that is divided, are taken together.
    alpha, beta, k : float, default 1e-4, 0.75 and 1.0

    Raises
    ------
    ValueError
        If size is no positive integer, or an input has fewer than 3 axes.

    References
    ----------
    A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet classification with deep convolutional neural networks", 2012.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.LocalResponseNorm(2)(np.zeros((1, 3, 4, 4))).shape
    (1, 3, 4, 4)
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = positive_int("LocalResponseNorm", "size", size)
        self.alpha, self.beta, self.k = alpha, beta, k

    def forward(self, x: Tensor) -> Any:
        """Return x (N, C, ...) divided, of the same shape."""
        return F.local_response_norm(x, self.size, self.alpha, self.beta, self.k)


def _as_shape(module: str, value: int | Sequence[int]) -> tuple[int, ...]:
    """Return an int or a sequence of them as a shape."""
    values = value if isinstance(value, Sequence) else (value,)
    return tuple(positive_int(module, "normalized_shape", n) for n in values)


def _check_end(module: Module, x: Tensor, shape: tuple[int, ...]) -> None:
    """Require an input that ends with a shape."""
    if x.shape[-len(shape) :] != shape:
        raise ValueError(f"{module.label} expected an input that ends with {shape}, got an input of shape {x.shape}")
