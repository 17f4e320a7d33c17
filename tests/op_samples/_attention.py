"""Samples of attention, against a loop over queries, and of the encodings of positions, against their formulas."""

import numpy as np

import nnlite.functional as F
from nnlite.functional._attention import attend
from tests.op_samples._noise import _SAME
from tests.op_samples._sample import Sample, normal

_T, _S = 3, 4
_QUERY, _KEY, _VALUE = normal(2, 1, _T, 2), normal(2, _S, 2, seed=1), normal(2, 2, _S, 3, seed=2)
_ALLOWED = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]], bool)
_SCORES = normal(2, _T, 1, seed=3) + normal(_S, seed=4)


def _looped(query, key, value, mask=None, kept=None, *, scale):
    """Attend query by query, by the formula in the docstring."""
    batch = np.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    rows, columns = query.shape[-2], key.shape[-2]
    query, key, value = (np.broadcast_to(a, (*batch, *a.shape[-2:])) for a in (query, key, value))
    mask, kept = (np.broadcast_to(a, (*batch, rows, columns)) for a in (0 if mask is None else mask, kept))
    weights, output = np.zeros((*batch, rows, columns)), np.zeros((*batch, rows, value.shape[-1]))
    for index in np.ndindex(*batch, rows):
        scores = np.array([scale * query[index] @ k for k in key[index[:-1]]]) + mask[index]
        if columns and scores.max() > -np.inf:
            weights[index] = np.exp(scores) / np.exp(scores).sum()
        factor = 1 if kept[index].dtype == object else kept[index]
        output[index] = sum((w * v for w, v in zip(weights[index] * factor, value[index[:-1]], strict=True)), 0)
    return output, weights


def _attended(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, return_weights=False, generator=None
):
    mask = np.zeros((query.shape[-2], key.shape[-2])) if attn_mask is None else attn_mask
    if mask.dtype == bool:
        mask = np.log(mask.astype(float), where=mask, out=np.full(mask.shape, -np.inf))
    if is_causal:
        mask = mask + np.log(np.tri(*mask.shape[-2:]), where=np.tri(*mask.shape[-2:]) > 0,
                             out=np.full(mask.shape[-2:], -np.inf))  # fmt: skip
    kept = None
    if dropout_p:
        batch = np.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
        drawn = generator.random((*batch, query.shape[-2], key.shape[-2]), np.float32)
        kept = (drawn >= dropout_p) / (1 - dropout_p)
    scale = 1 / np.sqrt(query.shape[-1]) if scale is None else scale
    output, weights = _looped(query, key, value, mask, kept, scale=scale)
    return (output, weights) if return_weights else output


def _waves(length, dim, max_wavelength=10000.0, dtype=np.float32):
    encoding = np.zeros((length, dim))
    for t, i in np.ndindex(length, dim):
        angle = t / max_wavelength ** ((i - i % 2) / dim)
        encoding[t, i] = np.cos(angle) if i % 2 else np.sin(angle)
    return encoding.astype(dtype)


def _turned(x, positions=None, max_wavelength=10000.0, interleaved=False):
    y, half = np.empty_like(x), x.shape[-1] // 2
    positions = np.broadcast_to(np.arange(x.shape[-2]) if positions is None else positions, x.shape[:-1])
    for index in np.ndindex(*x.shape[:-1], half):
        (*place, i) = index
        angle = positions[tuple(place)] / max_wavelength ** (2 * i / x.shape[-1])
        a, b = (2 * i, 2 * i + 1) if interleaved else (i, i + half)
        turned = x[(*place, a)] + 1j * x[(*place, b)]
        turned = turned * np.exp(1j * angle)
        y[(*place, a)], y[(*place, b)] = turned.real, turned.imag
    return y


_ARRAYS = (_QUERY, _KEY, _VALUE)
_KEPT = (normal(2, 2, _T, _S) > 0) * 2

SAMPLES = [
    Sample(F.scaled_dot_product_attention, _ARRAYS, _attended),
    Sample(F.scaled_dot_product_attention, (normal(3, 2), normal(3, 2, seed=1), normal(3, 1)), _attended,
           {"is_causal": True}),
    Sample(F.scaled_dot_product_attention, _ARRAYS, _attended, {"is_causal": True, "scale": 0.3}),
    Sample(F.scaled_dot_product_attention, (*_ARRAYS, _ALLOWED), _attended, note="hidden keys"),
    Sample(F.scaled_dot_product_attention, (*_ARRAYS, _ALLOWED[:1]), _attended, {"return_weights": True},
           note="hidden keys"),
    Sample(F.scaled_dot_product_attention, (*_ARRAYS, _ALLOWED), _attended, {"is_causal": True, "return_weights": True},
           note="hidden keys"),
    Sample(F.scaled_dot_product_attention, (*_ARRAYS, _SCORES), _attended, {"return_weights": True}, note="added"),
    Sample(F.scaled_dot_product_attention, (*_ARRAYS, _SCORES[0]), _attended, {"is_causal": True}, note="added"),
    Sample(F.scaled_dot_product_attention, (*_ARRAYS, _SCORES), _attended,
           {"dropout_p": 0.4, "generator": _SAME, "return_weights": True}, note="added"),
    Sample(F.scaled_dot_product_attention, (_QUERY, normal(2, 0, 2), normal(0, 3)), _attended, note="no key"),
    Sample(F.scaled_dot_product_attention, (normal(0, 3, 2), normal(0, 4, 2), normal(4, 1)), _attended, note="empty"),
    Sample(F.scaled_dot_product_attention,
           (normal(2, 3, 2, 2).swapaxes(1, 2), normal(4, 4).T[:, ::2], normal(2, 4, 2, 1).swapaxes(1, 2)), _attended,
           note="strided"),
    Sample(attend, _ARRAYS, _looped, {"scale": 0.5}),
    Sample(attend, (*_ARRAYS, _SCORES, _KEPT), _looped, {"scale": -1.5}),
    *(
        Sample(F.sinusoidal_encoding, (length, dim), _waves, settings)
        for length, dim, settings in [
            (5, 4, {}), (3, 5, {"max_wavelength": 30.0}), (2, 3, {"dtype": np.float64}), (0, 2, {}), (2, 0, {}),
        ]
    ),
    Sample(F.rotary_embedding, (normal(2, 3, 4),), _turned),
    Sample(F.rotary_embedding, (normal(3, 6),), _turned, {"max_wavelength": 7.0, "interleaved": True}),
    Sample(F.rotary_embedding, (normal(2, 3, 2),), _turned, {"positions": np.array([[5], [2]])}),
    Sample(F.rotary_embedding, (normal(2, 3, 4),), _turned, {"positions": np.array([4, 0, -2]), "interleaved": True}),
    Sample(F.rotary_embedding, (normal(0, 3, 4),), _turned, note="empty"),
    Sample(F.rotary_embedding, (normal(3, 2), ), _turned, {"interleaved": True}),
]  # fmt: skip
