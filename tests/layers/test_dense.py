"""Dense: its value and its arguments."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.layers import Dense


def test_computes_activation_of_product_plus_bias() -> None:
    dense = Dense(2, activation="relu", input_shape=(3,))
    kernel, bias, x = [[1.0, -1.0], [2.0, 0.0], [0.0, 1.0]], [0.5, -0.5], np.array([[1.0, 2.0, 3.0]])
    dense.set_weights([kernel, bias])
    np.testing.assert_array_equal(dense(x).numpy(), np.maximum(x @ kernel + bias, 0))


def test_applies_to_the_last_axis_of_any_rank() -> None:
    dense, x = Dense(5), np.random.default_rng(0).normal(size=(2, 3, 4, 6)).astype(np.float32)
    y = dense(x).numpy()
    np.testing.assert_allclose(y[1, 2, 3], dense(x[1, 2, 3:4]).numpy()[0], rtol=1e-5, atol=1e-6)


def test_initializers_are_used_and_glorot_is_the_default() -> None:
    dense = Dense(300, kernel_initializer=nl.initializers.Constant(0.5), bias_initializer="ones", input_shape=(200,))
    assert set(dense.kernel.data.flat) == {0.5}
    assert set(dense.bias.data.flat) == {1.0}
    kernel = Dense(300, input_shape=(200,)).kernel.data
    limit = np.sqrt(6 / 500)
    assert limit * 0.99 < np.abs(kernel).max() <= limit


def test_without_bias_there_is_none() -> None:
    dense = Dense(2, use_bias=False, input_shape=(3,))
    assert dense.bias is None
    assert [name for name, _ in dense.named_parameters()] == ["kernel"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"units": 0}, ValueError, "Dense expected units to be a positive integer, got units=0"),
        ({"units": 2.0}, ValueError, "got units=2.0"),
        ({"units": True}, ValueError, "got units=True"),
        ({"units": 2, "kernel_initializer": "glorot"}, ValueError, "unknown initializer 'glorot'"),
        ({"units": 2, "bias_initializer": "zero"}, ValueError, "unknown initializer 'zero', did you mean 'zeros'"),
        ({"units": 2, "input_shape": 4}, ValueError, r"tuple such as \(28, 28, 1\), got input_shape=4"),
        ({"units": 2, "input_shape": (4.0,)}, ValueError, r"got input_shape=\(4.0,\)"),
        ({"units": 2, "input_shape": (0,)}, ValueError, r"got input_shape=\(0,\)"),
        ({"units": 2, "input_shape": ()}, ValueError, r"expected an input of shape \(batch, ..., features\), got"),
    ],
)
def test_arguments_are_checked(arguments: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        Dense(**arguments)
