"""Learner: a module with a loss, an optimizer and metrics, and the methods that train and use it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from nnlite import optimizers, training
from nnlite._structure import leaves, mapped
from nnlite.autograd import Tensor
from nnlite.callbacks import Callback, History, Logs, ProgressBar
from nnlite.data import Dataset
from nnlite.data._samples import as_samples
from nnlite.layers import Module
from nnlite.losses import Loss
from nnlite.models._data import as_batches, as_one_batch, check_integer, training_data
from nnlite.models._flags import Flags
from nnlite.training import Batches, Feed, Run, is_stream
from nnlite.training._batches import Batch
from nnlite.training._listeners import Listeners, in_order
from nnlite.training._loop import learning, predict_nothing, trial
from nnlite.training._objective import Judgement, Objective, Scores

if TYPE_CHECKING:
    from nnlite.models import Model

__all__ = ["Learner"]

# The scores that a training or an evaluation of a model is filling: another thread may use the same model.
_filled: ContextVar[tuple[object, Scores] | None] = ContextVar("_filled", default=None)


class Learner(Module):
    """The training half of `Model`: compile, fit, evaluate, predict, and the steps that they take."""

    optimizer: optimizers.Optimizer | None = None
    stop_training = False
    history: History | None = None  # of the last `fit`
    gathered = 0  # samples whose gradients wait for a step
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
        metrics : str, Metric, Loss or callable, or list or dict of them
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
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Collection[int] = 1,
        *,
        accumulate: int = 1,
    ) -> History:
        """Train for a number of epochs, in training mode.

        Ctrl-C ends the training after the batch, without the end of its epoch (a second Ctrl-C interrupts at once);
        `nnlite.callbacks.BackupAndRestore` then goes on from there the next time.

        Parameters
        ----------
        x, y : array_like, shape (N, ...), or list or dict of arrays
            Inputs and targets; of several inputs or outputs by position or by name. In their place x may be a loader:
            a `nnlite.data.DataLoader` or another iterable of batches (x, y) or (x, y, sample_weight), without y; a
            Keras Sequence of them, which is gone through in order; or a `nnlite.data.Dataset` of such samples.
        batch_size : int, default 32
            Of arrays; the batches of a loader are as they come.
        epochs : int, default 1
            The number of the last epoch.
        verbose : {"auto", 0, 1, 2}, default "auto"
            0 is silent; 1 and "auto" show a bar on a terminal or in a notebook (with tqdm) and a line an epoch, 2 the
            lines only.
        callbacks : Callback or sequence of Callback
        validation_split : float, default 0
            The share of the samples, taken from the end before any shuffling, that is held back for validation.
        validation_data : tuple (x, y) or (x, y, sample_weight), or loader, optional
            Validates on these samples, whatever `validation_split` says.
        shuffle : bool, default True
            Whether each epoch goes through the arrays in a new order, drawn from `nnlite.random`.
        class_weight : mapping of int to float, optional
            A weight for each class, integer or one-hot; classes that are not named weigh 1.
        sample_weight : array_like, shape (N,), or list or dict of them, optional
            For all outputs, or for each.
        initial_epoch : int, default 0
            Counts epochs from here, to go on with a training.
        steps_per_epoch : int, optional
            The number of batches in an epoch, for loaders without end or too long: the next epoch goes on where one
            ended. By default an epoch goes through all.
        validation_steps : int, optional
            Validates on so many batches only.
        validation_batch_size : int, optional
            By default `batch_size`.
        validation_freq : int or collection of int, default 1
            Validates after every so many epochs, or after these; the first epoch is 1.
        accumulate : int, default 1
            Takes a step of the optimizer after so many batches (and after those left at the end of an epoch), by the
            gradient of the mean over all their samples: as one batch that is so many times larger. A batch counts by
            its samples, also where masks leave out some of their steps.

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
        needed_by = "fit" if self._start("fit") else None
        self._binding, self.gathered = None, 0
        for argument, value, least in (
            ("epochs", epochs, 1), ("initial_epoch", initial_epoch, 0), ("accumulate", accumulate, 1),
        ):  # fmt: skip
            check_integer(argument, value, least)
        if accumulate > 1:
            self._check_accumulation()
        feed, validation = training_data(
            x, y, sample_weight, batch_size, shuffle, class_weight, steps_per_epoch, validation_split, validation_data,
            validation_batch_size, validation_steps, validation_freq, needed_by,
        )  # fmt: skip
        self.history = history = History()
        params = {"epochs": epochs, "steps": feed.steps, "verbose": verbose}
        with self._told(in_order(callbacks, history, ProgressBar(verbose)), params) as told, self.scoring():
            run = Run(self, feed, range(initial_epoch, epochs), told, validation, accumulate)
            training.fit(run)
        return history

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Sequence[Callback] | Callback = (),
        return_dict: bool = False,
    ) -> Any:
        """Return the loss over all samples, or [loss, *metrics] if there are metrics, in inference mode.

        Of a model with several outputs: [loss, *losses of the outputs, *metrics of the outputs].

        Parameters
        ----------
        x, y : array_like, shape (N, ...), or list or dict of arrays
            In their place x may be a loader, as in `fit`.
        batch_size : int, default 32
        verbose : {"auto", 0, 1, 2}, default "auto"
            Anything but 0 prints the result.
        sample_weight : array_like, shape (N,), or list or dict of them, optional
        steps : int, optional
            Takes only so many batches.
        callbacks : Callback or sequence of Callback
        return_dict : bool, default False
            Return a dict by name instead.

        Raises
        ------
        RuntimeError
            If the model was not compiled with a loss.
        ValueError
            If there are no batches, or the data do not fit each other or the model.
        """
        needed_by = "evaluate" if self._start("evaluate") else None
        batches = as_batches("x", x, y, sample_weight, batch_size, needed_by=needed_by)
        feed = Feed(batches, steps)
        with self._told(in_order(callbacks), {"steps": feed.steps, "verbose": verbose}) as told:
            logs = training.evaluate(self, feed.epoch(0), Listeners(told))
        if not logs:
            raise ValueError("evaluate() got no batches")
        _warn_of_shortage("evaluate", feed, steps)
        if verbose:
            print(" - ".join(f"{name}: {value:.4f}" for name, value in logs.items()), flush=True)
        return _as_keras(logs, return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int = 32,
        verbose: str | int = 0,
        steps: int | None = None,
        callbacks: Sequence[Callback] | Callback = (),
    ) -> Any:
        """Return the outputs for all samples as arrays, in inference mode.

        Parameters
        ----------
        x : array_like, shape (N, ...), or list or dict of arrays
            No samples (N = 0) give empty outputs. In their place x may be a loader, as in `fit`.
        batch_size : int, default 32
        verbose : default 0
            Accepted as Keras has it; nothing is shown.
        steps : int, optional
            Takes only so many batches.
        callbacks : Callback or sequence of Callback

        Returns
        -------
        ndarray, or list, tuple or dict of them
            As the model returns its outputs.
        """
        if not isinstance(x, Dataset) and not is_stream(x):
            x = as_samples("x", x)
            if not any(map(len, leaves(x))):
                return predict_nothing(self, x)
        batches = as_batches("x", x, None, None, batch_size)
        feed = Feed(batches, steps)
        size = batches.size if isinstance(batches, Batches) and steps is None else None
        with self._told(in_order(callbacks), {"steps": feed.steps, "verbose": verbose}) as told:
            outputs = training.predict(self, feed.epoch(0), size, Listeners(told))
        _warn_of_shortage("predict", feed, steps)
        return outputs

    def train_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, *, return_dict: bool = False) -> Any:
        """Take one step on one batch, and return its loss, or [loss, *metrics], or a dict of them by name."""
        if self._start("train_on_batch") and y is None:
            raise ValueError("train_on_batch() needs targets y")
        self._binding = None
        batch = next(iter(as_one_batch(x, y, sample_weight)))
        with learning(self), self.scoring() as scores:
            self.prepare(lambda: batch)
            self.take_step(*batch)
            return _as_keras(scores.logs(), return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, *, return_dict: bool = False) -> Any:
        """Return the loss of one batch, or [loss, *metrics], or a dict of them by name, in inference mode."""
        if self._start("test_on_batch") and y is None:
            raise ValueError("test_on_batch() needs targets y")
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
        scores, step = self.current_scores(), self.train_step if training else self.test_step
        before = scores.count
        result: Any = step(x, y, sample_weight)
        values = result if isinstance(result, Mapping) else {"loss": result}
        if scores.count == before:  # a step of the user's own, which did not call this one's
            scores.add_values(values, len(next(iter(leaves(x)))))
        loss = values.get("loss", 0.0)
        return float(loss.item() if isinstance(loss, Tensor) else loss)

    def has_own(self, step: str) -> bool:
        """Say whether a subclass does its own training or test step."""
        return getattr(type(self), step) is not getattr(Learner, step)

    def prepare(self, example: Callable[[], Batch]) -> None:
        """Make what is missing for a step of the user's own, which may use the optimizer as it likes."""
        if self.has_own("train_step") and self.optimizer is not None:
            self.make_parameters(example)

    def make_parameters(self, example: Callable[[], Batch]) -> None:
        """Make what parameters are not there yet, for batches like the example, and bind the optimizer."""
        if any(not module.built for module in self.modules() if type(module).build is not Module.build):
            predict_nothing(self, example()[0])
        self._bound_optimizer()

    def gather(self, x: Any, y: Any, sample_weight: Any) -> float:
        """Add the gradients of a batch, times its samples, to those gathered before, and return its loss."""
        samples = len(next(iter(leaves(x))))
        with self._as_compiled():
            loss, judgement = self._loss_on(x, y, sample_weight)
            self._bound_optimizer()
            if not loss.requires_grad:
                self._refuse_frozen()
            loss.backward(np.asarray(samples, loss.dtype))
        self.gathered += samples
        return self._taken_in(loss, judgement)

    def step_gathered(self) -> None:
        """Take a step by the mean of the gradients gathered, if there are any."""
        if self.gathered:
            optimizer = self._bound_optimizer()
            with self._as_compiled():
                for parameter in self.parameters():
                    if parameter.grad is not None:
                        parameter.grad /= self.gathered
                optimizer.step()
                optimizer.zero_grad()
            self.gathered = 0

    def _check_accumulation(self) -> None:
        """Raise if gradients cannot be gathered."""
        if self.has_own("train_step"):
            raise ValueError(f"accumulate is for models without a train_step of their own, as {self.label} has one")
        if self.optimizer is not None and self.optimizer.evaluates_again:
            raise ValueError(
                f"{type(self.optimizer).__name__} looks at a batch several times in a step, and cannot accumulate"
            )
        for loss in leaves(self._objective.loss if self._objective else None):
            if isinstance(loss, Loss) and loss.reduction not in ("sum_over_batch_size", "mean"):
                raise ValueError(
                    "accumulate counts each batch by its samples, and needs losses that are means over them: expected "
                    f'reduction="sum_over_batch_size", got {loss!r}'
                )

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
        self.current_scores().add(judgement, value)
        return value

    def reset_metrics(self) -> None:
        """Forget the running loss and metrics."""
        self.current_scores().reset()

    def directions(self) -> dict[str, str | None]:
        """Return, by name, of the loss and the metrics whether lower ("min") or higher ("max") is better, if known."""
        return {} if self._objective is None else self._objective.directions()

    def load_scores(self, state: Mapping[str, Any], example: Callable[[], Batch]) -> None:
        """Go on with a running loss and metrics that `Scores.state_dict` gave."""
        with trial():
            self.current_scores().load_state_dict(state, lambda: self._loss_on(*example())[1])

    def metrics_so_far(self) -> Logs:
        """Return the loss and the metrics since `reset_metrics`, by name."""
        return self.current_scores().logs()

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

    def current_scores(self) -> Scores:
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

    def _start(self, method: str) -> bool:
        """Raise if the model was not compiled with a loss; return whether it needs targets.

        Looks for regularizers anew.
        """
        own = self.has_own("test_step" if method in ("evaluate", "test_on_batch") else "train_step")
        if self._objective is None or self._flags is None or not (own or self._objective.loss is not None):
            raise RuntimeError(f"{method}() needs a loss: call compile(optimizer=..., loss=...) first")
        self._flags.penalized = None
        return not own

    @contextmanager
    def _told(self, callbacks: list[Callback], params: dict[str, Any]) -> Iterator[list[Callback]]:
        """Give callbacks the model and what is known beforehand, and close what they hold open afterwards."""
        for callback in callbacks:
            callback.set_params(dict(params))
            callback.set_model(cast("Model", self))
        try:
            yield callbacks
        finally:
            for callback in callbacks:
                callback._release()


def _warn_of_shortage(method: str, feed: Feed, steps: int | None) -> None:
    """Say that there were fewer batches than were asked for."""
    if feed.ran_out and steps is not None:
        warnings.warn(f"{method}() got fewer than {steps=} batches: the data ran out", RuntimeWarning, stacklevel=3)


def _as_keras(logs: Logs, return_dict: bool) -> Any:
    """Return a dict, or one number, or a list if there are more."""
    values = list(logs.values())
    return logs if return_dict else values[0] if len(values) == 1 else values
