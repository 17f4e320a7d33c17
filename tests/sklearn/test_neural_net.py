"""NeuralNetClassifier and NeuralNetRegressor: models that a function builds, where scikit-learn's tools expect them."""

import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nnlite as nl
from nnlite.layers import Conv2D, Dense, Dropout, Embedding, Flatten, GlobalAvgPool1D, Reshape
from nnlite.models import Model, Sequential
from nnlite.sklearn import NeuralNetClassifier, NeuralNetRegressor

RNG = np.random.default_rng(1)
X = RNG.normal(size=(60, 5)).astype(np.float32)
SCORES = X @ RNG.normal(size=(5, 3))
NAMES = np.array(["ant", "bear", "lion"])[SCORES.argmax(axis=1)]


def build(n_outputs: int, units: int = 16, rate: float = 0.0) -> Sequential:
    """One hidden layer, with dropout."""
    return Sequential([Dense(units, activation="tanh"), Dropout(rate), Dense(n_outputs, activation="softmax")])


def build_sigmoid() -> Sequential:
    """One output, for the second of two classes."""
    return Sequential([Dense(8, activation="tanh"), Dense(1, activation="sigmoid")])


def build_linear(n_outputs: int) -> Sequential:
    """Outputs without an activation."""
    return Sequential([Dense(8, activation="tanh"), Dense(n_outputs)])


def fast(model: Any, **more: Any) -> NeuralNetClassifier:
    """A classifier that learns these data in no time."""
    return NeuralNetClassifier(model, **{"epochs": 60, "optimizer__learning_rate": 0.03, "random_state": 0, **more})


class TestWhatIsBuilt:
    def test_the_function_gets_what_it_asks_for(self) -> None:
        seen: dict[str, Any] = {}

        def watched(input_shape: Any, n_features_in: int, n_outputs: int, units: int = 4) -> Sequential:
            seen.update(input_shape=input_shape, n_features_in=n_features_in, n_outputs=n_outputs, units=units)
            return build(n_outputs, units)

        network = fast(watched, model__units=7, epochs=1).fit(X, NAMES)
        assert seen == {"input_shape": (5,), "n_features_in": 5, "n_outputs": 3, "units": 7}
        assert network.n_outputs_ == 3
        network.set_params(model__units=9).fit(X, NAMES)
        assert network.model_.layers[0].units == 9

    def test_functions_without_arguments_classes_and_lambdas(self) -> None:
        class Own(Model):
            def __init__(self, n_outputs: int) -> None:
                self.dense = Dense(n_outputs, activation="softmax")

            def forward(self, x: Any) -> Any:
                return self.dense(x)

        assert fast(build_sigmoid).fit(X, NAMES == "ant").score(X, NAMES == "ant") > 0.9
        assert fast(Own).fit(X, NAMES).score(X, NAMES) > 0.9
        assert fast(lambda: Sequential([Dense(3, activation="softmax")])).fit(X, NAMES).score(X, NAMES) > 0.9

    def test_modules_in_pytorchs_spelling(self) -> None:
        def torch_like(n_features_in: int, n_outputs: int) -> Any:
            return nl.nn.Sequential(nl.nn.Linear(n_features_in, 8), nl.nn.Tanh(), nl.nn.Linear(8, n_outputs))

        loss = nl.losses.SparseCategoricalCrossentropy(from_logits=True)
        network = fast(torch_like, loss=loss).fit(X, NAMES)
        assert network.score(X, NAMES) > 0.9
        np.testing.assert_allclose(network.predict_proba(X).sum(axis=1), 1, rtol=1e-5)

    def test_a_functional_model_on_images(self) -> None:
        def convolutional(input_shape: Any, n_outputs: int) -> Model:
            inputs = nl.layers.Input(input_shape)
            y = Conv2D(4, 3, activation="relu")(Reshape((*input_shape, 1))(inputs))
            return Model(inputs, Dense(n_outputs, activation="softmax")(Flatten()(y)))

        images, y = load_digits(return_X_y=True)
        images = images[:300].reshape(-1, 8, 8).astype(np.float32) / 16
        assert fast(convolutional, epochs=15).fit(images, y[:300]).score(images, y[:300]) > 0.9

    def test_integers_reach_an_embedding(self) -> None:
        def counting(n_outputs: int) -> Sequential:
            return Sequential([Embedding(10, 8), GlobalAvgPool1D(), Dense(n_outputs, activation="softmax")])

        words = RNG.integers(0, 10, (200, 6))
        y = (words == 3).any(axis=1)
        assert fast(counting).fit(words, y).score(words, y) > 0.9

    def test_a_compiled_model_keeps_its_settings(self) -> None:
        def compiled() -> Sequential:
            model = Sequential([Dense(3, activation="softmax")])
            model.compile(nl.optimizers.SGD(0.5), "categorical_crossentropy", ["accuracy"])
            return model

        network = NeuralNetClassifier(compiled, epochs=80).fit(X, NAMES)
        assert network.score(X, NAMES) > 0.9
        assert set(network.history_) == {"loss", "accuracy"}
        assert isinstance(network.model_.loss, nl.losses.CategoricalCrossentropy)
        network.set_params(optimizer__learning_rate=0.25).fit(X, NAMES)
        optimizer = network.model_.optimizer
        assert isinstance(optimizer, nl.optimizers.SGD)
        assert optimizer.learning_rate == 0.25

    @pytest.mark.parametrize(
        ("model", "more", "error", "message"),
        [
            (build(3), {}, TypeError, "expected model to be a function that builds a model, got Sequential"),
            (lambda units: build(3), {}, TypeError, r"needs units: pass model__units=... \(n_features_in, n_outputs,"),
            (build, {"model__unit": 3}, ValueError, "build takes model__n_outputs, .* got model__unit"),
            (lambda: 3, {}, TypeError, "to return a model, got 3"),
            (lambda: build(4), {}, ValueError, "a model with 3 outputs, one for each class of y, got one with 4"),
            (build, {"batch_size": "all"}, ValueError, "expected batch_size to be a positive integer, got .*'all'"),
            (build, {"epoch": 3}, TypeError, "got an unexpected argument 'epoch'"),
            (build, {"optimizer__rate": 3}, TypeError, "rate"),
            (build, {"optimizer": "adm"}, ValueError, "did you mean 'adam'"),
        ],
    )
    def test_mistakes_are_named(self, model: Any, more: Any, error: Any, message: str) -> None:
        with pytest.raises(error, match=message):
            NeuralNetClassifier(model, **more).fit(X, NAMES)


class TestTargets:
    @pytest.mark.parametrize("loss", [None, "sparse_categorical_crossentropy", "categorical_crossentropy", "mse"])
    def test_labels_come_as_the_loss_wants_them(self, loss: Any) -> None:
        for y in (NAMES, NAMES == "ant"):
            network = fast(build, loss=loss).fit(X, y)
            assert network.score(X, y) > 0.9
            assert network.predict_proba(X).shape == (60, len(network.classes_))

    def test_one_output_that_is_a_logit(self) -> None:
        network = fast(lambda: build_linear(1), loss=nl.losses.BinaryCrossentropy(from_logits=True))
        p = network.fit(X, NAMES == "ant").predict_proba(X)
        assert network.score(X, NAMES == "ant") > 0.9
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
        assert ((p > 0) & (p < 1)).all()

    def test_several_labels_at_once(self) -> None:
        several = (SCORES > 0).astype(int)
        network = fast(lambda n_outputs: Sequential([Dense(n_outputs, activation="sigmoid")])).fit(X, several)
        assert network.predict(X).shape == several.shape
        assert (network.predict(X) == several).mean() > 0.9

    def test_several_numbers(self) -> None:
        network = NeuralNetRegressor(build_linear, epochs=300, optimizer__learning_rate=0.02, random_state=0)
        assert network.fit(X, SCORES).score(X, SCORES) > 0.9
        assert network.predict(X).shape == (60, 3)
        assert clone(network).fit(X, SCORES[:, 0]).predict(X).shape == (60,)
        with pytest.raises(ValueError, match="a model with 3 outputs, as many as targets, got 1"):
            NeuralNetRegressor(lambda: build_linear(1)).fit(X, SCORES)

    def test_one_class_is_none(self) -> None:
        with pytest.raises(ValueError, match="needs two classes, got one class: 'ant'"):
            fast(build).fit(X[:2], ["ant", "ant"])


class TestTraining:
    def test_the_same_state_gives_the_same_network(self) -> None:
        first, second, other = (fast(build, random_state=s, model__rate=0.3, epochs=3).fit(X, NAMES) for s in (0, 0, 1))
        np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
        assert (first.predict_proba(X) != other.predict_proba(X)).any()

    def test_a_validation_part_is_watched(self) -> None:
        class StopAtOnce(nl.callbacks.Callback):
            def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
                self.model.stop_training = logs["val_loss"] < 10

        network = fast(build, validation_split=0.25, callbacks=[StopAtOnce()], metrics=["accuracy"]).fit(X, NAMES)
        assert network.n_iter_ == 1
        assert set(network.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}

    def test_early_stopping_gives_the_best_weights_back_in_every_fold(self) -> None:
        stopping = nl.callbacks.EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True)
        network = fast(build, validation_split=0.3, callbacks=[stopping], epochs=500, optimizer__learning_rate=0.3)
        network.fit(X, NAMES)
        assert network.n_iter_ < 500
        best = int(np.argmin(network.history_["val_loss"]))
        assert network.n_iter_ == best + 3
        assert cross_val_score(network, X, NAMES, cv=3).shape == (3,)

    def test_classes_may_weigh_more(self) -> None:
        y = RNG.integers(0, 2, 60)
        heavy = fast(build, class_weight={0: 1.0, 1: 50.0}).fit(X, y)
        assert (heavy.predict(X) == 1).mean() > 0.8
        rare = np.where(np.arange(60) < 6, "rare", "common")
        by_hand = fast(build, epochs=3).fit(X, rare, np.where(rare == "rare", 5.0, 5 / 9))
        balanced = fast(build, epochs=3, class_weight="balanced").fit(X, rare)
        np.testing.assert_allclose(balanced.predict_proba(X), by_hand.predict_proba(X), rtol=1e-5)

    def test_warm_start_and_partial_fit_go_on(self) -> None:
        network = fast(build, warm_start=True, epochs=2).fit(X, NAMES)
        model = network.model_
        network.fit(X, NAMES)
        network.partial_fit(X[:30], NAMES[:30])
        assert network.model_ is model
        assert network.n_iter_ == len(network.history_["loss"]) == 5
        assert clone(network).set_params(warm_start=False).fit(X, NAMES).n_iter_ == 2
        with pytest.raises(ValueError, match="partial_fit needs all classes the first time"):
            fast(build).partial_fit(X, NAMES)
        assert NeuralNetRegressor(build_linear).partial_fit(X, SCORES).n_iter_ == 1

    def test_the_dtype_is_that_of_the_data(self) -> None:
        for dtype in (np.float32, np.float64):
            network = fast(build, epochs=1).fit(X.astype(dtype), NAMES)
            assert {p.dtype for p in network.model_.parameters()} == {np.dtype(dtype)}
            assert network.predict_proba(X.astype(dtype)).dtype == dtype


class TestAmongScikitLearn:
    def test_get_params_set_params_and_clone(self) -> None:
        network = fast(build, model__units=8)
        params = network.get_params()
        assert params["model__units"] == 8
        assert params["optimizer__learning_rate"] == 0.03
        assert clone(network).get_params() == params
        assert "model__units=8" in repr(network)
        with pytest.raises(ValueError, match="Invalid parameter 'units'"):
            network.set_params(units=3)
        twin = clone(network).set_params(model__units=9)
        assert network.get_params()["model__units"] == 8
        assert twin.get_params()["model__units"] == 9

    def test_a_search_over_the_model_and_its_training(self) -> None:
        iris, y = load_iris(return_X_y=True)
        pipeline = make_pipeline(StandardScaler(), fast(build, epochs=30))
        grid = {
            "neuralnetclassifier__model__units": [2, 12],
            "neuralnetclassifier__optimizer__learning_rate": [1e-4, 0.03],
        }
        search = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(iris, y)
        assert search.best_params_["neuralnetclassifier__optimizer__learning_rate"] == 0.03
        assert search.best_score_ > 0.9
        again = pickle.loads(pickle.dumps(search.best_estimator_))
        np.testing.assert_array_equal(again.predict_proba(iris), search.predict_proba(iris))

    def test_cross_validation(self) -> None:
        cells, y = load_breast_cancer(return_X_y=True)
        network = make_pipeline(StandardScaler(), fast(build_sigmoid, epochs=15))
        assert cross_val_score(network, cells, y).mean() > 0.96
