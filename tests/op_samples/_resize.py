"""Samples of resizing, against loops over the output's elements."""

from fractions import Fraction

import numpy as np

import nnlite.functional as F
from tests.op_samples._sample import Sample, normal


def _line(x, n, m, span, mode, align_corners):
    """Resize along the first axis."""
    rows = []
    for i in range(m):
        if mode == "nearest":
            rows.append(x[min(int(i * span), n - 1)])
            continue
        at = i * Fraction(n - 1, max(m - 1, 1)) if align_corners else (i + Fraction(1, 2)) * span - Fraction(1, 2)
        at = min(max(at, 0), n - 1)
        low = int(at)
        rows.append(x[low] * float(1 - (at - low)) + x[min(low + 1, n - 1)] * float(at - low))
    return np.array(rows)


def naive_upsample(x, scale=None, size=None, mode="nearest", align_corners=False):
    """Resize along one axis after the other, with exact fractions."""
    for axis in range(1, x.ndim - 1):
        n = x.shape[axis]
        if size is not None:
            m = size[axis - 1] if isinstance(size, (tuple, list)) else size
            span = Fraction(n, m)
        else:
            factor = Fraction(scale[axis - 1] if isinstance(scale, (tuple, list)) else scale)
            m, span = int(n * factor), 1 / factor
        x = np.moveaxis(_line(np.moveaxis(x, axis, 0), n, m, span, mode, align_corners), 0, axis)
    return x


def _pixel_shuffle(x, upscale_factor):
    r = upscale_factor
    *lead, height, width, depth = x.shape
    y = np.zeros((*lead, height * r, width * r, depth // r**2))
    for h, w, c in np.ndindex(y.shape[-3:]):
        y[..., h, w, c] = x[..., h // r, w // r, (c * r + h % r) * r + w % r]
    return y


SAMPLES = [
    *(
        Sample(F.upsample, (normal(*shape),), naive_upsample, settings)
        for shape, settings in [
            ((2, 3, 2), {"scale": 2}),
            ((1, 2, 3, 2), {"scale": (3, 2)}),
            ((1, 2, 2, 3, 1), {"scale": (1, 2, 3)}),
            ((1, 4, 6, 1), {"scale": (1.75, 0.5)}),
            ((2, 3, 5, 1), {"size": (7, 4)}),
            ((2, 3, 1), {"size": 3}),
            ((2, 3, 2), {"scale": 2, "mode": "linear"}),
            ((1, 2, 3, 2), {"scale": (3, 2), "mode": "bilinear"}),
            ((1, 4, 6, 1), {"scale": (1.75, 0.5), "mode": "bilinear"}),
            ((2, 3, 5, 1), {"size": (7, 4), "mode": "bilinear"}),
            ((2, 3, 5, 1), {"size": (5, 3), "mode": "bilinear", "align_corners": True}),
            ((2, 3, 1, 1), {"size": (1, 4), "mode": "bilinear", "align_corners": True}),
            ((1, 2, 2, 3, 1), {"scale": (1.5, 2, 1), "mode": "trilinear"}),
            ((1, 2, 2, 3, 1), {"size": (3, 2, 4), "mode": "trilinear", "align_corners": True}),
        ]
    ),
    Sample(F.upsample, (np.ones((0, 2, 3, 1)),), naive_upsample, {"scale": 2, "mode": "bilinear"}, note="empty"),
    Sample(
        F.upsample,
        (normal(2, 3, 8, 2).T[::2, ::-2],),
        naive_upsample,
        {"scale": 1.5, "mode": "bilinear"},
        note="strided",
    ),
    *(
        Sample(F.pixel_shuffle, (normal(*shape),), _pixel_shuffle, {"upscale_factor": r})
        for shape, r in [((2, 2, 3, 8), 2), ((2, 1, 9), 3), ((2, 1, 2, 2, 4), 2), ((1, 2, 2, 3), 1), ((0, 2, 2, 4), 2)]
    ),
]
