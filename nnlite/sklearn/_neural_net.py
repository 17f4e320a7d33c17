"""What NeuralNetClassifier and NeuralNetRegressor share: any model of nnlite's as an estimator of scikit-learn's."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from nnlite import losses, optimizers, random
from nnlite.autograd import default_dtype
from nnlite.callbacks import Callback
from nnlite.layers import Module
from nnlite.models import Model, Sequential
from nnlite.sklearn._randomness import seeded

__all__ = ["NeuralNet"]

_ROUTES = ("model__", "optimizer__")


class NeuralNet(BaseEstimator, ABC):
    """A model that a function builds, trained by `fit` of nnlite's models.

    A subclass says what the targets are.
    """

    n_features_in_: int
    n_outputs_: int
    model_: Model
    history_: dict[str, list[float]]
    n_iter_: int

    def __init__(
        self,
        model: Callable[..., Any],
        *,
        loss: Any = None,
        optimizer: Any = None,
        metrics: Any = None,
        epochs: int = 100,
        batch_size: int | str = "auto",
        shuffle: bool = True,
        validation_split: float = 0.0,
        callbacks: Sequence[Callback] | Callback = (),
        verbose: int | str = 0,
        warm_start: bool = False,
        random_state: Any = None,
        **routed: Any,
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.metrics = metrics
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.validation_split = validation_split
        self.callbacks = callbacks
        self.verbose = verbose
        self.warm_start = warm_start
        self.random_state = random_state
        self._routed = dict(routed)

    @abstractmethod
    def _learn_outputs(self, y: Any, classes: Any) -> int:
        """Note what the targets are, and return how many outputs a model needs for them."""

    @abstractmethod
    def _default_loss(self, width: int) -> str:
        """Return the loss for a model with so many outputs."""

    @abstractmethod
    def _targets(self, y: Any, width: int) -> NDArray[Any]:
        """Return the targets as the model's loss takes them; raise if the model has not as many outputs."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Build a model and train it, or with `warm_start` go on with the one that is there.

        Parameters
        ----------
        X : array_like, shape (N, features) or (N, ...)
            The model is trained in the dtype of X: float32 or float64; integers reach it as they are.
        y : array_like, shape (N,) or (N, outputs)
        sample_weight : array_like, shape (N,), optional

        Returns
        -------
        The estimator itself.

        Raises
        ------
        ValueError
            If an argument is out of range, or the data do not fit each other or the model.
        TypeError
            If the function needs arguments that nobody gave, or builds no model; if an argument of the constructor is
            unknown.
        """
        fresh = not (self.warm_start and hasattr(self, "model_"))
        return self._fit(X, y, sample_weight, None, self.epochs, fresh)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all arguments by name: also those of the function, `model__NAME`, and the optimizer's."""
        return {**super().get_params(deep), **self._routed}

    def set_params(self, **params: Any) -> Self:
        """Change arguments by name.

        Raises
        ------
        ValueError
            If there is no such argument.
        """
        for name in [name for name in params if name in self._routed or name.startswith(_ROUTES)]:
            self._routed[name] = params.pop(name)
        super().set_params(**params)
        return self

    # Training

    def _fit(self, X: Any, y: Any, sample_weight: Any, classes: Any, epochs: int, fresh: bool) -> Self:
        """Train for a number of epochs, a new model or the one that is there."""
        for name in self._routed:
            if not name.startswith(_ROUTES):
                raise TypeError(
                    f"{type(self).__name__} got an unexpected argument {name!r}; arguments of the function that builds "
                    "the model are spelled model__NAME, those of the optimizer optimizer__NAME"
                )
        X, y = validate_data(self, X, y, multi_output=True, allow_nd=True, dtype="numeric", reset=fresh)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        with seeded(self.random_state):
            if fresh:
                self.n_outputs_ = self._learn_outputs(y, classes)
                self._begin(X)
                self.history_, self.n_iter_ = {}, 0
            targets, weight = self._targets(y, self._width), self._weighted(y, weight)
            (x, targets, weight), validation = self._split(X, targets, weight)
            batch_size: Any = min(200, len(x)) if self.batch_size == "auto" else self.batch_size
            history = self.model_.fit(
                x,
                targets,
                batch_size=batch_size,
                epochs=epochs,
                verbose=self.verbose,
                callbacks=self.callbacks,
                validation_data=validation,
                shuffle=self.shuffle,
                sample_weight=weight,
            )
        self.n_iter_ += len(history.epoch)
        for name, values in history.history.items():
            self.history_.setdefault(name, []).extend(values)
        return self

    def _begin(self, X: NDArray[Any]) -> None:
        """Build a model, give it the dtype of X, and compile it unless it is."""
        model = self._built(X.shape[1:])
        model.astype(X.dtype if X.dtype in (np.float32, np.float64) else default_dtype())
        output = model.predict(X[:0])
        if not isinstance(output, np.ndarray):
            raise TypeError(f"{type(self).__name__} needs a model with one output, got one that gives {type(output)}")
        self._width = 1 if output.ndim < 2 else output.shape[-1]
        routed = self._given_to("optimizer__")
        asked = [given for given in (self.loss, self.optimizer, self.metrics) if given is not None]
        if model.loss is None or routed or asked:
            loss = self.loss or model.loss or self._default_loss(self._width)
            made = losses.get(loss)
            if not isinstance(loss, losses.Loss):  # so that a weight of 2 is the same as a sample given twice
                made.reduction = "mean_with_sample_weight"
            optimizer = optimizers.get(self.optimizer or model.optimizer or "adam")
            optimizer = type(optimizer).from_config({**optimizer.get_config(), **routed})
            model.compile(optimizer, made, self.metrics or ())
        self.model_ = model

    def _built(self, shape: tuple[int, ...]) -> Model:
        """Call the function with what it takes."""
        if not callable(self.model) or isinstance(self.model, Module):
            raise TypeError(f"expected model to be a function that builds a model, got {self.model!r}")
        name = getattr(self.model, "__name__", type(self.model).__name__)
        parameters = inspect.signature(self.model).parameters
        offered = {"n_features_in": shape[0], "n_outputs": self.n_outputs_, "input_shape": shape}
        given = {**{key: value for key, value in offered.items() if key in parameters}, **self._given_to("model__")}
        takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        unknown = [key for key in given if key not in parameters and not takes_all]
        if unknown:
            known = ", ".join(f"model__{key}" for key in parameters) or "nothing"
            raise ValueError(f"{name} takes {known}, got model__{unknown[0]}")
        variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        for key, parameter in parameters.items():
            if parameter.default is parameter.empty and parameter.kind not in variadic and key not in given:
                raise TypeError(
                    f"{name} needs {key}: pass model__{key}=... ({', '.join(offered)} are filled in by themselves)"
                )
        built = self.model(**given)
        if isinstance(built, Module) and not isinstance(built, Model):
            return Sequential([built])
        if not isinstance(built, Model):
            raise TypeError(f"expected {name} to return a model, got {built!r}")
        return built

    def _split(self, X: Any, targets: Any, weight: Any) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
        """Hold back a random share of the samples for validation."""
        if not self.validation_split:
            return (X, targets, weight), None
        seed = int(random.draw_from(None).integers(2**31))
        train, held = train_test_split(
            np.arange(len(X)), test_size=self.validation_split, random_state=seed, stratify=self._strata(targets)
        )
        first, second = ((X[part], targets[part], None if weight is None else weight[part]) for part in (train, held))
        return first, second

    def _strata(self, targets: Any) -> Any:
        """Return the classes by which samples are held back."""
        return None

    def _weighted(self, y: Any, weight: NDArray[Any] | None) -> NDArray[Any] | None:
        """Return the weights of the samples."""
        return weight

    # Small things

    def _given_to(self, prefix: str) -> dict[str, Any]:
        """Return the arguments with a prefix, without it."""
        return {k.removeprefix(prefix): v for k, v in self._routed.items() if k.startswith(prefix)}

    def _output(self, X: Any) -> NDArray[Any]:
        """Return the model's output (N, outputs)."""
        check_is_fitted(self)
        X = validate_data(self, X, allow_nd=True, dtype="numeric", reset=False)
        output: NDArray[Any] = self.model_.predict(X, batch_size=1024)
        return output.reshape(len(X), -1)
