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
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator
except ImportError:
    sys.exit('the pictures need matplotlib, the extra `plot`: pip install "nnlite[plot]"')

CLASSES = 10
SOURCES = {"mnist": mnist, "fashion_mnist": fashion_mnist, "digits": digits}
EPOCHS = {"mnist": 10, "fashion_mnist": 10, "digits": 30}
QUICK_EPOCHS = {"mnist": 3, "fashion_mnist": 3, "digits": 8}
QUICK_TRAIN, QUICK_TEST = 6_000, 1_000  # images that --quick takes
MISTAKES_SHOWN = 24


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


def draw_learning_curves(history: dict[str, list[float]]) -> Figure:
    """Plot loss and accuracy against the epoch, on the training images and on the test images."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        epochs = range(1, len(history[name]) + 1)
        axes.plot(epochs, history[name], "o-", color="tab:blue", label="training (mean over the epoch)")
        axes.plot(epochs, history[f"val_{name}"], "s--", color="tab:orange", label="test (after the epoch)")
        axes.set(title=name.capitalize(), xlabel="epoch", ylabel="cross-entropy" if name == "loss" else "share right")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def draw_confusion(y_true: NDArray[np.int64], y_predicted: NDArray[np.int64], class_names: Sequence[str]) -> Figure:
    """Show how many images of each class were taken for which."""
    counts = nl.metrics.confusion_matrix(y_true, y_predicted, labels=range(CLASSES))
    figure = Figure(figsize=(8, 7.2), layout="constrained")
    axes = figure.subplots()
    # The colour follows the square root, or the few mistakes would all look alike beside the diagonal.
    shade = np.sqrt(counts / counts.max())
    axes.imshow(shade, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shade[row, column] > 0.6 else "black" if count else "lightgrey"
        axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=11)
    words = len(class_names[0]) > 1
    axes.set_xticks(range(CLASSES), class_names, rotation=40 if words else 0, ha="right" if words else "center")
    axes.set_yticks(range(CLASSES), class_names)
    right = np.trace(counts)
    axes.set(xlabel="predicted", ylabel="true", title=f"{right:,} of {counts.sum():,} test images right (the diagonal)")
    return figure


def draw_mistakes(data: Data, probabilities: NDArray[np.float32]) -> Figure:
    """Show the test images that the network got wrong, beginning with those it was surest of."""
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != data.y_test)
    shown = wrong[np.argsort(-probabilities[wrong, predicted[wrong]])][:MISTAKES_SHOWN]
    rows, columns = max(1, -(-len(shown) // 6)), 6
    figure = Figure(figsize=(1.8 * columns, 2.3 * rows + 0.6))
    figure.set_layout_engine("constrained", h_pad=0.1)
    figure.suptitle(f"{len(wrong):,} of {len(predicted):,} test images mistaken, the surest first", fontsize=14)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, index in zip(panels, shown, strict=False):
        said = predicted[index]
        axes.imshow(data.x_test[index, :, :, 0], cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(
            f"true: {data.class_names[data.y_test[index]]}\n"
            f"predicted: {data.class_names[said]}\n({probabilities[index, said]:.0%})",
            fontsize=9,
        )
    return figure


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
    history = model.fit(
        data.x_train, y_train, epochs=epochs, batch_size=64, validation_data=(data.x_test, y_test)
    ).history

    test_loss, test_accuracy = model.evaluate(data.x_test, y_test, verbose=0)
    probabilities = model.predict(data.x_test)
    print(f"test accuracy {test_accuracy:.2%}, test loss {test_loss:.4f}; the pictures:")
    options.out.mkdir(parents=True, exist_ok=True)
    figures = {
        "learning_curves": draw_learning_curves(history),
        "confusion_matrix": draw_confusion(data.y_test, probabilities.argmax(axis=1), data.class_names),
        "mistakes": draw_mistakes(data, probabilities),
    }
    for name, figure in figures.items():
        picture = options.out / f"{name}.png"
        figure.savefig(picture, dpi=150)
        print(f"saved {picture}")
    print(f"result: data={data.name} test_accuracy={test_accuracy:.4f}")


if __name__ == "__main__":
    main()
