"""Pooling layers: arguments, Keras' treatment of padding, masks."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite import layers
from nnlite.layers import AvgPool1D, AvgPool2D, AvgPool3D, GlobalAvgPool1D, MaxPool1D, MaxPool2D, MaxPool3D

X = np.arange(1, 10, dtype=np.float32).reshape(1, 3, 3, 1)
POOLS = [MaxPool1D, MaxPool2D, MaxPool3D, AvgPool1D, AvgPool2D, AvgPool3D]


def test_max_takes_the_largest_of_each_window() -> None:
    np.testing.assert_array_equal(MaxPool2D()(X).numpy().ravel(), [5])
    np.testing.assert_array_equal(MaxPool2D(strides=1)(X).numpy().ravel(), [5, 6, 8, 9])
    np.testing.assert_array_equal(MaxPool2D(padding="same")(-X).numpy().ravel(), [-1, -3, -7, -9])


def test_average_does_not_count_padding() -> None:
    np.testing.assert_array_equal(AvgPool2D()(X).numpy().ravel(), [3])
    np.testing.assert_array_equal(AvgPool2D(padding="same")(X).numpy().ravel(), [3, 4.5, 7.5, 9])


@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pool_size": 0}, "got pool_size=0"),
        ({"strides": (1, 2, 3, 4)}, r"got strides=\(1, 2, 3, 4\)"),
        ({"padding": "full"}, 'Pool.D expected padding "valid" or "same", numbers or pairs, got padding=\'full\''),
        ({"data_format": "first"}, "Pool.D expected data_format"),
        ({"input_shape": 3}, "Pool.D expected input_shape to be a tuple"),
    ],
)
def test_arguments_are_checked(kind: Any, arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**arguments)


@pytest.mark.parametrize("size", [0, (1, None), (1, 2, 3)])
def test_the_output_size_is_checked(size: Any) -> None:
    with pytest.raises(ValueError, match="got output_size="):
        layers.AdaptiveAvgPool2D(size)


@pytest.mark.parametrize("name", [name for name in layers.__all__ if "Pooling" in name])
def test_the_longer_spelling_is_the_same_object(name: str) -> None:
    short = name.replace("Average", "Avg").replace("Pooling", "Pool")
    assert getattr(layers, name) is getattr(layers, short)


class TestMask:
    X = np.array([[[1.0, 5.0], [3.0, 7.0], [100.0, 100.0]], [[2.0, 4.0], [100.0, 100.0], [100.0, 100.0]]])
    MASK = np.array([[True, True, False], [True, False, False]])

    def test_only_the_steps_that_count_are_averaged(self) -> None:
        expected = [[2, 6], [2, 4]]
        np.testing.assert_allclose(GlobalAvgPool1D()(self.X, mask=self.MASK).numpy(), expected)
        first = GlobalAvgPool1D(data_format="channels_first", keepdims=True)
        y = first(self.X.transpose(0, 2, 1), mask=self.MASK)
        np.testing.assert_allclose(y.numpy(), np.array(expected)[:, :, None])

    def test_it_travels_with_the_sequence(self) -> None:
        embedding = layers.Embedding(5, 3, mask_zero=True)
        numbers = np.array([[1, 2, 0, 0], [4, 0, 0, 0]])
        y = GlobalAvgPool1D()(layers.SpatialDropout1D(0.5).eval()(embedding(numbers)))
        rows = embedding.embeddings.data
        np.testing.assert_allclose(y.numpy(), [(rows[1] + rows[2]) / 2, rows[4]], rtol=1e-6)

    def test_steps_that_do_not_count_get_no_gradient_and_none_at_all_gives_zeros(self) -> None:
        x = nl.tensor(self.X, requires_grad=True)
        y = GlobalAvgPool1D()(x, mask=[[True, True, False], [False, False, False]])
        y.sum().backward()
        np.testing.assert_allclose(x.grad[:, :, 0], [[0.5, 0.5, 0], [0, 0, 0]])
        np.testing.assert_array_equal(y.numpy()[1], 0)

    @pytest.mark.parametrize("shape", [(2,), (3, 2), (2, 3, 2)])
    def test_its_shape_is_checked(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"GlobalAvgPool1D\(\) expected a mask \(N, L\), got shape"):
            GlobalAvgPool1D()(self.X, mask=np.ones(shape, bool))
