"""One picture for everything that nnlite draws, from networks trained on real data for a few seconds.

The pictures in docs/gallery/ were made by it; its README shows them with the lines that drew them.

    python examples/gallery.py
    python examples/gallery.py --out docs/gallery
"""

import argparse
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import nnlite as nl
import nnlite.functional as F
from nnlite.layers import Concatenate, Conv2D, Dense, Flatten, Input, LayerNorm, MaxPool2D, MultiHeadAttention
from nnlite.models import Model, Sequential
from nnlite.optimizers import schedules

try:
    from nnlite import plotting
except ImportError as error:
    sys.exit(str(error))


class Digits(NamedTuple):
    """Handwritten digits: images (N, 8, 8, 1) from 0 to 1 and labels (N,), for training and for testing."""

    x_train: NDArray[Any]
    y_train: NDArray[np.int64]
    x_test: NDArray[Any]
    y_test: NDArray[np.int64]


def load_digits() -> Digits:
    (x_train, y_train), (x_test, y_test) = nl.datasets.digits.load_data()
    return Digits(x_train[..., None] / 16, y_train, x_test[..., None] / 16, y_test)


def draw_classifier(digits: Digits, epochs: int) -> Iterator[tuple[str, Any]]:
    """Train a convolutional network, and look at it from all sides."""
    model = Sequential([
        Input((8, 8, 1)),
        Conv2D(16, 3, padding="same", activation="relu"),
        MaxPool2D(),
        Conv2D(32, 3, padding="same", activation="relu"),
        MaxPool2D(),
        Flatten(),
        Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x_test, y_test = digits.x_test, digits.y_test
    history = model.fit(digits.x_train, digits.y_train, epochs=epochs, validation_data=(x_test, y_test), verbose=0)
    probabilities = model.predict(x_test)
    predicted = probabilities.argmax(axis=1)
    print(f"the classifier gets {(predicted == y_test).mean():.1%} of the test images right")

    yield "learning_curves", plotting.learning_curves(history)
    yield "confusion_matrix", plotting.confusion_matrix(y_test, predicted)
    # The mistakes first, then those that it was least sure of.
    order = np.argsort(np.where(predicted == y_test, 1, 0) + probabilities.max(axis=1))[:12]
    yield "image_grid", plotting.image_grid(x_test[order], y_test[order], probabilities[order], cmap="gray_r")
    yield "filters", plotting.filters(model)
    yield "feature_maps", plotting.feature_maps(model, x_test[0])


def draw_autoencoder(digits: Digits, epochs: int) -> Iterator[tuple[str, Any]]:
    """Train a network to squeeze images through two numbers, and look at these, and at what comes out."""
    encoder = Sequential([Flatten(), Dense(64, activation="relu"), Dense(32, activation="relu"), Dense(2)])
    decoder = Sequential([Dense(32, activation="relu"), Dense(64, activation="relu"), Dense(64, activation="sigmoid")])
    autoencoder = Sequential([encoder, decoder])
    autoencoder.compile(nl.optimizers.Adam(0.003), "binary_crossentropy")
    autoencoder.fit(digits.x_train, digits.x_train.reshape(-1, 64), epochs=4 * epochs, verbose=0)
    images = digits.x_test[:10]
    decoded = autoencoder.predict(images).reshape(images.shape)

    yield "reconstructions", plotting.image_grid(images, reconstructions=decoded, cmap="gray_r", columns=10)
    yield "latent_space", plotting.latent_space(encoder.predict(digits.x_test), digits.y_test)


def draw_attention(digits: Digits, epochs: int) -> Iterator[tuple[str, Any]]:
    """Train a network whose rows of pixels look at each other, and draw which looks at which."""
    rows = Input((8, 8))  # a sequence of eight rows
    x = Dense(32)(rows)
    attended, weights = MultiHeadAttention(num_heads=4, key_dim=8)(x, x, return_attention_scores=True)
    x = LayerNorm()(x + attended)
    classes = Dense(10, activation="softmax")(Flatten()(x))
    model = Model(rows, classes)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(digits.x_train[..., 0], digits.y_train, epochs=epochs, verbose=0)
    scores = Model(rows, weights).predict(digits.x_test[:1, ..., 0])  # (1, heads, 8, 8)

    yield "attention_maps", plotting.attention_maps(scores, query_labels=[f"row {row}" for row in range(8)])


def draw_boundary(epochs: int) -> Iterator[tuple[str, Any]]:
    """Train a small network to tell two classes of points in the plane apart, and draw where it draws the line."""
    x, y = nl.datasets.make_xor(300, noise=0.2)
    model = Sequential([Dense(16, activation="tanh"), Dense(16, activation="tanh"), Dense(1, activation="sigmoid")])
    model.compile(nl.optimizers.Adam(0.02), "binary_crossentropy")
    model.fit(x, y, epochs=4 * epochs, verbose=0)

    yield "decision_boundary", plotting.decision_boundary(model, x, y)


def draw_gradients(digits: Digits) -> Iterator[tuple[str, Any]]:
    """Send a loss back through six layers of sigmoids: the gradient all but vanishes on the way."""
    model = Sequential([Flatten(), *[Dense(32, activation="sigmoid") for _ in range(6)], Dense(10)])
    loss = F.cross_entropy(model(digits.x_train[:64]), digits.y_train[:64])
    loss.backward()

    yield "gradient_flow", plotting.gradient_flow(model)


def draw_functions() -> Iterator[tuple[str, Any]]:
    """Draw what needs no training."""
    yield "activation", plotting.activation("gelu")

    steps = 1000
    figure = plotting.learning_rate_schedule(schedules.OneCycle(0.1, total_steps=steps), steps)
    (axes,) = figure.axes
    plotting.learning_rate_schedule(schedules.CosineDecay(0.1, steps), steps, ax=axes)
    plotting.learning_rate_schedule(schedules.ExponentialDecay(0.1, 250, 0.5, staircase=True), steps, ax=axes)
    yield "learning_rate_schedule", figure


def draw_graphs() -> Iterator[tuple[str, Any]]:
    """Draw a neuron operation by operation, and a model layer by layer: with Graphviz, or as its text."""
    x, w, b = (nl.tensor(value, requires_grad=True) for value in (2.0, -3.0, 6.9))
    yield "computation_graph", nl.draw_graph(F.tanh(x * w + b), names={"x": x, "w": w, "b": b})

    left, right, encoder = Input((64,), name="left"), Input((64,), name="right"), Dense(16, name="encoder")
    both = Concatenate()([encoder(left), encoder(right)])
    model = Model([left, right], [Dense(1, activation="sigmoid", name="same")(both), Dense(10, name="digit")(both)])
    yield "model_graph", model.plot()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/gallery"), metavar="FOLDER")
    options = parser.parse_args()

    nl.random.seed(options.seed)
    epochs = 3 if options.quick else 25
    try:
        digits = load_digits()
    except ImportError as error:
        sys.exit(str(error))
    options.out.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, figure in itertools.chain(
        draw_classifier(digits, epochs),
        draw_autoencoder(digits, epochs),
        draw_attention(digits, epochs),
        draw_boundary(epochs),
        draw_gradients(digits),
        draw_functions(),
    ):
        picture = options.out / f"{name}.png"
        figure.savefig(picture, dpi=80)
        print(f"saved {picture}")
        count += 1
    for name, drawing in draw_graphs():
        if drawing.can_be_drawn():
            print(f"saved {drawing.save(options.out / f'{name}.png')}")
            count += 1
        else:
            print(f"{drawing.save(options.out / f'{name}.dot')} is text: Graphviz is not installed")
    print(f"result: pictures={count}")


if __name__ == "__main__":
    main()
