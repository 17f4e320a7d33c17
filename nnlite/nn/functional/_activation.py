"""Activations. `inplace` is accepted where PyTorch has it: nothing is changed in place."""

from typing import Any

import nnlite.functional as F
from nnlite.autograd._recording import Array

__all__ = [
    "celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "log_softmax",
    "logsigmoid", "mish", "prelu", "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softmin", "softplus",
    "softshrink", "softsign", "tanh", "tanhshrink", "threshold",
]  # fmt: skip


def relu(input: Array, inplace: bool = False) -> Any:
    """Return max(input, 0).

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    return F.relu(input)


def relu6(input: Array, inplace: bool = False) -> Any:
    """Return min(max(input, 0), 6)."""
    return F.relu6(input)


def leaky_relu(input: Array, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """Return the input where it is positive, and negative_slope times it elsewhere."""
    return F.leaky_relu(input, negative_slope=negative_slope)


def prelu(input: Array, weight: Array) -> Any:
    """Return the input where it is positive, and weight times it elsewhere.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, ...)
    weight : Tensor or array, shape (1,) or (C,)
        One slope for all, or one a channel.

    Raises
    ------
    ValueError
        If the number of weights is neither 1 nor that of the channels.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.prelu(np.array([[[-1.0], [-1.0]]]), np.array([0.5, 0.25])).ravel()
    array([-0.5 , -0.25])
    """
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.size not in (1, channels):
        raise ValueError(
            f"prelu() expected 1 weight or {channels}, for an input of shape {tuple(input.shape)}, got shape "
            f"{tuple(weight.shape)}"
        )
    if weight.size == 1 or input.ndim == 2:
        return F.prelu(input, weight)
    return F.prelu(input, weight.reshape(-1, *[1] * (input.ndim - 2)))


def elu(input: Array, alpha: float = 1.0, inplace: bool = False) -> Any:
    """Return the input where it is positive, and alpha * (e**input - 1) elsewhere."""
    return F.elu(input, alpha=alpha)


def selu(input: Array, inplace: bool = False) -> Any:
    """Return the self-normalising exponential unit of the input."""
    return F.selu(input)


def celu(input: Array, alpha: float = 1.0, inplace: bool = False) -> Any:
    """Return max(input, 0) + alpha * (e**(min(input, 0) / alpha) - 1)."""
    return F.celu(input, alpha=alpha)


def gelu(input: Array, approximate: str = "none") -> Any:
    """Return the input times the normal distribution function at it; "tanh" takes a formula near it."""
    return F.gelu(input, approximate=approximate)


def silu(input: Array, inplace: bool = False) -> Any:
    """Return input * sigmoid(input)."""
    return F.silu(input)


def mish(input: Array, inplace: bool = False) -> Any:
    """Return input * tanh(softplus(input))."""
    return F.mish(input)


def sigmoid(input: Array) -> Any:
    """Return 1 / (1 + e**-input)."""
    return F.sigmoid(input)


def hardsigmoid(input: Array, inplace: bool = False) -> Any:
    """Return relu6(input + 3) / 6."""
    return F.hard_sigmoid(input)


def logsigmoid(input: Array) -> Any:
    """Return log(sigmoid(input))."""
    return F.log_sigmoid(input)


def tanh(input: Array) -> Any:
    """Return the hyperbolic tangent."""
    return F.tanh(input)


def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """Return the input held between min_val and max_val."""
    return F.hard_tanh(input, min_val=min_val, max_val=max_val)


def tanhshrink(input: Array) -> Any:
    """Return input - tanh(input)."""
    return F.tanh_shrink(input)


def hardswish(input: Array, inplace: bool = False) -> Any:
    """Return input * relu6(input + 3) / 6."""
    return F.hard_silu(input)


def softplus(input: Array, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """Return log(1 + e**(beta * input)) / beta, and the input where beta times it exceeds the threshold."""
    return F.softplus(input, beta=beta, threshold=threshold)


def softsign(input: Array) -> Any:
    """Return input / (1 + |input|)."""
    return F.softsign(input)


def softshrink(input: Array, lambd: float = 0.5) -> Any:
    """Return the input moved towards 0 by lambd, and 0 where it would pass it."""
    return F.soft_shrink(input, threshold=lambd)


def hardshrink(input: Array, lambd: float = 0.5) -> Any:
    """Return the input where |input| > lambd, and 0 elsewhere."""
    return F.hard_shrink(input, threshold=lambd)


def threshold(input: Array, threshold: float, value: float, inplace: bool = False) -> Any:
    """Return the input where it is above the threshold, and value elsewhere."""
    return F.threshold(input, threshold=threshold, value=value)


def glu(input: Array, dim: int = -1) -> Any:
    """Return a * sigmoid(b) for the halves a and b of the input along an axis."""
    return F.glu(input, axis=dim)


def softmax(input: Array, dim: int | None = None) -> Any:
    """Return e**input / sum(e**input) along an axis.

    Parameters
    ----------
    input : Tensor or array
    dim : int, optional
        Without it, axis 0 of arrays of 0, 1 or 3 axes and axis 1 of all others: better say which.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.softmax(np.zeros((1, 2)), dim=-1)
    array([[0.5, 0.5]])
    """
    return F.softmax(input, axis=_axis_of(input, dim))


def softmin(input: Array, dim: int | None = None) -> Any:
    """Return softmax(-input) along an axis, as `softmax` takes it."""
    return F.softmax(-input, axis=_axis_of(input, dim))


def log_softmax(input: Array, dim: int | None = None) -> Any:
    """Return log(softmax(input)) along an axis, as `softmax` takes it."""
    return F.log_softmax(input, axis=_axis_of(input, dim))


def _axis_of(input: Array, dim: int | None) -> int:
    """Return the axis, or the one that PyTorch chooses."""
    if dim is None:
        return 0 if input.ndim in (0, 1, 3) else 1
    return dim
