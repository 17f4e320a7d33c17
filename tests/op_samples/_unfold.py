"""Samples of unfold and fold, against loops over the windows."""

from typing import Any

import numpy as np

import nnlite.functional as F
from tests.op_samples._conv import each, naive_padding
from tests.op_samples._sample import Sample, normal


def walk(size, kernel_size, stride, padding, dilation):
    """Yield for each window its elements as (row, element, place), those in the padding left out."""
    axes = len(size)
    kernel, stride, dilation = (each(value, axes) for value in (kernel_size, stride, dilation))
    sides = naive_padding(padding, size, kernel, stride, dilation)
    outputs = [
        (n + sum(p) - (k - 1) * d - 1) // s + 1
        for n, p, k, d, s in zip(size, sides, kernel, dilation, stride, strict=True)
    ]
    for row, output in enumerate(np.ndindex(*outputs)):
        for element, offset in enumerate(np.ndindex(*kernel)):
            place = [
                o * s + k * d - p[0] for o, s, k, d, p in zip(output, stride, offset, dilation, sides, strict=True)
            ]
            inside = all(0 <= at < n for at, n in zip(place, size, strict=True))
            yield row, element, tuple(place) if inside else None


def naive_unfold(x, kernel_size, stride=1, padding="valid", dilation=1):
    """Copy element by element."""
    steps = list(walk(x.shape[1:-1], kernel_size, stride, padding, dilation))
    rows, elements, channels = steps[-1][0] + 1, steps[-1][1] + 1, x.shape[-1]
    y = np.zeros((len(x), rows, elements, channels))
    for row, element, place in steps:
        if place is not None:
            y[:, row, element] = x[(slice(None), *place)]
    return y.reshape(len(x), rows, elements * channels)


def naive_fold(y, output_size, kernel_size, stride=1, padding="valid", dilation=1):
    """Add element by element."""
    size = (output_size,) if isinstance(output_size, int) else tuple(output_size)
    steps = list(walk(size, kernel_size, stride, padding, dilation))
    split = y.reshape(len(y), y.shape[1], steps[-1][1] + 1, -1)
    x = np.zeros((len(y), *size, split.shape[-1]))
    for row, element, place in steps:
        if place is not None:
            x[(slice(None), *place)] += split[:, row, element]
    return x


_SETTINGS: list[dict[str, Any]] = [
    {"kernel_size": 2},
    {"kernel_size": (1, 3), "stride": 2, "padding": "same"},
    {"kernel_size": (2, 3), "stride": (1, 2), "padding": ((1, 0), (0, 2)), "dilation": (2, 1)},
]

SAMPLES = [
    *(Sample(F.unfold, (normal(2, 4, 3, 2),), naive_unfold, settings) for settings in _SETTINGS),
    Sample(F.unfold, (normal(2, 5, 3),), naive_unfold, {"kernel_size": 3, "stride": 2, "padding": 1}),
    Sample(F.unfold, (normal(1, 2, 3, 2, 1),), naive_unfold, {"kernel_size": (2, 1, 2), "dilation": 1}),
    Sample(F.unfold, (normal(0, 4, 3, 2),), naive_unfold, {"kernel_size": 2}, note="empty"),
    Sample(F.unfold, (normal(3, 4, 3, 2).T,), naive_unfold, {"kernel_size": 2}, note="strided"),
    *(Sample(F.fold, (naive_unfold(normal(2, 4, 3, 2), **settings),), naive_fold, {"output_size": (4, 3), **settings})
      for settings in _SETTINGS),
    Sample(F.fold, (normal(2, 3, 6),), naive_fold, {"output_size": 5, "kernel_size": 3, "stride": 2, "padding": 1}),
    Sample(F.fold, (normal(1, 6, 4),), naive_fold,
           {"output_size": (2, 3, 2), "kernel_size": (1, 1, 2), "padding": (0, 0, (0, 1)), "stride": (1, 1, 2)}),
]  # fmt: skip
