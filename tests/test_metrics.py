"""Metrics: every row of the conformance table, over batches and with weights; which accuracy is the right one."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite import losses, metrics
from nnlite.losses._names import BY_NAME as LOSS_NAMES
from nnlite.metrics import _names
from tests.conformance import LOSSES, METRICS, MetricRow
from tests.conformance._losses import BITS, LABELS, LOGITS, ONE_HOT, TARGETS

every_metric = pytest.mark.parametrize("row", METRICS, ids=str)
WEIGHT = np.array([1.0, 0.0, 2.0, 1.0, 0.5, 3.0])


@every_metric
class TestEveryMetric:
    def test_uneven_batches_give_the_value_on_the_whole_set(self, row: MetricRow) -> None:
        metric = row.make()
        for part in (slice(0, 1), slice(1, 5), slice(5, 6)):
            metric.update_state(row.y_true[part], row.y_pred[part])
        np.testing.assert_allclose(metric.result(), row.expected(), rtol=1e-12)
        assert type(metric.result()) is float

    @pytest.mark.parametrize("axes", [0, 1])
    def test_weights_are_divided_by_their_sum(self, row: MetricRow, axes: int) -> None:
        metric, weight = row.make(), WEIGHT.reshape(6, *[1] * axes)
        for part in (slice(0, 4), slice(4, 6)):
            metric.update_state(row.y_true[part], row.y_pred[part], weight[part])
        np.testing.assert_allclose(metric.result(), row.expected(WEIGHT), rtol=1e-12)

    def test_it_begins_anew(self, row: MetricRow) -> None:
        metric = row.make()
        empty = metric.result()
        assert np.isnan(empty) or (row.values is None and empty == 0)
        first = metric(row.y_true, row.y_pred)
        assert first != empty
        metric.reset_state()
        np.testing.assert_equal(metric.result(), empty)
        assert metric(row.y_true, row.y_pred) == first

    def test_lists_and_tensors_are_taken(self, row: MetricRow) -> None:
        expected = row.make()(row.y_true, row.y_pred)
        assert row.make()(row.y_true.tolist(), row.y_pred.tolist()) == expected
        y_pred = nl.tensor(row.y_pred.astype(float), requires_grad=True)
        np.testing.assert_allclose(row.make()(nl.tensor(row.y_true), y_pred), expected)

    def test_shapes_and_weights_that_do_not_fit_are_refused(self, row: MetricRow) -> None:
        metric = row.make()
        for y_true in (row.y_true[:5], row.y_true[:1], np.stack([row.y_true] * 2)):
            with pytest.raises(ValueError, match=f"{metric.name} expected .* got shape"):
                metric.update_state(y_true, row.y_pred)
        with pytest.raises(ValueError, match="expected one weight for each value of shape"):
            metric.update_state(row.y_true, row.y_pred, np.ones(5))
        np.testing.assert_equal(metric.result(), row.make().result())

    def test_names_stand_for_it(self, row: MetricRow) -> None:
        for name in row.strings:
            metric = metrics.get(name)
            assert type(metric) is type(row.make())
            assert metric.name == name


class TestAccuracyChoice:
    @pytest.mark.parametrize("name", ["accuracy", "acc"])
    @pytest.mark.parametrize(
        ("y_true", "y_pred", "loss", "kind"),
        [
            (BITS[:, :1], LOGITS[:, :1], None, "BinaryAccuracy"),
            (BITS[:, 0], LOGITS[:, :1], None, "BinaryAccuracy"),
            (BITS[:, 0], LOGITS[:, 0], None, "BinaryAccuracy"),
            (BITS, LOGITS, losses.BinaryCrossentropy(), "BinaryAccuracy"),
            (ONE_HOT, LOGITS, losses.CategoricalCrossentropy(), "CategoricalAccuracy"),
            (ONE_HOT, LOGITS, losses.MeanSquaredError(), "CategoricalAccuracy"),
            (LABELS, LOGITS, losses.SparseCategoricalCrossentropy(), "SparseCategoricalAccuracy"),
            (LABELS[:, None], LOGITS, None, "SparseCategoricalAccuracy"),
            (np.stack([LABELS] * 2), np.stack([LOGITS] * 2), None, "SparseCategoricalAccuracy"),
        ],
    )
    def test_the_right_one_is_picked(self, name: str, y_true: Any, y_pred: Any, loss: Any, kind: str) -> None:
        metric = metrics.get(name, y_true, y_pred, loss)
        assert type(metric).__name__ == kind
        assert metric.name == name
        assert 0 <= metric(y_true, y_pred) <= 1

    def test_logits_are_cut_at_zero(self) -> None:
        metric = metrics.get("accuracy", BITS, LOGITS, losses.BinaryCrossentropy(from_logits=True))
        assert metric(BITS, LOGITS) == ((LOGITS > 0) == BITS).mean()

    def test_without_a_batch_it_is_equality(self) -> None:
        assert type(metrics.get("accuracy")) is metrics.Accuracy


class TestGet:
    def test_every_name_is_in_the_table(self) -> None:
        assert set(_names.BY_NAME) == {name for row in METRICS for name in row.strings}

    def test_classes_metrics_and_functions(self) -> None:
        assert type(metrics.get(metrics.Accuracy)) is metrics.Accuracy
        metric = metrics.Accuracy("right")
        assert metrics.get(metric) is metric
        assert metric.name == "right"

        def largest(y_true: Any, y_pred: Any) -> Any:
            return np.abs(y_pred - y_true).max(axis=-1)

        metric = metrics.get(largest)
        assert metric.name == "largest"
        assert metric([1.0, 2.0], [[2.0], [4.0]]) == 1.5

    def test_unknown_ones_are_refused(self) -> None:
        with pytest.raises(ValueError, match="unknown metric 'mean_sqared_error', did you mean 'mean_squared_error'"):
            metrics.get("mean_sqared_error")
        with pytest.raises(TypeError, match="a metric is a name, a Metric, a Loss or a function, got 3"):
            metrics.get(3)


class TestLosses:
    """Keras takes losses for metrics."""

    @pytest.mark.parametrize("name", sorted(set(LOSS_NAMES) - set(_names.BY_NAME)))
    def test_a_name_stands_for_the_mean_of_the_loss_over_uneven_batches(self, name: str) -> None:
        row = next(row for row in LOSSES if name in row.strings)
        loss, metric = losses.get(name), metrics.get(name)
        assert (metric.name, metric.direction) == (name, "min")
        y_true, y_pred = row.y_true, np.asarray(row.y_pred)
        np.testing.assert_allclose(metric(y_true, y_pred), loss(y_true, y_pred).item(), rtol=1e-6)

    def test_objects_and_classes_go_by_their_names_and_whatever_their_reduction(self) -> None:
        y, p = np.array([[0.0], [1.0], [4.0]]), np.zeros((3, 1))
        for given, name in (
            (losses.LogCosh, "log_cosh"), (losses.LogCosh("sum"), "log_cosh"), (losses.LogCosh(name="mine"), "mine"),
        ):  # fmt: skip
            metric = metrics.get(given)
            assert metric.name == name
            metric.update_state(y[:1], p[:1])
            metric.update_state(y[1:], p[1:])
            np.testing.assert_allclose(metric.result(), losses.LogCosh()(y, p).item())

    def test_what_does_not_count_is_left_out(self) -> None:
        metric = metrics.get(losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0))
        metric.update_state([0, 1], np.array([[9.0, 0.0], [0.0, 0.0]]))
        metric.update_state([1, 1], np.zeros((2, 2)), [3.0, 0.0])
        np.testing.assert_allclose(metric.result(), np.log(2))
        assert metric._weight == 4

    def test_compiled_by_name(self, tmp_path: Any) -> None:
        x, labels = np.random.default_rng(0).normal(size=(10, 4)), np.arange(10) % 3

        def trained(*watched: Any) -> Any:
            nl.random.seed(0)
            model = nl.models.Sequential([nl.layers.Dense(3, input_shape=(4,))])
            model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True), metrics=list(watched))
            return model, model.fit(x, labels, 4, 3, verbose=0).history

        model, history = trained(
            "sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy(True, name="o")
        )
        np.testing.assert_allclose(history["sparse_categorical_crossentropy"], history["loss"], rtol=1e-5)
        np.testing.assert_allclose(history["o"], history["loss"], rtol=1e-5)
        pytest.importorskip("safetensors")
        model.save(tmp_path / "m.safetensors")
        loaded = nl.models.load_model(tmp_path / "m.safetensors")
        assert loaded.evaluate(x, labels, verbose=0, return_dict=True) == model.evaluate(
            x, labels, verbose=0, return_dict=True
        )
        model, _ = trained(metrics.get(losses.SparseCategoricalCrossentropy(True)))
        model.save(tmp_path / "m.safetensors", overwrite=True)
        assert nl.models.load_model(tmp_path / "m.safetensors").evaluate(x, labels, verbose=0) == model.evaluate(
            x, labels, verbose=0
        )

    def test_masked_steps_do_not_count(self) -> None:
        tokens, targets = np.array([[3, 5, 0, 0], [2, 0, 0, 0]]), np.arange(8.0).reshape(2, 4, 1)
        model = nl.models.Sequential(
            [nl.layers.Embedding(6, 3, mask_zero=True), nl.layers.TimeDistributed(nl.layers.Dense(1))]
        )
        model.compile("sgd", "huber", metrics=["huber", "mae"])
        values = model.evaluate(tokens, targets, verbose=0, return_dict=True)
        np.testing.assert_allclose(values["huber"], values["loss"], rtol=1e-6)

    def test_its_state_goes_on(self) -> None:
        metric, other = metrics.get("huber"), metrics.get("huber")
        metric.update_state([1.0], [3.0])
        other.load_state_dict(metric.state_dict())
        assert other([0.0, 0.0], [0.0, 0.0]) == 0.5


def test_integers_are_not_cut_off() -> None:
    assert metrics.MeanSquaredError()([1.5], [1]) == 0.25
    assert metrics.MeanAbsoluteError()([1.5], [1]) == 0.5
    assert metrics.MeanSquaredError()(np.array([0], np.uint8), np.array([20], np.uint8)) == 400
    assert metrics.MeanAbsoluteError()(np.array([0], np.uint8), np.array([20], np.uint8)) == 20
    assert metrics.Accuracy()([1.5, 2.0], [1, 2]) == 0.5


def test_weights_of_samples_reach_every_element() -> None:
    assert metrics.MeanSquaredError()([[1.0, 1.0], [2.0, 4.0]], np.zeros((2, 2)), [0.0, 2.0]) == 10


def test_values_are_scikit_learns() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    predicted, truth = LOGITS.argmax(axis=1), LABELS
    assert metrics.SparseCategoricalAccuracy()(truth, LOGITS) == sklearn.accuracy_score(truth, predicted)
    weighted = sklearn.accuracy_score(truth, predicted, sample_weight=WEIGHT)
    np.testing.assert_allclose(metrics.SparseCategoricalAccuracy()(truth, LOGITS, WEIGHT), weighted)
    for metric, function in (
        (metrics.MeanSquaredError(), sklearn.mean_squared_error),
        (metrics.MeanAbsoluteError(), sklearn.mean_absolute_error),
    ):
        np.testing.assert_allclose(metric(BITS, LOGITS), function(BITS, LOGITS))
        metric.reset_state()
        np.testing.assert_allclose(metric(BITS, LOGITS, WEIGHT), function(BITS, LOGITS, sample_weight=WEIGHT))


class TestSeveralResults:
    def test_a_threshold_each(self) -> None:
        y, p = [0, 1, 1, 0], [0.2, 0.4, 0.9, 0.7]
        np.testing.assert_allclose(metrics.Precision([0.8, 0.1, 0.5])(y, p), [1, 0.5, 0.5])
        np.testing.assert_allclose(metrics.Recall([0.8, 0.1, 0.5])(y, p), [0.5, 1, 0.5])

    def test_a_class_each(self) -> None:
        np.testing.assert_allclose(metrics.F1Score()(np.eye(3), np.eye(3)[[0, 1, 1]]), [1, 2 / 3, 0], rtol=1e-6)
        one_each = metrics.R2Score(None)(TARGETS, LOGITS)
        assert one_each.shape == (4,)
        np.testing.assert_allclose(one_each.mean(), metrics.R2Score()(TARGETS, LOGITS))


class TestArguments:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: metrics.Precision(1.5), r"precision expected thresholds in \[0, 1\], got thresholds=1.5"),
            (lambda: metrics.F1Score("mean"), "f1_score expected average to be one of .* got average='mean'"),
            (lambda: metrics.F1Score(threshold=0), r"f1_score expected threshold in \(0, 1\], got threshold=0"),
            (lambda: metrics.AUC(1), "auc expected num_thresholds to be 2 or more, got num_thresholds=1"),
            (lambda: metrics.AUC(curve="DET"), "auc expected curve to be 'ROC' or 'PR', got curve='DET'"),
            (lambda: metrics.AUC(summation_method="x"), "auc expected summation_method to be one of"),
            (lambda: metrics.AUC(thresholds=[2.0]), r"auc expected thresholds in \[0, 1\], got thresholds=\[2.0\]"),
            (lambda: metrics.R2Score("sum"), "r2_score expected class_aggregation to be one of"),
            (lambda: metrics.R2Score(num_regressors=-1), "r2_score expected num_regressors to be 0 or more"),
            (lambda: metrics.TopKCategoricalAccuracy(0), "expected k to be 1 or more, got k=0"),
        ],
    )
    def test_those_out_of_range_are_quoted(self, make: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            make()

    def test_labels_that_are_integers_are_no_classes_for_the_f1_score(self) -> None:
        with pytest.raises(ValueError, match="to_categorical makes one-hot labels of integers"):
            metrics.F1Score()(LABELS, LOGITS)

    def test_a_label_too_many(self) -> None:
        with pytest.raises(ValueError, match=r"auc expected 3 labels, got predictions of shape \(6, 4\)"):
            metrics.AUC(multi_label=True, num_labels=3)(BITS, BITS)

    def test_too_few_samples_for_the_regressors(self) -> None:
        with pytest.raises(ValueError, match="more than 3 samples for num_regressors=2, got 3"):
            metrics.R2Score(num_regressors=2)([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])


def test_ignored_labels_do_not_raise_the_perplexity() -> None:
    padded = np.concatenate([LABELS, [-1, -1]])
    logits = np.concatenate([LOGITS, [[0.0] * 4] * 2])
    expected = metrics.Perplexity(from_logits=True)(LABELS, LOGITS)
    np.testing.assert_allclose(metrics.Perplexity(from_logits=True, ignore_class=-1)(padded, logits), expected)


def test_strings_are_watched_in_training() -> None:
    x = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    y = (x[:, 0] > 0.2).astype(int)
    model = nl.models.Sequential([nl.layers.Dense(1, activation="sigmoid")])
    names = ["accuracy", "precision", "recall", "AUC"]
    model.compile(nl.optimizers.Adam(0.1), "binary_crossentropy", names)
    history = model.fit(x, y, epochs=20, verbose=0).history
    assert set(history) == {"loss", "accuracy", "precision", "recall", "auc"}
    assert history["auc"][-1] > 0.95
    one_hot = nl.models.Sequential([nl.layers.Dense(2, activation="softmax")])
    one_hot.compile("adam", "categorical_crossentropy", ["f1_score", "top_k_categorical_accuracy"])
    history = one_hot.fit(x, np.eye(2)[y], epochs=1, verbose=0).history
    assert 0 <= history["f1_score"][0] <= 1
    assert history["top_k_categorical_accuracy"] == [1.0]


@pytest.mark.parametrize("metric", [metrics.F1Score(), metrics.Precision([0.2, 0.5]), metrics.R2Score(None)])
def test_several_numbers_are_not_watched_in_training(metric: metrics.Metric) -> None:
    model = nl.models.Sequential([nl.layers.Dense(2, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", [metric])
    with pytest.raises(ValueError, match=f"training watches one number of each metric, and {metric.name} gives 2: "):
        model.fit(np.ones((4, 3)), np.eye(2)[[0, 1, 1, 0]], verbose=0)


@every_metric
def test_a_metric_prints_as_the_code_that_made_it(row: MetricRow) -> None:
    metric = row.make()
    again = eval(repr(metric), {**vars(losses), **vars(metrics), "array": np.array})
    assert repr(again) == repr(metric)
    assert again(row.y_true, row.y_pred) == metric(row.y_true, row.y_pred)
    assert repr(metrics.MeanSquaredError("error")) == "MeanSquaredError(name='error')"


class TestOwnMetrics:
    def test_the_constructor_may_set_what_reset_state_needs_at_any_time(self) -> None:
        class Counter(metrics.Metric):
            def __init__(self, start: float = 1.0, name: str = "counter", **more: Any) -> None:
                super().__init__(name=name, **more)
                self.start = start

            def reset_state(self) -> None:
                self.count = self.start

            def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
                self.count += len(y_true)

            def result(self) -> float:
                return self.count

        class Double(Counter):
            def __init__(self) -> None:
                super().__init__(start=10.0, name="double")
                self.factor = 2

            def reset_state(self) -> None:
                super().reset_state()
                self.count *= self.factor

        class Named(Double):
            default_name = "named"

        assert Counter()([1, 2], [1, 2]) == 3
        for made in (Double(), Named(), metrics.get(Double)):
            assert made.result() == 20
            assert made([1], [1]) == 21
            made.reset_state()
            assert made.result() == 20
        assert repr(Counter(2.0)) == "Counter(start=2.0)"
        model = nl.models.Sequential([nl.layers.Dense(1)])
        model.compile("sgd", "mse", [Double()])
        assert model.fit(np.ones((4, 2)), np.ones(4), epochs=2, verbose=0).history["double"] == [24, 24]

    def test_reset_state_is_called_once_by_a_constructor(self) -> None:
        class Watched(metrics.MeanMetric):
            resets = 0

            def __init__(self) -> None:
                super().__init__("watched")

            def reset_state(self) -> None:
                super().reset_state()
                self.resets += 1

            def values(self, y_true: Any, y_pred: Any) -> Any:
                return y_true

        assert Watched().resets == 1


def test_targets_that_are_all_the_same_have_the_r2_score_of_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    for p in ([2.0, 2.0, 2.0], [2.0, 2.0, 3.0]):
        assert metrics.R2Score()([2.0] * 3, p) == sklearn.r2_score([2.0] * 3, p)
