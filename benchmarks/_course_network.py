"""The course's network for MNIST: three convolutions, two dense layers; 95,628 parameters on 28x28 pixels."""

from typing import Any

__all__ = ["keras_network", "torch_network"]


def keras_network(k: Any, size: int = 28) -> Any:
    """Return the network as a user of nnlite or of Keras (`k`, the library) writes it."""
    return k.models.Sequential(
        [
            k.layers.Input((size, size, 1)),
            k.layers.Conv2D(32, (3, 3), activation="relu"),
            k.layers.MaxPooling2D((2, 2)),
            k.layers.Conv2D(64, (3, 3), activation="relu"),
            k.layers.MaxPooling2D((2, 2)),
            k.layers.Conv2D(66, (3, 3), activation="relu"),
            k.layers.Flatten(),
            k.layers.Dense(64, activation="relu"),
            k.layers.Dense(10, activation="softmax"),
        ]
    )


def torch_network() -> Any:
    """Return the network as a user of PyTorch writes it: channels first, logits at the end."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 66, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(66 * 3 * 3, 64), nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip
