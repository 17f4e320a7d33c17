"""Training models: that they learn, what each argument does, and that a seed decides everything."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nnlite as nl
from nnlite.layers import Dense, Dropout, Module
from nnlite.models import Model, Sequential

Array = NDArray[Any]


def line(n: int = 40) -> tuple[Array, Array]:
    """Points on y = 3x + 1."""
    x = np.linspace(-1, 1, n, dtype=np.float32)[:, None]
    return x, 3 * x[:, 0] + 1


def blobs(n: int = 120, classes: int = 2) -> tuple[Array, Array]:
    """Clouds of points around the corners of a polygon, one a class, in random order."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, classes, n)
    angles = 2 * np.pi * labels / classes
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return (2 * centres + generator.normal(size=(n, 2)) * 0.4).astype(np.float32), labels


def network(*sizes: int, last: str | None = None, rate: float = 0.0) -> Sequential:
    """A network of dense layers."""
    model = Sequential([Dense(n, activation="tanh") for n in sizes[:-1]])
    if rate:
        model.add(Dropout(rate))
    model.add(Dense(sizes[-1], activation=last))
    return model


class TestLearning:
    @pytest.mark.parametrize("axes", [0, 1])
    def test_a_line_from_flat_and_from_column_targets(self, axes: int) -> None:
        x, y = line()
        model = network(1)
        model.compile(nl.optimizers.SGD(0.1), "mse")
        history = model.fit(x, y.reshape(-1, *[1] * axes), epochs=60, batch_size=8, verbose=0)
        np.testing.assert_allclose(np.concatenate([w.ravel() for w in model.get_weights()]), [3, 1], atol=1e-3)
        assert history.history["loss"][-1] < 1e-5 < 0.1 < history.history["loss"][0]

    def test_two_blobs_with_a_sigmoid(self) -> None:
        x, y = blobs()
        model = network(8, 1, last="sigmoid")
        model.compile(nl.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, epochs=12, verbose=0, validation_split=0.25)
        assert history.history["val_accuracy"][-1] == 1
        assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]

    @pytest.mark.parametrize(
        ("loss", "one_hot"), [("categorical_crossentropy", True), ("sparse_categorical_crossentropy", False)]
    )
    def test_three_blobs_with_a_softmax(self, loss: str, one_hot: bool) -> None:
        x, y = blobs(classes=3)
        targets = nl.utils.to_categorical(y) if one_hot else y
        model = network(8, 3, last="softmax")
        model.compile(nl.optimizers.Adam(0.02), loss, metrics=["accuracy"])
        model.fit(x, targets, epochs=15, verbose=0)
        value, accuracy = model.evaluate(x, targets, verbose=0)
        assert accuracy > 0.98
        assert value < 0.2
        assert (model.predict(x).argmax(axis=1) == y).mean() == pytest.approx(accuracy)

    def test_a_model_of_ones_own(self) -> None:
        class TwoRoads(Model):
            def __init__(self) -> None:
                self.roads = [Dense(4, activation="tanh"), Dense(4, activation="relu")]
                self.last = Dense(1)

            def forward(self, x: Any) -> Any:
                return self.last(np.concatenate([road(x) for road in self.roads], axis=-1))

        x, y = line()
        model = TwoRoads()
        model.compile(nl.optimizers.Adam(0.05), "mse")
        history = model.fit(x, y, epochs=40, verbose=0)
        assert history.history["loss"][-1] < 0.01 * history.history["loss"][0]
        assert list(model.state_dict()) == [
            "roads.0.kernel", "roads.0.bias", "roads.1.kernel", "roads.1.bias", "last.kernel", "last.bias",
        ]  # fmt: skip

    def test_a_model_may_build_parameters_of_its_own(self) -> None:
        class Scaled(Model):
            def build(self, input_shape: Any) -> None:
                self.scale = self.add_weight((input_shape[-1],), "ones")

            def forward(self, x: Any) -> Any:
                return x * self.scale

        x, _ = line()
        model = Scaled()
        model.compile(nl.optimizers.SGD(0.5), "mse")
        model.fit(x, 2 * x, epochs=30, verbose=0)
        np.testing.assert_allclose(model.scale.data, [2], rtol=1e-3)

    def test_a_step_of_ones_own(self) -> None:
        class Doubled(Sequential):
            def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
                super().train_step(x, y, sample_weight)
                return super().train_step(x, y, sample_weight)

        model = Doubled([Dense(1)])
        model.compile("sgd", "mse")
        model.fit(*line(), batch_size=10, verbose=0)
        assert model.optimizer is not None
        assert model.optimizer.iterations == 8

    def test_the_same_as_a_loop_of_ones_own(self) -> None:
        x, y = line(10)
        fitted, stepped = network(4, 1), network(4, 1)
        stepped(x), fitted(x)
        stepped.set_weights(fitted.get_weights())
        fitted.compile(nl.optimizers.Adam(0.01), "mse")
        fitted.fit(x, y, batch_size=4, epochs=3, verbose=0, shuffle=False)
        optimizer, loss = nl.optimizers.Adam(0.01, parameters=stepped.named_parameters()), nl.losses.MeanSquaredError()
        for _ in range(3):
            for start in range(0, 10, 4):
                loss(y[start : start + 4], stepped(x[start : start + 4])).backward()
                optimizer.step()
                optimizer.zero_grad()
        for one, other in zip(fitted.get_weights(), stepped.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


class TestSeeds:
    @staticmethod
    def run(seed: int, shuffle: bool = True) -> list[Array]:
        """Train a network with dropout from a seed."""
        nl.random.seed(seed)
        model = network(8, 1, rate=0.3)
        model.compile("adam", "mse")
        model.fit(*line(), batch_size=7, epochs=3, verbose=0, shuffle=shuffle, validation_split=0.2)
        return model.get_weights()

    def test_the_same_seed_gives_the_same_weights_to_the_bit(self) -> None:
        for one, other in zip(self.run(1), self.run(1), strict=True):
            np.testing.assert_array_equal(one, other)
        assert not np.array_equal(self.run(1)[0], self.run(2)[0])

    def test_shuffling_matters(self) -> None:
        assert not np.array_equal(self.run(1)[0], self.run(1, shuffle=False)[0])

    def test_without_shuffling_samples_come_in_order_and_with_it_each_once(self) -> None:
        class Spy(Module):
            seen: tuple[int, ...] = ()

            def forward(self, x: Any) -> Any:
                self.seen += tuple(x.data[:, 0].tolist())
                return x

        x = np.arange(10.0)[:, None]
        for shuffle in (False, True):
            spy = Spy()
            model = Sequential([spy, Dense(1)])
            model.compile(nl.optimizers.SGD(0.0), "mse")
            model.fit(x, x, batch_size=3, epochs=2, verbose=0, shuffle=shuffle)
            first, second = spy.seen[:10], spy.seen[10:]
            assert sorted(first) == sorted(second) == list(range(10))
            assert (first == second == tuple(range(10))) is not shuffle

    def test_a_copied_or_pickled_model_trains_on_like_the_original(self) -> None:
        model = network(6, 1, rate=0.2)
        model.compile("adam", "mse", metrics=["mae"])
        model.fit(*line(), verbose=0)
        weights = []
        for other in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            nl.random.seed(3)
            other.fit(*line(), epochs=2, verbose=0)
            weights.append(other.get_weights())
        for others in weights[1:]:
            for one, other in zip(weights[0], others, strict=True):
                np.testing.assert_array_equal(one, other)


class TestValidation:
    def test_the_end_is_held_back_unshuffled(self) -> None:
        x, y = np.arange(10.0)[:, None], np.arange(10.0)
        model = Sequential([Dense(1, kernel_initializer="zeros")])
        model.compile(nl.optimizers.SGD(0.0), "mse")
        history = model.fit(x, y, verbose=0, validation_split=0.25).history
        assert history["loss"] == [pytest.approx(np.mean(np.arange(7.0) ** 2))]
        assert history["val_loss"] == [pytest.approx(np.mean([49, 64, 81]))]

    def test_weights_are_split_too(self) -> None:
        x, y, weight = np.ones((4, 1)), np.array([1.0, 1.0, 2.0, 2.0]), np.array([1.0, 1.0, 10.0, 10.0])
        model = Sequential([Dense(1, kernel_initializer="zeros")])
        model.compile(nl.optimizers.SGD(0.0), "mse")
        history = model.fit(x, y, verbose=0, validation_split=0.5, sample_weight=weight).history
        assert (history["loss"], history["val_loss"]) == ([1.0], [40.0])

    def test_pairs_and_triples(self) -> None:
        x, y = np.ones((4, 1)), np.array([1.0, 2.0, 2.0, 2.0])
        model = Sequential([Dense(1, kernel_initializer="zeros")])
        model.compile(nl.optimizers.SGD(0.0), "mse", metrics=["mse"])
        history = model.fit(x, y, verbose=0, validation_data=(x[:2], y[:2])).history
        assert history["val_loss"] == history["val_mse"] == [2.5]
        history = model.fit(x, y, verbose=0, validation_data=(x[:2], y[:2], [1.0, 0.0]), validation_split=0.5).history
        assert history["val_loss"] == [0.5]
        assert history["val_mse"] == [2.5]  # metrics are not weighted, as in Keras

    def test_it_is_done_in_inference_mode_and_trains_nothing(self) -> None:
        x, y = line()
        model = network(16, 1, rate=0.9)
        model.compile(nl.optimizers.SGD(0.0), "mse")
        history = model.fit(x, y, epochs=2, verbose=0, validation_data=(x, y)).history
        assert history["val_loss"][0] == history["val_loss"][1] == model.evaluate(x, y, verbose=0)
        assert history["loss"][0] != history["loss"][1]


class TestWeights:
    @staticmethod
    def reached(**settings: Any) -> Array:
        """Weights after two full-batch steps of SGD on three classes."""
        nl.random.seed(0)
        x, y = blobs(30, 3)
        model = Sequential([Dense(3, activation="softmax", input_shape=(2,))])
        model.compile(nl.optimizers.SGD(0.5), "sparse_categorical_crossentropy", metrics=["accuracy"])
        labels = settings.pop("labels", lambda y: y)(y)
        if labels.ndim > 1 and labels.shape[1] > 1:
            model.compile(nl.optimizers.SGD(0.5), "categorical_crossentropy")
        model.fit(x, labels, batch_size=30, epochs=2, verbose=0, **settings)
        weights: Array = model.get_weights()[0]
        return weights

    @staticmethod
    def by_hand(weight: Array) -> Array:
        """The same with the formulas written out."""
        nl.random.seed(0)
        x, y = blobs(30, 3)
        kernel, bias = Dense(3, input_shape=(2,)).get_weights()
        for _ in range(2):
            e = np.exp(x @ kernel + bias)
            slope = weight[:, None] * (e / e.sum(axis=1, keepdims=True) - np.eye(3)[y]) / 30
            kernel, bias = kernel - 0.5 * x.T @ slope, bias - 0.5 * slope.sum(axis=0)
        return kernel

    def test_of_samples(self) -> None:
        weight = np.random.default_rng(1).random(30)
        expected = self.by_hand(weight)
        for given in (weight, weight[:, None], weight.tolist()):
            np.testing.assert_allclose(self.reached(sample_weight=given), expected, rtol=1e-4, atol=1e-6)
        assert not np.allclose(self.reached(), expected, rtol=1e-2)

    @pytest.mark.parametrize("labels", [lambda y: y, lambda y: y[:, None], nl.utils.to_categorical, lambda y: y * 1.0])
    def test_of_classes(self, labels: Any) -> None:
        _, y = blobs(30, 3)
        expected = self.by_hand(np.array([2.0, 1.0, 0.25])[y])
        given = {0: 2.0, 2: 0.25}
        np.testing.assert_allclose(self.reached(labels=labels, class_weight=given), expected, rtol=1e-4, atol=1e-6)

    def test_of_both_are_multiplied(self) -> None:
        _, y = blobs(30, 3)
        weight = np.random.default_rng(1).random(30)
        expected = self.by_hand(np.array([2.0, 1.0, 0.25])[y] * weight)
        for given in (weight, weight[:, None]):
            reached = self.reached(class_weight={0: 2.0, 2: 0.25}, sample_weight=given)
            np.testing.assert_allclose(reached, expected, rtol=1e-4, atol=1e-6)

    def test_of_batches_that_are_not_even_stay_with_their_samples(self) -> None:
        x, y = np.ones((5, 1)), np.arange(5.0)
        model = Sequential([Dense(1, kernel_initializer="zeros")])
        model.compile(nl.optimizers.SGD(0.0), "mse")
        history = model.fit(x, y, batch_size=2, verbose=0, sample_weight=[0.0, 0.0, 0.0, 1.0, 0.0])
        np.testing.assert_allclose(history.history["loss"], [9 / 5])

    def test_evaluate_takes_them(self) -> None:
        model = Sequential([Dense(1, kernel_initializer="zeros")])
        model.compile("sgd", "mse")
        x, y = np.ones((3, 1)), np.array([1.0, 2.0, 3.0])
        assert model.evaluate(x, y, verbose=0, sample_weight=[0, 0, 1]) == 3
        assert model.test_on_batch(x, y, sample_weight=[1, 0, 0]) == pytest.approx(1 / 3)


class TestEvaluate:
    def test_uneven_batches_give_the_value_on_the_whole_set(self) -> None:
        x, y = blobs(50, 3)
        model = network(3, last="softmax")
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy", "SparseCategoricalAccuracy"])
        whole = model.evaluate(x, y, batch_size=50, verbose=0)
        p = model.predict(x)
        np.testing.assert_allclose(
            whole, [-np.log(p[np.arange(50), y]).mean(), *[(p.argmax(1) == y).mean()] * 2], rtol=1e-5
        )
        np.testing.assert_allclose(model.evaluate(x, y, batch_size=7, verbose=0), whole, rtol=1e-6)

    def test_without_metrics_it_is_a_number(self) -> None:
        model = network(1)
        model.compile("sgd", "mse")
        assert type(model.evaluate(*line(), verbose=0)) is float

    def test_metrics_begin_anew_each_time_and_with_each_compile(self) -> None:
        x, y = line()
        model, metric = network(1), nl.metrics.MeanSquaredError()
        metric.update_state([1e6], [0.0])
        model.compile(nl.optimizers.SGD(0.0), "mse", metrics=[metric])
        first = model.fit(x, y, verbose=0).history
        assert first["mean_squared_error"] == pytest.approx(first["loss"])
        loss, value = model.evaluate(x, y, verbose=0)
        assert value == pytest.approx(loss)


class TestBatches:
    def test_train_on_batch_steps_and_gives_the_loss_before(self) -> None:
        x, y = line()
        model = network(1)
        model.compile(nl.optimizers.SGD(0.1), "mse", metrics=["mae"])
        before = model.test_on_batch(x, y)
        assert model.train_on_batch(x, y) == before
        assert model.test_on_batch(x, y)[0] < before[0]
        model.compile(nl.optimizers.SGD(0.1), "mse")
        assert type(model.train_on_batch(x, y)) is float
        assert type(model.test_on_batch(x.tolist(), y.tolist())) is float

    def test_state_of_the_optimizer_lasts_from_call_to_call(self) -> None:
        x, y = line()
        one, other = network(1), network(1)
        one(x), other(x)
        other.set_weights(one.get_weights())
        for model in (one, other):
            model.compile(nl.optimizers.SGD(0.05, momentum=0.9), "mse")
        one.fit(x, y, batch_size=40, epochs=4, verbose=0, shuffle=False)
        for _ in range(4):
            other.train_on_batch(x, y)
        np.testing.assert_array_equal(one.get_weights()[0], other.get_weights()[0])

    def test_predict_on_batch(self) -> None:
        x, _ = line()
        model = network(1)
        np.testing.assert_array_equal(model.predict_on_batch(x), model.predict(x, batch_size=40))
        np.testing.assert_array_equal(model.predict_on_batch([[0.5]]), model.predict([[0.5]]))

    @pytest.mark.parametrize("kind", ["float64", "uint8", "list", "ints", "tensor"])
    def test_inputs_of_any_kind_give_float32(self, kind: str) -> None:
        x = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], np.float32)
        model = network(4, 2)
        expected = model.predict(x)
        given = {"list": x.tolist(), "ints": x.astype(int).tolist(), "tensor": nl.tensor(x)}.get(kind)
        y = model.predict(x.astype(kind) if given is None else given)
        assert y.dtype == np.float32
        np.testing.assert_allclose(y, expected, rtol=1e-6)

    def test_gradients_that_were_there_before_do_not_count(self) -> None:
        x, y = line()
        one, other = network(1), network(1)
        one(x), other(x)
        other.set_weights(one.get_weights())
        for model in (one, other):
            model.compile(nl.optimizers.SGD(0.1), "mse")
        other(x).sum().backward()
        one.train_on_batch(x, y), other.train_on_batch(x, y)
        np.testing.assert_array_equal(one.get_weights()[0], other.get_weights()[0])
        assert all(p.grad is None for p in other.parameters())
