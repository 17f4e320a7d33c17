"""Several inputs and outputs in compile, fit, evaluate and predict."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nnlite as nl
from nnlite.layers import Dense, Input
from nnlite.models import Model, Sequential

Array = NDArray[Any]
GENERATOR = np.random.default_rng(0)
A, B = (GENERATOR.normal(size=(10, n)).astype(np.float32) for n in (3, 4))
Y, Z = A[:, :1] * 2 + 1, B[:, :2]
W = GENERATOR.random(10)


def model(**compiled: Any) -> Model:
    """Two inputs, two outputs."""
    nl.random.seed(1)
    a, b = Input((3,), name="a"), Input((4,), name="b")
    h = Dense(4, activation="tanh")(a) + Dense(4)(b)
    made = Model([a, b], [Dense(1, name="first")(h), Dense(2, name="second")(h)])
    made.compile(nl.optimizers.SGD(0.0), **compiled)
    return made


def losses_by_hand(net: Model) -> tuple[float, float]:
    """The mean squared errors."""
    first, second = net.predict([A, B])
    return float(((first - Y) ** 2).mean()), float(((second - Z) ** 2).mean())


class TestLosses:
    @pytest.mark.parametrize(
        "loss", ["mse", ["mse", "mse"], {"second": "mse", "first": "mse"}, nl.losses.MeanSquaredError]
    )
    def test_one_for_all_a_list_or_a_dict(self, loss: Any) -> None:
        net = model(loss=loss)
        first, second = losses_by_hand(net)
        logs = net.evaluate([A, B], [Y, Z], batch_size=4, verbose=0, return_dict=True)
        assert list(logs) == ["loss", "first_loss", "second_loss"]
        np.testing.assert_allclose(list(logs.values()), [first + second, first, second], rtol=1e-5)

    @pytest.mark.parametrize("weights", [[0.5, 3.0], {"second": 3.0, "first": 0.5}, (0.5, 3)])
    def test_weights_count_in_the_sum_only(self, weights: Any) -> None:
        net = model(loss="mse", loss_weights=weights)
        first, second = losses_by_hand(net)
        values = net.evaluate([A, B], [Y, Z], verbose=0)
        np.testing.assert_allclose(values, [0.5 * first + 3 * second, first, second], rtol=1e-5)

    def test_weights_that_are_left_out_are_one(self) -> None:
        net = model(loss="mse", loss_weights={"second": 3.0})
        first, second = losses_by_hand(net)
        np.testing.assert_allclose(net.evaluate([A, B], [Y, Z], verbose=0)[0], first + 3 * second, rtol=1e-5)

    def test_an_output_without_a_loss_is_not_trained(self) -> None:
        net = model(loss=["mse", None])
        net.optimizer.learning_rate = 0.1
        before = net.get_layer("second").get_weights()
        history = net.fit([A, B], [Y, None], epochs=2, verbose=0).history
        assert list(history) == ["loss", "first_loss"]
        assert history["loss"][1] < history["loss"][0]
        np.testing.assert_array_equal(net.get_layer("second").get_weights()[0], before[0])
        with pytest.raises(RuntimeError, match="needs a loss"):
            model(loss=[None, None]).fit([A, B], [Y, Z])

    def test_the_step_is_that_of_the_weighted_sum(self) -> None:
        net, reference = model(loss="mse", loss_weights=[2.0, 0.5]), model(loss="mse")
        for one in (net, reference):
            one.optimizer.learning_rate = 0.1
        net.train_on_batch([A, B], [Y, Z])
        first, second = reference([A, B])
        loss = 2 * ((first - Y) ** 2).mean() + 0.5 * ((second - Z) ** 2).mean()
        loss.backward()
        for one, other in zip(net.parameters(), reference.parameters(), strict=True):
            np.testing.assert_allclose(one.data, other.data - 0.1 * other.grad, rtol=1e-5, atol=1e-7)


class TestMetrics:
    @pytest.mark.parametrize(
        "metrics", [[["mae"], "mse"], [["mae"], ["mse"]], {"first": "mae", "second": ["mse"]}, (("mae",), ("mse",))]
    )
    def test_of_each_output(self, metrics: Any) -> None:
        net = model(loss="mse", metrics=metrics)
        logs = net.test_on_batch([A, B], [Y, Z], return_dict=True)
        assert list(logs) == ["loss", "first_loss", "second_loss", "first_mae", "second_mse"]
        first, second = net.predict([A, B])
        np.testing.assert_allclose(logs["first_mae"], np.abs(first - Y).mean(), rtol=1e-5)
        np.testing.assert_allclose(logs["second_mse"], ((second - Z) ** 2).mean(), rtol=1e-5)

    def test_of_some_outputs_or_of_all(self) -> None:
        for metrics, names in (
            ({"second": "mae"}, ["second_mae"]), ([None, ["mae", "mse"]], ["second_mae", "second_mse"]),
            ("mae", ["first_mae", "second_mae"]), ([], []), (None, []),
        ):  # fmt: skip
            net = model(loss="mse", metrics=metrics)
            assert list(net.fit([A, B], [Y, Z], verbose=0).history)[3:] == names

    def test_accuracy_fits_each_output(self) -> None:
        x = Input((3,))
        net = Model(x, {"bit": Dense(1, activation="sigmoid")(x), "kind": Dense(3, activation="softmax")(x)})
        losses = {"bit": "binary_crossentropy", "kind": "sparse_categorical_crossentropy"}
        net.compile("sgd", losses, metrics={"bit": ["accuracy"], "kind": ["accuracy"]})
        bits, kinds = (A[:, 0] > 0).astype(int), np.arange(10) % 3
        logs = net.evaluate(A, {"kind": kinds, "bit": bits}, verbose=0, return_dict=True)
        p = net.predict(A)
        assert logs["bit_accuracy"] == pytest.approx(((p["bit"][:, 0] > 0.5) == bits).mean())
        assert logs["kind_accuracy"] == pytest.approx((p["kind"].argmax(axis=1) == kinds).mean())

    def test_of_the_only_output_by_its_name(self) -> None:
        x = Input((3,))
        net = Model(x, Dense(1, name="out")(x))
        for metrics in (["mae"], {"out": ["mae"]}, [["mae"]], "mae"):
            net.compile("sgd", {"out": "mse"}, metrics=metrics)
            assert list(net.fit(A, {"out": Y}, verbose=0).history) == ["loss", "mae"]


class TestData:
    @pytest.mark.parametrize(
        "x", [[A, B], (A, B), {"a": A, "b": B}, {"b": B, "a": A}], ids=["list", "tuple", "dict", "other"]
    )
    @pytest.mark.parametrize("y", [[Y, Z], (Y[:, 0], Z), {"second": Z, "first": Y}], ids=["list", "tuple", "dict"])
    def test_lists_and_dicts(self, x: Any, y: Any) -> None:
        net = model(loss="mse")
        expected = net.evaluate([A, B], [Y, Z], verbose=0)
        np.testing.assert_allclose(net.evaluate(x, y, batch_size=3, verbose=0), expected, rtol=1e-5)
        np.testing.assert_allclose(net.train_on_batch(x, y), expected, rtol=1e-5)
        np.testing.assert_allclose(net.test_on_batch(x, y), expected, rtol=1e-5)
        for one, other in zip(net.predict_on_batch(x), net.predict(x, batch_size=3), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)

    def test_shuffling_and_splitting_keep_samples_together(self) -> None:
        n = np.arange(10.0, dtype=np.float32)[:, None]
        pairs: list[Array] = []

        def watch(y: Any, p: Any) -> Any:
            pairs.append(np.concatenate([y, p.data], axis=1))
            return ((p - y) ** 2).mean()

        a, b = Input((1,)), Input((1,))
        net = Model([a, b], [a + Dense(1, kernel_initializer="zeros")(b), b * 1])
        net.compile(nl.optimizers.SGD(0.0), watch)
        history = net.fit([n, 2 * n], [n, 2 * n], batch_size=3, verbose=0, validation_split=0.3).history
        seen = np.concatenate(pairs)
        np.testing.assert_array_equal(seen[:, 0], seen[:, 1])
        assert sorted(seen[:, 0]) == sorted([*range(10), *range(0, 20, 2)])
        assert not np.array_equal(seen[:3, 0], [0, 1, 2])
        assert len(history) == 6
        net.fit([n, n], [n, n], verbose=0, validation_data=([n, n], [n, n]))

    def test_weights_of_samples_for_all_outputs_or_each(self) -> None:
        net = model(loss="mse")
        first, second = net.predict([A, B])
        one, two = ((first - Y) ** 2).mean(axis=1), ((second - Z) ** 2).mean(axis=1)
        both = [(W * one).mean(), (W * two).mean()]
        for given, expected in (
            (W, both), ([W, W], both), ({"first": W, "second": W}, both),
            ([W, None], [both[0], two.mean()]), ({"second": W}, [one.mean(), both[1]]),
        ):  # fmt: skip
            logs = net.test_on_batch([A, B], [Y, Z], sample_weight=given)
            np.testing.assert_allclose(logs[1:], expected, rtol=1e-5)
            assert net.fit([A, B], [Y, Z], sample_weight=given, batch_size=4, verbose=0).history["loss"]

    def test_a_subclass_may_return_lists_or_dicts(self) -> None:
        class Two(Model):
            def __init__(self, as_dict: bool) -> None:
                self.one, self.two, self.as_dict = Dense(1), Dense(2), as_dict

            def forward(self, x: Any) -> Any:
                y, z = self.one(x["a"]), self.two(x["b"])
                return {"y": y, "z": z} if self.as_dict else (y, z)

        x = {"a": A, "b": B}
        for as_dict, y, names in ((True, {"z": Z, "y": Y}, ["y", "z"]), (False, [Y, Z], ["output_1", "output_2"])):
            net = Two(as_dict)
            net.compile("sgd", "mse", metrics=[["mae"], None])
            history = net.fit(x, y, verbose=0).history
            assert list(history) == ["loss", f"{names[0]}_loss", f"{names[1]}_loss", f"{names[0]}_mae"]
            assert [type(p) for p in (net.predict(x),)] == [dict if as_dict else tuple]

    def test_no_samples_give_empty_outputs(self) -> None:
        net = model()
        assert [p.shape for p in net.predict([A[:0], B[:0]])] == [(0, 1), (0, 2)]
        for net in (Sequential([Dense(3), Dense(2)]), Sequential([Dense(3), nl.layers.BatchNorm()])):
            y = net.predict(np.zeros((0, 5)))
            assert (y.dtype, y.shape[0]) == (np.float32, 0)
            assert net.predict_on_batch(np.zeros((0, 5))).shape == y.shape
            assert net.predict(np.ones((2, 5))).shape == (2, y.shape[1])
        state = nl.random.generator().bit_generator.state
        net.predict(np.zeros((0, 5)))
        assert nl.random.generator().bit_generator.state == state


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"loss": ["mse"]}, r"expected losses for 2 outputs \['first', 'second'\], got 1"),
            (
                {"loss": {"first": "mse"}},
                r"expected losses for the outputs \['first', 'second'\], got them for \['first'\]",
            ),
            ({"loss": {"first": "mse", "third": "mse"}}, r"got them for \['first', 'third'\]"),
            ({"loss": "mse", "metrics": ["mae"]}, "expected metrics for 2 outputs .*, got 1"),
            ({"loss": "mse", "metrics": {"third": "mae"}}, r"expected metrics for the outputs .* \['third'\]"),
            ({"loss": "mse", "metrics": [["mae", "mae"], None]}, "metrics with different names, got mae, mae"),
            ({"loss": "mse", "loss_weights": [1, 2, 3]}, "expected loss_weights for 2 outputs .*, got 3"),
            ({"loss": ["mse", "msee"]}, "unknown loss 'msee'"),
            ({"loss": "mse", "metrics": [["acuracy"], None]}, "unknown metric 'acuracy'"),
        ],
    )
    def test_compile_knows_the_outputs(self, arguments: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            model(**arguments)

    @pytest.mark.parametrize(
        ("y", "more", "message"),
        [
            (Y, {}, r"expected targets for 2 outputs \['first', 'second'\], got a single array"),
            ([Y, Z, Z], {}, "expected targets for 2 outputs .*, got 3"),
            ({"first": Y, "last": Z}, {}, r"expected targets for the outputs .*, got them for \['first', 'last'\]"),
            ([Y, None], {}, "the output 'second' has a loss and no targets"),
            ([Y, Z[:4]], {}, r"x\[0\] has 10 samples and y\[1\] has 4"),
            ([Y, Z], {"sample_weight": [W, W, W]}, "expected sample weights for 2 outputs .*, got 3"),
            ([Y, Z], {"class_weight": {0: 1.0}}, "class_weight is for models with one output"),
            ([Z, Z], {}, r"expected y_true of the predictions' shape \(10, 1\)"),
        ],
    )
    def test_data_that_do_not_fit(self, y: Any, more: Any, message: str) -> None:
        net = model(loss="mse")
        with pytest.raises(ValueError, match=message):
            net.fit([A, B], y, verbose=0, **more)

    def test_keras_settings_that_change_nothing_are_taken(self) -> None:
        model(loss="mse", run_eagerly=True, steps_per_execution=8, jit_compile=True)

    def test_nothing_to_train_is_said_so(self) -> None:
        x = Input((3,))
        net = Model(x, Dense(1)(x))
        net.trainable = False
        net.compile("sgd", "mse")
        for call in (lambda: net.fit(A, Y, verbose=0), lambda: net.train_on_batch(A, Y)):
            with pytest.raises(RuntimeError, match=r"Model of 2 layers has nothing to train: all its 4 parameters"):
                call()
        net.trainable = True  # not yet: compile took note
        with pytest.raises(RuntimeError, match="has nothing to train"):
            net.train_on_batch(A, Y)
        assert net.evaluate(A, Y, verbose=0) > 0
        net.compile("sgd", "mse")
        net.train_on_batch(A, Y)
