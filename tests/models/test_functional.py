"""Functional models: graphs of every form, their layers, names, errors, printing and memory."""

import copy
import gc
import pickle
import re
import weakref
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nnlite as nl
import nnlite.functional as F
from nnlite.layers import (
    LSTM,
    Add,
    BatchNorm,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    Lambda,
    Module,
    MultiHeadAttention,
)  # fmt: skip
from nnlite.models import Model, Sequential

Array = NDArray[Any]
GENERATOR = np.random.default_rng(0)
A, B = (GENERATOR.normal(size=(6, n)).astype(np.float32) for n in (3, 4))


def two_by_two() -> Model:
    """Two inputs, two outputs, a residual sum and a layer that is called twice."""
    a, b = Input((3,), name="a"), Input((4,))
    shared = Dense(5, activation="tanh", name="shared")
    h, g = Dense(5)(a), Dense(5)(b)
    total = shared(h) + shared(g) * 2
    return Model([a, b], [Dense(1, name="out")(total), Dense(2)(Concatenate()([total, g]))])


def by_hand(model: Model, a: Array, b: Array) -> list[Array]:
    """What `two_by_two` computes."""
    w = {name: value.data for name, value in model.named_parameters()}
    h, g = a @ w["dense.kernel"] + w["dense.bias"], b @ w["dense_1.kernel"] + w["dense_1.bias"]
    total = np.tanh(h @ w["shared.kernel"] + w["shared.bias"])
    total = total + np.tanh(g @ w["shared.kernel"] + w["shared.bias"]) * 2
    last = np.concatenate([total, g], axis=1)
    return [total @ w["out.kernel"] + w["out.bias"], last @ w["dense_2.kernel"] + w["dense_2.bias"]]


def same(one: Any, other: Any) -> None:
    """Compare outputs in lists or dicts to the bit."""
    if isinstance(one, dict):
        assert list(one) == list(other)
        one, other = list(one.values()), list(other.values())
    one, other = (x if isinstance(x, (list, tuple)) else [x] for x in (one, other))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


class TestComputing:
    def test_two_inputs_two_outputs_a_residual_and_a_shared_layer(self) -> None:
        model = two_by_two()
        outputs = model.predict([A, B])
        assert isinstance(outputs, list)
        for got, expected in zip(outputs, by_hand(model, A, B), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)

    def test_gradients_are_those_of_finite_differences(self) -> None:
        model = two_by_two().astype("float64")

        def outputs(a: Any, b: Any) -> Any:
            first, second = model([a, b])
            return F.concatenate([first, second], axis=1)

        nl.check_grads(outputs, A.astype("float64"), B.astype("float64"))

    def test_a_shared_layer_gets_the_sum_of_its_gradients(self) -> None:
        x = Input((3,))
        shared = Dense(3, use_bias=False)
        model = Model(x, shared(shared(x)))
        model(A).sum().backward()
        twice = shared.kernel.grad.copy()
        shared.zero_grad()
        F.matmul(F.matmul(A, shared.kernel), shared.kernel).sum().backward()
        np.testing.assert_allclose(twice, shared.kernel.grad, rtol=1e-5)
        assert len(model.get_weights()) == 1

    def test_inputs_as_lists_tuples_dicts_and_tensors(self) -> None:
        model = two_by_two()
        expected = [y.numpy() for y in model([A, B])]
        for inputs in ((A, B), {"input_layer": B, "a": A}, [nl.tensor(A), nl.tensor(B)]):
            same([y.numpy() for y in model(inputs)], expected)
        same(model.predict({"a": A, "input_layer": B}, batch_size=4), model.predict([A, B], batch_size=4))

    def test_dicts_of_inputs_and_outputs(self) -> None:
        p, q = Input((3,)), Input((3,))
        model = Model({"p": p, "q": q}, {"sum": p + q, "both": [p - q, q - p]})
        outputs = model.predict({"q": A, "p": 2 * A})
        assert list(outputs) == ["sum", "both"]
        np.testing.assert_allclose(outputs["sum"], 3 * A, rtol=1e-6)
        np.testing.assert_allclose(outputs["both"][1], -A, rtol=1e-6)
        assert model.output_names == ["sum", "both"]

    def test_a_single_input_may_come_in_a_list_or_by_its_name(self) -> None:
        x = Input((3,), name="x")
        model = Model(inputs=[x], outputs=x * 2)
        for given in (A, [A], {"x": A}):
            np.testing.assert_array_equal(model.predict(given), 2 * A)

    def test_models_inside_models(self) -> None:
        x = Input((3,))
        inner = Model(x, Dense(3, activation="tanh")(x) + x)
        stack = Sequential([Dense(3), inner])
        y = Input((3,))
        outer = Model(y, inner(stack(inner(y))))
        f = inner.predict
        np.testing.assert_allclose(outer.predict(A), f(f(stack[0](f(A)).numpy())))
        assert outer.num_parameters() == inner.num_parameters() + 12

    def test_an_input_may_be_an_output_and_may_be_used_by_nothing(self) -> None:
        a, b = Input((3,)), Input((4,))
        model = Model([a, b], [a, a])
        same(model.predict([A, B]), [A, A])

    def test_a_part_may_begin_in_the_middle(self) -> None:
        x = Input((3,))
        code = Dense(2)(x)
        whole = Model(x, Dense(3)(code))
        decoder = Model(code, whole.outputs)
        encoder = Model(whole.inputs, code)
        np.testing.assert_array_equal(decoder.predict(encoder.predict(A)), whole.predict(A))
        assert decoder.num_parameters() == 9

    def test_layers_with_several_outputs_and_settings(self) -> None:
        class Halves(Module):
            def forward(self, x: Any, scale: float = 1.0, shift: Any = None) -> Any:
                y = x * scale if shift is None else x * scale + shift
                return y[:, :2], None, {"rest": y[:, 2:]}

        x = Input((4,))
        left, nothing, right = Halves()(x, scale=2.0)
        assert (left.shape, nothing, right["rest"].shape) == ((None, 2), None, (None, 2))
        again = Halves()(x, shift=Concatenate()([left, right["rest"]]))
        model = Model(x, [again[0], right["rest"]])
        first, second = model.predict(B)
        np.testing.assert_allclose(first, 3 * B[:, :2], rtol=1e-6)
        np.testing.assert_array_equal(second, 2 * B[:, 2:])

    def test_states_of_recurrent_layers_are_passed_on(self) -> None:
        source, target = Input((None, 3)), Input((None, 3))
        _, *states = LSTM(4, return_state=True)(source)
        y = LSTM(4, return_sequences=True)(target, initial_state=states)
        assert y.shape == (None, None, 4)
        model = Model([source, target], y)
        a, b = (GENERATOR.normal(size=(2, n, 3)).astype(np.float32) for n in (5, 7))
        encoder, decoder = model.get_layer("lstm"), model.get_layer("lstm_1")
        _, *after = encoder(a)
        np.testing.assert_allclose(model.predict([a, b]), decoder(b, initial_state=after).numpy(), rtol=1e-5, atol=1e-6)

    def test_tensors_by_keyword_are_inputs_too(self) -> None:
        x = Input((5, 4))
        y = MultiHeadAttention(2, 2)(query=x, value=x)
        data = GENERATOR.normal(size=(2, 5, 4)).astype(np.float32)
        model = Model(x, y)
        attention = model.get_layer("multi_head_attention")
        np.testing.assert_allclose(model.predict(data), attention(data, data).numpy(), rtol=1e-5, atol=1e-6)

    def test_masks_travel_through_it(self) -> None:
        tokens = Input((None,), dtype="int32")
        embedded = Embedding(9, 3, mask_zero=True)(tokens)
        model = Model(tokens, LSTM(2)(Add()([embedded, embedded])))
        np.testing.assert_array_equal(model.predict(np.array([[4, 2, 0, 0]])), model.predict(np.array([[4, 2]])))

    def test_thousands_of_calls_need_no_recursion(self) -> None:
        x = y = Input((1,))
        for _ in range(2000):
            y = y + 1
        model = copy.deepcopy(Model(x, y))
        model = pickle.loads(pickle.dumps(model))
        assert model.predict(np.zeros((1, 1))) == 2000
        assert len(model.outputs) == 1

    def test_a_subclass_may_be_functional_and_have_more(self) -> None:
        class Net(Model):
            def __init__(self, units: int) -> None:
                x = Input((3,))
                self.units = units
                super().__init__(x, Dense(units)(x))
                self.extra = Dense(1, input_shape=(units,))

            def encode(self, x: Any) -> Any:
                return self.extra(self(x))

        net = Net(2)
        net.output = Dense(1)  # names that Model uses are free all the same
        assert isinstance(net.output, Dense)
        assert net.encode(A).shape == (6, 1)
        assert list(net.state_dict()) == ["dense.kernel", "dense.bias", "extra.kernel", "extra.bias"]
        assert Net.from_config(net.get_config()).units == 2


class TestTraining:
    def test_it_learns(self) -> None:
        x = Input((3,))
        model = Model(x, Dense(1)(Dense(8, activation="tanh")(x) + Dense(8)(x)))
        model.compile(nl.optimizers.Adam(0.03), "mse", metrics=["mae"])
        history = model.fit(A, A.sum(axis=1) * 2, epochs=150, verbose=0).history
        assert history["loss"][-1] < 1e-2 < history["loss"][0]
        assert list(history) == ["loss", "mae"]

    def test_penalties_of_layers_inside_count(self) -> None:
        x = Input((3,))
        layer = Dense(2, kernel_regularizer="l2", activity_regularizer="l1")
        model = Model(x, layer(layer(x)[:, :1] * np.ones((1, 3), np.float32)))
        model.compile(nl.optimizers.SGD(0.0), "mse")
        bare = ((model.predict(A) - A[:, :2]) ** 2).mean()
        penalty = 0.01 * (layer.kernel.data**2).sum()
        activity = 0.01 * (np.abs(layer(A).numpy()).sum() + np.abs(model.predict(A)).sum()) / len(A)
        np.testing.assert_allclose(model.evaluate(A, A[:, :2], verbose=0), bare + penalty + activity, rtol=1e-5)

    def test_dropout_and_norms_know_the_mode(self) -> None:
        x = Input((3,))
        model = Model(x, BatchNorm()(Dropout(0.5)(x)))
        model.compile("sgd", "mse")
        norm = model.get_layer("batch_norm")
        model.fit(A, A, verbose=0)
        assert not np.array_equal(norm.moving_mean, np.zeros(3))
        np.testing.assert_array_equal(model.predict(A), model.predict(A))
        assert all(module.training for module in model.modules())


class TestLayers:
    def test_names_are_given_by_the_model_and_not_counted_globally(self) -> None:
        for _ in range(2):
            model = two_by_two()
            names = ["a", "input_layer", "dense", "dense_1", "shared", "concatenate", "out", "dense_2"]
            assert [name for name, _ in model.named_children()] == names
            assert [model.get_layer(name) for name in names] == model.layers
            assert list(model.state_dict()) == [
                f"{layer}.{kind}"
                for layer in ("dense", "dense_1", "shared", "out", "dense_2")
                for kind in ("kernel", "bias")
            ]
        assert model.output_names == ["out", "dense_2"]
        assert model.get_layer(index=2) is model.layers[2]

    def test_names_of_ones_own_come_first(self) -> None:
        x = Input((3,))
        model = Model(x, Dense(2, name="dense")(Dense(2)(x)))
        assert [name for name, _ in model.named_children()] == ["input_layer", "dense_1", "dense"]
        with pytest.raises(ValueError, match="layers of different names in one model, got 'd' 2 times"):
            Model(x, Dense(2, name="d")(Dense(2, name="d")(x)))

    def test_get_layer_says_what_there_is(self) -> None:
        model = Sequential([Dense(2), Dense(1, name="last")])
        assert model.get_layer("dense") is model.get_layer(index=0) is model[0]
        assert model.get_layer("last") is model.get_layer(index=-1)
        with pytest.raises(ValueError, match="Sequential of 2 layers has no layer 'dens'; it has dense, last"):
            model.get_layer("dens")
        with pytest.raises(ValueError, match="Sequential of 2 layers has 2 layers, got index=2"):
            model.get_layer(index=2)
        for wrong in ({}, {"name": "dense", "index": 0}):
            with pytest.raises(ValueError, match="get_layer takes a name or an index"):
                model.get_layer(**wrong)

    def test_only_functional_models_know_inputs_and_outputs(self) -> None:
        assert two_by_two().output[0].shape == (None, 1)
        x = Input((3,))
        assert Model(x, x * 1).input is x
        for attribute in ("inputs", "outputs", "output_names"):
            with pytest.raises(AttributeError, match=f"{attribute} is known only of a functional model"):
                getattr(Sequential([Dense(1)]), attribute)

    def test_freezing_and_astype_reach_all(self) -> None:
        model = two_by_two()
        model.trainable = False
        assert not any(p.requires_grad for p in model.parameters())
        model.astype("float64")
        assert {y.dtype for y in model([A, B])} == {np.dtype("float64")}


class TestErrors:
    def test_a_disconnected_graph_names_the_layer_and_the_input(self) -> None:
        a, b = Input((3,), name="first"), Input((3,), name="second")
        y = Dense(2, name="end")(Add()([a, b]))
        with pytest.raises(
            ValueError,
            match=r"Add\(\) depends on Input\(shape=\(3,\), name='second'\), which is not among the inputs",
        ):
            Model(a, y)
        with pytest.raises(ValueError, match=r"an output depends on Input\(shape=\(3,\), name='second'\)"):
            Model(a, [y, b])

    @pytest.mark.parametrize(
        ("inputs", "outputs", "error", "message"),
        [
            (
                Input((3,)),
                nl.tensor(A),
                TypeError,
                "expected outputs to be what layers give when they",
            ),
            (A, Input((3,)), TypeError, r"expected inputs to be layers\.Input\(\.\.\.\), got array"),
            (Input((3,)), [], ValueError, "expected at least one of its outputs"),
            (Dense(3), Input((3,)), TypeError, "expected inputs to be layers.Input"),
        ],
    )
    def test_inputs_and_outputs_are_symbols(self, inputs: Any, outputs: Any, error: Any, message: str) -> None:
        with pytest.raises(error, match=message):
            Model(inputs, outputs)

    def test_both_are_needed_and_each_input_once(self) -> None:
        x = Input((3,))
        with pytest.raises(TypeError, match="takes both inputs and outputs"):
            Model(inputs=x)
        with pytest.raises(TypeError, match="takes both inputs and outputs"):
            Model(outputs=x)
        with pytest.raises(ValueError, match="expected each input once"):
            Model([x, x], x)
        with pytest.raises(NotImplementedError, match=r"Model does not define forward\(\)"):
            Model()(A)

    def test_the_wrong_number_of_inputs_or_wrong_names(self) -> None:
        model = two_by_two()
        with pytest.raises(ValueError, match=r"the model expected 2 inputs \(a, input_layer\), got 1"):
            model.predict(A)
        with pytest.raises(ValueError, match=r"expected a dict of the inputs \['a', 'input_layer'\], got \['a', 'b'\]"):
            model.predict({"a": A, "b": B})
        with pytest.raises(ValueError, match=r"Input\(shape=\(3,\), name='a'\) expected an input of shape \(None, 3\)"):
            model.predict([B, A])
        with pytest.raises(ValueError, match=r"x\[0\] has 6 samples and x\[1\] has 5"):
            model.predict([A, B[:5]])


class TestPrinting:
    def test_it_is_the_code_that_builds_it(self) -> None:
        model = two_by_two()
        code = repr(model)
        assert code.splitlines()[:7] == [
            "a = Input(shape=(3,), name='a')",
            "input_layer = Input(shape=(4,))",
            "dense = Dense(5)(a)  # 20 parameters",
            "dense_1 = Dense(5)(input_layer)  # 25 parameters",
            "shared = Dense(5, activation='tanh', name='shared')  # 30 parameters",
            "shared_call_0 = shared(dense)",
            "shared_call_1 = shared(dense_1)",
        ]
        *lines, last = code.splitlines()
        names: dict[str, Any] = {**vars(nl.layers), "Model": Model, "F": F}
        exec("\n".join(lines), names)
        again = eval(last, names)
        assert repr(again) == code
        again.set_weights(model.get_weights())
        same(again.predict([A, B]), model.predict([A, B]))

    def test_inside_a_sequential_it_has_a_label(self) -> None:
        x = Input((3,))
        model = Model(x, Dense(2)(x))
        assert model.label == "Model of 2 layers"

    def test_the_summary_shows_what_is_connected(self, capsys: pytest.CaptureFixture[str]) -> None:
        x = Input((8, 8, 1), name="image")
        y = Conv2D(4, 3, activation="relu")(x)
        y = Flatten()(y + Conv2D(4, 3)(x))
        Model(x, Dense(2)(y), name="net").summary()
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "net"
        assert [line.split()[0] for line in lines[4:10]] == ["image", "conv2d", "conv2d_1", "add", "flatten", "dense"]
        assert re.split("  +", lines[2]) == [
            "Layer", "Output shape", "Parameters", "Multiply-adds", "Memory", "Connected to",
        ]  # fmt: skip
        assert re.split("  +", lines[7]) == ["add", "(None, 6, 6, 4)", "0", "0", "576 B", "conv2d, conv2d_1"]
        assert re.split("  +", lines[9]) == ["dense (Dense)", "(None, 2)", "290", "288", "8 B", "flatten"]
        assert lines[11:13] == ["Total parameters: 370 (1.45 KB)", "Trainable parameters: 370 (1.45 KB)"]


class TestMemory:
    def test_copies_are_independent_and_know_their_symbols(self) -> None:
        model = two_by_two()
        for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            same(other.predict([A, B]), model.predict([A, B]))
            assert not {id(p) for p in other.parameters()} & {id(p) for p in model.parameters()}
            assert Model(other.inputs, other.outputs).predict([A, B])[0].shape == (6, 1)
            longer = Model(other.inputs, Dense(1)(other.outputs[1]))
            assert longer.predict([A, B]).shape == (6, 1)

    def test_a_dropped_model_is_freed_at_once(self) -> None:
        def trained() -> list[Any]:
            model = two_by_two()
            model.compile("adam", ["mse", "mse"])
            model.fit([A, B], [A[:, :1], B[:, :2]], verbose=0)
            model.evaluate([A, B], [A[:, :1], B[:, :2]], verbose=0)
            return [weakref.ref(model), *map(weakref.ref, model.layers)]

        trained()
        gc.collect()
        gc.disable()
        try:
            assert [ref() for ref in trained()] == [None] * 9
            assert gc.collect() == 0
        finally:
            gc.enable()

    def test_values_are_let_go_of_as_soon_as_nothing_needs_them(self) -> None:
        alive: list[int] = []
        made: list[Any] = []

        class Watch(Module):
            def forward(self, x: Any) -> Any:
                alive.append(sum(ref() is not None for ref in made))
                y = x + 1
                made.append(weakref.ref(y))
                return y

        x = y = Input((3,))
        for _ in range(5):
            y = Watch()(y)
        model = Model(x, y)
        alive.clear(), made.clear()
        model.predict(A)
        assert alive == [0, 1, 1, 1, 1]


def test_a_lambda_is_a_step_like_any_other() -> None:
    x = Input((3,))
    assert Model(x, Lambda(lambda x: x * 2)(x)).predict(A).shape == (6, 3)
