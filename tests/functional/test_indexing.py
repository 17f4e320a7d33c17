"""Keys, duplicates, ties and errors of indexing and its relatives."""

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from tests.op_samples._indexing import KEYS


@pytest.mark.parametrize("key", [key for key, _ in KEYS], ids=[note for _, note in KEYS])
def test_the_gradient_is_added_up_at_the_key(key):
    generator = np.random.default_rng(0)
    x = nl.tensor(generator.normal(size=(3, 4)), requires_grad=True)
    y = x[key]
    cotangent = generator.normal(size=y.shape)
    y.backward(cotangent)
    expected = np.zeros((3, 4))
    np.add.at(expected, key, cotangent)
    np.testing.assert_allclose(x.grad, expected)


def test_tensors_in_a_key_stand_for_their_arrays():
    x = nl.tensor(np.arange(12.0).reshape(3, 4))
    rows, columns = nl.tensor(np.array([0, 2])), nl.tensor(np.array([1, 1]))
    np.testing.assert_array_equal(x[rows, columns].numpy(), [1, 9])
    np.testing.assert_array_equal(x[rows].numpy(), x.numpy()[[0, 2]])
    np.testing.assert_array_equal(x[x > 9].numpy(), [10, 11])
    np.testing.assert_array_equal(x[nl.tensor(np.array([True, False, False]))].numpy(), x.numpy()[:1])


def test_floating_indices_raise():
    with pytest.raises(IndexError, match="integer"):
        nl.tensor([1.0, 2.0])[nl.tensor([0.0])]


def test_an_index_out_of_range_is_named():
    with pytest.raises(IndexError, match="index 5 is out of bounds"):
        nl.tensor([1.0, 2.0])[5]


def test_an_empty_list_chooses_nothing():
    assert nl.tensor([1.0, 2.0])[[]].shape == (0,)


def test_the_gradient_of_an_index_keeps_float32():
    x = nl.tensor(np.ones((3, 2), np.float32), requires_grad=True)
    for key in (0, [0, 0], (slice(None), [1, 1]), ([0, 0], [1, 1]), (..., [1, 1]), np.array([True, False, True])):
        x.zero_grad()
        x[key].sum().backward()
        assert x.grad.dtype == np.float32


def test_take_and_take_along_axis_default_to_numpys_axes():
    x = np.arange(6.0).reshape(2, 3)
    assert F.take(nl.tensor(x), 4).item() == 4
    order = np.array([[2, 0, 1], [0, 0, 0]])
    np.testing.assert_array_equal(F.take_along_axis(nl.tensor(x), order).numpy(), [[2, 0, 1], [3, 3, 3]])


def test_take_along_axis_refuses_another_number_of_axes():
    with pytest.raises(ValueError, match=r"got shape \(2,\) for \(2, 3\)"):
        F.take_along_axis(nl.tensor(np.ones((2, 3))), np.array([0, 1]), axis=1)


def test_take_refuses_a_bad_axis():
    with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
        F.take(nl.tensor(np.ones((2, 3))), 0, axis=2)


def test_scatter_add_adds_duplicates_and_changes_nothing_in_place():
    x = np.array([10.0, 20.0])
    np.testing.assert_array_equal(F.scatter_add(x, [0, 0, -1], np.array([1.0, 2.0, 4.0])), [13, 24])
    np.testing.assert_array_equal(x, [10, 20])


def test_scatter_add_counts():
    np.testing.assert_array_equal(F.scatter_add(np.zeros(3), [2, 0, 2], 1.0), [1, 0, 2])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.scatter_add(np.zeros(3), [3], 1.0), r"scatter_add\(\) takes index from -3 to 2 .*got 3"),
        (lambda: F.scatter_add(np.zeros(3), [0, -4], 1.0), "got -4"),
        (
            lambda: F.embedding([0, 7], np.zeros((5, 2))),
            r"embedding\(\) takes input from 0 to 4 for a size of 5, got 7",
        ),
        (lambda: F.embedding([[-1]], np.zeros((5, 2))), "got -1"),
        (lambda: F.one_hot([0, 3], 3), r"one_hot\(\) takes indices from 0 to 2 .*got 3"),
        (lambda: F.one_hot([-1], 3), "got -1"),
    ],
)
def test_indices_out_of_range_are_named(call, message):
    with pytest.raises(IndexError, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.scatter_add(np.zeros(3), [0.5], 1.0),
        lambda: F.embedding(nl.tensor([0, 1]), np.zeros((5, 2))),
        lambda: F.one_hot(np.array([True]), 3),
    ],
)
def test_indices_of_another_dtype_raise(call):
    with pytest.raises(TypeError, match=r"integer dtype, got (float|bool)"):
        call()


def test_embedding_sums_the_gradients_of_a_repeated_row():
    weight = nl.tensor(np.ones((4, 2)), requires_grad=True)
    indices = nl.tensor(np.array([[3, 1], [3, 3]]))
    F.embedding(input=indices, weight=weight).backward(np.arange(8.0).reshape(2, 2, 2))
    np.testing.assert_array_equal(weight.grad, [[0, 0], [2, 3], [0, 0], [10, 13]])


def test_one_hot_takes_the_default_dtype_and_any_integers():
    y = F.one_hot(nl.tensor(np.array([1, 0], np.uint8)), 2)
    assert isinstance(y, nl.Tensor)
    assert y.dtype == np.float32
    assert F.one_hot([1, 0], 2, dtype=bool).dtype == bool


def test_masked_fill_with_infinity_stops_the_gradient():
    x = nl.tensor([1.0, 2.0], requires_grad=True)
    y = F.masked_fill(x, [True, False], -np.inf)
    assert y.dtype == np.float32
    np.exp(y).sum().backward()
    np.testing.assert_allclose(x.grad, [0, np.exp(np.float32(2))])


def test_masked_fill_refuses_a_mask_of_numbers():
    with pytest.raises(TypeError, match="boolean mask, got dtype int64"):
        F.masked_fill(nl.tensor([1.0]), np.array([1]), 0.0)


def test_sort_of_equal_elements_keeps_their_order():
    x = nl.tensor([2.0, 1.0, 2.0, 1.0], requires_grad=True)
    F.sort(x).backward([1, 2, 3, 4])
    np.testing.assert_array_equal(x.grad, [3, 1, 4, 2])


def test_topk_names_the_first_of_equals_first():
    values, indices = F.topk(nl.tensor([1.0, 3.0, 3.0, 2.0]), 3)
    np.testing.assert_array_equal(values.numpy(), [3, 3, 2])
    np.testing.assert_array_equal(indices, [1, 2, 3])
    assert isinstance(indices, np.ndarray)


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.int64])
def test_topk_of_other_dtypes(dtype):
    x = np.array([0, 1, 0], dtype)
    values, indices = F.topk(x, 2)
    np.testing.assert_array_equal(indices, [1, 0])
    np.testing.assert_array_equal(values, x[[1, 0]])


@pytest.mark.parametrize("k", [4, -1])
def test_topk_refuses_more_than_there_are(k):
    with pytest.raises(ValueError, match=f"from 0 to 3, the length of axis 1, got k={k}"):
        F.topk(nl.tensor(np.ones((2, 3))), k)
