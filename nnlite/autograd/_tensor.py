"""Tensor: an ndarray that knows how it was made.

The class holds data, gradient and the way back into the graph. Its arithmetic lives in `nnlite.functional`, which
binds to it exactly the operators and methods that are declared at its end.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nnlite import _html
from nnlite.autograd._mode import current_mode

if TYPE_CHECKING:
    from nnlite.autograd._recording import Node

__all__ = ["Parameter", "Tensor", "default_dtype", "method", "set_default_dtype", "tensor"]

Shape = tuple[int, ...]
Hook = Callable[[Any], Any]

_default_dtype: np.dtype[Any] = np.dtype(np.float32)


def set_default_dtype(dtype: DTypeLike) -> None:
    """Choose the floating dtype that Python numbers and new parameters take; float32 unless changed.

    Raises
    ------
    TypeError
        If `dtype` is not a floating dtype.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.tensor([1, 2]).dtype
    dtype('float32')
    """
    global _default_dtype
    chosen = np.dtype(dtype)
    if chosen.kind != "f":
        raise TypeError(f"the default dtype is a floating one (float32, float64), got {chosen}")
    _default_dtype = chosen


def default_dtype() -> np.dtype[Any]:
    """Return the dtype that Python numbers take."""
    return _default_dtype


class Tensor:
    """An array whose operations are recorded, so that gradients can be computed.

    Parameters
    ----------
    data : array_like
        The values. An array is taken as it is, without a copy; Python numbers take the default dtype.
    dtype : dtype, optional
        Converts the data.
    requires_grad : bool, default False
        Whether gradients with respect to this Tensor are wanted; needs a floating dtype.

    Attributes
    ----------
    grad : ndarray or None
        The gradient that `backward` added up: an array of its own, of this Tensor's shape and dtype.

    Raises
    ------
    TypeError
        If the data are not real numbers or booleans, or if an integer Tensor is to require a gradient.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad
    array([2., 4.], dtype=float32)
    """

    __slots__ = (
        "__weakref__",
        "_data",
        "_hooks",
        "_node",
        "_number",
        "_remembered",
        "_requires_grad",
        "_version",
        "grad",
    )

    def __init__(self, data: ArrayLike | Tensor, dtype: DTypeLike | None = None, requires_grad: bool = False) -> None:
        self._data = as_array(data, dtype)
        self.grad: NDArray[Any] | None = None
        self._node: Node | None = None  # the node that computed it; None for a leaf
        self._number = 0  # which of the node's outputs it is
        self._requires_grad = False
        self._version = 0  # how often a leaf's data were changed in place
        self._hooks: dict[int, Hook] | None = None  # of a leaf; an interior Tensor's live in its node
        # Known besides the values: {"softmax" or "sigmoid": what it was computed from, "version": the version that this
        # had, "mask": which steps count}
        self._remembered: dict[str, Any] | None = None
        if requires_grad:
            self.requires_grad = True

    # What it is

    @property
    def data(self) -> NDArray[Any]:
        """The values as an ndarray: the Tensor's own memory, outside the graph."""
        return self._data

    @data.setter
    def data(self, values: ArrayLike) -> None:
        if self._node is not None:
            raise RuntimeError(f"only a leaf's data can be replaced; this Tensor came from {self._node.name}()")
        array = np.asarray(values, self._data.dtype)
        if array.shape != self._data.shape:
            raise ValueError(f"data of shape {self._data.shape} cannot be replaced by data of shape {array.shape}")
        self._data = array
        self._version += 1
        self._remembered = None

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this Tensor."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self._node is not None and not wanted:
            raise RuntimeError(f"a Tensor computed by {self._node.name}() requires grad; use .detach() to cut it off")
        if wanted and self._data.dtype.kind != "f":
            raise TypeError(f"only floating Tensors can require grad, got dtype {self._data.dtype}")
        self._requires_grad = bool(wanted)

    @property
    def version(self) -> int:
        """How often the data were changed in place (by an optimizer, a constraint or loading)."""
        return self._version if self._node is None else 0

    def bump_version(self) -> None:
        """Note that the data were changed in place: a graph recorded before then refuses to run backward."""
        self._version += 1

    @property
    def shape(self) -> Shape:
        """The lengths of the axes."""
        return self._data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements."""
        return self._data.dtype

    @property
    def T(self) -> Tensor:  # noqa: N802 (NumPy's name)
        """The Tensor with its axes in reverse order."""
        return self.transpose()

    @property
    def mT(self) -> Tensor:  # noqa: N802 (NumPy's name)
        """The Tensor with its last two axes swapped."""
        return self.swapaxes(-1, -2)

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        if not self._data.ndim:
            raise TypeError("iteration over a 0-d Tensor")
        return (self[i] for i in range(len(self._data)))

    def __contains__(self, value: object) -> bool:
        return bool((self._data == (value._data if isinstance(value, Tensor) else value)).any())

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        dtype = "" if self._data.dtype == _default_dtype else f", dtype={self._data.dtype}"
        return f"tensor({np.array2string(self._data, separator=', ', prefix='tensor(')}{dtype}{self._origin()})"

    def _repr_html_(self) -> str:
        """Show notebooks what the Tensor is, with its numbers (of many, the first and the last) and its gradient."""
        title = f"{type(self).__name__} of shape {self._data.shape}, {self._data.dtype}{self._origin()}"
        arrays = [self._data] if self.grad is None else [self._data, self.grad]
        texts = [np.array2string(array, separator=", ", threshold=100) for array in arrays]
        return _html.preformatted(title, "\n\ngradient\n".join(texts))

    def _origin(self) -> str:
        """Say what it came from, or that it wants a gradient."""
        if self._node is not None:
            return f", from={self._node.name}"
        return ", requires_grad=True" if self._requires_grad else ""

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and not self._data.ndim else format(str(self), spec)

    # The way out of the graph

    def detach(self) -> Tensor:
        """Return a Tensor of the same data, outside the graph; a leaf's counts the leaf's changes in place."""
        return Tensor(self._data) if self._node is not None else Alias(self, self._data)

    def numpy(self) -> NDArray[Any]:
        """Return the data as an ndarray, outside the graph."""
        self._stays_in_replay(".numpy()")
        return self._data

    def item(self) -> Any:
        """Return the only element as a Python number."""
        self._stays_in_replay(".item()")
        if self._data.size != 1:
            raise ValueError(f"item() takes a Tensor of one element, got shape {self._data.shape}")
        return self._data.item()

    def tolist(self) -> Any:
        """Return the data as nested lists of Python numbers."""
        self._stays_in_replay(".tolist()")
        return self._data.tolist()

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        self._stays_in_replay("np.asarray()")
        if self._requires_grad and current_mode.get().grad:
            raise TypeError(
                "this Tensor requires grad, and turning it into an array would cut the graph in silence; "
                "use .numpy() to say that you mean it, or a function of NumPy or nnlite.functional to stay in the graph"
            )
        return np.array(self._data, dtype, copy=copy)

    def __bool__(self) -> bool:
        self._stays_in_replay("bool()")
        return bool(self._data)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        self._stays_in_replay("an index")
        return self._data.__index__()

    def _stays_in_replay(self, way_out: str) -> None:
        """Refuse to leave the graph while a body runs on Tensors."""
        if current_mode.get().replaying:
            raise RuntimeError(
                f"{way_out} of a Tensor inside a function that is being differentiated twice would cut the graph in "
                "silence; write its body with NumPy functions and array methods, or give it a composite"
            )

    # Gradients

    def zero_grad(self) -> None:
        """Forget the gradient: `grad` becomes None."""
        self.grad = None

    def retain_grad(self) -> None:
        """Keep the gradient of a computed Tensor in `grad`, as leaves do."""
        if not self._requires_grad:
            raise RuntimeError("retain_grad() needs a Tensor that requires grad")
        if self._node is not None:
            self._node.tap(self._number).retained = weakref.ref(self)

    def register_hook(self, hook: Hook) -> RemovableHook:
        """Call `hook(gradient)` whenever the gradient of this Tensor is computed.

        Parameters
        ----------
        hook : callable
            Gets the gradient (a read-only array; a Tensor under `create_graph`) and returns None, or the gradient
            to go on with.

        Returns
        -------
        RemovableHook
            Its `.remove()` takes the hook away.

        Examples
        --------
        >>> import nnlite as nl
        >>> w = nl.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = w.register_hook(lambda g: 10 * g)
        >>> w.sum().backward()
        >>> w.grad
        array([10., 10.], dtype=float32)
        """
        if not self._requires_grad:
            raise RuntimeError("register_hook() needs a Tensor that requires grad")
        if self._node is not None:
            hooks = self._node.tap(self._number).hooks
        else:
            hooks = self._hooks = {} if self._hooks is None else self._hooks
        return RemovableHook(hooks, hook)

    def __getattr__(self, name: str) -> Any:
        """Say what a name of PyTorch's is called here; only names that are not there come here."""
        known = _NAMES_HERE.get(name)
        advice = "" if known is None else f"; here it is {known}"
        raise AttributeError(f"'{type(self).__name__}' object has no attribute {name!r}{advice}")

    # In place: leaves only, and only where nothing is recorded

    def __setitem__(self, key: object, value: object) -> None:
        raise TypeError(
            "a Tensor is not changed in place, so that its graph stays true: build the new one with "
            "nnlite.functional.where or concatenate, or, for a leaf outside training, write to its .data and then call "
            "its bump_version()"
        )

    def __iadd__(self, other: Any) -> Any:
        return self._updated(np.add, other)

    def __isub__(self, other: Any) -> Any:
        return self._updated(np.subtract, other)

    def __imul__(self, other: Any) -> Any:
        return self._updated(np.multiply, other)

    def __itruediv__(self, other: Any) -> Any:
        return self._updated(np.true_divide, other)

    def __ipow__(self, other: Any) -> Any:
        return self._updated(np.power, other)

    def _updated(self, ufunc: np.ufunc, other: Any) -> Any:
        """In place for a trained leaf under `no_grad`; a new Tensor for any other, whose data may be shared."""
        if self._node is not None or not (self._requires_grad or isinstance(self, Parameter)):
            return ufunc(self, other)
        if current_mode.get().grad:
            raise RuntimeError(
                "a leaf Tensor that is trained is not changed in place while operations are recorded; "
                "put the update inside `with nl.no_grad():`"
            )
        ufunc(self._data, other._data if isinstance(other, Tensor) else other, out=self._data, casting="same_kind")
        self._version += 1
        return self

    # Copies and pickles: leaves only

    def __getstate__(self) -> dict[str, Any]:
        if self._node is not None:
            raise TypeError(f"a Tensor computed by {self._node.name}() cannot be copied or pickled; .detach() it first")
        return {"data": self._data, "grad": self.grad, "requires_grad": self._requires_grad}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Tensor.__init__(self, state["data"], requires_grad=state["requires_grad"])
        self.grad = state["grad"]

    # Bound by nnlite.autograd and nnlite.functional. A test compares these declarations with what is bound.
    if TYPE_CHECKING:

        def backward(self, gradient: Any = None, retain_graph: bool = False) -> None: ...
        def __array_ufunc__(self, ufunc: np.ufunc, kind: str, *inputs: Any, **kwargs: Any) -> Any: ...
        def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __rfloordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __rmod__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __pos__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __round__(self, ndigits: int = 0) -> Tensor: ...
        def __getitem__(self, key: Any) -> Tensor: ...
        def __eq__(self, other: object) -> Any: ...
        def __ne__(self, other: object) -> Any: ...
        def __lt__(self, other: Any) -> Any: ...
        def __le__(self, other: Any) -> Any: ...
        def __gt__(self, other: Any) -> Any: ...
        def __ge__(self, other: Any) -> Any: ...
        def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor: ...
        def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor: ...
        def prod(self, axis: Any = None, keepdims: bool = False) -> Tensor: ...
        def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Tensor: ...
        def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Tensor: ...
        def max(self, axis: Any = None, keepdims: bool = False) -> Tensor: ...
        def min(self, axis: Any = None, keepdims: bool = False) -> Tensor: ...
        def cumsum(self, axis: int | None = None) -> Tensor: ...
        def cumprod(self, axis: int | None = None) -> Tensor: ...
        def argmax(self, axis: int | None = None, keepdims: bool = False) -> Any: ...
        def argmin(self, axis: int | None = None, keepdims: bool = False) -> Any: ...
        def argsort(self, axis: int = -1) -> Any: ...
        def all(self, axis: Any = None, keepdims: bool = False) -> Any: ...
        def any(self, axis: Any = None, keepdims: bool = False) -> Any: ...
        def nonzero(self) -> Any: ...
        def reshape(self, *shape: Any) -> Tensor: ...
        def transpose(self, *axes: Any) -> Tensor: ...
        def swapaxes(self, axis1: int, axis2: int) -> Tensor: ...
        def squeeze(self, axis: Any = None) -> Tensor: ...
        def flatten(self) -> Tensor: ...
        def ravel(self) -> Tensor: ...
        def repeat(self, repeats: Any, axis: int | None = None) -> Tensor: ...
        def take(self, indices: Any, axis: int | None = None) -> Tensor: ...
        def sort(self, axis: int = -1) -> Tensor: ...
        def clip(self, min: Any = None, max: Any = None) -> Tensor: ...
        def round(self, decimals: int = 0) -> Tensor: ...
        def dot(self, b: Any) -> Tensor: ...
        def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor: ...
        def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor: ...
        def astype(self, dtype: DTypeLike) -> Tensor: ...
        def copy(self) -> Tensor: ...


class Alias(Tensor):
    """A leaf's memory, or part of it, outside the graph: what changes the leaf in place changes this Tensor as well."""

    __slots__ = ("_leaf",)

    _leaf: Tensor

    def __init__(self, leaf: Tensor, data: NDArray[Any]) -> None:
        self._leaf = leaf._leaf if isinstance(leaf, Alias) else leaf
        super().__init__(data)

    @property
    def _version(self) -> int:
        return self._leaf._version

    @_version.setter
    def _version(self, value: int) -> None:
        self._leaf._version = max(value, self._leaf._version)

    def __reduce__(self) -> Any:
        return Tensor, (self._data, None, self._requires_grad)


Alias.__name__ = Alias.__qualname__ = "Tensor"  # in errors it is what users know


class Parameter(Tensor):
    """A leaf Tensor that a module owns and an optimizer trains.

    Parameters
    ----------
    data : array_like
        The first values; copied, since training changes them in place.
    dtype : dtype, optional
        Converts the data.
    requires_grad : bool, default True
        Whether it is trained.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.Parameter([1.0, 2.0])
    Parameter([1., 2.])
    """

    __slots__ = ("constraint", "regularizer")

    # What its owner asked for, for the training step and the optimizer to honour; the engine does not look at them.
    regularizer: Callable[[Tensor], Any] | None  # its penalty is part of the loss
    constraint: Callable[[NDArray[Any]], NDArray[Any]] | None  # projects the data after each update

    def __init__(self, data: ArrayLike | Tensor, dtype: DTypeLike | None = None, requires_grad: bool = True) -> None:
        super().__init__(np.array(as_array(data, dtype)), requires_grad=requires_grad)
        self.regularizer = self.constraint = None

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "regularizer": self.regularizer, "constraint": self.constraint}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.regularizer, self.constraint = state["regularizer"], state["constraint"]

    def __repr__(self) -> str:
        frozen = "" if self._requires_grad else ", requires_grad=False"
        dtype = "" if self._data.dtype == _default_dtype else f", dtype={self._data.dtype}"
        return f"Parameter({np.array2string(self._data, separator=', ', prefix='Parameter(')}{dtype}{frozen})"

    def cast(self, dtype: DTypeLike) -> None:
        """Convert data and gradient to another floating dtype, in this Parameter."""
        self._data = self._data.astype(dtype)
        self.grad = None if self.grad is None else self.grad.astype(dtype)
        self._version += 1


class RemovableHook:
    """A registered hook; `remove()` takes it away."""

    _keys = itertools.count()

    def __init__(self, hooks: dict[int, Any], hook: Callable[..., Any]) -> None:
        self._hooks = hooks
        self._key = next(self._keys)
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self._key, None)


# What users of PyTorch look for on a Tensor, and where it is.
_NAMES_HERE = {
    "abs": "abs(x), or nnlite.functional.absolute(x)",
    "clone": ".copy()",
    "cpu": "not needed: all Tensors are on the CPU",
    "cuda": "not there: nnlite runs on the CPU",
    "device": "not needed: all Tensors are on the CPU",
    "dim": ".ndim",
    "double": '.astype("float64")',
    "exp": "nnlite.functional.exp(x), or np.exp(x)",
    "expand": "nnlite.functional.broadcast_to(x, shape)",
    "float": '.astype("float32")',
    "log": "nnlite.functional.log(x), or np.log(x)",
    "long": '.astype("int64")',
    "masked_fill": "nnlite.functional.masked_fill(x, mask, value)",
    "numel": ".size",
    "permute": ".transpose(*axes)",
    "pow": "x ** n",
    "relu": "nnlite.functional.relu(x)",
    "requires_grad_": ".requires_grad = True",
    "sigmoid": "nnlite.functional.sigmoid(x)",
    "softmax": "nnlite.functional.softmax(x)",
    "sqrt": "nnlite.functional.sqrt(x), or np.sqrt(x)",
    "tanh": "nnlite.functional.tanh(x), or np.tanh(x)",
    "to": ".astype(dtype); all Tensors are on the CPU",
    "type": ".astype(dtype)",
    "unsqueeze": "nnlite.functional.expand_dims(x, axis)",
    "view": ".reshape(*shape)",
}


def tensor(data: ArrayLike | Tensor, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Make a Tensor of a copy of `data`: Python numbers take the default dtype, arrays keep theirs.

    Parameters
    ----------
    data : array_like
        Numbers, nested lists of numbers, an array or a Tensor (of which the copy is outside the graph).
    dtype : dtype, optional
        Converts the data.
    requires_grad : bool, default False
        Whether gradients with respect to the Tensor are wanted.

    Raises
    ------
    TypeError
        If the data are not real numbers or booleans, or if an integer Tensor is to require a gradient.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.tensor([[1, 2], [3, 4]])
    tensor([[1., 2.],
            [3., 4.]])
    >>> nl.tensor(np.arange(3)).dtype == np.arange(3).dtype
    True
    """
    return Tensor(np.array(as_array(data, dtype)), requires_grad=requires_grad)


def as_array(data: Any, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Turn anything array-like into an array of real numbers; Python numbers take the default dtype."""
    if isinstance(data, Tensor):
        data = data._data
    python_numbers = isinstance(data, (int, float, list, tuple)) and not isinstance(
        _first(data), (np.ndarray, np.generic)
    )
    try:
        array = np.asarray(data, dtype)
    except (TypeError, ValueError) as error:
        raise TypeError(f"expected numbers, an array or a Tensor, got {_brief(data)}: {error}") from error
    if array.dtype.kind not in "fiub":
        raise TypeError(f"expected real numbers or booleans, got {_brief(data)} of dtype {array.dtype}")
    if dtype is None and python_numbers and array.dtype.kind != "b":
        array = array.astype(_default_dtype)
    return array


def method(function: Callable[..., Any]) -> Callable[..., Any]:
    """Bind `function` to Tensor as the method of its name."""
    setattr(Tensor, function.__name__, function)
    return function


def _first(data: Any) -> Any:
    """Return the first innermost item of a nested list: if it is an array, its dtype counts."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return data._data if isinstance(data, Tensor) else data


def _brief(data: object) -> str:
    """Describe a value in an error without printing all of it."""
    text = repr(data)
    return f"{type(data).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
