"""Batches: what is cut into them, and in what order."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.training import Batches


def test_the_last_batch_has_what_is_left() -> None:
    batches = Batches(np.arange(7), np.arange(7) * 2, np.arange(7) * 3, batch_size=3)
    assert len(batches) == 3
    parts = list(batches)
    assert [len(x) for x, _, _ in parts] == [3, 3, 1]
    for x, y, weight in parts:
        np.testing.assert_array_equal(y, 2 * x)
        np.testing.assert_array_equal(weight, 3 * x)
    assert [a for x, _, _ in parts for a in x] == list(range(7))


def test_shuffling_keeps_samples_together_and_draws_anew_for_each_pass() -> None:
    batches = Batches(np.arange(20), np.arange(20) * 2, batch_size=6, shuffle=True)
    passes = []
    for _ in range(2):
        order = []
        for x, y, weight in batches:
            np.testing.assert_array_equal(y, 2 * x)
            assert weight is None
            order += x.tolist()
        assert sorted(order) == list(range(20))
        passes.append(order)
    assert passes[0] != passes[1] != list(range(20))
    nl.random.seed(0)
    assert [a for x, _, _ in batches for a in x] == passes[0]


def test_split_takes_the_end_and_shuffles_only_the_beginning() -> None:
    first, rest = Batches(np.arange(10), np.arange(10), np.arange(10), 4, shuffle=True).split(0.7)
    np.testing.assert_array_equal(first.x, np.arange(7))
    for kept in (rest.x, rest.y, rest.sample_weight):
        np.testing.assert_array_equal(kept, [7, 8, 9])
    assert (first.order.shuffle, rest.order.shuffle) == (True, False)
    assert (first.batch_size, rest.batch_size) == (4, 4)


def test_lists_of_floats_take_the_default_dtype_and_arrays_keep_theirs() -> None:
    assert Batches([[0.5], [1.0]]).x.dtype == np.float32
    assert Batches([[1], [2]]).x.dtype.kind == "i"
    assert Batches(np.ones(2)).x.dtype == np.float64
    assert Batches(nl.tensor([1.0, 2.0], requires_grad=True)).x.dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.ones(3), "y": np.ones(4)}, ValueError, "x has 3 samples and y has 4"),
        ({"x": np.ones(3), "sample_weight": np.ones(2)}, ValueError, "x has 3 samples and sample_weight has 2"),
        ({"x": np.ones((0, 3))}, ValueError, r"expected at least one sample, got x of shape \(0, 3\)"),
        ({"x": 3.0}, ValueError, r"expected x to be an array of samples, got 3\.0"),
        ({"x": None}, ValueError, "expected x to be an array of samples, got None"),
        ({"x": [[1.0], [1.0, 2.0]]}, ValueError, "expected x to be an array of samples: .*inhomogeneous"),
        ({"x": ["a", "b"]}, TypeError, "expected x to hold numbers, got an array of dtype <U1"),
        ({"x": np.ones(2), "y": [None, 1]}, TypeError, "expected y to hold numbers, got an array of dtype object"),
        (
            {"x": np.ones(2), "batch_size": 0},
            ValueError,
            "expected batch_size to be a positive integer, got batch_size=0",
        ),
        ({"x": np.ones(2), "batch_size": 2.0}, ValueError, r"got batch_size=2\.0"),
        ({"x": np.ones(2), "batch_size": None}, ValueError, "got batch_size=None"),
    ],
)
def test_what_is_no_samples_is_refused(arguments: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        Batches(**arguments)


def test_a_split_leaves_something_on_both_sides() -> None:
    batches = Batches(np.ones(3))
    assert [len(part.x) for part in batches.split(0.9)] == [2, 1]
    for share, held in ((0.1, 3), (1.0, 0)):
        with pytest.raises(ValueError, match=f"validation_split holds back {held} of 3 samples"):
            batches.split(share)


def test_batches_go_on_where_a_state_was_taken() -> None:
    batches = Batches(np.arange(10), np.arange(10) * 2, batch_size=3, shuffle=True)
    begun = iter(batches)
    next(begun)
    state, library = batches.state_dict(), nl.random.generator().bit_generator.state
    expected = [x.tolist() for x, _, _ in (*begun, *batches)]
    again = Batches(np.arange(10), np.arange(10) * 2, batch_size=3, shuffle=True)
    again.load_state_dict(state)
    nl.random.generator().bit_generator.state = library
    assert [x.tolist() for x, _, _ in (*again, *again)] == expected
