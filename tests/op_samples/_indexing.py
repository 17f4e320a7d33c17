"""Samples of indexing, gathering, scattering and sorting."""

from typing import Any

import numpy as np

import nnlite.functional as F
from tests.op_samples._sample import Sample, distinct, normal

KEYS: list[tuple[Any, str]] = [
    (1, "int"),
    (-1, "negative int"),
    (slice(None, None, -2), "negative step"),
    ((slice(1, None), slice(None, -1)), "slices"),
    ((..., 0), "ellipsis"),
    ((None, slice(None), None, 1), "new axes"),
    (([0, 2, 2, -1],), "list with duplicates"),
    (np.array([[0, 2], [2, -1]]), "two-dimensional indices"),
    (np.array(1), "0-d index"),
    ((np.array([0, 2, 0]), np.array([1, -1, 1])), "pairs with duplicates"),
    ((np.array([[0], [2]]), np.array([1, 1, 3])), "grid with duplicates"),
    ((slice(None), np.array([3, 0, 3])), "columns with duplicates"),
    ((np.array([0, 0]), slice(1, 3)), "indices and a slice"),
    ((..., np.array([3, 0, 3])), "ellipsis and indices"),
    ((1, np.array([3, 0, 3])), "int and indices"),
    (np.array([True, False, True]), "mask of rows"),
    (normal(3, 4) > 0, "mask of elements"),
    ((slice(None), np.array([True, False, True, False])), "mask of columns"),
    ((np.array([True, False, True]), np.array([2, 2])), "mask and indices"),
    ((slice(0, 0),), "nothing"),
    (np.array([], int), "no indices"),
    ((), "no key"),
]
_INDEX = np.array([2, 0, 2, -1])
_GRID = np.array([[2, 0], [2, 1]])
_ORDER = np.array([[2, 0, 2], [1, 1, 0]])


def _scatter_add(x: np.ndarray, index: np.ndarray, values: np.ndarray, axis: int = 0) -> np.ndarray:
    """Add by NumPy's unbuffered loop."""
    result = x.copy()
    np.add.at(np.moveaxis(result, axis, 0), index, np.moveaxis(values, axis, 0) if values.ndim else values)
    return result


def _one_hot(indices: np.ndarray, num_classes: int, dtype: Any = np.float32) -> np.ndarray:
    return np.eye(num_classes, dtype=dtype)[indices]


def _topk(x: np.ndarray, k: int, axis: int = -1) -> tuple[np.ndarray, np.ndarray]:
    order = np.take(np.argsort(-x, axis=axis), range(k), axis=axis)
    return np.take_along_axis(x, order, axis=axis), order


SAMPLES = [
    *(
        Sample(F.getitem, (normal(3, 4),), lambda x, key: np.array(x[key]), {"key": key}, note=note)
        for key, note in KEYS
    ),
    Sample(F.getitem, (normal(6, 4).T[::2, ::-2],), lambda x, key: x[key], {"key": _INDEX[:2] // 2}, note="strided"),
    Sample(F.getitem, (normal(),), lambda x, key: x[key], {"key": (None,)}, note="0-d"),
    Sample(F.getitem, (np.ones((0, 3)),), lambda x, key: x[key], {"key": (slice(None), 1)}, note="empty"),
    Sample(F.take, (normal(3, 4), _INDEX), np.take),
    Sample(F.take, (normal(3, 4), _INDEX), np.take, {"axis": 0}),
    Sample(F.take, (normal(3, 4), _GRID), np.take, {"axis": -1}),
    Sample(F.take, (normal(3, 4), 1), np.take, {"axis": 1}, note="number"),
    Sample(F.take_along_axis, (normal(2, 3), _ORDER), np.take_along_axis, {"axis": 1}),
    Sample(F.take_along_axis, (normal(3, 3), _ORDER), np.take_along_axis, {"axis": 0}),
    Sample(F.take_along_axis, (normal(2, 3), _ORDER[:1]), np.take_along_axis, {"axis": -1}, note="broadcast"),
    Sample(F.take_along_axis, (normal(2, 3), _INDEX), np.take_along_axis, {"axis": None}),
    Sample(F.scatter_add, (normal(3, 2), _INDEX, normal(4, 2)), _scatter_add),
    Sample(F.scatter_add, (normal(2, 3), _INDEX, normal(2, 4)), _scatter_add, {"axis": -1}),
    Sample(F.scatter_add, (normal(3, 2), _GRID, normal(2, 2, 2)), _scatter_add, note="two-dimensional indices"),
    Sample(F.scatter_add, (normal(3, 2), _INDEX, normal()), _scatter_add, note="broadcast"),
    Sample(F.one_hot, (_GRID, 4), _one_hot),
    Sample(F.one_hot, (np.array(2), 3), _one_hot, {"dtype": np.float64}, note="0-d"),
    Sample(F.one_hot, (np.zeros((0, 2), int), 3), _one_hot, note="empty"),
    Sample(F.embedding, (_GRID, normal(4, 3)), lambda i, w: w[i]),
    Sample(F.embedding, (np.array(1), normal(4, 3)), lambda i, w: w[i], note="0-d"),
    Sample(F.embedding, (np.zeros((0, 2), int), normal(4, 3)), lambda i, w: w[i], note="empty"),
    Sample(
        F.masked_fill,
        (normal(3, 4), normal(3, 4, seed=1) > 0, -1.5),
        lambda x, mask, value: np.where(mask, value, x),
    ),
    Sample(
        F.masked_fill,
        (normal(2, 3, 2), np.array([[True], [False], [True]]), normal()),
        lambda x, mask, value: np.where(mask, value, x),
        note="broadcast",
    ),
    *(
        Sample(f, (normal(*shape),), e, settings)
        for f, e in ((F.tril, np.tril), (F.triu, np.triu))
        for shape, settings in (((3, 4), {}), ((2, 3, 3), {"k": -1}), ((4, 3), {"k": 1}))
    ),
    *(Sample(F.diagonal, (normal(3, 4),), np.diagonal, {"offset": offset}) for offset in (0, 1, -1, 3, 7, -7)),
    Sample(F.diagonal, (normal(2, 3, 4),), np.diagonal, {"axis1": 1, "axis2": -1}),
    Sample(F.diagonal, (normal(3, 2, 4),), np.diagonal, {"offset": -1, "axis1": 2, "axis2": 0}),
    Sample(F.sort, (distinct(3, 4),), np.sort),
    Sample(F.sort, (distinct(3, 4),), np.sort, {"axis": 0}),
    Sample(F.sort, (distinct(3, 4),), np.sort, {"axis": None}),
    Sample(F.sort, (np.ones((0, 3)),), np.sort, note="empty"),
    Sample(F.topk, (distinct(3, 4),), _topk, {"k": 2}),
    Sample(F.topk, (distinct(3, 4),), _topk, {"k": 3, "axis": 0}),
    Sample(F.topk, (distinct(4),), _topk, {"k": 0}, note="none"),
]
