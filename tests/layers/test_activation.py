"""Activation layers: names, arguments, values where they differ from the function of the same name."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.layers import Activation, Dense, LeakyReLU, Maxout, PReLU, ReLU
from nnlite.layers._activation import _BY_NAME, get_activation
from nnlite.layers._mask import mask_of, remember_mask


class TestGet:
    @pytest.mark.parametrize("name", _BY_NAME)
    def test_every_name_is_a_function_that_works(self, name: str) -> None:
        y = Activation(name)(np.array([[-1.0, 0.5]], np.float32))
        assert y.shape == ((1, 1) if name == "glu" else (1, 2))
        assert np.isfinite(y.data).all()

    @pytest.mark.parametrize("name", ["relu", "ReLU", "hard_sigmoid", "HardSigmoid"])
    def test_capitals_and_underscores_do_not_matter(self, name: str) -> None:
        assert get_activation(name) in (F.relu, F.hard_sigmoid)

    def test_none_is_linear_and_a_callable_is_itself(self) -> None:
        assert get_activation(None) is F.linear
        assert get_activation(np.sin) is np.sin
        layer = ReLU()
        assert get_activation(layer) is layer

    def test_unknown_names_are_met_with_the_nearest(self) -> None:
        with pytest.raises(ValueError, match="unknown activation 'rleu', did you mean 'relu'"):
            Dense(3, activation="rleu")

    @pytest.mark.parametrize("wrong", [3, ReLU, ["relu"]])
    def test_what_is_no_activation_is_refused(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="expected an activation's name, a function or a layer, got"):
            Activation(wrong)


class TestReLU:
    @pytest.mark.parametrize("slope", [0.0, 0.1])
    @pytest.mark.parametrize("threshold", [0.0, 1.0])
    @pytest.mark.parametrize("top", [None, 2.0])
    def test_is_keras_formula(self, slope: float, threshold: float, top: float | None) -> None:
        x = np.array([-2.0, -0.5, 0.5, 1.0, 1.5, 3.0], np.float32)
        expected = np.where(x >= threshold, x, slope * (x - threshold))
        expected = expected if top is None else np.minimum(expected, top)
        y = ReLU(max_value=top, negative_slope=slope, threshold=threshold)(x)
        np.testing.assert_allclose(y.data, expected, rtol=1e-6)

    @pytest.mark.parametrize("argument", ["max_value", "negative_slope", "threshold"])
    def test_negative_arguments_are_refused(self, argument: str) -> None:
        with pytest.raises(ValueError, match=f"ReLU expected {argument} >= 0, got {argument}=-1"):
            ReLU(**{argument: -1})
        with pytest.raises(ValueError, match="LeakyReLU expected negative_slope >= 0, got negative_slope=-1"):
            LeakyReLU(-1)


class TestPReLU:
    def test_each_slope_learns_for_itself(self) -> None:
        layer = PReLU("ones")
        layer(np.array([[-1.0, 2.0, -3.0], [-1.0, -1.0, 1.0]], np.float32)).sum().backward()
        np.testing.assert_array_equal(layer.alpha.grad, [-2, -1, -3])

    def test_shared_axes_have_one_slope(self) -> None:
        layer = PReLU(shared_axes=(1, 2))
        layer(np.ones((2, 5, 6, 3)))
        assert layer.alpha.shape == (1, 1, 3)
        assert layer(np.ones((2, 9, 9, 3))).shape == (2, 9, 9, 3)

    @pytest.mark.parametrize("axes", [(0,), (3,), (-1,)])
    def test_shared_axes_are_the_inputs_without_the_batch(self, axes: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="PReLU expected shared_axes from 1 to 2 for an input of shape"):
            PReLU(shared_axes=axes)(np.ones((1, 4, 5)))


def test_maxout_quotes_its_pieces() -> None:
    with pytest.raises(
        ValueError, match=r"Maxout\(pieces=3\) expected the last axis to be divisible by 3, got an input"
    ):
        Maxout(3)(np.ones((2, 4)))
    with pytest.raises(ValueError, match="Maxout expected pieces to be a positive integer, got pieces=0"):
        Maxout(0)


def test_softmax_and_sigmoid_layers_remember_their_logits() -> None:
    x = nl.tensor([[1.0, 2.0]])
    for layer, kind in ((nl.layers.Softmax(), "softmax"), (Activation("sigmoid"), "sigmoid")):
        assert layer(x)._remembered == {kind: x, "version": 0}
    assert nl.layers.Softmax(axis=0)(x)._remembered is None


class TestSoftmaxMask:
    def test_hidden_positions_are_zero_and_the_others_are_the_softmax_of_what_is_left(self) -> None:
        x = nl.tensor(np.array([[1.0, 2.0, 1e4, -1e4], [0.5, 0.5, 3.0, 9.0]], np.float32), requires_grad=True)
        mask = np.array([[True, True, False, False], [True, False, True, False]])
        y = nl.layers.Softmax()(x, mask=mask)
        expected = [np.exp([1, 2]) / np.exp([1, 2]).sum(), np.exp([0.5, 3]) / np.exp([0.5, 3]).sum()]
        np.testing.assert_allclose(y.data[mask].reshape(2, 2), expected, rtol=1e-6)
        np.testing.assert_array_equal(y.data[~mask], 0)
        y[:, 0].sum().backward()
        assert y.dtype == np.float32
        np.testing.assert_array_equal(x.grad[~mask], 0)
        assert (x.grad[mask] != 0).all()

    def test_where_all_is_hidden_all_is_zero(self) -> None:
        y = nl.layers.Softmax()(np.ones((2, 3)), mask=np.zeros((2, 1)))
        np.testing.assert_array_equal(y.data, 0)

    def test_numbers_hold_above_one_half_and_a_mask_is_broadcast(self) -> None:
        y = nl.layers.Softmax(axis=(0, 1))(np.zeros((2, 2)), mask=nl.tensor([0.4, 0.6]))
        np.testing.assert_allclose(y.data, [[0, 0.5], [0, 0.5]])

    def test_a_mask_that_is_carried_is_taken_if_it_has_the_shape(self) -> None:
        embedded = nl.layers.Embedding(10, 2, mask_zero=True)(np.array([[3, 5, 0]]))
        scores = nl.layers.TimeDistributed(nl.layers.Dense(1))(embedded).reshape(1, 3)
        remember_mask(scores, mask_of(embedded))
        assert nl.layers.Softmax()(scores).data[0, 2] == 0
        np.testing.assert_allclose(nl.layers.Softmax()(embedded).data.sum(axis=-1), 1, rtol=1e-6)

    def test_a_mask_that_does_not_fit_is_named(self) -> None:
        with pytest.raises(ValueError, match=r"Softmax\(\) expected a mask for x of shape \(2, 3\), got one of shape"):
            nl.layers.Softmax()(np.ones((2, 3)), mask=np.ones((4, 2, 3), bool))


def test_a_name_has_the_slope_that_it_has_in_keras() -> None:
    np.testing.assert_allclose(Activation("leaky_relu")(np.array([-1.0, 2.0])).data, [-0.2, 2.0])


def test_a_slope_is_penalised_and_kept_to_its_constraint() -> None:
    layer = PReLU(alpha_regularizer="l2", alpha_constraint="non_neg", input_shape=(3,))
    assert repr(layer.alpha.regularizer) == "L2()"
    assert layer.alpha.constraint is not None
