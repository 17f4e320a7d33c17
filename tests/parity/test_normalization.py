"""Normalisation beside PyTorch and Keras: functions and layers on shapes and settings that are drawn."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import nnlite as nl
import nnlite.functional as F
from nnlite import nn
from tests.parity.harness import check, compare_function, compare_layer, compare_module, drawn

SIZES = st.integers(1, 5)
SPACES = st.lists(st.integers(1, 4), max_size=3).map(tuple)
EPSILONS = st.sampled_from([1e-5, 1e-3, 0.1, 1.0])
SEEDS = st.integers(0, 999)


def normal(*shape: int, seed: int = 0) -> Any:
    """Normal numbers, spread and shifted."""
    generator = np.random.default_rng([seed, *shape])
    return generator.normal(generator.normal() * 3, 2.0, shape)


@drawn(n=st.integers(2, 5), channels=SIZES, space=SPACES, eps=EPSILONS, affine=st.booleans(), seed=SEEDS)
def test_batch_norm(n: int, channels: int, space: tuple[int, ...], eps: float, affine: bool, seed: int) -> None:
    import torch

    x = normal(n, channels, *space, seed=seed)
    weights = [normal(channels, seed=1), normal(channels, seed=2)] if affine else [None, None]
    mean, var = normal(channels, seed=3), normal(channels, seed=4) ** 2
    for training in (True, False):
        running = [(mean.copy(), var.copy()), (torch.tensor(mean), torch.tensor(var))]
        compare_function(
            "nn.functional.batch_norm",
            lambda x, w, b, r=running[0], t=training: nn.functional.batch_norm(x, *r, w, b, t, 0.3, eps),
            lambda x, w, b, r=running[1], t=training: torch.nn.functional.batch_norm(x, *r, w, b, t, 0.3, eps),
            [x, *weights],
        )
        for ours, theirs in zip(*running, strict=True):
            check("nn.functional.batch_norm", "torch", ours, theirs)
    compare_function(
        "functional.batch_norm",
        lambda x, w, b: F.batch_norm(x, None, None, w, b, axis=1, eps=eps),
        lambda x, w, b: torch.nn.functional.batch_norm(x, None, None, w, b, True, eps=eps),
        [x, *weights],
    )


@drawn(n=SIZES, channels=SIZES, space=st.lists(st.integers(2, 4), min_size=1, max_size=3), eps=EPSILONS,
       affine=st.booleans(), stats=st.booleans())  # fmt: skip
def test_instance_norm(n: int, channels: int, space: list[int], eps: float, affine: bool, stats: bool) -> None:
    import torch

    weights = [normal(channels, seed=1), normal(channels, seed=2)] if affine else [None, None]
    mean, var = normal(channels, seed=3), normal(channels, seed=4) ** 2 + 0.1
    running = [(mean.copy(), var.copy()), (torch.tensor(mean), torch.tensor(var))]
    compare_function(
        "nn.functional.instance_norm",
        lambda x, w, b: nn.functional.instance_norm(x, *running[0], w, b, stats, 0.3, eps),
        lambda x, w, b: torch.nn.functional.instance_norm(x, *running[1], w, b, stats, 0.3, eps),
        [normal(n, channels, *space), *weights],
    )
    for ours, theirs in zip(*running, strict=True):
        check("nn.functional.instance_norm", "torch", ours, theirs)


@drawn(n=SIZES, groups=st.integers(1, 3), size=st.integers(1, 3), space=SPACES, eps=EPSILONS, affine=st.booleans())
def test_group_norm(n: int, groups: int, size: int, space: tuple[int, ...], eps: float, affine: bool) -> None:
    import torch

    channels = groups * size
    x = normal(n, channels, *space, 2)
    weights = [normal(channels, seed=1), normal(channels, seed=2)] if affine else [None, None]
    compare_function(
        "nn.functional.group_norm",
        lambda x, w, b: nn.functional.group_norm(x, groups, w, b, eps),
        lambda x, w, b: torch.nn.functional.group_norm(x, groups, w, b, eps),
        [x, *weights],
    )


@drawn(lead=st.lists(SIZES, max_size=2), shape=st.lists(SIZES, min_size=1, max_size=3), eps=EPSILONS,
       parts=st.sampled_from(["", "w", "wb"]))  # fmt: skip
def test_layer_norm_and_rms_norm(lead: list[int], shape: list[int], eps: float, parts: str) -> None:
    import torch

    x = normal(*lead, *shape)
    w, b = normal(*shape, seed=1) if "w" in parts else None, normal(*shape, seed=2) if "b" in parts else None
    compare_function(
        "nn.functional.layer_norm",
        lambda x, w, b: nn.functional.layer_norm(x, shape, w, b, eps),
        lambda x, w, b: torch.nn.functional.layer_norm(x, shape, w, b, eps),
        [x, w, b],
    )
    for chosen in (eps, None):
        compare_function(
            "nn.functional.rms_norm",
            lambda x, w, e=chosen: nn.functional.rms_norm(x, shape, w, e),
            lambda x, w, e=chosen: torch.nn.functional.rms_norm(x, shape, w, e),
            [x, w],
        )


@drawn(n=SIZES, channels=st.integers(1, 7), space=st.lists(SIZES, min_size=1, max_size=3), size=st.integers(1, 6),
       alpha=st.floats(1e-3, 2), beta=st.floats(0.1, 2), k=st.floats(0.5, 3))  # fmt: skip
def test_local_response_norm(
    n: int, channels: int, space: list[int], size: int, alpha: float, beta: float, k: float
) -> None:
    import torch

    compare_function(
        "nn.functional.local_response_norm",
        lambda x: nn.functional.local_response_norm(x, size, alpha, beta, k),
        lambda x: torch.nn.functional.local_response_norm(x, size, alpha, beta, k),
        [normal(n, channels, *space)],
    )


@drawn(shape=st.lists(st.integers(2, 4), min_size=2, max_size=4), dim=st.integers(-2, 1),
       p=st.sampled_from([1.0, 1.5, 2.0, 3.0, float("inf")]), eps=st.sampled_from([1e-12, 1.0]))  # fmt: skip
def test_normalize(shape: list[int], dim: int, p: float, eps: float) -> None:
    import torch

    compare_function(
        "nn.functional.normalize",
        lambda x: nn.functional.normalize(x, p, dim, eps),
        lambda x: torch.nn.functional.normalize(x, p, dim, eps),
        [normal(*shape)],
    )


@pytest.mark.parametrize("code", [
    "BatchNorm2d(3)", "BatchNorm2d(3, momentum=None)", "BatchNorm2d(3, momentum=0.5, affine=False)",
    "InstanceNorm2d(3, track_running_stats=True)",
])  # fmt: skip
def test_running_statistics_after_several_steps_are_those_of_torch(code: str) -> None:
    compare_module(code, [normal(4, 3, 5, 2)], steps=6)


@pytest.mark.parametrize(("axis", "shape"), [(-1, (4, 3)), (1, (4, 3, 5, 2))])
def test_moving_statistics_after_several_steps_are_those_of_keras(axis: int, shape: tuple[int, ...]) -> None:
    import keras

    ours = nl.layers.BatchNorm(axis, 0.7, input_shape=shape[1:]).astype("float64")
    theirs = keras.layers.BatchNormalization(axis, 0.7)
    for step in range(6):
        x = normal(*shape, seed=step)
        check("layers.BatchNorm", "keras", ours(x), theirs(x, training=True))
    for mine, other in zip(ours.get_weights(), [w.value for w in theirs.weights], strict=True):
        check("layers.BatchNorm", "keras", mine, other)
    ours.trainable = theirs.trainable = False
    x = normal(*shape, seed=7)
    check("layers.BatchNorm", "keras", ours(x), theirs(x, training=True))  # frozen: by the moving statistics
    for mine, other in zip(ours.get_weights(), [w.value for w in theirs.weights], strict=True):
        check("layers.BatchNorm", "keras", mine, other)


@pytest.mark.parametrize(("shape", "axis"), [((3, 4, 2), -1), ((2, 3, 2, 4), 3)])  # the only axis in Keras
def test_batch_norm_with_a_mask(shape: tuple[int, ...], axis: int) -> None:
    positions = [n for a, n in enumerate(shape) if a != axis % len(shape)]
    mask = np.random.default_rng(1).random(positions) < 0.6
    # Keras divides by the number of positions plus 1e-7
    compare_layer(f"BatchNorm(axis={axis})", [normal(*shape)], settings={"mask": mask}, tolerance=1e-6)


@pytest.mark.parametrize(
    ("shape", "axes", "settings"),
    [
        ((2, 3, 4), [1, 2], "center=False"),
        ((2, 3, 4), [1], "epsilon=0.1"),
        ((2, 4, 1, 3), [1, 2], "scale=False"),
        ((1, 1), [1], "epsilon=0.1"),
    ],
)
def test_keras_layers_on_other_axes(shape: tuple[int, ...], axes: list[int], settings: str) -> None:
    x = normal(*shape)
    compare_layer(f"LayerNorm(axis={axes}, {settings})", [x])
    compare_layer(f"BatchNorm(axis={axes[0]}, {settings})", [x])
    compare_layer(f"GroupNorm({shape[axes[0]]}, axis={axes[0]}, {settings})", [x])
    if axes[-1] == len(shape) - 1:  # Keras broadcasts the scale from the last axis, whatever the axes are
        compare_layer(f"RMSNorm(axis={axes}, epsilon=0.2)", [x])
