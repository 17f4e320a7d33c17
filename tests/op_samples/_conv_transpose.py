"""Samples of transposed convolution, against loops that lay the kernel down at each input."""

from typing import Any

import numpy as np

import nnlite.functional as F
from tests.op_samples._conv import each
from tests.op_samples._sample import Sample, normal


def naive_conv_transpose(x, weight, bias=None, stride=1, padding="valid", output_padding=None, dilation=1, groups=1):
    """Lay the kernel down input by input, then crop, over any number of axes."""
    *kernel, depth, channels = weight.shape
    axes = len(kernel)
    stride, dilation = each(stride, axes), each(dilation, axes)
    extra = None if output_padding is None else each(output_padding, axes)
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    reach = [(n - 1) * s + e for n, s, e in zip(x.shape[1:-1], stride, extents, strict=True)]
    full = np.zeros((len(x), *(r + 10 for r in reach), depth * groups))
    for places in np.ndindex(*x.shape[1:-1]):
        for offset in np.ndindex(*kernel):
            at = [o * s + k * d for o, s, k, d in zip(places, stride, offset, dilation, strict=True)]
            for group in range(groups):
                inside = slice(group * (channels // groups), (group + 1) * (channels // groups))
                added = x[(slice(None), *places, inside)] @ weight[offset][:, inside].T
                full[(slice(None), *at, slice(group * depth, (group + 1) * depth))] += added
    kept = [
        naive_crop(padding, None if extra is None else extra[i], x.shape[1 + i], extents[i], stride[i], i, axes)
        for i in range(axes)
    ]
    y = full[(slice(None), *kept)]
    return y if bias is None else y + bias


def naive_crop(padding, extra, n, extent, stride, axis, axes):
    """Return which of the outputs along an axis are kept."""
    if padding == "valid":
        return slice(0, n * stride + max(extent - stride, 0) if extra is None else (n - 1) * stride + extent + extra)
    if padding == "same" and extra is None:
        before = max(extent - stride, 0) // 2
        return slice(before, before + n * stride)
    if padding == "same":  # Keras' rule
        size = (n - 1) * stride + extent % 2 + extra
        before = max(extent - 1 - int(np.ceil((extent + extent % 2 - 2 + extra) / 2)), 0)
        return slice(before, before + size)
    before, after = each(each(padding, axes)[axis], 2)
    return slice(before, max((n - 1) * stride + extent - after + (extra or 0), 0))


_SETTINGS: list[dict[str, Any]] = [
    {},
    {"stride": 2, "padding": "same"},
    {"stride": (1, 3), "padding": 1},
    {"stride": (3, 2), "padding": (1, 2), "output_padding": (2, 1)},
    {"stride": (3, 2), "padding": ((1, 0), (0, 2))},
    {"dilation": 2, "padding": "same"},
    {"dilation": (3, 1), "stride": 2, "padding": "valid"},
    {"stride": (4, 5)},
    {"stride": 3, "padding": "same", "output_padding": 1},
    {"stride": 2, "padding": "same", "output_padding": 0, "dilation": 2},
    {"padding": "valid", "output_padding": 2, "stride": (2, 3)},
    {"output_padding": (3, 0), "dilation": (4, 1)},
    {"padding": ((5, 0), 0), "output_padding": (4, 0)},
]

SAMPLES = [
    *(Sample(F.conv2d_transpose, (normal(1, 2, 3, 2), normal(2, 3, 1, 2)), naive_conv_transpose, settings)
      for settings in _SETTINGS),
    Sample(F.conv2d_transpose, (normal(2, 2, 2, 2), normal(2, 2, 3, 2), normal(3)), naive_conv_transpose, note="bias"),
    Sample(F.conv2d_transpose, (normal(1, 2, 2, 4), normal(2, 2, 3, 4), normal(6)), naive_conv_transpose,
           {"groups": 2}),
    Sample(F.conv2d_transpose, (normal(1, 3, 2, 3), normal(2, 2, 1, 3)), naive_conv_transpose,
           {"groups": 3, "stride": 2, "padding": "same"}, note="depthwise"),
    Sample(F.conv2d_transpose, (normal(1, 2, 2, 6), normal(2, 2, 1, 6)), naive_conv_transpose,
           {"groups": 3, "stride": (1, 2), "padding": (1, 0)}, note="several to one"),
    Sample(F.conv2d_transpose, (normal(0, 2, 2, 2), normal(2, 2, 3, 2)), naive_conv_transpose, note="empty"),
    Sample(F.conv2d_transpose, (normal(2, 2, 3, 2).T, normal(1, 2, 3, 2)), naive_conv_transpose, note="strided"),
    *(Sample(F.conv1d_transpose, (normal(2, 3, 2), normal(3, 2, 2), normal(2)), naive_conv_transpose, settings)
      for settings in ({}, {"stride": 2, "padding": "same"}, {"stride": (4,), "output_padding": (1,), "padding": 1},
                       {"dilation": 2, "padding": ((3, 0),)})),
    Sample(F.conv1d_transpose, (normal(1, 3, 4), normal(2, 1, 4)), naive_conv_transpose, {"groups": 2}),
    *(Sample(F.conv3d_transpose, (normal(1, 1, 2, 2, 1), normal(2, 1, 2, 2, 1), normal(2)), naive_conv_transpose,
             settings)
      for settings in ({}, {"stride": (2, 1, 3), "padding": "same", "output_padding": (1, 0, 1)},
                       {"dilation": 2, "padding": (1, 0, (0, 2)), "output_padding": 1})),
    Sample(F.conv3d_transpose, (normal(1, 1, 2, 2, 2), normal(1, 2, 1, 1, 2)), naive_conv_transpose, {"groups": 2}),
]  # fmt: skip
