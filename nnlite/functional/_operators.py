"""Binds the functions to Tensor: Python's operators, NumPy's array methods, and NumPy's two protocols.

`np.exp(t)` reaches `functional.exp` through `__array_ufunc__`, `np.concatenate([t, u])` reaches
`functional.concatenate` through `__array_function__`. That is what lets a body written in NumPy be replayed on
Tensors. What NumPy can do and nnlite cannot differentiate raises an error that says so.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from nnlite.autograd import Tensor
from nnlite.functional import _arithmetic as arithmetic
from nnlite.functional import _indexing as indexing
from nnlite.functional import _linalg as linalg
from nnlite.functional import _math as elementary
from nnlite.functional import _reduction as reduction
from nnlite.functional import _shape as shape

__all__: list[str] = []


DIFFERENTIABLE_UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.absolute: arithmetic.absolute,
    np.add: arithmetic.add,
    np.ceil: arithmetic.ceil,
    np.divide: arithmetic.divide,
    np.floor: arithmetic.floor,
    np.floor_divide: arithmetic.floor_divide,
    np.maximum: arithmetic.maximum,
    np.minimum: arithmetic.minimum,
    np.multiply: arithmetic.multiply,
    np.negative: arithmetic.negative,
    np.positive: lambda x: x,
    np.power: arithmetic.power,
    np.reciprocal: arithmetic.reciprocal,
    np.remainder: arithmetic.mod,
    np.sign: arithmetic.sign,
    np.sqrt: arithmetic.sqrt,
    np.square: arithmetic.square,
    np.subtract: arithmetic.subtract,
    np.matmul: linalg.matmul,
    **{getattr(np, name): getattr(elementary, name) for name in elementary.__all__ if name not in ("erf", "rsqrt")},
    special.erf: elementary.erf,
}

# These look at values and give plain arrays: a mask in a body stays a mask.
PLAIN_UFUNCS: frozenset[np.ufunc] = frozenset(
    {
        np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
        np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.isfinite, np.isinf, np.isnan, np.signbit,
    }
)  # fmt: skip

REDUCING_UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: reduction.sum,
    np.multiply: reduction.prod,
    np.maximum: reduction.max,
    np.minimum: reduction.min,
}

# NumPy takes a dtype and an array for the result by position, after the axis; nnlite does not.
REDUCING_FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    getattr(np, name): getattr(reduction, name)
    for name in ("sum", "mean", "prod", "var", "std", "max", "min", "cumsum", "cumprod")
}

DIFFERENTIABLE_FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    **REDUCING_FUNCTIONS,
    **{
        getattr(np, name): getattr(module, name)
        for module, names in (
            (
                shape,
                (
                    "reshape", "transpose", "swapaxes", "moveaxis", "squeeze", "expand_dims", "broadcast_to",
                    "concatenate", "stack", "split", "tile", "repeat", "pad", "flip", "roll",
                ),
            ),
            (indexing, ("take", "take_along_axis", "tril", "triu", "sort", "diagonal")),
            (linalg, ("dot", "tensordot", "einsum", "outer", "trace")),
            (arithmetic, ("clip", "round", "where")),
        )
        for name in names
    },
    np.linalg.norm: reduction.norm,
    np.linalg.inv: linalg.inv,
    np.linalg.solve: linalg.solve,
    np.linalg.det: linalg.det,
    np.linalg.slogdet: linalg.slogdet,
    np.linalg.cholesky: linalg.cholesky,
    np.ravel: shape.flatten,
    np.copy: shape._copy,
}  # fmt: skip

PLAIN_FUNCTIONS: frozenset[Callable[..., Any]] = frozenset(
    {
        np.argmax, np.argmin, np.argsort, np.all, np.any, np.nonzero, np.flatnonzero, np.array_equal, np.allclose,
        np.isclose, np.count_nonzero, np.zeros_like, np.ones_like, np.full_like, np.empty_like, np.shape, np.ndim,
        np.size, np.searchsorted, np.result_type, np.array_repr, np.array_str, np.array2string, np.shares_memory,
        np.may_share_memory, np.unique, np.bincount,
    }
)  # fmt: skip


def _array_ufunc(self: Tensor, ufunc: np.ufunc, kind: str, *inputs: Any, **settings: Any) -> Any:
    """Answer a NumPy ufunc that was called on a Tensor."""
    if settings.get("out") is not None:
        raise TypeError(
            f"np.{ufunc.__name__}(..., out=) would change an array that the graph may need; "
            "use its result instead, or a leaf's .data outside training"
        )
    settings.pop("out", None)
    if kind == "__call__" and ufunc in DIFFERENTIABLE_UFUNCS and not settings:
        return DIFFERENTIABLE_UFUNCS[ufunc](*inputs)
    if kind == "__call__" and ufunc in PLAIN_UFUNCS:
        return ufunc(*map(_plain, inputs), **settings)
    if kind == "reduce" and ufunc in REDUCING_UFUNCS:
        return REDUCING_UFUNCS[ufunc](*inputs, **{"axis": 0, **_named(settings, f"np.{ufunc.__name__}.reduce")})
    what = f"np.{ufunc.__name__}" + (f".{kind}" if kind != "__call__" else "")
    with_settings = f" with {', '.join(settings)}=" if settings else ""
    raise TypeError(
        f"{what}{with_settings} is not differentiable in nnlite; write it with functions of nnlite.functional, "
        "or use .numpy() to compute outside the graph"
    )


def _array_function(self: Tensor, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Answer a NumPy function that was called on a Tensor."""
    name = f"{func.__module__.replace('numpy', 'np')}.{func.__name__}"
    if func in REDUCING_FUNCTIONS and len(args) > 2:
        raise TypeError(f"{name} of a Tensor takes what follows the axis by name, got {args[2]!r}")
    if func in DIFFERENTIABLE_FUNCTIONS:
        return DIFFERENTIABLE_FUNCTIONS[func](*args, **_named(kwargs, name))
    if func in PLAIN_FUNCTIONS:
        return func(*map(_plain, args), **{key: _plain(value) for key, value in kwargs.items()})
    raise TypeError(
        f"{name} is not differentiable in nnlite; write it with functions of nnlite.functional, "
        "or use .numpy() to compute outside the graph"
    )


def _plain(value: Any) -> Any:
    """Return the array of a Tensor, also inside a list."""
    if isinstance(value, Tensor):
        return value.data
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _named(settings: dict[str, Any], name: str) -> dict[str, Any]:
    """Refuse the settings of NumPy that change arrays or dtypes; drop those left at their default."""
    kept = {key: value for key, value in settings.items() if value is not np._NoValue}
    for key in ("out", "where", "dtype", "initial", "casting", "order", "mode"):
        if key == "mode" and name == "np.pad":
            continue
        if kept.pop(key, None) is not None:
            raise TypeError(f"{name} of a Tensor does not take {key}={settings[key]!r}")
    return kept


def _reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    """Swap the arguments, for an operator whose Tensor stands on the right."""
    return lambda self, other: function(other, self)


def _compared(ufunc: np.ufunc) -> Callable[..., Any]:
    """Compare values: a plain boolean array."""
    return lambda self, other: ufunc(self.data, _plain(other))


def _unpacked(args: tuple[Any, ...]) -> Any:
    """Read `t.reshape(2, 3)` as `t.reshape((2, 3))`."""
    return args[0] if len(args) == 1 else args or None


METHODS: dict[str, Callable[..., Any]] = {
    "__array_ufunc__": _array_ufunc,
    "__array_function__": _array_function,
    "__add__": arithmetic.add,
    "__radd__": _reflected(arithmetic.add),
    "__sub__": arithmetic.subtract,
    "__rsub__": _reflected(arithmetic.subtract),
    "__mul__": arithmetic.multiply,
    "__rmul__": _reflected(arithmetic.multiply),
    "__truediv__": arithmetic.divide,
    "__rtruediv__": _reflected(arithmetic.divide),
    "__floordiv__": arithmetic.floor_divide,
    "__rfloordiv__": _reflected(arithmetic.floor_divide),
    "__mod__": arithmetic.mod,
    "__rmod__": _reflected(arithmetic.mod),
    "__pow__": arithmetic.power,
    "__rpow__": _reflected(arithmetic.power),
    "__matmul__": linalg.matmul,
    "__rmatmul__": _reflected(linalg.matmul),
    "__neg__": arithmetic.negative,
    "__pos__": lambda self: self,
    "__abs__": arithmetic.absolute,
    "__round__": lambda self, ndigits=0: arithmetic.round(self, ndigits),
    "__getitem__": indexing.getitem,
    "__eq__": _compared(np.equal),
    "__ne__": _compared(np.not_equal),
    "__lt__": _compared(np.less),
    "__le__": _compared(np.less_equal),
    "__gt__": _compared(np.greater),
    "__ge__": _compared(np.greater_equal),
    **{
        name: getattr(reduction, name)
        for name in (
            "sum", "mean", "prod", "max", "min", "cumsum", "cumprod", "argmax", "argmin", "all", "any",
        )
    },
    "var": lambda self, axis=None, ddof=0, keepdims=False: reduction.var(self, axis=axis, ddof=ddof, keepdims=keepdims),
    "std": lambda self, axis=None, ddof=0, keepdims=False: reduction.std(self, axis=axis, ddof=ddof, keepdims=keepdims),
    "argsort": lambda self, axis=-1: np.argsort(self.data, axis=axis, kind="stable"),
    "nonzero": lambda self: np.nonzero(self.data),
    "reshape": lambda self, *shape_: shape.reshape(self, _unpacked(shape_)),
    "transpose": lambda self, *axes: shape.transpose(self, _unpacked(axes)),
    "swapaxes": shape.swapaxes,
    "squeeze": shape.squeeze,
    "flatten": shape.flatten,
    "ravel": shape.flatten,
    "repeat": shape.repeat,
    "take": indexing.take,
    "sort": indexing.sort,
    "diagonal": indexing.diagonal,
    "clip": arithmetic.clip,
    "round": arithmetic.round,
    "dot": linalg.dot,
    "trace": linalg.trace,
    "astype": lambda self, dtype: shape._astype(self, dtype=dtype),
    "copy": shape._copy,
}  # fmt: skip

for _name, _function in METHODS.items():
    setattr(Tensor, _name, _function)
