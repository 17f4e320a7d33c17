"""Losses beyond their samples: errors, extremes, conventions, and agreement with PyTorch."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlite as nl
import nnlite.functional as F

PAIRWISE = [
    F.mse, F.mae, F.huber, F.smooth_l1, F.log_cosh, F.mape, F.msle, F.poisson_nll, F.kl_div, F.hinge, F.squared_hinge,
    F.categorical_hinge, F.binary_cross_entropy, F.binary_cross_entropy_with_logits, F.focal, F.categorical_focal,
    F.dice, F.tversky,
]  # fmt: skip
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


@pytest.mark.parametrize("loss", [*PAIRWISE, F.cross_entropy, lambda x, t, **k: F.gaussian_nll(x, t, 1.0, **k)])
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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.huber(x, x, delta=0), "huber expected delta above 0, got 0"),
        (lambda x: F.smooth_l1(x, x, beta=-1), "smooth_l1 expected beta to be 0 or more, got -1"),
        (lambda x: F.focal(x, x, alpha=2), r"focal expected alpha in \[0, 1\] or None, got 2"),
        (lambda x: F.focal(x, x, gamma=-1), "focal expected gamma to be 0 or more, got -1"),
        (lambda x: F.categorical_focal(x, x, gamma=-1), "categorical_focal expected gamma to be 0 or more, got -1"),
        (lambda x: F.categorical_focal(x[0, 0], x[0, 0]), r"input of shape \(\.\.\., classes\), got shape \(\)"),
        (lambda x: F.categorical_hinge(x[0, 0], x[0, 0]), r"input of shape \(\.\.\., classes\), got shape \(\)"),
        (lambda x: F.gaussian_nll(x, x, x - 1), "gaussian_nll expected var to be 0 or more, got a negative variance"),
        (lambda x: F.gaussian_nll(x, x, 1.0, eps=0), "gaussian_nll expected eps above 0, got 0"),
        (lambda x: F.gaussian_nll(x, x, np.ones(3)), r"var of the input's shape \(1, 2\), .*, got shape \(3,\)"),
        (lambda x: F.gaussian_nll(x, x[0], 1.0), r"a target of the input's shape \(1, 2\), got shape \(2,\)"),
        (lambda x: F.margin_ranking(x, x[0], x), r"input2 of input1's shape \(1, 2\), got shape \(2,\)"),
        (lambda x: F.margin_ranking(x, x, x[0]), r"a target of the input's shape \(1, 2\), got shape \(2,\)"),
        (lambda x: F.cosine_embedding(x, x, np.ones(2)), r"one target for each vector .* \(1, 2\), got shape \(2,\)"),
        (lambda x: F.contrastive(x, x, np.ones((1, 1))), r"one target for each vector .* \(1, 2\), got shape \(1, 1\)"),
        (lambda x: F.contrastive(x, x[0], np.ones(1)), r"input2 of input1's shape \(1, 2\), got shape \(2,\)"),
        (lambda x: F.triplet_margin(x, x[0], x), r"positive of the anchor's shape \(1, 2\), got shape \(2,\)"),
        (lambda x: F.triplet_margin(x, x, x[0]), r"negative of the anchor's shape \(1, 2\), got shape \(2,\)"),
        (lambda x: F.nll(x, np.array([2])), r"nll expected labels from 0 to 1 \(2 classes\), got 2 at position 0"),
        (lambda x: F.nll(x, x), "nll expected integer labels of shape .* got float32"),
        (lambda x: F.nll(x, np.array([0]), np.ones(3)), r"nll expected weight of shape \(2,\), got shape \(3,\)"),
    ],
)
def test_what_does_not_fit_is_quoted(call, message):
    with pytest.raises(ValueError, match=message):
        call(leaf([[0.5, 0.5]]))


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


EXTREMES = np.float32([-1e4, 0.0, 1e4])
ALL = np.stack(np.meshgrid(EXTREMES, EXTREMES), -1).reshape(-1, 2).T  # every pair of input and target
SIGNS = np.where(ALL[1] < 0, -1.0, 1.0).astype(np.float32)
BITS = (ALL[1] > 0).astype(np.float32)
EDGES = np.stack(np.meshgrid(np.float32([0, 1]), np.float32([0, 1])), -1).reshape(-1, 2).T
VECTORS = np.stack(np.meshgrid(EXTREMES, EXTREMES, EXTREMES), -1).reshape(-1, 3)
TRIPLES = [np.float32(a) for a in np.broadcast_arrays(VECTORS, VECTORS[::-1], np.roll(VECTORS, 5, axis=0))]
HOT = np.eye(3, dtype=np.float32)[np.arange(27) % 3]


@pytest.mark.parametrize(
    ("call", "arrays"),
    [
        *((f, (ALL[0], ALL[1])) for f in (F.mse, F.mae, F.huber, F.smooth_l1, F.log_cosh, F.mape, F.msle)),
        (lambda x, t: F.smooth_l1(x, t, beta=0.0), (ALL[0], ALL[1])),
        *((f, (ALL[0], SIGNS)) for f in (F.hinge, F.squared_hinge)),
        *((lambda x, t, g=g: F.focal(x, t, gamma=g), (ALL[0], BITS)) for g in (0.0, 0.5, 1.0, 2.0)),
        (F.binary_cross_entropy_with_logits, (ALL[0], BITS)),
        (lambda x, t: F.poisson_nll(x, t, full=True), (np.float32([-1e4, 0, 80, 0]), np.float32([1e4, 1e4, 0, 0]))),
        (lambda x, t: F.poisson_nll(x, t, log_input=False), tuple(np.maximum(ALL, 0))),
        (F.gaussian_nll, (ALL[0], ALL[1], np.float32([0, 1, 1e4] * 3))),
        *((f, tuple(EDGES)) for f in (F.binary_cross_entropy, F.dice, F.tversky)),
        (lambda x, t: F.dice(x, t, axis=-1), (EDGES[:1].T, EDGES[1:].T)),
        (lambda x, t: F.tversky(x, t, axis=-1), (EDGES[:1].T, EDGES[1:].T)),
        (F.kl_div, (np.minimum(ALL[0], 0), BITS)),
        (lambda x, t: F.kl_div(x, t, log_target=True), tuple(np.minimum(ALL, 0))),
        *((lambda x, t, g=g: F.categorical_focal(x, t, gamma=g), (VECTORS, HOT)) for g in (0.0, 0.5, 1.0, 2.0)),
        *((f, (VECTORS, HOT)) for f in (F.cross_entropy, F.categorical_hinge)),
        (lambda x: F.nll(x, np.arange(27) % 3), (np.minimum(VECTORS, 0),)),
        (lambda a, b: F.margin_ranking(a, b, np.resize([1, -1], a.shape), margin=1.0), tuple(TRIPLES[:2])),
        *((lambda a, b, y=y: F.cosine_embedding(a, b, np.full(27, y)), tuple(TRIPLES[:2])) for y in (-1, 1)),
        *((lambda a, b, c, p=p: F.triplet_margin(a, b, c, p=p, swap=True), tuple(TRIPLES)) for p in (1.0, 2.0, 3.0)),
        (lambda a, b: F.triplet_margin(a, b, b * 1, p=1.0), (TRIPLES[0], TRIPLES[0])),
        *((lambda a, b, y=y: F.contrastive(a, b, np.full(27, y)), tuple(TRIPLES[:2])) for y in (0, 1)),
        (lambda a, b: F.contrastive(a, b, np.zeros(27, int)), (TRIPLES[0], TRIPLES[0])),
        (lambda x: F.ctc(x.reshape(1, 27, 3), np.array([[1, 2, 2]])), (np.minimum(VECTORS, 0),)),
    ],
)  # fmt: skip
def test_extremes_keep_value_and_gradient_finite(call, arrays):
    leaves = [leaf(a) for a in arrays]
    with np.errstate(all="raise", under="ignore"):
        loss = call(*leaves)
        loss.backward()
    assert loss.dtype == np.float32
    assert np.isfinite(loss.item())
    for x in leaves:
        assert x.grad is not None
        assert np.isfinite(x.grad).all()


def test_log_cosh_keeps_the_digits_of_small_errors_in_float32():
    assert F.log_cosh(np.float32([1e-3]), np.float32([0])) == pytest.approx(5e-7, rel=1e-5)


def test_a_variance_that_is_too_small_can_grow_again():
    var = leaf([0.0])
    F.gaussian_nll(leaf([1.0]), leaf([2.0]), var, eps=0.5).backward()
    np.testing.assert_allclose(var.grad, 0.5 * (1 / 0.5 - (1 / 0.5) ** 2))


def test_the_divergence_of_a_probability_of_zero_is_zero():
    q = leaf([0.0, 1.0])
    loss = F.kl_div(leaf([-1.0, -2.0]), q, reduction="sum")
    loss.backward()
    assert loss.item() == 2
    np.testing.assert_allclose(q.grad, [0, 3])


def test_focal_loss_without_focus_is_the_cross_entropy():
    x, t = np.array([-3.0, 0.0, 0.5, 4.0]), np.array([0.0, 1.0, 0.3, 1.0])
    assert F.focal(x, t, alpha=None, gamma=0.0) == pytest.approx(F.binary_cross_entropy_with_logits(x, t))
    q = np.float64([[0.2, 0.5, 0.3]] * 4)
    assert F.categorical_focal(LOGITS, q, alpha=1.0, gamma=0.0) == pytest.approx(F.cross_entropy(LOGITS, q))


def test_nll_of_log_softmax_is_the_cross_entropy():
    labels = np.array([0, 2, -100, 1])
    weight = np.array([0.5, 2.0, 1.0])
    assert F.nll(F.log_softmax(LOGITS), labels, weight) == pytest.approx(F.cross_entropy(LOGITS, labels, weight))


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
