"""Sequential: putting layers in, taking them out, cutting it up, printing it."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.layers import Concatenate, Conv2D, Dense, Dropout, Flatten, Input, MaxPool2D
from nnlite.models import Sequential


def autoencoder() -> Sequential:
    """Six numbers through two and back."""
    return Sequential([Dense(4, activation="tanh", input_shape=(6,)), Dense(2), Dense(4), Dense(6)])


class TestLayers:
    def test_added_layers_are_the_same_as_listed_ones(self) -> None:
        model = Sequential()
        for layer in autoencoder():
            model.add(layer)
        assert repr(model) == repr(autoencoder())
        assert len(model) == 4
        assert model.built

    def test_layers_are_built_as_soon_as_the_shape_is_known(self) -> None:
        model = Sequential([Conv2D(4, 3, input_shape=(8, 8, 1)), MaxPool2D(), Flatten()])
        model.add(Dense(5))
        assert model.num_parameters() == 40 + (3 * 3 * 4 + 1) * 5
        assert Sequential([Dense(4), Dense(2)]).num_parameters() == 0

    def test_pop_takes_the_last_away_also_from_what_is_trained(self) -> None:
        model = autoencoder()
        model.compile("sgd", "mse")
        model.fit(np.ones((4, 6)), np.ones((4, 6)), verbose=0)
        last = model.pop()
        assert isinstance(last, Dense)
        assert last.units == 6
        assert len(model) == 3
        assert not any(p is last.kernel for p in model.parameters())
        assert list(model.state_dict())[-1] == "layers.2.bias"
        assert model.predict(np.ones((1, 6))).shape == (1, 4)
        before = last.get_weights()
        model.fit(np.ones((4, 6)), np.ones((4, 4)), verbose=0)
        np.testing.assert_array_equal(last.get_weights()[0], before[0])
        with pytest.raises(IndexError, match="pop from a Sequential without layers"):
            Sequential().pop()

    def test_a_layer_added_after_training_is_trained(self) -> None:
        model = Sequential([Dense(3, input_shape=(2,))])
        model.compile(nl.optimizers.SGD(0.1, momentum=0.5), "mse")
        model.fit(np.ones((4, 2)), np.ones((4, 3)), verbose=0)
        model.add(Dense(1))
        before = model[1].get_weights()
        model.fit(np.ones((4, 2)), np.full(4, 9.0), verbose=0)
        assert not np.array_equal(model[1].get_weights()[0], before[0])

    def test_a_layer_that_does_not_fit_leaves_the_model_as_it_was(self) -> None:
        model = autoencoder()
        before, printed = model.get_weights(), repr(model)
        for misfit in (Conv2D(2, 3), Dense(3, input_shape=(5,))):
            with pytest.raises(ValueError, match="expected"):
                model.add(misfit)
            assert repr(model) == printed
        for one, other in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(one, other)
        model.add(Dense(1))
        assert model.predict(np.ones((2, 6))).shape == (2, 1)

    @pytest.mark.parametrize("wrong", ["relu", Dense, 3, None])
    def test_what_is_no_layer_is_refused(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="Sequential takes layers, got"):
            Sequential([Dense(1), wrong])
        with pytest.raises(TypeError, match="Sequential takes layers, got"):
            Sequential().add(wrong)

    def test_layers_without_a_list_are_pytorchs_way(self) -> None:
        with pytest.raises(
            TypeError, match=r"Sequential takes a list of layers, Sequential\(\[\.\.\.\]\), got Dense\(1\)"
        ):
            Sequential(Dense(1), Dense(2))

    def test_an_axis_of_any_length_waits_for_the_first_call(self) -> None:
        model = Sequential([Dense(3, input_shape=(None, 4)), Dense(2)])
        assert model.num_parameters() == 15
        assert model(np.ones((2, 7, 4))).shape == (2, 7, 2)
        with pytest.raises(
            ValueError, match=r"build\(\) needs the length of every axis but the batch, got input_shape="
        ):
            model.build((None, None, 4))

    def test_without_layers_it_gives_what_it_gets(self) -> None:
        x = np.ones((2, 3))
        np.testing.assert_array_equal(Sequential()(x).numpy(), x)


class TestInputs:
    def test_an_input_in_front_is_the_same_as_input_shape(self) -> None:
        for layers in ([Input((6,)), Dense(4), Dense(2)], [Input((6,)).call.function, Dense(4), Dense(2)]):
            model = Sequential(layers)
            assert model.num_parameters() == 28 + 10
            assert len(model) == 2
            assert repr(model).splitlines()[1] == "    Input(shape=(6,)),"
            assert model.predict(np.ones((3, 6))).shape == (3, 2)
        grown = Sequential(name="grown")
        grown.add(Input((None, 6)))
        grown.add(Dense(4))
        with pytest.raises(ValueError, match=r"cannot take an input of shape \(None, None, 6\), in which None"):
            grown.add(nl.layers.PReLU())
        assert len(grown) == 1
        assert grown(np.ones((1, 7, 6))).shape == (1, 7, 4)
        eval(repr(grown), {**vars(nl.layers), "Sequential": Sequential})

    def test_an_input_of_integers(self) -> None:
        model = Sequential([Input((5,), dtype="int32"), nl.layers.Embedding(9, 3), Flatten(), Dense(1)])
        assert model.num_parameters() == 27 + 16

    def test_an_input_stands_in_front_only(self) -> None:
        model = Sequential([Input((6,))])
        for wrong in (Input((6,)), Dense(1)(Input((3,)))):
            with pytest.raises((ValueError, TypeError), match=r"Input before the first layer only|takes layers, got"):
                model.add(wrong)
        with pytest.raises(ValueError, match="Input before the first layer only"):
            Sequential([Dense(1), Input((6,))])

    def test_several_inputs_where_there_was_one(self) -> None:
        model = autoencoder()
        x = np.ones((3, 6), np.float32)
        for given in ([x, x], (x, x), {"a": x}):
            with pytest.raises(TypeError, match=r"Sequential of 4 layers takes one input, got a (list|tuple|dict);"):
                model.predict(given)
        np.testing.assert_array_equal(model([x]).numpy(), model(x).numpy())
        np.testing.assert_array_equal(model.predict([x]), model.predict(x))

    def test_layers_that_take_several_may_come_first(self) -> None:
        model = Sequential([Concatenate(), Dense(2)])
        x = np.ones((3, 2), np.float32)
        for _ in range(2):
            assert model.predict([x, x]).shape == (3, 2)
        model.summary()


class TestCutting:
    def test_indices_and_iteration(self) -> None:
        model = autoencoder()
        assert [layer.units for layer in model] == [4, 2, 4, 6]
        assert model[1] is model.layers[1]
        assert model[-1] is model.layers[3]
        with pytest.raises(IndexError):
            model[4]

    def test_slices_share_the_layers(self) -> None:
        model = autoencoder()
        encoder, decoder = model[:2], model[2:]
        assert isinstance(encoder, Sequential)
        x = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
        np.testing.assert_array_equal(decoder(encoder(x)).numpy(), model(x).numpy())
        model.compile(nl.optimizers.SGD(0.1), "mse")
        model.fit(x, x, verbose=0)
        np.testing.assert_allclose(decoder.predict(encoder.predict(x)), model.predict(x), rtol=1e-6)
        assert encoder[0] is model[0]
        assert len(model[1:3:1]) == 2
        assert len(model[:0]) == 0

    def test_a_part_can_be_trained_alone(self) -> None:
        model = autoencoder()
        decoder = model[2:]
        frozen = model[0].get_weights()
        decoder.compile(nl.optimizers.SGD(0.1), "mse")
        before = model[3].get_weights()
        decoder.fit(np.ones((4, 2)), np.ones((4, 6)), verbose=0)
        np.testing.assert_array_equal(model[0].get_weights()[0], frozen[0])
        assert not np.array_equal(model[3].get_weights()[0], before[0])


class TestPrinting:
    def test_it_is_the_code_that_builds_it(self) -> None:
        model = Sequential(
            [Conv2D(2, (3, 3), activation="relu", input_shape=(5, 5, 1)), Flatten(), Dense(3)], name="net"
        )
        assert repr(model) == (
            "Sequential([\n"
            "    Conv2D(2, (3, 3), activation='relu', input_shape=(5, 5, 1)),  # 20 parameters\n"
            "    Flatten(),\n"
            "    Dense(3),  # 57 parameters\n"
            "], name='net')  # 77 parameters"
        )
        again = eval(repr(model), {**vars(nl.layers), "Sequential": Sequential})
        assert repr(again) == repr(model)

    def test_one_inside_another_is_indented(self) -> None:
        model = Sequential([Sequential([Dense(2, input_shape=(1,)), Dropout(0.5)]), Dense(1, name="last")])
        model(np.ones((1, 1)))
        assert repr(model) == (
            "Sequential([\n"
            "    Sequential([\n"
            "        Dense(2, input_shape=(1,)),  # 4 parameters\n"
            "        Dropout(0.5),\n"
            "    ]),  # 4 parameters\n"
            "    Dense(1, name='last'),  # 3 parameters\n"
            "])  # 7 parameters"
        )
        again = eval(repr(model), {**vars(nl.layers), "Sequential": Sequential})
        again(np.ones((1, 1)))
        assert repr(again) == repr(model)

    def test_empty_ones(self) -> None:
        assert repr(Sequential()) == "Sequential()"
        assert repr(Sequential(name="net")) == "Sequential(name='net')"
        assert Sequential().label == "Sequential of 0 layers"
