"""Samples of pooling to a given size, against loops over the windows."""

import math

import numpy as np

import nnlite.functional as F
from tests.op_samples._sample import Sample, distinct, normal


def naive_adaptive(x, output_size, reduce):
    """Reduce each window of PyTorch's rule: `reduce` gets all channels of it, as a block."""
    axes = x.ndim - 2
    sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * axes
    sizes = [n if m is None else m for n, m in zip(x.shape[1:-1], sizes, strict=True)]
    y = np.zeros((len(x), *sizes, x.shape[-1]))
    for place in np.ndindex(*sizes):
        window = tuple(
            slice(math.floor(i * n / m), math.ceil((i + 1) * n / m))
            for i, n, m in zip(place, x.shape[1:-1], sizes, strict=True)
        )
        y[(slice(None), *place)] = reduce(x[(slice(None), *window)], axis=tuple(range(1, axes + 1)))
    return y


def _avg(x, output_size):
    return naive_adaptive(x, output_size, np.mean)


def _max(x, output_size, return_indices=False):
    y = naive_adaptive(x, output_size, np.max)
    if not return_indices:
        return y
    places = [[np.flatnonzero(x[n, ..., c] == value)[0] for value in y[n, ..., c].ravel()]
              for n in range(len(x)) for c in range(x.shape[-1])]  # fmt: skip
    spatial = y.shape[1:-1]
    return y, np.moveaxis(np.reshape(places, (len(x), x.shape[-1], *spatial)), 1, -1)


def _global(reduce):
    return lambda x, keepdims=False: reduce(x, axis=tuple(range(1, x.ndim - 1)), keepdims=keepdims)


_ALONG_ONE = [((2, 6, 2), 3), ((2, 7, 2), 3), ((1, 3, 2), (5,))]
_ALONG_TWO = [
    ((2, 4, 6, 1), (2, 3)),
    ((1, 5, 4, 2), (2, 3)),
    ((1, 3, 4, 1), (None, 3)),
    ((2, 3, 2, 1), 1),
    ((1, 2, 3, 1), 4),
]
_ALONG_THREE = [((1, 2, 4, 2, 1), (1, 2, 2)), ((1, 3, 2, 4, 1), (2, None, 3))]

SAMPLES = [
    *(
        Sample(f, (distinct(*shape),), expected, {"output_size": size})
        for functions, cases in (
            (((F.adaptive_avg_pool1d, _avg), (F.adaptive_max_pool1d, _max)), _ALONG_ONE),
            (((F.adaptive_avg_pool2d, _avg), (F.adaptive_max_pool2d, _max)), _ALONG_TWO),
            (((F.adaptive_avg_pool3d, _avg), (F.adaptive_max_pool3d, _max)), _ALONG_THREE),
        )
        for f, expected in functions
        for shape, size in cases
    ),
    *(
        Sample(f, (distinct(*shape),), _max, {"output_size": size, "return_indices": True})
        for f, cases in (
            (F.adaptive_max_pool1d, _ALONG_ONE),
            (F.adaptive_max_pool2d, _ALONG_TWO),
            (F.adaptive_max_pool3d, _ALONG_THREE),
        )
        for shape, size in cases[:2]
    ),
    *(
        Sample(f, (np.ones((0, 5, 4, 2)),), expected, {"output_size": 2}, note="empty")
        for f, expected in ((F.adaptive_avg_pool2d, _avg), (F.adaptive_max_pool2d, _max))
    ),
    *(
        Sample(f, (distinct(2, 3, 10, 2).T[::2, ::-2],), expected, {"output_size": 3}, note="strided")
        for f, expected in ((F.adaptive_avg_pool2d, _avg), (F.adaptive_max_pool2d, _max))
    ),
    *(
        Sample(f, (make(*shape),), _global(reduce), {"keepdims": keepdims})
        for f, reduce, make in ((F.global_avg_pool, np.mean, normal), (F.global_max_pool, np.max, distinct))
        for shape, keepdims in (((2, 4, 3), False), ((2, 3, 4, 2), True), ((2, 2, 3, 2, 2), False))
    ),
]
