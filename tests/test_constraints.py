"""Constraints: their formulas, and when they are applied."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite import constraints
from nnlite.constraints import MaxNorm, NonNeg, UnitNorm
from nnlite.layers import Conv2D, Dense

W = np.array([[3.0, -0.3, 0.0], [4.0, 0.4, 0.0]])
KERNEL = np.random.default_rng(0).normal(size=(3, 3, 2, 4))


def test_max_norm_shortens_what_is_too_long() -> None:
    np.testing.assert_allclose(MaxNorm()(W), [[1.2, -0.3, 0], [1.6, 0.4, 0]], rtol=1e-6)
    np.testing.assert_allclose(MaxNorm(0.1, axis=1)(W[:, :1]), [[0.1], [0.1]], rtol=1e-5)
    norms = np.sqrt((MaxNorm(1.5, axis=(0, 1, 2))(KERNEL) ** 2).sum(axis=(0, 1, 2)))
    np.testing.assert_allclose(norms, np.minimum(np.sqrt((KERNEL**2).sum(axis=(0, 1, 2))), 1.5), rtol=1e-6)


def test_unit_norm_leaves_directions() -> None:
    np.testing.assert_allclose(UnitNorm()(W), [[0.6, -0.6, 0], [0.8, 0.8, 0]], rtol=1e-6)
    np.testing.assert_allclose((UnitNorm(axis=[0, 1, 2])(KERNEL) ** 2).sum(axis=(0, 1, 2)), np.ones(4), rtol=1e-6)


def test_non_neg_cuts_off() -> None:
    np.testing.assert_array_equal(NonNeg()(W), [[3, 0, 0], [4, 0.4, 0]])


@pytest.mark.parametrize(
    ("constraint", "code"),
    [
        (MaxNorm(), "MaxNorm()"),
        (MaxNorm(3, (0, 1)), "MaxNorm(max_value=3, axis=(0, 1))"),
        (NonNeg(), "NonNeg()"),
        (UnitNorm(1), "UnitNorm(axis=1)"),
    ],
)
def test_float32_stays_float32_and_the_code_is_printed(constraint: Any, code: str) -> None:
    assert constraint(W.astype(np.float32)).dtype == np.float32
    assert repr(constraint) == code
    assert repr(type(constraint).from_config(constraint.get_config())) == code
    for size in (0, 1e-30, 1e4):
        assert np.isfinite(constraint(np.full((2, 2), size, np.float32))).all()


def test_names_classes_and_functions_are_found() -> None:
    assert constraints.get(None) is None
    assert constraints.get(np.abs) is np.abs
    assert isinstance(constraints.get("max_norm"), MaxNorm)
    assert isinstance(constraints.get("UnitNorm"), UnitNorm)
    assert isinstance(constraints.get(NonNeg), NonNeg)
    with pytest.raises(ValueError, match="unknown constraint 'norm'"):
        Conv2D(1, 1, kernel_constraint="norm")
    with pytest.raises(TypeError, match="a constraint is a name, a Constraint, a callable or None, got 2"):
        Dense(1, bias_constraint=2)
    with pytest.raises(ValueError, match="MaxNorm expected max_value >= 0, got max_value=-1"):
        MaxNorm(-1)


@pytest.mark.parametrize("layer", [Dense(3, input_shape=(4,)), Conv2D(3, (2, 2), input_shape=(4, 4, 2))], ids=str)
def test_the_optimizer_keeps_kernel_and_bias_to_them(layer: Any) -> None:
    settings = {"kernel_constraint": "unit_norm", "bias_constraint": NonNeg(), "input_shape": layer.input_shape}
    layer = type(layer)(*([3] if isinstance(layer, Dense) else [3, (2, 2)]), **settings)
    optimizer = nl.optimizers.SGD(0.1, parameters=layer.parameters())
    memory = layer.kernel.data
    layer(np.ones((2, *layer.input_shape))).sum().backward()  # each bias goes down
    optimizer.step()
    np.testing.assert_allclose((layer.kernel.data**2).sum(axis=0), np.ones(layer.kernel.shape[1:]), rtol=1e-5)
    np.testing.assert_array_equal(layer.bias.data, np.zeros(3))
    assert layer.kernel.data is memory
