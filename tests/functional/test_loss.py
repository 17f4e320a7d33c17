"""Losses beyond their samples: errors, extremes, conventions, and agreement with PyTorch."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlite as nl
import nnlite.functional as F

PAIRWISE = [F.mse, F.mae, F.binary_cross_entropy, F.binary_cross_entropy_with_logits]
LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 0.0, 3.0], [1.0, 1.0, 1.0], [-2.0, 0.3, 0.1]], np.float32)


def leaf(values, dtype="float32") -> nl.Tensor:
    return nl.tensor(np.array(values, dtype), requires_grad=True)


# Shapes and settings


@pytest.mark.parametrize("loss", PAIRWISE)
@pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((4,), (4, 1)), ((4, 1), (1, 4)), ((2, 3), ()), ((3,), (2,))])
def test_shapes_that_only_broadcasting_would_match_raise(loss, shapes):
    input, target = (np.full(shape, 0.5) for shape in shapes)
    with pytest.raises(ValueError, match=loss.__name__) as error:
        loss(nl.tensor(input, requires_grad=True), target)
    assert str(shapes[0]) in str(error.value)
    assert str(shapes[1]) in str(error.value)


def test_a_number_is_no_target_for_an_array():
    with pytest.raises(ValueError, match=r"mse expected a target of the input's shape \(2,\), got shape \(\)"):
        F.mse(leaf([1, 2]), 0.0)


@pytest.mark.parametrize("loss", [*PAIRWISE, F.cross_entropy])
def test_an_unknown_reduction_is_quoted(loss):
    with pytest.raises(ValueError, match="reduction is one of 'mean', 'sum', 'none', got 'average'"):
        loss(leaf([[0.5, 0.5]]), np.array([[0.5, 0.5]]), reduction="average")


@pytest.mark.parametrize("shape", [(3,), (5, 2, 3), (2, 1, 1)])
def test_a_weight_that_does_not_fit_raises(shape):
    x, weight = leaf([[0.5, 0.5]]), np.ones(shape)
    with pytest.raises(ValueError, match="weight that broadcasts to the input's shape"):
        F.binary_cross_entropy(x, x, weight)
    with pytest.raises(ValueError, match="pos_weight that broadcasts to the input's shape"):
        F.binary_cross_entropy_with_logits(x, x, pos_weight=weight)


@pytest.mark.parametrize(
    ("target", "settings", "message"),
    [
        ([0, 3, 1, 1], {}, r"labels from 0 to 2 \(3 classes\), got 3 at position 1"),
        ([0, 1, -1, 1], {}, r"labels from 0 to 2 \(3 classes\), got -1 at position 2"),
        ([0, 1, 7, 1], {"ignore_index": 1}, "got 7 at position 2"),
        ([0, 1, -100, 1], {"ignore_index": -1}, "got -100 at position 2"),
        ([0.0, 1.0, 2.0, 1.0], {}, r"labels of shape \(4,\) or probabilities of shape \(4, 3\), got float64"),
        ([0, 1], {}, r"labels of shape \(4,\) .* got int64 of shape \(2,\)"),
        ([[0], [1], [2], [0]], {}, r"got int64 of shape \(4, 1\)"),
        ([0, 1, 2, 0], {"weight": np.ones(4)}, r"weight of shape \(3,\), got shape \(4,\)"),
        ([0, 1, 2, 0], {"label_smoothing": 1.5}, r"label_smoothing in \[0, 1\], got 1.5"),
    ],
)
def test_cross_entropy_says_what_does_not_fit(target, settings, message):
    with pytest.raises(ValueError, match=message):
        F.cross_entropy(leaf(LOGITS), np.array(target), **settings)


def test_cross_entropy_gives_the_position_of_a_label_in_a_batch_of_sequences():
    with pytest.raises(ValueError, match=r"got 9 at position \(1, 2\)"):
        F.cross_entropy(np.zeros((2, 3, 4)), np.array([[0, 1, 2], [3, 3, 9]]))


@pytest.mark.parametrize("shape", [(), (4, 0)])
def test_cross_entropy_needs_classes(shape):
    with pytest.raises(ValueError, match=r"input of shape \(\.\.\., classes\)"):
        F.cross_entropy(np.zeros(shape), np.zeros(shape[:-1], int))


@pytest.mark.parametrize("labels", [[0, 2, 1, 1], nl.tensor(np.array([0, 2, 1, 1])), np.array([0, 2, 1, 1], np.uint8)])
def test_cross_entropy_takes_labels_as_lists_tensors_and_small_integers(labels):
    x = leaf(LOGITS)
    loss = F.cross_entropy(x, labels)
    loss.backward()
    assert loss.item() == pytest.approx(F.cross_entropy(LOGITS, np.array([0, 2, 1, 1])))
    assert loss.dtype == x.grad.dtype == np.float32


# Values and gradients by their definitions


def test_the_gradient_of_cross_entropy_is_softmax_minus_one_hot():
    x, labels = leaf(LOGITS), np.array([0, 2, 1, 1])
    F.cross_entropy(x, labels).backward()
    np.testing.assert_allclose(x.grad, (F.softmax(LOGITS) - np.eye(3)[labels]) / 4, atol=1e-7)


@given(st.lists(st.floats(-100, 100, width=32), min_size=4, max_size=4), st.integers(0, 3), st.floats(0, 1))
def test_the_gradient_of_cross_entropy_adds_up_to_zero(values, label, smoothing):
    x = leaf(values)
    loss = F.cross_entropy(x, np.array(label), label_smoothing=smoothing)
    loss.backward()
    assert loss.item() >= 0
    assert abs(x.grad.sum()) < 1e-6


def test_labels_and_their_one_hot_probabilities_give_the_same():
    labels = np.array([0, 2, 1, 1])
    for target in (np.eye(3, dtype=np.float32)[labels], np.eye(3, dtype=int)[labels], np.eye(3)[labels] > 0):
        for smoothing in (0.0, 0.1):
            expected = F.cross_entropy(LOGITS, labels, label_smoothing=smoothing)
            assert F.cross_entropy(LOGITS, target, label_smoothing=smoothing) == pytest.approx(expected)


def test_mae_has_no_slope_where_prediction_and_target_are_equal():
    x, t = leaf([1.0, 2.0, 3.0]), leaf([1.0, 3.0, 2.0])
    F.mae(x, t, reduction="sum").backward()
    np.testing.assert_array_equal(x.grad, [0, -1, 1])
    np.testing.assert_array_equal(t.grad, [0, 1, -1])


def test_binary_cross_entropy_holds_probabilities_between_its_limits():
    x = leaf([0.0, 1.0, 0.0, 1.0], "float64")
    losses = F.binary_cross_entropy(x, np.array([1.0, 0.0, 0.0, 1.0]), reduction="none")
    losses.sum().backward()
    limit = -math.log(1e-7)
    np.testing.assert_allclose(losses.numpy(), [limit, limit, 0, 0], atol=2e-7)
    np.testing.assert_array_equal(x.grad, 0)


@pytest.mark.parametrize("loss", [F.binary_cross_entropy, F.binary_cross_entropy_with_logits])
def test_none_as_weight_is_no_weight(loss):
    x, t = np.array([0.2, 0.9]), np.array([0.0, 1.0])
    assert loss(x, t, None) == loss(x, t)


def test_logits_and_their_probabilities_give_the_same():
    x, t = np.array([-3.0, 0.0, 0.5, 4.0]), np.array([0.0, 1.0, 0.3, 1.0])
    assert F.binary_cross_entropy_with_logits(x, t) == pytest.approx(F.binary_cross_entropy(F.sigmoid(x), t))


# Extremes


def test_cross_entropy_is_exact_for_saturated_logits():
    x = leaf([[1e4, -1e4], [-1e4, 1e4]])
    with np.errstate(all="raise", under="ignore"):
        losses = F.cross_entropy(x, np.array([0, 0]), reduction="none")
        losses.sum().backward()
    np.testing.assert_array_equal(losses.numpy(), [0, 2e4])
    np.testing.assert_array_equal(x.grad, [[0, 0], [-1, 1]])


def test_cross_entropy_allows_classes_that_are_ruled_out():
    x = leaf([[-np.inf, 0.0, 0.0], [-np.inf, 0.0, 0.0]])
    loss = F.cross_entropy(x, np.array([1, -100]))
    loss.backward()
    assert loss.item() == pytest.approx(math.log(2))
    np.testing.assert_allclose(x.grad, [[0, -0.5, 0.5], [0, 0, 0]])


def test_binary_cross_entropy_with_logits_is_exact_for_saturated_logits():
    x = leaf([-1e4, -1e4, 0.0, 1e4, 1e4])
    with np.errstate(all="raise", under="ignore"):
        losses = F.binary_cross_entropy_with_logits(x, np.array([0, 1, 1, 0, 1], np.float32), reduction="none")
        losses.sum().backward()
    np.testing.assert_allclose(losses.numpy(), [0, 1e4, math.log(2), 1e4, 0], rtol=1e-6)
    np.testing.assert_array_equal(x.grad, [0, -1, -0.5, 1, 0])


def test_small_losses_keep_their_digits_in_float32():
    assert F.binary_cross_entropy_with_logits(np.float32([-20]), np.float32([0])) == pytest.approx(2.0611536e-9)


def test_a_batch_in_which_nothing_counts_has_no_mean():
    ignored = np.full(4, -100)
    assert math.isnan(F.cross_entropy(LOGITS, ignored))
    assert math.isnan(F.mse(np.ones((0, 2)), np.ones((0, 2))))
    assert F.cross_entropy(LOGITS, ignored, reduction="sum") == 0
    np.testing.assert_array_equal(F.cross_entropy(LOGITS, ignored, reduction="none"), np.zeros(4))


def test_an_ignored_class_within_range_does_not_count():
    x = leaf(LOGITS)
    F.cross_entropy(x, np.array([0, 2, 1, 1]), ignore_index=1).backward()
    kept = leaf(LOGITS[:2])
    F.cross_entropy(kept, np.array([0, 2])).backward()
    np.testing.assert_allclose(x.grad, [*kept.grad, [0, 0, 0], [0, 0, 0]], rtol=1e-6)


# PyTorch

generator = np.random.default_rng(0)
INPUT, LABELS = generator.normal(0, 2, (4, 5, 3)), generator.integers(0, 3, (4, 5))
Q = generator.dirichlet(np.ones(3), (4, 5))
LABELS[0, 1] = LABELS[2, 2] = -100


@pytest.mark.parity
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weight", [None, np.array([0.2, 1.5, 0.7])])
@pytest.mark.parametrize(("target", "ignore_index"), [(LABELS, -100), (np.where(LABELS < 0, 1, LABELS), 1), (Q, -100)])
def test_cross_entropy_agrees_with_torch(target, ignore_index, weight, label_smoothing, reduction):
    torch = pytest.importorskip("torch")
    settings = {"ignore_index": ignore_index, "label_smoothing": label_smoothing, "reduction": reduction}
    x = leaf(INPUT, "float64")
    loss = F.cross_entropy(x, target, weight, **settings)
    loss.sum().backward()

    x_torch = torch.tensor(INPUT, requires_grad=True)
    t_torch = torch.tensor(target)
    loss_torch = torch.nn.functional.cross_entropy(
        x_torch.movedim(-1, 1),
        t_torch if target is not Q else t_torch.movedim(-1, 1),
        None if weight is None else torch.tensor(weight),
        **settings,
    )
    loss_torch.sum().backward()
    np.testing.assert_allclose(loss.numpy(), loss_torch.detach().numpy(), rtol=1e-10)
    np.testing.assert_allclose(x.grad, x_torch.grad.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parity
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("name", "torch_name", "weights"),
    [
        ("mse", "mse_loss", {}),
        ("mae", "l1_loss", {}),
        ("binary_cross_entropy", "binary_cross_entropy", {}),
        ("binary_cross_entropy", "binary_cross_entropy", {"weight": np.array([0.2, 1.5, 0.7])}),
        ("binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits", {}),
        (
            "binary_cross_entropy_with_logits",
            "binary_cross_entropy_with_logits",
            {"weight": np.array([[[2.0]], [[0.5]], [[1.0]], [[3.0]]]), "pos_weight": np.array([0.2, 1.5, 0.7])},
        ),
    ],
)
def test_other_losses_agree_with_torch(name, torch_name, weights, reduction):
    torch = pytest.importorskip("torch")
    values = 1 / (1 + np.exp(-INPUT)) if name == "binary_cross_entropy" else INPUT
    x, t = leaf(values, "float64"), leaf(Q, "float64")
    loss = getattr(F, name)(x, t, **weights, reduction=reduction)
    loss.sum().backward()

    x_torch, t_torch = torch.tensor(values, requires_grad=True), torch.tensor(Q, requires_grad=True)
    weights_torch = {key: torch.tensor(value) for key, value in weights.items()}
    loss_torch = getattr(torch.nn.functional, torch_name)(x_torch, t_torch, **weights_torch, reduction=reduction)
    loss_torch.sum().backward()
    np.testing.assert_allclose(loss.numpy(), loss_torch.detach().numpy(), rtol=1e-10)
    np.testing.assert_allclose(x.grad, x_torch.grad.numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(t.grad, t_torch.grad.numpy(), rtol=1e-9, atol=1e-12)
