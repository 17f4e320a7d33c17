"""Conv2D: its arguments, and its two layouts."""

from typing import Any

import numpy as np
import pytest

import nnlite.functional as F
from nnlite.layers import AvgPool2D, Conv2D, Flatten, MaxPool2D
from nnlite.models import Sequential


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
