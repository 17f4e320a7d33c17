"""Samples of normalisation, against mean, variance and root taken one after the other."""

from typing import Any

import numpy as np

import nnlite.functional as F
from tests.op_samples._sample import Sample, normal, uniform


def naive_standardized(x, axes, weight=None, bias=None, along=None, eps=1e-5):
    """Normalise x over axes, weight and bias having the lengths of x along others."""
    shape = [n if a in (along or axes) else 1 for a, n in enumerate(x.shape)]
    y = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)
    y = y if weight is None else y * np.reshape(weight, shape)
    return y if bias is None else y + np.reshape(bias, shape)


def naive_batch_norm(
    x, mean=None, var=None, weight=None, bias=None, axis=-1, eps=1e-5, mask=None, return_statistics=False
):
    """Normalise channel by channel."""
    channels = np.moveaxis(x, axis, 0)
    chosen = [c if mask is None else c[mask] for c in channels]
    means = [c.mean() for c in chosen] if mean is None else mean
    variances = [c.var() for c in chosen] if var is None else var
    y = np.stack([(c - m) / np.sqrt(v + eps) for c, m, v in zip(channels, means, variances, strict=True)], -1)
    y = y if weight is None else y * weight
    y = np.moveaxis(y if bias is None else y + bias, -1, axis)
    return (y, np.array(means), np.array(variances)) if return_statistics else y


def naive_layer_norm(x, weight=None, bias=None, axis=-1, eps=1e-5):
    """Normalise over some axes."""
    axes = tuple(a % x.ndim for a in ((axis,) if isinstance(axis, int) else axis))
    return naive_standardized(x, axes, weight, bias, eps=eps)


def naive_group_norm(x, num_groups, weight=None, bias=None, axis=-1, eps=1e-5):
    """Normalise sample by sample and group by group."""
    last = np.moveaxis(x, axis, -1)
    y = np.empty_like(last)
    for sample in range(len(x)):
        for group in np.split(np.arange(last.shape[-1]), num_groups):
            part = last[sample][..., group]
            y[sample][..., group] = (part - part.mean()) / np.sqrt(part.var() + eps)
    y = y if weight is None else y * weight
    return np.moveaxis(y if bias is None else y + bias, -1, axis)


def naive_instance_norm(x, weight=None, bias=None, axis=-1, eps=1e-5, return_statistics=False):
    """Normalise over all but the samples and the channels."""
    axes = tuple(a for a in range(1, x.ndim) if a != axis % x.ndim)
    y = naive_standardized(x, axes, weight, bias, (axis % x.ndim,), eps)
    return (y, x.mean(axes), x.var(axes)) if return_statistics else y


def naive_rms_norm(x, weight=None, axis=-1, eps=None):
    """Divide by the root mean square."""
    axes = tuple(sorted(a % x.ndim for a in ((axis,) if isinstance(axis, int) else axis)))
    y = x / np.sqrt((x**2).mean(axes, keepdims=True) + (np.finfo(x.dtype).eps if eps is None else eps))
    return y if weight is None else y * weight.reshape([n if a in axes else 1 for a, n in enumerate(x.shape)])


def naive_local_response_norm(x, size, alpha=1e-4, beta=0.75, k=1.0, axis=-1):
    """Divide channel by channel."""
    last = np.moveaxis(x, axis, -1)
    y = np.empty_like(last)
    for c in range(last.shape[-1]):
        around = last[..., max(c - size // 2, 0) : c + (size - 1) // 2 + 1]
        y[..., c] = last[..., c] / (k + alpha * (around**2).sum(-1) / size) ** beta
    return np.moveaxis(y, -1, axis)


def naive_normalize(x, p=2.0, axis=-1, eps=1e-12):
    """Divide by the length, if that is not too small."""
    return x / np.maximum(np.linalg.norm(x, p, axis, keepdims=True), eps)


_BATCH, _IMAGES, _GIVEN = normal(4, 3), normal(2, 3, 2, 4), (normal(3, seed=1), uniform(0.5, 2.0, 3))
_MASK = np.array([[True, False, True], [True, True, False]])
_TWO: tuple[Any, ...] = (normal(4, seed=2), normal(4, seed=3))
_WEIGHTS: list[tuple[Any, ...]] = [(), (_TWO[0],), (None, _TWO[1]), _TWO]
_EMPTY = np.ones((0, 3))

SAMPLES = [
    Sample(F.batch_norm, (_BATCH,), naive_batch_norm),
    *(Sample(F.batch_norm, (_IMAGES, None, None, *w), naive_batch_norm) for w in _WEIGHTS[1:]),
    Sample(F.batch_norm, (_IMAGES, None, None, normal(3), normal(3, seed=1)), naive_batch_norm, {"axis": 1}),
    Sample(F.batch_norm, (normal(4, 2, 3, 2).transpose(3, 1, 2, 0), None, None, *_TWO), naive_batch_norm,
           {"eps": 0.1}, note="strided"),
    Sample(F.batch_norm, (normal(3, 8)[:, ::2],), naive_batch_norm, note="gaps"),
    Sample(F.batch_norm, (_IMAGES[..., :1], None, None, normal(1), normal(1, seed=1)), naive_batch_norm,
           note="one channel"),
    Sample(F.batch_norm, (_BATCH,), naive_batch_norm, {"return_statistics": True}),
    Sample(F.batch_norm, (normal(2, 3, 4), None, None, *_TWO), naive_batch_norm,
           {"mask": _MASK, "return_statistics": True}),
    Sample(F.batch_norm, (normal(2, 4, 3), None, None, *_TWO), naive_batch_norm, {"mask": _MASK, "axis": 1}),
    Sample(F.batch_norm, (_BATCH, *_GIVEN), naive_batch_norm),
    Sample(F.batch_norm, (_BATCH, *_GIVEN, None, normal(3)), naive_batch_norm, {"eps": 0.1}, note="bias"),
    Sample(F.batch_norm, (normal(2, 3, 4), *_GIVEN, normal(3), normal(3, seed=1)), naive_batch_norm,
           {"axis": 1, "return_statistics": True}),
    Sample(F.batch_norm, (_EMPTY, *_GIVEN), naive_batch_norm, note="empty"),
    *(Sample(F.layer_norm, (_IMAGES, *w), naive_layer_norm) for w in _WEIGHTS),
    Sample(F.layer_norm, (normal(5),), naive_layer_norm, note="one sample"),
    Sample(F.layer_norm, (normal(4), *_TWO), naive_layer_norm, note="one sample"),
    Sample(F.layer_norm, (normal(3, 4), *normal(2, 3, 4, seed=1)), naive_layer_norm, {"axis": (0, 1)}),
    Sample(F.layer_norm, (_IMAGES, normal(3), normal(3, seed=1)), naive_layer_norm, {"axis": 1, "eps": 0.1}),
    Sample(F.layer_norm, (_IMAGES, normal(2, 4), normal(2, 4, seed=1)), naive_layer_norm, {"axis": (-1, 2)}),
    Sample(F.layer_norm, (_IMAGES, normal(3, 4)), naive_layer_norm, {"axis": (1, 3)}),
    Sample(F.layer_norm, (_IMAGES.T, normal(2)), naive_layer_norm, note="strided"),
    Sample(F.layer_norm, (_EMPTY, normal(3), normal(3, seed=1)), naive_layer_norm, note="empty"),
    *(Sample(F.group_norm, (_IMAGES, 2, *w), naive_group_norm) for w in _WEIGHTS),
    Sample(F.group_norm, (normal(2, 6, 3), 3, normal(6), normal(6, seed=1)), naive_group_norm,
           {"axis": 1, "eps": 0.1}),
    Sample(F.group_norm, (normal(3, 4), 1), naive_group_norm, note="one group"),
    Sample(F.group_norm, (normal(2, 3, 4), 4), naive_group_norm, note="as many groups as channels"),
    Sample(F.group_norm, (_EMPTY, 3, normal(3)), naive_group_norm, note="empty"),
    *(Sample(F.instance_norm, (_IMAGES, *w), naive_instance_norm) for w in _WEIGHTS),
    Sample(F.instance_norm, (_IMAGES, normal(3), normal(3, seed=1)), naive_instance_norm,
           {"axis": 1, "eps": 0.1, "return_statistics": True}),
    Sample(F.instance_norm, (normal(0, 2, 3),), naive_instance_norm, note="empty"),
    Sample(F.rms_norm, (_BATCH,), naive_rms_norm),
    Sample(F.rms_norm, (_IMAGES, normal(4)), naive_rms_norm, {"eps": 0.1}),
    Sample(F.rms_norm, (_IMAGES, normal(3, 4)), naive_rms_norm, {"axis": (3, 1)}),
    Sample(F.rms_norm, (_EMPTY, normal(3)), naive_rms_norm, note="empty"),
    Sample(F.local_response_norm, (_IMAGES, 3), naive_local_response_norm),
    Sample(F.local_response_norm, (_IMAGES, 2), naive_local_response_norm, {"alpha": 0.5, "beta": 0.3, "k": 2.0}),
    Sample(F.local_response_norm, (normal(2, 5, 2), 4), naive_local_response_norm, {"alpha": 1.0, "axis": 1}),
    Sample(F.local_response_norm, (_BATCH, 9), naive_local_response_norm, {"alpha": 1.0}, note="all channels"),
    Sample(F.local_response_norm, (_EMPTY, 2), naive_local_response_norm, note="empty"),
    Sample(F.normalize, (_BATCH,), naive_normalize),
    Sample(F.normalize, (_IMAGES,), naive_normalize, {"p": 3.0, "axis": 1}),
    Sample(F.normalize, (_IMAGES,), naive_normalize, {"p": np.inf, "axis": -2}),
    Sample(F.normalize, (np.array([[0.3, 0.4], [3.0, 4.0]]),), naive_normalize, {"eps": 1.0}),
    Sample(F.normalize, (_EMPTY,), naive_normalize, note="empty"),
]  # fmt: skip
