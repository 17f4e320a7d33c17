"""The names of the losses, and how an identifier becomes a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnlite._lookup import look_up
from nnlite.losses._crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from nnlite.losses._ctc import CTC
from nnlite.losses._focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
)
from nnlite.losses._hinge import CategoricalHinge, Hinge, SquaredHinge
from nnlite.losses._loss import FromFunction, Loss
from nnlite.losses._overlap import Dice, Tversky
from nnlite.losses._probabilistic import KLDivergence, Poisson
from nnlite.losses._regression import (
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)
from nnlite.losses._similarity import Circle, CosineSimilarity

__all__ = ["get"]

BY_NAME: dict[str, Callable[[], Loss]] = {
    "bce": BinaryCrossentropy,
    "binary_crossentropy": BinaryCrossentropy,
    "binary_focal_crossentropy": BinaryFocalCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "categorical_focal_crossentropy": CategoricalFocalCrossentropy,
    "categorical_generalized_cross_entropy": CategoricalGeneralizedCrossEntropy,
    "categorical_hinge": CategoricalHinge,
    "circle": Circle,
    "cosine_similarity": CosineSimilarity,
    "ctc": CTC,
    "dice": Dice,
    "hinge": Hinge,
    "huber": Huber,
    "kl_divergence": KLDivergence,
    "kld": KLDivergence,
    "log_cosh": LogCosh,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mean_squared_error": MeanSquaredError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
    "poisson": Poisson,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "squared_hinge": SquaredHinge,
    "tversky": Tversky,
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
        return look_up("loss", identifier, BY_NAME)()
    if callable(identifier) and not isinstance(identifier, (Loss, type)):
        return FromFunction(identifier)
    made: Any = identifier() if isinstance(identifier, type) else identifier
    if not isinstance(made, Loss):
        raise TypeError(f"a loss is a name, a Loss or a function, got {identifier!r}")
    return made
