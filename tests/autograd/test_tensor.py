"""Tensors: how they are made, shown, compared, copied and left; and that nothing changes them in silence."""

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.autograd import default_dtype, set_default_dtype


@pytest.fixture
def _float64_by_default() -> Iterator[None]:
    set_default_dtype("float64")
    yield
    set_default_dtype("float32")


class TestMaking:
    @pytest.mark.parametrize("data", [1, 1.5, [1, 2], [[1.0], [2.0]], (1, 2.5), [], [True, 2.0]])
    def test_python_numbers_take_the_default_dtype(self, data: Any) -> None:
        assert nl.tensor(data).dtype == np.float32
        assert nl.tensor(data).shape == np.shape(data)

    @pytest.mark.usefixtures("_float64_by_default")
    def test_the_default_dtype_can_be_chosen(self) -> None:
        assert default_dtype() == np.float64
        assert nl.tensor([1, 2]).dtype == np.float64
        assert nl.tensor(np.ones(2, np.float32)).dtype == np.float32
        assert repr(nl.tensor([1.0])) == "tensor([1.])"
        assert (nl.tensor(np.ones(1, np.float32)) * 2).dtype == np.float32

    @pytest.mark.parametrize("dtype", ["int64", "bool", "complex128"])
    def test_the_default_dtype_is_floating(self, dtype: str) -> None:
        with pytest.raises(TypeError, match=dtype):
            set_default_dtype(dtype)

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64", "uint8", "bool"])
    def test_arrays_keep_their_dtype(self, dtype: str) -> None:
        assert nl.tensor(np.ones(2, dtype)).dtype == dtype
        assert nl.tensor([np.ones(2, dtype), np.ones(2, dtype)]).dtype == dtype
        assert nl.tensor(nl.tensor(np.ones(2, dtype))).dtype == dtype

    def test_booleans_stay_booleans(self) -> None:
        assert nl.tensor([True, False]).dtype == bool

    def test_a_dtype_may_be_asked_for(self) -> None:
        assert nl.tensor([1.0, 2.0], dtype="float64").dtype == np.float64
        assert nl.tensor(np.ones(2), dtype=np.float32).dtype == np.float32

    def test_tensor_copies_and_the_class_does_not(self) -> None:
        x = np.ones(3)
        assert not np.shares_memory(nl.tensor(x).data, x)
        assert nl.Tensor(x).data is x
        assert not np.shares_memory(nl.Parameter(x).data, x)

    @pytest.mark.parametrize("data", ["text", ["a", "b"], None, object(), 1j, np.array([1j]), {"a": 1}, [[1, 2], [3]]])
    def test_what_is_no_number_is_named(self, data: Any) -> None:
        with pytest.raises(TypeError, match=r"expected (real )?numbers") as error:
            nl.tensor(data)
        assert type(data).__name__ in str(error.value)

    @pytest.mark.parametrize("dtype", ["int32", "bool"])
    def test_only_floating_tensors_require_grad(self, dtype: str) -> None:
        with pytest.raises(TypeError, match=dtype):
            nl.tensor(np.ones(2, dtype), requires_grad=True)

    def test_a_parameter_requires_grad_unless_frozen(self) -> None:
        assert nl.Parameter([1.0]).requires_grad
        assert not nl.Parameter([1.0], requires_grad=False).requires_grad
        assert (nl.Parameter([1.0], requires_grad=False) * 2).requires_grad is False

    def test_what_a_tensor_says_of_itself(self) -> None:
        x = nl.tensor(np.zeros((2, 3), np.float32), requires_grad=True)
        assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 3), 2, 6, np.float32, 2)
        assert x.T.shape == (3, 2)
        assert nl.tensor(np.zeros((4, 2, 3))).mT.shape == (4, 3, 2)
        assert x.grad is None


class TestShowing:
    def test_repr_says_where_it_came_from(self) -> None:
        x = nl.tensor([1.0, 2.0], requires_grad=True)
        assert repr(x) == "tensor([1., 2.], requires_grad=True)"
        assert repr(x * 2) == "tensor([2., 4.], from=multiply)"
        assert repr(x.detach()) == "tensor([1., 2.])"
        assert repr(nl.tensor(np.array([1.5]))) == "tensor([1.5], dtype=float64)"
        assert repr(nl.tensor(np.arange(2), dtype="int64")) == "tensor([0, 1], dtype=int64)"
        assert repr(nl.Parameter([1.0], requires_grad=False)) == "Parameter([1.], requires_grad=False)"
        assert repr(nl.Parameter(np.ones(1))) == "Parameter([1.], dtype=float64)"

    def test_rows_line_up(self) -> None:
        assert repr(nl.tensor([[1.0, 2.0], [3.0, 4.0]])) == "tensor([[1., 2.],\n        [3., 4.]])"

    def test_format_of_one_number_and_of_many(self) -> None:
        loss = nl.tensor(0.12345, requires_grad=True) * 1.0
        assert f"{loss:.3f}" == "0.123"
        assert f"{loss}".startswith("tensor(0.12345")
        assert f"{nl.tensor([1.0]):>15}" == "   tensor([1.])"

    def test_public_functions_hide_their_inner_names(self) -> None:
        x = nl.tensor([[1.0]], requires_grad=True)
        assert "from=softmax" in repr(F.softmax(x))
        assert "from=concatenate" in repr(F.concatenate([x, x]))


class TestComparing:
    def test_hash_is_identity_and_comparison_is_elementwise(self) -> None:
        a, b = nl.tensor([1.0, 2.0]), nl.tensor([1.0, 2.0])
        assert len({a, b, a}) == 2
        assert {a: "a", b: "b"}[a] == "a"
        for result, expected in ((a == b, [True, True]), (a != 1.0, [False, True]), (a < b * 2, [True, True])):
            assert type(result) is np.ndarray
            np.testing.assert_array_equal(result, expected)
        np.testing.assert_array_equal(2.0 > a, [True, False])  # noqa: SIM300 (the number on the left)
        np.testing.assert_array_equal(np.array([0.0, 3.0]) >= a, [False, True])
        np.testing.assert_array_equal(a <= [1, 1], [True, False])

    def test_in(self) -> None:
        x = nl.tensor([1.0, 2.0], requires_grad=True)
        assert 2.0 in x
        assert 3.0 not in x
        assert nl.tensor(1.0) in x
        assert x in {nl.tensor([1.0, 2.0]), x}
        assert x not in {nl.tensor([1.0, 2.0])}

    def test_iteration_keeps_the_graph(self) -> None:
        x = nl.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        first, second = x
        (first * 10 + second).sum().backward()
        np.testing.assert_array_equal(x.grad, [[10, 10], [1, 1]])
        with pytest.raises(TypeError, match="0-d"):
            iter(nl.tensor(1.0))
        with pytest.raises(TypeError, match="unsized"):
            len(nl.tensor(1.0))

    def test_truth_is_that_of_one_element(self) -> None:
        assert nl.tensor(1.0)
        assert not nl.tensor([0.0])
        with pytest.raises(ValueError, match="ambiguous"):
            bool(nl.tensor([1.0, 2.0]))


class TestLeaving:
    def test_numbers(self) -> None:
        x = nl.tensor([[3.0]], requires_grad=True)
        assert (x.item(), float(x), int(x), x.tolist()) == (3.0, 3.0, 3, [[3.0]])
        assert type(x.item()) is float
        assert [10, 20, 30][nl.tensor(np.array(1))] == 20
        with pytest.raises(ValueError, match=r"\(2,\)"):
            nl.tensor([1.0, 2.0]).item()

    def test_detach_and_numpy_share_data_and_leave_the_graph(self) -> None:
        x = nl.tensor([1.0, 2.0], requires_grad=True)
        y = x * 2
        assert not y.detach().requires_grad
        assert y.detach().data is y.data
        assert y.numpy() is y.data

    def test_asarray_refuses_to_cut_the_graph_in_silence(self) -> None:
        x = nl.tensor([1.0, 2.0], requires_grad=True)
        for tensor in (x, x * 2):
            with pytest.raises(TypeError, match=r"\.numpy\(\)"):
                np.asarray(tensor)
        with nl.no_grad():
            np.testing.assert_array_equal(np.asarray(x), [1, 2])
        np.testing.assert_array_equal(np.asarray(x.detach()), [1, 2])
        assert np.array(nl.tensor([1.0]), dtype=np.float64).dtype == np.float64

    def test_only_an_interior_tensor_cannot_stop_requiring_grad(self) -> None:
        x = nl.tensor([1.0], requires_grad=True)
        with pytest.raises(RuntimeError, match=r"multiply.*detach"):
            (x * 2).requires_grad = False
        x.requires_grad = False
        assert not (x * 2).requires_grad


class TestNoChangeInPlace:
    def test_item_assignment_says_what_to_do(self) -> None:
        for x in (nl.tensor([1.0, 2.0]), nl.tensor([1.0], requires_grad=True) * 2):
            with pytest.raises(TypeError, match=r"where or concatenate.*\.data"):
                x[0] = 1.0

    def test_out_says_what_to_do(self) -> None:
        x, y = nl.tensor([1.0, 2.0]), np.zeros(2, np.float32)
        with pytest.raises(TypeError, match=r"np\.add\(\.\.\., out=\).*use its result instead"):
            np.add(x, 1.0, out=x)  # type: ignore[call-overload]
        with pytest.raises(TypeError, match="out="):
            np.multiply(x, 2.0, out=y)
        with pytest.raises(TypeError, match="out="):
            np.sum(x, out=y)
        with pytest.raises(TypeError, match="out="):
            y += x
        np.testing.assert_array_equal(y, [0, 0])

    @pytest.mark.parametrize("operator", ["+=", "-=", "*=", "/=", "**="])
    def test_a_trained_leaf_changes_in_place_under_no_grad_only(self, operator: str) -> None:
        w = nl.tensor([2.0, 3.0], requires_grad=True)
        data, before = w.data, w
        names = {"w": w, "n": np.float32(2)}
        with pytest.raises(RuntimeError, match="no_grad"):
            exec(f"w {operator} n", names)
        with nl.no_grad():
            exec(f"w {operator} nl.tensor([2.0, 2.0])", names | {"nl": nl}, names)
        assert names["w"] is before
        assert w.data is data
        assert w.version == 1
        expected = {"+=": [4, 5], "-=": [0, 1], "*=": [4, 6], "/=": [1, 1.5], "**=": [4, 9]}[operator]
        np.testing.assert_array_equal(w.data, expected)

    def test_a_frozen_parameter_too(self) -> None:
        w = nl.Parameter([1.0], requires_grad=False)
        with pytest.raises(RuntimeError, match="no_grad"):
            w += 1
        with nl.no_grad():
            w += 1
        assert w.version == 1

    def test_anything_else_gives_a_new_tensor(self) -> None:
        loss = nl.tensor([2.0], requires_grad=True)
        first = total = nl.tensor([0.0])
        for _ in range(3):
            total += loss * 2
        assert first.item() == 0
        total.backward()
        assert loss.grad == 6

    def test_under_no_grad_too_since_its_data_may_be_anothers(self) -> None:
        w = nl.tensor([1.0, 2.0], requires_grad=True)
        with nl.no_grad():
            for y in (F.linear(w), w.reshape(2, 1), w.detach(), w[:1]):
                y += 1.0
        np.testing.assert_array_equal(w.data, [1, 2])

    def test_the_dtype_stays(self) -> None:
        w = nl.tensor([1.0, 2.0], requires_grad=True)
        with nl.no_grad():
            w += np.ones(2)
            assert w.dtype == np.float32
        counts = nl.Parameter(np.array([1]), requires_grad=False)
        with nl.no_grad(), pytest.raises(TypeError, match="Cannot cast"):
            counts += 0.5

    def test_replacing_data(self) -> None:
        w = nl.tensor([1.0, 2.0], requires_grad=True)
        w.data = np.array([3.0, 4.0])
        assert w.dtype == np.float32
        assert w.version == 1
        w.data = [5, 6]
        assert w.tolist() == [5, 6]
        with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
            w.data = np.ones(3)
        with pytest.raises(RuntimeError, match="multiply"):
            (w * 2).data = np.ones(2)


class TestCopying:
    @pytest.mark.parametrize("kind", [nl.tensor, nl.Parameter])
    @pytest.mark.parametrize("again", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
    def test_leaves(self, kind: Any, again: Any) -> None:
        w = kind(np.array([1.0, 2.0]), requires_grad=True)
        (w * w).sum().backward()
        twin = again(w)
        assert type(twin) is type(w)
        assert twin.requires_grad
        np.testing.assert_array_equal(twin.data, w.data)
        np.testing.assert_array_equal(twin.grad, w.grad)
        assert not np.shares_memory(twin.data, w.data)
        assert not np.shares_memory(twin.grad, w.grad)
        (twin * 3).sum().backward()
        np.testing.assert_array_equal(twin.grad, [5, 7])
        np.testing.assert_array_equal(w.grad, [2, 4])

    def test_constants_of_any_dtype(self) -> None:
        x = nl.tensor(np.arange(3))
        assert copy.deepcopy(x).dtype == x.dtype
        assert not copy.deepcopy(x).requires_grad

    def test_hooks_stay_behind(self) -> None:
        w = nl.tensor([1.0], requires_grad=True)
        w.register_hook(lambda g: 10 * g)
        twin = copy.deepcopy(w)
        (twin * 1).backward()
        assert twin.grad == 1

    @pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickle.dumps])
    def test_computed_tensors_refuse(self, again: Any) -> None:
        y = nl.tensor([1.0], requires_grad=True) * 2
        with pytest.raises(TypeError, match=r"multiply\(\).*detach"):
            again(y)
        assert again(y.detach()) is not None

    def test_shared_leaves_stay_shared(self) -> None:
        w = nl.Parameter([1.0])
        first, second = copy.deepcopy([w, w])
        assert first is second
