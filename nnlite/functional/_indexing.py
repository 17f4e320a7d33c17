"""Functions that choose elements by place or by order: indexing, gathering, scattering, sorting."""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.typing import DTypeLike

from nnlite.autograd import Tensor, default_dtype, differentiable, nondifferentiable
from nnlite.autograd._recording import Array
from nnlite.functional._shape import add_along, flatten
from nnlite.kernels.scatter import scatter_add_rows

__all__ = [
    "diagonal",
    "embedding",
    "getitem",
    "masked_fill",
    "one_hot",
    "scatter_add",
    "sort",
    "take",
    "take_along_axis",
    "topk",
    "tril",
    "triu",
]


def getitem(x: Array, key: Any) -> Any:
    """Return x[key], for any key that NumPy takes; Tensors in the key stand for their arrays.

    An element that the key names several times gets the sum of its gradients.

    Examples
    --------
    >>> import nnlite as nl
    >>> x = nl.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x[[0, 2, 2]].sum().backward()
    >>> x.grad
    array([1., 0., 2.], dtype=float32)
    """
    return _getitem(x, key=tuple(map(_plain_index, key)) if isinstance(key, tuple) else (_plain_index(key),))


@differentiable
def _getitem(x: Array, *, key: tuple[Any, ...]) -> Array:
    """Return x[key]."""
    shape = x.shape
    return x[key], (lambda g: _scatter.kernel(g, key=key, shape=shape),)


def take(x: Array, indices: Any, axis: int | None = None) -> Any:
    """Return the elements of x at `indices` along an axis, or of the flattened array.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.take(nl.tensor([[1.0, 2.0], [3.0, 4.0]]), [1, 0, 1], axis=1)
    tensor([[2., 1., 2.],
            [4., 3., 4.]])
    """
    indices = _plain_index(indices)
    if axis is None:
        return getitem(flatten(x), indices)
    return getitem(x, (*(slice(None),) * normalize_axis_index(axis, np.ndim(x)), indices))


def take_along_axis(x: Array, indices: Any, axis: int | None = -1) -> Any:
    """Return the elements of x at `indices`, which has as many axes as x and numbers the places along one of them.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F, numpy as np
    >>> x = nl.tensor([[3.0, 1.0], [2.0, 4.0]])
    >>> F.take_along_axis(x, np.argsort(x, axis=1), axis=1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    indices = _plain_index(indices)
    if axis is None:
        return getitem(flatten(x), indices)
    if np.ndim(indices) != np.ndim(x):
        raise ValueError(
            f"take_along_axis() takes indices with as many axes as x, got shape {np.shape(indices)} for {np.shape(x)}"
        )
    return getitem(x, _key_along(indices, np.shape(x), axis))


def scatter_add(x: Array, index: Any, values: Array, *, axis: int = 0) -> Any:
    """Return x with `values` added to its places `index` along an axis; for a place named twice both are added.

    Parameters
    ----------
    x : array
        What is added to.
    index : array of int
        Places on the axis.
    values : array
        What to add: of the shape of `take(x, index, axis)`, or one that broadcasts to it.
    axis : int, default 0
        The axis of x that `index` counts along.

    Raises
    ------
    TypeError
        If `index` holds no integers.
    IndexError
        If an index is out of range.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.scatter_add(nl.tensor([10.0, 20.0]), [1, 1, 0], nl.tensor([1.0, 2.0, 3.0]))
    tensor([13., 23.])
    """
    return _scatter_add(x, _integers(index, "scatter_add", "index"), values, axis=axis)


@differentiable
def _scatter_add(x: Array, index: Array, values: Array, *, axis: int) -> Array:
    """Add values to x at index, an array of integers."""
    axis = normalize_axis_index(axis, x.ndim)
    size = x.shape[axis]
    _refuse_outside(index, -size, size, "scatter_add", "index")
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    spread = np.broadcast_to(values, (*before, *index.shape, *after)).reshape((*before, index.size, *after))
    y = x + add_along(spread, index=index.ravel(), size=size, axis=axis)
    return y, (lambda g: g, None, lambda g: np.take(g, index, axis=axis))


def one_hot(indices: Any, num_classes: int, dtype: DTypeLike | None = None) -> Any:
    """Return vectors that are 1 at the index and 0 elsewhere, on a new last axis: a constant for the engine.

    Parameters
    ----------
    indices : array of int
        Class numbers from 0 to num_classes - 1.
    num_classes : int
        Length of the vectors.
    dtype : dtype, optional
        Of the result; the default dtype if not given.

    Raises
    ------
    TypeError
        If `indices` holds no integers.
    IndexError
        If an index is out of range.

    Examples
    --------
    >>> import nnlite.functional as F
    >>> F.one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    return _one_hot(_integers(indices, "one_hot", "indices"), num_classes, dtype)


@nondifferentiable
def _one_hot(indices: Array, num_classes: int, dtype: DTypeLike | None) -> Array:
    """Return the unit vectors of an array of integers."""
    _refuse_outside(indices, 0, num_classes, "one_hot", "indices")
    y = np.zeros((indices.size, num_classes), default_dtype() if dtype is None else dtype)
    y[np.arange(indices.size), indices.ravel()] = 1
    return y.reshape((*indices.shape, num_classes))


def embedding(input: Any, weight: Array) -> Any:
    """Return the rows of `weight` that `input` numbers.

    Parameters
    ----------
    input : array of int, shape (...)
        Row numbers from 0 to size - 1.
    weight : array, shape (size, dim)
        One row for each index.

    Returns
    -------
    array, shape (..., dim)

    Raises
    ------
    TypeError
        If `input` holds no integers.
    IndexError
        If an index is out of range; negative ones are.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> weight = nl.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> F.embedding([1, 1], weight).sum().backward()
    >>> weight.grad
    array([[0., 0.],
           [2., 2.]], dtype=float32)
    """
    return _embedding(_integers(input, "embedding", "input"), weight)


@differentiable
def _embedding(input: Array, weight: Array) -> Array:
    """Return rows of weight by an array of integers."""
    shape = weight.shape
    _refuse_outside(input, 0, shape[0], "embedding", "input")

    def vjp(g: Array) -> Array:
        return add_along.kernel(g.reshape((input.size, *shape[1:])), index=input.ravel(), size=shape[0], axis=0)

    return np.take(weight, input, axis=0), (None, vjp)


@differentiable
def masked_fill(x: Array, mask: Array, value: Array) -> Array:
    """Return x with `value` where the boolean mask is True.

    Raises
    ------
    TypeError
        If the mask is not boolean.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.masked_fill(nl.tensor([1.0, 2.0]), [True, False], -1.0)
    tensor([-1.,  2.])
    """
    if np.result_type(mask).kind != "b":
        raise TypeError(f"masked_fill() takes a boolean mask, got dtype {np.result_type(mask)}")
    return np.where(mask, value, x), (lambda g: g * np.logical_not(mask), None, lambda g: g * mask)


@differentiable
def tril(x: Array, *, k: int = 0) -> Array:
    """Return the matrices on the last two axes with zeros above diagonal number k."""
    return np.tril(x, k), (lambda g: np.tril(g, k),)


@differentiable
def triu(x: Array, *, k: int = 0) -> Array:
    """Return the matrices on the last two axes with zeros below diagonal number k."""
    return np.triu(x, k), (lambda g: np.triu(g, k),)


@differentiable
def diagonal(x: Array, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Return diagonal number `offset` of the matrices on two axes, on a new last axis."""
    shape = x.shape

    def vjp(g: Array) -> Array:
        n, m, length = shape[axis1], shape[axis2], g.shape[-1]
        above, left = min(max(-offset, 0), n), min(max(offset, 0), m)
        square = g[..., None] * np.eye(length, dtype=bool)
        margins = [(0, 0)] * (len(shape) - 2) + [(above, n - above - length), (left, m - left - length)]
        return np.moveaxis(np.pad(square, margins), (-2, -1), (axis1, axis2))

    return np.diagonal(x, offset, axis1, axis2), (vjp,)


@differentiable
def sort(x: Array, *, axis: int | None = -1) -> Array:
    """Return x in ascending order along an axis, or flattened and sorted; equal elements keep their order.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.sort(nl.tensor([3.0, 1.0, 2.0]))
    tensor([1., 2., 3.])
    """
    shape = x.shape
    line, along = (x.reshape(-1), 0) if axis is None else (x, axis)
    order = np.argsort(line, axis=along, kind="stable")
    y = np.take_along_axis(line, order, axis=along)
    return y, (lambda g: np.take_along_axis(g, np.argsort(order, axis=along), axis=along).reshape(shape),)


@differentiable
def topk(x: Array, *, k: int, axis: int = -1) -> Array:
    """Return the k largest elements along an axis, the largest first, and their indices.

    Parameters
    ----------
    x : array
        What to choose from.
    k : int
        How many, at most the length of the axis.
    axis : int, default -1
        The axis that is searched.

    Returns
    -------
    values : array
        Like x, but with k elements on the axis.
    indices : ndarray of int
        Their places; among equal elements the first come first.

    Raises
    ------
    ValueError
        If there are not k elements.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.topk(nl.tensor([0.5, 3.0, 1.0]), 2)
    (tensor([3., 1.]), array([1, 2]))
    """
    shape = x.shape
    axis = normalize_axis_index(axis, len(shape))
    if not 0 <= k <= shape[axis]:
        raise ValueError(f"topk() takes k from 0 to {shape[axis]}, the length of axis {axis}, got k={k}")
    # Sorted the other way round, so that turning the order back puts the first of equals first.
    backward_order = np.argsort(np.flip(x, axis=axis), axis=axis, kind="stable")
    order = shape[axis] - 1 - np.flip(backward_order, axis=axis)
    key = _key_along(np.take(order, np.arange(k), axis=axis), shape, axis)
    return x[key], (lambda g: _scatter.kernel(g, key=key, shape=shape),), (key[axis],)


def _put(g: Array, *, key: tuple[Any, ...], shape: tuple[int, ...]) -> Array:
    """Add g to zeros at the places that a key names."""
    arrays = [k for k in key if isinstance(k, np.ndarray) and k.dtype.kind != "b"]
    if not arrays:  # slices, numbers and masks name every place once
        zeros = np.zeros(shape, g.dtype)
        zeros[key] = g
        return zeros
    lead = shape[: len(key) - 1]
    if all(isinstance(k, slice) and k == slice(None) for k in key[:-1]):
        rows = g.reshape((*lead, arrays[0].size, *shape[len(key) :]))
        return add_along.kernel(rows, index=arrays[0].ravel(), size=shape[len(lead)], axis=len(lead))
    if all(isinstance(k, (int, np.integer, np.ndarray)) and np.result_type(k).kind != "b" for k in key):
        indexed, rest = shape[: len(key)], shape[len(key) :]
        places = np.ravel_multi_index(np.broadcast_arrays(*key), indexed, mode="wrap").ravel()
        return scatter_add_rows(places, g.reshape((places.size, *rest)), math.prod(indexed)).reshape(shape)
    zeros = np.zeros(shape, g.dtype)
    np.add.at(zeros, key, g)
    return zeros


@differentiable(kernel=_put)
def _scatter(g: Array, *, key: tuple[Any, ...], shape: tuple[int, ...]) -> Array:
    """Return zeros of a shape, with g added at the places of a key: the adjoint of `_getitem`."""
    return _scatter.kernel(g, key=key, shape=shape), (lambda c: c[key],)


def _plain_index(index: Any) -> Any:
    """Return the array of a Tensor or of a list of indices."""
    if isinstance(index, Tensor):
        return index.data
    return np.asarray(index, None if len(index) else np.intp) if isinstance(index, (list, tuple)) else index


def _integers(indices: Any, function: str, name: str) -> Array:
    """Return an array of integers, or a Tensor as it is; raise if it holds anything else."""
    if not isinstance(indices, Tensor):
        indices = np.asarray(indices)
    if indices.dtype.kind not in "iu":
        raise TypeError(f"{function}() takes {name} of an integer dtype, got {indices.dtype} of shape {indices.shape}")
    return indices


def _refuse_outside(indices: Array, start: int, stop: int, function: str, name: str) -> None:
    """Raise if an index is not in [start, stop)."""
    if indices.size and (indices.min() < start or indices.max() >= stop):
        wrong = indices.ravel()[np.argmax((indices < start) | (indices >= stop))]
        raise IndexError(f"{function}() takes {name} from {start} to {stop - 1} for a size of {stop}, got {wrong}")


def _key_along(indices: Array, shape: tuple[int, ...], axis: int) -> tuple[Array, ...]:
    """Return the key by which indexing takes along an axis: the places of the other axes, and the indices."""
    ndim = len(shape)
    axis = normalize_axis_index(axis, ndim)
    key = [np.arange(n).reshape((-1,) + (1,) * (ndim - a - 1)) for a, n in enumerate(shape)]
    key[axis] = indices
    return tuple(key)
