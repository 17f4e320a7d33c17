"""One neuron learns to count.

It sees the eight vectors of three bits, each with its number of ones, and finds out that it has to add its inputs.
That it has understood, and not learned by heart, shows when it is asked about numbers that are no bits at all:
(1, 2, 3), (2, 3, 4) and (1, 3, 4).

    python examples/perceptron_counting.py
"""

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

import nnlite as nl

try:
    from nnlite import plotting
except ImportError as error:
    sys.exit(str(error))

QUESTIONS = np.array([[1, 2, 3], [2, 3, 4], [1, 3, 4]], np.float32)
COURSE_EPOCH, COURSE_MSE = 295, 0.00056


class StopWhenFlat(nl.callbacks.Callback):
    """Ends the training when the loss, for `patience` epochs, has not fallen by at least `least`."""

    def __init__(self, least: float = 1e-4, patience: int = 10) -> None:
        self.least, self.patience = least, patience

    def on_train_begin(self, logs: Any = None) -> None:
        self.lowest, self.waited = math.inf, 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs["loss"] < self.lowest - self.least:
            self.lowest, self.waited = logs["loss"], 0
        else:
            self.waited += 1
        self.model.stop_training = self.waited >= self.patience


def build_neuron() -> nl.models.Sequential:
    """Three inputs, one output: w . x + b, with a slope of 0.001 where that is negative."""
    # Small positive weights: with negative ones all outputs are negative, where the slope is 0.001, and learning a
    # thousand times slower.
    small = nl.initializers.RandomUniform(0.0, 0.1)
    neuron = nl.models.Sequential()
    neuron.add(nl.layers.Dense(1, kernel_initializer=small, input_shape=(3,)))
    neuron.add(nl.layers.LeakyReLU(0.001))
    return neuron


def train(neuron: nl.models.Sequential) -> list[float]:
    """Train until the error no longer falls, and return the mean squared error of each epoch."""
    x, y = nl.datasets.make_counting(bits=3)  # (8, 3), (8,)
    neuron.compile(nl.optimizers.SGD(learning_rate=0.01), loss="mse")
    # The course gives the rate, the loss and the limit of 1000 epochs, but not how many samples go into a step, how the
    # weights start, or what counts as "no longer falls". With the rule above, the median of ten seeds stops after 162
    # epochs with one sample a step, 285 with two, 495 with four and 860 with all eight: two comes nearest.
    history = neuron.fit(x, y, batch_size=2, epochs=1000, verbose=0, callbacks=[StopWhenFlat()])
    return history.history["loss"]


def draw_learning_curve(losses: list[float]) -> Any:
    """Plot the error against the epoch, with the end of the course's own run beside it."""
    figure = plotting.learning_curves({"mean squared error": losses})
    (axes,) = figure.axes
    axes.plot(
        COURSE_EPOCH, COURSE_MSE, "D", color="tab:orange", label=f"the course: {COURSE_MSE} at epoch {COURSE_EPOCH}"
    )
    axes.set(yscale="log", title="One neuron learns to count ones")
    axes.legend()
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="changes nothing here: this example takes a second")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/perceptron_counting"), metavar="FOLDER")
    options = parser.parse_args()

    nl.random.seed(options.seed)
    neuron = build_neuron()
    losses = train(neuron)
    mse = losses[-1]
    print(f"stopped after epoch {len(losses)} with a mean squared error of {mse:.5f}")

    kernel, bias = neuron.get_weights()
    weights = ", ".join(f"{weight:.3f}" for weight in kernel.ravel())
    print(f"weights {weights} and bias {bias.item():.3f}: nearly 1, 1, 1 and 0, that is, it adds its inputs")
    outputs = neuron.predict(QUESTIONS).ravel()
    answers = [round(float(output)) for output in outputs]
    for question, output, answer in zip(QUESTIONS, outputs, answers, strict=True):
        print(f"{question.astype(int).tolist()}: {output:.3f}, rounded {answer}")

    options.out.mkdir(parents=True, exist_ok=True)
    picture = options.out / "learning_curve.png"
    draw_learning_curve(losses).savefig(picture, dpi=150)
    print(f"saved {picture}")
    print(f"result: mse={mse:.6f} epoch={len(losses)} answers={','.join(map(str, answers))}")


if __name__ == "__main__":
    main()
