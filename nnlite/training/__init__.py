"""The training loop that `Model.fit` runs."""

from nnlite.training._batches import Batches
from nnlite.training._loop import evaluate, fit, predict

__all__ = ["Batches", "evaluate", "fit", "predict"]
