"""Losses, with Keras' names and semantics: called with (y_true, y_pred), they return one number to be minimised."""

from nnlite.losses._crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from nnlite.losses._loss import Loss
from nnlite.losses._names import get
from nnlite.losses._regression import MeanAbsoluteError, MeanSquaredError

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "get",
]
