"""A convolutional network reads handwritten digits, or tells articles of clothing apart.

The network is the one of the course's Keras listing; only the imports are nnlite's. With `--data auto` it learns MNIST
where that is found or can be downloaded, and otherwise the small digits that scikit-learn brings along.

    python examples/mnist_cnn.py
    python examples/mnist_cnn.py --data fashion_mnist --epochs 3
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import nnlite as nl
from nnlite.datasets import digits, fashion_mnist, mnist
from nnlite.layers import Conv2D, Dense, Flatten, MaxPooling2D
from nnlite.models import Sequential
from nnlite.utils import to_categorical

try:
    from nnlite import plotting
except ImportError as error:
    sys.exit(str(error))

CLASSES = 10
SOURCES = {"mnist": mnist, "fashion_mnist": fashion_mnist, "digits": digits}
EPOCHS = {"mnist": 10, "fashion_mnist": 10, "digits": 30}
QUICK_EPOCHS = {"mnist": 3, "fashion_mnist": 3, "digits": 8}
QUICK_TRAIN, QUICK_TEST = 6_000, 1_000  # images that --quick takes
IMAGES_SHOWN = 24


class Data(NamedTuple):
    """Images (N, height, width, 1) from 0 to 1 and labels (N,), for training and for testing."""

    name: str
    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]
    class_names: Sequence[str]


def load(name: str) -> Data:
    """Read a data set; "auto" is MNIST, or the small digits if that is nowhere to be had."""
    if name == "auto":
        try:
            return load("mnist")
        except FileNotFoundError as error:
            print(error)
            print("So this run trains on scikit-learn's handwritten digits, 8x8 pixels, with a smaller network.\n")
            return load("digits")
    (x_train, y_train), (x_test, y_test) = SOURCES[name].load_data()
    brightest = x_train.max()  # 255, or 16 for the small digits
    return Data(
        name,
        np.expand_dims(x_train.astype("float32") / brightest, -1),
        y_train.astype("int64"),
        np.expand_dims(x_test.astype("float32") / brightest, -1),
        y_test.astype("int64"),
        fashion_mnist.CLASS_NAMES if name == "fashion_mnist" else [str(digit) for digit in range(CLASSES)],
    )


def shortened(data: Data) -> Data:
    """Take the first images only."""
    return data._replace(
        x_train=data.x_train[:QUICK_TRAIN],
        y_train=data.y_train[:QUICK_TRAIN],
        x_test=data.x_test[:QUICK_TEST],
        y_test=data.y_test[:QUICK_TEST],
    )


def build_network(image_shape: tuple[int, ...]) -> Sequential:
    """Return the course's network for 28x28 pixels, and one of its kind for 8x8."""
    model = Sequential()
    if image_shape == (28, 28, 1):
        model.add(Conv2D(32, (3, 3), activation="relu", input_shape=image_shape))  # (N, 26, 26, 32)
        model.add(MaxPooling2D((2, 2)))  # (N, 13, 13, 32)
        model.add(Conv2D(64, (3, 3), activation="relu"))  # (N, 11, 11, 64)
        model.add(MaxPooling2D((2, 2)))  # (N, 5, 5, 64)
        model.add(Conv2D(66, (3, 3), activation="relu"))  # (N, 3, 3, 66)
    else:
        model.add(Conv2D(32, (3, 3), padding="same", activation="relu", input_shape=image_shape))  # (N, 8, 8, 32)
        model.add(MaxPooling2D((2, 2)))  # (N, 4, 4, 32)
        model.add(Conv2D(64, (3, 3), padding="same", activation="relu"))  # (N, 4, 4, 64)
        model.add(MaxPooling2D((2, 2)))  # (N, 2, 2, 64)
    model.add(Flatten())
    model.add(Dense(64, activation="relu"))
    model.add(Dense(CLASSES, activation="softmax"))
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=["auto", *SOURCES], default="auto")
    parser.add_argument("--epochs", type=int, help="10 by default; 30 for the small digits")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_TRAIN} training images at most, few epochs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/mnist_cnn"), metavar="FOLDER")
    options = parser.parse_args()
    if options.epochs is not None and options.epochs < 1:
        parser.error(f"--epochs must be at least 1, got {options.epochs}")

    nl.random.seed(options.seed)
    try:
        data = load(options.data)
    except (FileNotFoundError, ImportError) as error:
        sys.exit(str(error))
    if options.quick:
        data = shortened(data)
    epochs = options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS)[data.name]

    model = build_network(data.x_train.shape[1:])
    model.summary()
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])

    y_train, y_test = to_categorical(data.y_train, CLASSES), to_categorical(data.y_test, CLASSES)
    print(f"\n{data.name}: {len(y_train):,} images to train on, {len(y_test):,} to test, {epochs} epochs")
    history = model.fit(data.x_train, y_train, epochs=epochs, batch_size=64, validation_data=(data.x_test, y_test))

    test_loss, test_accuracy = model.evaluate(data.x_test, y_test, verbose=0)
    probabilities = model.predict(data.x_test)  # (N, 10)
    predicted = probabilities.argmax(axis=1)
    # The images in whose true class it believed least, the worst first.
    shown = np.argsort(probabilities[np.arange(len(predicted)), data.y_test])[:IMAGES_SHOWN]
    names = data.class_names
    print(f"test accuracy {test_accuracy:.2%}, test loss {test_loss:.4f}; the pictures:")
    options.out.mkdir(parents=True, exist_ok=True)
    figures = {
        "learning_curves": plotting.learning_curves(history),
        "confusion_matrix": plotting.confusion_matrix(data.y_test, predicted, class_names=names),
        "mistakes": plotting.image_grid(
            data.x_test[shown], data.y_test[shown], probabilities[shown], class_names=names, cmap="gray_r"
        ),
    }
    for name, figure in figures.items():
        picture = options.out / f"{name}.png"
        figure.savefig(picture, dpi=150)
        print(f"saved {picture}")
    print(f"result: data={data.name} test_accuracy={test_accuracy:.4f}")


if __name__ == "__main__":
    main()
