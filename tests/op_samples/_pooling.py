"""Samples of pooling, against loops over the windows."""

from typing import Any

import numpy as np

import nnlite.functional as F
from tests.op_samples._conv import naive_padding
from tests.op_samples._sample import Sample, distinct, normal


def _pooled(x, pool_size, stride, padding, fill, reduce):
    """Reduce each window of the images with a border of `fill`."""
    kh, kw = (pool_size, pool_size) if isinstance(pool_size, int) else pool_size
    stride = (kh, kw) if stride is None else stride
    down, across = (stride, stride) if isinstance(stride, int) else stride
    borders = naive_padding(padding, x.shape[1:3], (kh, kw), (down, across), (1, 1))
    padded = np.pad(x, ((0, 0), *borders, (0, 0)), constant_values=fill)
    rows, columns = (padded.shape[1] - kh) // down + 1, (padded.shape[2] - kw) // across + 1
    y = np.zeros((len(x), rows, columns, x.shape[3]))
    for r, s in np.ndindex(rows, columns):
        y[:, r, s] = reduce(padded[:, r * down : r * down + kh, s * across : s * across + kw], axis=(1, 2))
    return y


def naive_max_pool2d(x, pool_size=2, stride=None, padding="valid"):
    """Take the largest element of each window."""
    return _pooled(x, pool_size, stride, padding, -np.inf, np.max)


def naive_avg_pool2d(x, pool_size=2, stride=None, padding="valid", count_padding=False):
    """Take the mean of each window."""
    if count_padding:
        return _pooled(x, pool_size, stride, padding, 0, np.mean)
    return _pooled(x, pool_size, stride, padding, np.nan, np.nanmean)


_SETTINGS: list[dict[str, Any]] = [
    {},
    {"pool_size": (2, 3)},
    {"pool_size": 3, "stride": 1, "padding": "same"},
    {"pool_size": (3, 2), "stride": (2, 3), "padding": (1, 0)},
    {"pool_size": 2, "stride": 3, "padding": 1},
    {"pool_size": (2, 3), "stride": (1, 2), "padding": ((1, 0), (2, 1))},
]
_POOLINGS = [(F.max_pool2d, naive_max_pool2d), (F.avg_pool2d, naive_avg_pool2d)]

SAMPLES = [
    *(Sample(f, (distinct(1, 4, 5, 1),), e, settings) for f, e in _POOLINGS for settings in _SETTINGS),
    *(Sample(f, (distinct(2, 3, 2, 2),), e, note="part of the image") for f, e in _POOLINGS),
    *(Sample(f, (np.ones((0, 4, 4, 2)),), e, note="empty") for f, e in _POOLINGS),
    *(Sample(f, (distinct(2, 3, 8, 2).T[::2, ::-2],), e, {"stride": 1}, note="strided") for f, e in _POOLINGS),
    *(
        Sample(F.avg_pool2d, (normal(1, 4, 5, 1),), naive_avg_pool2d, {**settings, "count_padding": True})
        for settings in _SETTINGS
    ),
]
