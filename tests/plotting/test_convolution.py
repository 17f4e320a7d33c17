"""Filters and feature maps, in both spellings."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite import layers, nn
from nnlite.plotting import feature_maps, filters


def shown(figure: Any) -> Any:
    """The images of a figure, row by row."""
    return np.stack([np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images])


def test_filters_of_one_channel_are_the_kernels_in_both_spellings() -> None:
    keras = layers.Conv2D(5, (3, 2), input_shape=(8, 8, 1))
    torch = nn.Conv2d(1, 5, (3, 2))
    torch.weight.data = keras.kernel.data.transpose(3, 2, 0, 1)
    for model in (keras, nl.models.Sequential([layers.Reshape((8, 8, 1)), keras]), torch, nn.Sequential(torch)):
        np.testing.assert_array_equal(shown(filters(model)), keras.kernel.data[..., 0, :].transpose(2, 0, 1))
    (low, high) = filters(keras).axes[0].images[0].get_clim()
    assert -low == high == np.abs(keras.kernel.data).max()


def test_filters_of_three_channels_are_colours_from_0_to_1() -> None:
    found = shown(filters(nn.Conv2d(3, 4, 5)))
    assert found.shape == (4, 5, 5, 3)
    np.testing.assert_allclose([found.min(axis=(1, 2, 3)), found.max(axis=(1, 2, 3))], [[0] * 4, [1] * 4])


def test_filters_of_other_channels_are_means() -> None:
    convolution = layers.Conv2D(4, 3, input_shape=(8, 8, 6))
    np.testing.assert_allclose(shown(filters(convolution)), convolution.kernel.data.mean(axis=2).transpose(2, 0, 1))


def test_filters_along_sequences_have_a_row_for_each_channel() -> None:
    keras, torch = layers.Conv1D(4, 7, input_shape=(20, 2)), nn.Conv1d(2, 4, 7)
    np.testing.assert_array_equal(shown(filters(keras)), keras.kernel.data.transpose(2, 1, 0))
    np.testing.assert_array_equal(shown(filters(torch)), torch.weight.data)


@pytest.mark.parametrize("kind", [layers.DepthwiseConv2D, lambda size, **kw: layers.SeparableConv2D(9, size, **kw)])
def test_depthwise_filters_are_one_for_each_channel(kind: Any) -> None:
    layer = kind(3, depth_multiplier=2, input_shape=(8, 8, 4))
    kernel = next(layer.parameters())
    np.testing.assert_array_equal(shown(filters(layer)), kernel.data.reshape(3, 3, 8).transpose(2, 0, 1))


@pytest.mark.parametrize("grey", [(8, 8), (8, 8, 1), (1, 8, 8, 1)])
def test_feature_maps_are_what_the_layer_gives(grey: tuple[int, ...]) -> None:
    model = nl.models.Sequential([layers.Conv2D(3, 3, name="first", input_shape=(8, 8, 1)), layers.MaxPool2D()])
    image = np.random.default_rng(0).random(grey).astype(np.float32)
    expected = model.predict(image.reshape(1, 8, 8, 1))[0].transpose(2, 0, 1)
    for layer in ("layers.1", "max_pool2d", 1, -1, model[1]):
        np.testing.assert_array_equal(shown(feature_maps(model, image, layer)), expected)
    assert shown(feature_maps(model, image)).shape == (3, 6, 6)
    assert shown(feature_maps(model, image, "first")).shape == (3, 6, 6)
    assert not model[1]._forward_hooks


def test_feature_maps_with_channels_first() -> None:
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2))
    image = np.random.default_rng(0).random((1, 8, 8)).astype(np.float32)
    for layer, until in ((None, 1), ("1", 2), ("2", 3)):
        expected = model[:until](image[None]).data[0]
        np.testing.assert_array_equal(shown(feature_maps(model, image, layer)), expected)
    np.testing.assert_array_equal(shown(feature_maps(model, image[0])), model[0](image[None]).data[0])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: filters(layers.Dense(3)), ValueError, r"found no convolution in Dense\(3\)"),
        (lambda: filters(layers.Conv2D(3, 3)), ValueError, "no kernels before it is built"),
        (lambda: filters(nn.Conv3d(1, 2, 3)), ValueError, "over one or two axes, got Conv3d"),
        (lambda: filters(np.ones(3)), TypeError, "expected a model or a layer, got a ndarray"),  # type: ignore[arg-type]
        (lambda: filters(nn.Conv2d(1, 500, 3)), ValueError, "draws 1 to 400 filters, got 500"),
        (lambda: filters(nn.Sequential(nn.Conv2d(1, 2, 3)), "7"), ValueError, "no layer '7'; it has 0"),
        (lambda: filters(nn.Sequential(nn.Conv2d(1, 2, 3)), 1), ValueError, "has 1 layers, got layer=1"),
        (lambda: feature_maps(nn.Conv2d(1, 2, 3), np.ones((2, 1, 8, 8))), ValueError, r"one image.*got \(2, 1, 8, 8\)"),
        (
            lambda: feature_maps(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten()), np.ones((8, 8), np.float32), "1"),
            ValueError,
            r"to give maps of shape \(1, H, W, C\), got \(1, 72\)",
        ),
        (
            lambda: feature_maps(nn.Conv2d(1, 2, 3), np.ones((8, 8), np.float32), nn.ReLU()),
            ValueError,
            r"without coming through ReLU\(\)",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
