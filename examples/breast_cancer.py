"""Is a tumour malignant or benign? Four Dense layers, 569 biopsies, ten splits.

One split of so few samples says little: there are 114 to test, and each of them is worth 0.9 %. So this example trains
on ten stratified splits, each with first weights of its own, and reports the mean. The inputs are standardised by what
was measured on the training part. Activation, dropout and weight decay were chosen by cross-validation inside the
training parts, which `--choose` repeats; no test part decides anything.

    python examples/breast_cancer.py
    python examples/breast_cancer.py --choose
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import nnlite as nl
from nnlite.datasets import breast_cancer
from nnlite.layers import Dense, Dropout
from nnlite.models import Sequential

try:
    from nnlite import plotting
except ImportError as error:
    sys.exit(str(error))

BATCH_SIZE, RATE, EPOCHS, QUICK_EPOCHS = 32, 0.001, 60, 10
FOLDS = 4


class Settings(NamedTuple):
    activation: str = "tanh"
    dropout: float = 0.4
    weight_decay: float = 3.0


CANDIDATES = [
    Settings(activation, dropout, weight_decay)
    for activation in ("relu", "tanh")
    for dropout in (0.0, 0.2, 0.4)
    for weight_decay in (0.0, 1.0, 3.0)
]

Array = NDArray[np.float32]
Labels = NDArray[np.int64]


def build_network(settings: Settings) -> Sequential:
    """Four Dense layers, 30-64-32-16-1."""
    model = Sequential()
    for units in (64, 32, 16):
        model.add(Dense(units, activation=settings.activation))
        model.add(Dropout(settings.dropout))
    model.add(Dense(1, activation="sigmoid"))
    return model


def train(
    x: Array, y: Labels, epochs: int, settings: Settings, watched: tuple[Array, Labels] | None = None
) -> tuple[Sequential, nl.callbacks.History]:
    """Train for so many epochs; the watched part gives curves of its own, and decides nothing."""
    steps = epochs * -(-len(x) // BATCH_SIZE)
    rate = nl.optimizers.schedules.CosineDecay(RATE, decay_steps=steps)
    model = build_network(settings)
    optimizer = nl.optimizers.AdamW(rate, weight_decay=settings.weight_decay)
    model.compile(optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    return model, model.fit(x, y, batch_size=BATCH_SIZE, epochs=epochs, validation_data=watched, verbose=0)


def standardised(x_train: Array, x_test: Array) -> tuple[Array, Array]:
    """Give both parts the scale on which the training part has mean 0 and variance 1."""
    scaler = nl.data.Standardize().fit(x_train)
    return scaler.transform(x_train), scaler.transform(x_test)


def cross_validated(seeds: range, epochs: int, settings: Settings) -> float:
    """Return the mean accuracy over folds of the training parts; the test parts are not touched."""
    accuracies = []
    for seed in seeds:
        nl.random.seed(seed)
        (x, y), _ = breast_cancer.load_data(test_split=0.2, seed=seed)
        order = np.argsort(y, kind="stable")  # dealing out what is sorted by class gives stratified folds
        order = np.concatenate([nl.random.generator().permutation(order[y[order] == label]) for label in (0, 1)])
        for fold in range(FOLDS):
            held = np.isin(np.arange(len(y)), order[fold::FOLDS])
            x_fit, x_held = standardised(x[~held], x[held])
            model, _ = train(x_fit, y[~held], epochs, settings)
            accuracies.append(model.evaluate(x_held, y[held], verbose=0)[1])
    return float(np.mean(accuracies))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--choose", action="store_true", help="cross-validate all settings inside the training parts")
    parser.add_argument("--quick", action="store_true", help="two splits, few epochs")
    parser.add_argument("--seed", type=int, default=0, help="of the first split")
    parser.add_argument("--seeds", type=int, help="how many splits; 10 by default")
    parser.add_argument("--out", type=Path, default=Path("out/breast_cancer"), metavar="FOLDER")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + (options.seeds or (2 if options.quick else 10)))
    epochs = QUICK_EPOCHS if options.quick else EPOCHS

    if options.choose:
        for settings in CANDIDATES:
            print(f"{cross_validated(seeds, epochs, settings):.2%}  {settings}", flush=True)
        return

    accuracies, histories = [], []
    for seed in seeds:
        nl.random.seed(seed)
        (x_train, y_train), (x_test, y_test) = breast_cancer.load_data(test_split=0.2, seed=seed)
        x_train, x_test = standardised(x_train, x_test)
        model, history = train(x_train, y_train, epochs, Settings(), watched=(x_test, y_test))
        accuracies.append(model.evaluate(x_test, y_test, verbose=0)[1])
        histories.append(history)
        print(f"seed {seed}: test accuracy {accuracies[-1]:.2%}", flush=True)
    print(f"mean of {len(seeds)} splits: {np.mean(accuracies):.2%} +- {np.std(accuracies):.2%}")

    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    mean = {name: np.mean([h.history[name] for h in histories], axis=0).tolist() for name in names}
    figure = plotting.learning_curves(mean)
    figure.suptitle(f"Breast cancer: the mean of {len(seeds)} splits (validation: the test part)")
    options.out.mkdir(parents=True, exist_ok=True)
    picture = options.out / "learning_curves.png"
    figure.savefig(picture, dpi=150)
    print(f"saved {picture}")
    listed = ",".join(f"{accuracy:.4f}" for accuracy in accuracies)
    print(f"result: mean_accuracy={np.mean(accuracies):.4f} accuracies={listed}")


if __name__ == "__main__":
    main()
