"""Several linear maps of the same rows: the queries, keys and values of self-attention."""

from typing import Any

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._linalg import affine
from nnlite.kernels import product

__all__ = ["projections"]


@differentiable
def projections(x: Array, *parameters: Array) -> Any:
    """Return x @ weight + bias for each weight and its bias as one operation, whose gradient of x is one sum.

    The threads are woken once for all products, and once for each kind of gradient.

    Shapes: x (N, n); parameters: weight (n, m), bias (m,) or None, another weight, its bias, and so on.
    """
    weights, biases = parameters[::2], parameters[1::2]
    values = product.matmul_each(x, weights, biases)

    def vjp(g: tuple[Array, ...], needs: tuple[bool, ...]) -> tuple[Array, ...]:
        reached = [i for i, part in enumerate(g) if part is not None]
        wanted = [i for i in reached if needs[1 + 2 * i]]
        gradients: list[Any] = [None] * len(needs)
        if needs[0]:
            gradients[0] = product.sum_of_products([(g[i], weights[i].T) for i in reached])
        slopes = product.matmul_each(x.T, [g[i] for i in wanted], [None] * len(wanted))
        for i, slope in zip(wanted, slopes, strict=True):
            gradients[1 + 2 * i] = slope
        for i in reached:
            if needs[2 + 2 * i]:
                gradients[2 + 2 * i] = g[i].sum(axis=0)
        return tuple(gradients)

    return tuple(values), vjp


@projections.composite
def _one_by_one(x: Array, *parameters: Array) -> Any:
    """Return the same, in operations that have derivatives of every order."""
    return tuple(affine(x, *pair) for pair in zip(parameters[::2], parameters[1::2], strict=True))
