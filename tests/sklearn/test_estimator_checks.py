"""scikit-learn's own suite for estimators, with no check that may fail."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import parametrize_with_checks

import nnlite as nl
from nnlite.layers import Dense
from nnlite.models import Model, Sequential
from nnlite.sklearn import MLPClassifier, MLPRegressor, NeuralNetClassifier, NeuralNetRegressor


def build_classifier(n_outputs: int, units: int = 64) -> Model:
    """One hidden layer."""
    return Sequential([Dense(units, activation="relu"), Dense(n_outputs, activation="softmax")])


def build_regressor(n_outputs: int, units: int = 64) -> Model:
    """One hidden layer."""
    return Sequential([Dense(units, activation="relu"), Dense(n_outputs)])


ESTIMATORS: list[Any] = [
    MLPClassifier(),
    MLPClassifier(solver="sgd", learning_rate_init=0.1),
    MLPRegressor(),
    MLPRegressor(solver="sgd", learning_rate_init=0.01),
    MLPRegressor(solver="lbfgs"),
    NeuralNetClassifier(build_classifier),
    NeuralNetClassifier(build_classifier, model__units=32, optimizer__learning_rate=0.01),
    NeuralNetRegressor(build_regressor),
    NeuralNetRegressor(build_regressor, model__units=32, optimizer="rmsprop", optimizer__learning_rate=0.01),
]


@pytest.fixture(autouse=True)
def seeds_and_global_state() -> Iterator[None]:
    """Let scikit-learn's checks draw from NumPy's global state (as some do), and put it back."""
    nl.random.seed(0)
    before = np.random.get_state()  # noqa: NPY002
    yield
    np.random.set_state(before)  # noqa: NPY002


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)
