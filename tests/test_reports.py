"""The confusion matrix and the classification report: by hand, by their definition, and beside scikit-learn's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite.metrics import classification_report, confusion_matrix

labels_of = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([0.5, 1.0, 2.0])), min_size=1)


def test_rows_are_true_and_columns_are_predicted() -> None:
    matrix = confusion_matrix(["cat", "cat", "dog", "owl"], ["cat", "dog", "dog", "cat"])
    np.testing.assert_array_equal(matrix, [[1, 1, 0], [0, 1, 0], [1, 0, 0]])
    assert matrix.dtype == np.int64


def test_labels_choose_and_order() -> None:
    np.testing.assert_array_equal(confusion_matrix([0, 1, 2, 2], [0, 2, 2, 1], labels=[2, 1]), [[1, 1], [1, 0]])
    assert confusion_matrix([0, 0], [0, 0], labels=range(3)).shape == (3, 3)


def test_normalised_rows_columns_and_all_add_up_to_one() -> None:
    true, pred = [0, 0, 0, 1], [0, 1, 1, 1]
    np.testing.assert_allclose(confusion_matrix(true, pred, normalize="true").sum(axis=1), 1)
    np.testing.assert_allclose(confusion_matrix(true, pred, normalize="pred").sum(axis=0), 1)
    np.testing.assert_allclose(confusion_matrix(true, pred, normalize="all"), [[0.25, 0.5], [0, 0.25]])
    np.testing.assert_array_equal(confusion_matrix([0], [1], normalize="true"), [[0, 1], [0, 0]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: confusion_matrix([0, 1], [0]), r"labels of shape \(N,\) twice, got shapes \(2,\) and \(1,\)"),
        (lambda: confusion_matrix([[0]], [[0]]), "twice, got shapes"),
        (lambda: confusion_matrix([0], [0], normalize="row"), "normalize to be one of .* got normalize='row'"),
        (lambda: confusion_matrix([0], [0], labels=[5]), r"labels of which one at least is in y_true, got \[5\]"),
        (lambda: confusion_matrix([0], [0], sample_weight=[1, 2]), "one weight for each of 1 samples, got shape"),
        (lambda: classification_report([0, 1], [0, 1], target_names=["a"]), "expected 2 target_names, got 1"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_class_that_is_never_predicted_has_the_precision_asked_for() -> None:
    found = classification_report([0, 1], [0, 0], output_dict=True, zero_division=1.0)
    assert isinstance(found, dict)
    assert found["1"] == {"precision": 1.0, "recall": 0.0, "f1-score": 0.0, "support": 1.0}


@settings(max_examples=50, deadline=None)
@given(labels_of, st.sampled_from([None, "true", "pred", "all"]), st.booleans(), st.permutations(range(4)))
def test_matrix_is_scikit_learns(pairs: Any, normalize: Any, weighted: bool, order: list[int]) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    true, pred, weight = map(list, zip(*pairs, strict=True))
    given = {"normalize": normalize, "sample_weight": weight if weighted else None, "labels": order}
    np.testing.assert_allclose(confusion_matrix(true, pred, **given), sklearn.confusion_matrix(true, pred, **given))


@settings(max_examples=50, deadline=None)
@given(labels_of, st.booleans(), st.sampled_from([None, [2, 0], [3, 2, 1, 0]]), st.integers(2, 4))
def test_report_is_scikit_learns(pairs: Any, weighted: bool, labels: Any, digits: int) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    true, pred, weight = map(list, zip(*pairs, strict=True))
    given = {"labels": labels, "sample_weight": weight if weighted else None, "digits": digits}
    for as_dict in (False, True):
        ours = classification_report(true, pred, output_dict=as_dict, **given)
        theirs = sklearn.classification_report(true, pred, output_dict=as_dict, zero_division=0.0, **given)
        if as_dict:
            assert ours.keys() == theirs.keys()
            for name, row in theirs.items():
                assert ours[name] == pytest.approx(row)
        elif weighted or np.equal(true, pred).any():  # without a hit, scikit-learn writes counts as 1.0
            assert ours == theirs
