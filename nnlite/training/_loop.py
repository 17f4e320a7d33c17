"""The loops: over epochs and batches for training, over batches for evaluation and prediction."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Tensor, no_grad
from nnlite.callbacks import Callback, Logs
from nnlite.kernels.parallel import blas_limit
from nnlite.training._batches import Batches

if TYPE_CHECKING:
    from nnlite.models import Model

__all__ = ["evaluate", "fit", "inference", "predict"]


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
    with blas_limit, _ended_by(callbacks):
        nan_reported = False
        for epoch in epochs:
            _tell(callbacks, "on_epoch_begin", epoch)
            model.reset_metrics()
            for number, (x, y, sample_weight) in enumerate(batches):
                _tell(callbacks, "on_train_batch_begin", number)
                loss = model.train_step(x, y, sample_weight)
                if not nan_reported and not np.isfinite(loss):
                    nan_reported = True
                    warnings.warn(_nan_report(loss, epoch, number), RuntimeWarning, stacklevel=4)
                _tell(callbacks, "on_train_batch_end", number, model.metrics_so_far())
                if model.stop_training:
                    break
            logs: Logs = model.metrics_so_far()
            if validation is not None:
                logs.update((f"val_{name}", value) for name, value in evaluate(model, validation).items())
            _tell(callbacks, "on_epoch_end", epoch, logs)
            if model.stop_training:
                break


def evaluate(model: Model, batches: Batches) -> Logs:
    """Return the loss and the metrics over all batches, in inference mode."""
    model.reset_metrics()
    with blas_limit, inference(model):
        for x, y, sample_weight in batches:
            model.test_step(x, y, sample_weight)
    return model.metrics_so_far()


def predict(model: Model, batches: Batches) -> NDArray[Any]:
    """Return the outputs for all batches, in inference mode; no more than one batch's graph-free values at a time."""
    outputs: NDArray[Any] | None = None
    with blas_limit, inference(model):
        for start, (x, _, _) in zip(range(0, len(batches.x), batches.batch_size), batches, strict=True):
            output = model(Tensor(x)).numpy()
            if outputs is None:
                outputs = np.empty((len(batches.x), *output.shape[1:]), output.dtype)
            if len(output) != len(x) or output.shape[1:] != outputs.shape[1:]:
                raise ValueError(f"predict() got outputs of shape {output.shape} for {len(x)} samples")
            outputs[start : start + len(x)] = output
    assert outputs is not None
    return outputs


@contextmanager
def inference(model: Model) -> Iterator[None]:
    """Switch a model to inference mode, without a graph, and put back the mode of every module in it."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def _ended_by(callbacks: Sequence[Callback]) -> Iterator[None]:
    """Tell the callbacks of the end of the training, however it comes."""
    try:
        yield
    finally:
        _tell(callbacks, "on_train_end")


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
