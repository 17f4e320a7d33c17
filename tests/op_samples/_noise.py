"""Samples of the noise functions: the mask is drawn anew from the same state at every call."""

import numpy as np

import nnlite.functional as F
from tests.op_samples._sample import Sample, normal


class _SameNumbers(np.random.Generator):
    """A generator that draws the same numbers every time, so that a sample can be computed again and again."""

    def random(self, size=None, dtype=np.float64):
        return np.random.default_rng(7).random(size, dtype)

    def standard_normal(self, size=None, dtype=np.float64, out=None):
        return np.random.default_rng(7).standard_normal(size, dtype)

    def __str__(self) -> str:
        return "same"


_SAME = _SameNumbers(np.random.PCG64(0))


def _kept(x, rate, generator, noise_shape):
    shape = x.shape if noise_shape is None else [m or n for m, n in zip(noise_shape, x.shape, strict=True)]
    return np.broadcast_to(generator.random(shape, np.float32) >= rate, x.shape)


def _dropout(x, rate=0.5, training=True, generator=None, noise_shape=None):
    if not training:
        return x
    return np.where(_kept(x, rate, generator, noise_shape), x / max(1 - rate, 1e-300), 0)


def _spatial_dropout(x, rate=0.5, training=True, generator=None):
    return _dropout(x, rate, training, generator, (len(x), *(1,) * (x.ndim - 2), x.shape[-1]))


def _alpha_dropout(x, rate=0.5, training=True, generator=None, noise_shape=None):
    if not training or rate == 0:
        return x
    if rate == 1:
        return np.zeros_like(x)
    floor = -1.0507009873554805 * 1.6732632423543772
    mean, variance = rate * floor, (1 - rate) + rate * (1 - rate) * floor**2  # of what 0 and 1 become
    return (np.where(_kept(x, rate, generator, noise_shape), x, floor) - mean) / np.sqrt(variance)


def _gaussian_noise(x, stddev, training=True, generator=None):
    return x + stddev * np.float64(generator.standard_normal(x.shape, np.float32)) if training else x


SAMPLES = [
    *(
        Sample(f, (normal(3, 4),), expected, {"generator": _SAME, **settings})
        for f, expected in ((F.dropout, _dropout), (F.alpha_dropout, _alpha_dropout))
        for settings in (
            {},
            {"rate": 0.2},
            {"rate": 0.0},
            {"rate": 1},
            {"noise_shape": (None, 1)},
            {"noise_shape": [1, 4]},
        )
    ),
    *(
        Sample(f, (np.ones((2, 3, 2)),), expected, {**settings, "training": False})
        for f, expected, settings in (
            (F.dropout, _dropout, {}),
            (F.alpha_dropout, _alpha_dropout, {}),
            (F.spatial_dropout, _spatial_dropout, {}),
            (F.gaussian_noise, _gaussian_noise, {"stddev": 0.3}),
        )
    ),
    *(
        Sample(f, args, expected, {"generator": _SAME}, note=note)
        for f, expected, more in (
            (F.dropout, _dropout, (0.3,)),
            (F.alpha_dropout, _alpha_dropout, (0.3,)),
            (F.gaussian_noise, _gaussian_noise, (0.3,)),
        )
        for args, note in (
            ((np.array(0.7), *more), "0-d"),
            ((np.ones((0, 3)), *more), "empty"),
            ((normal(6, 4).T[::2], *more), "strided"),
        )
    ),
    *(
        Sample(F.spatial_dropout, (normal(*shape),), _spatial_dropout, {"generator": _SAME, "rate": rate})
        for shape, rate in (((2, 3, 4), 0.3), ((2, 2, 3, 2), 0.6), ((1, 2, 2, 2, 3), 1))
    ),
    Sample(F.gaussian_noise, (normal(3, 4),), _gaussian_noise, {"stddev": 2, "generator": _SAME}),
]
