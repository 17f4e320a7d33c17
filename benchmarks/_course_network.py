"""The course's network for MNIST, in nnlite and in PyTorch: three convolutions, two dense layers, 95,628 parameters."""

from typing import Any

__all__ = ["nnlite_network", "torch_network"]


def nnlite_network() -> Any:
    """Return the network as a user of nnlite writes it."""
    from nnlite.layers import Conv2D, Dense, Flatten, MaxPool2D
    from nnlite.models import Sequential

    return Sequential(
        [
            Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)),
            MaxPool2D((2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPool2D((2, 2)),
            Conv2D(66, (3, 3), activation="relu"),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(10, activation="softmax"),
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
