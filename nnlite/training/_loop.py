"""The loops: over epochs and batches for training, over batches for evaluation and prediction."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from nnlite import random
from nnlite._structure import leaves, mapped
from nnlite.autograd import Tensor, no_grad
from nnlite.callbacks import Callback, Logs
from nnlite.kernels.parallel import blas_limit
from nnlite.layers._mode import rehearsal, running
from nnlite.training._batches import Batches

if TYPE_CHECKING:
    from nnlite.models import Model
    from nnlite.models._learner import Learner

__all__ = ["evaluate", "fit", "inference", "learning", "predict", "predict_nothing"]


def fit(
    model: Learner,
    batches: Batches,
    epochs: range,
    callbacks: Sequence[Callback],
    validation: Batches | None,
    verbose: str | int,
) -> None:
    """Train: for every batch a step of the model, after every epoch the validation."""
    for callback in callbacks:
        callback.model = cast("Model", model)
        callback.params = {"epochs": epochs.stop, "steps": len(batches), "verbose": verbose}
    model.stop_training = False
    logs: Logs = {}
    _tell(callbacks, "on_train_begin", {})
    # A loss that is not finite is reported once, below, and not by each of NumPy's operations as well.
    with blas_limit, learning(model), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        nan_reported = False
        model.prepare(batches.x)
        for epoch in epochs:
            _tell(callbacks, "on_epoch_begin", epoch, {})
            model.reset_metrics()
            for number, (x, y, sample_weight) in enumerate(batches):
                _tell(callbacks, "on_train_batch_begin", number, {})
                loss = model.take_step(x, y, sample_weight)
                if not nan_reported and not math.isfinite(loss):
                    nan_reported = True
                    warnings.warn(_nan_report(loss, epoch, number), RuntimeWarning, stacklevel=3)
                _tell(callbacks, "on_train_batch_end", number, model.metrics_so_far())
                if model.stop_training:
                    break
            logs = model.metrics_so_far()
            if validation is not None:
                logs.update((f"val_{name}", value) for name, value in evaluate(model, validation).items())
            _tell(callbacks, "on_epoch_end", epoch, logs)
            if model.stop_training:
                break
    _tell(callbacks, "on_train_end", logs)


def evaluate(model: Learner, batches: Batches) -> Logs:
    """Return the loss and the metrics over all batches, in inference mode."""
    with blas_limit, inference(), model.scoring() as scores:
        for x, y, sample_weight in batches:
            model.take_step(x, y, sample_weight, training=False)
        return scores.logs()


def predict(model: Learner, batches: Batches) -> Any:
    """Return the outputs for all batches, in inference mode, in the structure in which the model gives them."""
    wholes: list[NDArray[Any]] = []
    structure: Any = None
    with blas_limit, inference():
        for start, (x, _, _) in zip(range(0, batches.size, batches.batch_size), batches, strict=True):
            stop = min(start + batches.batch_size, batches.size)
            y_pred = model(mapped(Tensor, x))
            outputs = [_as_output(y) for y in leaves(y_pred)]
            if not wholes:
                structure = y_pred
                wholes = [np.empty((batches.size, *output.shape[1:]), output.dtype) for output in outputs]
            for whole, output in zip(wholes, outputs, strict=True):
                if output.shape != (stop - start, *whole.shape[1:]):
                    raise ValueError(f"predict() got outputs of shape {output.shape} for {stop - start} samples")
                whole[start:stop] = output
    rest = iter(wholes)
    return mapped(lambda _: next(rest), structure)


def predict_nothing(model: Learner, x: Any) -> Any:
    """Return the outputs for no samples: empty, of the shape and dtype that they would have for one."""
    one = mapped(lambda array: Tensor(np.zeros((1, *array.shape[1:]), array.dtype)), x)
    with random.kept(), rehearsal(), inference(), np.errstate(all="ignore"):
        return mapped(lambda y: _as_output(y)[:0], model(one))


@contextmanager
def inference() -> Iterator[None]:
    """Run all modules in inference mode, without a graph; other threads do not notice."""
    with running(training=False), no_grad():
        yield


@contextmanager
def learning(model: Learner) -> Iterator[None]:
    """Switch a model that is in inference mode to training, and put it back; leave any other as it is."""
    with running(None):
        if model.training:
            yield
            return
        modes = {id(module): module.training for module in model.modules()}
        model.train()
        try:
            yield
        finally:
            for module in model.modules():
                module.training = modes.get(id(module), modes[id(model)])  # what was made meanwhile follows the model


def _as_output(y_pred: Any) -> NDArray[Any]:
    """Return the array of an output."""
    if not isinstance(y_pred, Tensor):
        raise TypeError(f"predict() needs a model that returns Tensors, got a {type(y_pred).__name__}")
    return y_pred.numpy()


def _tell(callbacks: Sequence[Callback], event: str, *news: Any) -> None:
    """Tell every callback of an event."""
    for callback in callbacks:
        getattr(callback, event)(*news)


def _nan_report(loss: float, epoch: int, batch: int) -> str:
    """Say where the loss stopped being a number, and what to try."""
    return (
        f"the loss became {'NaN' if np.isnan(loss) else 'infinite'} in epoch {epoch + 1}, batch {batch + 1}: "
        "try a smaller learning rate, look for NaN in the data, or run under nl.detect_anomaly() to find the operation"
    )
