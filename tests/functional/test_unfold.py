"""Unfold and fold: a convolution made of them, their transposes, and their errors."""

from typing import Any

import numpy as np
import pytest

import nnlite.functional as F
from tests.op_samples._sample import normal


@pytest.mark.parametrize("settings", [{}, {"stride": (2, 1), "padding": ((1, 0), (2, 1)), "dilation": (1, 2)}])
def test_a_convolution_is_the_product_of_the_rows_with_the_weight(settings: Any) -> None:
    x, weight = normal(2, 6, 7, 3), normal(3, 2, 3, 4)
    y = F.conv2d(x, weight, **settings)
    rows = F.unfold(x, (3, 2), **settings) @ weight.reshape(-1, 4)
    np.testing.assert_allclose(rows.reshape(y.shape), y, rtol=1e-12, atol=1e-12)


def test_fold_counts_how_often_each_element_was_read() -> None:
    counts = F.fold(F.unfold(np.ones((1, 4, 5, 1)), (2, 3), (1, 2)), (4, 5), (2, 3), (1, 2))
    np.testing.assert_array_equal(counts[0, :, :, 0], np.outer([1, 2, 2, 1], [1, 1, 2, 1, 1]))


def test_float32_stays_and_integers_take_the_default_dtype() -> None:
    assert F.unfold(np.ones((1, 3, 1), np.float32), 2).dtype == np.float32
    assert F.unfold(np.ones((1, 3, 1), np.int64), 2).dtype == np.float32
    assert F.fold(np.ones((1, 2, 2), np.int64), 3, 2).dtype == np.float32


@pytest.mark.parametrize(("call", "message"), [
    (lambda: F.unfold(np.ones((4, 4)), 2), r"1 to 3 spatial axes, got shape \(4, 4\)"),
    (lambda: F.unfold(np.ones((1, 4, 4, 1)), (2, 0)), r"kernel_size to be a positive int or a pair.*=\(2, 0\)"),
    (lambda: F.unfold(np.ones((1, 4, 4, 1)), 5), r"unfold\(\) cannot fit a window of \(5, 5\) into \(4, 4\)"),
    (lambda: F.unfold(np.ones((1, 4, 1)), 2, padding=(1, 1)), r"a tuple of one.*got padding=\(1, 1\)"),
    (lambda: F.fold(np.ones((1, 4, 4)), (3, 4), 2), r"\(N, 6, 4 \* C\), got shape \(1, 4, 4\)"),
    (lambda: F.fold(np.ones((1, 4, 5)), (3, 3), 2), r"\(N, 4, 4 \* C\), got shape \(1, 4, 5\)"),
    (lambda: F.fold(np.ones((1, 4, 4)), (2,) * 4, 2), r"1 to 3 spatial axes, got output_size=\(2, 2, 2, 2\)"),
    (lambda: F.fold(np.ones((1, 4, 4)), (3, 0), 2), r"output_size to be a positive int or a pair.*\(3, 0\)"),
])  # fmt: skip
def test_errors_name_the_argument_and_its_value(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
