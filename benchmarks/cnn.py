"""The `cnn` row: a training step of the course's MNIST network, batch 64, Adam."""

from collections.abc import Callable

import numpy as np

from benchmarks._course_network import nnlite_network, torch_network

BATCH = 64


def _batch() -> tuple[np.ndarray, np.ndarray]:
    """Return images (64, 28, 28, 1) and labels (64,)."""
    generator = np.random.default_rng(0)
    return generator.random((BATCH, 28, 28, 1), dtype=np.float32), generator.integers(0, 10, BATCH)


def nnlite_step() -> Callable[[], object]:
    """Return a step as a user of nnlite writes it."""
    import nnlite as nl

    images, labels = _batch()
    model = nnlite_network()
    loss_function = nl.losses.SparseCategoricalCrossentropy()
    optimizer = nl.optimizers.Adam(parameters=model.parameters())

    def step() -> float:
        loss = loss_function(labels, model(images))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.item())

    return step


def torch_step() -> Callable[[], object]:
    """Return the same step as a user of PyTorch writes it: channels first, plain Adam."""
    import torch
    from torch import nn

    images, labels = _batch()
    x, y = torch.from_numpy(images.transpose(0, 3, 1, 2).copy()), torch.from_numpy(labels)
    model = torch_network()
    optimizer = torch.optim.Adam(model.parameters())

    def step() -> float:
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.item())

    return step
