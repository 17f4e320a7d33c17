"""The course's listing for PyTorch, with only its imports changed, and the usual loop around it."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite import nn, optim


def stripes(n: int, seed: int) -> tuple[nl.Tensor, nl.Tensor]:
    """Images (N, 3, 32, 32) of horizontal, vertical or no stripes, in noise, with their classes."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 3, n)
    wave = np.sign(np.sin(np.arange(32) * 0.8))
    patterns = np.stack([np.tile(wave[:, None], (1, 32)), np.tile(wave, (32, 1)), np.zeros((32, 32))])
    images = patterns[labels][:, None] + 0.5 * generator.normal(size=(n, 3, 32, 32))
    return nl.tensor(images.astype(np.float32)), nl.tensor(labels)


def test_the_listing_trains_by_a_usual_loop() -> None:
    num_classes = 3
    nl.random.seed(0)
    model = nn.Sequential(
        nn.Conv2d(in_channels=3, out_channels=16, kernel_size=3, stride=1, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=2, stride=2),
        nn.Conv2d(in_channels=16, out_channels=32, kernel_size=3, stride=1, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(32 * 8 * 8, 128),
        nn.ReLU(),
        nn.Linear(128, num_classes),
    )
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters(), lr=0.001)
    images, labels = stripes(192, seed=1)

    losses = []
    for epoch in range(2):
        model.train()
        running_loss = 0.0
        for i in range(0, len(images), 32):
            inputs, targets = images[i : i + 32], labels[i : i + 32]
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs, targets)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
        losses.append(running_loss)
        print(f"Epoch {epoch + 1}, Loss: {running_loss / 6:.4f}")
    assert losses[1] < 0.2 * losses[0]

    model.eval()
    with nl.no_grad():
        images, labels = stripes(64, seed=2)
        predicted = model(images).argmax(axis=1)
    assert (predicted == labels.numpy()).mean() > 0.95


def test_pytorchs_state_of_a_network_with_batch_norm_gives_pytorchs_outputs() -> None:
    torch = pytest.importorskip("torch")

    def network(nn: Any) -> Any:
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, stride=2),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(16, 10),
        )

    torch.manual_seed(0)
    theirs, ours = network(torch.nn), network(nn)
    x = np.random.default_rng(0).normal(size=(4, 3, 16, 16)).astype(np.float32)
    with torch.no_grad():
        for _ in range(3):
            theirs(torch.tensor(x))
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    for mode in (False, True):
        ours.train(mode), theirs.train(mode)
        expected = theirs(torch.tensor(x)).detach().numpy()
        got = ours(x)
        assert got.dtype == np.float32
        np.testing.assert_allclose(got.numpy(), expected, rtol=1e-5, atol=1e-5)
    theirs_after = theirs.state_dict()
    for name, value in ours.state_dict().items():
        np.testing.assert_allclose(value, theirs_after[name].numpy(), rtol=1e-5, atol=1e-6)
