"""Listings as Keras' pages and the course print them, with only the imports changed, on little data."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.datasets import digits, mnist

FUNCTIONAL = """
import numpy as np
import nnlite as keras
from nnlite import layers
keras.Input, keras.Model = layers.Input, keras.models.Model

inputs = keras.Input(shape=(784,), name="digits")
x = layers.Dense(64, activation="relu", name="dense_1")(inputs)
x = layers.Dense(64, activation="relu", name="dense_2")(x)
outputs = layers.Dense(10, activation="softmax", name="predictions")(x)

model = keras.Model(inputs=inputs, outputs=outputs)

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()

x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255

y_train = y_train.astype("float32")
y_test = y_test.astype("float32")

x_val = x_train[-100:]
y_val = y_train[-100:]
x_train = x_train[:-100]
y_train = y_train[:-100]

model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=3e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
)

print("Fit model on training data")
history = model.fit(
    x_train,
    y_train,
    batch_size=64,
    epochs=6,
    validation_data=(x_val, y_val),
)

print("Evaluate on test data")
results = model.evaluate(x_test, y_test, batch_size=128)
print("test loss, test acc:", results)

print("Generate predictions for 3 samples")
predictions = model.predict(x_test[:3])
print("predictions shape:", predictions.shape)
model.summary()
"""

SEVERAL = """
import numpy as np
import nnlite as keras
from nnlite import layers
keras.Input, keras.Model = layers.Input, keras.models.Model

image_input = keras.Input(shape=(8, 8, 3), name="img_input")
timeseries_input = keras.Input(shape=(None, 10), name="ts_input")

x1 = layers.Conv2D(3, 3)(image_input)
x1 = layers.GlobalMaxPooling2D()(x1)

x2 = layers.Conv1D(3, 3)(timeseries_input)
x2 = layers.GlobalMaxPooling1D()(x2)

x = layers.Concatenate()([x1, x2])

score_output = layers.Dense(1, name="score_output")(x)
class_output = layers.Dense(5, activation="softmax", name="class_output")(x)

model = keras.Model(
    inputs=[image_input, timeseries_input], outputs=[score_output, class_output]
)

model.compile(
    optimizer=keras.optimizers.Adam(1e-3),
    loss={
        "score_output": keras.losses.MeanSquaredError(),
        "class_output": keras.losses.CategoricalCrossentropy(),
    },
    metrics={
        "score_output": [
            keras.metrics.MeanAbsoluteError(name="mae"),
            keras.metrics.MeanSquaredError(name="mse"),
        ],
        "class_output": [keras.metrics.CategoricalAccuracy()],
    },
    loss_weights={"score_output": 2.0, "class_output": 1.0},
)

img_data = np.random.default_rng(0).random(size=(40, 8, 8, 3))
ts_data = np.random.default_rng(1).random(size=(40, 20, 10))
score_targets = np.random.default_rng(2).random(size=(40, 1))
class_targets = np.eye(5)[np.arange(40) % 5]

model.fit([img_data, ts_data], [score_targets, class_targets], batch_size=32, epochs=1)
history = model.fit(
    {"img_input": img_data, "ts_input": ts_data},
    {"score_output": score_targets, "class_output": class_targets},
    batch_size=32,
    epochs=1,
)
"""

GAN = """
import numpy as np
from nnlite.layers import Input, Dense, LeakyReLU, Dropout, Reshape, Flatten, BatchNormalization
from nnlite.models import Sequential, Model
from nnlite.optimizers import Adam

def build_generator():
    model = Sequential()
    model.add(Dense(32, input_shape=(100,)))
    model.add(LeakyReLU(0.2))
    model.add(BatchNormalization(momentum=0.8))
    model.add(Dense(64, activation='tanh'))
    model.add(Reshape((8, 8, 1)))
    return model

def build_discriminator():
    model = Sequential()
    model.add(Flatten(input_shape=(8, 8, 1)))
    model.add(Dense(32))
    model.add(LeakyReLU(0.2))
    model.add(Dropout(0.1))
    model.add(Dense(1, activation='sigmoid'))
    return model

optimizer = Adam(0.0002, 0.5)

discriminator = build_discriminator()
discriminator.compile(loss='binary_crossentropy', optimizer=optimizer, metrics=['accuracy'])
generator = build_generator()

z = Input(shape=(100,))
img = generator(z)
discriminator.trainable = False
valid = discriminator(img)
combined = Model(z, valid)
combined.compile(loss='binary_crossentropy', optimizer=Adam(0.0002, 0.5))
"""


@pytest.fixture
def little_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `mnist.load_data` give the small digits, enlarged."""
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    large = [np.pad(np.kron(x * 16, np.ones((1, 3, 3))), ((0, 0), (2, 2), (2, 2))) for x in (x_train, x_test)]
    data = (large[0].clip(0, 255).astype("uint8"), y_train), (large[1].clip(0, 255).astype("uint8"), y_test)
    monkeypatch.setattr(mnist, "load_data", lambda: data)


def run(listing: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run a listing, and return its names; what it sets on the package is taken away again."""
    monkeypatch.setattr(nl, "Input", None, raising=False)
    monkeypatch.setattr(nl, "Model", None, raising=False)
    names: dict[str, Any] = {}
    exec(listing, names)
    return names


@pytest.mark.usefixtures("little_mnist")
def test_the_functional_listing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    names = run(FUNCTIONAL, monkeypatch)
    assert list(names["history"].history) == [
        "loss", "sparse_categorical_accuracy", "val_loss", "val_sparse_categorical_accuracy",
    ]  # fmt: skip
    loss, accuracy = names["results"]
    assert accuracy > 0.85 > 0.6 > loss
    out = capsys.readouterr().out
    assert "predictions shape: (3, 10)" in out
    assert "Total parameters: 55,050" in out
    assert names["model"].get_layer("dense_2").units == 64


def test_the_listing_with_several_inputs_and_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    names = run(SEVERAL, monkeypatch)
    history = names["history"].history
    assert list(history) == [
        "loss", "score_output_loss", "class_output_loss",
        "score_output_mae", "score_output_mse", "class_output_categorical_accuracy",
    ]  # fmt: skip
    np.testing.assert_allclose(
        history["loss"], 2 * np.array(history["score_output_loss"]) + history["class_output_loss"], rtol=1e-5
    )


class TestGAN:
    @pytest.fixture
    def gan(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """The networks of the listing."""
        return run(GAN, monkeypatch)

    @staticmethod
    def step(gan: dict[str, Any], noise: Any, real: Any) -> tuple[Any, Any]:
        """The loop's body, as the course has it."""
        half = len(real)
        valid, fake = np.ones((half, 1)), np.zeros((half, 1))
        gen_imgs = gan["generator"].predict(noise, verbose=0)
        d_loss_real = gan["discriminator"].train_on_batch(real, valid)
        d_loss_fake = gan["discriminator"].train_on_batch(gen_imgs, fake)
        d_loss = 0.5 * np.add(d_loss_real, d_loss_fake)
        g_loss = gan["combined"].train_on_batch(noise, valid)
        return d_loss, g_loss

    def test_each_network_is_trained_by_its_own_step_only(self, gan: dict[str, Any]) -> None:
        generator, discriminator, combined = gan["generator"], gan["discriminator"], gan["combined"]
        noise = np.random.default_rng(0).normal(size=(16, 100)).astype("float32")
        real = np.random.default_rng(1).normal(size=(16, 8, 8, 1)).astype("float32")

        def parameters() -> list[list[Any]]:
            return [[p.data.copy() for p in net.parameters()] for net in (generator, discriminator)]

        def changed(before: list[list[Any]]) -> list[set[bool]]:
            pairs = zip(before, parameters(), strict=True)
            return [{not np.array_equal(a, b) for a, b in zip(old, new, strict=True)} for old, new in pairs]

        assert combined.num_parameters() == generator.num_parameters() + discriminator.num_parameters()
        for _ in range(3):
            before = parameters()
            discriminator.train_on_batch(real, np.ones((16, 1)))
            assert changed(before) == [{False}, {True}]
            before = parameters()
            combined.train_on_batch(noise, np.ones((16, 1)))
            assert changed(before) == [{True}, {False}]
            before = parameters()
            (
                generator.predict(noise, verbose=0),
                combined.predict(noise),
                discriminator.evaluate(real, np.ones(16), verbose=0),
            )
            assert changed(before) == [{False}, {False}]

    def test_the_loop_runs_and_the_discriminator_learns(self, gan: dict[str, Any]) -> None:
        generator = np.random.default_rng(0)
        first = last = 0.0
        for epoch in range(40):
            noise = generator.normal(size=(16, 100))
            real = np.sign(generator.normal(size=(16, 8, 8, 1))) * 3
            d_loss, g_loss = self.step(gan, noise, real)
            assert len(d_loss) == 2
            assert np.isfinite(d_loss).all()
            assert type(g_loss) is float
            first, last = (d_loss[0], last) if epoch == 0 else (first, d_loss[0])
        assert last < first

    def test_statistics_of_the_generator_follow_its_own_steps(self, gan: dict[str, Any]) -> None:
        norm = gan["generator"][2]
        before = norm.moving_mean.copy()
        gan["generator"].predict(np.ones((4, 100)))
        np.testing.assert_array_equal(norm.moving_mean, before)
        gan["combined"].train_on_batch(np.random.default_rng(0).normal(size=(4, 100)), np.ones(4))
        assert not np.array_equal(norm.moving_mean, before)
