"""Symbolic tensors: shapes, operators, and that finding a shape changes nothing else."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.layers import BatchNorm, Dense, Dropout, Flatten, GlobalAvgPool1D, Input, Lambda, Module, PReLU
from nnlite.layers._symbolic import SymbolicTensor
from nnlite.models import Model, Sequential

X = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


def run(x: Any, y: Any, *arrays: Any) -> Any:
    """Values of a symbolic tensor for an input."""
    return Model(x, y).predict(arrays[0] if arrays else X)


class TestInput:
    def test_shape_dtype_and_batch_size(self) -> None:
        x = Input(shape=(28, 28, 1))
        assert (x.shape, x.dtype, x.ndim) == ((None, 28, 28, 1), np.float32, 4)
        assert Input((3,), batch_size=8).shape == (8, 3)
        assert Input((), dtype="int32").dtype == np.int32
        assert repr(Input((None, 2), name="text")) == (
            "SymbolicTensor(shape=(None, None, 2), dtype=float32, from=Input(shape=(None, 2), name='text'))"
        )

    @pytest.mark.parametrize("shape", [None, 3, (0,), "abc", (2.5,)])
    def test_the_shape_is_checked(self, shape: Any) -> None:
        with pytest.raises(ValueError, match="Input expected shape to be a tuple such as"):
            Input(shape)

    def test_the_batch_size_is_checked(self) -> None:
        with pytest.raises(ValueError, match="Input expected batch_size to be a positive integer, got batch_size=0"):
            Input((2,), batch_size=0)

    def test_what_does_not_fit_is_refused_and_a_trailing_one_is_added_or_dropped(self) -> None:
        x = Input((3,), name="x")
        model = Model(x, x * 1)
        for shape in ((2, 4), (3,), (2, 3, 3), ()):
            with pytest.raises(
                ValueError, match=r"Input\(shape=\(3,\), name='x'\) expected an input of shape \(None, 3\)"
            ):
                model(np.zeros(shape))
        assert model(np.zeros((2, 3, 1))).shape == (2, 3)
        one = Input((1,))
        assert Model(one, one * 1)(np.zeros(7)).shape == (7, 1)
        with pytest.raises(ValueError, match=r"expected an input of shape \(4, 3\), got \(2, 3\)"):
            Model(x := Input((3,), batch_size=4), x * 1)(np.zeros((2, 3)))


class TestFunctions:
    @pytest.mark.parametrize(
        "function",
        [
            lambda x: x + x, lambda x: 1 + x, lambda x: x - 2, lambda x: 2 - x, lambda x: x * 3.5, lambda x: x / 2,
            lambda x: 1 / (x * x + 1), lambda x: -x, lambda x: abs(x), lambda x: x**2, lambda x: 2.0**x,
            lambda x: x @ np.ones((4, 3), np.float32), lambda x: x[:, 1:3], lambda x: x[:, 0], lambda x: x[..., None],
            lambda x: X[:1] + x, lambda x: x // 1, lambda x: x.sum(axis=1), lambda x: x.reshape((-1, 2, 2)),
            lambda x: x.mean(axis=-1, keepdims=True), lambda x: x.astype("float64"), lambda x: F.relu(x),
            lambda x: F.softmax(x), lambda x: F.sigmoid(x), lambda x: F.floor(x),
            lambda x: F.concatenate([x, x], axis=1),
            lambda x: F.stack([x, x], axis=1), lambda x: np.exp(x), lambda x: np.concatenate([x, x], axis=-1),
            lambda x: np.maximum(x, 0), lambda x: np.where(np.ones((1, 4), bool), x, 0), lambda x: np.mean(x, axis=1),
            lambda x: np.transpose(x, (1, 0)), lambda x: x.argmax(axis=1),
            lambda x: x > 0, lambda x: x <= 0, lambda x: x * (x < 1), lambda x: np.isfinite(x), lambda x: np.argsort(x),
        ],
    )  # fmt: skip
    def test_on_symbols_give_what_they_give_on_tensors(self, function: Any) -> None:
        x = Input((4,))
        y = function(x)
        expected = function(nl.tensor(X))
        expected = expected.numpy() if isinstance(expected, nl.Tensor) else expected
        assert isinstance(y, SymbolicTensor)
        assert y.dtype == expected.dtype
        assert [m for n, m in zip(y.shape, expected.shape, strict=True) if n is not None and n != m] == []
        assert y.shape.count(None) == 1
        got = Model(x, y)(X)
        np.testing.assert_array_equal(got.numpy() if isinstance(got, nl.Tensor) else got, expected)

    def test_probabilities_still_know_their_logits(self) -> None:
        x = Input((4,))
        y = Model(x, F.softmax(x * 1000))(X)
        loss = nl.losses.SparseCategoricalCrossentropy()(np.argmin(X, axis=1), y)
        np.testing.assert_allclose(loss.item(), 1000 * np.mean(X.max(axis=1) - X.min(axis=1)), rtol=1e-5)

    @pytest.mark.parametrize(
        ("function", "what"),
        [
            (lambda x: np.asarray(x), "this"), (lambda x: bool(x), "a condition"), (lambda x: float(x), "a number"),
            (lambda x: len(x), r"len\(\)"), (lambda x: list(x), "iteration"), (lambda x: np.shape(x), "np.shape"),
            (lambda x: np.array_equal(x, x), "np.array_equal"), (lambda x: F.conv2d(x, np.ones((1, 1, 4, 4))), "this"),
        ],
    )  # fmt: skip
    def test_what_needs_values_says_so(self, function: Any, what: str) -> None:
        with pytest.raises(
            TypeError, match=rf"{what} needs the values of a tensor, and SymbolicTensor\(.*Lambda layer"
        ):
            function(Input((4,)))

    def test_equality_is_identity(self) -> None:
        x = Input((4,))
        assert x == x
        assert x != Input((4,))

    def test_a_symbol_is_no_setting(self) -> None:
        with pytest.raises(TypeError, match=r"sum\(\) takes axis as a setting"):
            F.sum(X, axis=Input(()))


class TestShapes:
    def test_axes_of_any_length(self) -> None:
        x = Input((None, 8))
        assert Dense(3)(x).shape == (None, None, 3)
        assert Flatten()(x).shape == (None, None)
        assert GlobalAvgPool1D()(x).shape == (None, 8)
        assert (x + np.zeros((8,), np.float32)).shape == (None, None, 8)
        assert nl.layers.MaxPool2D()(Input((None, 10, 3))).shape == (None, None, 5, 3)

    def test_a_model_runs_on_any_length(self) -> None:
        x = Input((None, 3))
        model = Model(x, GlobalAvgPool1D()(Dense(2)(x)))
        for length in (1, 7):
            assert model(np.zeros((2, length, 3))).shape == (2, 2)

    def test_parameters_that_would_need_the_length_are_refused_and_nothing_is_built(self) -> None:
        layer = PReLU()
        with pytest.raises(
            ValueError, match=r"PReLU\(\) cannot take an input of shape \(None, None, 8\), in which None"
        ):
            layer(Input((None, 8)))
        assert not layer.built
        assert layer(Input((5, 8))).shape == (None, 5, 8)
        with pytest.raises(ValueError, match=r"Dense\(2\) cannot take an input of shape \(None, None\)"):
            Dense(2)(Flatten()(Input((None, 8))))

    def test_outputs_of_a_changing_number_of_axes_are_refused(self) -> None:
        with pytest.raises(ValueError, match="gives outputs of 2 or of 1 axes"):
            Lambda(lambda x: x if len(x) == 2 else x[:, 0])(Input((4,)))

    def test_a_layer_that_does_not_fit_says_so_at_the_call(self) -> None:
        with pytest.raises(ValueError, match=r"Dense\(4 -> 3\) expected the last axis to be 4, got an input of shape"):
            Dense(3, input_shape=(4,))(Input((5,)))

    def test_several_outputs_in_any_structure(self) -> None:
        x = Input((4,))
        y = Lambda(lambda x: {"a": x, "b": [x[:, :1], None, (x.sum(axis=1),)]})(x)
        assert y["a"].shape == (None, 4)
        assert (y["b"][0].shape, y["b"][1], y["b"][2][0].shape) == ((None, 1), None, (None,))
        first, last = Model(x, [y["a"], y["b"][2][0]]).predict(X)
        np.testing.assert_allclose(first.sum(axis=1), last, rtol=1e-5)


class TestNothingElseChanges:
    def test_weights_are_those_of_a_call_on_arrays(self) -> None:
        nl.random.seed(7)
        x = Input((4,))
        functional = Model(x, Dense(2)(Dropout(0.5)(Dense(3)(x))))
        after = nl.random.generator().random()
        nl.random.seed(7)
        layers = [Dense(3), Dropout(0.5), Dense(2)]
        sequential = Sequential(layers).eval()
        sequential(X)
        assert nl.random.generator().random() == after
        for one, other in zip(functional.get_weights(), sequential.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_what_is_drawn_to_find_a_shape_is_put_back(self) -> None:
        own, expected = np.random.default_rng(3), np.random.default_rng(3).random()
        before = nl.random.generator().bit_generator.state
        draw = Lambda(lambda x: x + nl.random.generator().normal(size=x.shape[1:]))
        Lambda(lambda x: F.dropout(x, 0.5, True, own))(draw(Input((4,))))
        assert nl.random.generator().bit_generator.state == before
        assert own.random() == expected

    def test_statistics_stay_and_modes_stay(self) -> None:
        norm = BatchNorm()
        x = Input((4,))
        y = norm(x)
        norm(y)
        np.testing.assert_array_equal(norm.moving_mean, np.zeros(4))
        np.testing.assert_array_equal(norm.moving_variance, np.ones(4))
        assert norm.training

    def test_shapes_are_found_in_silence_and_outside_the_graph(self) -> None:
        class Spy(Module):
            def forward(self, x: Any) -> Any:
                assert not self.training
                assert not (x * self.factor).requires_grad
                return np.log(x) / x.sum()

            def build(self, input_shape: Any) -> None:
                self.factor = self.add_weight((4,), "ones")

        assert Spy()(Input((4,))).shape == (None, 4)
