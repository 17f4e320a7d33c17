"""The loops: over epochs and batches for training, over batches for evaluation and prediction."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Tensor, no_grad
from nnlite.callbacks import Callback, Logs
from nnlite.kernels.parallel import blas_limit
from nnlite.training._batches import Batches

if TYPE_CHECKING:
    from nnlite.models import Model

__all__ = ["evaluate", "fit", "inference", "learning", "predict"]


def fit(
    model: Model,
    batches: Batches,
    epochs: range,
    callbacks: Sequence[Callback],
    validation: Batches | None,
    verbose: str | int,
) -> None:
    """Train: for every batch a step of the model, after every epoch the validation."""
    for callback in callbacks:
        callback.model = model
        callback.params = {"epochs": epochs.stop, "steps": len(batches), "verbose": verbose}
    model.stop_training = False
    _tell(callbacks, "on_train_begin")
    # A loss that is not finite is reported once, below, and not by each of NumPy's operations as well.
    with blas_limit, learning(model), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        nan_reported = False
        for epoch in epochs:
            _tell(callbacks, "on_epoch_begin", epoch)
            model.reset_metrics()
            for number, (x, y, sample_weight) in enumerate(batches):
                _tell(callbacks, "on_train_batch_begin", number)
                loss = model.train_step(x, y, sample_weight)
                if not nan_reported and not math.isfinite(loss):
                    nan_reported = True
                    warnings.warn(_nan_report(loss, epoch, number), RuntimeWarning, stacklevel=3)
                _tell(callbacks, "on_train_batch_end", number, model.metrics_so_far())
                if model.stop_training:
                    break
            logs: Logs = model.metrics_so_far()
            if validation is not None:
                logs.update((f"val_{name}", value) for name, value in evaluate(model, validation).items())
            _tell(callbacks, "on_epoch_end", epoch, logs)
            if model.stop_training:
                break
    _tell(callbacks, "on_train_end")


def evaluate(model: Model, batches: Batches) -> Logs:
    """Return the loss and the metrics over all batches, in inference mode."""
    model.reset_metrics()
    with blas_limit, inference(model):
        for x, y, sample_weight in batches:
            model.test_step(x, y, sample_weight)
    return model.metrics_so_far()


def predict(model: Model, batches: Batches) -> NDArray[Any]:
    """Return the outputs for all batches, in inference mode."""
    outputs: NDArray[Any] | None = None
    with blas_limit, inference(model):
        for start, (x, _, _) in zip(range(0, len(batches.x), batches.batch_size), batches, strict=True):
            y_pred = model(Tensor(x))
            if not isinstance(y_pred, Tensor):
                raise TypeError(f"predict() needs a model that returns a Tensor, got a {type(y_pred).__name__}")
            output = y_pred.numpy()
            if outputs is None:
                outputs = np.empty((len(batches.x), *output.shape[1:]), output.dtype)
            if output.shape != (len(x), *outputs.shape[1:]):
                raise ValueError(f"predict() got outputs of shape {output.shape} for {len(x)} samples")
            outputs[start : start + len(x)] = output
    assert outputs is not None
    return outputs


@contextmanager
def inference(model: Model) -> Iterator[None]:
    """Switch a model to inference mode, without a graph, and put back the mode of every module in it."""
    with _in_mode(model, training=False), no_grad():
        yield


@contextmanager
def learning(model: Model) -> Iterator[None]:
    """Switch a model that is in inference mode to training, and put it back; leave any other as it is."""
    with nullcontext() if model.training else _in_mode(model, training=True):
        yield


@contextmanager
def _in_mode(model: Model, training: bool) -> Iterator[None]:
    """Switch a model to training or to inference, and put back the mode of every module in it."""
    modes = {id(module): module.training for module in model.modules()}
    model.train(training)
    try:
        yield
    finally:
        for module in model.modules():
            module.training = modes.get(id(module), modes[id(model)])  # what was made meanwhile follows the model


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
