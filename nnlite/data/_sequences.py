"""Sequences as arrays: windows that slide over a series, and sequences of unequal length padded to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nnlite.autograd import Tensor

__all__ = ["pad_sequences", "sliding_windows"]


@overload
def sliding_windows(series: ArrayLike | Tensor, size: int, stride: int = 1, horizon: None = None) -> NDArray[Any]: ...


@overload
def sliding_windows(
    series: ArrayLike | Tensor, size: int, stride: int = 1, *, horizon: int
) -> tuple[NDArray[Any], NDArray[Any]]: ...


def sliding_windows(series: ArrayLike | Tensor, size: int, stride: int = 1, horizon: int | None = None) -> Any:
    """Return the windows of a series: `size` values that follow each other, from every `stride`-th on.

        x[i] = series[i * stride : i * stride + size]
        y[i] = series[i * stride + size : i * stride + size + horizon]

    Parameters
    ----------
    series : array_like, shape (N, ...)
        Values in time; each may have axes of its own.
    size : int
        Length of the windows.
    stride : int, default 1
        From the beginning of one window to that of the next.
    horizon : int, optional
        How many values to predict from each window: returns them too.

    Returns
    -------
    ndarray, shape (M, size, ...), or a pair (x, y) of them
        Of the series' dtype; y, if there is a horizon, has the shape (M, horizon, ...). They are views of the series,
        which cannot be written to and take no memory: batches of them are copies.

    Raises
    ------
    ValueError
        If an argument is not a positive integer, or the series is shorter than a window and its horizon.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.data.sliding_windows([1, 2, 3, 4, 5], 3)
    array([[1, 2, 3],
           [2, 3, 4],
           [3, 4, 5]])
    >>> x, y = nl.data.sliding_windows([1, 2, 3, 4, 5], 3, horizon=1)
    >>> x.tolist(), y.tolist()
    ([[1, 2, 3], [2, 3, 4]], [[4], [5]])
    """
    values = series.data if isinstance(series, Tensor) else np.asarray(series)
    for name, number in (("size", size), ("stride", stride), ("horizon", 1 if horizon is None else horizon)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
            raise ValueError(f"sliding_windows expected {name} to be a positive integer, got {name}={number!r}")
    ahead = horizon or 0
    if not values.ndim or len(values) < size + ahead:
        raise ValueError(
            f"sliding_windows expected a series of at least {size + ahead} values, for size={size} and "
            f"horizon={horizon}, got an array of shape {values.shape}"
        )
    windows = np.lib.stride_tricks.sliding_window_view(values, size + ahead, axis=0)[::stride]  # (M, ..., size)
    windows = np.moveaxis(windows, -1, 1)
    return windows if horizon is None else (windows[:, :size], windows[:, size:])


def pad_sequences(
    sequences: Sequence[ArrayLike],
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: Literal["pre", "post"] = "pre",
    truncating: Literal["pre", "post"] = "pre",
    value: Any = 0.0,
) -> NDArray[Any]:
    """Bring sequences to one length, as Keras does: short ones are padded, long ones cut.

    Parameters
    ----------
    sequences : sequence of array_like, shapes (length, ...)
        The lengths may differ, and nothing else.
    maxlen : int, optional
        The length they get; that of the longest by default.
    dtype : dtype, default "int32"
        Of the result.
    padding : {"pre", "post"}, default "pre"
        Whether short ones are padded before their beginning or after their end.
    truncating : {"pre", "post"}, default "pre"
        Whether long ones lose their beginning or their end.
    value : float, default 0
        What pads.

    Returns
    -------
    ndarray, shape (N, maxlen, ...)

    Raises
    ------
    ValueError
        If an argument is out of range, or what is given holds no sequences, or sequences of different things.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.data.pad_sequences([[1], [2, 3], [4, 5, 6]])
    array([[0, 0, 1],
           [0, 2, 3],
           [4, 5, 6]], dtype=int32)
    >>> nl.data.pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2, padding="post", truncating="post", value=-1)
    array([[ 1, -1],
           [ 2,  3],
           [ 4,  5]], dtype=int32)
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f'pad_sequences expected {name} to be "pre" or "post", got {name}={side!r}')
    if maxlen is not None and (isinstance(maxlen, bool) or not isinstance(maxlen, (int, np.integer)) or maxlen < 0):
        raise ValueError(f"pad_sequences expected maxlen to be an integer of at least 0, got maxlen={maxlen!r}")
    arrays = [np.asarray(sequence) for sequence in sequences]
    inner = next((array.shape[1:] for array in arrays if len(array.shape) and len(array)), ())
    for number, array in enumerate(arrays):
        if not array.ndim:
            raise ValueError(f"pad_sequences expected sequences, got {sequences[number]!r} as number {number}")
        if len(array) and array.shape[1:] != inner:
            raise ValueError(
                f"pad_sequences expected items of one shape, got {inner} and, in sequence {number}, {array.shape[1:]}"
            )
    length = max(map(len, arrays), default=0) if maxlen is None else int(maxlen)
    padded = np.full((len(arrays), length, *inner), value, dtype)
    for row, array in zip(padded, arrays, strict=True):
        kept = array[max(0, len(array) - length) :] if truncating == "pre" else array[:length]
        if len(kept):
            row[slice(length - len(kept), None) if padding == "pre" else slice(len(kept))] = kept.astype(dtype)
    return padded
