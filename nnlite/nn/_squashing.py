"""Activations that bend, bound or gate their input, and those along an axis."""

from typing import Any

import nnlite.nn.functional as F
from nnlite.autograd import Tensor
from nnlite.layers import Module
from nnlite.nn._rectifier import InPlace

__all__ = [
    "GLU", "Hardshrink", "Hardsigmoid", "Hardtanh", "LogSigmoid", "LogSoftmax", "Sigmoid", "Softmax", "Softmax2d",
    "Softmin", "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink",
]  # fmt: skip


class Sigmoid(Module):
    """1 / (1 + exp(-x)).

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.nn.Sigmoid()(nl.tensor([0.0]))
    tensor([0.5])
    """

    def forward(self, x: Tensor) -> Any:
        """Return sigmoid(x)."""
        return F.sigmoid(x)


class Hardsigmoid(InPlace):
    """relu6(x + 3) / 6."""

    def forward(self, x: Tensor) -> Any:
        """Return hardsigmoid(x)."""
        return F.hardsigmoid(x)


class LogSigmoid(Module):
    """log(sigmoid(x))."""

    def forward(self, x: Tensor) -> Any:
        """Return logsigmoid(x)."""
        return F.logsigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, x: Tensor) -> Any:
        """Return tanh(x)."""
        return F.tanh(x)


class Hardtanh(Module):
    """x held between min_val and max_val.

    Parameters
    ----------
    min_val, max_val : float, default -1 and 1
    inplace : bool, default False
        Accepted; nothing is changed in place.

    Raises
    ------
    ValueError
        If min_val is not less than max_val.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if not min_val < max_val:
            raise ValueError(f"Hardtanh expected min_val (={min_val}) to be less than max_val (={max_val})")
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, x: Tensor) -> Any:
        """Return hardtanh(x)."""
        return F.hardtanh(x, self.min_val, self.max_val)


class Tanhshrink(Module):
    """x - tanh(x)."""

    def forward(self, x: Tensor) -> Any:
        """Return tanhshrink(x)."""
        return F.tanhshrink(x)


class Softshrink(Module):
    """x moved towards 0 by lambd, and 0 where it would pass it.

    Parameters
    ----------
    lambd : float, default 0.5
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, x: Tensor) -> Any:
        """Return softshrink(x)."""
        return F.softshrink(x, self.lambd)


class Hardshrink(Module):
    """x where |x| > lambd, and 0 elsewhere.

    Parameters
    ----------
    lambd : float, default 0.5
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, x: Tensor) -> Any:
        """Return hardshrink(x)."""
        return F.hardshrink(x, self.lambd)


class Softplus(Module):
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x > threshold.

    Parameters
    ----------
    beta : float, default 1
    threshold : float, default 20
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Tensor) -> Any:
        """Return softplus(x)."""
        return F.softplus(x, self.beta, self.threshold)


class Softsign(Module):
    """x / (1 + |x|)."""

    def forward(self, x: Tensor) -> Any:
        """Return softsign(x)."""
        return F.softsign(x)


class GLU(Module):
    """a * sigmoid(b) for the halves a and b of x along an axis.

    Parameters
    ----------
    dim : int, default -1
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Any:
        """Return glu(x)."""
        return F.glu(x, self.dim)


class Softmax(Module):
    """exp(x) divided by its sum along an axis.

    Parameters
    ----------
    dim : int, optional
        Without it, axis 0 of inputs of 1 or 3 axes and axis 1 of all others: better say which.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.nn.Softmax(dim=1)(nl.tensor([[0.0, 0.0]]))
    tensor([[0.5, 0.5]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Any:
        """Return softmax(x)."""
        return F.softmax(x, self.dim)


class Softmin(Module):
    """softmax(-x) along an axis.

    Parameters
    ----------
    dim : int, optional
        As that of `Softmax`.
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Any:
        """Return softmin(x)."""
        return F.softmin(x, self.dim)


class LogSoftmax(Module):
    """log(softmax(x)) along an axis.

    Parameters
    ----------
    dim : int, optional
        As that of `Softmax`.
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Any:
        """Return log_softmax(x)."""
        return F.log_softmax(x, self.dim)


class Softmax2d(Module):
    """The softmax over the channels of images (N, C, H, W) or (C, H, W)."""

    def forward(self, x: Tensor) -> Any:
        """Return softmax(x) along the channels."""
        if x.ndim not in (3, 4):
            raise ValueError(f"Softmax2d expected an input of shape (N, C, H, W) or (C, H, W), got shape {x.shape}")
        return F.softmax(x, -3)
