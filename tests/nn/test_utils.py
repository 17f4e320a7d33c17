"""nn.utils: clipping gradients, parameters as a vector."""

import numpy as np
import pytest

import nnlite as nl
from nnlite.nn import utils


def with_gradients() -> list[nl.Parameter]:
    """Parameters whose gradients have a norm of 5; one without."""
    parameters = [nl.Parameter(np.ones((2, 1))), nl.Parameter([1.0]), nl.Parameter([2.0, 3.0])]
    parameters[0].grad, parameters[1].grad = np.array([[0.0], [-3.0]], np.float64), np.array([4.0], np.float32)
    return parameters


@pytest.mark.parametrize(("order", "norm"), [(2, 5), (1, 7), (np.inf, 4)])
def test_norms_are_brought_down_in_place(order: float, norm: float) -> None:
    parameters = with_gradients()
    memory = parameters[0].grad
    assert utils.clip_grad_norm_(parameters, 2.0, order).item() == norm
    assert parameters[0].grad is memory
    np.testing.assert_allclose(parameters[0].grad, [[0], [-3 * 2 / norm]], rtol=1e-6)
    np.testing.assert_allclose(parameters[1].grad, [4 * 2 / norm], rtol=1e-6)
    assert parameters[2].grad is None


def test_small_norms_stay() -> None:
    parameters = with_gradients()
    utils.clip_grad_norm_(iter(parameters), 6.0)
    np.testing.assert_array_equal(parameters[0].grad, [[0], [-3]])
    assert utils.clip_grad_norm_([], 1.0).item() == 0


def test_a_norm_that_is_not_finite_is_told() -> None:
    w = nl.Parameter([1.0, 1.0])
    w.grad = np.array([np.inf, 1], np.float32)
    with pytest.raises(RuntimeError, match=r"norm of order 2\.0 of the gradients is inf: they cannot be clipped"):
        utils.clip_grad_norm_(w, 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(w.grad, [np.inf, 1])


def test_values_are_cut_off() -> None:
    parameters = with_gradients()
    utils.clip_grad_value_(parameters, 2.5)
    np.testing.assert_array_equal(parameters[0].grad, [[0], [-2.5]])
    np.testing.assert_array_equal(parameters[1].grad, [2.5])


def test_a_vector_goes_out_and_in_with_gradients() -> None:
    parameters = [nl.Parameter(np.arange(6.0).reshape(2, 3)), nl.Parameter([7.0])]
    vector = utils.parameters_to_vector(parameters)
    np.testing.assert_array_equal(vector.numpy(), [0, 1, 2, 3, 4, 5, 7])
    (vector * np.arange(7)).sum().backward()
    np.testing.assert_array_equal(parameters[0].grad, [[0, 1, 2], [3, 4, 5]])
    version = parameters[1].version
    utils.vector_to_parameters(nl.tensor(np.arange(7.0, 0, -1)), parameters)
    np.testing.assert_array_equal(parameters[0].data, [[7, 6, 5], [4, 3, 2]])
    np.testing.assert_array_equal(parameters[1].data, [1])
    assert parameters[1].version == version + 1
    with pytest.raises(ValueError, match=r"expected a vector of shape \(7,\), got shape \(6,\)"):
        utils.vector_to_parameters(nl.tensor(np.ones(6)), parameters)
