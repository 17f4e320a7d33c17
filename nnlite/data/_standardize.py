"""Standardize: mean 0 and variance 1, as measured on the training part."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nnlite._configured import Configured
from nnlite.autograd import Tensor, default_dtype

__all__ = ["Standardize"]

_CHUNK_BYTES = 1 << 24


class Standardize(Configured):
    """Shift and scale each feature to mean 0 and variance 1, by what was measured on the training data.

        transform(x) = (x - mean_) / scale_

    Measured on the training part alone and applied to all parts, it lets nothing of the test data into the training.

    Parameters
    ----------
    axis : int or tuple of int, default 0
        The axes that mean and deviation are taken over: 0 standardises each column of a table, or each pixel;
        (0, 1, 2) each channel of images (N, H, W, C).

    Attributes
    ----------
    mean_ : ndarray of float64
        The mean of each feature; the axes of `axis` but the first have the size 1.
    scale_ : ndarray of float64
        The standard deviation (not corrected: divided by N) of each feature; 1 where the feature is constant, which
        becomes 0.

    Examples
    --------
    >>> import nnlite as nl
    >>> scaler = nl.data.Standardize()
    >>> x_train = scaler.fit_transform([[1.0, 5.0], [3.0, 5.0]])
    >>> x_train
    array([[-1.,  0.],
           [ 1.,  0.]], dtype=float32)
    >>> x_test = scaler.transform([[2.0, 6.0]])
    >>> x_test, scaler.inverse_transform(x_test)
    (array([[0., 1.]], dtype=float32), array([[2., 6.]], dtype=float32))
    """

    mean_: NDArray[np.float64] | None = None
    scale_: NDArray[np.float64] | None = None
    _shape: tuple[int | None, ...] = ()  # of what was measured; None for the axes that were measured over

    def __init__(self, axis: int | tuple[int, ...] = 0) -> None:
        self.axis = axis
        axes = self._axes()
        if 0 not in axes or not all(type(a) is int and a >= 0 for a in axes):
            raise ValueError(f"Standardize expected axis to be 0, or a tuple of axes with it, got axis={axis!r}")

    def fit(self, x: ArrayLike) -> Self:
        """Measure mean and deviation.

        Parameters
        ----------
        x : array_like of numbers, shape (N, ...)
            The training data. A memory-mapped file is read in parts.

        Returns
        -------
        Standardize
            Itself.

        Raises
        ------
        ValueError
            If there are no samples, or NaN or infinity among them.
        TypeError
            If `x` does not hold numbers.
        """
        given = _numbers(x)
        axes = self._axes()
        if given.ndim <= max(axes) or not given.size:
            raise ValueError(f"{self!r} cannot be fitted to an array of shape {given.shape}")
        count = math.prod(given.shape[a] for a in axes)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = sum(part.sum(axes, keepdims=True) for part in _parts(given)) / count  # (1, ...)
            variance = sum(np.square(part - mean).sum(axes, keepdims=True) for part in _parts(given)) / count
        if not np.isfinite(variance).all():
            place = ", ".join([":", *map(str, np.argwhere(~np.isfinite(variance[0]))[0])])
            raise ValueError(f"expected x to be finite, got NaN or infinity in x[{place}]")
        least = np.min([part.min(axes, keepdims=True) for part in _parts(given)], axis=0)
        most = np.max([part.max(axes, keepdims=True) for part in _parts(given)], axis=0)
        constant = (least == most) | (variance == 0)  # the mean of equal numbers need not be equal to them
        self.mean_ = np.where(constant, least, mean).reshape(mean.shape[1:])
        self.scale_ = np.where(constant, 1.0, np.sqrt(variance)).reshape(mean.shape[1:])
        self._shape = tuple(None if a in axes else size for a, size in enumerate(given.shape))
        return self

    def transform(self, x: ArrayLike) -> NDArray[Any]:
        """Return the standardised samples.

        Parameters
        ----------
        x : array_like of numbers, shape (N, ...)
            Of the features that were measured.

        Returns
        -------
        ndarray of float, shape (N, ...)
            Of x's dtype if that is floating, else of the default dtype.

        Raises
        ------
        RuntimeError
            If nothing was measured yet.
        ValueError
            If the features are others than those measured.
        """
        given, mean, scale, dtype = self._checked(x)
        return ((given - mean) / scale).astype(dtype)

    def fit_transform(self, x: ArrayLike) -> NDArray[Any]:
        """Measure the samples, and return them standardised."""
        return self.fit(x).transform(x)

    def inverse_transform(self, x: ArrayLike) -> NDArray[Any]:
        """Return standardised samples, or predictions, in the units that were measured."""
        given, mean, scale, dtype = self._checked(x)
        return (given * scale + mean).astype(dtype)

    def _checked(self, x: ArrayLike) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.float64], DTypeLike]:
        """Return the samples, mean and scale, and the dtype of the result."""
        if self.mean_ is None or self.scale_ is None:
            raise RuntimeError(f"{self!r} has measured nothing yet: call fit(x_train) first")
        given = _numbers(x)
        sizes = tuple(None if n is None else m for n, m in zip(self._shape, given.shape, strict=False))
        if given.ndim != len(self._shape) or sizes != self._shape:
            wanted = ", ".join("any" if n is None else str(n) for n in self._shape)
            raise ValueError(f"{self!r} was fitted to samples of shape ({wanted}), got x of shape {given.shape}")
        keeps = given.dtype.kind == "f" and not isinstance(x, (list, tuple))
        return given, self.mean_, self.scale_, given.dtype if keeps else default_dtype()

    def _axes(self) -> tuple[int, ...]:
        """Return the axes that are measured over."""
        return self.axis if isinstance(self.axis, tuple) else (self.axis,)


def _numbers(x: ArrayLike) -> NDArray[Any]:
    """Return an array of numbers."""
    given = x.data if isinstance(x, Tensor) else np.asarray(x)
    if given.dtype.kind not in "fiub":
        raise TypeError(f"expected x to hold numbers, got an array of dtype {given.dtype}")
    return given


def _parts(x: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    """Yield the samples in float64, a few megabytes at a time."""
    step = max(1, _CHUNK_BYTES // (8 * math.prod(x.shape[1:])))
    for start in range(0, len(x), step):
        yield x[start : start + step].astype(np.float64)
