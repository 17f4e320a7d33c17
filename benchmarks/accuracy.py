"""Test accuracy of the course's MNIST network: nnlite beside PyTorch, several seeds.

Both libraries train the course's network from Glorot-uniform weights and zero biases with Adam (rate 0.001, epsilon
1e-7), categorical cross-entropy and batches of 64 over a fresh shuffle each epoch; the pixels are divided by 255 and
nothing else is done to them. The figure is the accuracy on the whole test set after the *last* epoch.

    python -m benchmarks.accuracy --data mnist --library nnlite torch --seeds 0 1 2 3 4 --threads 1
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks._course_network import keras_network, torch_network

BATCH_SIZE = 64


class Split(NamedTuple):
    """Images (N, 28, 28, 1) in [0, 1] and labels (N,), for training and for testing."""

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]


class Run(NamedTuple):
    """What one training run showed."""

    accuracy: float
    best_accuracy: float
    seconds_per_epoch: float


def load(name: str) -> Split:
    """Read MNIST or Fashion-MNIST through nnlite's own loaders."""
    from nnlite import datasets

    (x_train, y_train), (x_test, y_test) = getattr(datasets, name).load_data()
    images = [(np.asarray(x, np.float32) / np.float32(255))[..., None] for x in (x_train, x_test)]
    labels = [np.asarray(y, np.int64) for y in (y_train, y_test)]
    return Split(images[0], labels[0], images[1], labels[1])


def train_nnlite(split: Split, seed: int, epochs: int, threads: int | None) -> Run:
    """Train with `nnlite` as a user writes it."""
    import nnlite as nl

    if threads is not None:
        nl.set_num_threads(threads)
    nl.random.seed(seed)
    model = keras_network(nl)
    model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    accuracies, seconds = [], 0.0
    for _ in range(epochs):
        start = time.perf_counter()
        model.fit(split.x_train, split.y_train, batch_size=BATCH_SIZE, verbose=0)
        seconds += time.perf_counter() - start
        accuracies.append(model.evaluate(split.x_test, split.y_test, batch_size=256, verbose=0)[1])
    return Run(accuracies[-1], max(accuracies), seconds / epochs)


def train_torch(split: Split, seed: int, epochs: int, threads: int | None) -> Run:
    """Train the same network with PyTorch, channels first and plain Adam."""
    import torch
    from torch import nn

    if threads is not None:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
    model = torch_network()
    for module in model:
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7)
    x_train, x_test = (torch.from_numpy(x.transpose(0, 3, 1, 2).copy()) for x in (split.x_train, split.x_test))
    y_train, y_test = torch.from_numpy(split.y_train), torch.from_numpy(split.y_test)
    accuracies, seconds = [], 0.0
    for _ in range(epochs):
        start = time.perf_counter()
        for index in torch.randperm(len(x_train)).split(BATCH_SIZE):
            loss = nn.functional.cross_entropy(model(x_train[index]), y_train[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        seconds += time.perf_counter() - start
        with torch.no_grad():
            predicted = torch.cat([model(x).argmax(1) for x in x_test.split(256)])
        accuracies.append((predicted == y_test).double().mean().item())
    return Run(accuracies[-1], max(accuracies), seconds / epochs)


TRAINERS: dict[str, Callable[[Split, int, int, int | None], Run]] = {"nnlite": train_nnlite, "torch": train_torch}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=["mnist", "fashion_mnist"], default="mnist")
    parser.add_argument("--library", nargs="+", choices=sorted(TRAINERS), default=["nnlite", "torch"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, help="for both libraries; as each likes by default")
    parser.add_argument("--json", type=Path, help="also write every run to this file")
    options = parser.parse_args()

    split = load(options.data)
    report: dict[str, list[dict[str, Any]]] = {}
    for library in options.library:
        runs = []
        for seed in options.seeds:
            runs.append(TRAINERS[library](split, seed, options.epochs, options.threads))
            print(
                f"{options.data} {library} seed {seed}: final {runs[-1].accuracy:.2%}, "
                f"best epoch {runs[-1].best_accuracy:.2%}, {runs[-1].seconds_per_epoch:.1f} s/epoch",
                flush=True,
            )
        report[library] = [run._asdict() for run in runs]
        print(
            f"{options.data} {library}: mean final {statistics.mean(r.accuracy for r in runs):.2%} "
            f"over {len(runs)} seeds, mean best epoch {statistics.mean(r.best_accuracy for r in runs):.2%}, "
            f"median {statistics.median(r.seconds_per_epoch for r in runs):.1f} s/epoch",
            flush=True,
        )
        if options.json:
            options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
