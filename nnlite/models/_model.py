"""Model: a module with a loss, an optimizer and metrics, and the methods that train and use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite import losses, metrics, optimizers, training
from nnlite.autograd import Tensor, default_dtype
from nnlite.callbacks import Callback, History, Logs
from nnlite.layers import Module
from nnlite.models._summary import summary_table
from nnlite.training._batches import Batches
from nnlite.training._loop import inference
from nnlite.training._progress import Progress

__all__ = ["Model"]


class Model(Module):
    """A module that can be trained: subclass it and write `forward`, or use `Sequential`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> class Line(nl.models.Model):
    ...     def __init__(self):
    ...         self.dense = nl.layers.Dense(1, kernel_initializer="zeros")
    ...
    ...     def forward(self, x):
    ...         return self.dense(x)
    >>> model = Line()
    >>> model.compile(nl.optimizers.SGD(0.1), loss="mse")
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> history = model.fit(x, 3 * x + 1, epochs=100, verbose=0)
    >>> model.predict([[2.0]]).round(1)
    array([[7.]], dtype=float32)
    """

    optimizer: optimizers.Optimizer | None = None
    stop_training = False
    _loss: losses.Loss | None = None
    _metrics: tuple[Any, ...] = ()  # as given to compile: "accuracy" is chosen by the first batch
    _chosen: tuple[metrics.Metric, ...] | None = None
    _loss_total = 0.0
    _loss_count = 0.0
    _is_bound = False  # whether the optimizer has this model's parameters, as they are now
    _input_shapes: tuple[tuple[int, ...], ...] = ()  # of one sample, at the first call
    _compiled_flags: tuple[tuple[Module, bool], ...] = ()

    def compile(
        self,
        optimizer: str | optimizers.Optimizer | type[optimizers.Optimizer] = "adam",
        loss: Any = None,
        metrics: Any = (),
    ) -> None:
        """Set how the model is trained, and take note of what is trainable in it.

        The model's own steps train what was trainable at this moment, whatever `trainable` says later; so a
        discriminator that is compiled, and then frozen inside another model, still learns by its own steps.

        Parameters
        ----------
        optimizer : str or Optimizer, default "adam"
        loss : str, Loss or callable
            A function of (y_true, y_pred).
        metrics : str, Metric, callable or sequence of them
            Watched besides the loss. "accuracy" picks the one that fits.

        Raises
        ------
        ValueError
            If a name is unknown.
        """
        self.optimizer = optimizers.get(optimizer)
        self._loss = None if loss is None else losses.get(loss)
        self._metrics = tuple(metrics) if isinstance(metrics, (list, tuple)) else (metrics,)
        self._choose_metrics(None, None)
        self._chosen = None
        self._compiled_flags = tuple((module, module.trainable) for module in self.modules())

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Sequence[Callback] | Callback = (),
        validation_split: float = 0.0,
        validation_data: tuple[Any, ...] | None = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
    ) -> History:
        """Train for a number of epochs.

        Parameters
        ----------
        x, y : array_like, shape (N, ...)
            Inputs and targets.
        batch_size : int, default 32
        epochs : int, default 1
            The number of the last epoch.
        verbose : {"auto", 0, 1, 2}, default "auto"
            0 is silent; 1 and "auto" show a bar on a terminal (with tqdm) and a line an epoch, 2 the lines only.
        callbacks : Callback or sequence of Callback
        validation_split : float, default 0
            The share of the samples, taken from the end, that is held back for validation.
        validation_data : tuple (x, y) or (x, y, sample_weight), optional
            Validates on these samples, whatever `validation_split` says.
        shuffle : bool, default True
            Whether each epoch goes through the samples in a new order, drawn from `nnlite.random`.
        class_weight : mapping of int to float, optional
            A weight for each class; classes that are not named weigh 1.
        sample_weight : array_like, shape (N,), optional
        initial_epoch : int, default 0
            Counts epochs from here, to go on with a training.

        Returns
        -------
        History
            Its `history` has the loss and the metrics after each epoch.

        Raises
        ------
        RuntimeError
            If the model was not compiled with a loss.
        ValueError
            If the arrays do not fit each other, or the model.
        """
        self._require_loss("fit")
        self._is_bound = False
        if not 0 <= validation_split < 1:
            raise ValueError(f"expected validation_split in [0, 1), got validation_split={validation_split!r}")
        if y is None:
            raise ValueError("fit() needs targets y")
        validation = None
        if class_weight is not None:
            sample_weight = _weighted_by_class(y, class_weight, sample_weight)
        train = Batches(x, y, sample_weight, batch_size, shuffle)
        if validation_data is not None:
            validation = Batches(*_validation(validation_data), batch_size=batch_size)
        elif validation_split:
            held_back = slice(len(train.x) - int(len(train.x) * validation_split), None)
            kept = slice(0, held_back.start)
            if not 0 < held_back.start < len(train.x):
                raise ValueError(
                    f"validation_split={validation_split} of {len(train.x)} samples leaves nothing to train or validate on"
                )
            parts = (train.x, train.y, train.sample_weight)
            validation = Batches(*(None if a is None else a[held_back] for a in parts), batch_size=batch_size)
            train = Batches(*(None if a is None else a[kept] for a in parts), batch_size=batch_size, shuffle=shuffle)
        history = History()
        listeners = [callbacks] if isinstance(callbacks, Callback) else list(callbacks)
        training.fit(
            self, train, range(initial_epoch, epochs), [history, Progress(verbose), *listeners], validation, verbose
        )
        return history

    def evaluate(
        self, x: Any, y: Any = None, batch_size: int = 32, verbose: str | int = "auto", sample_weight: Any = None
    ) -> Any:
        """Return the loss over all samples, or [loss, *metrics] if there are metrics, in inference mode.

        Parameters
        ----------
        x, y : array_like, shape (N, ...)
        batch_size : int, default 32
        verbose : {"auto", 0, 1, 2}, default "auto"
            Anything but 0 prints the result.
        sample_weight : array_like, shape (N,), optional

        Raises
        ------
        RuntimeError
            If the model was not compiled with a loss.
        """
        self._require_loss("evaluate")
        if y is None:
            raise ValueError("evaluate() needs targets y")
        logs = training.evaluate(self, Batches(x, y, sample_weight, batch_size))
        if verbose:
            print(" - ".join(f"{name}: {value:.4f}" for name, value in logs.items()), flush=True)
        return _as_keras(logs)

    def predict(self, x: Any, batch_size: int = 32, verbose: str | int = 0) -> NDArray[Any]:
        """Return the outputs for all samples as an array, in inference mode.

        Parameters
        ----------
        x : array_like, shape (N, ...)
        batch_size : int, default 32
        verbose : default 0
            Accepted as Keras has it; nothing is shown.
        """
        return training.predict(self, Batches(_as_input(x), batch_size=batch_size))

    def train_on_batch(self, x: Any, y: Any, sample_weight: Any = None) -> Any:
        """Take one step on one batch, and return its loss, or [loss, *metrics]."""
        self._require_loss("train_on_batch")
        self._is_bound = False
        batch = next(iter(Batches(x, y, sample_weight, len(x))))
        self.reset_metrics()
        self.train_step(*batch)
        return _as_keras(self.metrics_so_far())

    def test_on_batch(self, x: Any, y: Any, sample_weight: Any = None) -> Any:
        """Return the loss of one batch, or [loss, *metrics], in inference mode."""
        self._require_loss("test_on_batch")
        return _as_keras(training.evaluate(self, Batches(x, y, sample_weight, len(x))))

    def predict_on_batch(self, x: Any) -> NDArray[Any]:
        """Return the outputs for one batch as an array, in inference mode."""
        return training.predict(self, Batches(_as_input(x), batch_size=len(x)))

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make all parameters, for inputs of this shape; the batch axis may be None."""
        with inference(self):
            self(Tensor(np.zeros((1, *input_shape[1:]), default_dtype())))

    def _build_for(self, inputs: Sequence[Any]) -> None:
        """Nothing to make here: the modules inside are built as the input reaches them."""
        self._input_shapes = tuple(x.shape[1:] for x in inputs if isinstance(x, Tensor))
        self.built = True

    # One step

    def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Run forward, backward and the optimizer on one batch, and return its loss.

        A user's own loop has the same pieces; a subclass may do something else here.
        """
        with self._as_compiled():
            loss, y_pred = self._loss_on(x, y, sample_weight)
            optimizer = self._bound_optimizer()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        return self._taken_in(loss, y, y_pred, sample_weight)

    def test_step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Run forward on one batch, and return its loss."""
        loss, y_pred = self._loss_on(x, y, sample_weight)
        return self._taken_in(loss, y, y_pred, sample_weight)

    def _loss_on(self, x: Any, y: Any, sample_weight: Any) -> tuple[Tensor, Tensor]:
        """Return loss and predictions."""
        assert self._loss is not None
        y_pred = self(Tensor(x))
        return self._loss(y, y_pred, sample_weight), y_pred

    def _taken_in(self, loss: Tensor, y: Any, y_pred: Tensor, sample_weight: Any) -> float:
        """Add a batch to the running loss and metrics, and return its loss."""
        value = float(loss.item())
        self._loss_total += value * len(y)
        self._loss_count += len(y)
        if self._chosen is None:
            self._chosen = self._choose_metrics(y, y_pred)
        for metric in self._chosen:
            metric.update_state(y, y_pred, sample_weight)
        return value

    def _choose_metrics(self, y: Any, y_pred: Any) -> tuple[metrics.Metric, ...]:
        """Make metrics of what compile was given; "accuracy" looks at a batch to choose."""
        return tuple(metrics.get(identifier, y, y_pred, self._loss) for identifier in self._metrics)

    def reset_metrics(self) -> None:
        """Forget the running loss and metrics."""
        self._loss_total = self._loss_count = 0.0
        for metric in self._chosen or ():
            metric.reset_state()

    def metrics_so_far(self) -> Logs:
        """Return the loss and the metrics since `reset_metrics`, by name."""
        logs = {"loss": self._loss_total / self._loss_count if self._loss_count else float("nan")}
        logs.update((metric.name, metric.result()) for metric in self._chosen or ())
        return logs

    def _bound_optimizer(self) -> optimizers.Optimizer:
        """Return the optimizer, with this model's parameters (which the first call may have made)."""
        assert self.optimizer is not None
        if not self._is_bound:
            self.optimizer.bind(dict(self.named_parameters()))
            self._is_bound = True
        return self.optimizer

    @contextmanager
    def _as_compiled(self) -> Iterator[None]:
        """Give every module the `trainable` that it had when the model was compiled, and put back what was."""
        changed = [(module, flag) for module, flag in self._compiled_flags if module.trainable != flag]
        for module, flag in changed:
            module._set_trainable(flag)
        try:
            yield
        finally:
            for module, flag in changed:
                module._set_trainable(not flag)

    def _require_loss(self, method: str) -> None:
        """Raise if the model was not compiled with a loss."""
        if self._loss is None:
            raise RuntimeError(f"{method}() needs a loss: call compile(optimizer=..., loss=...) first")

    # Looking at it

    def summary(self) -> None:
        """Print the layers with their output shapes and parameters."""
        print(summary_table(self, self._input_shapes))


def _as_keras(logs: Logs) -> float | list[float]:
    """Return one number, or a list if there are metrics."""
    values = list(logs.values())
    return values[0] if len(values) == 1 else values


def _as_input(x: Any) -> Any:
    """Read nested lists of numbers in the default dtype."""
    return Tensor(x).data if isinstance(x, (list, tuple)) else x


def _validation(data: tuple[Any, ...]) -> tuple[Any, ...]:
    """Check that validation data are a pair or a triple."""
    if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
        raise ValueError("expected validation_data to be (x, y) or (x, y, sample_weight)")
    return tuple(data)


def _weighted_by_class(y: Any, class_weight: Mapping[int, float], sample_weight: Any) -> NDArray[Any]:
    """Return the weight of each sample by its class, integer or one-hot, times its own."""
    labels = np.asarray(y)
    labels = labels.argmax(axis=-1) if labels.ndim == 2 and labels.shape[1] > 1 else labels.reshape(len(labels))
    weights = np.array([class_weight.get(int(label), 1.0) for label in labels])
    return weights if sample_weight is None else weights * np.asarray(sample_weight)
