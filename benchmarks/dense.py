"""The rows `mlp` and `autoencoder`: dense networks on 784 pixels, batch 64, Adam."""

from typing import Any

from benchmarks._row import Batch, Network, labels, normal, training


def mlp_as_keras(k: Any) -> tuple[Any, Any]:
    model = k.models.Sequential(
        [
            k.layers.Input((784,)),
            k.layers.Dense(256, activation="relu"),
            k.layers.Dense(128, activation="relu"),
            k.layers.Dense(10, activation="softmax"),
        ]
    )
    return model, k.losses.SparseCategoricalCrossentropy()


def mlp_as_torch() -> tuple[Any, Any]:
    from torch import nn

    model = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(),
        nn.Linear(256, 128), nn.ReLU(),
        nn.Linear(128, 10),
    )  # fmt: skip
    return model, nn.CrossEntropyLoss()


def autoencoder_as_keras(k: Any) -> tuple[Any, Any]:
    hidden = [k.layers.Dense(units, activation="relu") for units in (128, 64, 32, 64, 128)]
    model = k.models.Sequential([k.layers.Input((784,)), *hidden, k.layers.Dense(784, activation="sigmoid")])
    return model, k.losses.MeanSquaredError()


def autoencoder_as_torch() -> tuple[Any, Any]:
    from torch import nn

    model = nn.Sequential(
        nn.Linear(784, 128), nn.ReLU(),
        nn.Linear(128, 64), nn.ReLU(),
        nn.Linear(64, 32), nn.ReLU(),
        nn.Linear(32, 64), nn.ReLU(),
        nn.Linear(64, 128), nn.ReLU(),
        nn.Linear(128, 784), nn.Sigmoid(),
    )  # fmt: skip
    return model, nn.MSELoss()


ROWS = {
    "mlp": training(lambda: Batch(normal(64, 784), labels(10, 64)), Network(mlp_as_keras, mlp_as_torch)),
    "autoencoder": training(
        lambda: Batch(normal(64, 784), normal(64, 784)), Network(autoencoder_as_keras, autoencoder_as_torch)
    ),
}
