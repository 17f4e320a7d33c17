"""Tables of a classifier's hits and misses, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlite.metrics._metric import arrays_of

__all__ = ["classification_report", "confusion_matrix"]

_NORMALIZE = ("true", "pred", "all", None)


def confusion_matrix(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: Sequence[Any] | None = None,
    sample_weight: ArrayLike | None = None,
    normalize: str | None = None,
) -> NDArray[Any]:
    """Count how often each true class (row) was predicted as each class (column).

    Parameters
    ----------
    y_true, y_pred : array_like, shape (N,)
        Labels, of any kind that can be sorted.
    labels : sequence, optional
        The classes, in this order; samples of others are left out. By default all that occur, sorted.
    sample_weight : array_like, shape (N,), optional
        Add up these instead of counting.
    normalize : {None, "true", "pred", "all"}, default None
        Divide by the sums of the rows, of the columns, or of everything; 0 / 0 is 0.

    Returns
    -------
    ndarray, shape (classes, classes)
        Of integers, unless the samples have weights or it is normalised.

    Raises
    ------
    ValueError
        If the shapes differ, no label occurs, or `normalize` is none of those above.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.metrics.confusion_matrix([0, 0, 1, 2, 2], [0, 1, 1, 2, 0])
    array([[1, 1, 0],
           [0, 1, 0],
           [1, 0, 1]])
    """
    if normalize not in _NORMALIZE:
        raise ValueError(
            f"confusion_matrix expected normalize to be one of {', '.join(map(repr, _NORMALIZE))}, got {normalize=}"
        )
    true, pred = _labels("confusion_matrix", y_true, y_pred)
    classes = np.union1d(true, pred) if labels is None else np.asarray(labels)
    if labels is not None and not np.isin(classes, true).any() and true.size:
        raise ValueError(f"confusion_matrix expected labels of which one at least is in y_true, got {list(labels)}")
    weight = _weights("confusion_matrix", sample_weight, true)
    order = np.argsort(classes, kind="stable")
    known = np.isin(true, classes) & np.isin(pred, classes)
    rows, columns = (order[np.searchsorted(classes, a[known], sorter=order)] for a in (true, pred))
    count = len(classes)
    matrix = np.bincount(count * rows + columns, weight[known], count * count).reshape(count, count)
    if normalize is None:
        return matrix if sample_weight is not None else matrix.astype(np.int64)
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    total = matrix.sum(axis=axis, keepdims=True)
    normalized: NDArray[Any] = matrix / np.where(total == 0, 1, total)
    return normalized


def classification_report(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: Sequence[Any] | None = None,
    target_names: Sequence[str] | None = None,
    sample_weight: ArrayLike | None = None,
    digits: int = 2,
    output_dict: bool = False,
    zero_division: float = 0.0,
) -> str | dict[str, Any]:
    """Tell precision, recall and F1 score of each class, and their averages, as a table.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (N,)
        Labels, of any kind that can be sorted.
    labels : sequence, optional
        The classes, in this order; by default all that occur, sorted.
    target_names : sequence of str, optional
        What the classes are called.
    sample_weight : array_like, shape (N,), optional
    digits : int, default 2
        Of the numbers in the table.
    output_dict : bool, default False
        Whether to return a dict of dicts instead of text.
    zero_division : float, default 0.0
        What 0 / 0 is: the precision of a class that is never predicted, the recall of one that never occurs.

    Returns
    -------
    str or dict
        One row a class; then the accuracy (or, where `labels` leaves out classes, the micro average), the plain
        average of the classes and that weighted by their support.

    Raises
    ------
    ValueError
        If the shapes differ, or there are not as many names as classes.

    Examples
    --------
    >>> import nnlite as nl
    >>> print(nl.metrics.classification_report([0, 0, 1, 1], [0, 1, 1, 1], target_names=["cat", "dog"]))
                  precision    recall  f1-score   support
    <BLANKLINE>
             cat       1.00      0.50      0.67         2
             dog       0.67      1.00      0.80         2
    <BLANKLINE>
        accuracy                           0.75         4
       macro avg       0.83      0.75      0.73         4
    weighted avg       0.83      0.75      0.73         4
    <BLANKLINE>
    """
    true, pred = _labels("classification_report", y_true, y_pred)
    present = np.union1d(true, pred)
    classes = present if labels is None else np.asarray(labels)
    names = [str(name) for name in (classes.tolist() if target_names is None else target_names)]
    if len(names) != len(classes):
        raise ValueError(f"classification_report expected {len(classes)} target_names, got {len(names)}")
    weight = _weights("classification_report", sample_weight, true)
    hit = true == pred
    found = np.array([[weight[chosen].sum() for chosen in (hit & (true == c), pred == c, true == c)] for c in classes])
    scores = [_scores(row, zero_division) for row in found]
    support = found[:, 2]
    rows = {name: (*score, n) for name, score, n in zip(names, scores, support.tolist(), strict=True)}
    total = float(support.sum())
    if np.isin(present, classes).all():
        accuracy = float(weight[hit].sum() / weight.sum()) if weight.sum() else zero_division
        rows["accuracy"] = (accuracy, accuracy, accuracy, total)
    else:
        rows["micro avg"] = (*_scores(found.sum(axis=0), zero_division), total)
    rows["macro avg"] = (*np.mean(scores, axis=0).tolist(), total)
    by_support = np.average(scores, axis=0, weights=support) if total else np.full(3, zero_division)
    rows["weighted avg"] = (*by_support.tolist(), total)
    if output_dict:
        heads = ("precision", "recall", "f1-score", "support")
        return {
            name: row[0] if name == "accuracy" else dict(zip(heads, row, strict=True)) for name, row in rows.items()
        }
    return _table(rows, len(names), digits, sample_weight is not None)


def _labels(function: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return two arrays of labels; raise if they do not pair up."""
    true, pred = arrays_of(y_true, y_pred)
    if true.shape != pred.shape or true.ndim != 1:
        raise ValueError(f"{function} expected labels of shape (N,) twice, got shapes {true.shape} and {pred.shape}")
    return true, pred


def _weights(function: str, sample_weight: ArrayLike | None, true: NDArray[Any]) -> NDArray[Any]:
    """Return one weight for each sample."""
    weight = np.ones(true.shape) if sample_weight is None else np.asarray(sample_weight, np.float64)
    if weight.shape != true.shape:
        raise ValueError(f"{function} expected one weight for each of {len(true)} samples, got shape {weight.shape}")
    return weight


def _scores(counts: NDArray[Any], zero_division: float) -> tuple[float, float, float]:
    """Return precision, recall and F1 score, from the counts of hits, predictions and samples."""
    hits, predicted, present = counts.tolist()
    precision = hits / predicted if predicted else zero_division
    recall = hits / present if present else zero_division
    both = predicted + present
    return precision, recall, 2 * hits / both if both else zero_division


def _table(rows: dict[str, Any], classes: int, digits: int, weighted: bool) -> str:
    """Write the rows in columns, with a blank line behind the head and behind the classes."""
    width = max(*map(len, rows), len("weighted avg"), digits)
    lines = [" " * (width + 1) + "".join(f"{head:>10}" for head in ("precision", "recall", "f1-score", "support")), ""]
    for number, (name, (precision, recall, f1, support)) in enumerate(rows.items()):
        if number == classes:
            lines.append("")
        first = [" " * 9] * 2 if name == "accuracy" else [f"{value:9.{digits}f}" for value in (precision, recall)]
        count = f"{support:9}" if weighted else f"{support:9.0f}"
        lines.append(" ".join([f"{name:>{width}} ", *first, f"{f1:9.{digits}f}", count]))
    return "\n".join(lines) + "\n"
