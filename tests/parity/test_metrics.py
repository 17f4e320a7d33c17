"""Metrics beside Keras', over batches, with and without weights."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from nnlite import metrics
from tests.parity.harness import check, drawn

seeds = st.integers(0, 2**32 - 1)
sometimes = st.booleans()
KINDS: list[tuple[str, str, dict[str, st.SearchStrategy[Any]]]] = [
    ("Accuracy", "labels", {}),
    ("BinaryAccuracy", "bits", {"threshold": st.sampled_from([0.3, 0.5])}),
    ("CategoricalAccuracy", "classes", {}),
    ("SparseCategoricalAccuracy", "sparse", {}),
    ("TopKCategoricalAccuracy", "classes", {"k": st.integers(1, 4)}),
    ("MeanSquaredError", "numbers", {}),
    ("RootMeanSquaredError", "numbers", {}),
    ("MeanAbsoluteError", "numbers", {}),
    ("R2Score", "numbers", {
        "class_aggregation": st.sampled_from([None, "uniform_average", "variance_weighted_average"]),
        "num_regressors": st.sampled_from([0, 2]),
    }),
    ("Precision", "bits", {"thresholds": st.sampled_from([None, 0.3, [0.7, 0.2, 0.5]])}),
    ("Precision", "bits", {"top_k": st.integers(1, 3), "class_id": st.sampled_from([None, 1])}),
    ("Recall", "bits", {"thresholds": st.sampled_from([None, 0.3, [0.7, 0.2, 0.5]])}),
    ("Recall", "bits", {"top_k": st.integers(1, 3), "class_id": st.sampled_from([None, 1])}),
    ("F1Score", "classes", {
        "average": st.sampled_from([None, "micro", "macro", "weighted"]), "threshold": st.sampled_from([None, 0.3]),
    }),
    ("AUC", "bits", {
        "num_thresholds": st.sampled_from([2, 11, 200]), "curve": st.sampled_from(["ROC", "PR"]),
        "summation_method": st.sampled_from(["interpolation", "minoring", "majoring"]),
    }),
    ("AUC", "bits", {
        "thresholds": st.sampled_from([[0.5], [0.7, 0.1, 0.35]]), "multi_label": st.just(True),
        "label_weights": st.sampled_from([None, [1.0, 2.0, 0.5, 1.0]]),
    }),
]  # fmt: skip


def made(kind: str, generator: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions of a kind."""
    scores = generator.normal(size=(count, 4))
    labels = generator.integers(0, 4, count)
    return {
        "labels": (labels, generator.integers(0, 4, count)),
        "bits": (generator.integers(0, 2, (count, 4)), generator.uniform(size=(count, 4))),
        "classes": (np.eye(4)[labels], generator.dirichlet(np.ones(4), count)),
        "sparse": (labels, scores),
        "numbers": (generator.normal(size=(count, 4)), scores),
    }[kind]


@pytest.mark.parametrize(("name", "kind", "settings"), KINDS, ids=[f"{k[0]}-{'-'.join(k[2])}" for k in KINDS])
@drawn(st.data(), seeds, sometimes, cases=8)
def test_metrics_of_keras(
    name: str, kind: str, settings: dict[str, Any], data: st.DataObject, seed: int, weighted: bool
) -> None:
    import keras

    generator = np.random.default_rng(seed)
    chosen = {key: data.draw(strategy) for key, strategy in settings.items()}
    ours, theirs = getattr(metrics, name)(**chosen), getattr(keras.metrics, name)(**chosen, dtype="float64")
    for _ in range(2):  # of one size, as JAX compiles for each
        y_true, y_pred = made(kind, generator, 7)
        weight = generator.uniform(0.1, 2, 7) if weighted else None
        over_all = name in ("Precision", "Recall", "AUC")  # Keras lines up no weight of samples with these
        columns = 1 if chosen.get("class_id") is not None else 4
        wide = None if weight is None or not over_all else np.repeat(weight[:, None], columns, axis=1)
        ours.update_state(y_true, y_pred, weight)
        theirs.update_state(y_true, y_pred, wide if over_all else weight)
        check(f"metrics.{name}", "keras", ours.result(), np.asarray(theirs.result()), what=str(chosen))
    ours.reset_state(), theirs.reset_state()
    y_true, y_pred = made(kind, generator, 7)
    check(f"metrics.{name}", "keras", ours(y_true, y_pred), np.asarray(theirs(y_true, y_pred)), what=str(chosen))


@drawn(seeds, sometimes, cases=5)
def test_perplexity_is_that_of_the_cross_entropy_of_keras(seed: int, weighted: bool) -> None:
    import keras

    generator = np.random.default_rng(seed)
    y_true, y_pred = made("sparse", generator, 7)
    weight = generator.uniform(0.1, 2, 7) if weighted else None
    mean = keras.metrics.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    mean.update_state(y_true, y_pred, weight)
    ours = metrics.Perplexity(from_logits=True)(y_true, y_pred, weight)
    check("metrics.Perplexity", "keras", ours, np.exp(np.asarray(mean.result())))
