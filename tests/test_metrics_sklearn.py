"""Metrics beside scikit-learn's: over batches of any sizes, with and without weights, also of masked steps."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("sklearn")

from sklearn import metrics as theirs

import nnlite as nl
from nnlite import metrics as ours
from tests.api import API

CLASSES = 4
seeds = st.integers(0, 2**32 - 1)
Arrays = tuple[Any, Any]


def bits(rng: np.random.Generator, n: int) -> Arrays:
    """Labels 0 and 1, of both at least one, and scores, some of which are the same."""
    y = rng.permutation(np.concatenate([[0, 1], rng.integers(0, 2, n - 2)]))
    return y, rng.uniform(size=n).round(int(rng.integers(1, 9)))


def classes(rng: np.random.Generator, n: int) -> Arrays:
    """Integer labels and probabilities."""
    return rng.integers(0, CLASSES, n), rng.dirichlet(np.ones(CLASSES), n)


def one_hot(rng: np.random.Generator, n: int) -> Arrays:
    """One-hot labels and probabilities."""
    y, p = classes(rng, n)
    return np.eye(CLASSES)[y], p


def numbers(rng: np.random.Generator, n: int) -> Arrays:
    """Targets far from 0, and predictions near them."""
    y = 1e6 + rng.normal(size=(n, 2))
    return y, y + rng.normal(size=(n, 2))


def f1(average: str | None) -> Callable[..., Any]:
    """scikit-learn's F1 score of the largest predictions."""

    def score(y: Any, p: Any, sample_weight: Any) -> Any:
        given = {"labels": range(CLASSES), "average": average, "zero_division": 0.0}
        return theirs.f1_score(y.argmax(1), p.argmax(1), sample_weight=sample_weight, **given)

    return score


def above(score: Callable[..., Any], threshold: float = 0.5) -> Callable[..., Any]:
    """A score of yes-or-no answers, for probabilities."""
    return lambda y, p, sample_weight: score(y, p > threshold, sample_weight=sample_weight)


def accuracy_of_largest(y: Any, p: Any, sample_weight: Any) -> Any:
    """The accuracy of the largest predictions."""
    return theirs.accuracy_score(y.argmax(1) if y.ndim > 1 else y, p.argmax(1), sample_weight=sample_weight)


def top_k(y: Any, p: Any, sample_weight: Any) -> Any:
    """How often the label is among the two largest predictions."""
    return theirs.top_k_accuracy_score(y.argmax(1), p, k=2, labels=range(CLASSES), sample_weight=sample_weight)


def perplexity(y: Any, p: Any, sample_weight: Any) -> Any:
    """exp of the cross-entropy."""
    return np.exp(theirs.log_loss(y, p, sample_weight=sample_weight, labels=range(CLASSES)))


def root_of_all(y: Any, p: Any, sample_weight: Any) -> Any:
    """The root of the mean over samples and outputs."""
    return theirs.mean_squared_error(y, p, sample_weight=sample_weight) ** 0.5


ROWS: list[tuple[Callable[[], ours.Metric], Callable[..., Arrays], Callable[..., Any]]] = [
    (ours.Accuracy, lambda rng, n: (rng.integers(0, 3, n), rng.integers(0, 3, n)), theirs.accuracy_score),
    (ours.BinaryAccuracy, bits, above(theirs.accuracy_score)),
    (lambda: ours.BinaryAccuracy(threshold=0.3), bits, above(theirs.accuracy_score, 0.3)),
    (ours.CategoricalAccuracy, one_hot, accuracy_of_largest),
    (ours.SparseCategoricalAccuracy, classes, accuracy_of_largest),
    (lambda: ours.TopKCategoricalAccuracy(2), one_hot, top_k),
    (ours.Precision, bits, above(lambda *a, **w: theirs.precision_score(*a, **w, zero_division=0.0))),
    (lambda: ours.Precision(0.7), bits, above(lambda *a, **w: theirs.precision_score(*a, **w, zero_division=0.0), 0.7)),
    (ours.Recall, bits, above(lambda *a, **w: theirs.recall_score(*a, **w, zero_division=0.0))),
    (ours.F1Score, one_hot, f1(None)),
    (lambda: ours.F1Score("micro"), one_hot, f1("micro")),
    (lambda: ours.F1Score("macro"), one_hot, f1("macro")),
    (lambda: ours.F1Score("weighted"), one_hot, f1("weighted")),
    (ours.MeanSquaredError, numbers, theirs.mean_squared_error),
    (ours.MeanAbsoluteError, numbers, theirs.mean_absolute_error),
    (ours.RootMeanSquaredError, numbers, root_of_all),
    (ours.R2Score, numbers, theirs.r2_score),
    (lambda: ours.R2Score(None), numbers, lambda *a, **w: theirs.r2_score(*a, **w, multioutput="raw_values")),
    (lambda: ours.R2Score("variance_weighted_average"), numbers,
     lambda *a, **w: theirs.r2_score(*a, **w, multioutput="variance_weighted")),
    (ours.Perplexity, classes, perplexity),
]  # fmt: skip
every_row = pytest.mark.parametrize(("make", "data", "score"), ROWS, ids=[repr(make()) for make, _, _ in ROWS])


def parts(rng: np.random.Generator, n: int) -> Iterator[slice]:
    """Slices of any length that make up n samples; some may be empty."""
    cuts = np.sort(rng.integers(0, n + 1, 3)).tolist()
    return (slice(a, b) for a, b in zip([0, *cuts], [*cuts, n], strict=True))


def streamed(metric: ours.Metric, rng: np.random.Generator, y: Any, p: Any, weight: Any = None) -> Any:
    """The value after batches of any sizes."""
    for part in parts(rng, len(y)):
        if part.start < part.stop:
            metric.update_state(y[part], p[part], None if weight is None else weight[part])
    return metric.result()


def weights(rng: np.random.Generator, n: int) -> Any:
    """Weights, some of them 0, but not of the first two samples."""
    return rng.uniform(0.1, 3, n) * np.where(np.arange(n) < 2, 1, rng.integers(0, 2, n))


@every_row
@given(seeds, st.integers(3, 30), st.booleans())
def test_any_batches_give_scikit_learns_value(
    make: Any, data: Any, score: Any, seed: int, n: int, weighted: bool
) -> None:
    rng = np.random.default_rng(seed)
    y, p = data(rng, n)
    weight = weights(rng, n) if weighted else None
    expected = score(y, p, sample_weight=weight)
    np.testing.assert_allclose(streamed(make(), rng, y, p, weight), expected, rtol=2e-6, atol=1e-9)


@given(seeds, st.integers(3, 60), st.booleans(), st.integers(2, 400))
def test_auc_is_as_near_to_scikit_learns_as_it_says(seed: int, n: int, weighted: bool, thresholds: int) -> None:
    rng = np.random.default_rng(seed)
    y, p = bits(rng, n)
    weight = weights(rng, n) if weighted else np.ones(n)
    weight[[y.argmin(), y.argmax()]] = 1.0  # a curve needs both
    metric = ours.AUC(thresholds)
    found = streamed(metric, rng, y, p, weight)
    between = np.searchsorted(np.linspace(0, 1, thresholds)[1:-1], p)
    pairs = weight[y == 1][:, None] * weight[y == 0]
    undecided = pairs[between[y == 1][:, None] == between[y == 0]].sum() / pairs.sum()
    assert abs(found - theirs.roc_auc_score(y, p, sample_weight=weight)) <= undecided / 2 + 1e-9


@given(seeds, st.booleans())
def test_auc_of_probabilities_apart_is_exact(seed: int, multi_label: bool) -> None:
    rng = np.random.default_rng(seed)
    y = np.stack([bits(rng, 20)[0] for _ in range(3)], axis=1)
    p = (rng.permutation(60).reshape(20, 3) + 0.5) / 60
    found = streamed(ours.AUC(61, multi_label=multi_label), rng, y, p)
    expected = theirs.roc_auc_score(y, p) if multi_label else theirs.roc_auc_score(y.ravel(), p.ravel())
    np.testing.assert_allclose(found, expected)


@given(seeds)
def test_masked_steps_of_sequences_do_not_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 3, (7, 5))
    words[:, 0] = 1
    y = rng.integers(0, CLASSES, (7, 5))
    model = nl.models.Sequential([
        nl.layers.Embedding(3, 4, mask_zero=True), nl.layers.Dense(CLASSES, activation="softmax"),
    ])  # fmt: skip
    model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy", "perplexity"])
    logs = model.evaluate(words, y, batch_size=int(rng.integers(1, 8)), verbose=0, return_dict=True)
    counted = words != 0
    p = model.predict(words)[counted]
    assert logs["accuracy"] == pytest.approx(theirs.accuracy_score(y[counted], p.argmax(1)))
    cross_entropy = theirs.log_loss(y[counted], p / p.sum(axis=1, keepdims=True), labels=range(CLASSES))
    assert logs["perplexity"] == pytest.approx(np.exp(cross_entropy), rel=1e-5)


@pytest.mark.parametrize("name", API["metrics"].split())
def test_every_metric_shows_how_it_is_used(name: str) -> None:
    assert f"nl.metrics.{name}(" in (getattr(ours, name).__doc__ or "")
