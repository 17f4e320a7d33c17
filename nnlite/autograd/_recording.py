"""`@differentiable`: turns a formula into a function that records how to differentiate itself.

The body computes its value in NumPy and returns it with one vector-Jacobian product (VJP) for each array argument:

    @differentiable
    def multiply(a, b):
        return a * b, (lambda g: g * b, lambda g: g * a)

Called with arrays, `multiply` is that body. Called with Tensors, it unwraps them, runs the body once on arrays, and
leaves a `Node` that remembers where the arguments came from and holds the VJPs. `_walk.py` does the rest.
"""

from __future__ import annotations

import inspect
import itertools
import sys
import weakref
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, Protocol, cast, overload

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd._mode import current_mode, current_module
from nnlite.autograd._tensor import Alias, Hook, Shape, Tensor, as_array

__all__ = [
    "Array", "Deferred", "Edge", "Function", "Node", "Tap", "differentiable", "nondifferentiable", "refuse_anomaly",
]  # fmt: skip

Array = Any  # what a body computes with: an ndarray or a number, and a Tensor when the body is replayed

# Where an argument came from: its node, or the leaf Tensor itself; the output's number; shape and dtype.
Edge = tuple["Node | Tensor", int, Shape, np.dtype[Any]]

# One function for each argument (None where there is no gradient), or one joint function (g, needs) -> tuple.
VJPs = Sequence[Callable[[Any], Any] | None] | Callable[[Any, tuple[bool, ...]], Sequence[Any]]

_serials = itertools.count()
_new_node = _new_tensor = object.__new__  # without the checks of a constructor
_TAKEN_AS_THEY_ARE = frozenset({np.ndarray, float, int, bool, type(None)})


class Function(Protocol):
    """What `@differentiable` makes of a body."""

    __name__: str
    body: Callable[..., Any]
    twin: Callable[..., Any] | None
    shortcut: bool

    def __call__(self, *args: Any, **settings: Any) -> Any:
        """Compute, and record if an argument requires grad."""

    def kernel(self, *args: Any, **settings: Any) -> Any:
        """Run the kernel on arrays; on Tensors (in a replay), the differentiable function itself."""

    def composite(self, twin: Callable[..., Any]) -> Callable[..., Any]:
        """Register the same function composed of differentiable ones: it is replayed instead of the body."""


class Deferred:
    """Stands for an array that will be known later: a function that gets one hands its call over to it."""

    __slots__ = ()

    def defer(self, function: Callable[..., Any], args: Sequence[Any], settings: dict[str, Any]) -> Any:
        """Return what stands for the result of `function(*args, **settings)`."""
        raise NotImplementedError


class Tap:
    """What listens at one output of a node."""

    __slots__ = ("hooks", "retained")

    def __init__(self) -> None:
        self.hooks: dict[int, Hook] = {}
        self.retained: weakref.ref[Tensor] | None = None  # keeps its gradient, if it is still there


class Node:
    """One recorded call: where its arguments came from and how to carry a gradient back to them.

    It holds no interior Tensor, so what no VJP captured is freed as soon as the caller lets go of it.
    """

    __slots__ = (
        "arguments",
        "edges",
        "function",
        "module",
        "outputs",
        "serial",
        "settings",
        "taps",
        "versions",
        "vjps",
    )

    function: Function
    arguments: list[Any] | None  # the constants among the arguments, None where there is an edge
    settings: dict[str, Any]
    edges: list[Edge | None]  # None for a constant
    versions: list[tuple[Tensor, int]]  # of the leaves among the arguments: they must not move before the way back
    vjps: VJPs | None  # None once used
    outputs: int  # how many values it gave in a tuple; 0 if the value is no tuple
    serial: int  # grows with every node: a node's parents have lower numbers
    taps: dict[int, Tap] | None
    module: object  # who called it, noted only while anomalies are looked for

    @property
    def name(self) -> str:
        """The name of the function that was called."""
        return self.function.__name__

    def tap(self, number: int) -> Tap:
        """Return the tap at output `number`, made when first asked for."""
        if self.taps is None:
            self.taps = {}
        return self.taps.setdefault(number, Tap())

    def free(self) -> None:
        """Drop what the backward pass needed."""
        self.vjps = self.arguments = None
        self.versions = []


@overload
def differentiable(body: Callable[..., Any], *, kernel: Callable[..., Any] | None = None) -> Function: ...
@overload
def differentiable(
    *, kernel: Callable[..., Any] | None = None, shortcut: bool = False
) -> Callable[[Callable[..., Any]], Function]: ...
def differentiable(
    body: Callable[..., Any] | None = None, *, kernel: Callable[..., Any] | None = None, shortcut: bool = False
) -> Any:
    """Make a function of Tensors of a body that returns its value and its vector-Jacobian products.

    Parameters
    ----------
    body : callable
        `body(*arrays, **settings)` returns `(value, vjps)`, or `(value, vjps, auxiliary)`, where auxiliary is a tuple
        of plain arrays to return after the value. Positional parameters are the arrays, keyword-only ones the
        settings, which are never differentiated. `vjps` is a tuple with a function `g -> gradient` for each array
        (None for an array without a gradient), or a single function `(g, needs) -> tuple of gradients`. A value that
        is a tuple gives several outputs; g is then a tuple with None for each output that nobody used.
        The body is NumPy code without `out=`, assignment or branches on values: for derivatives of derivatives it is
        run again on Tensors. Its VJPs never change g; they may return a gradient of a shape that the argument was
        broadcast to, and the engine sums it back.
    kernel : callable, optional
        A function of arrays with the same arguments, for a body that NumPy cannot express: the body calls it as
        `function.kernel(...)`.
    shortcut : bool, default False
        Whether the first two arguments are two ways to the same value, the second being what the first was computed
        from.
        The gradient then goes the second way, unless somebody asked for the gradient of the first or listens there.
        Its composite computes the value from the first argument.

    Returns
    -------
    callable
        Given arrays only, it returns the plain value; given a Tensor, a Tensor. Its `composite` decorator registers
        a twin, composed of differentiable functions, that is replayed instead of the body.

    Raises
    ------
    TypeError
        When called, if a Tensor reaches a setting, or an argument is nothing that can be computed with.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> @nl.differentiable
    ... def cube(x):
    ...     return x**3, (lambda g: 3 * g * x**2,)
    >>> cube(2.0)
    8.0
    >>> x = nl.tensor([1.0, 2.0], requires_grad=True)
    >>> cube(x).sum().backward()
    >>> x.grad
    array([ 3., 12.], dtype=float32)
    """
    if body is None:
        return lambda body: _differentiable(body, kernel, shortcut)
    return _differentiable(body, kernel, shortcut)


def _differentiable(body: Callable[..., Any], kernel: Callable[..., Any] | None, shortcut: bool) -> Function:
    """Wrap a body."""
    bind, limit = _binder(body)
    function: Function

    @wraps(body)
    def call(*args: Any, **settings: Any) -> Any:
        if settings or len(args) > limit:
            args, settings = bind(args, settings)
        arrays: list[Any] = []
        edges: list[Edge | None] = []
        constants: list[Any] = []
        versions = []
        with_tensor = needs_grad = False
        for a in args:
            edge = constant = None
            if isinstance(a, Tensor):
                with_tensor = True
                array = a._data
                source: Node | Tensor | None = a._node
                if source is None:
                    versions.append((a, a._version))
                    source = a
                if a._requires_grad:
                    needs_grad = True
                    edge = (source, a._number, array.shape, array.dtype)
                else:
                    constant = array
            elif type(a) in _TAKEN_AS_THEY_ARE:
                array = constant = a
            elif isinstance(a, Deferred):
                return a.defer(function, args, settings)
            else:
                array = constant = _operand(a, args, function)
            arrays.append(array)
            edges.append(edge)
            constants.append(constant)
        value, vjps, *auxiliary = body(*arrays, **settings) if settings else body(*arrays)
        several = type(value) is tuple
        result: Any
        if not with_tensor:
            result = tuple([_kept_in_dtype(v, arrays) for v in value]) if several else _kept_in_dtype(value, arrays)
        else:
            values = [_as_value(v, arrays) for v in value] if several else [_as_value(value, arrays)]
            mode = current_mode.get()
            if mode.anomaly:
                refuse_anomaly(values, function.__name__, current_module.get(), "value")
            if mode.observer is not None:
                mode.observer(function, arrays, settings, values)
            if needs_grad and mode.grad:
                node = _new_node(Node)
                node.function = function
                node.settings = settings
                node.arguments = constants
                node.edges = edges
                node.versions = versions
                node.vjps = _needed(vjps, edges)
                node.outputs = len(values) if several else 0
                node.serial = next(_serials)
                node.taps = None
                node.module = current_module.get() if mode.anomaly else None
                result = (
                    tuple([_output(v, node, i) for i, v in enumerate(values)]) if several else _output(values[0], node)
                )
            else:
                result = tuple([_constant(v, args) for v in values]) if several else _constant(values[0], args)
        if auxiliary:
            return (*result, *auxiliary[0]) if several else (result, *auxiliary[0])
        return result

    def run_kernel(*args: Any, **settings: Any) -> Any:
        if any(isinstance(a, Tensor) for a in args):
            return function(*args, **settings)
        assert kernel is not None, f"{function.__name__} was declared without a kernel"
        return kernel(*args, **settings)

    def composite(twin: Callable[..., Any]) -> Callable[..., Any]:
        function.twin = twin
        return twin

    call.__name__ = body.__name__.lstrip("_")  # what errors and graphs show
    function = cast(Function, call)
    function.body, function.twin, function.shortcut = body, None, shortcut
    function.kernel, function.composite = run_kernel, composite  # type: ignore[method-assign]
    return function


def nondifferentiable(body: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of Tensors, without a gradient, of a function of arrays: its result is a constant.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.floor(nl.tensor([1.5, -1.5], requires_grad=True))
    tensor([ 1., -2.])
    """

    @wraps(body)
    def function(*args: Any, **settings: Any) -> Any:
        for a in args:
            if isinstance(a, Deferred):
                return a.defer(function, args, settings)
        called_with_tensor = any(isinstance(a, Tensor) for a in args)
        value = body(*(a._data if isinstance(a, Tensor) else a for a in args), **settings)
        return Tensor(value) if called_with_tensor else value

    return function


def refuse_anomaly(values: Iterable[Any], name: str, module: object, what: str) -> None:
    """Raise if any of the values that function `name` produced is not finite."""
    for value in values:
        array = value._data if isinstance(value, Tensor) else np.asarray(value)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            kind = "NaN" if np.isnan(array).any() else "Inf"
            where = "" if module is None else f", called from {module}"
            raise FloatingPointError(f"{name} produced {kind} in its {what} of shape {array.shape}{where}")


def _constant(value: NDArray[Any], args: Sequence[Any]) -> Tensor:
    """Make the Tensor of a value that is not recorded; what shares a leaf's memory counts the changes with the leaf."""
    base = value if value.base is None else value.base
    for a in args:
        if isinstance(a, Tensor) and (base is a._data or base is a._data.base):
            return Alias(a, value)
    return _output(value, None)


def _output(value: NDArray[Any], node: Node | None, number: int = 0) -> Tensor:
    """Make the Tensor of a value without the checks of Tensor's constructor."""
    out = _new_tensor(Tensor)
    out._data = value
    out.grad = None
    out._node = node
    out._number = number
    out._requires_grad = node is not None and value.dtype.kind == "f"
    out._version = 0
    out._hooks = None
    out._remembered = None
    return out


def _needed(vjps: VJPs, edges: Sequence[Edge | None]) -> VJPs:
    """Drop the VJPs of constants, and with them what they captured."""
    if callable(vjps) or None not in edges:
        return vjps
    return [vjp if edge is not None else None for vjp, edge in zip(vjps, edges, strict=False)]


def _as_value(value: Any, arrays: Sequence[Any]) -> NDArray[Any]:
    """Make an ndarray of a value (NumPy gives scalars for 0-d results), in the dtype of its arguments."""
    array: NDArray[Any] = value if type(value) is np.ndarray else np.asarray(value)
    return array if array.dtype.char != "d" else _kept_in_dtype(array, arrays)


def _kept_in_dtype(value: Any, arrays: Sequence[Any]) -> Any:
    """Give float32 back where NumPy promoted it to float64: with integers, or with a single float64 number."""
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.char == "d":
        found = [a for a in arrays if isinstance(a, (np.ndarray, np.generic)) and a.dtype.kind == "f"]
        floating = [a.dtype for a in found if a.ndim] or [a.dtype for a in found]  # a single number never promotes
        if floating and all(dtype.char != "d" for dtype in floating):
            return value.astype(np.result_type(*floating))
    return value


def _operand(a: Any, args: Sequence[Any], function: Function) -> Any:
    """Take an unusual argument: a NumPy scalar never promotes arrays, anything else becomes an array."""
    if isinstance(a, np.generic):
        return a.item() if any(isinstance(other, (np.ndarray, Tensor, list, tuple)) for other in args) else a
    try:
        return as_array(a)
    except TypeError as error:
        raise TypeError(f"{function.__name__}() cannot compute with this: {error}") from None


def _binder(body: Callable[..., Any]) -> tuple[Callable[..., tuple[tuple[Any, ...], dict[str, Any]]], int]:
    """Return a function that tells arrays from settings by the body's signature, and how many arrays it takes."""
    parameters = inspect.signature(body).parameters.values()
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD or p.kind is p.POSITIONAL_ONLY]
    known = frozenset(names)
    defaults = {p.name: p.default for p in parameters}
    setting_names = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    limit = sys.maxsize if any(p.kind is p.VAR_POSITIONAL for p in parameters) else len(names)

    def bind(args: tuple[Any, ...], settings: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if len(args) <= limit and known.isdisjoint(settings):
            _refuse_tensors(settings, body.__name__)
            return args, settings
        arrays, surplus = list(args[:limit]), args[limit:]
        if len(surplus) > len(setting_names):
            raise TypeError(
                f"{body.__name__}() takes at most {len(names) + len(setting_names)} arguments, got {len(args)}"
            )
        for name, value in zip(setting_names, surplus, strict=False):
            if name in settings:
                raise TypeError(f"{body.__name__}() got two values for {name}")
            settings[name] = value
        named = [i for i, name in enumerate(names) if name in settings]
        if named and named[0] < len(arrays):
            raise TypeError(f"{body.__name__}() got two values for {names[named[0]]}")
        for name in names[len(arrays) : max(named, default=-1) + 1]:
            arrays.append(settings.pop(name, defaults[name]))
            if arrays[-1] is inspect.Parameter.empty:
                raise TypeError(f"{body.__name__}() is missing its argument {name}")
        _refuse_tensors(settings, body.__name__)
        return tuple(arrays), settings

    return bind, limit


def _refuse_tensors(settings: dict[str, Any], function: str) -> None:
    """Raise if a Tensor reaches a setting."""
    for name, value in settings.items():
        if isinstance(value, (Tensor, Deferred)):
            raise TypeError(
                f"{function}() takes {name} as a setting, which is never differentiated, and got a Tensor; "
                "pass a number or an array (.item(), .numpy())"
            )
