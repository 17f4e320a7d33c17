"""First values of parameters: an initializer is called with a shape and gives an array.

Kernels have the shape (*window, in, out); their fans are in and out, each times the size of the window.

A seed is an integer, which gives the same values at every call, as in Keras; a `numpy.random.Generator`; or None, which
stands for the library's generator (`nnlite.random.seed`).
"""

import inspect
import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nnlite import random
from nnlite._configured import Configured, snake_case
from nnlite._lookup import look_up
from nnlite.autograd import default_dtype

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "get",
]

Shape = int | Sequence[int]

_STDDEV_OF_TRUNCATED = 0.87962566103423978  # of a standard normal variable that is kept within -2 and 2


def get(identifier: str | type | Callable[..., Any]) -> "Initializer":
    """Return the initializer that a name, a class, an instance or any callable stands for.

    Parameters
    ----------
    identifier : str, class or callable
        A name as "glorot_uniform" or "GlorotUniform", an `Initializer` or its class, or a callable that takes a shape,
        and a dtype if it has a parameter of that name.

    Raises
    ------
    ValueError
        If no initializer has the name.
    TypeError
        If the identifier is none of those above.

    Examples
    --------
    >>> from nnlite import initializers
    >>> initializers.get("he_normal")
    HeNormal()
    >>> initializers.get("glorot_unifrom")
    Traceback (most recent call last):
        ...
    ValueError: unknown initializer 'glorot_unifrom', did you mean 'glorot_uniform'? Known are constant, ...
    """
    if isinstance(identifier, str):
        return look_up("initializer", identifier, _BY_NAME)()
    if isinstance(identifier, type):
        return get(identifier())
    if isinstance(identifier, Initializer):
        return identifier
    if callable(identifier):
        return _FromFunction(identifier)
    raise TypeError(f"an initializer is a name, an Initializer or a callable, got {identifier!r}")


class Initializer(Configured, ABC):
    """What makes the first values of a parameter; a subclass says how in `__call__`.

    It keeps each argument of its constructor under the argument's name, where `get_config` and `repr` read it.

    Examples
    --------
    >>> import numpy as np
    >>> from nnlite.initializers import Initializer
    >>> class Alternating(Initializer):
    ...     def __init__(self, size=1.0):
    ...         self.size = size
    ...
    ...     def __call__(self, shape, dtype=None):
    ...         return np.resize([self.size, -self.size], shape).astype(dtype or "float32")
    >>> Alternating(size=2.0)
    Alternating(size=2.0)
    >>> Alternating(size=2.0)((3,))
    array([ 2., -2.,  2.], dtype=float32)
    """

    @abstractmethod
    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """Return a new array.

        Parameters
        ----------
        shape : int or tuple of ints
            The parameter's shape.
        dtype : dtype, optional
            The array's dtype; the default dtype (float32 unless changed) if it is left out.
        """


class Zeros(Initializer):
    """All 0.

    Examples
    --------
    >>> from nnlite.initializers import Zeros
    >>> Zeros()((2,))
    array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """Return an array of zeros."""
        return np.zeros(shape, dtype or default_dtype())


class Ones(Initializer):
    """All 1.

    Examples
    --------
    >>> from nnlite.initializers import Ones
    >>> Ones()((2,))
    array([1., 1.], dtype=float32)
    """

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """Return an array of ones."""
        return np.ones(shape, dtype or default_dtype())


class Constant(Initializer):
    """All the same value.

    Parameters
    ----------
    value : float or array_like, default 0.0
        The value, or an array that is broadcast to the shape.

    Examples
    --------
    >>> from nnlite.initializers import Constant
    >>> Constant(0.1)((2,))
    array([0.1, 0.1], dtype=float32)
    """

    def __init__(self, value: ArrayLike = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """Return an array full of the value."""
        return np.full(shape, self.value, dtype or default_dtype())


class Identity(Initializer):
    """A matrix with `gain` on its diagonal and 0 elsewhere.

    Parameters
    ----------
    gain : float, default 1.0
        What stands on the diagonal.

    Raises
    ------
    ValueError
        When called, if the shape is not that of a matrix.

    Examples
    --------
    >>> from nnlite.initializers import Identity
    >>> Identity()((2, 3))
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """Return the scaled identity matrix."""
        shape = _as_tuple(shape)
        if len(shape) != 2:
            raise ValueError(f"{self} expected a shape of 2 axes, got {shape}")
        return (self.gain * np.eye(*shape)).astype(dtype or default_dtype())


class _Random(Initializer):
    """An initializer that draws from a seed."""

    seed: random.Seed = None

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """Return an array of random numbers; they are drawn in float64, so that a seed means the same in each dtype."""
        values = self._draw(random.draw_from(random.from_seed(self.seed)), _as_tuple(shape))
        return values.astype(dtype or default_dtype(), copy=False)

    @abstractmethod
    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        """Draw an array of this shape."""


class RandomUniform(_Random):
    """Uniform numbers in [minval, maxval).

    Parameters
    ----------
    minval, maxval : float, default -0.05 and 0.05
        The limits.
    seed : int, numpy.random.Generator or None, default None
        Where the numbers come from (see the top of this module).

    Raises
    ------
    ValueError
        If minval is greater than maxval, or the seed is negative.

    Examples
    --------
    >>> from nnlite.initializers import RandomUniform
    >>> RandomUniform(0, 1, seed=0)((2,))
    array([0.6369617 , 0.26978672], dtype=float32)
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: random.Seed = None) -> None:
        if not minval <= maxval:
            raise ValueError(f"RandomUniform expected minval (={minval!r}) not to be greater than maxval (={maxval!r})")
        self.minval, self.maxval, self.seed = minval, maxval, random.as_seed(seed)

    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        return np.asarray(generator.uniform(self.minval, self.maxval, shape))


class RandomNormal(_Random):
    """Normal numbers.

    Parameters
    ----------
    mean, stddev : float, default 0.0 and 0.05
        Mean and standard deviation.
    seed : int, numpy.random.Generator or None, default None
        Where the numbers come from (see the top of this module).

    Raises
    ------
    ValueError
        If stddev or the seed is negative.

    Examples
    --------
    >>> from nnlite.initializers import RandomNormal
    >>> RandomNormal(stddev=1.0, seed=0)((2,))
    array([ 0.12573022, -0.13210486], dtype=float32)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: random.Seed = None) -> None:
        self.mean, self.stddev, self.seed = mean, _not_negative(type(self), stddev), random.as_seed(seed)

    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        return self.mean + self.stddev * generator.standard_normal(shape)


class TruncatedNormal(_Random):
    """Normal numbers of which those more than two `stddev` from the mean are drawn again.

    Parameters
    ----------
    mean, stddev : float, default 0.0 and 0.05
        Mean and standard deviation before the tails are cut off; afterwards it is 0.88 times as large.
    seed : int, numpy.random.Generator or None, default None
        Where the numbers come from (see the top of this module).

    Raises
    ------
    ValueError
        If stddev or the seed is negative.

    Examples
    --------
    >>> from nnlite.initializers import TruncatedNormal
    >>> bool(abs(TruncatedNormal(stddev=1.0, seed=0)((1000,))).max() <= 2)
    True
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: random.Seed = None) -> None:
        self.mean, self.stddev, self.seed = mean, _not_negative(type(self), stddev), random.as_seed(seed)

    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        return self.mean + self.stddev * _truncated_normal(generator, shape)


class VarianceScaling(_Random):
    """Random numbers of variance scale / n, where n is a fan of the kernel (*window, in, out).

    Parameters
    ----------
    scale : float, default 1.0
        The variance times n; positive.
    mode : {"fan_in", "fan_out", "fan_avg"}, default "fan_in"
        What n is: the inputs of a unit, the outputs of one, or the mean of both.
    distribution : {"truncated_normal", "untruncated_normal", "uniform"}, default "truncated_normal"
        The truncated normal is widened, so that its variance is the one wanted after cutting it off.
    seed : int, numpy.random.Generator or None, default None
        Where the numbers come from (see the top of this module).

    Raises
    ------
    ValueError
        If an argument is none of those above.

    Examples
    --------
    >>> from nnlite.initializers import VarianceScaling
    >>> kernel = VarianceScaling(2.0, "fan_out", "uniform", seed=0)((3, 3, 16, 32))
    >>> round(float(kernel.var() * 3 * 3 * 32), 1)
    2.0
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: random.Seed = None,
    ) -> None:
        if not scale > 0:
            raise ValueError(f"{type(self).__name__} expected scale > 0, got {scale!r}")
        for name, value, known in (
            ("mode", mode, ("fan_in", "fan_out", "fan_avg")),
            ("distribution", distribution, ("truncated_normal", "untruncated_normal", "uniform")),
        ):
            if value not in known:
                raise ValueError(f"{type(self).__name__} expected {name} to be one of {known}, got {value!r}")
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, random.as_seed(seed)

    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        fan_in, fan_out = _fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, n))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * stddev
            return np.asarray(generator.uniform(-limit, limit, shape))
        if self.distribution == "untruncated_normal":
            return stddev * generator.standard_normal(shape)
        return stddev / _STDDEV_OF_TRUNCATED * _truncated_normal(generator, shape)


class GlorotUniform(VarianceScaling):
    """Uniform numbers of variance 2 / (fan_in + fan_out), also called Xavier's.

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """

    def __init__(self, seed: random.Seed = None) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed)


class GlorotNormal(VarianceScaling):
    """Truncated normal numbers of variance 2 / (fan_in + fan_out).

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """

    def __init__(self, seed: random.Seed = None) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


class HeUniform(VarianceScaling):
    """Uniform numbers of variance 2 / fan_in, made for ReLU.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", 2015.
    """

    def __init__(self, seed: random.Seed = None) -> None:
        super().__init__(2.0, "fan_in", "uniform", seed)


class HeNormal(VarianceScaling):
    """Truncated normal numbers of variance 2 / fan_in, made for ReLU.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", 2015.
    """

    def __init__(self, seed: random.Seed = None) -> None:
        super().__init__(2.0, "fan_in", "truncated_normal", seed)


class LecunUniform(VarianceScaling):
    """Uniform numbers of variance 1 / fan_in.

    References
    ----------
    Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, "Efficient backprop", 1998.
    """

    def __init__(self, seed: random.Seed = None) -> None:
        super().__init__(1.0, "fan_in", "uniform", seed)


class LecunNormal(VarianceScaling):
    """Truncated normal numbers of variance 1 / fan_in, made for SELU.

    References
    ----------
    G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-normalizing neural networks", 2017.
    """

    def __init__(self, seed: random.Seed = None) -> None:
        super().__init__(1.0, "fan_in", "truncated_normal", seed)


class Orthogonal(_Random):
    """An orthogonal matrix times `gain`, from the QR decomposition of normal numbers.

    A kernel of more axes is made as the matrix (window * in, out) and reshaped. Its rows or its columns, whichever
    are fewer, are orthogonal.

    Parameters
    ----------
    gain : float, default 1.0
        The length of the rows or columns.
    seed : int, numpy.random.Generator or None, default None
        Where the numbers come from (see the top of this module).

    Raises
    ------
    ValueError
        When called, if the shape has fewer than 2 axes.

    References
    ----------
    A. M. Saxe, J. L. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", 2013.

    Examples
    --------
    >>> from nnlite.initializers import Orthogonal
    >>> w = Orthogonal(seed=0)((4, 2), "float64")
    >>> abs(w.T @ w).round(6)
    array([[1., 0.],
           [0., 1.]])
    """

    def __init__(self, gain: float = 1.0, seed: random.Seed = None) -> None:
        self.gain, self.seed = gain, random.as_seed(seed)

    def _draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        if len(shape) < 2:
            raise ValueError(f"{self} expected a shape of 2 axes or more, got {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(generator.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.copysign(1.0, np.diagonal(r))  # QR prefers signs; this makes every orthogonal matrix equally likely
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


class _FromFunction(Initializer):
    """A function of a shape, and of a dtype if it has a parameter of that name."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> NDArray[Any]:
        """Return the function's array, in the dtype asked for, if it has the right shape."""
        shape, dtype = _as_tuple(shape), np.dtype(dtype or default_dtype())
        takes_dtype = any(p.name == "dtype" for p in _parameters(self.function))
        values = np.array(self.function(shape, dtype=dtype) if takes_dtype else self.function(shape), dtype)
        if values.shape != shape:
            raise ValueError(f"the initializer {self} was asked for shape {shape} and returned shape {values.shape}")
        return values

    def __repr__(self) -> str:
        return getattr(self.function, "__name__", repr(self.function))


def _truncated_normal(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """Draw standard normal numbers, those beyond -2 and 2 again and again."""
    values = np.asarray(generator.standard_normal(shape))
    while np.any(outside := np.abs(values) > 2):
        values[outside] = generator.standard_normal(np.count_nonzero(outside))
    return values


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return how many inputs a unit of the kernel (*window, in, out) has, and how many outputs an input."""
    if len(shape) < 2:
        return (shape or (1,))[0], (shape or (1,))[0]
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _as_tuple(shape: Shape) -> tuple[int, ...]:
    """Return a shape as a tuple of Python integers."""
    return tuple(map(operator.index, shape)) if isinstance(shape, Sequence) else (operator.index(shape),)


def _not_negative(cls: type, stddev: float) -> float:
    """Return a standard deviation; refuse a negative one."""
    if not stddev >= 0:
        raise ValueError(f"{cls.__name__} expected stddev >= 0, got {stddev!r}")
    return stddev


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters of a function or of a class's constructor; none where NumPy's C functions hide them."""
    try:
        return list(inspect.signature(function).parameters.values())
    except ValueError:
        return []


_CLASSES = (
    Constant, GlorotNormal, GlorotUniform, HeNormal, HeUniform, Identity, LecunNormal, LecunUniform, Ones, Orthogonal,
    RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling, Zeros,
)  # fmt: skip
_BY_NAME: dict[str, type[Initializer]] = {
    **{snake_case(cls.__name__): cls for cls in _CLASSES},
    "normal": RandomNormal,
    "uniform": RandomUniform,
}
