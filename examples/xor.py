"""Exclusive or: what one neuron cannot do, and two layers can.

The output is 1 where exactly one of the two inputs is 1. A neuron draws one straight line through the plane, and no
line has (0, 1) and (1, 0) on one side and (0, 0) and (1, 1) on the other; a hidden layer bends the plane first.

    python examples/xor.py
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nnlite as nl
from nnlite.layers import Dense
from nnlite.models import Sequential

try:
    from nnlite import plotting
except ImportError as error:
    sys.exit(str(error))
from matplotlib.figure import Figure

BOX = {"boxstyle": "round", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
X, Y = nl.datasets.make_xor()  # (4, 2), (4,)


class KeepBest(nl.callbacks.Callback):
    """Gives the model back, at the end, the weights with which it first had the most points right."""

    def on_train_begin(self, logs: Any = None) -> None:
        self.best, self.weights = 0.0, self.model.get_weights()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs["val_accuracy"] > self.best:
            self.best, self.weights = logs["val_accuracy"], self.model.get_weights()

    def on_train_end(self, logs: Any = None) -> None:
        self.model.set_weights(self.weights)


def train(model: Sequential, epochs: int, callbacks: Sequence[nl.callbacks.Callback] = ()) -> float:
    """Train a model on the four points, all in one step, and return the share of them that it gets right."""
    model.compile(nl.optimizers.SGD(learning_rate=0.2, momentum=0.9), loss="binary_crossentropy", metrics=["accuracy"])
    # The training's own logs are those before the step; so the points are the validation data as well.
    model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0, validation_data=(X, Y), callbacks=callbacks)
    loss, accuracy = model.evaluate(X, Y, verbose=0)
    print(f"{'two layers' if len(model) > 1 else 'one neuron'}: loss {loss:.4f}, accuracy {accuracy:.2f}")
    return float(accuracy)


def build_single() -> Sequential:
    """One neuron."""
    return Sequential([Dense(1, activation="sigmoid", input_shape=(2,))])


def build_network() -> Sequential:
    """Eight hidden neurons and one for the output."""
    return Sequential([Dense(8, activation="tanh", input_shape=(2,)), Dense(1, activation="sigmoid")])


def draw_boundary(axes: Any, model: Sequential, title: str) -> None:
    """Colour the plane by the model's output, with a line where it is 0.5, and put in the four points."""
    plotting.decision_boundary(model, X, Y, class_names=["should be 0", "should be 1"], margin=0.5, ax=axes)
    for point, p in zip(X, model.predict(X).ravel(), strict=True):
        axes.annotate(f"{p:.2f}", point, xytext=(0, 14), textcoords="offset points", ha="center", bbox=BOX)
    axes.set(xticks=[0, 1], yticks=[0, 1], aspect="equal")
    axes.set_title(title, pad=24)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/xor"), metavar="FOLDER")
    options = parser.parse_args()

    nl.random.seed(options.seed)
    epochs = 200 if options.quick else 500
    single, network = build_single(), build_network()
    # Left to itself it ends by answering 0.5 to everything; what is drawn is the best line that it found on the way.
    single_accuracy = train(single, epochs, [KeepBest()])
    network_accuracy = train(network, epochs)

    figure = Figure(figsize=(10, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    draw_boundary(left, single, f"One neuron at its best: {round(4 * single_accuracy)} of 4 right")
    draw_boundary(right, network, f"Two layers, 2-8-1: {round(4 * network_accuracy)} of 4 right")
    options.out.mkdir(parents=True, exist_ok=True)
    picture = options.out / "decision_boundaries.png"
    figure.savefig(picture, dpi=150)
    print(f"saved {picture}")
    print(f"result: single_accuracy={single_accuracy} network_accuracy={network_accuracy}")


if __name__ == "__main__":
    main()
