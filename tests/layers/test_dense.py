"""Dense: its value and its arguments."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.functional._activation import FUSIBLE
from nnlite.functional._linalg import affine
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


class TestActivationInTheSameOperation:
    @pytest.mark.parametrize("activation", sorted(FUSIBLE, key=lambda f: str(f.__name__)))
    @pytest.mark.parametrize("shape", [(4, 3), (2, 2, 3)])
    def test_gives_value_and_derivatives_of_both(self, activation: Any, shape: tuple[int, ...]) -> None:
        generator = np.random.default_rng(0)
        x, w, b = (generator.normal(size=s) for s in (shape, (3, 2), 2))
        np.testing.assert_array_equal(affine(x, w, b, activation=activation), activation(affine(x, w, b)))
        nl.check_grads(lambda x, w, b: affine(x, w, b, activation=activation), x, w, b, order=2)
        nl.check_grads(lambda x, w: affine(x, w, activation=activation), x, w)

    def test_records_one_node(self) -> None:
        y = Dense(2, activation="tanh", input_shape=(3,))(np.ones((1, 3), np.float32))
        assert repr(y).endswith("from=affine)")

    def test_memory_and_work_are_spared_for_what_is_frozen(self) -> None:
        dense = Dense(2, activation="relu", input_shape=(3,))
        dense.bias.requires_grad = False
        dense(np.ones((1, 3), np.float32)).sum().backward()
        assert dense.kernel.grad is not None
        assert dense.bias.grad is None
