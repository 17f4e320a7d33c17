"""Losses at extremes, with ignored classes, with classes along another axis, and with arguments out of range."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite import losses
from nnlite.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy
from tests.conformance._losses import LOGITS

EXTREMES = np.array([-1e4, 0.0, 1e4], np.float32)
GRID = np.stack(np.meshgrid(EXTREMES, EXTREMES), axis=-1).reshape(-1, 2)  # every pair
EDGES = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2, 0, 1, 2]]  # every pair of a row of these and one of HOT
HOT = np.eye(3, dtype=np.float32)[[0, 0, 0, 1, 1, 1, 2, 2, 2]]
LARGE = 1e4 * (2 * EDGES - 1)


@pytest.mark.parametrize(
    ("make", "y_true", "y_pred"),
    [
        *((losses.get(name), GRID[:, :1], GRID[:, 1:]) for name in ("mse", "mae", "mape", "msle", "huber", "log_cosh")),
        *((losses.get(name), HOT, LARGE) for name in ("hinge", "squared_hinge", "categorical_hinge")),
        *((losses.get(name), GRID, GRID[::-1]) for name in ("cosine_similarity",)),
        (losses.Poisson(), np.maximum(GRID[:, :1], 0), np.maximum(GRID[:, 1:], 0)),
        *((losses.get(name), HOT, EDGES) for name in ("kld", "bce", "categorical_crossentropy", "dice", "tversky")),
        *((losses.get(name), HOT, EDGES) for name in ("binary_focal_crossentropy", "categorical_focal_crossentropy")),
        (losses.BinaryFocalCrossentropy(gamma=0.5), HOT, EDGES),
        (losses.CategoricalFocalCrossentropy(gamma=0.5), HOT, EDGES),
        (losses.BinaryCrossentropy(from_logits=True), HOT, LARGE),
        (losses.BinaryFocalCrossentropy(from_logits=True, gamma=0.5), HOT, LARGE),
        (losses.CategoricalCrossentropy(from_logits=True), HOT, LARGE),
        (losses.CategoricalFocalCrossentropy(from_logits=True, gamma=0.5), HOT, LARGE),
        (SparseCategoricalCrossentropy(), HOT.argmax(axis=1), EDGES),
        (losses.CategoricalGeneralizedCrossEntropy(), HOT.argmax(axis=1), EDGES),
        (losses.Circle(), HOT.argmax(axis=1), EDGES),
        (losses.Circle(), np.arange(9), EDGES),  # no sample has a partner
        (losses.CTC(), np.array([[1, 2]]), LARGE[None]),
    ],
)
def test_extremes_keep_value_and_gradient_finite(make: Any, y_true: Any, y_pred: Any) -> None:
    x = nl.tensor(y_pred, requires_grad=True)
    with np.errstate(all="raise", under="ignore"):
        loss = make(y_true, x)
        loss.backward()
    assert loss.dtype == np.float32
    assert np.isfinite(loss.item())
    assert x.grad is not None
    assert np.isfinite(x.grad).all()


class TestIgnoredClass:
    LABELS = np.array([0, -1, 1, 2, -1, 3])

    def test_it_takes_no_part_in_the_mean_nor_in_the_gradient(self) -> None:
        x = nl.tensor(LOGITS, requires_grad=True)
        loss = SparseCategoricalCrossentropy(True, ignore_class=-1)(self.LABELS, x)
        loss.backward()
        kept = self.LABELS >= 0
        expected = SparseCategoricalCrossentropy(True)(self.LABELS[kept], LOGITS[kept])
        np.testing.assert_allclose(loss.item(), expected.item())
        np.testing.assert_array_equal(np.abs(x.grad).sum(axis=1) > 0, kept)

    def test_a_batch_of_nothing_else_costs_nothing(self) -> None:
        for weight in (None, np.ones(6)):
            assert SparseCategoricalCrossentropy(True, ignore_class=-1)(np.full(6, -1), LOGITS, weight).item() == 0

    def test_another_label_out_of_range_is_refused(self) -> None:
        with pytest.raises(ValueError, match="got -2 at position 0"):
            SparseCategoricalCrossentropy(True, ignore_class=-1)(np.full(6, -2), LOGITS)


class TestClassesAlongAnotherAxis:
    X = np.random.default_rng(0).normal(size=(2, 4, 3))

    def test_dense_and_sparse(self) -> None:
        labels = np.array([[0, 3, 1], [2, 2, 0]])
        hot = np.moveaxis(np.eye(4)[labels], -1, 1)
        expected = SparseCategoricalCrossentropy(True)(labels, np.moveaxis(self.X, 1, -1)).item()
        for y in (labels, labels[:, None]):
            np.testing.assert_allclose(SparseCategoricalCrossentropy(True, axis=1)(y, self.X).item(), expected)
        np.testing.assert_allclose(CategoricalCrossentropy(True, axis=1)(hot, self.X).item(), expected)
        focal = losses.CategoricalFocalCrossentropy(1.0, 0.0, True, axis=1)
        np.testing.assert_allclose(focal(hot, self.X).item(), expected)

    def test_a_softmax_over_the_last_axis_is_not_taken_for_theirs(self) -> None:
        p = F.softmax(nl.tensor(self.X))
        y = np.moveaxis(np.eye(4)[np.zeros((2, 3), int)], -1, 1)
        by_hand = -np.log(p.data / p.data.sum(axis=1, keepdims=True))[:, 0].mean()
        np.testing.assert_allclose(CategoricalCrossentropy(axis=1)(y, p).item(), by_hand)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.Huber(0), "Huber expected delta above 0, got delta=0"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(1.0), "expected q between 0 and 1, got q=1.0"),
        (
            lambda: losses.BinaryFocalCrossentropy(label_smoothing=2),
            r"label_smoothing in \[0, 1\], got label_smoothing=2",
        ),
    ],
)
def test_arguments_out_of_range_are_quoted(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
