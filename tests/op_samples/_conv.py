"""Samples of convolution and its two gradients, against loops over the outputs."""

from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite.functional._conv import conv_input_grad, conv_weight_grad
from tests.op_samples._sample import Sample, normal


def naive_conv2d(x, weight, bias=None, stride=1, padding="valid", dilation=1, groups=1):
    """Convolve output by output, by the formula in the docstring of `conv2d`."""
    (n, height, width, _), (kh, kw, depth, features) = x.shape, weight.shape
    down, across = _both(stride)
    padding = naive_padding(padding, (height, width), (kh, kw), (down, across), _both(dilation))
    padded = np.pad(x, ((0, 0), *padding, (0, 0)))
    reach_down, reach_across = (k * d for k, d in zip((kh - 1, kw - 1), _both(dilation), strict=True))
    rows = (padded.shape[1] - reach_down - 1) // down + 1
    columns = (padded.shape[2] - reach_across - 1) // across + 1
    y = np.zeros((n, rows, columns, features))
    for r, s, f in np.ndindex(rows, columns, features):
        group = f // (features // groups)
        window = padded[
            :,
            r * down : r * down + reach_down + 1 : _both(dilation)[0],
            s * across : s * across + reach_across + 1 : _both(dilation)[1],
            group * depth : (group + 1) * depth,
        ]
        y[:, r, s, f] = (window * weight[..., f]).sum(axis=(1, 2, 3))
    return y if bias is None else y + bias


def naive_padding(padding, size, kernel, stride, dilation):
    """Write any form of padding as ((top, bottom), (left, right))."""
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        totals = [
            max((int(np.ceil(n / s)) - 1) * s + (k - 1) * d + 1 - n, 0)
            for n, k, s, d in zip(size, kernel, stride, dilation, strict=True)
        ]
        return tuple((total // 2, total - total // 2) for total in totals)
    return tuple(_both(side) for side in _both(padding))


def _both(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def _transpose_in_x(g, weight, *, input_shape, **settings):
    """Multiply g by the matrix of the convolution, built one input element at a time."""
    columns = [naive_conv2d(e.reshape(input_shape), weight, **settings) for e in np.eye(int(np.prod(input_shape)))]
    return np.array([(column * g).sum() for column in columns]).reshape(input_shape)


def _transpose_in_weight(x, g, *, kernel_size, **settings):
    """Multiply g by the matrix of the convolution as a function of its weight."""
    shape = (*kernel_size, x.shape[3] // settings["groups"], g.shape[3])
    columns = [naive_conv2d(x, e.reshape(shape), **settings) for e in np.eye(int(np.prod(shape)))]
    return np.array([(column * g).sum() for column in columns]).reshape(shape)


_IMAGES, _WEIGHT = normal(1, 4, 3, 2), normal(2, 3, 2, 2)
_SETTINGS: list[dict[str, Any]] = [
    {},
    {"stride": 2, "padding": "same"},
    {"stride": (1, 3), "padding": 1},
    {"padding": (1, 2)},
    {"stride": (3, 2), "padding": ((2, 0), (1, 2))},
    {"dilation": 2, "padding": "same"},
    {"dilation": (3, 1), "stride": 2, "padding": ((0, 1), (1, 0))},
]
_FULL = {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}

SAMPLES = [
    *(Sample(F.conv2d, (_IMAGES, _WEIGHT), naive_conv2d, settings) for settings in _SETTINGS),
    Sample(F.conv2d, (_IMAGES, _WEIGHT, normal(2)), naive_conv2d, {"padding": "same"}, note="bias"),
    Sample(F.conv2d, (normal(1, 3, 4, 4), normal(2, 2, 2, 2), normal(2)), naive_conv2d, {"groups": 2}),
    Sample(F.conv2d, (normal(1, 3, 3, 3), normal(2, 2, 1, 6)), naive_conv2d, {"groups": 3}, note="depthwise"),
    Sample(F.conv2d, (normal(2, 3, 2, 3), normal(1, 1, 3, 2)), naive_conv2d, note="no window"),
    Sample(F.conv2d, (normal(3, 4, 3, 1), normal(2, 2, 1, 1)), naive_conv2d, note="one channel"),
    Sample(F.conv2d, (normal(0, 4, 3, 2), _WEIGHT, normal(2)), naive_conv2d, note="empty"),
    Sample(F.conv2d, (normal(2, 5, 2, 4).T[::3], normal(3, 2, 2, 2).transpose(1, 0, 2, 3)), naive_conv2d,
           note="strided"),
    *(
        Sample(conv_input_grad, (normal(1, 2, 3, 4), normal(2, 2, 1, 4)), _transpose_in_x,
               {"input_shape": (1, 3, 3, 2), **_FULL, **settings})
        for settings in ({}, {"padding": ((0, 1), (1, 1))})
    ),
    Sample(conv_weight_grad, (normal(1, 3, 3, 2), normal(1, 2, 3, 4)), _transpose_in_weight,
           {"kernel_size": (2, 2), **_FULL}),
]  # fmt: skip
