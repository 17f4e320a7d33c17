"""The loops: over epochs and batches for training, over batches for evaluation and prediction."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlite import random
from nnlite._structure import leaves, mapped
from nnlite.autograd import Tensor, no_grad
from nnlite.callbacks import Logs
from nnlite.kernels.parallel import blas_limit
from nnlite.layers._mode import rehearsal, running
from nnlite.training._batches import Batch
from nnlite.training._interruption import Interruption, interruptible
from nnlite.training._listeners import Listeners
from nnlite.training._run import Run

if TYPE_CHECKING:
    from nnlite.models._learner import Learner

__all__ = ["evaluate", "fit", "inference", "learning", "predict", "predict_nothing", "trial"]


_ONLY_ONCE = (
    "a generator can be gone through only once; pass a nnlite.data.DataLoader, or another iterable that begins anew "
    "for each epoch"
)


def fit(run: Run) -> None:
    """Train: for every batch a step of the model, after every epoch the validation."""
    model, tell = run.model, run.listeners.tell
    model.stop_training = False
    with interruptible() as run.interruption:
        tell("on_train_begin", {})  # a backup may put the run forward to where it was
        # A loss that is not finite is reported once, below, and not by each of NumPy's operations as well.
        with blas_limit, learning(model), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            model.prepare(run.feed.source.first)
            while run.goes_on:
                if run.batch is None:
                    tell("on_epoch_begin", run.epoch, {})
                    model.reset_metrics()
                    run.batch = 0
                if not run.trained and (run.batch == 0 or not model.stop_training):
                    _train(run)
                if run.feed.ran_out and not run.batch:
                    break
                logs = model.metrics_so_far()
                if run.validation is not None and run.validation.is_due(run.epoch) and not run.interruption.requested:
                    logs.update((f"val_{name}", value) for name, value in _validate(run).items())
                if not run.interruption.requested:
                    run.end_epoch(logs)
                if run.interruption.requested:  # then, or by now
                    tell("_on_interrupt")
                    break
        tell("on_train_end", run.logs)


def _train(run: Run) -> None:
    """Take the steps that are left of an epoch."""
    model, accumulate, done = run.model, run.accumulate, run.batch or 0
    begun, ended = run.listeners.of("on_train_batch_begin"), run.listeners.of("on_train_batch_end")
    for number, (x, y, sample_weight) in enumerate(run.feed.epoch(done), done):
        for tell in begun:
            tell(number, {})
        loss = model.take_step(x, y, sample_weight) if accumulate == 1 else model.gather(x, y, sample_weight)
        if not run.nan_reported and not math.isfinite(loss):
            run.nan_reported = True
            warnings.warn(_nan_report(loss, run.epoch, number), RuntimeWarning, stacklevel=4)
        if (number + 1) % accumulate == 0:
            model.step_gathered()
        run.batch = number + 1
        if ended:
            logs = model.metrics_so_far()
            for tell in ended:
                tell(number, logs)
        if model.stop_training or (run.interruption.requested and not model.gathered):
            break
    else:
        run.trained = True
    model.step_gathered()
    if run.feed.ran_out:
        if not run.logs and not run.batch:
            raise ValueError("fit() got no batches to train on")
        model.stop_training = True
        warnings.warn(_shortage_report(run), RuntimeWarning, stacklevel=4)


def _validate(run: Run) -> Logs:
    """Return the loss and the metrics of the validation; one that Ctrl-C interrupts leaves no traces."""
    assert run.validation is not None
    before = run.validation.state_dict()
    with random.kept(unless=lambda: not run.interruption.requested):
        logs = evaluate(run.model, run.validation, run.listeners, run.interruption)
    if run.interruption.requested:
        run.validation.load_state_dict(before)
    elif not logs:
        warnings.warn(f"the validation data ran out: {_ONLY_ONCE}", RuntimeWarning, stacklevel=4)
    return logs


def evaluate(
    model: Learner,
    batches: Iterable[Batch],
    listeners: Listeners | None = None,
    interruption: Interruption | None = None,
) -> Logs:
    """Return the loss and the metrics over all batches, in inference mode; nothing if there are none."""
    told = listeners or Listeners()
    begun, ended = told.of("on_test_batch_begin"), told.of("on_test_batch_end")
    with blas_limit, inference(), model.scoring() as scores:
        told.tell("on_test_begin", {})
        for number, (x, y, sample_weight) in enumerate(batches):
            for tell in begun:
                tell(number, {})
            model.take_step(x, y, sample_weight, training=False)
            if ended:
                logs = scores.logs()
                for tell in ended:
                    tell(number, logs)
            if interruption is not None and interruption.requested:
                break
        logs = scores.logs() if scores.count else {}
        told.tell("on_test_end", logs)
        return logs


def predict(model: Learner, batches: Iterable[Batch], size: int | None, listeners: Listeners | None = None) -> Any:
    """Return the outputs for all batches, in inference mode, in the structure in which the model gives them.

    Where the number of samples is known, the outputs are written to where they stay.
    """
    told = listeners or Listeners()
    begun, ended = told.of("on_predict_batch_begin"), told.of("on_predict_batch_end")
    wholes: list[_Whole] = []
    structure: Any = None
    with blas_limit, inference():
        told.tell("on_predict_begin", {})
        for number, (x, _, _) in enumerate(batches):
            for tell in begun:
                tell(number, {})
            structure = model(mapped(Tensor, x))
            outputs = [_as_output(y) for y in leaves(structure)]
            wholes = wholes or [_Whole(size, output) for output in outputs]
            samples = len(next(iter(leaves(x))))
            for whole, output in zip(wholes, outputs, strict=True):
                whole.add(output, samples)
            if ended:
                logs = {"outputs": _structured(outputs, structure)}
                for tell in ended:
                    tell(number, logs)
        told.tell("on_predict_end", {})
    if not wholes:
        raise ValueError("predict() got no batches")
    return _structured([whole.array() for whole in wholes], structure)


def _structured(arrays: Iterable[NDArray[Any]], structure: Any) -> Any:
    """Return arrays in the structure of others."""
    rest = iter(arrays)
    return mapped(lambda _: next(rest), structure)


class _Whole:
    """One output for all samples, gathered batch by batch."""

    def __init__(self, size: int | None, first: NDArray[Any]) -> None:
        self._shape = first.shape[1:]
        self._filled = 0
        self._parts: list[NDArray[Any]] = []
        self._array = None if size is None else np.empty((size, *self._shape), first.dtype)

    def add(self, output: NDArray[Any], samples: int) -> None:
        """Take in a batch."""
        if output.shape != (samples, *self._shape):
            raise ValueError(f"predict() got outputs of shape {output.shape} for {samples} samples")
        if self._array is None:
            self._parts.append(output.copy())
        else:
            self._array[self._filled : self._filled + samples] = output
        self._filled += samples

    def array(self) -> NDArray[Any]:
        """Return the whole."""
        return np.concatenate(self._parts) if self._array is None else self._array


def predict_nothing(model: Learner, x: Any) -> Any:
    """Return the outputs for no samples: empty, of the shape and dtype that they would have for one."""
    one = mapped(lambda array: Tensor(np.zeros((1, *array.shape[1:]), array.dtype)), x)
    with trial():
        return mapped(lambda y: _as_output(y)[:0], model(one))


@contextmanager
def trial() -> Iterator[None]:
    """Run a model only to see what it gives: in inference mode, and nothing changes."""
    with random.kept(), rehearsal(), inference(), np.errstate(all="ignore"):
        yield


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


def _nan_report(loss: float, epoch: int, batch: int) -> str:
    """Say where the loss stopped being a number, and what to try."""
    return (
        f"the loss became {'NaN' if np.isnan(loss) else 'infinite'} in epoch {epoch + 1}, batch {batch + 1}: "
        "try a smaller learning rate, look for NaN in the data, or run under nl.detect_anomaly() to find the operation"
    )


def _shortage_report(run: Run) -> str:
    """Say that there were no more batches, and what to give."""
    place = "" if not run.batch else f" after {run.batch} of {run.feed.steps} batches"
    return f"the training data ran out in epoch {run.epoch + 1}{place}, and the training ends: {_ONLY_ONCE}"
