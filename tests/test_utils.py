"""`nnlite.utils.to_categorical`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlite.utils import to_categorical


@given(hnp.arrays(np.int64, hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), elements=st.integers(0, 6)))
def test_rows_are_the_identity_taken_at_the_labels(labels):
    squeezed = labels[..., 0] if labels.ndim > 1 and labels.shape[-1] == 1 else labels

    rows = to_categorical(labels, num_classes=7)

    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, np.eye(7)[squeezed])


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((), (3,)), ((1,), (1, 3)), ((4,), (4, 3)), ((4, 1), (4, 3)), ((2, 5), (2, 5, 3)), ((2, 1, 1), (2, 1, 3))],
)
def test_only_a_trailing_axis_of_one_is_dropped(shape, expected):
    assert to_categorical(np.full(shape, 2)).shape == expected


def test_classes_are_counted_from_the_largest_label():
    assert to_categorical([0, 4, 1]).shape == (3, 5)


def test_no_labels_but_a_number_of_classes():
    assert to_categorical([], num_classes=3).shape == (0, 3)


@pytest.mark.parametrize("labels", [np.array([0, 2], np.uint8), np.array([0.0, 2.0]), [0, 2], [[0], [2]]])
def test_whole_numbers_of_any_type_are_labels(labels):
    assert to_categorical(labels).tolist() == [[1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("labels", "num_classes", "message"),
    [
        ([0, 12], 10, r"labels must lie in 0\.\.9, found 12"),
        ([0, -1], None, r"labels must lie in 0\.\.0, found -1"),
        ([0, -1], 3, r"found -1 in `x` of shape \(2,\)"),
        ([0.0, 1.5], None, r"whole numbers, found 1\.5"),
        ([0.0, np.nan], 3, "whole numbers, found nan"),
        ([np.inf], 3, "whole numbers, found inf"),
        ([], None, "no labels to count classes from"),
        ([0], 0, r"`num_classes` \(=0\) must be at least 1"),
    ],
)
def test_labels_that_cannot_be_are_refused(labels, num_classes, message):
    with pytest.raises(ValueError, match=message):
        to_categorical(labels, num_classes)


@pytest.mark.parametrize(
    ("labels", "num_classes", "message"),
    [(["cat", "dog"], None, "must hold integers"), ([0], 2.0, "`num_classes` must be an integer, got 2.0")],
)
def test_what_is_not_a_number_is_refused(labels, num_classes, message):
    with pytest.raises(TypeError, match=message):
        to_categorical(labels, num_classes)
