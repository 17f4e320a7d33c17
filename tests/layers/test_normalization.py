"""Normalising layers: what is remembered, when, and what does not fit."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.layers import BatchNorm, Dense, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, Module, RMSNorm
from nnlite.layers._mask import mask_of
from nnlite.models import Sequential

X = np.random.default_rng(0).normal(3.0, 2.0, (8, 3)).astype(np.float32)


def statistics(layer: BatchNorm) -> tuple[Any, Any]:
    """Copies of the moving statistics."""
    return layer.moving_mean.copy(), layer.moving_variance.copy()


def assert_moved(layer: BatchNorm, times: int, momentum: float = 0.99) -> None:
    """The moving statistics are those after so many steps on X."""
    left = momentum**times
    np.testing.assert_allclose(layer.moving_mean, (1 - left) * X.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, left + (1 - left) * X.var(axis=0), rtol=1e-5)


class TestBatchNorm:
    def test_weights_are_in_the_order_of_keras(self) -> None:
        layer = BatchNorm(input_shape=(3,))
        assert list(layer.state_dict()) == ["gamma", "beta", "moving_mean", "moving_variance"]
        gamma, beta, mean, variance = layer.get_weights()
        np.testing.assert_array_equal([gamma, beta, mean, variance], np.array([1, 0, 0, 1])[:, None].repeat(3, 1))
        assert [name for name, _ in layer.named_parameters()] == ["gamma", "beta"]
        assert len(BatchNorm(center=False, scale=False, input_shape=(3,)).get_weights()) == 2

    def test_training_moves_the_statistics_and_inference_uses_them(self) -> None:
        layer = BatchNorm(momentum=0.5)
        y = layer(X)
        np.testing.assert_allclose(y.data.mean(axis=0), 0, atol=1e-5)
        assert_moved(layer, 1, 0.5)
        layer(X)
        assert_moved(layer, 2, 0.5)
        kept = statistics(layer)
        y = layer.eval()(X)
        np.testing.assert_allclose(y.data, (X - kept[0]) / np.sqrt(kept[1] + 1e-3), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(kept, statistics(layer))

    def test_a_frozen_layer_runs_in_inference_mode(self) -> None:
        layer = BatchNorm()
        layer(X)
        kept, expected = statistics(layer), copy.deepcopy(layer).eval()(X)
        layer.trainable = False
        np.testing.assert_array_equal(layer(X).data, expected.data)
        np.testing.assert_array_equal(kept, statistics(layer))
        layer.trainable = True
        layer(X)
        assert_moved(layer, 2)

    @pytest.mark.parametrize("order", [1, 2])
    def test_a_checkpointed_layer_moves_them_once(self, order: int) -> None:
        layer, x = BatchNorm(), nl.tensor(X, requires_grad=True)
        y = nl.checkpoint(layer, x)
        loss = (y * y * y).sum()
        (g,) = nl.grad(loss, x, create_graph=order == 2)
        if order == 2:
            (g * g).sum().backward()
        assert_moved(layer, 1)

    def test_derivatives_of_derivatives_use_the_statistics_of_their_call_and_move_none(self) -> None:
        def second_derivative(moves_between: bool) -> Any:
            layer, x = BatchNorm(), nl.tensor(X, requires_grad=True)
            layer(X)
            y = layer.eval()(x)
            if moves_between:
                layer.train()(X * 100)
            kept = statistics(layer)
            (g,) = nl.grad((y**3).sum(), x, create_graph=True)
            (second,) = nl.grad((g * g).sum(), x)
            np.testing.assert_array_equal(kept, statistics(layer))
            return second.numpy()

        np.testing.assert_array_equal(second_derivative(True), second_derivative(False))

    def test_fit_moves_them_once_a_batch_and_predict_and_evaluate_do_not(self) -> None:
        layer = BatchNorm()
        model = Sequential([layer, Dense(1)])
        model.compile("sgd", "mse")
        model.build((None, 3))
        np.testing.assert_array_equal(statistics(layer), [[0, 0, 0], [1, 1, 1]])
        model.fit(X, X[:, :1], batch_size=8, epochs=2, verbose=0)
        assert_moved(layer, 2)
        model.predict(X), model.evaluate(X, X[:, :1], verbose=0), model.test_on_batch(X, X[:, :1])
        assert_moved(layer, 2)
        assert layer.training

    def test_a_mask_leaves_steps_out(self) -> None:
        x = np.random.default_rng(1).normal(size=(2, 4, 3)).astype(np.float32)
        mask = np.array([[True, True, False, False], [True, True, True, False]])
        layer = BatchNorm(momentum=0.0)
        y = layer(x, mask=mask)
        np.testing.assert_allclose(layer.moving_mean, x[mask].mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(layer.moving_variance, x[mask].var(axis=0), rtol=1e-5)
        np.testing.assert_allclose(y.data[mask].mean(axis=0), 0, atol=1e-6)

    def test_the_mask_of_an_embedding_leaves_steps_out_and_travels_on(self) -> None:
        embedded = nl.layers.Embedding(10, 3, mask_zero=True)(np.array([[3, 5, 0], [7, 0, 0]]))
        layer = BatchNorm(momentum=0.0)
        y = layer(embedded)
        mask = np.array([[True, True, False], [True, False, False]])
        np.testing.assert_allclose(layer.moving_mean, embedded.data[mask].mean(axis=0), rtol=1e-5)
        for output in (y, LayerNorm()(embedded), GroupNorm(1)(embedded), InstanceNorm()(embedded)):
            np.testing.assert_array_equal(mask_of(output), mask)

    def test_one_value_a_channel_is_allowed_and_an_empty_batch_moves_nothing(self) -> None:
        layer = BatchNorm()
        np.testing.assert_array_equal(layer(X[:1]).data, 0)
        kept = statistics(layer)
        assert layer(X[:0]).shape == (0, 3)
        np.testing.assert_array_equal(kept, statistics(layer))

    def test_moving_statistics_take_their_initializers(self) -> None:
        layer = BatchNorm(moving_mean_initializer="ones", moving_variance_initializer="zeros", input_shape=(2,))
        np.testing.assert_array_equal(statistics(layer), [[1, 1], [0, 0]])

    def test_astype_converts_them_too(self) -> None:
        layer = BatchNorm(input_shape=(3,)).astype("float64")
        assert {w.dtype for w in layer.get_weights()} == {np.dtype("float64")}
        layer(X)
        assert layer.moving_mean.dtype == np.float64


def test_regularizers_and_constraints_are_on_gamma_and_beta() -> None:
    for make in (BatchNorm, LayerNorm, lambda **k: GroupNorm(1, **k)):
        layer = make(gamma_regularizer="l2", beta_constraint="non_neg", input_shape=(3,))
        assert repr(layer.gamma.regularizer) == "L2()"
        assert repr(layer.beta.constraint) == "NonNeg()"
        assert layer.gamma.constraint is layer.beta.regularizer is None


def test_longer_names_are_the_same_objects() -> None:
    for name in ("BatchNorm", "LayerNorm", "GroupNorm", "RMSNorm"):
        assert getattr(nl.layers, name) is getattr(nl.layers, name.replace("Norm", "Normalization"))


def test_layer_norm_takes_any_rank_if_its_axes_count_from_the_end() -> None:
    layer = LayerNorm()
    assert layer(np.ones((2, 3))).shape == (2, 3)
    assert layer(np.ones((2, 5, 3))).shape == (2, 5, 3)


def test_layer_norm_over_several_axes_has_a_weight_for_each_element() -> None:
    layer = LayerNorm(axis=[3, 1], input_shape=(4, 5, 6))
    assert layer.gamma.shape == layer.beta.shape == (4, 6)


@pytest.mark.parametrize("shape", [(2, 4, 6), (2, 5, 4, 6)])
def test_one_group_a_channel_is_instance_normalisation(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    np.testing.assert_allclose(GroupNorm(-1)(x).data, InstanceNorm()(x).data, atol=1e-6)
    np.testing.assert_allclose(GroupNorm(6)(x).data, F.instance_norm(x, eps=1e-3), atol=1e-6)


EXTREMES: list[tuple[Callable[[], Module], tuple[int, ...]]] = [
    (BatchNorm, (4, 6)), (LayerNorm, (4, 6)), (lambda: GroupNorm(2), (4, 6)), (InstanceNorm, (2, 2, 6)),
    (RMSNorm, (4, 6)), (lambda: LocalResponseNorm(3), (4, 6)),
]  # fmt: skip


@pytest.mark.parametrize(("make", "shape"), EXTREMES)
@pytest.mark.parametrize("value", [0.0, 1e4, -1e4, 1e-30, None])
@pytest.mark.parametrize("training", [True, False])
def test_everything_is_finite_at_extremes(
    make: Callable[[], Module], shape: tuple[int, ...], value: float | None, training: bool
) -> None:
    spread = np.random.default_rng(0).choice([-1e4, 1e4], size=shape)
    x = nl.tensor((spread if value is None else np.full(shape, value)).astype(np.float32), requires_grad=True)
    layer = make().train(training)
    with np.errstate(all="raise", under="ignore"):
        y = layer(x)
        (y * np.arange(y.size, dtype=np.float32).reshape(shape)).sum().backward()
    for array in (y.data, x.grad, *(p.grad for p in layer.parameters()), *layer.buffers()):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: BatchNorm(momentum=1.5), r"BatchNorm expected momentum in \[0, 1\], got momentum=1.5"),
        (lambda: BatchNorm(epsilon=-1.0), r"BatchNorm expected epsilon >= 0, got epsilon=-1.0"),
        (lambda: RMSNorm(epsilon=-1.0), r"RMSNorm expected epsilon >= 0, got epsilon=-1.0"),
        (lambda: BatchNorm(gamma_initializer="one"), "unknown initializer 'one'"),
        (lambda: BatchNorm()(np.ones(3)), r"BatchNorm\(\) expected an input of at least 2 axes, with axis -1, got"),
        (lambda: BatchNorm(axis=2)(np.ones((2, 3))), r"BatchNorm\(axis=2\) expected .* with axis 2, got an input of"),
        (lambda: BatchNorm(input_shape=(4, None)), "expected the length of axis -1 to be known"),
        (lambda: BatchNorm()(np.ones((2, 3)), mask=np.ones((2, 3), bool)), r"mask of shape \(2,\)"),
        (lambda: GroupNorm(3)(np.ones((2, 4))), r"GroupNorm\(groups=3\) expected channels divisible by groups \(=3\)"),
        (lambda: GroupNorm(0), "GroupNorm expected groups to be a positive integer, got groups=0"),
        (lambda: GroupNorm(1, axis=0)(np.ones((2, 4))), "not that of the batch"),
        (lambda: InstanceNorm()(np.ones((2, 4))), r"InstanceNorm\(\) expected an input of at least 3 axes"),
        (lambda: LayerNorm(axis=(1, -1))(np.ones((2, 4))), "repeated axis"),
        (lambda: LocalResponseNorm(0), "LocalResponseNorm expected size to be a positive integer, got size=0"),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
