"""Linear maps."""

from typing import Any

from numpy.typing import DTypeLike

import nnlite.nn.functional as F
from nnlite.autograd import Parameter, Tensor
from nnlite.layers import Module
from nnlite.layers._checks import check_features, positive_int
from nnlite.nn._checks import check_dtype, uniform_parameter

__all__ = ["Bilinear", "Identity", "Linear"]


class Linear(Module):
    """A linear map: ``y = x @ weight.T + bias``.

    Parameters
    ----------
    in_features, out_features : int
        Lengths of the last axis of input and output.
    bias : bool, default True
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in_features)
    bias : Parameter, shape (out_features,), or None
        Both start from U(-k, k) with k = 1 / sqrt(in_features).

    Raises
    ------
    ValueError
        If an argument is no positive integer, or the input's last axis is not in_features.
    TypeError
        If the input has another dtype than the parameters.

    Examples
    --------
    >>> import nnlite as nl
    >>> layer = nl.nn.Linear(3, 2)
    >>> layer
    Linear(3, 2)  # 8 parameters
    >>> layer(nl.tensor([[1.0, 2.0, 3.0]])).shape
    (1, 2)
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, dtype: DTypeLike | None = None) -> None:
        super().__init__()
        self.in_features = positive_int("Linear", "in_features", in_features)
        self.out_features = positive_int("Linear", "out_features", out_features)
        bound = in_features**-0.5
        self.weight = uniform_parameter((out_features, in_features), bound, dtype)
        self.bias: Parameter | None = uniform_parameter((out_features,), bound, dtype) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Return x @ weight.T + bias, of shape (..., out_features)."""
        if x.ndim < 1:
            raise ValueError(f"{self.label} expected an input of shape (..., {self.in_features}), got shape ()")
        check_features(self, x, -1, self.in_features)
        check_dtype(self, x, self.weight)
        y: Tensor = F.linear(x, self.weight, self.bias)
        return y


class Bilinear(Module):
    """A bilinear form: ``y[..., k] = x1 @ weight[k] @ x2 + bias[k]``.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
        Lengths of the last axes of the two inputs and of the output.
    bias : bool, default True
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in1_features, in2_features)
    bias : Parameter, shape (out_features,), or None
        Both start from U(-k, k) with k = 1 / sqrt(in1_features).

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> layer = nl.nn.Bilinear(2, 3, 4)
    >>> layer(np.ones((5, 2), np.float32), np.ones((5, 3), np.float32)).shape
    (5, 4)
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.in1_features = positive_int("Bilinear", "in1_features", in1_features)
        self.in2_features = positive_int("Bilinear", "in2_features", in2_features)
        self.out_features = positive_int("Bilinear", "out_features", out_features)
        bound = in1_features**-0.5
        self.weight = uniform_parameter((out_features, in1_features, in2_features), bound, dtype)
        self.bias: Parameter | None = uniform_parameter((out_features,), bound, dtype) if bias else None

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Return the bilinear form of x1 (..., in1_features) and x2 (..., in2_features)."""
        check_features(self, x1, -1, self.in1_features)
        check_features(self, x2, -1, self.in2_features)
        check_dtype(self, x1, self.weight)
        check_dtype(self, x2, self.weight)
        y: Tensor = F.bilinear(x1, x2, self.weight, self.bias)
        return y


class Identity(Module):
    """Return the input; takes any arguments, so that it can stand in for any module.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.nn.Identity()(nl.tensor([1.0]))
    tensor([1.])
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__()

    def get_config(self) -> dict[str, Any]:
        """Return no arguments: they have no effect."""
        return {}

    def forward(self, x: Tensor) -> Tensor:
        """Return x."""
        return x
