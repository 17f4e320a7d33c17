"""Linear algebra: products of matrices and tensors, inverses, determinants, factors."""

import math
import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._arithmetic import multiply
from nnlite.kernels import product

__all__ = [
    "cholesky",
    "det",
    "dot",
    "einsum",
    "inv",
    "matmul",
    "outer",
    "slogdet",
    "solve",
    "tensordot",
    "trace",
]


@differentiable
def matmul(a: Array, b: Array) -> Array:
    """Return the matrix product on the last two axes; the others broadcast, and a vector counts as one row or column.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.tensor([[1.0, 2.0], [3.0, 4.0]]) @ nl.tensor([1.0, 1.0])
    tensor([3., 7.])
    """
    if a.ndim == 2 and b.ndim == 2:
        return _product(a, b), (lambda g: _product(g, b.T), lambda g: _product(a.T, g))
    y = a @ b
    if a.ndim == 1 and b.ndim == 1:
        return y, (lambda g: g * b, lambda g: g * a)
    if a.ndim == 1:
        return y, (lambda g: (b @ g[..., None])[..., 0], lambda g: a[:, None] * g[..., None, :])
    if b.ndim == 1:
        return y, (lambda g: g[..., None] * b, lambda g: (a.mT @ g[..., None])[..., 0])
    if b.ndim == 2:  # one product over all rows: one for each matrix would have to be summed
        return y, (lambda g: g @ b.T, lambda g: _joined_rows(a).T @ _joined_rows(g))
    return y, (lambda g: g @ b.mT, lambda g: a.mT @ g)


@differentiable
def affine(x: Array, weight: Array, bias: Array = None, *, activation: Any = None) -> Array:
    """Return activation(x @ weight + bias) as one operation: what a dense layer computes.

    Shapes: x (..., n), weight (n, m), bias (m,). The activation is a differentiable function of one array, elementwise.
    """
    flat, shape = x.ndim == 2, x.shape
    rows = x if flat else _joined_rows(x)  # one product over all rows, not one for each matrix
    y = _product(rows, weight, bias)
    back = None
    if activation is not None:
        y, (back,) = activation.body(y)

    def vjps(g: Array, needs: tuple[bool, ...]) -> tuple[Array, ...]:
        if not flat:
            g = _joined_rows(g)
        if back is not None:
            g = back(g)
        to_x = _product(g, weight.T) if needs[0] else None
        return (
            to_x if flat or to_x is None else to_x.reshape(shape),
            _product(rows.T, g) if needs[1] else None,
            np.add.reduce(g) if bias is not None and needs[2] else None,
        )

    return y if flat else y.reshape((*shape[:-1], weight.shape[-1])), vjps


def dot(a: Array, b: Array) -> Any:
    """Return NumPy's dot product: `matmul` up to two axes, else over the last axis of a and the last but one of b."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return multiply(a, b)
    if np.ndim(b) == 1 or (np.ndim(a) <= 2 and np.ndim(b) == 2):
        return matmul(a, b)
    return tensordot(a, b, axes=(-1, -2))


@differentiable
def tensordot(a: Array, b: Array, *, axes: Any = 2) -> Array:
    """Return the sum of products of a and b over pairs of axes.

    Parameters
    ----------
    a, b : array
        The factors.
    axes : int or pair, default 2
        The pair (axes of a, axes of b), each an axis or a sequence; a number n stands for the last n of a and the
        first n of b.

    Returns
    -------
    array
        Its axes are the other axes of a, then those of b.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.tensordot(nl.tensor([[1.0, 2.0], [3.0, 4.0]]), nl.tensor([[1.0, 0.0], [0.0, 1.0]]))
    tensor(5.)
    """
    y = np.tensordot(a, b, axes)
    if isinstance(axes, (int, np.integer)):
        axes = (range(a.ndim - axes, a.ndim), range(axes))
    a_summed, b_summed = normalize_axis_tuple(axes[0], a.ndim), normalize_axis_tuple(axes[1], b.ndim)
    a_free = [i for i in range(a.ndim) if i not in a_summed]
    b_free = [i for i in range(b.ndim) if i not in b_summed]

    def vjp_a(g: Array) -> Array:  # its axes: the free ones of a, then the summed ones in the order they have in b
        order = a_free + [a_summed[b_summed.index(i)] for i in sorted(b_summed)]
        return np.tensordot(g, b, (range(len(a_free), g.ndim), b_free)).transpose(_inverse(order))

    def vjp_b(g: Array) -> Array:  # its axes: the summed ones in the order they have in a, then the free ones of b
        order = [b_summed[a_summed.index(i)] for i in sorted(a_summed)] + b_free
        return np.tensordot(a, g, (a_free, range(len(a_free)))).transpose(_inverse(order))

    return y, (vjp_a, vjp_b)


def einsum(subscripts: str, *operands: Array, optimize: Any = True) -> Any:
    """Return the sum of products that the subscripts describe (Einstein's summation convention).

    Parameters
    ----------
    subscripts : str
        A letter for each axis of each operand, the operands separated by commas, then "->" and the axes of the
        result; without an arrow, these are the letters that occur once, in alphabetical order. "..." stands for
        any further axes, which broadcast.
    *operands : array
        The factors.
    optimize : bool, str or list, default True
        The order of contraction, as in `numpy.einsum`: True finds one, which also lets BLAS do the products.

    Raises
    ------
    ValueError
        If the subscripts do not fit the operands.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> a = nl.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> F.einsum("ij,kj->ik", a, a)
    tensor([[ 5., 11.],
            [11., 25.]])
    """
    return _einsum(*operands, subscripts=_spelled_out(subscripts, operands), optimize=optimize)


@differentiable
def _einsum(*operands: Array, subscripts: str, optimize: Any) -> Array:
    """Return the sum of products, by subscripts with an explicit output and no ellipsis."""
    inputs, _, output = subscripts.partition("->")
    terms = inputs.split(",")
    y = np.einsum(subscripts, *operands, optimize=optimize)
    return y, [_einsum_vjp(i, operands, terms, output, optimize) for i in range(len(operands))]


def _einsum_vjp(
    i: int, operands: Sequence[Array], terms: list[str], output: str, optimize: Any
) -> Callable[[Array], Array]:
    """Return the VJP for operand i: the einsum of the output's gradient with the other operands."""
    term, shape = terms[i], operands[i].shape
    other_terms, others = [*terms[:i], *terms[i + 1 :]], [*operands[:i], *operands[i + 1 :]]
    unused = [letter for letter in string.ascii_letters if letter not in "".join(terms)]

    def vjp(g: Array) -> Array:
        factor_terms, factors = [output, *other_terms], [g, *others]
        lengths: dict[str, int] = {}
        for letters, factor in zip(factor_terms, factors, strict=True):
            lengths.update({a: max(n, lengths.get(a, 0)) for a, n in zip(letters, factor.shape, strict=True)})
        wanted = ""
        for letter, n in zip(term, shape, strict=True):
            if letter in wanted:  # a diagonal: its gradient is 0 off it
                other_letter = unused[len(wanted)]
                factor_terms.append(letter + other_letter)
                factors.append(np.eye(n, dtype=g.dtype))
                wanted += other_letter
                continue
            if lengths.get(letter, -1) < n:  # summed or broadcast: its gradient is the same all along
                factor_terms.append(letter)
                factors.append(np.ones(n, g.dtype))
            wanted += letter
        return np.einsum(f"{','.join(factor_terms)}->{wanted}", *factors, optimize=optimize)

    return vjp


def _spelled_out(subscripts: str, operands: Sequence[Array]) -> str:
    """Write subscripts with an explicit output, and with letters for the ellipsis."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        raise ValueError(f"einsum() got {len(operands)} operands for the {len(terms)} terms of {subscripts!r}")
    unused = "".join(letter for letter in string.ascii_letters if letter not in subscripts)
    ellipsis = ""
    for i, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        extra = np.ndim(operand) - len(term.replace("...", ""))
        if extra < 0 or (extra and "..." not in term):
            raise ValueError(
                f"einsum() cannot read an operand of shape {np.shape(operand)} by {term!r}, term {i} of {subscripts!r}"
            )
        letters = unused[:extra][::-1]  # from the last axis on, since broadcasting lines up there
        terms[i] = term.replace("...", letters)
        ellipsis = max(ellipsis, letters, key=len)
    if not arrow:
        letters = inputs.replace(".", "").replace(",", "")
        output = "..." + "".join(sorted(letter for letter in letters if letters.count(letter) == 1))
    elif ellipsis and "..." not in output:
        raise ValueError(f"einsum() needs '...' also in the output of {subscripts!r}")
    return f"{','.join(terms)}->{output.replace('...', ellipsis)}"


@differentiable
def outer(a: Array, b: Array) -> Array:
    """Return the products of each element of a with each of b, both flattened."""
    a_shape, b_shape = a.shape, b.shape
    return np.outer(a, b), (
        lambda g: (g @ b.reshape(-1)).reshape(a_shape),
        lambda g: (a.reshape(-1) @ g).reshape(b_shape),
    )


@differentiable
def trace(x: Array, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Return the sum of diagonal number `offset` of the matrices on two axes."""
    n, m = x.shape[axis1], x.shape[axis2]

    def vjp(g: Array) -> Array:
        return np.moveaxis(g[..., None, None] * np.eye(n, m, offset, dtype=bool), (-2, -1), (axis1, axis2))

    return np.trace(x, offset, axis1, axis2), (vjp,)


@differentiable
def inv(x: Array) -> Array:
    """Return the inverse of each matrix on the last two axes.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.inv(nl.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5 , 0.  ],
            [0.  , 0.25]])
    """
    y = np.linalg.inv(x)
    return y, (lambda g: -(y.mT @ g @ y.mT),)


@differentiable
def solve(a: Array, b: Array) -> Array:
    """Return the solution x of a @ x = b.

    Parameters
    ----------
    a : array, shape (..., n, n)
        Matrices with an inverse.
    b : array, shape (n,) or (..., n, m)
        A vector, or matrices whose columns are right-hand sides; as in NumPy 2, only one axis makes a vector.

    Returns
    -------
    array, shape (..., n) for a vector, otherwise (..., n, m)

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is singular.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.solve(nl.tensor([[2.0, 0.0], [0.0, 4.0]]), nl.tensor([1.0, 2.0]))
    tensor([0.5, 0.5])
    """
    x = np.linalg.solve(a, b)
    is_vector = b.ndim == 1

    def vjp(g: Array, needs: tuple[bool, ...]) -> tuple[Array, Array]:
        if is_vector:
            columns = np.linalg.solve(a.mT, g[..., None])
            return -columns * x[..., None, :], columns[..., 0]
        columns = np.linalg.solve(a.mT, g)
        return -columns @ x.mT, columns

    return x, vjp


@differentiable
def det(x: Array) -> Array:
    """Return the determinant of each matrix on the last two axes.

    The gradient is det(x) times the transposed inverse: a singular matrix has a value, but its gradient raises
    `numpy.linalg.LinAlgError`.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.det(nl.tensor([[2.0, 1.0], [0.0, 4.0]]))
    tensor(8.)
    """
    y = np.linalg.det(x)
    return y, (lambda g: (g * y)[..., None, None] * np.linalg.inv(x).mT,)


def slogdet(x: Array) -> Any:
    """Return the sign of each determinant, a constant, and the logarithm of its absolute value.

    The gradient of the logarithm is the transposed inverse, which a singular matrix does not have.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> sign, logabsdet = F.slogdet(nl.tensor([[0.0, 1.0], [1.0, 0.0]]))
    >>> float(sign), logabsdet
    (-1.0, tensor(0.))
    """
    logabsdet, sign = _logabsdet(x)
    return sign, logabsdet


@differentiable
def _logabsdet(x: Array) -> Array:
    """Return log|det(x)|, and the sign beside it."""
    sign, y = np.linalg.slogdet(x)
    return y, (lambda g: g[..., None, None] * np.linalg.inv(x).mT,), (sign,)


@differentiable
def cholesky(x: Array) -> Array:
    """Return the lower triangular L with L @ L.T = x for each positive definite matrix on the last two axes.

    Of x it is the symmetric part (x + x.T) / 2 that is decomposed, so the gradient is symmetric.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is not positive definite.

    Examples
    --------
    >>> import nnlite as nl, nnlite.functional as F
    >>> F.cholesky(nl.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])

    References
    ----------
    Iain Murray, "Differentiation of the Cholesky decomposition", 2016.
    """
    lower = np.linalg.cholesky((x + x.mT) / 2)

    def vjp(g: Array) -> Array:
        halved_diagonal = 1 - 0.5 * np.eye(g.shape[-1], dtype=g.dtype)
        inner = np.tril(lower.mT @ g) * halved_diagonal
        left = np.linalg.solve(lower.mT, inner)
        both = np.linalg.solve(lower.mT, left.mT)  # transposed
        return (both + both.mT) / 2

    return lower, (vjp,)


def _product(a: Array, b: Array, bias: Array = None) -> Array:
    """Return a @ b of two matrices, plus a bias; a large product of arrays uses the library's threads."""
    if type(a) is not np.ndarray or type(b) is not np.ndarray:
        y = a @ b
    elif a.size * b.shape[-1] <= product.LARGE:
        y = a.dot(b)  # for small matrices twice as fast as @
    elif bias is None or bias.dtype == a.dtype == b.dtype:
        return product.matmul(a, b, bias)
    else:
        y = product.matmul(a, b)
    return y if bias is None else y + bias


def _joined_rows(x: Array) -> Array:
    """Join all axes but the last to one."""
    return x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


def _inverse(order: Sequence[int]) -> tuple[int, ...]:
    """Return the permutation that undoes `order`."""
    return tuple(map(order.index, range(len(order))))
