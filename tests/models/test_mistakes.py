"""The likeliest mistakes, and what is said about them."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.layers import Conv2D, Dense, Flatten, Module
from nnlite.models import Model, Sequential

X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
Y = np.arange(20) % 3
IMAGES = np.ones((20, 8, 8, 1), np.float32)
SPARSE, DENSE = "sparse_categorical_crossentropy", "categorical_crossentropy"


def model(*layers: Module, loss: Any = "mse", **settings: Any) -> Sequential:
    """A compiled model."""
    made = Sequential(layers)
    made.compile("sgd", loss, **settings)
    return made


def softmax(classes: int) -> Dense:
    """The last layer of a classifier."""
    return Dense(classes, activation="softmax")


class Answer(Model):
    """A model that gives something odd."""

    def __init__(self, answer: Any) -> None:
        self.dense, self.answer = Dense(2), answer

    def forward(self, x: Any) -> Any:
        return self.answer(self.dense(x))


class TestCompiling:
    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ({"optimizer": "sdg"}, ValueError, "unknown optimizer 'sdg', did you mean 'sgd'"),
            ({"optimizer": 0.01}, TypeError, r"an optimizer is a name or an Optimizer, got 0\.01"),
            ({"loss": "crossentropy"}, ValueError, "unknown loss 'crossentropy'"),
            (
                {"loss": nl.losses.MeanSquaredError(reduction=None)},
                ValueError,
                "one number for a batch, and Mean.* has red",
            ),
            ({"metrics": ["acuracy"]}, ValueError, "unknown metric 'acuracy', did you mean 'accuracy'"),
            ({"metrics": [3]}, TypeError, "a metric is a name, a Metric, a Loss or a function, got 3"),
            ({"metrics": ["mse", "mse"]}, ValueError, r"metrics with different names, got mse, mse \(besides loss\)"),
            ({"metrics": nl.metrics.Accuracy("loss")}, ValueError, "metrics with different names, got loss"),
        ],
    )
    def test_what_is_unknown_changes_nothing(self, arguments: Any, error: Any, message: str) -> None:
        net = model(Dense(1, input_shape=(4,)))
        optimizer = net.optimizer
        with pytest.raises(error, match=message):
            net.compile(**arguments)
        assert net.optimizer is optimizer
        net.fit(X, Y, verbose=0)

    @pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
    def test_a_loss_is_needed(self, method: str) -> None:
        net = Sequential([Dense(1)])
        for _ in range(2):
            with pytest.raises(RuntimeError, match=rf"{method}\(\) needs a loss: call compile\("):
                getattr(net, method)(X, Y)
            net.compile("adam")
        assert net.predict(X).shape == (20, 1)

    @pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
    def test_targets_are_needed(self, method: str) -> None:
        with pytest.raises(ValueError, match=rf"{method}\(\) needs targets y"):
            getattr(model(Dense(1)), method)(X, None)


class TestFitArguments:
    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ({"y": Y[:5]}, ValueError, "x has 20 samples and y has 5"),
            ({"x": X[:0], "y": Y[:0]}, ValueError, r"expected at least one sample, got x of shape \(0, 4\)"),
            ({"y": Y.astype(str)}, TypeError, "expected y to hold numbers, got an array of dtype <U21"),
            ({"x": {"a": X}}, TypeError, r"Dense\(1\) expected an array or a Tensor as its first argument, got dict"),
            ({"x": {}}, ValueError, "expected x to be an array of samples, got {}"),
            ({"batch_size": 0}, ValueError, "expected batch_size to be a positive integer, got batch_size=0"),
            ({"epochs": 2.5}, ValueError, r"expected epochs to be an integer of at least 1, got epochs=2\.5"),
            ({"epochs": -1}, ValueError, "got epochs=-1"),
            ({"initial_epoch": "1"}, ValueError, "got initial_epoch='1'"),
            ({"validation_split": 1.0}, ValueError, r"validation_split in \[0, 1\), got validation_split=1\.0"),
            ({"validation_split": "0.2"}, ValueError, r"validation_split in \[0, 1\), got validation_split='0.2'"),
            ({"validation_split": 0.99}, ValueError, "validation_split holds back 20 of 20 samples"),
            (
                {"validation_data": X},
                ValueError,
                r"to be \(x, y\) or \(x, y, sample_weight\), or a loader of such batches, got a ndarray",
            ),
            ({"validation_data": (X,)}, ValueError, "got 1 values"),
            ({"validation_data": (X, Y[:3])}, ValueError, "validation_data: x has 20 samples and y has 3"),
            ({"class_weight": "balanced"}, TypeError, "mapping such as {0: 1.0, 1: 5.0}, got 'balanced'"),
            ({"class_weight": {"0": 1.0, "1": 5.0}}, TypeError, "class_weight for integers, .*, got it for '0'"),
            ({"class_weight": {0.5: 1.0}}, TypeError, r"class_weight for integers, .*, got it for 0\.5"),
            ({"class_weight": {0: None}}, TypeError, r"class_weight\[0\] to be a finite number, got None"),
            ({"class_weight": {1: float("nan")}}, TypeError, r"class_weight\[1\] to be a finite number, got nan"),
            ({"y": X, "class_weight": {}}, ValueError, r"expected y_true of the predictions' shape \(20, 1\)"),
            (
                {"y": IMAGES, "class_weight": {}},
                ValueError,
                "class_weight needs one label, integer or one-hot, for each",
            ),
            ({"sample_weight": [1.0, 2.0]}, ValueError, "x has 20 samples and sample_weight has 2"),
            ({"sample_weight": X}, ValueError, r"one weight for each value of shape \(20,\), got shape \(20, 4\)"),
        ],
    )
    def test_are_checked(self, arguments: Any, error: Any, message: str) -> None:
        with pytest.raises(error, match=message):
            model(Dense(1)).fit(**{"x": X, "y": Y, "verbose": 0, **arguments})

    def test_gradients_must_be_on(self) -> None:
        with nl.no_grad(), pytest.raises(RuntimeError, match="computed under no_grad"):
            model(Dense(1)).fit(X, Y, verbose=0)

    def test_something_must_be_trainable(self) -> None:
        with pytest.raises(ValueError, match="SGD got no parameters; a model has them once it is built"):
            model(Flatten()).fit(X, X, verbose=0)


class TestTargets:
    @pytest.mark.parametrize(
        ("net", "y", "message"),
        [
            (model(softmax(3), loss=DENSE), Y, "for integer labels use sparse_categorical_crossentropy"),
            (model(softmax(3), loss=SPARSE), np.eye(3)[Y], "for one-hot labels use categorical_crossentropy"),
            (model(softmax(2), loss=SPARSE), Y, r"expected labels from 0 to 1 \(2 classes\), got 2 at position"),
            (model(softmax(4), loss=DENSE), np.eye(3)[Y], r"predictions' shape \(20, 4\), got shape \(20, 3\)$"),
            (model(Dense(1), loss="binary_crossentropy"), Y, r"expected labels in \[0, 1\], got 0\.0 to 2\.0"),
            (model(Dense(1), loss="binary_crossentropy"), np.eye(3)[Y], r"shape \(20, 1\), got shape \(20, 3\)"),
            (model(softmax(1), loss=DENSE), Y[:, None] > 0, "always be 0; for a single probability use binary_crosse"),
            (
                model(Dense(3)),
                Y,
                r"MeanSquaredError expected y_true of the predictions' shape \(20, 3\), got shape \(20,\)",
            ),
            (model(Dense(3), metrics=[SPARSE[:19] + "_accuracy"]), np.eye(3)[Y], r"labels of shape \(20,\), got shape"),
        ],
    )
    def test_that_do_not_fit(self, net: Sequential, y: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            net.fit(X, y, verbose=0)

    @pytest.mark.parametrize(("loss", "y"), [(SPARSE, Y), (DENSE, np.eye(3)[Y])])
    def test_a_missing_flatten(self, loss: str, y: Any) -> None:
        with pytest.raises(ValueError, match="is a Flatten layer missing before the last layer"):
            model(Conv2D(2, 3), softmax(3), loss=loss).fit(IMAGES, y, verbose=0)


class TestInputs:
    def test_of_another_size_than_the_model_was_built_for(self) -> None:
        net = model(Dense(3, input_shape=(5,)))
        for call in (lambda: net.fit(X, Y, verbose=0), lambda: net.predict(X), lambda: net.evaluate(X, Y)):
            with pytest.raises(
                ValueError, match=r"Dense\(5 -> 3\) expected the last axis to be 5, got an input of shape \(20,"
            ):
                call()

    def test_images_without_channels_and_what_is_learnt_from_them_later(self) -> None:
        net = model(Conv2D(3, 3), Flatten(), Dense(1))
        with pytest.raises(
            ValueError, match=r"Conv2D\(3, \(3, 3\)\) expected images of 4 axes \(N, H, W, C\), got an input"
        ):
            net.fit(IMAGES[..., 0], Y, verbose=0)
        net.fit(IMAGES, Y, verbose=0)
        net.summary()
        assert net.predict(IMAGES).shape == (20, 1)

    def test_one_sample_without_its_batch_axis(self) -> None:
        net = model(Dense(3, input_shape=(4,)))
        with pytest.raises(ValueError, match=r"expected an input of shape \(batch, ..., features\), got shape \(4,\)"):
            net.predict(X[0])

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [(lambda y: (y, None), "NoneType"), (lambda y: y.numpy(), "ndarray"), (lambda y: {}, "dict")],
    )
    def test_a_model_that_returns_no_tensor(self, answer: Any, kind: str) -> None:
        net = Answer(answer)
        net.compile("sgd", "mse")
        for call in (lambda: net.fit(X, Y, verbose=0), lambda: net.test_on_batch(X, Y)):
            with pytest.raises(TypeError, match=f"a loss needs a model that returns a Tensor, got a {kind}"):
                call()

    def test_nothing_is_trained_by_a_step_that_fails(self) -> None:
        net = model(Dense(3, input_shape=(4,)))
        before = net.get_weights()
        with pytest.raises(ValueError, match="expected y_true of the predictions' shape"):
            net.train_on_batch(X, Y)
        np.testing.assert_array_equal(net.get_weights()[0], before[0])
        net.train_on_batch(X, np.eye(3)[Y])
        assert not np.array_equal(net.get_weights()[0], before[0])


@pytest.mark.parametrize("epochs", [0, -1, 1.5, True])
def test_epochs_are_checked(epochs: Any) -> None:
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="expected epochs to be an integer of at least 1, got epochs="):
        model.fit(np.zeros((2, 1)), np.zeros(2), epochs=epochs)


def test_a_loss_that_is_not_finite_is_the_only_warning() -> None:
    model = Sequential([Dense(1)])
    model.compile(nl.optimizers.SGD(1e30), "mse")
    with pytest.warns(RuntimeWarning) as caught:
        model.fit(np.ones((8, 2)), np.ones(8), epochs=4, batch_size=4, verbose=0)
    assert [str(warning.message)[:16] for warning in caught] == ["the loss became "]


def test_an_optimizer_prints_as_the_code_that_makes_it() -> None:
    assert repr(nl.optimizers.SGD(0.1, momentum=0.9)) == "SGD(learning_rate=0.1, momentum=0.9)"
    assert repr(eval(repr(nl.optimizers.Adam()), vars(nl.optimizers))) == repr(nl.optimizers.Adam())


def test_validation_is_not_weighted_by_class() -> None:
    model = Sequential([Dense(2, activation="softmax", input_shape=(2,))])
    model.compile("sgd", SPARSE)
    x, y = np.random.default_rng(0).normal(size=(10, 2)), np.arange(10) % 2
    history = model.fit(x, y, validation_split=0.5, class_weight={0: 0.0, 1: 0.0}, verbose=0).history
    assert history["loss"] == [0.0]
    np.testing.assert_allclose(history["val_loss"], [model.evaluate(x[5:], y[5:], verbose=0)], rtol=1e-6)
