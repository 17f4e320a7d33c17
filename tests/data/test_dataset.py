"""Datasets: samples by number, and what may stand for a dataset."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.data import ArrayDataset, DataLoader, Dataset


class Squares(Dataset):
    """What a user writes."""

    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> Any:
        return np.full(2, index, np.float32), index**2


class Odd(Squares):
    """A dataset that gives something else as its sample 3."""

    def __init__(self, normal: Any, odd: Any) -> None:
        self.normal, self.odd = normal, odd

    def __getitem__(self, index: int) -> Any:
        return self.odd if index == 3 else self.normal


def test_a_batch_is_the_samples_stacked() -> None:
    x, y = Squares().batch([3, 0, 4])
    np.testing.assert_array_equal(x, np.float32([[3, 3], [0, 0], [4, 4]]), strict=True)
    np.testing.assert_array_equal(y, [9, 0, 16])


def test_samples_may_be_structures_with_tensors_and_numbers_in_them() -> None:
    sample = {"x": [nl.tensor([1.0, 2.0]), 0.5], "y": (np.float64(2), True)}
    batch = Odd(sample, sample).batch([0, 1])
    np.testing.assert_array_equal(batch["x"][0], np.float32([[1, 2], [1, 2]]), strict=True)
    np.testing.assert_array_equal(batch["x"][1], np.float32([0.5, 0.5]), strict=True)
    np.testing.assert_array_equal(batch["y"][0], np.float64([2, 2]), strict=True)
    np.testing.assert_array_equal(batch["y"][1], [True, True], strict=True)


@pytest.mark.parametrize(
    ("normal", "odd", "error", "message"),
    [
        (np.ones(2), np.ones(3), ValueError, r"one shape, got \(2,\) in sample 1 and \(3,\) in sample 3"),
        ((1, 2), (1,), ValueError, "one structure, got 2 values in sample 1 and 1 in sample 3"),
        (1, "a cat", TypeError, "numbers and arrays of them, got 'a cat' in sample 3"),
        (1, None, TypeError, "got None in sample 3"),
    ],
)
def test_samples_that_do_not_fit_each_other_are_named(normal: Any, odd: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        Odd(normal, odd).batch([1, 3])


def test_a_dataset_says_its_length_and_samples() -> None:
    class Half(Dataset):
        def __len__(self) -> int:
            return 1

    with pytest.raises(TypeError, match="__getitem__"):
        Half()


def test_arrays_are_a_dataset() -> None:
    x, y = np.arange(6.0).reshape(3, 2), [5, 6, 7]
    dataset = ArrayDataset(x, y)
    assert len(dataset) == 3
    np.testing.assert_array_equal(dataset[-1][0], [4, 5])
    assert dataset[-1][1] == 7
    assert len(list(dataset)) == 3  # Python ends at the IndexError
    batch = dataset.batch(np.array([2, 2]))
    batch[0][:] = 0
    assert x[2, 0] == 4
    with pytest.raises(IndexError, match="below 3, got 3"):
        dataset[3]


def first_batch(given: Any) -> Any:
    return next(iter(DataLoader(given, batch_size=2)))


X, Y = np.arange(6.0).reshape(3, 2), np.arange(3)


def test_batches_have_the_structure_of_what_is_given() -> None:
    same = {
        "pair": (X, Y),
        "list": [X, Y],
        "single": (X,),
        "inputs": ({"a": X, "b": Y}, Y),
        "outputs": (X, [Y, Y]),
        "weights": (X, Y, np.ones(3)),
    }
    for name, given in same.items():
        batch = first_batch(given)
        assert isinstance(batch, tuple), name
        assert len(batch) == len(given)
    np.testing.assert_array_equal(first_batch(same["inputs"])[0]["a"], X[:2])
    np.testing.assert_array_equal(first_batch(same["outputs"])[1][1], Y[:2])
    np.testing.assert_array_equal(first_batch(X), X[:2], strict=True)
    np.testing.assert_array_equal(first_batch({"a": X, "b": Y})["b"], Y[:2], strict=True)


def test_lists_and_tensors_are_arrays() -> None:
    np.testing.assert_array_equal(first_batch([[1.0, 2.0], [3.0, 4.0]]), np.float32([[1, 2], [3, 4]]), strict=True)
    np.testing.assert_array_equal(first_batch(([1, 2, 3], [4, 5, 6]))[1], [4, 5])
    np.testing.assert_array_equal(first_batch(nl.tensor(X)), X[:2])


def test_tables_of_pandas_are_arrays() -> None:
    pd = pytest.importorskip("pandas")
    np.testing.assert_array_equal(first_batch((pd.DataFrame(X), pd.Series(Y)))[0], X[:2], strict=True)


def test_lists_of_samples_are_datasets() -> None:
    np.testing.assert_array_equal(first_batch(list(zip(X, Y, strict=True)))[0], X[:2])
    np.testing.assert_array_equal(first_batch([{"x": x} for x in X])["x"], X[:2])


def test_datasets_and_tensors_of_pytorch_are_taken_too() -> None:
    torch = pytest.importorskip("torch")
    np.testing.assert_array_equal(first_batch(torch.tensor(X)), X[:2])
    x, y = first_batch(torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y)))
    np.testing.assert_array_equal(x, X[:2])
    np.testing.assert_array_equal(y, Y[:2])


def test_samples_that_are_lists_make_tuples() -> None:
    class Lists(Squares):
        def __getitem__(self, index: int) -> Any:
            return list(super().__getitem__(index))

    batch = first_batch(Lists())
    assert isinstance(batch, tuple)
    np.testing.assert_array_equal(batch[1], [0, 1])


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ((X, np.ones(4)), ValueError, "x has 3 samples and y has 4"),
        ((X, None), ValueError, "expected y to be an array of samples, got None"),
        (np.ones((0, 2)), ValueError, r"expected at least one sample, got x of shape \(0, 2\)"),
        ([], ValueError, "expected at least one sample"),
        ((), ValueError, "expected at least one array, got none"),
        (np.array(["cat", "dog"]), TypeError, "expected x to hold numbers, got an array of dtype <U3"),
        ((i for i in range(3)), TypeError, "expected a Dataset, an array, .* got a generator"),
        ("data.csv", TypeError, "got a str"),
        (None, TypeError, "got a NoneType"),
        (3, TypeError, "got a int"),
    ],
)
def test_what_is_no_dataset_is_refused(given: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        DataLoader(given)
