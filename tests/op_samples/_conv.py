"""Samples of convolution and its two gradients, against loops over the outputs."""

from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite.functional._conv import conv_input_grad, conv_weight_grad
from tests.op_samples._sample import Sample, normal


def naive_conv(x, weight, bias=None, stride=1, padding="valid", dilation=1, groups=1, activation=None):
    """Convolve output by output, by the formula in the docstrings, over any number of axes."""
    *kernel, depth, features = weight.shape
    axes = len(kernel)
    stride, dilation = each(stride, axes), each(dilation, axes)
    padding = naive_padding(padding, x.shape[1:-1], kernel, stride, dilation)
    padded = np.pad(x, ((0, 0), *padding, (0, 0)))
    outputs = [
        (n - (k - 1) * d - 1) // s + 1 for n, k, d, s in zip(padded.shape[1:-1], kernel, dilation, stride, strict=True)
    ]
    y = np.zeros((len(x), *outputs, features))
    for *output, f in np.ndindex(*outputs, features):
        starts = [o * s for o, s in zip(output, stride, strict=True)]
        places = [slice(a, a + (k - 1) * d + 1, d) for a, k, d in zip(starts, kernel, dilation, strict=True)]
        group = f // (features // groups)
        window = padded[(slice(None), *places, slice(group * depth, (group + 1) * depth))]
        y[(slice(None), *output, f)] = (window * weight[..., f]).sum(axis=tuple(range(1, axes + 2)))
    y = y if bias is None else y + bias
    return y if activation is None else np.maximum(y, 0)


def naive_depthwise(x, weight, bias=None, stride=1, padding="valid", dilation=1, activation=None):
    """Convolve each channel by itself."""
    channels = [naive_conv(x[..., [c]], weight[:, :, [c]], None, stride, padding, dilation) for c in range(x.shape[-1])]
    y = np.concatenate(channels, axis=-1)
    y = y if bias is None else y + bias
    return y if activation is None else np.maximum(y, 0)


def naive_padding(padding, size, kernel, stride, dilation):
    """Write any form of padding as a pair for each axis."""
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    if padding == "valid":
        return [(0, 0) for _ in size]
    if padding == "causal":
        return [(extent - 1, 0) for extent in extents]
    if padding == "same":
        totals = [
            max((int(np.ceil(n / s)) - 1) * s + extent - n, 0)
            for n, s, extent in zip(size, stride, extents, strict=True)
        ]
        return [(total // 2, total - total // 2) for total in totals]
    return [each(side, 2) for side in each(padding, len(size))]


def each(value, axes):
    """Write a number as that number for each axis."""
    return (value,) * axes if isinstance(value, int) else tuple(value)


def _transpose_in_x(g, weight, *, input_shape, **settings):
    """Multiply g by the matrix of the convolution, built one input element at a time."""
    columns = [naive_conv(e.reshape(input_shape), weight, **settings) for e in np.eye(int(np.prod(input_shape)))]
    return np.array([(column * g).sum() for column in columns]).reshape(input_shape)


def _transpose_in_weight(x, g, *, kernel_size, **settings):
    """Multiply g by the matrix of the convolution as a function of its weight."""
    shape = (*kernel_size, x.shape[-1] // settings["groups"], g.shape[-1])
    columns = [naive_conv(x, e.reshape(shape), **settings) for e in np.eye(int(np.prod(shape)))]
    return np.array([(column * g).sum() for column in columns]).reshape(shape)


_IMAGES, _WEIGHT = normal(1, 4, 3, 2), normal(2, 3, 2, 2)
_SETTINGS: list[dict[str, Any]] = [
    {},
    {"stride": 2, "padding": "same"},
    {"stride": (1, 3), "padding": 1},
    {"padding": (1, 2)},
    {"stride": (3, 2), "padding": ((2, 0), (1, 2))},
    {"dilation": 2, "padding": "same"},
    {"padding": "same", "activation": "relu"},
    {"dilation": (3, 1), "stride": 2, "padding": ((0, 1), (1, 0))},
]
_SEQUENCES: list[dict[str, Any]] = [
    {},
    {"stride": 2, "padding": "same"},
    {"padding": "causal", "dilation": 2},
    {"stride": (3,), "padding": ((2, 1),)},
]
_VOLUMES: list[dict[str, Any]] = [
    {},
    {"stride": 2, "padding": "same"},
    {"stride": (1, 2, 1), "padding": (1, 0, (0, 2)), "dilation": (1, 2, 1)},
]
_FULL = {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}

SAMPLES = [
    *(Sample(F.conv2d, (_IMAGES, _WEIGHT), naive_conv, settings) for settings in _SETTINGS),
    Sample(F.conv2d, (_IMAGES, _WEIGHT, normal(2)), naive_conv, {"padding": "same"}, note="bias"),
    Sample(F.conv2d, (_IMAGES, _WEIGHT, normal(2)), naive_conv, {"activation": "relu"}, note="bias"),
    Sample(F.conv2d, (normal(1, 3, 4, 4), normal(2, 2, 2, 2), normal(2)), naive_conv, {"groups": 2}),
    Sample(F.conv2d, (normal(1, 3, 3, 3), normal(2, 2, 1, 6)), naive_conv, {"groups": 3}, note="depthwise"),
    Sample(F.conv2d, (normal(2, 3, 2, 3), normal(1, 1, 3, 2)), naive_conv, note="no window"),
    Sample(F.conv2d, (normal(3, 4, 3, 1), normal(2, 2, 1, 1)), naive_conv, note="one channel"),
    Sample(F.conv2d, (normal(0, 4, 3, 2), _WEIGHT, normal(2)), naive_conv, note="empty"),
    Sample(F.conv2d, (normal(2, 5, 2, 4).T[::3], normal(3, 2, 2, 2).transpose(1, 0, 2, 3)), naive_conv,
           note="strided"),
    *(Sample(F.conv1d, (normal(2, 6, 2), normal(3, 2, 2)), naive_conv, settings) for settings in _SEQUENCES),
    Sample(F.conv1d, (normal(2, 5, 2), normal(3, 2, 2), normal(2)), naive_conv, {"activation": "relu"}),
    Sample(F.conv1d, (normal(2, 5, 4), normal(2, 2, 2), normal(2)), naive_conv, {"groups": 2, "padding": 1}),
    Sample(F.conv1d, (normal(2, 5, 3), normal(2, 1, 3), normal(3)), naive_conv, {"groups": 3, "stride": 2}),
    Sample(F.conv1d, (normal(0, 5, 3), normal(2, 3, 1)), naive_conv, note="empty"),
    Sample(F.conv1d, (normal(3, 5, 2).T, normal(1, 3, 1)), naive_conv, note="strided"),
    *(Sample(F.conv3d, (normal(1, 2, 3, 2, 1), normal(1, 2, 2, 1, 2)), naive_conv, settings) for settings in _VOLUMES),
    Sample(F.conv3d, (normal(1, 2, 3, 2, 1), normal(1, 2, 2, 1, 2)), naive_conv, {"activation": "relu"}),
    Sample(F.conv3d, (normal(1, 2, 2, 2, 2), normal(1, 2, 1, 1, 2), normal(2)), naive_conv, {"groups": 2}),
    Sample(F.conv3d, (normal(1, 2, 2, 2, 4), normal(2, 1, 1, 2, 2)), naive_conv, {"groups": 2}),
    *(Sample(F.depthwise_conv2d, (normal(1, 4, 3, 2), normal(2, 3, 2, 2)), naive_depthwise, settings)
      for settings in _SETTINGS),
    Sample(F.depthwise_conv2d, (normal(2, 3, 3, 3), normal(2, 2, 3, 1), normal(3)), naive_depthwise, note="bias"),
    Sample(F.depthwise_conv2d, (normal(2, 3, 3, 1), normal(2, 2, 1, 2)), naive_depthwise, note="one channel"),
    *(
        Sample(conv_input_grad, (normal(1, 2, 3, 4), normal(2, 2, 1, 4)), _transpose_in_x,
               {"input_shape": (1, 3, 3, 2), **_FULL, **settings})
        for settings in ({}, {"padding": ((0, 1), (1, 1))})
    ),
    Sample(conv_weight_grad, (normal(1, 3, 3, 2), normal(1, 2, 3, 4)), _transpose_in_weight,
           {"kernel_size": (2, 2), **_FULL}),
]  # fmt: skip
