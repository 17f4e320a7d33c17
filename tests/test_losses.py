"""Losses: every row of the conformance table, shapes that fit and do not, probabilities and their logits."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite import losses
from nnlite.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
    _names,
)
from tests.conformance import LOSSES, LossRow
from tests.conformance._losses import BITS, LABELS, LOGITS, ONE_HOT, softmax

every_loss = pytest.mark.parametrize("row", LOSSES, ids=str)
CROSS_ENTROPIES = [(CategoricalCrossentropy, ONE_HOT), (SparseCategoricalCrossentropy, LABELS)]


@every_loss
class TestEveryLoss:
    def test_value_is_the_mean_of_the_formula(self, row: LossRow) -> None:
        loss = row.make()(row.y_true, row.y_pred)
        assert isinstance(loss, nl.Tensor)
        assert loss.shape == ()
        np.testing.assert_allclose(loss.item(), row.reference(row.y_true, row.y_pred).mean(), rtol=1e-6)

    @pytest.mark.parametrize(
        "reduction", ["sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None]
    )
    def test_reductions(self, row: LossRow, reduction: str | None) -> None:
        loss = row.make(reduction=reduction)(row.y_true, row.y_pred)
        expected = row.reference(row.y_true, row.y_pred)
        expected = {"none": expected, None: expected, "sum": expected.sum()}.get(reduction, expected.mean())
        np.testing.assert_allclose(loss.data, expected, rtol=1e-6)

    def test_gradient_is_that_of_finite_differences(self, row: LossRow) -> None:
        nl.check_grads(lambda y: row.make()(row.y_true, y), row.y_pred, order=row.orders)
        weight = None if row.is_one else np.arange(6) / 2
        nl.check_grads(lambda y: row.make(reduction="sum")(row.y_true, y, weight), row.y_pred, order=row.orders)

    @pytest.mark.parametrize("axes", [0, 1])
    def test_weights_multiply_and_the_count_still_divides(self, row: LossRow, axes: int) -> None:
        if row.is_one:
            pytest.skip("the samples have one loss together")
        weight = np.array([1.0, 0.0, 2.0, 1.0, 0.5, 3.0])
        expected = row.reference(row.y_true, row.y_pred) * weight
        given = weight.reshape(6, *[1] * axes)
        np.testing.assert_allclose(row.make()(row.y_true, row.y_pred, given).item(), expected.mean(), rtol=1e-6)
        unreduced = row.make(reduction="none")(row.y_true, row.y_pred, given)
        np.testing.assert_allclose(unreduced.data, expected, rtol=1e-6)
        by_weight = row.make(reduction="mean_with_sample_weight")
        np.testing.assert_allclose(by_weight(row.y_true, row.y_pred, given).item(), expected.sum() / 7.5, rtol=1e-6)
        assert by_weight(row.y_true, row.y_pred, 0 * given).item() == 0

    def test_weights_of_other_numbers_are_refused(self, row: LossRow) -> None:
        shape = r"\(\)" if row.is_one else r"\(6,\)"
        with pytest.raises(ValueError, match=rf"expected one weight for each value of shape {shape}, got shape \(5,\)"):
            row.make()(row.y_true, row.y_pred, np.ones(5))

    def test_float32_stays_float32(self, row: LossRow) -> None:
        for weight in (None, None if row.is_one else np.ones(6)):
            y_pred = nl.tensor(row.y_pred.astype(np.float32), requires_grad=True)
            loss = row.make()(row.y_true, y_pred, weight)
            loss.backward()
            assert loss.dtype == np.float32
            assert y_pred.grad is not None
            assert y_pred.grad.dtype == np.float32

    def test_lists_and_tensors_are_taken(self, row: LossRow) -> None:
        expected = row.make()(row.y_true, row.y_pred).item()
        lists = row.make()(row.y_true.tolist(), row.y_pred.tolist())
        tensors = row.make()(nl.tensor(row.y_true), nl.tensor(row.y_pred))
        np.testing.assert_allclose([lists.item(), tensors.item()], expected, rtol=1e-6)

    def test_shapes_that_do_not_fit_are_refused(self, row: LossRow) -> None:
        name = type(row.make()).__name__
        for y_true in (row.y_true[:5], row.y_true[:1], np.stack([row.y_true] * 2), row.y_true[0]):
            with pytest.raises(ValueError, match=f"{name} expected") as caught:
                row.make()(y_true, row.y_pred)
            assert str(row.y_pred.shape) in str(caught.value)
            assert str(y_true.shape) in str(caught.value)

    def test_names_stand_for_it(self, row: LossRow) -> None:
        for name in row.strings:
            loss = losses.get(name)
            assert type(loss) is type(row.make())
            np.testing.assert_allclose(loss(row.y_true, row.y_pred).item(), row.make()(row.y_true, row.y_pred).item())


class TestGet:
    def test_every_name_is_in_the_table(self) -> None:
        assert set(_names.BY_NAME) == {name for row in LOSSES for name in row.strings if name == name.lower()}

    def test_classes_and_losses(self) -> None:
        assert type(losses.get(MeanSquaredError)) is MeanSquaredError
        loss = MeanSquaredError()
        assert losses.get(loss) is loss

    def test_unknown_ones_are_refused(self) -> None:
        with pytest.raises(
            ValueError, match="unknown loss 'categorical_crosentropy', did you mean 'categorical_crossen"
        ):
            losses.get("categorical_crosentropy")
        with pytest.raises(TypeError, match="a loss is a name, a Loss or a function, got 3"):
            losses.get(3)
        with pytest.raises(ValueError, match=r"MeanSquaredError expected reduction .*, got reduction='avg'"):
            MeanSquaredError(reduction="avg")


class TestFunctions:
    def test_a_function_gives_losses_that_are_averaged(self) -> None:
        def cubic(y_true: Any, y_pred: Any) -> Any:
            return abs(y_pred - y_true) ** 3

        loss = losses.get(cubic)
        assert loss.name == "cubic"
        assert loss([[1.0], [2.0]], [[0.0], [0.0]]).item() == 4.5
        assert loss([1.0, 2.0], [[0.0], [0.0]], [0.0, 1.0]).item() == 4

    def test_y_true_is_lined_up_and_has_the_predictions_dtype(self) -> None:
        def look(y_true: Any, y_pred: Any) -> Any:
            assert y_true.shape == y_pred.shape
            assert y_true.dtype == y_pred.dtype == np.float32
            return (y_pred - y_true) ** 2

        assert losses.get(look)(np.ones(3), np.zeros((3, 1), np.float32)).item() == 1

    def test_labels_stay_integers(self) -> None:
        def look(y_true: Any, y_pred: Any) -> Any:
            assert y_true.shape == (6,)
            assert y_true.dtype == np.int64
            return F.cross_entropy(y_pred, y_true, reduction="none")

        expected = SparseCategoricalCrossentropy(from_logits=True)(LABELS, LOGITS).item()
        np.testing.assert_allclose(losses.get(look)(LABELS, LOGITS).item(), expected)

    def test_an_array_would_cut_the_graph(self) -> None:
        def cut(y_true: Any, y_pred: Any) -> Any:
            return (y_pred.numpy() - y_true) ** 2

        with pytest.raises(
            TypeError, match="the loss function cut must return a Tensor computed from y_pred, got a ndarray"
        ):
            losses.get(cut)([1.0], nl.tensor([2.0], requires_grad=True))

    def test_a_class_of_ones_own(self) -> None:
        class Hinge(losses.Loss):
            def call(self, y_true: Any, y_pred: Any) -> Any:
                return np.maximum(1 - y_true * y_pred, 0).mean(axis=-1)

        assert Hinge()([[1.0, -1.0]], [[0.0, 0.0]]).item() == 1
        assert Hinge(reduction="sum")([[1.0], [1.0]], [[0.0], [0.5]]).item() == 1.5


class TestShapes:
    @pytest.mark.parametrize("name", ["mse", "mae", "binary_crossentropy"])
    def test_a_trailing_axis_of_one_is_lined_up(self, name: str) -> None:
        y, p = np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.7, 0.4])
        loss = losses.get(name)
        expected = loss(y, p).item()
        for y_true, y_pred in ((y, p[:, None]), (y[:, None], p), (y[:, None], p[:, None])):
            np.testing.assert_allclose(loss(y_true, y_pred).item(), expected)
            weighted = loss(y_true, y_pred, [1.0, 1.0, 1.0])
            np.testing.assert_allclose(weighted.item(), expected, rtol=1e-6)

    @pytest.mark.parametrize("name", ["mse", "mae", "binary_crossentropy"])
    @pytest.mark.parametrize(("true", "pred"), [((3,), (1, 3)), ((1,), (3,)), ((3, 1), (3, 3)), ((), (3,)), ((3,), ())])
    def test_what_only_broadcasting_would_match_is_refused(self, name: str, true: Any, pred: Any) -> None:
        with pytest.raises(ValueError, match="expected y_true of the predictions' shape"):
            losses.get(name)(np.zeros(true), np.full(pred, 0.5))

    def test_single_numbers(self) -> None:
        assert losses.get("mse")(3.0, 1.0).item() == 4
        assert losses.get("mse")(3.0, 1.0, 2.0).item() == 8

    def test_integers_are_not_cut_off(self) -> None:
        assert losses.get("mse")([1.5], np.array([1])).item() == 0.25
        assert losses.get("mse")(np.array([0], np.uint8), np.array([2], np.uint8)).item() == 4

    def test_labels_may_have_a_trailing_axis(self) -> None:
        loss = SparseCategoricalCrossentropy(from_logits=True)
        assert loss(LABELS[:, None], LOGITS).item() == loss(LABELS, LOGITS).item()
        assert loss(LABELS.astype(float), LOGITS).item() == loss(LABELS, LOGITS).item()
        assert loss(LABELS.astype(np.uint8), LOGITS).item() == loss(LABELS, LOGITS).item()

    def test_a_label_for_every_step_of_a_sequence(self) -> None:
        x, y = np.stack([LOGITS, LOGITS + 1]), np.stack([LABELS, LABELS])
        sparse = SparseCategoricalCrossentropy(True, reduction="none")(y, x)
        dense = CategoricalCrossentropy(True, reduction="none")(np.eye(4)[y], x)
        assert sparse.shape == (2, 6)
        np.testing.assert_allclose(sparse.data, dense.data)


class TestMistakes:
    def test_integer_labels_for_the_dense_loss(self) -> None:
        for labels in (LABELS, LABELS[:, None]):
            with pytest.raises(ValueError, match="for integer labels use sparse_categorical_crossentropy"):
                CategoricalCrossentropy()(labels, softmax(LOGITS))

    def test_one_hot_labels_for_the_sparse_loss(self) -> None:
        with pytest.raises(ValueError, match="for one-hot labels use categorical_crossentropy"):
            SparseCategoricalCrossentropy()(ONE_HOT, softmax(LOGITS))

    @pytest.mark.parametrize("wrong", [4, -1])
    def test_labels_that_are_no_class(self, wrong: int) -> None:
        labels = LABELS.copy()
        labels[2] = wrong
        with pytest.raises(ValueError, match=rf"expected labels from 0 to 3 \(4 classes\), got {wrong} at position 2"):
            SparseCategoricalCrossentropy()(labels, softmax(LOGITS))

    @pytest.mark.parametrize("wrong", [0.5, float("nan")])
    def test_labels_that_are_not_whole(self, wrong: float) -> None:
        labels = LABELS.astype(float)
        labels[1] = wrong
        with pytest.raises(ValueError, match=f"SparseCategoricalCrossentropy expected integer labels, got {wrong}"):
            SparseCategoricalCrossentropy()(labels, softmax(LOGITS))

    def test_bits_out_of_range(self) -> None:
        with pytest.raises(ValueError, match=r"BinaryCrossentropy expected labels in \[0, 1\], got -1.0 to 1.0"):
            BinaryCrossentropy()(2 * BITS - 1, np.full(BITS.shape, 0.5))

    def test_a_single_class_would_never_learn(self) -> None:
        with pytest.raises(
            ValueError, match="the loss would always be 0; for a single probability use binary_crossentropy"
        ):
            CategoricalCrossentropy()(BITS[:, :1], np.full((6, 1), 0.5))

    @pytest.mark.parametrize("kind", [BinaryCrossentropy, CategoricalCrossentropy])
    def test_label_smoothing_is_a_share(self, kind: Any) -> None:
        with pytest.raises(ValueError, match=r"label_smoothing in \[0, 1\], got label_smoothing=1.5"):
            kind(label_smoothing=1.5)


class TestProbabilities:
    """Probabilities that a softmax or sigmoid gave are traced back to the logits."""

    @pytest.mark.parametrize(("kind", "y"), CROSS_ENTROPIES)
    def test_a_saturated_softmax_has_its_exact_gradient(self, kind: Any, y: Any) -> None:
        x = nl.tensor(np.float32(200) * np.eye(4, dtype=np.float32)[[1] * 6], requires_grad=True)
        p = F.softmax(x)
        assert (p.data[:, 0] == 0).all()
        loss = kind(reduction="sum")(y, p)
        loss.backward()
        np.testing.assert_array_equal(x.grad, p.data - ONE_HOT)
        np.testing.assert_allclose(loss.item(), 200 * (LABELS != 1).sum(), rtol=1e-6)

    def test_a_saturated_sigmoid_has_its_exact_gradient(self) -> None:
        x = nl.tensor([[-100.0], [100.0], [100.0]], requires_grad=True)
        loss = BinaryCrossentropy(reduction="sum")([[1.0], [0.0], [1.0]], F.sigmoid(x))
        loss.backward()
        np.testing.assert_array_equal(x.grad, [[-1], [1], [0]])
        assert loss.item() == 200

    def test_logits_are_also_found_without_a_graph(self) -> None:
        with nl.no_grad():
            loss = BinaryCrossentropy()([[1.0]], F.sigmoid(nl.tensor([[-100.0]])))
        assert loss.item() == 100

    @pytest.mark.parametrize("way", ["hook", "retained"])
    @pytest.mark.parametrize(("kind", "y"), [*CROSS_ENTROPIES, (BinaryCrossentropy, BITS)])
    def test_watched_probabilities_get_their_gradient(self, way: str, kind: Any, y: Any) -> None:
        activation = F.sigmoid if kind is BinaryCrossentropy else F.softmax
        plain, watched = (nl.tensor(LOGITS, requires_grad=True) for _ in range(2))
        kind()(y, activation(plain)).backward()
        p, seen = activation(watched), []
        if way == "hook":
            p.register_hook(lambda g: seen.append(g.copy()))
        else:
            p.retain_grad()
        kind()(y, p).backward()
        slope = seen[0] if way == "hook" else p.grad
        step = np.zeros_like(p.data)
        step[1, 2] = 1e-6
        numeric = (kind()(y, p.data + step).item() - kind()(y, p.data - step).item()) / 2e-6
        np.testing.assert_allclose(slope[1, 2], numeric, rtol=1e-5)
        np.testing.assert_allclose(watched.grad, plain.grad, rtol=1e-6, atol=1e-9)

    def test_a_hook_that_was_removed_is_no_hook(self) -> None:
        x = nl.tensor([[-100.0]], requires_grad=True)
        p = F.sigmoid(x)
        p.register_hook(lambda g: None).remove()
        assert BinaryCrossentropy()([[1.0]], p).item() == 100

    def test_another_activation_is_not_taken_for_it(self) -> None:
        p = F.sigmoid(nl.tensor(LOGITS))
        expected = -(ONE_HOT * np.log(p.data / p.data.sum(axis=1, keepdims=True))).sum(axis=1).mean()
        np.testing.assert_allclose(CategoricalCrossentropy()(ONE_HOT, p).item(), expected)
        p = F.softmax(nl.tensor(LOGITS))
        expected = -(BITS * np.log(p.data) + (1 - BITS) * np.log(1 - p.data)).mean()
        np.testing.assert_allclose(BinaryCrossentropy()(BITS, p).item(), expected)

    @pytest.mark.parametrize(("kind", "y"), CROSS_ENTROPIES)
    def test_other_probabilities_are_divided_by_their_sum(self, kind: Any, y: Any) -> None:
        p = softmax(LOGITS)
        np.testing.assert_allclose(kind()(y, 3 * p).item(), kind()(y, p).item())

    @pytest.mark.parametrize(("kind", "y"), CROSS_ENTROPIES)
    def test_other_probabilities_are_clipped(self, kind: Any, y: Any) -> None:
        p = nl.tensor(np.eye(4)[[3, 3, 1, 1, 2, 0]], requires_grad=True)
        loss = kind(reduction="none")(y, p)
        np.testing.assert_allclose(loss.data, [-np.log(1e-7), 0, 0, 0, 0, 0], atol=1e-6)
        loss.sum().backward()
        assert np.isfinite(p.grad).all()

    def test_other_bits_are_clipped(self) -> None:
        p = nl.tensor([[0.0], [1.0]], requires_grad=True)
        loss = BinaryCrossentropy(reduction="none")([[1.0], [1.0]], p)
        np.testing.assert_allclose(loss.data, [-np.log(1e-7), 0], atol=1e-6)
        loss.sum().backward()
        assert np.isfinite(p.grad).all()

    @pytest.mark.parametrize(("kind", "y"), [*CROSS_ENTROPIES, (BinaryCrossentropy, BITS)])
    def test_extreme_logits_stay_finite(self, kind: Any, y: Any) -> None:
        x = nl.tensor(LOGITS.astype(np.float32) * np.float32(1e30), requires_grad=True)
        loss = kind(from_logits=True)(y, x)
        loss.backward()
        assert np.isfinite(loss.item())
        assert np.isfinite(x.grad).all()


@pytest.mark.parity
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_pytorchs(smoothing: float) -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor(LOGITS, requires_grad=True)
    theirs = torch.nn.functional.cross_entropy(x, torch.tensor(LABELS), label_smoothing=smoothing)
    theirs.backward()
    mine = nl.tensor(LOGITS, requires_grad=True)
    loss = CategoricalCrossentropy(label_smoothing=smoothing)(ONE_HOT, F.softmax(mine))
    loss.backward()
    np.testing.assert_allclose(loss.item(), theirs.item(), rtol=1e-10)
    np.testing.assert_allclose(mine.grad, x.grad.numpy(), rtol=1e-9, atol=1e-12)


@every_loss
def test_a_loss_prints_as_the_code_that_made_it(row: LossRow) -> None:
    loss = row.make()
    again = eval(repr(loss), vars(losses))
    assert repr(again) == repr(loss)
    assert vars(again) == vars(loss)
