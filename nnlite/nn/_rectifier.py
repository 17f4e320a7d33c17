"""Activations that let what is positive through, more or less as it is."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import nnlite.nn.functional as F
from nnlite.autograd import Parameter, Tensor, default_dtype
from nnlite.layers import Module
from nnlite.layers._checks import positive_int
from nnlite.nn._checks import check_dtype

__all__ = [
    "CELU", "ELU", "GELU", "SELU", "Hardswish", "InPlace", "LeakyReLU", "Mish", "PReLU", "ReLU", "ReLU6", "SiLU",
    "Threshold",
]  # fmt: skip


class InPlace(Module):
    """An activation that takes PyTorch's `inplace`: nothing is changed in place, whatever it says.

    Parameters
    ----------
    inplace : bool, default False
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class ReLU(InPlace):
    """max(x, 0).

    Parameters
    ----------
    inplace : bool, default False
        Accepted; nothing is changed in place.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.nn.ReLU()(nl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, x: Tensor) -> Any:
        """Return relu(x)."""
        return F.relu(x)


class ReLU6(InPlace):
    """min(max(x, 0), 6)."""

    def forward(self, x: Tensor) -> Any:
        """Return relu6(x)."""
        return F.relu6(x)


class SELU(InPlace):
    """The self-normalising exponential unit of `functional.selu`."""

    def forward(self, x: Tensor) -> Any:
        """Return selu(x)."""
        return F.selu(x)


class SiLU(InPlace):
    """x * sigmoid(x)."""

    def forward(self, x: Tensor) -> Any:
        """Return silu(x)."""
        return F.silu(x)


class Mish(InPlace):
    """x * tanh(softplus(x))."""

    def forward(self, x: Tensor) -> Any:
        """Return mish(x)."""
        return F.mish(x)


class Hardswish(InPlace):
    """x * relu6(x + 3) / 6."""

    def forward(self, x: Tensor) -> Any:
        """Return hardswish(x)."""
        return F.hardswish(x)


class LeakyReLU(Module):
    """x above 0, negative_slope * x below.

    Parameters
    ----------
    negative_slope : float, default 0.01
    inplace : bool, default False
        Accepted; nothing is changed in place.
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, x: Tensor) -> Any:
        """Return leaky_relu(x)."""
        return F.leaky_relu(x, self.negative_slope)


class PReLU(Module):
    """x above 0, weight * x below, with trained slopes.

    Parameters
    ----------
    num_parameters : int, default 1
        One slope for all, or one a channel (axis 1).
    init : float, default 0.25
        First value of the slopes.
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight : Parameter, shape (num_parameters,)

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.nn.PReLU()(nl.tensor([[-1.0, 2.0]])).detach()
    tensor([[-0.25,  2.  ]])
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.init = init
        slopes = positive_int("PReLU", "num_parameters", num_parameters)
        self.weight = Parameter(np.full(slopes, init, dtype or default_dtype()))

    def forward(self, x: Tensor) -> Any:
        """Return prelu(x)."""
        check_dtype(self, x, self.weight)
        return F.prelu(x, self.weight)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; `num_parameters` is a method of every module."""
        return {"num_parameters": self.weight.size, "init": self.init}

    def _code(self) -> str:
        """Return the call that builds this module."""
        given = [f"num_parameters={self.weight.size}"] if self.weight.size > 1 else []
        given += [f"init={self.init!r}"] if self.init != 0.25 else []
        return f"PReLU({', '.join(given)})"


class ELU(Module):
    """x above 0, alpha * (exp(x) - 1) below.

    Parameters
    ----------
    alpha : float, default 1
    inplace : bool, default False
        Accepted; nothing is changed in place.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, x: Tensor) -> Any:
        """Return elu(x)."""
        return F.elu(x, self.alpha)


class CELU(Module):
    """max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1).

    Parameters
    ----------
    alpha : float, default 1
    inplace : bool, default False
        Accepted; nothing is changed in place.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, x: Tensor) -> Any:
        """Return celu(x)."""
        return F.celu(x, self.alpha)


class GELU(Module):
    """x times the normal distribution function at x.

    Parameters
    ----------
    approximate : {"none", "tanh"}, default "none"
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, x: Tensor) -> Any:
        """Return gelu(x)."""
        return F.gelu(x, self.approximate)


class Threshold(Module):
    """x above the threshold, value elsewhere.

    Parameters
    ----------
    threshold, value : float
    inplace : bool, default False
        Accepted; nothing is changed in place.
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, x: Tensor) -> Any:
        """Return threshold(x)."""
        return F.threshold(x, self.threshold, self.value)
