"""The training loop that `Model.fit` runs."""

from nnlite.training._batches import Batches
from nnlite.training._feed import Feed, Source
from nnlite.training._loop import evaluate, fit, predict
from nnlite.training._run import Run, Validation
from nnlite.training._stream import Stream, is_stream

__all__ = ["Batches", "Feed", "Run", "Source", "Stream", "Validation", "evaluate", "fit", "is_stream", "predict"]
