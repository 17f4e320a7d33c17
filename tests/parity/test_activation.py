"""Activations beside PyTorch and Keras, on inputs that are drawn away from their kinks."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import nnlite as nl
from nnlite import nn
from tests.op_samples._sample import away_from
from tests.parity.harness import compare_function, compare_layer, drawn

# The functions of torch.nn.functional, with settings
TORCH: list[tuple[str, dict[str, Any]]] = [
    ("celu", {"alpha": 0.4}), ("elu", {"alpha": 0.4}), ("gelu", {}), ("gelu", {"approximate": "tanh"}),
    ("hardshrink", {"lambd": 0.3}), ("hardsigmoid", {}), ("hardswish", {}), ("hardtanh", {"min_val": -2.0}),
    ("leaky_relu", {"negative_slope": 0.3}), ("log_softmax", {"dim": 0}), ("log_softmax", {"dim": -1}),
    ("logsigmoid", {}), ("mish", {}), ("relu", {}), ("relu6", {}), ("selu", {}), ("sigmoid", {}), ("silu", {}),
    ("softmax", {"dim": 0}), ("softmax", {"dim": -1}), ("softmin", {"dim": -1}),
    ("softplus", {"beta": 2.0, "threshold": 7.0}), ("softshrink", {"lambd": 0.3}), ("softsign", {}), ("tanh", {}),
    ("tanhshrink", {}), ("threshold", {"threshold": 0.3, "value": -2.0}),
]  # fmt: skip
KINKS = [-3.0, -2.0, -0.3, 0.0, 0.3, 1.0, 3.0, 3.5, 6.0]
SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=4)


@pytest.mark.parametrize(("name", "settings"), TORCH)
@drawn(shape=SHAPES, seed=st.integers(0, 99), scale=st.sampled_from([0.5, 8.0, 40.0]), cases=8)
def test_functions_are_those_of_torch(
    name: str, settings: dict[str, Any], shape: list[int], seed: int, scale: float
) -> None:
    import torch

    compare_function(
        f"nn.functional.{name}",
        lambda x: getattr(nn.functional, name)(x, **settings),
        lambda x: getattr(torch.nn.functional, name)(x, **settings),
        [away_from(KINKS, *shape, seed=seed, scale=scale)],
    )


@drawn(shape=SHAPES, half=st.integers(1, 3), dim=st.integers(0, 4))
def test_glu(shape: list[int], half: int, dim: int) -> None:
    import torch

    dim %= len(shape)
    shape[dim] = 2 * half
    compare_function(
        "nn.functional.glu",
        lambda x: nn.functional.glu(x, dim),
        lambda x: torch.nn.functional.glu(x, dim),
        [away_from([], *shape)],
    )


@drawn(shape=st.lists(st.integers(1, 5), min_size=2, max_size=4), one=st.booleans())
def test_prelu(shape: list[int], one: bool) -> None:
    import torch

    compare_function(
        "nn.functional.prelu",
        nn.functional.prelu,
        torch.nn.functional.prelu,
        [away_from([0.0], *shape), away_from([], 1 if one else shape[1])],
    )


@pytest.mark.parametrize("axis", [-1, 1, [2], [0, -1], [2, 1, 0]])
def test_softmax_layer_with_a_mask(axis: int | list[int]) -> None:
    x, mask = away_from([], 2, 4, 3), np.random.default_rng(1).random((4, 3)) < 0.6
    compare_layer(f"Softmax(axis={axis})", [x], settings={"mask": mask})


@pytest.mark.parametrize(("slope", "top", "threshold"), [(0.2, None, 1.0), (0.2, 2.0, 0.0), (0.0, 2.0, 1.0)])
def test_relu_layer(slope: float, top: float | None, threshold: float) -> None:
    x = away_from([0.0, 1.0, 2.0], 5, 4, scale=4.0)
    compare_layer(f"ReLU(max_value={top}, negative_slope={slope}, threshold={threshold})", [x])


def test_exponential() -> None:
    compare_layer("Activation('exponential')", [away_from([], 5, 4)])


def test_the_state_of_a_torch_model_gives_the_same_outputs_here() -> None:
    import torch

    names = ("Linear(6, 8)", "BatchNorm1d(8)", "PReLU(8)", "Linear(8, 6)", "LayerNorm(6)", "Softmax(dim=-1)")
    theirs = torch.nn.Sequential(*(eval(name, vars(torch.nn)) for name in names))
    ours = nn.Sequential(*(eval(name, vars(nn)) for name in names))
    x = away_from([], 9, 6).astype(np.float32)
    theirs(torch.tensor(x))  # moves the running statistics
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    expected = theirs.eval()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours.eval()(nl.tensor(x)).data, expected, rtol=1e-5, atol=1e-6)
