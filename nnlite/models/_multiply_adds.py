"""How many multiply-adds an operation takes: one formula for each function that computes products."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnlite.functional._attention import attend
from nnlite.functional._conv import _conv, _conv_layer, conv_input_grad
from nnlite.functional._linalg import _einsum, affine, matmul, outer, tensordot
from nnlite.functional._projection import projections
from nnlite.functional._recurrent import _gru, _lstm, _rnn

__all__ = ["multiply_adds"]

Arrays = Sequence[Any]  # the arguments, or the values; here for their shapes


def multiply_adds(function: Callable[..., Any], arrays: Arrays, settings: dict[str, Any], values: Arrays) -> int:
    """Return how many products of two numbers a call adds up: 0 for a function that is no product of arrays.

    Biases, activations, means and other work on each number by itself are not counted, as usual: they take little
    beside the products.
    """
    formula = _FORMULAS.get(function)
    return 0 if formula is None else int(formula(arrays, settings, values))


def _of_product(arrays: Arrays, settings: Any, values: Arrays) -> Any:
    """Each output is the sum of as many products as the last axis of the first factor is long."""
    return values[0].size * arrays[0].shape[-1]


def _of_projections(arrays: Arrays, settings: Any, values: Arrays) -> Any:
    """As for one product: x (N, n) times each weight, (n, m)."""
    return arrays[0].shape[-1] * sum(value.size for value in values)


def _of_tensordot(arrays: Arrays, settings: Any, values: Arrays) -> Any:
    """Each output is a sum over the axes that a and b share: those of a that the output lacks."""
    a, b = arrays
    summed = math.isqrt(a.size * b.size // max(values[0].size, 1))
    return values[0].size * summed


def _of_einsum(arrays: Arrays, settings: Any, values: Arrays) -> Any:
    """Every combination of the letters takes a product for each factor but the first, as the sum is written."""
    lengths: dict[str, int] = {}
    for term, array in zip(settings["subscripts"].partition("->")[0].split(","), arrays, strict=True):
        lengths.update({letter: max(n, lengths.get(letter, 1)) for letter, n in zip(term, array.shape, strict=True)})
    return math.prod(lengths.values()) * (len(arrays) - 1)


def _of_convolution(arrays: Arrays, settings: Any, values: Arrays) -> Any:
    """Each output takes one kernel, (*kernel, channels of its group)."""
    kernel = arrays[1].shape[:-1]
    return values[0].size * math.prod(kernel)


def _of_transposed_convolution(arrays: Arrays, settings: Any, values: Arrays) -> Any:
    """Each input is multiplied by one kernel."""
    return arrays[0].size * math.prod(arrays[1].shape[:-1])


def _of_recurrence(arrays: Arrays, settings: Any, values: Arrays) -> Any:
    """Each step of each sequence takes both weights once: x (B, T, features)."""
    x, weight_ih, weight_hh = arrays[:3]
    return math.prod(x.shape[:2]) * (weight_ih.size + weight_hh.size)


def _of_attention(arrays: Arrays, settings: Any, values: Arrays) -> Any:
    """Each weight, (..., T, S), takes the product of a query and a key, and is multiplied by a value."""
    query, _, value = arrays[:3]
    return values[1].size * (query.shape[-1] + value.shape[-1])


_FORMULAS: dict[Any, Callable[[Arrays, Any, Arrays], Any]] = {
    matmul: _of_product,
    affine: _of_product,
    projections: _of_projections,
    outer: lambda arrays, settings, values: np.size(values[0]),
    tensordot: _of_tensordot,
    _einsum: _of_einsum,
    _conv: _of_convolution,
    _conv_layer: _of_convolution,
    conv_input_grad: _of_transposed_convolution,
    _rnn: _of_recurrence,
    _lstm: _of_recurrence,
    _gru: _of_recurrence,
    attend: _of_attention,
}
