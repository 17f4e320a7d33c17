"""Memory, errors and dtypes of the functions that move elements."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnlite as nl
import nnlite.functional as F
from nnlite.functional._shape import add_along


def test_reshape_to_a_wrong_size_raises():
    with pytest.raises(ValueError, match=r"size 3 into shape \(2,2\)"):
        nl.tensor([1.0, 2.0, 3.0]).reshape(2, 2)


def test_reshape_takes_numbers_or_a_tuple():
    x = nl.tensor(np.arange(6.0))
    for y in (x.reshape(2, 3), x.reshape((2, 3)), F.reshape(x, (2, 3)), F.reshape(x, shape=(2, -1))):
        assert y.shape == (2, 3)


def test_flatten_is_row_major_whatever_the_memory():
    x = nl.tensor(np.arange(6.0).reshape(2, 3)).T
    np.testing.assert_array_equal(F.flatten(x).numpy(), [0, 3, 1, 4, 2, 5])


def test_moving_axes_copies_nothing():
    x = np.zeros((2, 3, 4))
    for y in (F.reshape(x, (6, 4)), F.transpose(x), F.moveaxis(x, 0, -1), F.swapaxes(x, 0, 1), F.expand_dims(x, 0)):
        assert np.shares_memory(x, y)


def test_squeeze_of_a_longer_axis_raises():
    with pytest.raises(ValueError, match="not equal to one"):
        F.squeeze(nl.tensor([[1.0, 2.0]]), axis=1)


def test_concatenate_of_nothing_raises():
    with pytest.raises(ValueError, match="at least one array"):
        F.concatenate([])


def test_concatenate_of_unlike_shapes_raises():
    with pytest.raises(ValueError, match="must match exactly"):
        F.concatenate([nl.tensor([[1.0, 2.0]]), nl.tensor([[1.0]])])


def test_one_tensor_twice_in_a_concatenation_gets_both_gradients():
    x = nl.tensor([1.0, 2.0], requires_grad=True)
    (F.concatenate([x, x]) * np.array([1.0, 2, 3, 4], np.float32)).sum().backward()
    np.testing.assert_array_equal(x.grad, [4, 6])
    x.zero_grad()
    (F.stack([x, x], axis=1) * np.array([1.0, 2], np.float32)).sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 3])


def test_constants_join_tensors():
    x = nl.tensor([1.0, 2.0], requires_grad=True)
    y = F.concatenate([np.zeros(1, np.float32), x, [5.0]])
    assert y.dtype == np.float32
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 1])


def test_stack_of_unlike_shapes_raises():
    with pytest.raises(ValueError, match="same shape"):
        F.stack([nl.tensor([1.0]), nl.tensor([1.0, 2.0])])


def test_uneven_sections_raise():
    with pytest.raises(ValueError, match="equal division"):
        F.split(nl.tensor([1.0, 2.0, 3.0]), 2)


def test_a_part_of_a_split_that_nobody_used_has_gradient_zero():
    x = nl.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    first, _, last = F.split(x, 3, axis=1)
    (first + 2 * last).sum().backward()
    np.testing.assert_array_equal(x.grad, [[1, 0, 2], [1, 0, 2]])


def test_split_of_an_array_gives_arrays():
    parts = F.split(np.arange(4.0), 2)
    assert isinstance(parts, list)
    assert all(type(part) is np.ndarray for part in parts)


def test_an_unknown_padding_raises():
    with pytest.raises(ValueError, match="got 'symmetric'"):
        F.pad(nl.tensor([1.0]), 1, mode="symmetric")


def test_repeat_with_a_count_for_each_place():
    x = nl.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = F.repeat(x, [2, 0, 3])
    np.testing.assert_array_equal(y.numpy(), [1, 1, 3, 3, 3])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 0, 3])


def test_astype_to_another_floating_dtype_is_in_the_graph():
    x = nl.tensor([1.0, 2.0], requires_grad=True)
    y = x.astype(np.float64)
    assert y.dtype == np.float64
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 4])
    assert x.grad.dtype == np.float32
    assert y.astype("float32").dtype == np.float32


def test_astype_to_integers_gives_a_constant():
    y = nl.tensor([1.5, 2.5], requires_grad=True).astype(int)
    assert y.dtype == int
    assert not y.requires_grad


def test_a_copy_is_in_the_graph_and_in_memory_of_its_own():
    x = nl.tensor([1.0, 2.0], requires_grad=True)
    y = x.copy()
    assert not np.shares_memory(x.data, y.data)
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 4])


@settings(max_examples=30, deadline=None)
@given(
    shape=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    count=st.integers(0, 5),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_add_along_is_the_adjoint_of_take(shape, count, seed, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    generator = np.random.default_rng(seed)
    index = generator.integers(-shape[axis], shape[axis], count)
    x = generator.normal(size=shape)
    taken = np.take(x, index, axis=axis)
    values = generator.normal(size=taken.shape)
    added = add_along(values, index=index, size=shape[axis], axis=axis)
    assert added.shape == x.shape
    np.testing.assert_allclose((added * x).sum(), (values * taken).sum(), atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    width=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=2),
    mode=st.sampled_from(["constant", "edge", "reflect", "wrap"]),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_any_padding(width, mode, shape):
    x = np.random.default_rng(0).normal(size=shape)
    np.testing.assert_array_equal(F.pad(x, width, mode=mode), np.pad(x, width, mode=mode))
    nl.check_grads(lambda x: F.pad(x, width, mode=mode), x)
