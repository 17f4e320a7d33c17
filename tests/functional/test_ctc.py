"""CTC beyond its samples: the twin, long sequences, impossible ones, and errors."""

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.functional._loss_ctc import _composed_ctc, _ctc_of_states

RNG = np.random.default_rng(0)
LOG_PROBS = F.log_softmax(RNG.normal(size=(3, 6, 4)))
LABELS = np.array([[1, 1, 2], [3, 2, 3], [2, 2, 2]])


def test_twin_is_the_fast_path_in_value_and_gradient():
    states = np.zeros((3, 7), int)
    states[:, 1::2] = LABELS
    can_skip = np.zeros((3, 7), bool)
    can_skip[:, 3:] = (states[:, 3:] > 0) & (states[:, 3:] != states[:, 1:-2])
    arguments = (states, can_skip, np.array([6, 5, 4]), np.array([3, 2, 3]))
    fast, slow = (nl.tensor(LOG_PROBS, requires_grad=True) for _ in range(2))
    cotangent = RNG.normal(size=3)
    value, twin = _ctc_of_states(fast, *arguments, zero=True), _composed_ctc(slow, *arguments, zero=True)
    np.testing.assert_allclose(value.data, twin.data, rtol=1e-12)
    assert value.data[2] == 0  # three equal labels need five steps
    value.backward(cotangent)
    twin.backward(cotangent)
    np.testing.assert_allclose(fast.grad, slow.grad, rtol=1e-10, atol=1e-13)


def test_probabilities_of_all_label_sequences_add_up_to_one():
    log_probs = np.repeat(F.log_softmax(RNG.normal(size=(1, 3, 3))), 15, axis=0)
    sequences = [
        [],
        [1],
        [2],
        [1, 1],
        [1, 2],
        [2, 1],
        [2, 2],
        *([a, b, c] for a in (1, 2) for b in (1, 2) for c in (1, 2)),
    ]
    lengths = np.array([len(s) for s in sequences])
    padded = np.array([s + [1] * (3 - len(s)) for s in sequences])
    losses = F.ctc(log_probs, padded, target_lengths=lengths, reduction="none")
    np.testing.assert_allclose(np.exp(-losses).sum(), 1)


def test_each_step_gives_away_one_label():
    x = nl.tensor(LOG_PROBS, requires_grad=True)
    F.ctc(x, LABELS, [6, 5, 6], [3, 2, 3], reduction="sum").backward()
    np.testing.assert_allclose(x.grad.sum(axis=2), [[-1] * 6, [-1] * 5 + [0], [-1] * 6])


def test_float32_keeps_its_digits_over_a_long_sequence():
    generator = np.random.default_rng(1)
    exact = F.log_softmax(3 * generator.normal(size=(2, 1000, 5)))
    labels = generator.integers(1, 5, (2, 150))
    single, double = (nl.tensor(exact.astype(dtype), requires_grad=True) for dtype in ("float32", "float64"))
    for x in (single, double):
        F.ctc(x, labels, reduction="sum").backward()
    assert single.grad.dtype == np.float32
    np.testing.assert_allclose(single.grad, double.grad, atol=1e-3)
    np.testing.assert_allclose(F.ctc(single, labels).item(), F.ctc(double, labels).item(), rtol=1e-6)


def test_impossible_sequences_have_no_gradient():
    x = nl.tensor(LOG_PROBS, requires_grad=True)
    losses = F.ctc(x, LABELS, input_lengths=[6, 6, 4], reduction="none")
    assert list(np.isinf(losses.data)) == [False, False, True]
    losses.sum().backward()
    assert np.isfinite(x.grad).all()
    np.testing.assert_array_equal(x.grad[2], 0)


def test_classes_that_are_ruled_out_leave_the_other_paths():
    log_probs = nl.tensor(np.array([[[-np.inf, 0.0], [-np.inf, 0.0]]]), requires_grad=True)
    loss = F.ctc(log_probs, [[1]])
    loss.backward()
    assert loss.item() == 0
    np.testing.assert_array_equal(log_probs.grad, [[[0, -1], [0, -1]]])
    assert F.ctc(log_probs, [[1, 1]]).item() == np.inf


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"log_probs": LOG_PROBS[0]}, r"log_probs of shape \(N, T, classes\), got shape \(6, 4\)"),
        ({"blank": 4}, "blank to be one of 4 classes, got 4"),
        ({"targets": LABELS[:2]}, r"targets of shape \(3, L\), got shape \(2, 3\)"),
        ({"targets": LABELS[0]}, r"targets of shape \(3, L\), got shape \(3,\)"),
        ({"targets": LABELS + 0.5}, "targets to be integers, got float64"),
        ({"targets": LABELS - 1}, "targets from 0 to 3 other than the blank 0, got 0"),
        ({"targets": LABELS + 1}, "targets from 0 to 3 other than the blank 0, got 4"),
        ({"input_lengths": [6, 7, 6]}, r"input_lengths from 1 to 6, got \[6, 7, 6\]"),
        ({"input_lengths": [6, 0, 6]}, r"input_lengths from 1 to 6, got \[6, 0, 6\]"),
        ({"target_lengths": [3, 3, 4]}, r"target_lengths from 0 to 3, got \[3, 3, 4\]"),
        ({"target_lengths": [3, 3]}, r"target_lengths of shape \(3,\), got shape \(2,\)"),
        ({"reduction": "average"}, "reduction is one of 'mean', 'sum', 'none', got 'average'"),
    ],
)
def test_what_does_not_fit_is_quoted(change, message):
    with pytest.raises(ValueError, match=message):
        F.ctc(**{"log_probs": LOG_PROBS, "targets": LABELS, **change})


def test_labels_beyond_the_length_are_not_looked_at():
    padded = np.array([[1, 99, -1], [3, 2, 0], [2, 2, 2]])
    lengths = [1, 2, 3]
    expected = F.ctc(LOG_PROBS, np.array([[1, 1, 1], [3, 2, 1], [2, 2, 2]]), target_lengths=lengths)
    assert F.ctc(LOG_PROBS, padded, target_lengths=lengths) == expected
