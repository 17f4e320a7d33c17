"""MLPClassifier and MLPRegressor: scikit-learn's networks of dense layers, trained by nnlite."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, xlogy
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import _check_y, column_or_1d

import nnlite.functional as F
from nnlite import losses
from nnlite.autograd import Tensor
from nnlite.sklearn._batch import output_of
from nnlite.sklearn._labels import Labels
from nnlite.sklearn._mlp import MultilayerPerceptron, is_stochastic

__all__ = ["MLPClassifier", "MLPRegressor"]

_BY_WEIGHT = "mean_with_sample_weight"


class MLPClassifier(ClassifierMixin, MultilayerPerceptron):
    """A classifier of dense layers, with scikit-learn's arguments, defaults and attributes.

    It minimises the cross-entropy, weighted by sample and divided by the sum of the weights, plus
    alpha / 2 * sum(W**2) over all kernels W, divided by that sum as well.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default (100,)
        The units of each hidden layer.
    activation : {"identity", "logistic", "tanh", "relu"}, default "relu"
        Of the hidden layers. The last layer has a softmax; for two classes, or several labels at once, a sigmoid.
    solver : {"lbfgs", "sgd", "adam"}, default "adam"
        "lbfgs" takes all samples together (`nnlite.optimizers.LBFGS`); it is the best on small data.
    alpha : float, default 0.0001
        The strength of the penalty.
    batch_size : int or "auto", default "auto"
        "auto" is 200, or all samples if there are fewer.
    learning_rate : {"constant", "invscaling", "adaptive"}, default "constant"
        With "sgd": the rate stays; falls to learning_rate_init / t**power_t after t samples; or is divided by 5
        whenever there was no progress.
    learning_rate_init : float, default 0.001
    power_t : float, default 0.5
    max_iter : int, default 200
        Epochs, or with "lbfgs" iterations.
    shuffle : bool, default True
        Whether each epoch goes through the samples in a new order.
    random_state : int, RandomState, Generator or None, default None
        For first weights, shuffling and the validation part. None draws from `nnlite.random`.
    tol : float, default 0.0001
        Less is no progress: of the loss, or with `early_stopping` of the score. With "lbfgs" the largest element of a
        gradient that counts as none.
    verbose : bool, default False
        Whether to print the loss of each iteration.
    warm_start : bool, default False
        Whether `fit` goes on where the last one ended.
    momentum : float, default 0.9
        Of "sgd".
    nesterovs_momentum : bool, default True
    early_stopping : bool, default False
        Whether to hold back samples, end when their score makes no progress, and keep the best weights.
    validation_fraction : float, default 0.1
        The share held back, the same of every class.
    beta_1, beta_2, epsilon : float, default 0.9, 0.999, 1e-8
        Of "adam".
    n_iter_no_change : int, default 10
        Training ends after more epochs than this without progress.
    max_fun : int, default 15000
        Evaluations of the loss by "lbfgs".

    Attributes
    ----------
    classes_ : ndarray
    model_ : nnlite.models.Sequential
        The network, which can be called, saved, or looked at with `summary()`.
    coefs_, intercepts_ : list of ndarray
        The kernels (inputs, outputs) and biases of its layers.
    loss_, best_loss_ : float
        The last and the smallest loss (`best_loss_` is None with `early_stopping`).
    loss_curve_ : list of float
        The loss after each iteration.
    validation_scores_, best_validation_score_ : list of float and float
        With `early_stopping`, else None.
    n_iter_, t_, n_layers_, n_outputs_ : int
        Iterations of the last fit, samples seen, layers (the input among them), and outputs.
    out_activation_ : str
    n_features_in_, feature_names_in_
        As all of scikit-learn's estimators have them.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010: the
    first weights.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from nnlite.sklearn import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> network = make_pipeline(StandardScaler(), MLPClassifier((16,), solver="lbfgs", alpha=0.1, random_state=0))
    >>> network.fit(X, y).score(X, y) > 0.97
    True
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun

    @available_if(is_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Go once through these data.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array_like, optional
            All classes: needed the first time, since `y` may lack some.
        """
        if not hasattr(self, "model_"):
            if classes is None:
                raise ValueError("partial_fit needs all classes the first time: partial_fit(X, y, classes=[...])")
            self._labels = Labels(y, classes)
        elif classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(f"expected classes={self.classes_.tolist()}, as before, got classes={list(classes)}")
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable classes (N,), or all labels whose probability is above one half (N, labels)."""
        probabilities = self.predict_proba(X)
        return self._labels.decoded(probabilities)

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probability of each class, (N, classes), in the order of `classes_`."""
        scores = self._scores(X)
        if self._output_activation() == "softmax":
            return np.asarray(F.softmax(scores))
        return self._labels.both(expit(scores))  # unlike F.sigmoid it keeps the digits of what is nearly 0

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Return the logarithms of the probabilities, (N, classes)."""
        with np.errstate(divide="ignore"):
            logarithms: NDArray[Any] = np.log(self.predict_proba(X))
        return logarithms

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _scores(self, X: Any) -> NDArray[Any]:
        """Return what the last activation is given."""
        X = self._checked(X)
        return output_of(self.model_[:-1], X)

    def _targets(self, y: Any, reset: bool, incremental: bool) -> NDArray[Any]:
        """Return the labels as 0 and 1."""
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        if reset and not incremental:
            self._labels = Labels(y)
        self.classes_ = self._labels.classes
        if self.warm_start and not incremental and set(unique_labels(y)) != set(self.classes_):
            raise ValueError(
                f"warm_start goes on with the classes {self.classes_.tolist()}, got {unique_labels(y).tolist()} in y"
            )
        return self._labels.encoded(y)

    def _output_activation(self) -> str:
        return "logistic" if self._labels.several_hot or self._labels.one_of_two else "softmax"

    def _loss_and_scale(self) -> tuple[losses.Loss, float]:
        if self._output_activation() == "logistic":
            return losses.BinaryCrossentropy(reduction=_BY_WEIGHT), self.n_outputs_
        return losses.CategoricalCrossentropy(reduction=_BY_WEIGHT), 1.0

    def _score_of(self, targets: NDArray[Any], output: NDArray[Any], weight: NDArray[Any] | None) -> float:
        true, predicted = (self._labels.decoded(a) for a in (targets.astype(output.dtype), output))
        return float(accuracy_score(true, predicted, sample_weight=weight))

    def _strata(self, targets: NDArray[Any]) -> NDArray[Any] | None:
        return None if self._labels.several_hot else self._labels.decoded(targets.astype(float))


class MLPRegressor(RegressorMixin, MultilayerPerceptron):
    """A regressor of dense layers, with scikit-learn's arguments, defaults and attributes.

    It minimises half the squared error (or the Poisson deviance), summed over the outputs, weighted by sample and
    divided by the sum of the weights, plus alpha / 2 * sum(W**2) over all kernels W, divided by that sum as well.
    (scikit-learn follows the same gradient; its `loss_` divides the squared error by the number of outputs.)

    Parameters
    ----------
    loss : {"squared_error", "poisson"}, default "squared_error"
        "poisson" is for counts: the output is an exponential.
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter
        As for `MLPClassifier`, and with its defaults.
    shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum, early_stopping, validation_fraction
        As for `MLPClassifier`; early stopping watches R2.
    beta_1, beta_2, epsilon, n_iter_no_change, max_fun
        As for `MLPClassifier`.

    Attributes
    ----------
    model_, coefs_, intercepts_, loss_, best_loss_, loss_curve_, validation_scores_, best_validation_score_
        As of `MLPClassifier`.
    n_iter_, t_, n_layers_, n_outputs_, out_activation_, n_features_in_, feature_names_in_
        As of `MLPClassifier`.

    Examples
    --------
    >>> import numpy as np
    >>> from nnlite.sklearn import MLPRegressor
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> network = MLPRegressor(hidden_layer_sizes=(16,), activation="tanh", solver="lbfgs", random_state=0)
    >>> network.fit(X, np.sin(3 * X[:, 0])).score(X, np.sin(3 * X[:, 0])) > 0.99
    True
    """

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
    ) -> None:
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the predictions, (N,) or (N, outputs)."""
        X = self._checked(X)
        output = output_of(self.model_, X)
        return output[:, 0] if output.shape[1] == 1 else output

    @available_if(is_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go once through these data; X, y and sample_weight as for `fit`."""
        return self._fit(X, y, sample_weight, incremental=True)

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.loss not in ("squared_error", "poisson"):
            raise ValueError(f"expected loss to be squared_error or poisson, got {self.loss!r}")

    def _targets(self, y: Any, reset: bool, incremental: bool) -> NDArray[Any]:
        """Return the numbers, (N, outputs)."""
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        targets: NDArray[Any] = _check_y(y, multi_output=True, y_numeric=True).reshape(len(y), -1)
        if self.loss == "poisson" and (targets < 0).any():
            raise ValueError(f"expected y to be 0 or more for loss='poisson', got {targets.min()}")
        if not reset and targets.shape[1] != self.n_outputs_:
            raise ValueError(f"expected y with {self.n_outputs_} outputs, as before, got {targets.shape[1]}")
        return targets

    def _output_activation(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _loss_and_scale(self) -> tuple[losses.Loss, float]:
        if self.loss == "poisson":
            return _PoissonDeviance(_BY_WEIGHT), self.n_outputs_
        return losses.MeanSquaredError(reduction=_BY_WEIGHT), self.n_outputs_ / 2

    def _score_of(self, targets: NDArray[Any], output: NDArray[Any], weight: NDArray[Any] | None) -> float:
        return float(r2_score(targets, output, sample_weight=weight))


class _PoissonDeviance(losses.Loss):
    """Half of it: y log(y / p) - y + p."""

    def call(self, y_true: Any, y_pred: Tensor) -> Tensor:
        """Return the deviance of each number."""
        deviance: Tensor = y_pred - y_true * F.log(y_pred) + (xlogy(y_true, y_true) - y_true)
        return deviance
