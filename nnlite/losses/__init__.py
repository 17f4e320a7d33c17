"""Losses, with Keras' names and semantics: called with (y_true, y_pred), they return one number to be minimised."""

from nnlite.losses._crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from nnlite.losses._ctc import CTC
from nnlite.losses._focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
)
from nnlite.losses._hinge import CategoricalHinge, Hinge, SquaredHinge
from nnlite.losses._loss import Loss
from nnlite.losses._names import get
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

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CTC",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "get",
]
