"""The `xor` row: a training step of a 2-8-1 network on the four cases of XOR, SGD with momentum."""

from collections.abc import Callable

import numpy as np

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
Y = np.array([[0], [1], [1], [0]], np.float32)


def nnlite_step() -> Callable[[], object]:
    """Return a step as a user of nnlite writes it."""
    import nnlite as nl
    from nnlite.layers import Dense

    model = nl.models.Sequential([Dense(8, activation="tanh", input_shape=(2,)), Dense(1, activation="sigmoid")])
    loss_function = nl.losses.BinaryCrossentropy()
    optimizer = nl.optimizers.SGD(0.1, momentum=0.9, parameters=model.parameters())
    x = nl.tensor(X)

    def step() -> float:
        loss = loss_function(Y, model(x))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.item())

    return step


def torch_step() -> Callable[[], object]:
    """Return the same step as a user of PyTorch writes it."""
    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid())
    loss_function = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    x, y = torch.from_numpy(X), torch.from_numpy(Y)

    def step() -> float:
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.item())

    return step
