"""Learner: a module with a loss, an optimizer and metrics, and the methods that train and use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import numpy as np

from nnlite import optimizers, training
from nnlite._structure import leaves, mapped
from nnlite.autograd import Tensor
from nnlite.callbacks import Callback, History, Logs
from nnlite.data._samples import as_samples
from nnlite.layers import Module
from nnlite.models._data import as_one_batch, validation_batches, weighted_by_class
from nnlite.models._flags import Flags
from nnlite.training._batches import Batches
from nnlite.training._loop import learning, predict_nothing
from nnlite.training._objective import Judgement, Objective, Scores
from nnlite.training._progress import Progress

__all__ = ["Learner"]

# The scores that a training or an evaluation of a model is filling: another thread may use the same model.
_filled: ContextVar[tuple[object, Scores] | None] = ContextVar("_filled", default=None)


class Learner(Module):
    """The training half of `Model`: compile, fit, evaluate, predict, and the steps that they take."""

    optimizer: optimizers.Optimizer | None = None
    stop_training = False
    _compiled_with: tuple[Any, Any, Any] | None = None  # loss, metrics and loss_weights as they were given
    _objective: Objective | None = None
    _scores: Scores | None = None
    _flags: Flags | None = None
    _binding: int | None = None  # of the optimizer to this model's parameters, as they are now

    def compile(
        self,
        optimizer: str | optimizers.Optimizer | type[optimizers.Optimizer] = "adam",
        loss: Any = None,
        metrics: Any = (),
        loss_weights: Any = None,
        *,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
    ) -> None:
        """Set how the model is trained, and take note of what is trainable in it.

        The model's own steps train what was trainable at this moment, whatever `trainable` says later; so a
        discriminator that is compiled, and then frozen inside another model, still learns by its own steps.

        Parameters
        ----------
        optimizer : str or Optimizer, default "adam"
        loss : str, Loss or callable, or list or dict of them
            A function of (y_true, y_pred). Of a model with several outputs, one loss for all of them, or a list by
            position, or a dict by name; None for an output that is not trained.
        metrics : str, Metric or callable, or list or dict of them
            Watched besides the loss, without weights. "accuracy" picks the one that fits. Of a model with several
            outputs, an entry for each: a metric or a list of them, by position or by name.
        loss_weights : list or dict of float, optional
            What the loss of each output counts in the sum that is minimised; 1 by default.
        run_eagerly, steps_per_execution, jit_compile
            Accepted as Keras has them; nothing here depends on them.

        Raises
        ------
        ValueError
            If a name is unknown, two metrics have one name, the loss does not reduce to one number, or a list or dict
            does not fit the outputs.
        TypeError
            If an argument is nothing of the kind.
        """
        made = optimizers.get(optimizer)
        self._objective = Objective(loss, loss_weights, metrics, self._known_output_names())
        self._compiled_with = loss, metrics, loss_weights
        self.optimizer, self._scores = made, Scores()
        self._binding = None
        self._flags = Flags(self)
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
        x, y : array_like, shape (N, ...), or list or dict of arrays
            Inputs and targets; of several inputs or outputs by position or by name.
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
        sample_weight : array_like, shape (N,), or list or dict of them, optional
            For all outputs, or for each.
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
            validation = validation_batches(validation_data, batch_size)
        elif validation_split:
            train, validation = train.split(1 - validation_split)
        if class_weight is not None:  # the validation is not weighted by class
            train.sample_weight = weighted_by_class(train.y, class_weight, train.sample_weight)
        history = History()
        listeners = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or ())
        for listener in listeners:
            if not isinstance(listener, Callback):
                raise TypeError(f"expected callbacks to be nnlite.callbacks.Callback objects, got {listener!r}")
        with closing(Progress(verbose)) as progress, self.scoring():
            observers = [history, progress, *listeners]
            training.fit(self, train, range(initial_epoch, epochs), observers, validation, verbose)
        return history

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        *,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss over all samples, or [loss, *metrics] if there are metrics, in inference mode.

        Of a model with several outputs: [loss, *losses of the outputs, *metrics of the outputs].

        Parameters
        ----------
        x, y : array_like, shape (N, ...), or list or dict of arrays
        batch_size : int, default 32
        verbose : {"auto", 0, 1, 2}, default "auto"
            Anything but 0 prints the result.
        sample_weight : array_like, shape (N,), or list or dict of them, optional
        return_dict : bool, default False
            Return a dict by name instead.

        Raises
        ------
        RuntimeError
            If the model was not compiled with a loss.
        """
        self._start("evaluate", y)
        logs = training.evaluate(self, Batches(x, y, sample_weight, batch_size))
        if verbose:
            print(" - ".join(f"{name}: {value:.4f}" for name, value in logs.items()), flush=True)
        return _as_keras(logs, return_dict)

    def predict(self, x: Any, batch_size: int = 32, verbose: str | int = 0) -> Any:
        """Return the outputs for all samples as arrays, in inference mode.

        Parameters
        ----------
        x : array_like, shape (N, ...), or list or dict of arrays
            No samples (N = 0) give empty outputs.
        batch_size : int, default 32
        verbose : default 0
            Accepted as Keras has it; nothing is shown.

        Returns
        -------
        ndarray, or list, tuple or dict of them
            As the model returns its outputs.
        """
        given = as_samples("x", x)
        if not any(map(len, leaves(given))):
            return predict_nothing(self, given)
        return training.predict(self, Batches(given, batch_size=batch_size))

    def train_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, *, return_dict: bool = False) -> Any:
        """Take one step on one batch, and return its loss, or [loss, *metrics], or a dict of them by name."""
        self._start("train_on_batch", y)
        self._binding = None
        batch = next(iter(as_one_batch(x, y, sample_weight)))
        with learning(self), self.scoring() as scores:
            self.prepare(batch[0])
            self.take_step(*batch)
            return _as_keras(scores.logs(), return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, *, return_dict: bool = False) -> Any:
        """Return the loss of one batch, or [loss, *metrics], or a dict of them by name, in inference mode."""
        self._start("test_on_batch", y)
        return _as_keras(training.evaluate(self, as_one_batch(x, y, sample_weight)), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch as arrays, in inference mode."""
        given = as_samples("x", x)
        return self.predict(given, batch_size=max(1, *map(len, leaves(given))))

    # One step

    def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Run forward, backward and the optimizer on one batch, and return its loss.

        A user's own loop has the same pieces. A subclass may do something else here, with `self.optimizer`, which
        holds the model's parameters, and return its loss, or a dict of numbers for the logs; the model then needs
        neither a loss nor targets (y is None without). Likewise `test_step`.

        Examples
        --------
        >>> import nnlite as nl, numpy as np
        >>> class Shrinking(nl.models.Model):
        ...     def __init__(self):
        ...         self.dense = nl.layers.Dense(2)
        ...
        ...     def forward(self, x):
        ...         return self.dense(x)
        ...
        ...     def train_step(self, x, y=None, sample_weight=None):
        ...         size = (self(x) ** 2).mean()
        ...         size.backward()
        ...         self.optimizer.step()
        ...         self.optimizer.zero_grad()
        ...         return {"size": size}
        >>> model = Shrinking()
        >>> model.compile(nl.optimizers.SGD(0.1))
        >>> sizes = model.fit(np.ones((8, 3)), epochs=5, verbose=0).history["size"]
        >>> sizes[-1] < sizes[0]
        True
        """
        with self._as_compiled():
            loss, judgement = self._loss_on(x, y, sample_weight)
            optimizer = self._bound_optimizer()
            if not loss.requires_grad:
                self._refuse_frozen()
            loss.backward()
            optimizer.step(self._evaluated_again(optimizer, x, y, sample_weight))
            optimizer.zero_grad()
        return self._taken_in(loss, judgement)

    def take_step(self, x: Any, y: Any, sample_weight: Any, training: bool = True) -> float:
        """Take a training or a test step on one batch, see to it that the scores know, and return its loss."""
        scores, step = self._current_scores(), self.train_step if training else self.test_step
        before = scores.count
        result: Any = step(x, y, sample_weight)
        values = result if isinstance(result, Mapping) else {"loss": result}
        if scores.count == before:  # a step of the user's own, which did not call this one's
            scores.add_values(values, len(next(iter(leaves(x)))))
        loss = values.get("loss", 0.0)
        return float(loss.item() if isinstance(loss, Tensor) else loss)

    def _has_own(self, step: str) -> bool:
        """Say whether a subclass does its own training or test step."""
        return getattr(type(self), step) is not getattr(Learner, step)

    def prepare(self, x: Any) -> None:
        """Make what parameters are not there yet and bind the optimizer, for a step of the user's own."""
        if self._has_own("train_step") and self.optimizer is not None:
            if any(not module.built for module in self.modules() if type(module).build is not Module.build):
                predict_nothing(self, x)
            self._bound_optimizer()

    def _evaluated_again(self, optimizer: optimizers.Optimizer, *batch: Any) -> Callable[[], Tensor] | None:
        """Return what computes the loss and its gradients anew, for an optimizer that needs it."""
        if not optimizer.evaluates_again:
            return None

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss, _ = self._loss_on(*batch)
            loss.backward()
            return loss

        return closure

    def test_step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Run forward on one batch, and return its loss."""
        return self._taken_in(*self._loss_on(x, y, sample_weight))

    def _loss_on(self, x: Any, y: Any, sample_weight: Any) -> tuple[Tensor, Judgement]:
        """Return the loss, penalties included, and what it was computed from."""
        assert self._objective is not None
        assert self._flags is not None
        judgement = self._objective.judge(y, self(mapped(Tensor, x)), sample_weight)
        loss = judgement.total
        for penalty in (*self._activity_losses, *self._flags.penalties(self)):
            loss = loss + penalty
        return loss, judgement

    def _taken_in(self, loss: Tensor, judgement: Judgement) -> float:
        """Add a batch to the running loss and metrics, and return its loss."""
        value = float(loss.item())
        self._current_scores().add(judgement, value)
        return value

    def reset_metrics(self) -> None:
        """Forget the running loss and metrics."""
        self._current_scores().reset()

    def metrics_so_far(self) -> Logs:
        """Return the loss and the metrics since `reset_metrics`, by name."""
        return self._current_scores().logs()

    @contextmanager
    def scoring(self) -> Iterator[Scores]:
        """Give scores that the steps inside fill; other threads, and an evaluation inside, have others."""
        assert self._scores is not None
        with self._scores.borrowed() as scores:
            token = _filled.set((self, scores))
            try:
                yield scores
            finally:
                _filled.reset(token)

    def _current_scores(self) -> Scores:
        """Return the scores that are filled in this thread, or the model's own."""
        filled = _filled.get()
        own = self._scores or Scores()  # empty ones before compile()
        return filled[1] if filled is not None and filled[0] is self else own

    def _bound_optimizer(self) -> optimizers.Optimizer:
        """Return the optimizer, with this model's parameters (which the first call may have made)."""
        assert self.optimizer is not None
        if self._binding != self.optimizer.binding:  # another model may have taken a shared optimizer
            self.optimizer.bind(dict(self.named_parameters()))
            self.optimizer.zero_grad()
            self._binding = self.optimizer.binding
        return self.optimizer

    def _refuse_frozen(self) -> None:
        """Raise if nothing in the model is trained."""
        if not any(parameter.requires_grad for parameter in self.parameters()):
            raise RuntimeError(
                f"{self.label} has nothing to train: all its {self.num_parameters():,} parameters are frozen; set "
                "trainable = True on the model or some of its layers, and compile again"
            )

    def _as_compiled(self) -> AbstractContextManager[None]:
        """Run with every module as `trainable` as it was when the model was compiled."""
        return nullcontext() if self._flags is None else self._flags.applied_to(self)

    def _shown_names(self) -> list[str]:
        """Return what the summary calls the modules directly inside: their own names, or else their attributes'."""
        return [child.name or name for name, child in self.named_children()]

    def _known_output_names(self) -> list[str] | None:
        """Return the names of the outputs, if they are known before the first call."""
        return None

    def _start(self, method: str, y: Any) -> None:
        """Raise if the model was not compiled with a loss, or there are no targets; look for regularizers anew."""
        own = self._has_own("test_step" if method in ("evaluate", "test_on_batch") else "train_step")
        if self._objective is None or self._flags is None or not (own or self._objective.loss is not None):
            raise RuntimeError(f"{method}() needs a loss: call compile(optimizer=..., loss=...) first")
        if y is None and not own:
            raise ValueError(f"{method}() needs targets y")
        self._flags.penalized = None


def _as_keras(logs: Logs, return_dict: bool) -> Any:
    """Return a dict, or one number, or a list if there are more."""
    values = list(logs.values())
    return logs if return_dict else values[0] if len(values) == 1 else values
