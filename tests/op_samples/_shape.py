"""Samples of the functions that move elements."""

from functools import wraps
from typing import Any

import numpy as np

import nnlite.functional as F
from tests.op_samples._sample import Sample, normal


def _flatten(x: np.ndarray) -> np.ndarray:
    return np.array([x[index] for index in np.ndindex(x.shape)])


@wraps(F.concatenate)
def _concatenate(*arrays: Any, axis: int | None = 0) -> Any:
    """Take the arrays one by one, as a sample has them."""
    return F.concatenate(list(arrays), axis=axis)


@wraps(F.stack)
def _stack(*arrays: Any, axis: int = 0) -> Any:
    """Take the arrays one by one, as a sample has them."""
    return F.stack(list(arrays), axis=axis)


_STRIDED = normal(4, 6).T[::2, ::-1]  # (3, 4)

SAMPLES = [
    Sample(F.reshape, (normal(3, 4),), lambda x, shape: x.reshape(shape), {"shape": (2, 6)}),
    Sample(F.reshape, (normal(2, 3, 2),), lambda x, shape: x.reshape(shape), {"shape": (3, -1)}),
    Sample(F.reshape, (normal(3, 4),), lambda x, shape: x.reshape(shape), {"shape": -1}),
    Sample(F.reshape, (normal(),), lambda x, shape: x.reshape(shape), {"shape": (1, 1)}, note="0-d"),
    Sample(F.reshape, (np.ones((0, 3)),), lambda x, shape: x.reshape(shape), {"shape": (3, 0, 2)}, note="empty"),
    Sample(F.reshape, (_STRIDED,), lambda x, shape: x.reshape(shape), {"shape": (2, 6)}, note="strided"),
    Sample(F.flatten, (normal(2, 3, 2),), _flatten),
    Sample(F.flatten, (_STRIDED,), _flatten, note="strided"),
    Sample(F.flatten, (normal(),), _flatten, note="0-d"),
    Sample(F.flatten, (np.ones((0, 3)),), _flatten, note="empty"),
    Sample(F.transpose, (normal(2, 3, 4),), np.transpose),
    Sample(F.transpose, (normal(2, 3, 4),), np.transpose, {"axes": (1, 2, 0)}),
    Sample(F.transpose, (normal(2, 3, 4),), np.transpose, {"axes": [-1, 0, -2]}, note="negative"),
    Sample(F.transpose, (normal(),), np.transpose, note="0-d"),
    Sample(F.swapaxes, (normal(2, 3, 4),), np.swapaxes, {"axis1": 0, "axis2": -1}),
    Sample(F.moveaxis, (normal(2, 3, 4),), np.moveaxis, {"source": 0, "destination": -1}),
    Sample(F.moveaxis, (normal(2, 3, 4),), np.moveaxis, {"source": (0, -1), "destination": (1, 0)}),
    Sample(F.squeeze, (normal(1, 3, 1),), np.squeeze),
    Sample(F.squeeze, (normal(1, 3, 1),), np.squeeze, {"axis": -1}),
    Sample(F.squeeze, (normal(1, 3, 1),), np.squeeze, {"axis": (0, 2)}),
    Sample(F.expand_dims, (normal(3, 2),), np.expand_dims, {"axis": 1}),
    Sample(F.expand_dims, (normal(3, 2),), np.expand_dims, {"axis": (0, -1)}),
    Sample(F.expand_dims, (normal(),), np.expand_dims, {"axis": 0}, note="0-d"),
    Sample(F.broadcast_to, (normal(3, 1),), np.broadcast_to, {"shape": (2, 3, 4)}),
    Sample(F.broadcast_to, (normal(),), np.broadcast_to, {"shape": (2, 3)}, note="0-d"),
    Sample(F.broadcast_to, (normal(3),), np.broadcast_to, {"shape": (0, 3)}, note="to nothing"),
    Sample(_concatenate, (normal(2, 3), normal(1, 3)), lambda a, b: np.vstack([a, b])),
    Sample(_concatenate, (normal(2, 1), normal(2, 3), _STRIDED[:2]), lambda *a, axis: np.hstack(a), {"axis": -1}),
    Sample(_concatenate, (normal(2, 3), normal(2)), lambda a, b, axis: np.append(a, b), {"axis": None}),
    Sample(_concatenate, (normal(2, 3), np.ones((0, 3))), lambda a, b: a, note="empty"),
    Sample(_concatenate, (normal(2), np.array([1, 2])), lambda a, b: np.append(a, b), note="integers"),
    Sample(_stack, (normal(2, 3), normal(2, 3, seed=1)), lambda a, b: np.array([a, b])),
    Sample(_stack, (normal(3), normal(3, seed=1)), lambda *a, axis: np.array(a).T, {"axis": 1}),
    Sample(_stack, (normal(2, 3), normal(2, 3, seed=1)), lambda *a, axis: np.dstack(a), {"axis": -1}),
    Sample(_stack, (normal(), normal(seed=1)), lambda a, b: np.array([a, b]), note="0-d"),
    Sample(F.split, (normal(4, 3), 2), lambda x, n: [x[:2], x[2:]]),
    Sample(F.split, (normal(3, 5), [1, 3]), lambda x, n, axis: [x[:, :1], x[:, 1:3], x[:, 3:]], {"axis": -1}),
    Sample(F.split, (normal(3, 2), [1, 1]), lambda x, n: [x[:1], x[:0], x[1:]], note="empty part"),
    Sample(F.tile, (normal(2, 3),), np.tile, {"reps": 2}),
    Sample(F.tile, (normal(2, 3),), np.tile, {"reps": (2, 1, 3)}),
    Sample(F.tile, (normal(2, 2, 2),), np.tile, {"reps": (3,)}),
    Sample(F.tile, (normal(),), np.tile, {"reps": 3}, note="0-d"),
    Sample(F.tile, (np.ones((0, 3)),), np.tile, {"reps": (2, 2)}, note="empty"),
    Sample(F.repeat, (normal(2, 3),), np.repeat, {"repeats": 2}),
    Sample(F.repeat, (normal(2, 3),), np.repeat, {"repeats": 3, "axis": -1}),
    Sample(F.repeat, (normal(2, 3),), np.repeat, {"repeats": [2, 0, 1], "axis": 1}),
    Sample(F.repeat, (normal(3),), np.repeat, {"repeats": [2, 0, 1]}),
    Sample(F.repeat, (normal(),), np.repeat, {"repeats": 3}, note="0-d"),
    Sample(F.pad, (normal(2, 3),), np.pad, {"pad_width": 1}),
    Sample(F.pad, (normal(2, 3),), np.pad, {"pad_width": ((0, 1), (2, 0)), "constant_values": 1.5}),
    *(
        Sample(F.pad, (normal(3, 4),), np.pad, {"pad_width": width, "mode": mode})
        for mode in ("edge", "reflect", "wrap")
        for width in ((1, 2), ((0, 0), (3, 1)))
    ),
    Sample(F.pad, (normal(3),), np.pad, {"pad_width": (7, 5), "mode": "reflect"}, note="reflected twice"),
    Sample(F.pad, (np.ones((0, 3)),), np.pad, {"pad_width": 1}, note="empty"),
    Sample(F.flip, (normal(3, 4),), np.flip),
    Sample(F.flip, (normal(3, 4),), np.flip, {"axis": -1}),
    Sample(F.flip, (normal(2, 3, 2),), np.flip, {"axis": (0, 1)}),
    Sample(F.roll, (normal(3, 4),), np.roll, {"shift": 5}),
    Sample(F.roll, (normal(3, 4),), np.roll, {"shift": -1, "axis": 1}),
    Sample(F.roll, (normal(3, 4),), np.roll, {"shift": (1, -2), "axis": (0, -1)}),
]
