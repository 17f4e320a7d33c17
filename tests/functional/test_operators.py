"""What is bound to Tensor: exactly what it declares; and every way to reach it keeps the graph or says why not."""

import ast
import inspect
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special

import nnlite as nl
import nnlite.functional as F
from nnlite.autograd import _tensor
from nnlite.functional import _operators

X, Y = np.array([[0.5, 1.25, 0.75], [2.0, 0.25, 1.5]]), np.array([2.0, 0.5, 3.0])


def declared() -> dict[str, ast.FunctionDef]:
    """The methods that class Tensor declares for the type checker."""
    tree = ast.parse(Path(_tensor.__file__).read_text())
    (tensor,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Tensor")
    (block,) = (n for n in tensor.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    return {node.name: node for node in block.body if isinstance(node, ast.FunctionDef)}


class TestDeclarations:
    def test_what_is_declared_is_what_is_bound(self) -> None:
        assert set(declared()) == set(_operators.METHODS) | {"backward"}

    @pytest.mark.parametrize("name", sorted(declared()))
    def test_each_is_there_and_takes_what_it_declares(self, name: str) -> None:
        bound = getattr(nl.Tensor, name)
        arguments = declared()[name].args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][1:]
        if name.startswith("__") or arguments.vararg:
            return
        taken = list(inspect.signature(bound).parameters)[1:]
        assert taken[: len(names)] == names

    def test_nothing_else_is_bound_from_outside(self) -> None:
        tree = ast.parse(Path(_tensor.__file__).read_text())
        (tensor,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Tensor")
        own = {node.name for node in tensor.body if isinstance(node, ast.FunctionDef)}
        slots = set(nl.Tensor.__slots__)
        found = {n for n, v in vars(nl.Tensor).items() if callable(v) or isinstance(v, property)}
        assert found - own - slots - {"__hash__"} == set(declared())


OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.mod, operator.pow]
OTHERS = {
    "Tensor": lambda: nl.tensor(Y), "array": lambda: Y, "list": lambda: Y.tolist(), "int": lambda: 2,
    "float": lambda: 1.5, "np.float64": lambda: np.float64(1.5), "np.int64": lambda: np.int64(2),
    "0-d array": lambda: np.array(1.5),
}  # fmt: skip


class TestPythonsOperators:
    @pytest.mark.parametrize("kind", OTHERS)
    @pytest.mark.parametrize("binary", OPERATORS)
    def test_with_anything_on_either_side_they_keep_the_graph(self, binary: Callable[..., Any], kind: str) -> None:
        other = OTHERS[kind]()
        plain = other.data if isinstance(other, nl.Tensor) else np.asarray(other)
        for left in (True, False):
            x = nl.tensor(X, requires_grad=True)
            y = binary(x, other) if left else binary(other, x)
            assert isinstance(y, nl.Tensor)
            np.testing.assert_allclose(y.data, binary(X, plain) if left else binary(plain, X), rtol=1e-14)
            y.sum().backward()
            assert x.grad is not None
        nl.check_grads(lambda t: binary(t, other), X + 0.1, order=2)
        nl.check_grads(lambda t: binary(other, t), X + 0.1, order=2)

    @pytest.mark.parametrize(("unary", "formula"), [
        (operator.neg, np.negative), (operator.pos, np.positive), (operator.abs, np.abs),
    ])  # fmt: skip
    def test_of_one_operand(self, unary: Callable[..., Any], formula: Callable[..., Any]) -> None:
        x = nl.tensor(X - 1, requires_grad=True)
        np.testing.assert_array_equal(unary(x).data, formula(X - 1))
        nl.check_grads(unary, X - 1.01, order=2)

    @pytest.mark.parametrize("other", ["Tensor", "array", "list"])
    def test_matrix_products(self, other: str) -> None:
        x = nl.tensor(X, requires_grad=True)
        y: Any = OTHERS[other]()
        np.testing.assert_allclose((x @ y).data, X @ Y)
        z = y @ x.T
        assert z.requires_grad
        np.testing.assert_allclose(z.data, Y @ X.T)

    @pytest.mark.parametrize("other", OTHERS)
    def test_comparisons_are_plain(self, other: str) -> None:
        y = OTHERS[other]()
        plain = y.data if isinstance(y, nl.Tensor) else y
        x = nl.tensor(X, requires_grad=True)
        for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
            for result, expected in ((compare(x, y), compare(X, plain)), (compare(y, x), compare(plain, X))):
                assert type(result) is np.ndarray
                np.testing.assert_array_equal(result, expected)

    def test_steps_give_constants(self) -> None:
        x = nl.tensor(X, requires_grad=True)
        for y, expected in (
            (x // 0.5, X // 0.5), (2 // x, 2 // X), (Y // x, Y // X),
            (round(x), np.round(X)), (round(x, 1), np.round(X, 1)),
        ):  # fmt: skip
            assert isinstance(y, nl.Tensor)
            assert not y.requires_grad
            np.testing.assert_array_equal(y.data, expected)

    def test_indexing_keeps_the_graph_whatever_the_key(self) -> None:
        x = nl.tensor(X, requires_grad=True)
        for key in (0, -1, slice(1, None), (0, 1), [1, 1], np.array([0, 1]), X > 1, x > 1, ..., None,
                    nl.tensor(np.array([1, 0])), (slice(None), nl.tensor(np.array([2])))):  # fmt: skip
            plain = tuple(k.data if isinstance(k, nl.Tensor) else k for k in key) if isinstance(key, tuple) else key
            plain = plain.data if isinstance(plain, nl.Tensor) else plain
            y = x[key]
            assert y.requires_grad
            np.testing.assert_array_equal(y.data, X[plain])
        with pytest.raises(IndexError, match="out of bounds"):
            x[5]


METHODS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *((name, (), settings) for name in ("sum", "mean", "prod", "var", "std", "max", "min")
      for settings in ({}, {"axis": 1}, {"axis": 0, "keepdims": True})),
    *((name, (0,), {}) for name in ("sum", "mean", "prod", "max", "min", "var", "std", "cumsum", "cumprod")),
    ("std", (), {"ddof": 1}),
    ("cumsum", (), {"axis": 1}), ("cumprod", (), {}), ("reshape", (3, 2), {}), ("reshape", ((3, -1),), {}),
    ("reshape", (-1,), {}), ("transpose", (), {}), ("transpose", (1, 0), {}), ("transpose", ((1, 0),), {}),
    ("swapaxes", (0, 1), {}), ("squeeze", (), {}), ("flatten", (), {}), ("ravel", (), {}), ("repeat", (2,), {}),
    ("repeat", (2, 1), {}), ("take", ([0, 2],), {"axis": 1}), ("take", (np.array([5, 0]),), {}), ("sort", (), {}),
    ("sort", (0,), {}), ("clip", (0.6, 1.4), {}), ("clip", (), {"max": 1.4}), ("clip", (), {"min": 0.6}),
    ("clip", (0.6,), {}), ("dot", (Y,), {}), ("diagonal", (), {}), ("diagonal", (1,), {}),
    ("trace", (), {}), ("trace", (), {"offset": 1}), ("copy", (), {}), ("astype", (np.float64,), {}),
]  # fmt: skip
PLAIN_METHODS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *((name, args, {}) for name in ("argmax", "argmin") for args in ((), (1,))),
    ("argsort", (), {}), ("argsort", (0,), {}), ("all", (), {}), ("any", (0,), {}), ("nonzero", (), {}),
]  # fmt: skip


class TestArrayMethods:
    @pytest.mark.parametrize(("name", "args", "settings"), METHODS)
    def test_they_are_numpys_and_keep_the_graph(self, name: str, args: Any, settings: Any) -> None:
        y = getattr(nl.tensor(X, requires_grad=True), name)(*args, **settings)
        expected = X.copy()
        expected = np.sort(X, *args) if name == "sort" else getattr(expected, name)(*args, **settings)
        assert y.requires_grad
        np.testing.assert_allclose(y.data, expected, rtol=1e-14)
        nl.check_grads(lambda t: getattr(t, name)(*args, **settings), X, order=2)

    @pytest.mark.parametrize(("name", "args", "settings"), PLAIN_METHODS)
    def test_those_that_look_at_values_give_arrays(self, name: str, args: Any, settings: Any) -> None:
        result = getattr(nl.tensor(X, requires_grad=True), name)(*args, **settings)
        assert not isinstance(result, nl.Tensor)
        np.testing.assert_array_equal(result, getattr(X, name)(*args, **settings))

    def test_every_method_is_in_this_table(self) -> None:
        tested = {name for name, _, _ in METHODS + PLAIN_METHODS} | {"round", "backward"}
        assert {name for name in declared() if not name.startswith("__")} == tested

    def test_round_gives_a_constant(self) -> None:
        assert not nl.tensor(X, requires_grad=True).round(1).requires_grad

    def test_astype_passes_the_gradient_and_keeps_dtypes_apart(self) -> None:
        x = nl.tensor([1.5, 2.5], requires_grad=True)
        assert x.astype("float64").dtype == np.float64
        (x.astype(np.float64) * 2).sum().backward()
        assert x.grad is not None
        assert x.grad.dtype == np.float32
        assert not x.astype(int).requires_grad
        assert x.astype(int).tolist() == [1, 2]

    def test_a_copy_is_one(self) -> None:
        x = nl.tensor(X, requires_grad=True)
        assert not np.shares_memory(x.copy().data, x.data)


NUMPY_FUNCTIONS: list[Callable[..., Any]] = [
    *(getattr(np, name) for name in (
        "sum", "mean", "prod", "var", "std", "max", "min", "cumsum", "cumprod", "transpose", "squeeze", "ravel",
        "copy", "tril", "triu", "sort", "diagonal", "trace", "flip",
    )),
    np.linalg.norm,
    lambda t: np.reshape(t, (3, 2)), lambda t: np.swapaxes(t, 0, 1), lambda t: np.moveaxis(t, 0, 1),
    lambda t: np.expand_dims(t, 0), lambda t: np.broadcast_to(t, (2, 2, 3)), lambda t: np.concatenate([t, X]),
    lambda t: np.concatenate([X, t], axis=None), lambda t: np.stack([t, X], 1), lambda t: np.split(t, 3, axis=1)[1],
    lambda t: np.tile(t, 2), lambda t: np.repeat(t, 2, axis=0), lambda t: np.pad(t, 1),
    lambda t: np.pad(t, 1, mode="edge"), lambda t: np.roll(t, 1), lambda t: np.take(t, [0, 1], axis=1),
    lambda t: np.take_along_axis(t, np.array([[0], [1]]), axis=1), lambda t: np.dot(t, Y), lambda t: np.dot(X.T, t),
    lambda t: np.tensordot(t, X), lambda t: np.einsum("ij,kj->ik", t, X), lambda t: np.outer(t, Y),
    lambda t: np.clip(t, 0.6, 1.4), lambda t: np.clip(t, None, 1.4), lambda t: np.where(X > 1, t, 0.0),
    lambda t: np.where(X > 1, 0.0, t), lambda t: np.linalg.inv(t[:, :2]), lambda t: np.linalg.solve(t[:, :2], Y[:2]),
    lambda t: np.linalg.solve(X[:, :2], t), lambda t: np.linalg.det(t[:, :2]), lambda t: np.linalg.slogdet(t[:, :2])[1],
    lambda t: np.linalg.cholesky(t @ np.transpose(t)), lambda t: np.sum(t, axis=None), lambda t: np.sum(t, (0, 1)),
    lambda t: np.mean(t, axis=1, keepdims=True), lambda t: np.max(t, 1), lambda t: np.matmul(t, Y),
    lambda t: np.add.reduce(t), lambda t: np.multiply.reduce(t, axis=1), lambda t: np.maximum.reduce(t, axis=None),
    lambda t: np.minimum.reduce(t, keepdims=True), lambda t: special.erf(t), lambda t: np.positive(t),
    lambda t: np.var(t, axis=0, ddof=1), lambda t: np.cumsum(t, 1),
]  # fmt: skip


class TestNumPysProtocols:
    @pytest.mark.parametrize(
        "function", NUMPY_FUNCTIONS, ids=lambda f: f.__name__ if f.__name__ != "<lambda>" else None
    )
    def test_functions_keep_the_graph(self, function: Callable[..., Any]) -> None:
        y = function(nl.tensor(X, requires_grad=True))
        assert isinstance(y, nl.Tensor)
        assert y.requires_grad
        np.testing.assert_allclose(y.data, function(X), rtol=1e-12)
        nl.check_grads(function, X, order=2)

    @pytest.mark.parametrize("ufunc", _operators.DIFFERENTIABLE_UFUNCS, ids=lambda f: f.__name__)
    def test_ufuncs_give_tensors_of_the_same_value_on_either_side(self, ufunc: np.ufunc) -> None:
        x = nl.tensor(X / 2.5 + (1 if ufunc is np.arccosh else 0), requires_grad=True)
        y = nl.tensor(np.full((3, 3), 0.7))
        calls = [(x,)] if ufunc.nin == 1 else [(x, y.data), (x.data, y), (x, y)]
        if ufunc is np.matmul:
            calls = [(x, y.data), (x.data, y), (x, y)]
        elif ufunc.nin == 2:
            calls = [(x, 0.7), (0.7, x), (x, Y), (Y, x)]
        for args in calls:
            result = ufunc(*args)
            assert isinstance(result, nl.Tensor)
            np.testing.assert_allclose(result.data, ufunc(*(a.data if isinstance(a, nl.Tensor) else a for a in args)))

    @pytest.mark.parametrize("ufunc", sorted(_operators.PLAIN_UFUNCS, key=str), ids=lambda f: f.__name__)
    def test_ufuncs_that_look_at_values_give_arrays(self, ufunc: np.ufunc) -> None:
        args = (X - 1, Y)[: ufunc.nin]
        result = ufunc(*(nl.tensor(a, requires_grad=True) for a in args))
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, ufunc(*args))

    @pytest.mark.parametrize("function", [
        np.argmax, np.argmin, np.argsort, np.all, np.any, np.nonzero, np.flatnonzero, np.count_nonzero, np.zeros_like,
        np.ones_like, np.shape, np.ndim, np.size, np.result_type, np.unique, np.array_repr,
        lambda t: np.array_equal(t, X), lambda t: np.allclose(t, X), lambda t: np.isclose(X, t),
        lambda t: np.full_like(t, 3.0), lambda t: np.searchsorted(Y, t),
        lambda t: np.shares_memory(t, np.zeros(1)), lambda t: np.argmax(t, axis=1, keepdims=True),
    ])  # fmt: skip
    def test_functions_that_look_at_values_give_arrays(self, function: Callable[..., Any]) -> None:
        result = function(nl.tensor(X, requires_grad=True))
        assert not isinstance(result, nl.Tensor)
        np.testing.assert_array_equal(result, function(X))

    @pytest.mark.parametrize(("function", "name"), [
        (np.hypot, "np.hypot"), (np.logaddexp, "np.logaddexp"), (lambda t: np.add.outer(t, t), r"np.add.outer"),
        (lambda t: np.add.accumulate(t), "np.add.accumulate"), (np.median, "np.median"), (np.fft.fft, "np.fft"),
        (lambda t: np.add.at(t, [0], 1.0), "np.add.at"), (lambda t: np.add(t, 1, where=X > 1), "with where="),
        (lambda t: np.add(t, 1, dtype=np.float64), "with dtype="), (np.linalg.svd, "np.linalg.svd"),
        (np.diff, "np.diff"),
        (np.frexp, "np.frexp"), (lambda t: np.percentile(t, 50), "np.percentile"), (special.gamma, "np.gamma"),
    ])  # fmt: skip
    def test_what_nnlite_cannot_differentiate_names_the_ways_out(self, function: Any, name: str) -> None:
        x = nl.tensor(X, requires_grad=True)
        args = (x, x) if getattr(function, "nin", 1) == 2 else (x,)
        with pytest.raises(TypeError, match=rf"{name.split('.fft')[0]}.*nnlite\.functional.*\.numpy\(\)"):
            function(*args)

    @pytest.mark.parametrize(("call", "setting"), [
        (lambda t: np.sum(t, dtype=np.float64), "dtype="), (lambda t: np.sum(t, where=X > 1), "where="),
        (lambda t: np.max(t, initial=3.0), "initial=3.0"), (lambda t: np.reshape(t, (6,), order="F"), "order='F'"),
        (lambda t: np.take(t, [9], mode="clip"), "mode='clip'"),
        (lambda t: np.concatenate([t, t], dtype=np.float64), "dtype"),
        (lambda t: np.add.reduce(t, initial=1.0), "initial"), (lambda t: np.sum(t, out=np.zeros(())), "out="),
        (lambda t: np.clip(t, 0, 1, out=X), "out="), (lambda t: np.sum(t, 0, np.float64), "by name, got .*float64"),
        (lambda t: np.max(t, 0, np.zeros(3)), "by name, got"), (lambda t: np.add.reduce(t, 0, np.float64), "dtype="),
    ])  # fmt: skip
    def test_settings_that_are_not_taken_are_named(self, call: Callable[..., Any], setting: str) -> None:
        with pytest.raises(TypeError, match=setting):
            call(nl.tensor(X, requires_grad=True))

    def test_settings_at_their_defaults_are_taken(self) -> None:
        x = nl.tensor(X, requires_grad=True)
        np.testing.assert_array_equal(np.sum(x, axis=None, dtype=None, out=None).data, X.sum())
        np.testing.assert_array_equal(np.cumsum(x, axis=None).data, X.cumsum())
        np.testing.assert_array_equal(np.concatenate([x, x], axis=None).data, np.concatenate([X, X], axis=None))

    def test_array_likes_beside_tensors(self) -> None:
        x = nl.tensor(X, requires_grad=True)
        y = np.concatenate([x, X.tolist()])
        assert y.requires_grad
        assert np.stack([x[0], [1.0, 2.0, 3.0]]).shape == (2, 3)
        np.testing.assert_array_equal(np.where(x > 1, x, 0).data, np.where(X > 1, X, 0))

    def test_every_bound_function_of_numpy_is_tested(self) -> None:
        names = {f.__name__ for f in _operators.DIFFERENTIABLE_FUNCTIONS}
        source = Path(__file__).read_text()
        missing = {
            n for n in names if f"np.{n}" not in source and f"np.linalg.{n}" not in source and f'"{n}"' not in source
        }
        assert missing <= {"round"}

    def test_round_through_numpy_gives_a_constant(self) -> None:
        assert not np.round(nl.tensor(X, requires_grad=True), 1).requires_grad
        np.testing.assert_array_equal(np.round(nl.tensor(X), decimals=1).data, np.round(X, 1))

    def test_functional_and_numpy_are_the_same(self) -> None:
        x = nl.tensor(X, requires_grad=True)
        np.testing.assert_array_equal(np.exp(x).data, F.exp(x).data)
