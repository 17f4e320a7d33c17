"""What MLPClassifier and MLPRegressor share: the network, and scikit-learn's ways to train it."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import gen_batches
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from nnlite import losses, optimizers, random
from nnlite.initializers import RandomUniform
from nnlite.kernels.parallel import blas_limit
from nnlite.layers import Activation, Dense, Module
from nnlite.models import Sequential
from nnlite.sklearn._batch import Batch, PenalizedLoss, output_of, taken, total_weight
from nnlite.sklearn._randomness import seeded

__all__ = ["MultilayerPerceptron", "is_stochastic"]

_ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
_OUTPUT_ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid", "softmax": "softmax", "exp": "exponential"}
_SOLVERS = ("lbfgs", "sgd", "adam")
_SCHEDULES = ("constant", "invscaling", "adaptive")
_LEAST_RATE = 1e-6  # where "adaptive" ends
_LEAST_DECREASE = 2.2e-9  # of the loss, relative, for another step of L-BFGS: SciPy's


def is_stochastic(estimator: MultilayerPerceptron) -> bool:
    """Say whether partial_fit makes sense; raise if not, as scikit-learn has it."""
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit is for the solvers 'sgd' and 'adam', got solver='lbfgs'")
    return True


class MultilayerPerceptron(BaseEstimator, ABC):
    """A network of Dense layers with scikit-learn's arguments, which the subclasses' constructors store."""

    hidden_layer_sizes: Any
    activation: str
    solver: str
    alpha: float
    batch_size: int | str
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: bool
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int

    model_: Sequential
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None

    @abstractmethod
    def _targets(self, y: Any, reset: bool, incremental: bool) -> NDArray[Any]:
        """Return the targets (N, outputs); learn what they are if told to reset."""

    @abstractmethod
    def _output_activation(self) -> str:
        """Return scikit-learn's name of the last activation."""

    @abstractmethod
    def _loss_and_scale(self) -> tuple[losses.Loss, float]:
        """Return the loss, and what it is multiplied by."""

    @abstractmethod
    def _score_of(self, targets: NDArray[Any], output: NDArray[Any], weight: NDArray[Any] | None) -> float:
        """Return what early stopping watches: larger is better."""

    # What users call

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train from new first values, or with `warm_start` from where the last fit ended.

        Parameters
        ----------
        X : array_like or sparse matrix, shape (N, features)
            Float32 is trained in float32, everything else in float64.
        y : array_like, shape (N,) or (N, outputs)
        sample_weight : array_like, shape (N,), optional

        Returns
        -------
        The estimator itself.

        Raises
        ------
        ValueError
            If an argument is out of range, the data do not fit each other, or the weights become infinite.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    @property
    def coefs_(self) -> list[NDArray[Any]]:
        """The kernel of each layer, (inputs, outputs)."""
        return [layer.kernel.data for layer in self._layers()]

    @property
    def intercepts_(self) -> list[NDArray[Any]]:
        """The bias of each layer, (outputs,)."""
        return [layer.bias.data for layer in self._layers()]

    @property
    def n_layers_(self) -> int:
        """The number of layers, the input among them."""
        return len(self._layers()) + 1

    @property
    def n_outputs_(self) -> int:
        """The number of outputs."""
        return int(self.intercepts_[-1].size)

    @property
    def out_activation_(self) -> str:
        """scikit-learn's name of the last activation."""
        self._layers()
        return self._output_activation()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # Training

    def _fit(self, X: Any, y: Any, sample_weight: Any, incremental: bool) -> Self:
        """Train once through the data, or to the end."""
        self._check_settings()
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not take early_stopping=True: it has nothing to stop")
        fresh = not hasattr(self, "model_") or not (self.warm_start or incremental)
        X, y = validate_data(
            self, X, y, accept_sparse="csr", multi_output=True, dtype=(np.float64, np.float32), reset=fresh
        )
        targets = self._targets(y, fresh, incremental)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=X.dtype)
        if weight is not None and not weight.any():
            raise ValueError("expected sample_weight to have at least one non-zero number, got zeros only")
        with seeded(self.random_state), np.errstate(over="ignore", invalid="ignore", divide="ignore"), blas_limit:
            if fresh:
                self._begin(X, targets.shape[1])
            if self.solver == "lbfgs":
                self._minimise((X, targets, weight))
            else:
                self._descend((X, targets, weight), incremental)
        if not all(np.isfinite(values).all() for values in (*self.coefs_, *self.intercepts_)):
            raise ValueError(
                f"{type(self).__name__} ended with weights that are not finite: scale the inputs (StandardScaler), or "
                f"take a smaller learning_rate_init than {self.learning_rate_init!r}"
            )
        return self

    def _begin(self, X: Any, outputs: int) -> None:
        """Make a new network and forget the training of the last one."""
        sizes = [*self._hidden_sizes(), outputs]
        factor = 2.0 if self.activation == "logistic" else 6.0
        layers: list[Module] = []
        for fan_in, units in pairwise([X.shape[1], *sizes]):
            bound = float(np.sqrt(factor / (fan_in + units)))
            first = RandomUniform(-bound, bound)
            name = _ACTIVATIONS[self.activation] if len(layers) < len(sizes) - 1 else "linear"
            layers.append(Dense(units, name, kernel_initializer=first, bias_initializer=first))
        layers.append(Activation(_OUTPUT_ACTIVATIONS[self._output_activation()]))
        self.model_ = Sequential(layers).astype(X.dtype)
        self.model_.build((None, X.shape[1]))
        self.n_iter_ = self.t_ = 0
        self.loss_curve_ = []
        self._optimizer: optimizers.Optimizer | None = None
        self._watch_anew()

    def _watch_anew(self) -> None:
        """Forget what was best."""
        self._without_progress = 0
        self._best_weights = self.model_.get_weights()
        self.validation_scores_ = [] if self.early_stopping else None
        self.best_validation_score_ = -np.inf if self.early_stopping else None
        self.best_loss_ = None if self.early_stopping else np.inf

    def _descend(self, data: Batch, incremental: bool) -> None:
        """Step down the gradients of batches, epoch by epoch, until there is no progress."""
        if self._optimizer is None or not incremental:
            self._optimizer = self._new_optimizer()
        if self.early_stopping == (self.validation_scores_ is None):  # changed since the last fit of a warm start
            self._watch_anew()
        train, validation = self._split(data) if self.early_stopping else (data, None)
        count = train[0].shape[0]
        batch_size = self._batch_size(count)
        gradient = self._gradient()
        self.n_iter_ = 0
        with _interruptible():
            for _ in range(1 if incremental else self.max_iter):
                order = random.draw_from(None).permutation(count) if self.shuffle else np.arange(count)
                total = seen = 0.0
                for part in gen_batches(count, batch_size):
                    batch = taken(train, order[part])
                    weight = total_weight(batch)
                    total += weight * gradient(batch)
                    seen += weight
                    self._optimizer.step()
                self.t_ += count
                self._take_in(total / (seen or 1))
                self._watch(validation)
                if self.learning_rate == "invscaling" and self.solver == "sgd":
                    self._optimizer.learning_rate = self.learning_rate_init / (self.t_ + 1) ** self.power_t
                if self._without_progress > self.n_iter_no_change and not self._slowed_down():
                    break
            else:
                if not incremental:
                    self._warn_of_the_end()
        if validation is not None:
            self.model_.set_weights(self._best_weights)

    def _minimise(self, data: Batch) -> None:
        """Run L-BFGS on all samples together."""
        gradient = self._gradient()
        parameters = list(self.model_.parameters())
        optimizer = optimizers.LBFGS(
            max_iter=1, max_eval=25, tolerance_grad=self.tol, history_size=10, parameters=parameters
        )
        evaluations, value = 0, 0.0
        known: list[NDArray[Any]] = []  # the weights with that value

        def evaluate() -> float:
            """Return the loss; the line search mostly ends where it looked last, and the next one starts there."""
            nonlocal evaluations, known, value
            if not known or not all(map(np.array_equal, known, (p.data for p in parameters))):
                evaluations, known, value = evaluations + 1, [p.data.copy() for p in parameters], gradient(data)
            return value

        loss = evaluate()
        self.n_iter_ = 0
        with _interruptible():
            while max(float(np.abs(p.grad).max()) for p in parameters if p.grad is not None) > self.tol:
                if self.n_iter_ == self.max_iter or evaluations >= self.max_fun:
                    self._warn_of_the_end()
                    break
                before = loss
                optimizer.step(evaluate)
                loss = evaluate()
                self._take_in(loss)
                if not before - loss > _LEAST_DECREASE * max(abs(before), abs(loss), 1.0):
                    break
        self.loss_ = self.best_loss_ = loss

    def _gradient(self) -> PenalizedLoss:
        """Return what gives the penalised loss of a batch and leaves its gradient in the parameters."""
        return PenalizedLoss(self.model_, *self._loss_and_scale(), self.alpha)

    def _new_optimizer(self) -> optimizers.Optimizer:
        """Return the solver, on the network's parameters."""
        parameters = dict(self.model_.named_parameters())
        if self.solver == "sgd":
            nesterov = self.nesterovs_momentum and self.momentum > 0
            return optimizers.SGD(self.learning_rate_init, self.momentum, nesterov, parameters=parameters)
        return optimizers.Adam(self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon, parameters=parameters)

    def _take_in(self, loss: float) -> None:
        """Note an iteration and its loss."""
        self.n_iter_ += 1
        self.loss_ = loss
        self.loss_curve_.append(loss)
        if self.verbose:
            print(f"Iteration {self.n_iter_}, loss = {loss:.8f}", flush=True)

    def _watch(self, validation: Batch | None) -> None:
        """Count the iterations without progress, and keep the best."""
        if validation is None:
            assert self.best_loss_ is not None
            self._count(self.best_loss_ - self.loss_)
            self.best_loss_ = min(self.best_loss_, self.loss_)
            return
        assert self.validation_scores_ is not None
        assert self.best_validation_score_ is not None
        x, targets, weight = validation
        output = output_of(self.model_, x)
        score = self._score_of(targets, output, weight) if np.isfinite(output).all() else float("nan")
        self.validation_scores_.append(score)
        if self.verbose:
            print(f"Validation score: {score:.6f}", flush=True)
        self._count(score - self.best_validation_score_)
        if score > self.best_validation_score_:
            self.best_validation_score_, self._best_weights = score, self.model_.get_weights()

    def _count(self, gain: float) -> None:
        """Count an iteration that is better than the best by so much, unless it is by `tol`."""
        self._without_progress = 0 if gain >= self.tol else self._without_progress + 1

    def _slowed_down(self) -> bool:
        """Divide an adaptive rate and say so; there may be nothing to divide."""
        optimizer = self._optimizer
        adaptive = self.solver == "sgd" and self.learning_rate == "adaptive"
        if optimizer is None or not adaptive or optimizer.rate <= _LEAST_RATE:
            return False
        optimizer.learning_rate = optimizer.rate / 5
        self._without_progress = 0
        if self.verbose:
            print(f"Setting learning rate to {optimizer.rate:g}", flush=True)
        return True

    def _warn_of_the_end(self) -> None:
        """Say that the training was ended before it was over."""
        warnings.warn(
            f"{type(self).__name__}: {self.n_iter_} iterations and no end; raise max_iter={self.max_iter} "
            f"(lbfgs: also max_fun={self.max_fun}) or tol={self.tol}, or scale the inputs",
            ConvergenceWarning,
            stacklevel=5,
        )

    def _split(self, data: Batch) -> tuple[Batch, Batch]:
        """Hold back a share of the samples, of every class alike where each sample has one."""
        targets = data[1]
        seed = int(random.draw_from(None).integers(2**31))
        index = np.arange(len(targets))
        train, held = train_test_split(
            index, test_size=self.validation_fraction, random_state=seed, stratify=self._strata(targets)
        )
        if len(held) < 2:
            raise ValueError(
                f"validation_fraction={self.validation_fraction!r} holds back {len(held)} of {len(index)} samples; "
                "there must be two or more"
            )
        return taken(data, train), taken(data, held)

    def _strata(self, targets: NDArray[Any]) -> NDArray[Any] | None:
        """Return the classes by which samples are held back."""
        return None

    # Small things

    def _layers(self) -> list[Any]:
        """Return the layers of the fitted network."""
        if not hasattr(self, "model_"):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self.model_.layers[:-1]

    def _checked(self, X: Any) -> Any:
        """Return what a user gave to a fitted estimator, as the network takes it."""
        check_is_fitted(self)
        return validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)

    def _hidden_sizes(self) -> list[int]:
        """Return the numbers of hidden units; a single number is a single layer."""
        sizes = np.atleast_1d(np.asarray(self.hidden_layer_sizes))
        if sizes.size and (sizes.dtype.kind not in "iu" or sizes.ndim > 1 or (sizes < 1).any()):
            raise ValueError(f"expected hidden_layer_sizes to be positive integers, got {self.hidden_layer_sizes!r}")
        return [int(size) for size in sizes]

    def _batch_size(self, count: int) -> int:
        """Return the batch size for so many samples."""
        if self.batch_size == "auto":
            return min(200, count)
        if int(self.batch_size) > count:
            warnings.warn(f"batch_size={self.batch_size} is larger than the {count} samples", stacklevel=5)
        return min(int(self.batch_size), count)

    def _check_settings(self) -> None:
        """Raise if an argument is none of those that it may be; the optimizers check their own."""
        for name, known in (("activation", _ACTIVATIONS), ("solver", _SOLVERS), ("learning_rate", _SCHEDULES)):
            if getattr(self, name) not in known:
                raise ValueError(f"expected {name} to be one of {', '.join(known)}, got {getattr(self, name)!r}")
        for name in ("max_iter", "max_fun", "n_iter_no_change"):
            if not getattr(self, name) >= 1:
                raise ValueError(f"expected {name} to be 1 or more, got {getattr(self, name)!r}")
        for name in ("alpha", "tol"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"expected {name} to be 0 or more, got {getattr(self, name)!r}")
        if not 0 <= self.validation_fraction < 1:
            raise ValueError(f"expected validation_fraction in [0, 1), got {self.validation_fraction!r}")
        if self.batch_size != "auto" and (isinstance(self.batch_size, str) or self.batch_size < 1):
            raise ValueError(f"expected batch_size to be 'auto' or 1 or more, got {self.batch_size!r}")
        self._hidden_sizes()


@contextmanager
def _interruptible() -> Iterator[None]:
    """End a training by Ctrl-C, and keep what it has learned."""
    try:
        yield
    except KeyboardInterrupt:
        warnings.warn("training interrupted by the user", stacklevel=4)
