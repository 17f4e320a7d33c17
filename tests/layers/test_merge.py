"""Merge layers: what they refuse, how masks go through them, and Dot against NumPy."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nnlite as nl
from nnlite.layers import Add, Average, Concatenate, Dot, Lambda, Maximum, Module, Multiply, Subtract
from nnlite.layers._mask import mask_of, remember_mask


def masked(values: Any, mask: Any) -> nl.Tensor:
    """A Tensor with a mask."""
    x = nl.tensor(np.asarray(values, np.float32))
    remember_mask(x, np.asarray(mask, bool))
    return x


def ones(*shape: int) -> NDArray[Any]:
    """An array of ones."""
    return np.ones(shape, np.float32)


class TestArguments:
    @pytest.mark.parametrize(
        ("layer", "inputs", "message"),
        [
            (Add(), ones(2, 3), r"Add\(\) expected a list of 1 or more inputs with a batch axis, got a Tensor"),
            (Add(), [], r"Add\(\) expected a list of 1 or more inputs with a batch axis, got a list"),
            (Add(), [ones(2, 3), 3], r"Add\(\) expected a list of 1 or more inputs with a batch axis, got 2"),
            (Subtract(), [ones(2, 3)] * 3, r"Subtract\(\) expected a list of 2 inputs with a batch axis, got 3"),
            (Dot(1), [ones(2, 3)], r"Dot\(1\) expected a list of 2 inputs with a batch axis, got 1"),
            (Add(), [ones(2, 3), ones(3, 3)], r"inputs for one batch, got shapes \(2, 3\), \(3, 3\)"),
            (Add(), [ones(2, 3), ones(2, 4)], r"inputs of one shape, got shapes \(2, 3\), \(2, 4\)"),
            (Concatenate(), [ones(2, 3, 4), ones(2, 2, 4)], r"differ only along axis -1, got shapes \(2, 3, 4\), \(2"),
            (Concatenate(0), [ones(2, 3), ones(2, 3)], r"Concatenate\(axis=0\) expected inputs that differ only along"),
            (Concatenate(2), [ones(2, 3), ones(2, 3)], "expected inputs that differ only along axis 2"),
            (Dot((1, 2)), [ones(2, 3), ones(2, 3)], r"Dot\(\(1, 2\)\) expected inputs with axis 2, got shapes"),
            (Dot(-1), [ones(2, 3), ones(2, 4)], r"axes of one length to sum along, got shapes \(2, 3\), \(2, 4\)"),
        ],
    )
    def test_inputs_are_checked(self, layer: Module, inputs: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            layer(inputs)

    @pytest.mark.parametrize("axes", [0, (0, 1), (1, 2, 3), "last", 1.5])
    def test_dot_never_sums_over_the_batch(self, axes: Any) -> None:
        with pytest.raises(
            ValueError, match="Dot expected an axis, or a pair of them, behind the batch axis, got axes="
        ):
            Dot(axes)

    def test_lambda_takes_a_function_and_its_arguments(self) -> None:
        layer = Lambda(lambda x, power, shift=0.0: x**power + shift, output_shape=(3,), arguments={"power": 2})
        np.testing.assert_array_equal(layer(2 * ones(1, 3)).numpy(), 4 * ones(1, 3))
        both = Lambda(lambda pair: pair[0] - pair[1])([ones(1, 2), ones(1, 2)])
        np.testing.assert_array_equal(both.numpy(), np.zeros((1, 2)))
        with pytest.raises(TypeError, match="Lambda expected a function, got 'relu'"):
            Lambda("relu")  # type: ignore[arg-type]


@pytest.mark.parametrize("axes", [(1, 2), (2, 1), (-1, -2), (1, -1)])
@pytest.mark.parametrize("normalize", [False, True])
def test_dot_is_a_sum_of_products_for_each_sample(axes: tuple[int, int], normalize: bool) -> None:
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(3, 4, 4, 2)[: 4 if axes[0] > 0 else 3]), generator.normal(size=(3, 4, 4))
    got = Dot(axes, normalize)([a, b]).numpy()
    if normalize:
        a = a / np.linalg.norm(a, axis=axes[0], keepdims=True)
        b = b / np.linalg.norm(b, axis=axes[1], keepdims=True)
    for i in range(3):
        first, second = (axis - 1 if axis > 0 else axis for axis in axes)
        np.testing.assert_allclose(got[i], np.tensordot(a[i], b[i], (first, second)), rtol=1e-12)


class TestMasks:
    A, B = [[[1.0], [2.0], [3.0]]], [[[5.0], [6.0], [1.0]]]
    KEPT_A, KEPT_B = [[1, 0, 0]], [[1, 1, 0]]

    @pytest.mark.parametrize("layer", [Add(), Subtract(), Average(), Multiply(), Maximum()])
    def test_a_step_counts_if_it_counts_anywhere(self, layer: Module) -> None:
        y = layer([masked(self.A, self.KEPT_A), masked(self.B, self.KEPT_B)])
        np.testing.assert_array_equal(mask_of(y), [[True, True, False]])
        assert mask_of(layer([masked(self.A, self.KEPT_A), nl.tensor(np.float32(self.B))])) is None

    def test_what_does_not_count_takes_no_part(self) -> None:
        pair = [masked(self.A, self.KEPT_A), masked(self.B, self.KEPT_B)]
        np.testing.assert_array_equal(Multiply()(pair).numpy()[0, :, 0], [5, 6, 1])
        np.testing.assert_array_equal(Maximum()(pair).numpy()[0, :2, 0], [5, 6])
        swapped = [masked(self.B, self.KEPT_A), masked(self.A, self.KEPT_B)]
        np.testing.assert_array_equal(Maximum()(swapped).numpy()[0, :2, 0], [5, 2])

    def test_concatenating_joins_masks(self) -> None:
        pair = [masked(self.A, self.KEPT_A), masked(self.B, self.KEPT_B)]
        np.testing.assert_array_equal(mask_of(Concatenate(1)(pair)), [[True, False, False, True, True, False]])
        np.testing.assert_array_equal(mask_of(Concatenate()(pair)), [[True, True, False]])
        half = [masked(self.A, self.KEPT_A), nl.tensor(np.float32(self.B))]
        np.testing.assert_array_equal(mask_of(Concatenate(1)(half)), [[True, False, False, True, True, True]])
        assert mask_of(Dot(1)(pair)) is None
