"""Convolutional layers: their arguments, and their two layouts."""

from typing import Any

import numpy as np
import pytest

import nnlite.functional as F
from nnlite import layers
from nnlite.layers import (
    AvgPool2D,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    DepthwiseConv2D,
    Flatten,
    MaxPool2D,
    SeparableConv2D,
)
from nnlite.models import Sequential
from nnlite.regularizers import L2


def images(*shape: int) -> Any:
    """Random images."""
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_settings_reach_the_function() -> None:
    conv = Conv2D(4, (3, 2), strides=(2, 1), padding="same", groups=2, activation="relu", bias_initializer="ones")
    x = images(3, 7, 8, 4)
    expected = F.conv2d(x, np.zeros((3, 2, 2, 4), np.float32) + 0.1, np.ones(4, np.float32), (2, 1), "same", 1, 2)
    conv(x)
    conv.kernel.data[...] = 0.1
    np.testing.assert_allclose(conv(x).numpy(), np.maximum(expected, 0), rtol=1e-5, atol=1e-6)
    conv = Conv2D(2, 2, dilation_rate=2)
    y = conv(x).numpy()
    np.testing.assert_allclose(y, F.conv2d(x, conv.kernel.data, dilation=2), rtol=1e-5, atol=1e-6)


def test_channels_first_is_the_same_network_transposed() -> None:
    def network(data_format: str) -> Sequential:
        return Sequential(
            [
                Conv2D(4, 3, activation="relu", data_format=data_format),
                MaxPool2D(data_format=data_format),
                AvgPool2D((1, 2), data_format=data_format),
                Flatten(data_format=data_format),
            ]
        )

    x = images(2, 8, 10, 3)
    last, first = network("channels_last"), network("channels_first")
    y = last(x).numpy()
    first(x.transpose(0, 3, 1, 2))
    first.set_weights(last.get_weights())
    np.testing.assert_allclose(first(x.transpose(0, 3, 1, 2)).numpy(), y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0, "kernel_size": 3}, "Conv2D expected filters to be a positive integer, got filters=0"),
        ({"filters": 4, "kernel_size": (1, 2, 3)}, r"got kernel_size=\(1, 2, 3\)"),
        ({"filters": 4, "kernel_size": 3, "strides": 0}, "got strides=0"),
        ({"filters": 4, "kernel_size": 3, "padding": "full"}, 'expected padding "valid" or "same"'),
        (
            {"filters": 4, "kernel_size": 3, "data_format": "NHWC"},
            'data_format "channels_last" or "channels_first", got',
        ),
        ({"filters": 4, "kernel_size": 3, "groups": 3}, r"filters \(=4\) to be divisible by groups \(=3\)"),
        (
            {"filters": 4, "kernel_size": 3, "groups": 2, "input_shape": (5, 5, 3)},
            r"channels \(=3\) divisible by groups",
        ),
        (
            {"filters": 4, "kernel_size": 3, "input_shape": (28, 28)},
            r"4 axes \(N, H, W, C\), got an input of shape \(1,",
        ),
        ({"filters": 4, "kernel_size": 3, "activation": "rleu"}, "did you mean 'relu'"),
    ],
)
def test_arguments_are_checked(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Conv2D(**arguments)


def test_images_without_channels_are_met_with_the_axes_wanted() -> None:
    with pytest.raises(
        ValueError, match=r"Conv2D\(3, \(2, 2\)\) expected images of 4 axes \(N, H, W, C\), got an input"
    ):
        Conv2D(3, 2)(images(2, 5, 5))
    with pytest.raises(ValueError, match=r"expected images of 4 axes \(N, C, H, W\)"):
        Conv2D(3, 2, data_format="channels_first")(images(2, 5, 5))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(2, 3, padding="causal"), 'Conv2D expected padding "valid" or "same", numbers or pairs, got'),
        (lambda: Conv1D(2, 3, padding="full"), 'Conv1D expected padding "valid" or "same" or "causal"'),
        (lambda: Conv1D(2, (3, 3)), r"kernel_size to be a positive int or a tuple of one, got kernel_size=\(3, 3\)"),
        (lambda: Conv3D(2, (3, 3)), r"or three of them, got kernel_size=\(3, 3\)"),
        (lambda: Conv3D(2, 3, input_shape=(5, 5, 3)), r"volumes of 5 axes \(N, D, H, W, C\), got an input of shape"),
        (lambda: Conv1D(2, 3, data_format="channels_first", input_shape=(5,)), r"sequences of 3 axes \(N, C, L\)"),
        (lambda: Conv2DTranspose(2, 3, output_padding=(1, -1)), r"got output_padding=\(1, -1\)"),
        (lambda: Conv2DTranspose(2, 3, kernel_initializer="glorot"), "unknown initializer 'glorot'"),
        (lambda: DepthwiseConv2D(3, depth_multiplier=0), "DepthwiseConv2D expected depth_multiplier to be a positive"),
        (lambda: SeparableConv2D(0, 3), "SeparableConv2D expected filters to be a positive integer, got filters=0"),
    ],
)
def test_arguments_of_the_others_are_checked(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_weights_have_keras_order_shapes_penalties_and_constraints() -> None:
    conv = SeparableConv2D(
        5, (3, 2), depth_multiplier=2, depthwise_regularizer="l1", pointwise_regularizer=L2(0.1),
        bias_regularizer="l2", pointwise_constraint="non_neg", input_shape=(8, 8, 3),
    )  # fmt: skip
    shapes = {name: weight.shape for name, weight in conv.named_parameters()}
    assert shapes == {"depthwise_kernel": (3, 2, 3, 2), "pointwise_kernel": (1, 1, 6, 5), "bias": (5,)}
    assert list(shapes) == ["depthwise_kernel", "pointwise_kernel", "bias"]
    assert [type(weight.regularizer).__name__ for weight in conv.parameters()] == ["L1", "L2", "L2"]
    assert [type(weight.constraint).__name__ for weight in conv.parameters()] == ["NoneType", "NonNeg", "NoneType"]
    for kind, shape in ((Conv2D, (3, 2, 3, 4)), (Conv2DTranspose, (3, 2, 4, 3))):
        layer = kind(4, (3, 2), kernel_regularizer="l2", bias_constraint="non_neg", input_shape=(8, 8, 3))
        assert [(w.shape, type(w.regularizer).__name__, type(w.constraint).__name__) for w in layer.parameters()] == [
            (shape, "L2", "NoneType"),
            ((4,), "NoneType", "NonNeg"),
        ]
    layer = DepthwiseConv2D(2, depthwise_regularizer="l2", depthwise_constraint="non_neg", input_shape=(8, 8, 3))
    assert [name for name, _ in layer.named_parameters()] == ["kernel", "bias"]
    assert (type(layer.kernel.regularizer).__name__, type(layer.kernel.constraint).__name__) == ("L2", "NonNeg")


def test_a_separable_convolution_is_a_depthwise_and_a_pointwise_one() -> None:
    x = images(2, 6, 7, 3)
    both = SeparableConv2D(5, (3, 2), strides=2, padding="same", depth_multiplier=2, bias_initializer="ones")
    y = both(x).numpy()
    first = DepthwiseConv2D((3, 2), strides=2, padding="same", depth_multiplier=2, use_bias=False)
    second = Conv2D(5, 1, bias_initializer="ones")
    second(first(x))
    first.set_weights([both.depthwise_kernel])
    second.set_weights([both.pointwise_kernel, both.bias])
    np.testing.assert_allclose(second(first(x)).numpy(), y, rtol=1e-5, atol=1e-6)


def test_longer_spellings_are_the_same_objects() -> None:
    for name in ("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"):
        assert getattr(layers, name.replace("Conv", "Convolution")) is getattr(layers, name)
    assert layers.SeparableConvolution2D is SeparableConv2D


def test_numbers_for_each_axis_print_only_where_they_are_not_the_default() -> None:
    assert repr(Conv2D(4, 3, strides=1)) == "Conv2D(4, (3, 3))"
    assert repr(Conv2D(4, 3, strides=(1, 2))) == "Conv2D(4, (3, 3), strides=(1, 2))"
    assert repr(Conv3D(4, 3, dilation_rate=2)) == "Conv3D(4, (3, 3, 3), dilation_rate=(2, 2, 2))"
