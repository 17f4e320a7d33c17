"""The functions of the formula sheet that have no family of layers, beside PyTorch's: values and gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

import nnlite.functional as F
from tests.parity.harness import compare_function, drawn

Array = NDArray[Any]

SEEDS = st.integers(0, 2**31)
SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


def torch_function(path: str) -> Callable[..., Any]:
    """Find a function of PyTorch by its path: "nn.functional.gelu"."""
    import torch

    found: Any = torch
    for name in path.split("."):
        found = getattr(found, name)
    function: Callable[..., Any] = found
    return function


def uniform(seed: int, low: float, high: float, shape: tuple[int, ...]) -> Array:
    """Uniform numbers, of which none is near an integer or a half: no kinks, no jumps."""
    x = np.random.default_rng(seed).uniform(low, high, shape)
    near = np.abs(2 * x - np.round(2 * x)) < 0.02
    return np.where(near, x + 0.03, x)


# name here: (path in PyTorch, the domain of the numbers)
OF_ONE: dict[str, tuple[str, float, float]] = {
    "absolute": ("abs", -3, 3),
    "arccos": ("acos", -0.9, 0.9),
    "arccosh": ("acosh", 1.1, 4),
    "arcsin": ("asin", -0.9, 0.9),
    "arcsinh": ("asinh", -3, 3),
    "arctan": ("atan", -3, 3),
    "arctanh": ("atanh", -0.9, 0.9),
    "ceil": ("ceil", -3, 3),
    "cos": ("cos", -3, 3),
    "cosh": ("cosh", -3, 3),
    "erf": ("erf", -3, 3),
    "exp": ("exp", -3, 3),
    "expm1": ("expm1", -3, 3),
    "exponential": ("exp", -3, 3),
    "floor": ("floor", -3, 3),
    "log": ("log", 0.1, 3),
    "log10": ("log10", 0.1, 3),
    "log1p": ("log1p", -0.9, 3),
    "log2": ("log2", 0.1, 3),
    "negative": ("neg", -3, 3),
    "reciprocal": ("reciprocal", 0.2, 3),
    "round": ("round", -3, 3),
    "rsqrt": ("rsqrt", 0.2, 3),
    "sign": ("sign", -3, 3),
    "sin": ("sin", -3, 3),
    "sinh": ("sinh", -3, 3),
    "sqrt": ("sqrt", 0.2, 3),
    "square": ("square", -3, 3),
    "tan": ("tan", -1.4, 1.4),
    "tanh": ("tanh", -3, 3),
    "celu": ("nn.functional.celu", -3, 3),
    "elu": ("nn.functional.elu", -3, 3),
    "gelu": ("nn.functional.gelu", -3, 3),
    "hard_sigmoid": ("nn.functional.hardsigmoid", -5, 5),
    "hard_silu": ("nn.functional.hardswish", -5, 5),
    "hard_tanh": ("nn.functional.hardtanh", -3, 3),
    "leaky_relu": ("nn.functional.leaky_relu", -3, 3),
    "log_sigmoid": ("nn.functional.logsigmoid", -30, 30),
    "mish": ("nn.functional.mish", -30, 30),
    "relu": ("nn.functional.relu", -3, 3),
    "relu6": ("nn.functional.relu6", -3, 9),
    "selu": ("nn.functional.selu", -3, 3),
    "sigmoid": ("sigmoid", -30, 30),
    "silu": ("nn.functional.silu", -30, 30),
    "softplus": ("nn.functional.softplus", -15, 15),
    "softsign": ("nn.functional.softsign", -3, 3),
}
OF_TWO: dict[str, tuple[str, float, float]] = {
    "add": ("add", -3, 3),
    "arctan2": ("atan2", 0.2, 3),
    "divide": ("div", 0.2, 3),
    "maximum": ("maximum", -3, 3),
    "minimum": ("minimum", -3, 3),
    "mod": ("remainder", 0.2, 3),
    "multiply": ("mul", -3, 3),
    "power": ("pow", 0.2, 3),
    "subtract": ("sub", -3, 3),
}
REDUCTIONS = {"max": "amax", "mean": "mean", "min": "amin", "norm": "linalg.vector_norm", "sum": "sum"}
RUNNING = {"cumprod": "cumprod", "cumsum": "cumsum"}


@pytest.mark.parametrize("name", OF_ONE)
@drawn(seed=SEEDS, shape=SHAPES)
def test_functions_of_one_array(name: str, seed: int, shape: tuple[int, ...]) -> None:
    path, low, high = OF_ONE[name]
    compare_function(f"functional.{name}", getattr(F, name), torch_function(path), [uniform(seed, low, high, shape)])


@pytest.mark.parametrize("name", OF_TWO)
@drawn(seed=SEEDS, shape=SHAPES, stretched=st.booleans())
def test_functions_of_two_arrays(name: str, seed: int, shape: tuple[int, ...], stretched: bool) -> None:
    path, low, high = OF_TWO[name]
    a, b = uniform(seed, low, high, shape), uniform(seed + 1, low, high, shape[-1:] if stretched else shape)
    compare_function(f"functional.{name}", getattr(F, name), torch_function(path), [a, b + 0.007])


@pytest.mark.parametrize("name", REDUCTIONS)
@drawn(seed=SEEDS, shape=SHAPES, keepdims=st.booleans(), data=st.data())
def test_reductions(name: str, seed: int, shape: tuple[int, ...], keepdims: bool, data: Any) -> None:
    axis = data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1, max_size=2).map(sorted).map(tuple))
    theirs = torch_function(REDUCTIONS[name])
    compare_function(
        f"functional.{name}",
        lambda x: (
            getattr(F, name)(x, axis=axis if len(axis) > 1 else axis[0], keepdims=keepdims)
            if name != "norm"
            else F.sqrt(F.sum(x * x, axis=axis, keepdims=keepdims))
            if len(axis) > 2
            else F.norm(x, axis=axis[0], keepdims=keepdims)
        ),
        lambda x: theirs(x, dim=axis if name != "norm" else axis[0], keepdim=keepdims),
        [uniform(seed, -3, 3, shape)],
    )


@pytest.mark.parametrize("name", ["std", "var"])
@drawn(seed=SEEDS, rows=st.integers(2, 5), ddof=st.integers(0, 1), axis=st.integers(-2, 1), keepdims=st.booleans())
def test_spreads(name: str, seed: int, rows: int, ddof: int, axis: int, keepdims: bool) -> None:
    theirs = torch_function(name)
    compare_function(
        f"functional.{name}",
        lambda x: getattr(F, name)(x, axis=axis, ddof=ddof, keepdims=keepdims),
        lambda x: theirs(x, dim=axis, correction=ddof, keepdim=keepdims),
        [uniform(seed, -3, 3, (rows, 3))],
    )


@pytest.mark.parametrize("name", ["logsumexp", "prod", "softmax", "log_softmax", *RUNNING])
@drawn(seed=SEEDS, shape=SHAPES, data=st.data())
def test_functions_along_an_axis(name: str, seed: int, shape: tuple[int, ...], data: Any) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    theirs = torch_function(name)
    x = uniform(seed, -3, 3, shape)
    compare_function(f"functional.{name}", lambda x: getattr(F, name)(x, axis=axis), lambda x: theirs(x, dim=axis), [x])


@drawn(seed=SEEDS, shape=SHAPES, offset=st.integers(-2, 2))
def test_triangles_and_diagonals(seed: int, shape: tuple[int, ...], offset: int) -> None:
    import torch

    x = uniform(seed, -3, 3, (*shape[:1], 3, 4))
    compare_function("functional.tril", lambda x: F.tril(x, k=offset), lambda x: torch.tril(x, offset), [x])
    compare_function("functional.triu", lambda x: F.triu(x, k=offset), lambda x: torch.triu(x, offset), [x])
    compare_function(
        "functional.diagonal",
        lambda x: F.diagonal(x, offset=offset, axis1=1, axis2=2),
        lambda x: torch.diagonal(x, offset, 1, 2),
        [x],
    )
    compare_function(
        "functional.trace",
        lambda x: F.trace(x, offset=offset),
        lambda x: torch.diagonal(x, offset).sum(),
        [x[0]],
    )


@drawn(seed=SEEDS, shape=SHAPES, data=st.data())
def test_functions_that_move_elements(seed: int, shape: tuple[int, ...], data: Any) -> None:
    import torch

    x, y = uniform(seed, -3, 3, shape), uniform(seed + 1, -3, 3, shape)
    axis = data.draw(st.integers(0, len(shape) - 1))
    other = data.draw(st.integers(0, len(shape) - 1))
    order = data.draw(st.permutations(range(len(shape))))
    count = data.draw(st.integers(1, 3))
    index = np.array(data.draw(st.lists(st.integers(0, shape[axis] - 1), min_size=1, max_size=5)))
    shift = data.draw(st.integers(-5, 5))
    places = torch.tensor(index)
    for name, ours, theirs in [
        ("broadcast_to", lambda x: F.broadcast_to(x, (2, *shape)), lambda x: torch.broadcast_to(x, (2, *shape))),
        ("expand_dims", lambda x: F.expand_dims(x, axis), lambda x: torch.unsqueeze(x, axis)),
        ("squeeze", lambda x: F.squeeze(x), torch.squeeze),
        ("flatten", F.flatten, torch.flatten),
        ("flip", lambda x: F.flip(x, axis=axis), lambda x: torch.flip(x, (axis,))),
        ("moveaxis", lambda x: F.moveaxis(x, axis, other), lambda x: torch.movedim(x, axis, other)),
        ("repeat", lambda x: F.repeat(x, count, axis=axis), lambda x: torch.repeat_interleave(x, count, axis)),
        ("reshape", lambda x: F.reshape(x, (1, -1)), lambda x: torch.reshape(x, (1, -1))),
        ("roll", lambda x: F.roll(x, shift, axis=axis), lambda x: torch.roll(x, shift, axis)),
        ("swapaxes", lambda x: F.swapaxes(x, axis, other), lambda x: torch.swapaxes(x, axis, other)),
        ("take", lambda x: F.take(x, index, axis=axis), lambda x: torch.index_select(x, axis, places)),
        ("tile", lambda x: F.tile(x, (count, 1)), lambda x: torch.tile(x, (count, 1))),
        ("transpose", lambda x: F.transpose(x, order), lambda x: torch.permute(x, order)),
        ("split", lambda x: F.split(x, [1], axis=axis), lambda x: torch.tensor_split(x, [1], dim=axis)),
        ("sort", lambda x: F.sort(x, axis=axis), lambda x: torch.sort(x, dim=axis).values),
        ("getitem", lambda x: x[index % shape[0], ...], lambda x: x[places % shape[0], ...]),
        ("masked_fill", lambda x: F.masked_fill(x, y > 0, 1.5), lambda x: x.masked_fill(torch.tensor(y > 0), 1.5)),
        ("clip", lambda x: F.clip(x, -1.01, 1.01), lambda x: torch.clamp(x, -1.01, 1.01)),
        ("threshold", lambda x: F.threshold(x, 0.26, -7.0), lambda x: torch.nn.functional.threshold(x, 0.26, -7.0)),
        ("linear", F.linear, lambda x: x * 1),
        (
            "pad",
            lambda x: F.pad(x, [(1, 2)] * len(shape), constant_values=0.5),
            lambda x: torch.nn.functional.pad(x, (1, 2) * len(shape), value=0.5),
        ),
    ]:
        compare_function(f"functional.{name}", ours, theirs, [x])
    k = min(count, shape[axis])
    compare_function(
        "functional.topk", lambda x: F.topk(x, k, axis=axis)[0], lambda x: torch.topk(x, k, dim=axis).values, [x]
    )
    compare_function(
        "functional.where", lambda x, y: F.where(x > y, x, y * 2), lambda x, y: torch.where(x > y, x, y * 2), [x, y]
    )
    for name, theirs_of_two in (("concatenate", torch.concatenate), ("stack", torch.stack)):
        compare_function(
            f"functional.{name}",
            lambda x, y, name=name: getattr(F, name)([x, y], axis=axis),
            lambda x, y, theirs=theirs_of_two: theirs((x, y), dim=axis),
            [x, y],
        )
    grid = np.random.default_rng(seed).integers(0, shape[axis], shape)
    compare_function(
        "functional.take_along_axis",
        lambda x: F.take_along_axis(x, grid, axis=axis),
        lambda x: torch.take_along_dim(x, torch.tensor(grid), axis),
        [x],
    )
    rows = uniform(seed + 2, -3, 3, tuple(len(index) if i == axis else n for i, n in enumerate(shape)))
    compare_function(
        "functional.scatter_add",
        lambda x, values: F.scatter_add(x, index, values, axis=axis),
        lambda x, values: torch.index_add(x, axis, places, values),
        [x, rows],
    )


@drawn(seed=SEEDS, rows=st.integers(1, 4), inner=st.integers(1, 4), columns=st.integers(1, 4))
def test_products(seed: int, rows: int, inner: int, columns: int) -> None:
    import torch

    a, b = uniform(seed, -2, 2, (rows, inner)), uniform(seed + 1, -2, 2, (inner, columns))
    stack = uniform(seed + 2, -2, 2, (2, rows, inner))
    compare_function("functional.matmul", F.matmul, torch.matmul, [a, b])
    compare_function("functional.matmul", F.matmul, torch.matmul, [stack, b])
    compare_function("functional.dot", F.dot, torch.dot, [a[0], b[:, 0]])
    compare_function("functional.outer", F.outer, torch.outer, [a[0], b[0]])
    compare_function(
        "functional.tensordot",
        lambda a, b: F.tensordot(a, b, axes=1),
        lambda a, b: torch.tensordot(a, b, dims=1),
        [stack, b],
    )
    for text in ("ij,jk->ki", "ij,jk->", "ij,jk->ijk"):
        compare_function(
            "functional.einsum",
            lambda a, b, text=text: F.einsum(text, a, b),
            lambda a, b, text=text: torch.einsum(text, a, b),
            [a, b],
        )


@drawn(seed=SEEDS, n=st.integers(1, 4), batch=st.integers(1, 3), cases=15)
def test_matrices(seed: int, n: int, batch: int) -> None:
    import torch

    x = uniform(seed, -1, 1, (batch, n, n)) + 3 * np.eye(n)
    b = uniform(seed + 1, -1, 1, (batch, n, 2))
    compare_function("functional.inv", F.inv, torch.linalg.inv, [x])
    compare_function("functional.det", F.det, torch.linalg.det, [x])
    compare_function("functional.solve", F.solve, torch.linalg.solve, [x, b])
    compare_function("functional.slogdet", lambda x: F.slogdet(x)[1], lambda x: torch.linalg.slogdet(x)[1], [x])
    compare_function(  # of a symmetric matrix: the two spread the gradient over its halves in different ways
        "functional.cholesky",
        lambda x: F.cholesky(x @ F.swapaxes(x, -1, -2)),
        lambda x: torch.linalg.cholesky(x @ x.mT),
        [x],
    )


@drawn(seed=SEEDS, shape=SHAPES, data=st.data())
def test_what_has_no_derivative(seed: int, shape: tuple[int, ...], data: Any) -> None:
    import torch

    x = uniform(seed, -3, 3, shape)
    axis = data.draw(st.integers(0, len(shape) - 1))
    for name in ("argmax", "argmin"):
        compare_function(
            f"functional.{name}",
            lambda x, name=name: getattr(F, name)(x, axis=axis) * np.ones(()),
            lambda x, name=name: getattr(torch, name)(x, dim=axis).double(),
            [x],
        )
    for name in ("all", "any"):
        compare_function(
            f"functional.{name}",
            lambda x, name=name: getattr(F, name)(x > 0, axis=axis) * np.ones(()),
            lambda x, name=name: getattr(torch, name)(x > 0, dim=axis).double(),
            [x],
        )
    compare_function(
        "functional.step", F.step, lambda x: torch.heaviside(x.detach(), torch.ones((), dtype=x.dtype)), [x]
    )
    labels = np.random.default_rng(seed).integers(0, 5, shape)
    weight = uniform(seed + 1, -3, 3, (5, 3))
    compare_function(
        "functional.one_hot",
        lambda: F.one_hot(labels, 5, dtype=np.float64),
        lambda: torch.nn.functional.one_hot(torch.tensor(labels), 5).double(),
        [],
    )
    compare_function(
        "functional.embedding",
        lambda w: F.embedding(labels, w),
        lambda w: torch.nn.functional.embedding(torch.tensor(labels), w),
        [weight],
    )


@drawn(seed=SEEDS, rows=st.integers(1, 4), parts=st.integers(1, 3))
def test_activations_with_more_arguments(seed: int, rows: int, parts: int) -> None:
    import torch

    x, alpha = uniform(seed, -3, 3, (rows, 2 * parts)), uniform(seed + 1, 0, 1, (2 * parts,))
    compare_function("functional.prelu", F.prelu, torch.nn.functional.prelu, [x, alpha])
    compare_function("functional.glu", F.glu, torch.nn.functional.glu, [x])
    compare_function(
        "functional.maxout", lambda x: F.maxout(x, 2), lambda x: x.reshape(rows, parts, 2).amax(dim=-1), [x]
    )
    compare_function(
        "functional.gelu",
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
        [x],
    )
