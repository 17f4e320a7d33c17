"""Initial values in PyTorch's spelling: each function fills a Parameter in place and returns it.

Weights have PyTorch's shape (out, in, *window); random numbers come from `nnlite.random` unless a generator is given.
"""

import math
from typing import Any

import numpy as np
from scipy import special

from nnlite import initializers, random
from nnlite.autograd import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

Generator = np.random.Generator

_GAINS = {
    **dict.fromkeys(("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d"), 1.0),
    "conv_transpose3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2.0),
    "selu": 0.75,
}


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with values from U(a, b).

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.nn.init.uniform_(nl.Parameter([0.0, 0.0, 0.0]), -1, 1)
    >>> bool((abs(w.data) <= 1).all())
    True
    """
    return _filled(tensor, random.draw_from(generator).uniform(a, b, tensor.shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with values from N(mean, std**2)."""
    return _filled(tensor, random.draw_from(generator).normal(mean, std, tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value."""
    return _filled(tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return _filled(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return _filled(tensor, 0.0)


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill with values from N(mean, std**2) that lie between a and b (as they are, not times std).

    Raises
    ------
    ValueError
        If a is not less than b.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.nn.init.trunc_normal_(nl.Parameter([0.0] * 100), a=-1, b=0.5)
    >>> bool(w.data.min() >= -1 and w.data.max() <= 0.5)
    True
    """
    if not a < b:
        raise ValueError(f"trunc_normal_ expected a (={a}) to be less than b (={b})")
    low, high = special.ndtr((np.array([a, b]) - mean) / std)  # the shares of the distribution below the limits
    quantiles = special.ndtri(random.draw_from(generator).uniform(low, high, tensor.shape))
    return _filled(tensor, np.clip(mean + std * quantiles, a, b))


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with ones on the diagonal and zeros elsewhere.

    Raises
    ------
    ValueError
        If the Tensor does not have 2 axes.
    """
    _check_axes("eye_", tensor, (2,))
    return _filled(tensor, np.eye(len(tensor), tensor.shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the weight of a convolution so that it passes its input through, as many channels as there are.

    Parameters
    ----------
    tensor : Parameter, shape (out, in // groups, *window)
    groups : int, default 1
        The groups of the convolution; each passes its own channels.

    Raises
    ------
    ValueError
        If the Tensor has fewer than 3 or more than 5 axes, or groups do not divide `out`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.init.dirac_(nl.Parameter(np.ones((2, 2, 3)))).data
    array([[[0., 1., 0.],
            [0., 0., 0.]],
    <BLANKLINE>
           [[0., 0., 0.],
            [0., 1., 0.]]])
    """
    _check_axes("dirac_", tensor, (3, 4, 5))
    outputs, inputs, *window = tensor.shape
    if outputs % groups:
        raise ValueError(f"dirac_ expected axis 0 (={outputs}) to be divisible by groups (={groups})")
    share = outputs // groups
    passed = np.arange(min(share, inputs))
    values = np.zeros((groups, share, *tensor.shape[1:]))
    middle: tuple[Any, ...] = tuple(n // 2 for n in window)
    values[(slice(None), passed, passed, *middle)] = 1
    return _filled(tensor, values.reshape(tensor.shape))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with values from U(-a, a), where a = gain * sqrt(6 / (fan_in + fan_out)).

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> w = nl.nn.init.xavier_uniform_(nl.Parameter(np.zeros((3, 3))))
    >>> bool((abs(w.data) <= 1).all())
    True
    """
    bound = gain * math.sqrt(6 / sum(_fans("xavier_uniform_", tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with values from N(0, std**2), where std = gain * sqrt(2 / (fan_in + fan_out)).

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans("xavier_normal_", tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill with values from U(-bound, bound), where bound = gain * sqrt(3 / fan).

    Parameters
    ----------
    tensor : Parameter, shape (out, in, *window)
    a : float, default 0
        The negative slope, if the nonlinearity is "leaky_relu".
    mode : {"fan_in", "fan_out"}, default "fan_in"
        Whether the variance is kept in the forward or in the backward pass.
    nonlinearity : str, default "leaky_relu"
        What follows: see `calculate_gain`.
    generator : numpy.random.Generator, optional

    Raises
    ------
    ValueError
        If a name is unknown, or the Tensor has fewer than 2 axes.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", 2015.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> w = nl.nn.init.kaiming_uniform_(nl.Parameter(np.zeros((2, 6))), nonlinearity="relu")
    >>> bool((abs(w.data) <= 1).all())
    True
    """
    bound = math.sqrt(3) * _kaiming_std("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill with values from N(0, std**2), where std = gain / sqrt(fan); arguments as of `kaiming_uniform_`.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", 2015.
    """
    return normal_(tensor, 0.0, _kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with gain times an orthogonal matrix (out, in * window): its rows or columns, whichever are fewer.

    Raises
    ------
    ValueError
        If the Tensor has fewer than 2 axes.

    References
    ----------
    A. M. Saxe, J. L. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", 2013.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> w = nl.nn.init.orthogonal_(nl.Parameter(np.zeros((2, 3)))).data
    >>> abs(w @ w.T).round(6)
    array([[1., 0.],
           [0., 1.]])
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_ expected a Tensor of 2 axes or more, got shape {tensor.shape}")
    if not tensor.size:
        return tensor
    matrix = initializers.Orthogonal(gain, random.draw_from(generator))(
        (tensor.shape[0], tensor.size // len(tensor)), "float64"
    )
    return _filled(tensor, matrix.reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fill a matrix with values from N(0, std**2), of which a share of each column is set to 0.

    Parameters
    ----------
    tensor : Parameter, shape (out, in)
    sparsity : float
        The share, rounded up to whole elements.
    std : float, default 0.01
    generator : numpy.random.Generator, optional

    Raises
    ------
    ValueError
        If the Tensor does not have 2 axes, or sparsity is outside [0, 1].

    References
    ----------
    J. Martens, "Deep learning via Hessian-free optimization", 2010.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> w = nl.nn.init.sparse_(nl.Parameter(np.zeros((4, 3))), sparsity=0.5)
    >>> (w.data == 0).sum(axis=0).tolist()
    [2, 2, 2]
    """
    _check_axes("sparse_", tensor, (2,))
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_ expected sparsity in [0, 1], got {sparsity!r}")
    drawn = random.draw_from(generator)
    values = drawn.normal(0.0, std, tensor.shape)
    order = drawn.random(tensor.shape).argsort(axis=0)  # a permutation of the rows in each column
    return _filled(tensor, values * (order >= math.ceil(sparsity * len(tensor))))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return by what a nonlinearity's inputs are scaled to keep their spread.

    Parameters
    ----------
    nonlinearity : str
        1 for "linear", the convolutions ("conv2d", "conv_transpose2d", ...) and "sigmoid", 5/3 for "tanh", sqrt(2) for
        "relu", sqrt(2 / (1 + slope**2)) for "leaky_relu" and 3/4 for "selu".
    param : float, optional
        The slope of "leaky_relu", 0.01 unless given.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> from nnlite.nn import init
    >>> init.calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"calculate_gain knows leaky_relu, {', '.join(_GAINS)}; got {nonlinearity!r}")
    return _GAINS[nonlinearity]


def _kaiming_std(function: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """Return the standard deviation that keeps the spread from layer to layer."""
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{function} expected mode 'fan_in' or 'fan_out', got {mode!r}")
    fan = _fans(function, tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fan, 1))


def _fans(function: str, tensor: Tensor) -> tuple[int, int]:
    """Return how many inputs a unit of the weight (out, in, *window) has, and how many outputs an input."""
    if tensor.ndim < 2:
        raise ValueError(f"{function} expected a Tensor of 2 axes or more, got shape {tensor.shape}")
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _check_axes(function: str, tensor: Tensor, ranks: tuple[int, ...]) -> None:
    """Require one of some numbers of axes."""
    if tensor.ndim not in ranks:
        wanted = " or ".join(map(str, ranks))
        raise ValueError(f"{function} expected a Tensor of {wanted} axes, got shape {tensor.shape}")


def _filled(tensor: Tensor, values: Any) -> Tensor:
    """Write values into a Tensor, and note that it changed."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"nnlite.nn.init fills Tensors and Parameters, got a {type(tensor).__name__}")
    tensor.data[...] = values
    tensor.bump_version()
    return tensor
