"""MLPClassifier and MLPRegressor, beside scikit-learn's and by themselves."""

import inspect
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy import sparse
from sklearn import neural_network
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nnlite as nl
from nnlite.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5))
WEIGHT = RNG.uniform(0.1, 3, 60)
SCORES = X @ RNG.normal(size=(5, 3))
CLASSES = SCORES.argmax(axis=1)
TARGETS: dict[str, Any] = {
    "two classes": (MLPClassifier, SCORES[:, 0] > 0, {}),
    "three classes": (MLPClassifier, CLASSES, {}),
    "several labels": (MLPClassifier, (SCORES > 0).astype(int), {}),
    "a number": (MLPRegressor, SCORES[:, 0], {}),
    "numbers": (MLPRegressor, SCORES, {}),
    "counts": (MLPRegressor, np.exp(SCORES[:, 0] / 2).round(), {"loss": "poisson"}),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "adam": {},
    "adam, betas": {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-3, "alpha": 0.1, "batch_size": 16},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.05},
    "plain momentum": {"solver": "sgd", "learning_rate_init": 0.05, "nesterovs_momentum": False, "batch_size": 25},
    "no momentum": {"solver": "sgd", "learning_rate_init": 0.05, "momentum": 0.0},
    "invscaling": {"solver": "sgd", "learning_rate_init": 0.5, "learning_rate": "invscaling", "power_t": 0.3},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 2},
}


def beside(ours: Any, y: Any, weight: Any = None) -> Any:
    """Train both estimators from the same first weights, without shuffling, and return scikit-learn's."""
    theirs = getattr(neural_network, type(ours).__name__)(**ours.get_params())
    epochs = ours.max_iter
    for network in (ours, theirs):  # scikit-learn makes its weights in fit
        network.set_params(warm_start=True, max_iter=1).fit(X, y, weight)
        network.set_params(max_iter=epochs)
    theirs.coefs_ = [w.copy() for w in ours.coefs_]
    theirs.intercepts_ = [b.copy() for b in ours.intercepts_]
    for network in (ours, theirs):
        network.best_loss_, network.t_ = np.inf, 0
        network.loss_curve_.clear()
        network.fit(X, y, weight)
    return theirs


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weighted"])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("target", TARGETS)
def test_every_step_is_scikit_learns(target: str, settings: dict[str, Any], weight: Any) -> None:
    kind, y, more = TARGETS[target]
    given = {"hidden_layer_sizes": (7, 4), "activation": "tanh", "shuffle": False, "max_iter": 12, "random_state": 0}
    ours = kind(**given, **settings, **more)
    theirs = beside(ours, y, weight)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.t_ == theirs.t_
    for a, b in zip([*ours.coefs_, *ours.intercepts_], [*theirs.coefs_, *theirs.intercepts_], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_arguments_and_defaults_are_scikit_learns(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(m, name)).parameters for m in (nl.sklearn, neural_network))
    assert list(ours) == list(theirs)
    for key, parameter in theirs.items():
        assert ours[key].default == parameter.default
        assert ours[key].kind == parameter.kind


@pytest.mark.parametrize("target", TARGETS)
def test_attributes_are_scikit_learns(target: str) -> None:
    kind, y, more = TARGETS[target]
    for given in ({}, {"early_stopping": True, "validation_fraction": 0.2}, {"solver": "lbfgs"}):
        ours = kind(max_iter=5, random_state=0, **given, **more).fit(X, y)
        theirs = getattr(neural_network, kind.__name__)(max_iter=5, random_state=0, **given, **more).fit(X, y)
        public = {name for name in vars(theirs) if name.endswith("_") and not name.startswith("_")}
        assert public <= {name for name in dir(ours) if hasattr(ours, name)}
        for name in ("n_features_in_", "n_iter_", "n_layers_", "n_outputs_", "out_activation_", "t_"):
            assert getattr(ours, name) == getattr(theirs, name)
        assert [w.shape for w in ours.coefs_] == [w.shape for w in theirs.coefs_]
        assert ours.predict(X).shape == theirs.predict(X).shape


@pytest.mark.parametrize("target", TARGETS.keys() - {"numbers"})  # whose loss scikit-learn divides by their number
def test_lbfgs_finds_as_low_a_loss(target: str) -> None:
    kind, y, more = TARGETS[target]
    given = {"hidden_layer_sizes": (8,), "activation": "tanh", "solver": "lbfgs", "alpha": 1.0, "max_iter": 1000}
    ours = [kind(random_state=seed, **given, **more).fit(X, y).loss_ for seed in range(4)]
    theirs = [
        getattr(neural_network, kind.__name__)(random_state=seed, **given, **more).fit(X, y).loss_ for seed in range(4)
    ]
    assert min(ours) < 1.05 * min(theirs)


def test_lbfgs_stops_at_its_limits() -> None:
    with pytest.warns(ConvergenceWarning, match=r"MLPClassifier: 3 iterations and no end; raise max_iter=3"):
        network = MLPClassifier(solver="lbfgs", max_iter=3, random_state=0).fit(X, CLASSES)
    assert network.n_iter_ == len(network.loss_curve_) == 3
    assert network.loss_curve_ == sorted(network.loss_curve_, reverse=True)
    with pytest.warns(ConvergenceWarning, match="max_fun=2"):
        network = MLPClassifier(solver="lbfgs", max_fun=2, random_state=0).fit(X, CLASSES)
    assert network.n_iter_ <= 2


def test_probabilities_and_their_logarithms() -> None:
    for y in (SCORES[:, 0] > 0, CLASSES):
        network = MLPClassifier(random_state=0, max_iter=20).fit(X, y)
        p = network.predict_proba(X)
        assert p.shape == (60, len(network.classes_))
        np.testing.assert_allclose(p.sum(axis=1), 1)
        np.testing.assert_array_equal(network.classes_[p.argmax(axis=1)], network.predict(X))
        np.testing.assert_allclose(network.predict_log_proba(X), np.log(p))
    far = MLPClassifier((), solver="lbfgs", random_state=0).fit([[-1.0], [1.0]], [0, 1]).predict_proba([[-30.0]])
    assert 0 < far[0, 1] < 1e-20


def test_classes_may_have_any_names() -> None:
    names = np.array(["lion", "bear", "ant"])[CLASSES]
    network = MLPClassifier(solver="lbfgs", random_state=0).fit(X, names)
    assert list(network.classes_) == ["ant", "bear", "lion"]
    assert network.score(X, names) == 1


def test_a_sparse_matrix_is_the_same_data() -> None:
    thin = np.where(RNG.random(X.shape) < 0.5, X, 0.0)
    for solver in ("adam", "lbfgs"):
        dense = MLPClassifier(solver=solver, max_iter=5, random_state=0).fit(thin, CLASSES)
        for form in (sparse.csr_array, sparse.csc_matrix):
            other = clone(dense).fit(form(thin), CLASSES)
            np.testing.assert_allclose(other.predict_proba(form(thin)), dense.predict_proba(thin), rtol=1e-9)


def test_float32_stays() -> None:
    network = MLPClassifier(max_iter=3, random_state=0).fit(X.astype(np.float32), CLASSES)
    assert {a.dtype for a in (*network.coefs_, *network.intercepts_)} == {np.dtype(np.float32)}
    assert network.predict_proba(X.astype(np.float32)).dtype == np.float32
    assert MLPRegressor(max_iter=3).fit(X, SCORES).coefs_[0].dtype == np.float64


def test_early_stopping_keeps_the_best_weights() -> None:
    network = MLPClassifier(
        (30,), early_stopping=True, validation_fraction=0.3, learning_rate_init=0.05, n_iter_no_change=5, random_state=1
    )
    network.fit(X, CLASSES)
    scores = network.validation_scores_
    assert scores is not None
    assert network.best_validation_score_ == max(scores)
    assert network.best_loss_ is None
    assert network.n_iter_ == len(scores) == scores.index(max(scores)) + 1 + 6
    with pytest.raises(ValueError, match=r"validation_fraction=0.01 holds back 1 of 60 samples"):
        MLPRegressor(early_stopping=True, validation_fraction=0.01).fit(X, SCORES)


def test_training_ends_without_progress_and_says_so_without_an_end() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network = MLPClassifier(tol=0.1, n_iter_no_change=3, random_state=0).fit(X, CLASSES)
    assert network.n_iter_ < 30
    with pytest.warns(ConvergenceWarning, match="2 iterations and no end; raise max_iter=2"):
        MLPClassifier(max_iter=2).fit(X, CLASSES)


def test_warm_start_and_partial_fit_go_on() -> None:
    whole = MLPClassifier(solver="sgd", momentum=0.0, max_iter=6, shuffle=False, random_state=0).fit(X, CLASSES)
    halves = clone(whole).set_params(warm_start=True, max_iter=3).fit(X, CLASSES).fit(X, CLASSES)
    steps = clone(whole)
    for _ in range(6):
        steps.partial_fit(X, CLASSES, classes=[0, 1, 2])
    for other in (halves, steps):
        np.testing.assert_array_equal(other.coefs_[0], whole.coefs_[0])
        assert other.loss_curve_ == whole.loss_curve_
        assert other.t_ == 360
    with pytest.raises(ValueError, match="warm_start goes on with the classes"):
        halves.fit(X, CLASSES + 1)


def test_partial_fit_remembers_the_moments_of_adam_over_a_pickle() -> None:
    whole = MLPClassifier(max_iter=5, shuffle=False, random_state=0).fit(X, CLASSES)
    steps = clone(whole)
    for _ in range(5):
        steps = pickle.loads(pickle.dumps(steps.partial_fit(X, CLASSES, classes=[0, 1, 2])))
    np.testing.assert_array_equal(steps.coefs_[0], whole.coefs_[0])


def test_partial_fit_needs_all_classes_once() -> None:
    network = MLPClassifier(random_state=0)
    with pytest.raises(ValueError, match="partial_fit needs all classes the first time"):
        network.partial_fit(X, CLASSES)
    network.partial_fit(X[CLASSES < 2], CLASSES[CLASSES < 2], classes=[0, 1, 2])
    network.partial_fit(X[CLASSES > 1], CLASSES[CLASSES > 1])
    assert network.predict_proba(X).shape == (60, 3)
    with pytest.raises(ValueError, match=r"expected classes=\[.*\], as before, got classes=\[0, 1\]"):
        network.partial_fit(X, CLASSES, classes=[0, 1])
    with pytest.raises(ValueError, match=r"expected classes among .* got also \[.*7.*\]"):
        network.partial_fit(X, CLASSES + 5)
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")
    with pytest.raises(ValueError, match="early_stopping=True: it has nothing to stop"):
        MLPRegressor(early_stopping=True).partial_fit(X, SCORES)


def test_a_weight_of_two_is_a_sample_twice() -> None:
    weight = RNG.integers(0, 3, 60)
    for solver in ("adam", "lbfgs"):
        network = MLPRegressor("squared_error", (6,), "tanh", solver=solver, max_iter=15, random_state=0)
        weighted = network.fit(X, SCORES, weight).predict(X)
        repeated = clone(network).fit(np.repeat(X, weight, axis=0), np.repeat(SCORES, weight, axis=0)).predict(X)
        np.testing.assert_allclose(weighted, repeated, rtol=1e-6)


def test_random_states() -> None:
    def first(random_state: Any) -> Any:
        return MLPClassifier(max_iter=1, random_state=random_state).fit(X, CLASSES).coefs_[0]

    np.testing.assert_array_equal(first(0), first(0))
    assert (first(0) != first(1)).any()
    state, generator = np.random.RandomState(0), np.random.default_rng(0)
    assert (first(state) != first(state)).any()
    assert (first(generator) != first(generator)).any()
    nl.random.seed(5)
    before = nl.random.generator().bit_generator.state
    first(3)
    assert nl.random.generator().bit_generator.state == before
    by_library = first(None)
    nl.random.seed(5)
    np.testing.assert_array_equal(first(None), by_library)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"hidden_layer_sizes": (5, 0)}, r"expected hidden_layer_sizes to be positive integers, got \(5, 0\)"),
        ({"hidden_layer_sizes": 2.5}, "expected hidden_layer_sizes to be positive integers, got 2.5"),
        ({"activation": "rleu"}, "expected activation to be one of identity, logistic, tanh, relu, got 'rleu'"),
        ({"solver": "rmsprop"}, "expected solver to be one of lbfgs, sgd, adam, got 'rmsprop'"),
        ({"learning_rate": "falling"}, "expected learning_rate to be one of constant, invscaling, adaptive"),
        ({"learning_rate_init": -1}, "learning_rate >= 0, got learning_rate=-1"),
        ({"max_iter": 0}, "expected max_iter to be 1 or more, got 0"),
        ({"alpha": -0.1}, "expected alpha to be 0 or more, got -0.1"),
        ({"batch_size": 0}, "expected batch_size to be 'auto' or 1 or more, got 0"),
        ({"validation_fraction": 1.0}, r"expected validation_fraction in \[0, 1\), got 1.0"),
    ],
)
def test_arguments_out_of_range_are_quoted(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**given).fit(X, CLASSES)


def test_what_cannot_be_learned_is_refused() -> None:
    with pytest.raises(ValueError, match="expected loss to be squared_error or poisson, got 'mse'"):
        MLPRegressor(loss="mse").fit(X, SCORES)
    with pytest.raises(ValueError, match="expected y to be 0 or more for loss='poisson', got -"):
        MLPRegressor(loss="poisson").fit(X, SCORES)
    with pytest.raises(ValueError, match="weights that are not finite: scale the inputs"):
        MLPRegressor(solver="sgd", learning_rate_init=1e3).fit(X * 1e3, SCORES)
    with pytest.warns(UserWarning, match="batch_size=100 is larger than the 60 samples"):
        MLPRegressor(batch_size=100, max_iter=1).fit(X, SCORES)


def test_verbose_prints_every_iteration(capsys: pytest.CaptureFixture[str]) -> None:
    MLPClassifier(verbose=True, max_iter=2, early_stopping=True, random_state=0).fit(X, CLASSES)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["Iteration", "Validation"] * 2


def test_it_works_in_pipelines_and_searches() -> None:
    iris, y = load_iris(return_X_y=True)
    network = make_pipeline(StandardScaler(), MLPClassifier((10,), solver="lbfgs", alpha=1.0, random_state=0))
    assert cross_val_score(network, iris, y).mean() > 0.94
    search = GridSearchCV(network, {"mlpclassifier__hidden_layer_sizes": [(2,), (10,)]}, cv=3, n_jobs=2)
    search.fit(iris, y)
    assert search.best_score_ > 0.94
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(search)).predict(iris), search.predict(iris))


def test_the_network_is_a_model() -> None:
    network = MLPClassifier((10,), max_iter=3, random_state=0).fit(X, CLASSES)
    np.testing.assert_allclose(network.model_.predict(X), network.predict_proba(X))
    np.testing.assert_array_equal(network.model_.layers[0].kernel.data, network.coefs_[0])


def test_breast_cancer_is_told_apart() -> None:
    cells, y = load_breast_cancer(return_X_y=True)
    network = make_pipeline(StandardScaler(), MLPClassifier(max_iter=100, random_state=0))
    assert cross_val_score(network, cells, y).mean() > 0.965


def test_a_warm_start_may_begin_to_stop_early() -> None:
    network = MLPClassifier(max_iter=3, warm_start=True, random_state=0).fit(X, CLASSES)
    network.set_params(early_stopping=True).fit(X, CLASSES)
    assert network.validation_scores_ is not None
    assert len(network.validation_scores_) == 3
    assert network.set_params(early_stopping=False).fit(X, CLASSES).best_loss_ == min(network.loss_curve_[-3:])


@pytest.mark.parametrize("given", [{}, {"early_stopping": True}, {"solver": "lbfgs"}])
def test_an_interrupted_training_keeps_what_it_has_learned(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(network: Any, loss: float) -> None:
        take_in(network, loss)
        if network.n_iter_ == 2:
            raise KeyboardInterrupt

    take_in = MLPClassifier._take_in
    monkeypatch.setattr(MLPClassifier, "_take_in", interrupt)
    with pytest.warns(UserWarning, match="training interrupted by the user"):
        network = MLPClassifier(random_state=0, **given).fit(X, CLASSES)
    assert network.n_iter_ == 2
    assert network.predict(X).shape == (60,)


def test_a_batch_that_weighs_nothing_changes_nothing() -> None:
    weight = np.where(np.arange(60) < 30, 0.0, 1.0)
    given = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0, "shuffle": False, "max_iter": 5, "random_state": 0}
    zeros = MLPClassifier(batch_size=30, **given).fit(X, CLASSES, weight)
    without = MLPClassifier(batch_size=30, **given).fit(X[30:], CLASSES[30:])
    np.testing.assert_array_equal(zeros.coefs_[0], without.coefs_[0])
    assert zeros.loss_curve_ == pytest.approx(without.loss_curve_)
    with pytest.raises(ValueError, match="at least one non-zero"):
        MLPClassifier().fit(X, CLASSES, np.zeros(60))
