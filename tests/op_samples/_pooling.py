"""Samples of pooling, against loops over the windows, along any number of spatial axes."""

import itertools
import math
from typing import Any

import numpy as np

import nnlite.functional as F
from tests.op_samples._sample import Sample, distinct, normal


def _each(value, axes):
    """One number for all axes, or one for each."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes


def _axis(n, k, s, d, ends, ceil_mode):
    """The places that each window sees along one axis, those of padding too, given as ends or as a word."""
    reach = (k - 1) * d + 1
    if ends == "same":
        total = max((math.ceil(n / s) - 1) * s + reach - n, 0)
        ends = total // 2, total - total // 2
    before, after = (0, 0) if ends == "valid" else _each(ends, 2)
    starts = [start for start in range(-before, n + after, s) if start + reach <= n + after]
    following = starts[-1] + s
    if ceil_mode and starts[-1] + reach < n + after and following < n:
        starts.append(following)
    return [[start + i * d for i in range(k)] for start in starts], (before, after)


def _pooled(x, pool_size, stride, padding, dilation, ceil_mode, reduce):
    """Reduce each window: `reduce` gets its real elements, of one channel, and how many of its places are padded."""
    axes = x.ndim - 2
    pool_size = _each(pool_size, axes)
    stride = pool_size if stride is None else _each(stride, axes)
    padding = (padding,) * axes if isinstance(padding, str) else _each(padding, axes)
    sides = zip(x.shape[1:-1], pool_size, stride, _each(dilation, axes), padding, strict=True)
    windows, borders = zip(*(_axis(*side, ceil_mode) for side in sides), strict=True)
    y = np.zeros((len(x), *map(len, windows), x.shape[-1]))
    for n, *place, c in np.ndindex(y.shape):
        seen = [windows[axis][o] for axis, o in enumerate(place)]
        real = [[i for i in at if 0 <= i < x.shape[1 + axis]] for axis, at in enumerate(seen)]
        counted = [
            [i for i in at if -borders[axis][0] <= i < x.shape[1 + axis] + borders[axis][1]]
            for axis, at in enumerate(seen)
        ]
        values = {at: x[(n, *at, c)] for at in itertools.product(*real)}
        y[(n, *place, c)] = reduce(values, math.prod(map(len, counted)))
    return y


def naive_max_pool(x, pool_size=2, stride=None, padding="valid", dilation=1, ceil_mode=False, return_indices=False):
    """Take the largest element of each window, and its place."""
    y = _pooled(x, pool_size, stride, padding, dilation, ceil_mode, lambda values, _: max(values.values()))
    if not return_indices:
        return y

    def place(values, _):
        return np.ravel_multi_index(max(values, key=values.get), x.shape[1:-1])

    return y, _pooled(x, pool_size, stride, padding, dilation, ceil_mode, place).astype(int)


def naive_min_pool2d(x, *args, **settings):
    """Take the smallest element of each window."""
    names = ("pool_size", "stride", "padding", "dilation", "ceil_mode")
    given = {"pool_size": 2, "stride": None, "padding": "valid", "dilation": 1, "ceil_mode": False}
    given |= dict(zip(names, args, strict=False)) | settings
    return _pooled(x, *(given[name] for name in names), lambda values, _: min(values.values()))


def naive_avg_pool(x, pool_size=2, stride=None, padding="valid", count_padding=False, ceil_mode=False, divisor=None):
    """Take the mean of each window."""

    def mean(values, counted):
        return sum(values.values()) / (divisor or (counted if count_padding else len(values)))

    return _pooled(x, pool_size, stride, padding, 1, ceil_mode, mean)


_SETTINGS: list[dict[str, Any]] = [
    {},
    {"pool_size": (2, 3)},
    {"pool_size": 3, "stride": 1, "padding": "same"},
    {"pool_size": (3, 2), "stride": (2, 3), "padding": (1, 0)},
    {"pool_size": 2, "stride": 3, "padding": 1},
    {"pool_size": (2, 3), "stride": (1, 2), "padding": ((1, 0), (2, 1))},
    {"pool_size": 2, "stride": (3, 2), "padding": (0, 1), "ceil_mode": True},
]
_DILATED: list[dict[str, Any]] = [
    {"pool_size": 2, "stride": 1, "dilation": (3, 2)},
    {"pool_size": (2, 3), "dilation": 2, "padding": 1, "ceil_mode": True},
]
_INDICES: dict[str, Any] = {"pool_size": 2, "stride": (1, 2), "padding": (1, 0), "return_indices": True}
_DIVISORS: list[dict[str, Any]] = [{"count_padding": True}, {"divisor": 3}]
_ALONG_ONE: list[dict[str, Any]] = [
    {}, {"pool_size": 3, "stride": 2, "padding": 1}, {"pool_size": 3, "padding": ((1, 0),), "ceil_mode": True},
]  # fmt: skip
_ALONG_THREE: list[dict[str, Any]] = [
    {}, {"pool_size": (1, 2, 3), "stride": (2, 1, 2), "padding": "same", "ceil_mode": True},
]  # fmt: skip
_POOLINGS = [(F.max_pool2d, naive_max_pool), (F.min_pool2d, naive_min_pool2d), (F.avg_pool2d, naive_avg_pool)]
_MAX = (F.max_pool1d, F.max_pool3d)
_AVG = (F.avg_pool1d, F.avg_pool3d)
_INPUTS = {1: (2, 7, 2), 3: (1, 3, 4, 4, 1)}

SAMPLES = [
    *(Sample(f, (distinct(1, 4, 5, 1),), e, settings) for f, e in _POOLINGS for settings in _SETTINGS),
    *(Sample(f, (distinct(1, 5, 6, 1),), e, settings) for f, e in _POOLINGS[:2] for settings in _DILATED),
    *(Sample(f, (distinct(2, 3, 2, 2),), e, note="part of the image") for f, e in _POOLINGS),
    *(Sample(f, (np.ones((0, 4, 4, 2)),), e, note="empty") for f, e in _POOLINGS),
    *(Sample(f, (distinct(2, 3, 8, 2).T[::2, ::-2],), e, {"stride": 1}, note="strided") for f, e in _POOLINGS),
    Sample(F.max_pool2d, (distinct(2, 4, 5, 2),), naive_max_pool, _INDICES),
    *(
        Sample(F.avg_pool2d, (normal(1, 4, 5, 1),), naive_avg_pool, {**settings, **more})
        for settings in _SETTINGS
        for more in _DIVISORS
    ),
    *(
        Sample(f, (distinct(*_INPUTS[axes]),), naive_max_pool, {**settings, **more})
        for axes, f, along in zip((1, 3), _MAX, (_ALONG_ONE, _ALONG_THREE), strict=True)
        for settings in along
        for more in ({}, {"dilation": 2, "pool_size": 2, "return_indices": True})
    ),
    *(
        Sample(f, (normal(*_INPUTS[axes]),), naive_avg_pool, {**settings, **more})
        for axes, f, along in zip((1, 3), _AVG, (_ALONG_ONE, _ALONG_THREE), strict=True)
        for settings in along
        for more in ({}, *_DIVISORS)
    ),
]
