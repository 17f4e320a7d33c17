"""Regularizers: their formulas, where layers put their penalties, and what training does with them."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite import regularizers
from nnlite.layers import Conv2D, Dense
from nnlite.models import Sequential
from nnlite.regularizers import L1, L1L2, L2, OrthogonalRegularizer

W = np.array([[1.0, -2.0, 0.5], [3.0, 0.1, -0.3]])


def orthogonality(w: Any) -> float:
    """The mean size of the cosine between two different rows."""
    cosines = [abs(a @ b) / np.sqrt(a @ a * (b @ b)) for i, a in enumerate(w) for b in w[:i]]
    return float(np.mean(cosines))


CASES = [
    (L1(), 0.01 * np.abs(W).sum(), "L1()"),
    (L1(0.3), 0.3 * np.abs(W).sum(), "L1(l1=0.3)"),
    (L2(), 0.01 * (W**2).sum(), "L2()"),
    (L2(l2=0.3), 0.3 * (W**2).sum(), "L2(l2=0.3)"),
    (L1L2(), 0.0, "L1L2()"),
    (L1L2(0.2, 0.3), 0.2 * np.abs(W).sum() + 0.3 * (W**2).sum(), "L1L2(l1=0.2, l2=0.3)"),
    (OrthogonalRegularizer(), 0.01 * orthogonality(W), "OrthogonalRegularizer()"),
    (OrthogonalRegularizer(1, "columns"), orthogonality(W.T), "OrthogonalRegularizer(factor=1.0, mode='columns')"),
]


@pytest.mark.parametrize(("regularizer", "expected", "code"), CASES, ids=str)
def test_value_gradient_dtype_and_code(regularizer: Any, expected: float, code: str) -> None:
    np.testing.assert_allclose(regularizer(nl.tensor(W)).item(), expected, rtol=1e-12)
    nl.check_grads(regularizer, W, order=2)
    assert regularizer(nl.tensor(W, "float32")).dtype == np.float32
    assert repr(regularizer) == code
    assert repr(type(regularizer).from_config(regularizer.get_config())) == code


def test_extreme_weights_have_finite_penalties() -> None:
    for regularizer in (L1(), L2(), OrthogonalRegularizer()):
        for size in (0.0, 1e-30, 1e4):
            w = nl.tensor(np.full((2, 2), size, np.float32), requires_grad=True)
            penalty = regularizer(w)
            penalty.backward()
            assert np.isfinite(penalty.item())
            assert w.grad is not None
            assert np.isfinite(w.grad).all()
    assert OrthogonalRegularizer()(np.ones((1, 3))) == 0  # no pairs


def test_names_classes_and_functions_are_found() -> None:
    def size(x: Any) -> Any:
        return x.sum()

    assert regularizers.get(None) is None
    assert regularizers.get(size) is size
    for name in ("L1", "l1", "l2", "l1l2", "L1_L2", "orthogonal_regularizer", "OrthogonalRegularizer"):
        assert type(regularizers.get(name)).__name__.lower() == name.lower().replace("_", "")
    assert isinstance(regularizers.get(L2), L2)
    with pytest.raises(ValueError, match=r"unknown regularizer 'l3'\. Known are l1, l1l2"):
        regularizers.get("l3")
    with pytest.raises(TypeError, match=r"a regularizer is a name, a Regularizer, a callable or None, got 0\.5"):
        Dense(1, kernel_regularizer=0.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: L1(float("nan")), "L1 expected l1 to be a finite number, got l1=nan"),
        (lambda: L2("0.1"), "L2 expected l2 to be a finite number, got l2='0.1'"),
        (lambda: L1L2(l2=True), "L1L2 expected l2 to be a finite number, got l2=True"),
        (lambda: OrthogonalRegularizer(mode="both"), "got mode='both'"),
        (lambda: OrthogonalRegularizer()(np.ones(3)), r"OrthogonalRegularizer\(\) expected a matrix, got shape \(3,\)"),
    ],
)
def test_mistakes_are_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


class TestLosses:
    def test_of_kernel_bias_and_activity(self) -> None:
        dense = Dense(2, None, True, "ones", "ones", "l1", "l2", L1(0.5), input_shape=(3,))
        dense(np.ones((4, 3)))
        np.testing.assert_allclose([p.item() for p in dense.losses], [0.5 * 8, 0.01 * 6, 0.01 * 2], rtol=1e-6)
        conv = Conv2D(2, 1, kernel_initializer="ones", kernel_regularizer="l1", activity_regularizer="l2")
        conv(np.ones((5, 2, 2, 3)))
        np.testing.assert_allclose([p.item() for p in conv.losses], [0.01 * 9 * 8, 0.01 * 6], rtol=1e-6)

    def test_of_activities_are_those_of_the_last_call(self) -> None:
        shared = Dense(3, activity_regularizer="l1", kernel_initializer="identity")
        model = Sequential([shared, shared])
        for size in (1.0, 2.0):
            model(np.full((2, 3), size))
            np.testing.assert_allclose([p.item() for p in model.losses], [0.01 * 3 * size] * 2, rtol=1e-6)
            np.testing.assert_allclose([p.item() for p in shared.losses], [0.01 * 3 * size], rtol=1e-6)

    def test_of_frozen_weights_are_left_out(self) -> None:
        model = Sequential([Dense(2, kernel_regularizer="l2"), Dense(2, kernel_regularizer="l2")])
        model(np.ones((1, 2)))
        model.layers[0].trainable = False
        assert len(model.losses) == 1

    def test_do_not_keep_a_module_from_being_copied(self) -> None:
        dense = Dense(2, activity_regularizer="l2", kernel_regularizer="l1")
        x = np.ones((1, 2), np.float32)
        dense(x)
        for twin in (copy.deepcopy(dense), pickle.loads(pickle.dumps(dense))):
            assert len(twin.losses) == 1
            twin(x)
            assert [p.item() for p in twin.losses] == [p.item() for p in dense.losses]

    def test_lead_gradients_in_a_loop_of_ones_own(self) -> None:
        dense = Dense(2, kernel_regularizer=L2(0.5), input_shape=(3,))
        (dense(np.zeros((1, 3))).sum() + sum(dense.losses)).backward()
        np.testing.assert_allclose(dense.kernel.grad, dense.kernel.data, rtol=1e-6)


class TestTraining:
    def model(self, **settings: Any) -> Sequential:
        layers = [Dense(2, kernel_initializer="ones", use_bias=False, input_shape=(3,), **settings)]
        model = Sequential(layers)
        model.compile(nl.optimizers.SGD(0.1), "mse")
        return model

    def test_penalties_are_part_of_the_loss_and_of_the_step(self) -> None:
        model, x, y = self.model(kernel_regularizer=L2(0.5)), np.zeros((4, 3)), np.zeros((4, 2))
        assert model.evaluate(x, y, verbose=0) == pytest.approx(0.5 * 6)
        assert model.test_on_batch(x, y) == pytest.approx(0.5 * 6)
        assert model.train_on_batch(x, y) == pytest.approx(0.5 * 6)
        np.testing.assert_allclose(model.layers[0].kernel.data, np.full((3, 2), 1 - 0.1), rtol=1e-6)

    def test_activities_are_penalised(self) -> None:
        model, x = self.model(activity_regularizer="l1"), np.ones((4, 3))
        assert model.evaluate(x, np.full((4, 2), 3.0), verbose=0) == pytest.approx(0.01 * 6)
        history = model.fit(x, np.full((4, 2), 3.0), verbose=0)
        assert history.history["loss"] == [pytest.approx(0.01 * 6)]
        np.testing.assert_allclose(model.layers[0].kernel.data, np.full((3, 2), 1 - 0.001), rtol=1e-6)

    def test_layers_that_come_later_are_looked_at(self) -> None:
        model, x = self.model(), np.ones((4, 3))
        model.evaluate(x, np.full((4, 2), 3.0), verbose=0)
        model.add(Dense(1, kernel_regularizer="l1", kernel_initializer="ones"))
        assert model.evaluate(x, np.full((4, 1), 6.0), verbose=0) == pytest.approx(0.02)
        assert [name for name, _ in model.named_parameters()] == ["layers.0.kernel", "layers.1.kernel", "layers.1.bias"]
