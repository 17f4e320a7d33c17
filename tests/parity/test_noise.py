"""Dropout beside PyTorch's and Keras': the masks differ, so their statistics are compared; and inference, exactly."""

import math

import numpy as np
import pytest

import nnlite as nl
from nnlite import nn
from tests.parity.harness import check

N = 40_000


@pytest.mark.parametrize("kind", ["Dropout", "AlphaDropout"])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.8, 1.0])
def test_values_are_those_of_pytorch(kind: str, p: float) -> None:
    import torch

    torch.manual_seed(0)
    x = np.full(N, 1.5)
    ours = getattr(nn, kind)(p)(x).numpy()
    theirs = getattr(torch.nn, kind)(p)(torch.tensor(x)).numpy()
    check(f"nn.{kind}", "torch", np.unique(ours), np.unique(theirs), what="values in training")
    assert abs((ours == ours.min()).mean() - (theirs == theirs.min()).mean()) < 6 * math.sqrt(0.5 / N)


def test_channels_are_dropped_as_in_pytorch() -> None:
    import torch

    torch.manual_seed(0)
    for shape in ((50, 40, 3), (50, 40, 3, 2)):
        x = np.ones(shape)
        means = [y.reshape(50, 40, -1).mean(axis=2) for y in (nn.Dropout2d(0.3)(x).numpy(), _torch_dropout(x))]
        check("nn.Dropout2d", "torch", np.unique(means[0]), np.unique(means[1]), what="channels in training")


def _torch_dropout(x: np.ndarray) -> np.ndarray:
    """Drop channels (dropout1d for sequences: there dropout2d warns that it may change)."""
    import torch

    kind = torch.nn.Dropout1d if x.ndim == 3 else torch.nn.Dropout2d
    return kind(0.3)(torch.tensor(x)).numpy()


@pytest.mark.parametrize(
    "code", ["Dropout(0.3)", "AlphaDropout(0.3)", "SpatialDropout1D(0.3)", "SpatialDropout2D(0.3)"]
)
def test_values_are_those_of_keras(code: str) -> None:
    import keras

    x = np.full((10, 4, 3, 40) if "2D" in code else (10, 4, 40), 1.5)
    layer = eval(code, vars(nl.layers))
    ours, theirs = layer(x).numpy(), np.asarray(eval(code, vars(keras.layers))(x, training=True))
    check(f"layers.{type(layer).__name__}", "keras", np.unique(ours), np.unique(theirs), what="values in training")
    if "Spatial" in code:
        for y in (ours, theirs):
            assert (y == y[:, :1]).all()


def test_noise_is_as_large_as_that_of_keras() -> None:
    import keras

    x = np.zeros((400, 100))
    ours = nl.layers.GaussianNoise(0.4)(x).numpy()
    theirs = np.asarray(keras.layers.GaussianNoise(0.4)(x, training=True))
    assert abs(ours.std() - theirs.std()) < 0.01
    assert abs(ours.mean() - theirs.mean()) < 0.01
