"""Models in files: what is saved is loaded, whole and compiled, and what does not fit is named."""

import copy
import json
import os
import pickle
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite import io, layers, losses, metrics, nn, optimizers
from nnlite.layers import Dense, Dropout, Input, Lambda
from nnlite.models import Model, Sequential, load_model
from tests.conformance import LOSSES, METRICS, OPTIMIZERS, SCHEDULES

pytest.importorskip("safetensors")

X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
Y = np.random.default_rng(1).integers(0, 3, 12)


def sequential():
    return Sequential(
        [
            Dense(8, "relu", input_shape=(4,), kernel_regularizer="l2"),
            layers.BatchNorm(),
            Dropout(0.3, seed=1),
            Sequential([Dense(3, "softmax")], name="head"),
        ],
        name="net",
    )


def functional():
    """Shared layers, a model inside, operators and functions."""
    x = Input((4,), name="x")
    shared = Dense(4, "tanh")
    h = shared(shared(x)) + x
    inside = Input((4,))
    inner = Model(inside, layers.Add()([Dense(4)(inside), inside]), name="inner")
    return Model(x, Dense(3, "softmax")(F.relu(inner(h))), name="net")


def images():
    return Sequential(
        [
            layers.Reshape((2, 2, 1), input_shape=(4,)),
            layers.Conv2D(3, 2, padding="same"),
            layers.MaxPool2D(),
            layers.Flatten(),
            Dense(3, "softmax", kernel_constraint="unit_norm"),
        ]
    )


def torch_modules():
    head = nn.Sequential({"last": nn.Linear(5, 3), "softmax": nn.Softmax(dim=-1)})
    return Sequential([nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), head])


MODELS = [sequential, functional, images, torch_modules]


def compiled(model: Any, **more: Any) -> Any:
    settings = {"optimizer": optimizers.Adam(0.01), "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    model.compile(**{**settings, **more})
    return model


def train(model: Any, seed: int = 5, epochs: int = 2) -> Any:
    nl.random.seed(seed)
    return model.fit(X, Y, batch_size=5, epochs=epochs, verbose=0).history


def same_weights(one: Any, other: Any) -> None:
    assert list(one.state_dict()) == list(other.state_dict())
    for name, array in one.state_dict().items():
        assert other.state_dict()[name].dtype == array.dtype
        np.testing.assert_array_equal(other.state_dict()[name], array)


@pytest.mark.parametrize("make", MODELS)
def test_a_model_comes_back_and_goes_on_as_if_it_had_stayed(make: Any, tmp_path: Any) -> None:
    model = compiled(make())
    train(model)
    nl.random.seed(3)
    model.save(tmp_path / "model.safetensors")
    drawn = nl.random.generator().random()
    nl.random.seed(3)
    other = load_model(tmp_path / "model.safetensors")
    assert nl.random.generator().random() == drawn  # loading draws nothing
    assert repr(other) == repr(model)
    assert other.name == model.name
    same_weights(model, other)
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    if make is sequential:  # whose Dropout has drawn meanwhile, from a generator of its own
        model[2]._generator = np.random.default_rng(1)
    assert train(other) == train(model)
    same_weights(model, other)


def test_the_file_holds_json_and_arrays(tmp_path: Any) -> None:
    safetensors = pytest.importorskip("safetensors")
    sequential().save(tmp_path / "m")
    with safetensors.safe_open(tmp_path / "m", "np") as file:
        content = json.loads(file.metadata()["nnlite.state"])
        assert content["state"]["model"]["class_name"] == "Sequential"
        assert file.get_slice("weights.layers.0.kernel").get_shape() == [4, 8]


@pytest.mark.parametrize("row", OPTIMIZERS, ids=str)
def test_every_optimizer_comes_back_with_its_state(row: Any, tmp_path: Any) -> None:
    model = compiled(sequential(), optimizer=row.make(0.01))
    train(model)
    model.save(tmp_path / "m")
    other = load_model(tmp_path / "m")
    assert repr(other.optimizer) == repr(model.optimizer)
    np.testing.assert_equal(other.optimizer.state_dict(), model.optimizer.state_dict())


@pytest.mark.parametrize("row", [row for row in SCHEDULES if "lambda" not in str(row)], ids=str)
def test_every_schedule_comes_back(row: Any, tmp_path: Any) -> None:
    model = compiled(sequential(), optimizer=optimizers.SGD(row.schedule))
    model.save(tmp_path / "m")
    assert repr(load_model(tmp_path / "m").optimizer.learning_rate) == repr(row.schedule)


@pytest.mark.parametrize("row", [*LOSSES, *METRICS], ids=str)
def test_every_loss_and_metric_is_made_again_from_its_config(row: Any) -> None:
    from nnlite._config import as_config, made_from

    made = row.make()
    made.name = "mine"
    again = made_from(json.loads(json.dumps(as_config(made))))
    assert type(again) is type(made)
    assert repr(again) == repr(made)
    assert again.name == "mine"


def test_losses_and_metrics_in_any_form_come_back(tmp_path: Any) -> None:
    x = Input((4,))
    model = Model(x, {"a": Dense(1, name="a")(x), "b": Dense(2, name="b")(x)})
    model.compile(
        optimizer="rmsprop",
        loss={"a": losses.Huber(delta=0.5), "b": losses.MeanSquaredError},
        metrics={"a": ["mae", metrics.RootMeanSquaredError("r")], "b": None},
        loss_weights={"a": 1, "b": 0.25},
    )
    y = {"a": X[:, :1], "b": X[:, 1:3]}
    model.save(tmp_path / "m")
    other = load_model(tmp_path / "m")
    assert other.evaluate(X, y, verbose=0, return_dict=True) == model.evaluate(X, y, verbose=0, return_dict=True)


class Net(Model):
    """A model of a user's own."""

    def __init__(self, units: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.units, self.dense, self.last = units, Dense(units), Dense(3)

    def forward(self, x: Any) -> Any:
        return self.last(tripled(self.dense(x)))


def tripled(x: Any) -> Any:
    return 3 * x


def my_loss(y_true: Any, y_pred: Any) -> Any:
    return ((y_pred - F.one_hot(y_true, 3)) ** 2).mean(axis=-1)


class TestCustom:
    def test_a_subclass_comes_back_built(self, tmp_path: Any) -> None:
        model = compiled(Net(2, name="n"), loss=my_loss, metrics=[my_loss])
        train(model)
        model.save(tmp_path / "m")
        other: Any = load_model(tmp_path / "m", {"Net": Net, "my_loss": my_loss})
        assert (type(other), other.units, other.name) == (Net, 2, "n")
        assert train(other) == train(model)
        same_weights(model, other)

    def test_what_is_missing_is_named(self, tmp_path: Any) -> None:
        model = compiled(Sequential([Lambda(tripled), Net(2)]), loss=my_loss, metrics=())
        train(model)
        model.save(tmp_path / "m")
        for given, name in (
            ({}, "tripled"),
            ({"tripled": tripled}, "Net"),
            ({"tripled": tripled, "Net": Net}, "my_loss"),
        ):
            with pytest.raises(ValueError, match=rf"m: unknown '{name}': pass custom_objects=.*'{name}'") as caught:
                load_model(tmp_path / "m", given)
            assert "compile=False" in str(caught.value)
        other = load_model(tmp_path / "m", {"tripled": tripled, "Net": Net}, compile=False)
        assert other.optimizer is None
        same_weights(model, other)

    def test_lambdas_cannot_be_saved_and_the_error_says_why(self, tmp_path: Any) -> None:
        with pytest.raises(TypeError, match="a lambda has no name to be found by"):
            Sequential([Lambda(lambda x: x), Dense(1, input_shape=(1,))]).save(tmp_path / "m")
        assert not (tmp_path / "m").exists()

    def test_a_loss_that_cannot_be_written_down_leaves_the_rest_with_a_warning(self, tmp_path: Any) -> None:
        model = compiled(sequential(), loss=lambda y, p: F.mse(p, F.one_hot(y, 3)), metrics=())
        train(model)
        with pytest.warns(UserWarning, match="saved without what it was compiled with.*a lambda has no name"):
            model.save(tmp_path / "m")
        other = load_model(tmp_path / "m")
        assert other.optimizer is None
        same_weights(model, other)

    def test_a_subclass_whose_inputs_are_not_known_says_what_to_do(self, tmp_path: Any) -> None:
        class Pair(Net):
            def forward(self, inputs: Any) -> Any:
                return super().forward(inputs[0] + inputs[1])

        model = Pair(2)
        model([X, X])
        model.save(tmp_path / "m")
        with pytest.raises(ValueError, match=r"call it on a batch, and then use load_weights\(\) on the file"):
            load_model(tmp_path / "m", {"Pair": Pair})
        other = Pair(2)
        other([X, X])
        other.load_weights(tmp_path / "m")
        same_weights(model, other)


def test_what_is_frozen_stays_frozen_and_is_trained_as_compiled(tmp_path: Any) -> None:
    model = sequential()
    model[0].trainable = False
    compiled(model)
    model.trainable = False
    model[0].trainable = True
    model[0].bias.requires_grad = False
    model.save(tmp_path / "m")
    other: Any = load_model(tmp_path / "m")
    assert [m.trainable for m in other.modules()] == [m.trainable for m in model.modules()]
    assert [p.requires_grad for p in other.parameters()] == [p.requires_grad for p in model.parameters()]
    for one in (model, other):
        before = [p.data.copy() for p in one.parameters()]
        train(one)
        moved = [not np.array_equal(p.data, b) for p, b in zip(one.parameters(), before, strict=True)]
        assert moved == [False, False, True, True, True, True]
    same_weights(model, other)


def test_dtypes_come_back(tmp_path: Any) -> None:
    model = compiled(sequential().astype("float64"))
    model[3].astype("float16")
    model.save(tmp_path / "m")
    same_weights(model, load_model(tmp_path / "m"))


def test_a_model_that_was_never_called_comes_back_so(tmp_path: Any) -> None:
    compiled(Sequential([Dense(3)])).save(tmp_path / "m")
    other = load_model(tmp_path / "m")
    assert not other.get_weights()
    train(other)


@pytest.mark.parametrize("way", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"])
@pytest.mark.parametrize("make", MODELS)
def test_compiled_models_are_copied_and_pickled(make: Any, way: Any) -> None:
    model = compiled(make())
    train(model)
    other = way(model)
    same_weights(model, other)
    assert train(other) == train(model)
    same_weights(model, other)


class TestWeights:
    @pytest.mark.parametrize("name", ["w.npz", "w.safetensors", "w", "new/folder/w.safetensors"])
    def test_they_come_back(self, tmp_path: Any, name: str) -> None:
        model, other = sequential(), sequential()
        model.save_weights(tmp_path / name)
        other.load_weights(str(tmp_path / name))
        same_weights(model, other)

    def test_those_of_models_and_checkpoints_are_taken_too(self, tmp_path: Any) -> None:
        model = compiled(sequential())
        model.save(tmp_path / "m")
        io.Checkpoint(model).save(tmp_path / "c")
        for name in "mc":
            other = sequential()
            other.load_weights(tmp_path / name)
            same_weights(model, other)

    def test_what_does_not_fit_is_named_and_changes_nothing(self, tmp_path: Any) -> None:
        for name in ("w.npz", "w.safetensors"):
            functional().save_weights(tmp_path / name)
            model = sequential()
            before = model.get_weights()
            with pytest.raises(ValueError, match=rf"{name} does not fit: Sequential of 4 layers is missing .*layers.0"):
                model.load_weights(tmp_path / name)
            np.testing.assert_equal(model.get_weights(), before)
        Sequential([Dense(7, input_shape=(4,))]).save_weights(tmp_path / "w.npz")
        with pytest.raises(ValueError, match=r"expected the shapes: layers.0.kernel \(4, 6\), got \(4, 7\)"):
            Sequential([Dense(6, input_shape=(4,))]).load_weights(tmp_path / "w.npz")
        with pytest.raises(ValueError, match=r"not built yet: call it on a batch"):
            Sequential([Dense(7)]).load_weights(tmp_path / "w.npz")
        longer = Sequential([Dense(7, input_shape=(4,)), Dense(2)])
        longer.load_weights(tmp_path / "w.npz", strict=False)


class TestMistakes:
    @pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.HDF5", "m.pt", "m.pth", "m.pkl", "m.onnx"])
    def test_names_of_other_formats(self, tmp_path: Any, name: str) -> None:
        for save in (sequential().save, sequential().save_weights):
            with pytest.raises(ValueError, match=r"writes safetensors, got .* the name of .*: try '\w+.safetensors'"):
                save(tmp_path / name)
        assert not os.listdir(tmp_path)

    def test_files_that_are_none(self, tmp_path: Any) -> None:
        model = sequential()
        for load in (load_model, model.load_weights):
            with pytest.raises(FileNotFoundError, match="there is no file"):
                load(tmp_path / "nowhere")
            with pytest.raises(IsADirectoryError, match="got the folder"):
                load(tmp_path)
        model.save_weights(tmp_path / "w")
        with pytest.raises(io.FormatError, match="expected a model that nnlite saved, found arrays only"):
            load_model(tmp_path / "w")
        (tmp_path / "m.keras").write_bytes(b"\x89HDF\r\n\x1a\n")
        with pytest.raises(io.FormatError, match="expected a model that nnlite saved, found an HDF5 file"):
            load_model(tmp_path / "m.keras")
        with pytest.raises(TypeError, match=r"save\(\) takes a path, got None"):
            model.save(None)
        with pytest.raises(ValueError, match="only save_weights"):
            model.save(tmp_path / "m.npz")

    def test_a_file_that_is_there_may_be_kept(self, tmp_path: Any) -> None:
        (tmp_path / "m").write_text("mine")
        for save in (sequential().save, sequential().save_weights):
            with pytest.raises(FileExistsError, match="overwrite=False"):
                save(tmp_path / "m", overwrite=False)
        assert (tmp_path / "m").read_text() == "mine"
        sequential().save(tmp_path / "m")
        load_model(tmp_path / "m")


def test_configs_that_make_no_model_are_format_errors(tmp_path: Any) -> None:
    from nnlite.io._state import read_state, write_state

    compiled(sequential()).save(tmp_path / "m")
    good = read_state(tmp_path / "m", "model")
    negative = {"class_name": "Dense", "module": "nnlite.layers", "config": {"units": -3}}
    for change in (
        {"model": 3}, {"model": {"class_name": "Sequential", "module": "nnlite.models"}}, {"model": negative},
        {"model": {"class_name": "tuple", "items": []}}, {"weights": {}}, {"weights": [1]}, {"frozen": 3},
        {"compiled": {}}, {"compiled": {**good["compiled"], "optimizer": 3}},
    ):  # fmt: skip
        write_state(tmp_path / "b", "model", {**good, **change})
        with pytest.raises(io.FormatError, match="expected a model that nnlite saved"):
            load_model(tmp_path / "b")
    for module, name in (("os", "system"), (None, "eval"), ("builtins", "exec")):
        write_state(tmp_path / "b", "model", {**good, "model": {"class_name": name, "module": module, "config": {}}})
        with pytest.raises(ValueError, match=f"unknown '{name}'"):
            load_model(tmp_path / "b")


def test_a_weight_larger_than_the_file_is_not_made(tmp_path: Any) -> None:
    from nnlite.io._state import read_state, write_state

    for make, name, argument in ((sequential, "0", "units"), (torch_modules, "0", "out_features")):
        make().save(tmp_path / "m")
        state = read_state(tmp_path / "m", "model")
        state["model"]["config"]["layers"][int(name)]["config"][argument] = 10**12
        write_state(tmp_path / "b", "model", state)
        with pytest.raises(io.FormatError, match=r"of shape \(.*1000000000000.* more numbers than the file holds"):
            load_model(tmp_path / "b")


@pytest.mark.parametrize("shape", [None, (4,)])
def test_a_layer_that_comes_twice_is_one_again(shape, tmp_path):
    again = Dense(4, activation="tanh")
    model = Sequential([*([Input(shape)] if shape else []), Dense(4), again, again, Dense(1)])
    x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    expected = model.predict(x)
    model.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert loaded.layers[1] is loaded.layers[2]
    np.testing.assert_array_equal(loaded.predict(x), expected)


def test_what_weight_decay_spares_is_spared_afterwards(tmp_path):
    model = Sequential([Dense(2, input_shape=(2,)), Dense(2), Dense(1)])
    optimizer = optimizers.AdamW(weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[model[0].kernel], var_names=["bias"])
    model.compile(optimizer, "mse")
    x, y = np.ones((4, 2), np.float32), np.ones(4)
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    for one in (model, loaded):
        one.fit(x, y, epochs=3, verbose=0)
    for expected, found in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


class Pair(Sequential):
    """A Sequential that makes its layers by itself."""

    def __init__(self, units=3):
        self.units = units
        super().__init__([Dense(units), Dense(1)])


class Stepping(Model):
    """A functional model with a training step of its own."""

    def train_step(self, x, y, sample_weight=None):
        return super().train_step(x, y, sample_weight)


def functional_of_a_subclass():
    """A model of inputs and outputs."""
    entrance = Input((2,))
    return Stepping(entrance, Dense(1)(entrance))


@pytest.mark.parametrize("make", [lambda: Pair(5), functional_of_a_subclass])
def test_subclasses_of_sequential_and_functional_models(make, tmp_path):
    model, x = make(), np.ones((4, 2), np.float32)
    model.compile("adam", "mse")
    model.fit(x, np.ones(4), verbose=0)
    model.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model", custom_objects={"Pair": Pair, "Stepping": Stepping})
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))


def test_a_layer_of_two_models_inside_is_refused_before_a_file_is_written(tmp_path):
    shared, entrance = Dense(2), Input((2,))
    inner = Sequential([shared, Dense(2)])
    outer = Model(entrance, shared(inner(entrance)))
    for model in (Sequential([inner, shared]), outer):
        model.predict(np.ones((1, 2)))
        with pytest.raises(TypeError, match=r"Dense.* belongs to Sequential .* and to .*, which cannot be written"):
            model.save(tmp_path / "model")
    assert not os.listdir(tmp_path)
    Sequential([inner, layers.ReLU(), Sequential([layers.ReLU()])]).save(tmp_path / "model")
