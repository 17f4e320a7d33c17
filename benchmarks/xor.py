"""The row `xor`: a training step of a 2-8-1 network on the four cases of XOR, SGD with momentum."""

from typing import Any

import numpy as np

from benchmarks._row import Batch, Network, training

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
Y = np.array([[0], [1], [1], [0]], np.float32)


def as_keras(k: Any) -> tuple[Any, Any]:
    model = k.models.Sequential(
        [k.layers.Input((2,)), k.layers.Dense(8, activation="tanh"), k.layers.Dense(1, activation="sigmoid")]
    )
    return model, k.losses.BinaryCrossentropy()


def as_torch() -> tuple[Any, Any]:
    from torch import nn

    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid()), nn.BCELoss()


ROWS = {"xor": training(lambda: Batch(X, Y), Network(as_keras, as_torch), optimizer="SGD", rate=0.1, momentum=0.9)}
