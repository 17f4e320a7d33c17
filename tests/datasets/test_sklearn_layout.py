"""The data sets that scikit-learn brings: digits, breast_cancer, iris and wine."""

import sys

import numpy as np
import pytest
from sklearn import datasets

from nnlite.datasets import breast_cancer, digits, iris, wine

ALL = [digits, breast_cancer, iris, wine]


def test_digits_are_images_from_0_to_16():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert (x_train.shape, x_test.shape) == ((1437, 8, 8), (360, 8, 8))
    assert (x_train.dtype, y_train.dtype) == (np.float32, np.int64)
    assert (x_train.min(), x_train.max()) == (0, 16)
    assert (len(y_train), len(y_test)) == (1437, 360)


def test_breast_cancer_is_a_table_of_float32():
    (x_train, y_train), (x_test, y_test) = breast_cancer.load_data()
    assert (x_train.shape, x_test.shape) == ((455, 30), (114, 30))
    assert (x_train.dtype, y_train.dtype) == (np.float32, np.int64)
    assert set(y_test) == {0, 1}


@pytest.mark.parametrize(("module", "features", "sizes"), [(iris, 4, (120, 30)), (wine, 13, (142, 36))])
def test_iris_and_wine_are_tables_of_three_classes(module, features, sizes):
    (x_train, y_train), (x_test, y_test) = module.load_data()
    assert (x_train.shape, x_test.shape) == ((sizes[0], features), (sizes[1], features))
    assert (x_train.dtype, y_train.dtype) == (np.float32, np.int64)
    assert set(y_train) == set(y_test) == {0, 1, 2}


@pytest.mark.parametrize("module", ALL)
def test_both_parts_have_each_class_in_the_same_share(module):
    (_, y_train), (_, y_test) = module.load_data()
    in_train, in_test = np.bincount(y_train), np.bincount(y_test)
    np.testing.assert_allclose(in_test, 0.2 * (in_train + in_test), atol=1)


def test_every_row_is_in_one_part_and_with_its_own_label():
    whole = datasets.load_breast_cancer()
    (x_train, y_train), (x_test, y_test) = breast_cancer.load_data(test_split=0.5, seed=3)
    rows = np.column_stack([np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])])
    expected = np.column_stack([whole.data.astype(np.float32), whole.target])
    np.testing.assert_array_equal(np.unique(rows, axis=0), np.unique(expected, axis=0))
    assert len(rows) == len(expected)


def test_the_seed_decides_the_split():
    (first, _), _ = breast_cancer.load_data(seed=1)
    (again, _), _ = breast_cancer.load_data(seed=1)
    (other, _), _ = breast_cancer.load_data(seed=2)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_digits_are_split_the_same_way_always():
    (first, _), _ = digits.load_data()
    (again, _), _ = digits.load_data()
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("test_split", [0, 1, -0.2, 5])
def test_a_split_that_leaves_a_part_empty_is_refused(test_split):
    with pytest.raises(ValueError, match=rf"`test_split` \(={test_split}\) must lie between 0 and 1"):
        breast_cancer.load_data(test_split=test_split)


@pytest.mark.parametrize("module", ALL)
def test_without_scikit_learn_the_extra_is_named(module, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r'pip install "nnlite\[sklearn\]"'):
        module.load_data()
