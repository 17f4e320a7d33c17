"""Losses, with Keras' names and semantics: called with (y_true, y_pred), they return one number to be minimised."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnlite.functional as F
from nnlite._lookup import look_up
from nnlite.autograd import Tensor, default_dtype

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "get",
]

_EPSILON = 1e-7  # probabilities are clipped here
_FLATTEN = "; is a Flatten layer missing before the last layer?"


class Loss(ABC):
    """The base of losses: a subclass gives one loss for each sample, `call(y_true, y_pred)`.

    Parameters
    ----------
    reduction : {"sum_over_batch_size", "mean", "sum", "none"}, default "sum_over_batch_size"
        How the losses of the samples become one number; the first two are the same.
    name : str, optional
        What errors and logs call it.

    Raises
    ------
    ValueError
        If the reduction is unknown; when called, if the shapes of y_true and y_pred do not fit each other.
    """

    from_logits = False

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        reduction = "none" if reduction is None else reduction
        if reduction not in ("sum_over_batch_size", "mean", "sum", "none"):
            raise ValueError(
                f'{type(self).__name__} expected reduction "sum_over_batch_size", "mean", "sum" or "none", '
                f"got reduction={reduction!r}"
            )
        self.reduction, self.name = reduction, name or type(self).__name__

    @abstractmethod
    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the loss of each sample."""

    def mean(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the mean of the samples' losses."""
        return self.call(y_true, y_pred).mean()

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        """Return the loss, weighted by sample if weights are given: the sum is divided by the count all the same."""
        y_pred = y_pred if isinstance(y_pred, Tensor) else Tensor(y_pred)
        y_pred = y_pred if y_pred.dtype.kind == "f" else y_pred.astype(default_dtype())
        y_true = y_true.data if isinstance(y_true, Tensor) else np.asarray(y_true)
        if sample_weight is None and self.reduction in ("sum_over_batch_size", "mean"):
            return self.mean(y_true, y_pred)
        losses = self.call(y_true, y_pred)
        if sample_weight is not None:
            losses = losses * lined_up_weight(sample_weight, losses.shape, self.name).astype(losses.dtype, copy=False)
        if self.reduction == "none":
            return losses
        return losses.sum() if self.reduction == "sum" else losses.mean()


class _BuiltIn(Loss):
    """A loss that is one operation: a subclass says which, `operation(y_true, y_pred, reduction)`."""

    @abstractmethod
    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses ("none") or their mean ("mean")."""

    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the loss of each sample: the mean over the last axis, unless there is none or it was summed over."""
        losses = self.operation(y_true, y_pred, "none")
        return losses.mean(axis=-1) if 1 < losses.ndim == y_pred.ndim else losses

    def mean(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the mean of the losses."""
        return self.operation(y_true, y_pred, "mean")


class MeanSquaredError(_BuiltIn):
    """The mean of (y_true - y_pred)**2.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.MeanSquaredError()([[0.0, 1.0]], [[1.0, 1.0]]).item()
    0.5
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the squared errors, or their mean."""
        error: Tensor = F.mse(y_pred, lined_up(y_true, y_pred, self.name), reduction=reduction)
        return error


class MeanAbsoluteError(_BuiltIn):
    """The mean of |y_true - y_pred|.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]]).item()
    1.0
    """

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the absolute errors, or their mean."""
        error: Tensor = F.mae(y_pred, lined_up(y_true, y_pred, self.name), reduction=reduction)
        return error


class BinaryCrossentropy(_BuiltIn):
    """-(y log p + (1 - y) log(1 - p)), the mean over the last axis.

    Where p is the output of a sigmoid the loss is computed from the sigmoid's input, so that it is exact also where
    p rounds to 0 or 1; other probabilities are clipped at 1e-7.

    Parameters
    ----------
    from_logits : bool, default False
        Whether y_pred is the input of the sigmoid.
    label_smoothing : float, default 0
        In [0, 1]; labels become y * (1 - s) + s / 2.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.BinaryCrossentropy()([[1.0]], [[0.5]]).item(), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.from_logits, self.label_smoothing = from_logits, _share(self.name, label_smoothing)

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        y_true = lined_up(y_true, y_pred, self.name)
        if np.minimum.reduce(y_true, None, initial=0.0) < 0 or np.maximum.reduce(y_true, None, initial=1.0) > 1:
            raise ValueError(f"{self.name} expected labels in [0, 1], got {y_true.min()} to {y_true.max()}")
        if self.label_smoothing:
            y_true = y_true * (1 - self.label_smoothing) + self.label_smoothing / 2
        logits = y_pred if self.from_logits else _logits_behind(y_pred, "sigmoid")
        if logits is not None:
            losses: Tensor = F.binary_cross_entropy_with_logits(logits, y_true, reduction=reduction)
        else:
            losses = F.binary_cross_entropy(y_pred, y_true, reduction=reduction)
        return losses


class CategoricalCrossentropy(_BuiltIn):
    """-sum(y * log(p)) over the classes, for one-hot (or soft) labels y.

    Where p is the output of a softmax the loss is computed from the softmax's input, so that it is exact also where
    p rounds to 0; other probabilities are divided by their sum and clipped at 1e-7.

    Parameters
    ----------
    from_logits : bool, default False
        Whether y_pred is the input of the softmax.
    label_smoothing : float, default 0
        In [0, 1]; labels become y * (1 - s) + s / classes.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.CategoricalCrossentropy()([[0, 1]], [[0.5, 0.5]]).item(), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.from_logits, self.label_smoothing = from_logits, _share(self.name, label_smoothing)

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        if y_true.shape != y_pred.shape:
            advice = _FLATTEN if 1 < y_true.ndim < y_pred.ndim else ""
            if y_true.ndim < 2 or y_true.shape[-1] == 1:
                advice = "; for integer labels use sparse_categorical_crossentropy, or utils.to_categorical"
            raise ValueError(
                f"{self.name} expected one-hot labels of the predictions' shape {y_pred.shape}, "
                f"got shape {y_true.shape}{advice}"
            )
        if y_pred.shape[-1] == 1:
            raise ValueError(
                f"{self.name} expected predictions for two classes or more, got shape {y_pred.shape}: the loss would "
                "always be 0; for a single probability use binary_crossentropy"
            )
        y_true = y_true.astype(y_pred.dtype, copy=False)
        logits = y_pred if self.from_logits else _logits_behind(y_pred, "softmax")
        losses: Tensor
        if logits is not None:
            losses = F.cross_entropy(logits, y_true, label_smoothing=self.label_smoothing, reduction=reduction)
        else:
            if self.label_smoothing:
                y_true = y_true * (1 - self.label_smoothing) + self.label_smoothing / y_true.shape[-1]
            losses = -(y_true * _log_of_probabilities(y_pred)).sum(axis=-1)
            losses = losses.mean() if reduction == "mean" else losses
        return losses


class SparseCategoricalCrossentropy(_BuiltIn):
    """-log(p[y]), for integer labels y.

    As `CategoricalCrossentropy`, without making the labels one-hot.

    Parameters
    ----------
    from_logits : bool, default False
        Whether y_pred is the input of the softmax.

    Raises
    ------
    ValueError
        When called, if a label is not one of the classes 0 ... C - 1.

    Examples
    --------
    >>> import nnlite as nl
    >>> round(nl.losses.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]).item(), 4)
    0.6931
    """

    def __init__(
        self, from_logits: bool = False, reduction: str | None = "sum_over_batch_size", name: str | None = None
    ) -> None:
        super().__init__(reduction, name)
        self.from_logits = from_logits

    def operation(self, y_true: Any, y_pred: Tensor, reduction: str) -> Tensor:
        """Return the losses, or their mean."""
        if y_true.shape == (*y_pred.shape[:-1], 1) and y_true.ndim == y_pred.ndim:
            y_true = y_true[..., 0]
        if y_true.shape != y_pred.shape[:-1]:
            advice = _FLATTEN if y_true.ndim + 1 < y_pred.ndim else ""
            if y_true.shape == y_pred.shape:
                advice = "; for one-hot labels use categorical_crossentropy"
            raise ValueError(
                f"{self.name} expected integer labels of shape {y_pred.shape[:-1]} for predictions of shape "
                f"{y_pred.shape}, got shape {y_true.shape}{advice}"
            )
        with np.errstate(invalid="ignore"):
            labels = y_true.astype(np.int64, copy=False)
        if y_true.dtype.kind == "f" and not np.array_equal(labels, y_true):
            raise ValueError(f"{self.name} expected integer labels, got {y_true[labels != y_true].flat[0]}")
        logits = y_pred if self.from_logits else _logits_behind(y_pred, "softmax")
        scores = logits if logits is not None else _log_of_probabilities(y_pred)
        losses: Tensor = F.cross_entropy(scores, labels, reduction=reduction, ignore_index=-(2**62))
        return losses


class _FromFunction(Loss):
    """A user's function (y_true, y_pred) -> losses."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(name=getattr(function, "__name__", type(function).__name__))
        self._function = function

    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return what the function gives."""
        y_true = ranked_like(y_pred, y_true)
        y_true = y_true.astype(y_pred.dtype, copy=False) if y_true.dtype.kind == "f" else y_true
        losses = self._function(y_true, y_pred)
        if not isinstance(losses, Tensor):
            raise TypeError(
                f"the loss function {self.name} must return a Tensor computed from y_pred, got a "
                f"{type(losses).__name__}"
            )
        return losses


_BY_NAME: dict[str, Callable[[], Loss]] = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "mae": MeanAbsoluteError,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}


def get(identifier: Any) -> Loss:
    """Return a loss, given by name ("mse"), as a class, as a function (y_true, y_pred) -> losses, or as it is.

    Raises
    ------
    ValueError
        If no loss has this name.
    TypeError
        If it is nothing of the kind.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.losses.get("mse").name
    'MeanSquaredError'
    """
    if isinstance(identifier, str):
        return look_up("loss", identifier, _BY_NAME)()
    if callable(identifier) and not isinstance(identifier, (Loss, type)):
        return _FromFunction(identifier)
    made: Any = identifier() if isinstance(identifier, type) else identifier
    if not isinstance(made, Loss):
        raise TypeError(f"a loss is a name, a Loss or a function, got {identifier!r}")
    return made


def lined_up(y_true: Any, y_pred: Any, name: str) -> Any:
    """Give y_true the shape of y_pred, and a floating dtype, if only a trailing axis of one differs; else raise."""
    if y_true.shape != y_pred.shape:
        y_true = ranked_like(y_pred, y_true)
    if y_true.shape != y_pred.shape:
        raise ValueError(f"{name} expected y_true of the predictions' shape {y_pred.shape}, got shape {y_true.shape}")
    return y_true.astype(y_pred.dtype, copy=False) if y_pred.dtype.kind == "f" else y_true


def ranked_like(y_pred: Any, y_true: Any) -> Any:
    """Add or drop a trailing axis of one of y_true where that makes its shape that of y_pred."""
    fits = (*y_true.shape, 1) == y_pred.shape or y_true.shape == (*y_pred.shape, 1)
    return y_true.reshape(y_pred.shape) if fits else y_true


def lined_up_weight(sample_weight: Any, shape: tuple[int, ...], name: str) -> NDArray[Any]:
    """Give weights, one a sample, as many axes as the values of this shape; raise if their numbers differ."""
    weight = np.asarray(sample_weight)
    if weight.ndim > 1 and weight.shape[-1] == 1 and weight.shape != shape[: weight.ndim]:
        weight = weight[..., 0]
    if weight.shape != shape[: weight.ndim]:
        raise ValueError(f"{name} expected one weight for each value of shape {shape}, got shape {weight.shape}")
    return weight.reshape(weight.shape + (1,) * (len(shape) - weight.ndim))


def _logits_behind(y_pred: Tensor, activation: str) -> Tensor | None:
    """Return what the probabilities were computed from, unless something listens at the probabilities themselves."""
    remembered = y_pred._remembered
    return None if remembered is None or y_pred.is_watched else remembered.get(activation)


def _log_of_probabilities(p: Tensor) -> Tensor:
    """Return log(p), with p divided by its sum and clipped."""
    p = p / p.sum(axis=-1, keepdims=True)
    logarithm: Tensor = F.log(F.clip(p, _EPSILON, 1 - _EPSILON))
    return logarithm


def _share(name: str, label_smoothing: float) -> float:
    """Require a share in [0, 1]."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{name} expected label_smoothing in [0, 1], got label_smoothing={label_smoothing!r}")
    return label_smoothing
