"""NeuralNetClassifier and NeuralNetRegressor: any function that builds a model, as an estimator of scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import compute_sample_weight
from sklearn.utils.validation import _check_y, column_or_1d

import nnlite.functional as F
from nnlite import losses
from nnlite.callbacks import Callback
from nnlite.sklearn._labels import Labels
from nnlite.sklearn._neural_net import NeuralNet

__all__ = ["NeuralNetClassifier", "NeuralNetRegressor"]


class NeuralNetClassifier(ClassifierMixin, NeuralNet):
    """A classifier that trains the model which a function builds.

    Parameters
    ----------
    model : callable
        Returns a new `Model` or `Sequential` (or a module of `nnlite.nn`), compiled or not. Of its arguments those
        called `n_features_in`, `n_outputs` (the number of classes, or of labels) and `input_shape` are filled in; for
        others give `model__NAME=...`, which `set_params` and GridSearchCV can change. For two classes, one output (a
        sigmoid) will do as well.
    loss : str, Loss or callable, optional
        By default that of a compiled model, else "sparse_categorical_crossentropy", or "binary_crossentropy" for one
        output or several labels at once. A loss with ``from_logits=True`` is for models that return logits.
    optimizer : str, Optimizer or type, optional
        By default that of a compiled model, else "adam". `optimizer__NAME=...` changes its arguments:
        ``optimizer__learning_rate=0.01``.
    metrics : sequence of str, Metric or callable, optional
        Watched in training, and kept in `history_`.
    epochs : int, default 100
    batch_size : int or "auto", default "auto"
        "auto" is 200, or all samples if there are fewer.
    shuffle : bool, default True
        Whether each epoch goes through the samples in a new order.
    validation_split : float, default 0
        The share of the samples, drawn at random from each class, that is held back: for callbacks that watch
        "val_loss".
    callbacks : Callback or sequence of Callback
    verbose : {0, 1, 2, "auto"}, default 0
        As for `Model.fit`.
    warm_start : bool, default False
        Whether `fit` goes on with the model of the last one.
    class_weight : dict, "balanced" or None, default None
        A weight for each class, or weights inversely proportional to how often the classes occur.
    random_state : int, RandomState, Generator or None, default None
        For all that is random in the model and its training. None draws from `nnlite.random`.
    **routed
        `model__NAME` and `optimizer__NAME`; `fit` refuses others.

    Attributes
    ----------
    classes_ : ndarray
    model_ : nnlite.models.Model
        The model that was trained.
    history_ : dict of str to list of float
        The loss and the metrics after each epoch.
    n_iter_, n_outputs_, n_features_in_ : int
        Epochs trained, outputs that the targets need, columns of X.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from nnlite.layers import Dense
    >>> from nnlite.models import Sequential
    >>> from nnlite.sklearn import NeuralNetClassifier
    >>> def build(n_outputs, units=16):
    ...     return Sequential([Dense(units, activation="tanh"), Dense(n_outputs, activation="softmax")])
    >>> X, y = load_iris(return_X_y=True)
    >>> X = (X - X.mean(axis=0)) / X.std(axis=0)
    >>> network = NeuralNetClassifier(build, epochs=60, model__units=8, optimizer__learning_rate=0.05, random_state=0)
    >>> network.fit(X, y).score(X, y) > 0.95
    True
    """

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
        class_weight: Mapping[Any, float] | str | None = None,
        random_state: Any = None,
        **routed: Any,
    ) -> None:
        super().__init__(
            model, loss=loss, optimizer=optimizer, metrics=metrics, epochs=epochs, batch_size=batch_size,
            shuffle=shuffle, validation_split=validation_split, callbacks=callbacks, verbose=verbose,
            warm_start=warm_start, random_state=random_state, **routed,
        )  # fmt: skip
        self.class_weight = class_weight

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Go once through these data, with the model that is there if there is one.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array_like, optional
            All classes: needed the first time, since `y` may lack some.
        """
        fresh = not hasattr(self, "model_")
        if fresh and classes is None:
            raise ValueError("partial_fit needs all classes the first time: partial_fit(X, y, classes=[...])")
        return self._fit(X, y, sample_weight, classes, epochs=1, fresh=fresh)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable classes (N,), or all labels whose probability is above one half (N, labels)."""
        probabilities = self.predict_proba(X)
        return self._labels.decoded(probabilities)

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probability of each class, (N, classes), in the order of `classes_`."""
        output = self._output(X)
        if self.model_.loss is not None and self.model_.loss.from_logits:
            output = F.sigmoid(output) if self._takes_bits() else F.softmax(output)
        return self._labels.both(output)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _learn_outputs(self, y: Any, classes: Any) -> int:
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        self._labels = Labels(y, classes)
        self.classes_ = self._labels.classes
        if len(self.classes_) < 2 and not self._labels.several_hot:
            only = self.classes_.tolist()[0]
            raise ValueError(f"NeuralNetClassifier needs two classes, got one class: {only!r}")
        return len(self.classes_)

    def _takes_bits(self) -> bool:
        """Say whether each output is a probability of its own."""
        return self._labels.several_hot or self._width == 1

    def _default_loss(self, width: int) -> str:
        return "binary_crossentropy" if self._takes_bits() else "sparse_categorical_crossentropy"

    def _targets(self, y: Any, width: int) -> NDArray[Any]:
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        encoded = self._labels.encoded(y)  # (N, 1) or (N, classes)
        if width == encoded.shape[1]:
            one_hot = encoded
        elif width == len(self.classes_):
            one_hot = np.concatenate([~encoded, encoded], axis=1)
        else:
            raise ValueError(
                f"expected a model with {len(self.classes_)} outputs, one for each class of y, got one with {width}"
            )
        is_sparse = isinstance(self.model_.loss, losses.SparseCategoricalCrossentropy)
        return one_hot.argmax(axis=1) if is_sparse else one_hot

    def _weighted(self, y: Any, weight: NDArray[Any] | None) -> NDArray[Any] | None:
        if self.class_weight is None:
            return weight
        by_class: NDArray[Any] = compute_sample_weight(self.class_weight, y)
        return by_class if weight is None else by_class * weight

    def _strata(self, targets: Any) -> Any:
        return None if self._labels.several_hot else targets.argmax(axis=1) if targets.ndim > 1 else targets


class NeuralNetRegressor(RegressorMixin, NeuralNet):
    """A regressor that trains the model which a function builds.

    Parameters
    ----------
    model : callable
        As for `NeuralNetClassifier`; `n_outputs` is the number of targets of a sample.
    loss : str, Loss or callable, optional
        By default that of a compiled model, else "mean_squared_error".
    optimizer, metrics, epochs, batch_size, shuffle, validation_split, callbacks, verbose, warm_start, random_state
        As for `NeuralNetClassifier`.
    **routed
        `model__NAME` and `optimizer__NAME`; `fit` refuses others.

    Attributes
    ----------
    model_, history_, n_iter_, n_outputs_, n_features_in_
        As of `NeuralNetClassifier`.

    Examples
    --------
    >>> import numpy as np
    >>> from nnlite.layers import Dense
    >>> from nnlite.models import Sequential
    >>> from nnlite.sklearn import NeuralNetRegressor
    >>> def build():
    ...     return Sequential([Dense(16, activation="tanh"), Dense(1)])
    >>> X = np.linspace(-1, 1, 100)[:, None]
    >>> network = NeuralNetRegressor(build, epochs=200, optimizer__learning_rate=0.02, random_state=0)
    >>> network.fit(X, X[:, 0] ** 2).score(X, X[:, 0] ** 2) > 0.9
    True
    """

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go once through these data, with the model that is there if there is one; arguments as for `fit`."""
        return self._fit(X, y, sample_weight, None, epochs=1, fresh=not hasattr(self, "model_"))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the predictions, (N,) or (N, outputs)."""
        output = self._output(X)
        return output[:, 0] if output.shape[1] == 1 else output

    def _learn_outputs(self, y: Any, classes: Any) -> int:
        return 1 if y.ndim == 1 else int(y.shape[1])

    def _default_loss(self, width: int) -> str:
        return "mean_squared_error"

    def _targets(self, y: Any, width: int) -> NDArray[Any]:
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        targets: NDArray[Any] = _check_y(y, multi_output=True, y_numeric=True).reshape(len(y), -1)
        if targets.shape[1] != width:
            raise ValueError(f"expected a model with {targets.shape[1]} outputs, as many as targets, got {width}")
        return targets
