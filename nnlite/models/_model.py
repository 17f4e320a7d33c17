"""Model: a module with a loss, an optimizer and metrics, and the methods that train and use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite import losses, metrics, optimizers, training
from nnlite.autograd import Tensor, default_dtype
from nnlite.callbacks import Callback, History, Logs
from nnlite.layers import Module
from nnlite.layers._module import weight_penalties
from nnlite.models._summary import summary_table
from nnlite.training._batches import Batches
from nnlite.training._loop import inference, learning
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
    _binding: int | None = None  # of the optimizer to this model's parameters, as they are now
    _input_shapes: tuple[tuple[int, ...], ...] = ()  # of one sample, at the first call
    _flags: _Flags | None = None
    _weight_penalties: Callable[[], list[Tensor]] | None = None  # of the parameters that have a regularizer now

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
            Watched besides the loss, without weights. "accuracy" picks the one that fits.

        Raises
        ------
        ValueError
            If a name is unknown, two metrics have one name, or the loss does not reduce to one number.
        TypeError
            If an argument is nothing of the kind.
        """
        made = optimizers.get(optimizer)
        wanted = None if loss is None else losses.get(loss)
        if wanted is not None and wanted.reduction == "none":
            raise ValueError(f'training needs one number for a batch, and {wanted.name} has reduction="none"')
        given = tuple(metrics) if isinstance(metrics, (list, tuple)) else () if metrics is None else (metrics,)
        names = ["loss", *(metric.name for metric in _as_metrics(given))]
        if len(set(names)) < len(names):
            raise ValueError(f"expected metrics with different names, got {', '.join(names[1:])} (besides loss)")
        self.optimizer, self._loss, self._metrics = made, wanted, given
        self._binding = self._chosen = None
        self._flags = _Flags(self)
        parameters = dict(self.named_parameters())
        if parameters:
            self.optimizer.bind(parameters)

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
        """Train for a number of epochs, in training mode.

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
            The share of the samples, taken from the end before any shuffling, that is held back for validation.
        validation_data : tuple (x, y) or (x, y, sample_weight), optional
            Validates on these samples, whatever `validation_split` says.
        shuffle : bool, default True
            Whether each epoch goes through the samples in a new order, drawn from `nnlite.random`.
        class_weight : mapping of int to float, optional
            A weight for each class, integer or one-hot; classes that are not named weigh 1.
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
            If an argument is out of range, or the arrays do not fit each other or the model.
        TypeError
            If data are no numbers, or a callback is none.
        """
        self._start("fit", y)
        self._binding = None
        if not 0 <= validation_split < 1:
            raise ValueError(f"expected validation_split in [0, 1), got validation_split={validation_split!r}")
        for argument, value, least in (("epochs", epochs, 1), ("initial_epoch", initial_epoch, 0)):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
                raise ValueError(f"expected {argument} to be an integer of at least {least}, got {argument}={value!r}")
        validation = None
        train = Batches(x, y, sample_weight, batch_size, shuffle)
        if validation_data is not None:
            validation = _validation_batches(validation_data, batch_size)
        elif validation_split:
            train, validation = train.split(1 - validation_split)
        if class_weight is not None:  # the validation is not weighted by class
            assert train.y is not None
            train.sample_weight = _weighted_by_class(train.y, class_weight, train.sample_weight)
        history = History()
        listeners = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or ())
        for listener in listeners:
            if not isinstance(listener, Callback):
                raise TypeError(f"expected callbacks to be nnlite.callbacks.Callback objects, got {listener!r}")
        with closing(Progress(verbose)) as progress:
            observers = [history, progress, *listeners]
            training.fit(self, train, range(initial_epoch, epochs), observers, validation, verbose)
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
        self._start("evaluate", y)
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
        return training.predict(self, Batches(x, batch_size=batch_size))

    def train_on_batch(self, x: Any, y: Any, sample_weight: Any = None) -> Any:
        """Take one step on one batch, and return its loss, or [loss, *metrics]."""
        self._start("train_on_batch", y)
        self._binding = None
        self.reset_metrics()
        with learning(self):
            self.train_step(*next(iter(_as_one_batch(x, y, sample_weight))))
        return _as_keras(self.metrics_so_far())

    def test_on_batch(self, x: Any, y: Any, sample_weight: Any = None) -> Any:
        """Return the loss of one batch, or [loss, *metrics], in inference mode."""
        self._start("test_on_batch", y)
        return _as_keras(training.evaluate(self, _as_one_batch(x, y, sample_weight)))

    def predict_on_batch(self, x: Any) -> NDArray[Any]:
        """Return the outputs for one batch as an array, in inference mode."""
        return training.predict(self, _as_one_batch(x))

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make all parameters, for inputs of this shape; the batch axis may be None."""
        if None in input_shape[1:]:
            raise ValueError(f"build() needs the length of every axis but the batch, got {input_shape=}")
        with inference(self):
            self(Tensor(np.zeros((1, *input_shape[1:]), default_dtype())))

    def __call__(self, *inputs: Any, **settings: Any) -> Any:
        """Run `forward`; the first call that succeeds tells the input's shape."""
        output = super().__call__(*inputs, **settings)
        if not self._input_shapes and all(isinstance(x, (Tensor, np.ndarray)) for x in inputs):
            self._input_shapes = tuple(x.shape[1:] for x in inputs)
        self.built = True
        return output

    def _build_for(self, inputs: Sequence[Any]) -> None:
        """Leave it to the modules inside, unless a subclass has a `build` of its own."""
        if type(self).build is not Model.build:
            super()._build_for(inputs)

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
        return self._taken_in(loss, y, y_pred)

    def test_step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Run forward on one batch, and return its loss."""
        with self._as_compiled():
            loss, y_pred = self._loss_on(x, y, sample_weight)
        return self._taken_in(loss, y, y_pred)

    def _loss_on(self, x: Any, y: Any, sample_weight: Any) -> tuple[Tensor, Tensor]:
        """Return the loss, penalties included, and the predictions."""
        assert self._loss is not None
        y_pred = self(Tensor(x))
        if not isinstance(y_pred, Tensor):
            raise TypeError(f"a loss needs a model that returns a Tensor, got a {type(y_pred).__name__}")
        if self._weight_penalties is None:
            regularized = tuple(p for p in self.parameters() if p.regularizer is not None)
            self._weight_penalties = partial(weight_penalties, regularized)
        loss = self._loss(y, y_pred, sample_weight)
        for penalty in (*self._activity_losses, *self._weight_penalties()):
            loss = loss + penalty
        return loss, y_pred

    def _taken_in(self, loss: Tensor, y: Any, y_pred: Tensor) -> float:
        """Add a batch to the running loss and metrics, and return its loss."""
        value = float(loss.item())
        self._loss_total += value * len(y)
        self._loss_count += len(y)
        if self._chosen is None:
            self._chosen = _as_metrics(self._metrics, y, y_pred, self._loss)
            for metric in self._chosen:
                metric.reset_state()
        for metric in self._chosen:
            metric.update_state(y, y_pred)
        return value

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
        if self._binding != self.optimizer.binding:  # another model may have taken a shared optimizer
            self.optimizer.bind(dict(self.named_parameters()))
            self.optimizer.zero_grad()
            self._binding = self.optimizer.binding
        return self.optimizer

    def _as_compiled(self) -> AbstractContextManager[None]:
        """Run with every module as `trainable` as it was when the model was compiled."""
        return nullcontext() if self._flags is None else self._flags.applied_to(self)

    def _start(self, method: str, y: Any) -> None:
        """Raise if the model was not compiled with a loss, or there are no targets; look for regularizers anew."""
        if self._loss is None:
            raise RuntimeError(f"{method}() needs a loss: call compile(optimizer=..., loss=...) first")
        if y is None:
            raise ValueError(f"{method}() needs targets y")
        self._weight_penalties = None

    # Looking at it

    def summary(self) -> None:
        """Print the layers with their output shapes and parameters."""
        print(summary_table(self, self._input_shapes))


class _Flags:
    """Every module's `trainable`, as it was when a model was compiled.

    The model itself is not referred to, so that dropping it frees it at once.
    """

    def __init__(self, model: Model) -> None:
        self._own = model.trainable
        self._inside = [(module, module.trainable) for module in model.modules() if module is not model]

    @contextmanager
    def applied_to(self, model: Model) -> Iterator[None]:
        """Give every module its flag, and put back what was."""
        changed = [(m, flag) for m, flag in ((model, self._own), *self._inside) if m.trainable != flag]
        for module, flag in changed:
            module._set_trainable(flag)
        try:
            yield
        finally:
            for module, flag in changed:
                module._set_trainable(not flag)


def _as_metrics(
    given: tuple[Any, ...], y: Any = None, y_pred: Any = None, loss: losses.Loss | None = None
) -> tuple[metrics.Metric, ...]:
    """Make metrics of what compile was given; "accuracy" looks at a batch to choose."""
    return tuple(metrics.get(identifier, y, y_pred, loss) for identifier in given)


def _as_keras(logs: Logs) -> float | list[float]:
    """Return one number, or a list if there are metrics."""
    values = list(logs.values())
    return values[0] if len(values) == 1 else values


def _as_one_batch(x: Any, y: Any = None, sample_weight: Any = None) -> Batches:
    """Return all samples as a single batch."""
    batches = Batches(x, y, sample_weight)
    batches.batch_size = len(batches.x)
    return batches


def _validation_batches(data: Any, batch_size: int) -> Batches:
    """Check that validation data are a pair or a triple, and cut them into batches."""
    if not isinstance(data, (tuple, list)) or len(data) not in (2, 3) or data[1] is None:
        got = f"{len(data)} values" if isinstance(data, (tuple, list)) else f"a {type(data).__name__}"
        raise ValueError(f"expected validation_data to be (x, y) or (x, y, sample_weight), got {got}")
    x, y, sample_weight = (*data, None)[:3]
    try:
        return Batches(x, y, sample_weight, batch_size)
    except (TypeError, ValueError) as error:
        raise type(error)(f"validation_data: {error}") from None


def _weighted_by_class(
    y: NDArray[Any], class_weight: Mapping[int, float], sample_weight: NDArray[Any] | None
) -> NDArray[Any]:
    """Return the weight of each sample by its class, integer or one-hot, times its own."""
    if not isinstance(class_weight, Mapping):
        raise TypeError(f"expected class_weight to be a mapping such as {{0: 1.0, 1: 5.0}}, got {class_weight!r}")
    labels = y.argmax(axis=-1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(len(y), -1)
    if labels.size != len(y):
        raise ValueError(f"class_weight needs one label, integer or one-hot, for each sample, got y of shape {y.shape}")
    weights = np.array([class_weight.get(int(label), 1.0) for label in labels.flat])
    return weights if sample_weight is None else weights * sample_weight.reshape(len(y))
