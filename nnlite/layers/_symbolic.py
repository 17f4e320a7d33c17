"""Symbolic tensors: what a layer gives when it is called on an Input, and how its shape is found.

A symbolic tensor knows its shape, with None for an axis of any length, its dtype, and the call that it comes from.
Calls refer to the symbolic tensors that they were given, never to those that they give: there is no cycle. The shape
is found by running the call on zeros, in inference mode, outside the graph: twice, with different lengths in the place
of None, and what differs in the results is None again.
"""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partialmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from nnlite import random
from nnlite._structure import leaves, mapped
from nnlite.autograd import Tensor, no_grad
from nnlite.autograd._recording import Deferred
from nnlite.functional._operators import METHODS, PLAIN_FUNCTIONS, PLAIN_UFUNCS
from nnlite.layers._mode import rehearsal, running

if TYPE_CHECKING:
    from nnlite.layers._module import Module

__all__ = [
    "LENGTHS",
    "Call",
    "SymbolicShape",
    "SymbolicTensor",
    "call_later",
    "has_symbols",
    "is_function",
    "merged_shape",
]

SymbolicShape = tuple[int | None, ...]

# What stands for None in the two runs: the length of the batch, and of every other axis.
LENGTHS = ((2, 64), (3, 128))

_serials = itertools.count()


class SymbolicTensor(Deferred):
    """Stands for an output of a call that is made when the model runs. Operators and functions give further ones.

    Attributes
    ----------
    shape : tuple of int or None
        The lengths of the axes; None for an axis of any length, as that of the batch.
    dtype : dtype
    call : Call
        What it comes from.
    number : int
        Which of the call's outputs it is.

    Examples
    --------
    >>> import nnlite as nl
    >>> x = nl.layers.Input(shape=(64,))
    >>> nl.layers.Dense(10)(x) * 2
    SymbolicTensor(shape=(None, 10), dtype=float32, from=multiply)
    """

    __slots__ = ("__weakref__", "call", "dtype", "number", "shape")

    def __init__(self, shape: SymbolicShape, dtype: DTypeLike, call: Call, number: int) -> None:
        self.shape, self.dtype, self.call, self.number = shape, np.dtype(dtype), call, number

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def defer(self, function: Callable[..., Any], args: Sequence[Any], settings: dict[str, Any]) -> Any:
        """Return what stands for the result of a function that was called on this."""
        return call_later(function, tuple(args), settings)

    def __array_ufunc__(self, ufunc: np.ufunc, kind: str, *inputs: Any, **settings: Any) -> Any:
        if ufunc in PLAIN_UFUNCS and kind == "__call__":
            return call_later(ufunc, inputs, settings)
        return METHODS["__array_ufunc__"](self, ufunc, kind, *inputs, **settings)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in PLAIN_FUNCTIONS:
            result = call_later(func, args, kwargs)
            if not has_symbols(result):
                raise self._without_values(f"np.{func.__name__}")
            return result
        return METHODS["__array_function__"](self, func, types, args, kwargs)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Any:
        raise self._without_values("this")

    def __bool__(self) -> bool:
        raise self._without_values("a condition")

    def __float__(self) -> float:
        raise self._without_values("a number")

    def __len__(self) -> int:
        raise self._without_values("len()")

    def __iter__(self) -> Iterator[Any]:
        raise self._without_values("iteration")

    def __repr__(self) -> str:
        return f"SymbolicTensor(shape={self.shape}, dtype={self.dtype}, from={self.call.label})"

    def _without_values(self, what: str) -> TypeError:
        """Return the error of what needs values."""
        return TypeError(
            f"{what} needs the values of a tensor, and {self!r} has none before the model runs; "
            "do it inside a Lambda layer, or a layer of your own"
        )

    # Bound below: they are those of Tensor.
    if TYPE_CHECKING:

        def __add__(self, other: Any) -> Any: ...
        def __radd__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __matmul__(self, other: Any) -> Any: ...
        def __neg__(self) -> Any: ...
        def __getitem__(self, key: Any) -> Any: ...
        def __getattr__(self, name: str) -> Any: ...


def _compared(self: SymbolicTensor, ufunc: np.ufunc, other: Any) -> Any:
    """Compare when the model runs: the values are a plain boolean array."""
    return ufunc(self, other)


_NOT_BOUND = frozenset({"__eq__", "__ne__", "argsort", "nonzero"})  # symbols are equal if they are the same

_COMPARISONS: dict[str, Callable[..., Any]] = {
    "__lt__": np.less, "__le__": np.less_equal, "__gt__": np.greater, "__ge__": np.greater_equal,
}  # fmt: skip

for _name, _function in METHODS.items():
    if _name in _COMPARISONS:
        setattr(SymbolicTensor, _name, partialmethod(_compared, _COMPARISONS[_name]))
    elif _name not in _NOT_BOUND and _name not in vars(SymbolicTensor):
        setattr(SymbolicTensor, _name, _function)


class Call:
    """A call that is made when the model runs: of a module or a function, with symbolic tensors in its arguments."""

    __slots__ = ("args", "function", "serial", "settings", "specs")

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], settings: dict[str, Any]) -> None:
        self.function, self.args, self.settings = function, args, settings
        self.specs: list[tuple[SymbolicShape, np.dtype[Any]]] = []  # shape and dtype of each output
        self.serial = next(_serials)  # grows: what a call takes was made by calls with lower numbers

    def output(self, shape: SymbolicShape, dtype: DTypeLike) -> SymbolicTensor:
        """Return the symbolic tensor of one more output."""
        self.specs.append((shape, np.dtype(dtype)))
        return SymbolicTensor(shape, dtype, self, len(self.specs) - 1)

    @property
    def symbols(self) -> list[SymbolicTensor]:
        """The symbolic tensors in its arguments."""
        return [leaf for leaf in leaves((self.args, self.settings)) if isinstance(leaf, SymbolicTensor)]

    @property
    def label(self) -> str:
        """What is called, as errors name it: a module by its label, a function by its name."""
        function: Any = self.function
        label: str = function.__name__ if is_function(function) else function.label
        return label


def is_function(called: Any) -> bool:
    """Tell a function from a module."""
    return inspect.isroutine(called) or isinstance(called, np.ufunc)


def has_symbols(structure: Any) -> bool:
    """Say whether a symbolic tensor is among the arguments."""
    return any(isinstance(leaf, SymbolicTensor) for leaf in leaves(structure))


def call_later(
    function: Callable[..., Any], args: tuple[Any, ...], settings: dict[str, Any], module: Module | None = None
) -> Any:
    """Return symbolic tensors for the result of a call, in the structure that the result will have.

    Parameters
    ----------
    function : callable
        The module, or a function.
    args, settings : tuple, dict
        Its arguments.
    module : Module, optional
        The function if it is a module: at its first call it makes its parameters, and draws their values as it would
        for arrays.

    Raises
    ------
    ValueError
        If the module cannot be called on inputs whose axes are of any length.
    """
    symbols = [leaf for leaf in leaves((args, settings)) if isinstance(leaf, SymbolicTensor)]
    any_length = any(None in symbol.shape[1:] for symbol in symbols)
    if module is not None and any_length and not all(inside.built for inside in module.modules()):
        _try_on_a_copy(module, args, settings)
    first = trial(function, args, settings, *LENGTHS[0], module)
    second = first
    if any(None in symbol.shape for symbol in symbols):
        second = trial(function, args, settings, *LENGTHS[1], module)
    call = Call(function, args, settings)
    others = leaves(second)

    def symbol(value: Any) -> Any:
        other = next(others)
        if not isinstance(value, (Tensor, np.ndarray)):
            return value
        return call.output(merged_shape(value.shape, other.shape, call.label), value.dtype)

    return mapped(symbol, first)


def trial(
    function: Callable[..., Any], args: Any, settings: dict[str, Any], batch: int, length: int, module: Module | None
) -> Any:
    """Run a call on zeros of these lengths, in inference mode and outside the graph.

    The generators that it draws from stand afterwards where they stood before, unless it made parameters.
    """

    def zeros(leaf: Any) -> Any:
        if not isinstance(leaf, SymbolicTensor):
            return leaf
        shape = [n if n is not None else length if axis else batch for axis, n in enumerate(leaf.shape)]
        return Tensor(np.zeros(shape, leaf.dtype))

    inputs, named = mapped(zeros, args), mapped(zeros, settings)
    present = 0 if module is None else module.num_parameters()
    built = None if module is None else lambda: module.num_parameters() > present
    with random.kept(unless=built), rehearsal(), running(False), no_grad(), np.errstate(all="ignore"):
        return function(*inputs, **named)


def merged_shape(first: tuple[int, ...], second: tuple[int, ...], label: str) -> SymbolicShape:
    """Return the shape of which two runs gave examples: None where they differ."""
    if len(first) != len(second):
        raise ValueError(f"{label} gives outputs of {len(first)} or of {len(second)} axes, as its inputs are long")
    return tuple(n if n == m else None for n, m in zip(first, second, strict=True))


def _try_on_a_copy(module: Module, args: tuple[Any, ...], settings: dict[str, Any]) -> None:
    """Raise if parameters would depend on the length of an axis that may be of any length."""
    twin = copy.deepcopy(module)
    try:
        with random.kept():
            for batch, length in LENGTHS:
                trial(twin, args, settings, batch, length, twin)
    except (ValueError, TypeError, IndexError) as error:
        shapes = ", ".join(str(s.shape) for s in leaves((args, settings)) if isinstance(s, SymbolicTensor))
        raise ValueError(
            f"{module.label} cannot take an input of shape {shapes}, in which None stands for any length: {error}"
        ) from error
