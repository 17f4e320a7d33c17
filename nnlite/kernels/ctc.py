"""Connectionist temporal classification: the sums over all alignments, forward and backward in time.

A label sequence of length L has 2L + 1 states: the labels with a blank before, between and behind them. Logarithms are
kept relative to the best state of each step, so that float32 keeps its digits however long the sequence is.
"""

import numpy as np

from nnlite.kernels.scatter import scatter_add_rows
from nnlite.kernels.window import Array

__all__ = ["IMPOSSIBLE", "ctc_forward", "ctc_occupation"]

IMPOSSIBLE = -1e30  # stands for log(0): differences of it are numbers


def ctc_forward(
    log_probs: Array, states: Array, can_skip: Array, input_lengths: Array, target_lengths: Array
) -> tuple[Array, Array]:
    """Sum the probabilities of all alignments of each sequence.

    Parameters
    ----------
    log_probs : ndarray, shape (N, T, C)
        Log-probabilities of the classes at each step.
    states : ndarray of int, shape (N, S)
        The class of each state.
    can_skip : ndarray of bool, shape (N, S)
        Whether a state may follow the one two before it.
    input_lengths, target_lengths : ndarray of int, shape (N,)
        How many steps count, and how many labels.

    Returns
    -------
    log_likelihood : ndarray, shape (N,)
        Near or below `IMPOSSIBLE` where there is no alignment.
    log_alpha : ndarray, shape (T, N, S)
        Of all paths to each state at each step, up to a constant for each step.
    """
    emissions = _emissions(log_probs, states)
    skip = _skip_cost(can_skip, emissions)
    rows = np.arange(len(states))
    log_alpha = np.empty_like(emissions)
    offsets = np.zeros(emissions.shape[:2])  # what was subtracted so far: (T, N)
    total = np.zeros(len(states))
    previous = np.full((len(states), states.shape[1] + 2), IMPOSSIBLE, emissions.dtype)  # two columns for s - 1, s - 2
    previous[:, 2] = 0  # as if state 0 had been before: a sequence begins there or in state 1
    for t, emission in enumerate(emissions):
        current = _sum_of_ways(previous[:, 2:], previous[:, 1:-1], previous[:, :-2] + skip)
        current += emission
        best = current.max(axis=1)
        total += best
        offsets[t] = total
        np.subtract(current, best[:, None], out=log_alpha[t])
        previous[:, 2:] = log_alpha[t]
    end = input_lengths - 1
    last = log_alpha[end, rows, 2 * target_lengths]
    before = np.where(target_lengths > 0, log_alpha[end, rows, 2 * target_lengths - 1], IMPOSSIBLE)
    return np.logaddexp(last, before) + offsets[end, rows], log_alpha


def ctc_occupation(
    log_probs: Array, states: Array, can_skip: Array, input_lengths: Array, target_lengths: Array, log_alpha: Array
) -> Array:
    """Return how probable it is that each class is what a step stands for, given the labels.

    It is the gradient of the log-likelihood.

    Parameters
    ----------
    log_probs, states, can_skip, input_lengths, target_lengths : ndarray
        As `ctc_forward` takes them.
    log_alpha : ndarray, shape (T, N, S)
        What it returned.

    Returns
    -------
    ndarray, shape (N, T, C)
        0 at steps beyond the sequence.
    """
    emissions = _emissions(log_probs, states)
    skip = np.pad(_skip_cost(can_skip, emissions), ((0, 0), (0, 2)), constant_values=IMPOSSIBLE)[:, 2:]  # into s + 2
    count, size = states.shape
    position = np.arange(size)
    ends = 2 * target_lengths[:, None]
    final = np.where((position == ends) | ((position == ends - 1) & (ends > 0)), 0, IMPOSSIBLE).astype(emissions.dtype)
    following = np.full((count, size + 2), IMPOSSIBLE, emissions.dtype)  # two columns for s + 1, s + 2
    ends_at = set(input_lengths.tolist())
    through = np.empty_like(emissions)  # the logarithm of all paths through a state, up to a constant for each step
    for t in range(len(emissions) - 1, -1, -1):
        log_beta = _sum_of_ways(following[:, :-2], following[:, 1:-1], following[:, 2:] + skip)
        if t + 1 in ends_at:
            log_beta = np.where((input_lengths == t + 1)[:, None], final, log_beta)
        log_beta -= log_beta.max(axis=1, keepdims=True)
        np.add(log_alpha[t], log_beta, out=through[t])
        np.add(log_beta, emissions[t], out=following[:, :-2])
    through -= through.max(axis=2, keepdims=True)
    occupation = np.exp(through, out=through)
    counted = np.arange(len(emissions))[:, None] < input_lengths
    occupation *= (counted / occupation.sum(axis=2)).astype(emissions.dtype)[..., None]
    index = (np.arange(count)[:, None] * log_probs.shape[2] + states).reshape(-1)
    by_state = np.ascontiguousarray(occupation.transpose(1, 2, 0)).reshape(count * size, len(occupation))
    by_class = scatter_add_rows(index, by_state, count * log_probs.shape[2])
    return by_class.reshape(count, log_probs.shape[2], len(occupation)).transpose(0, 2, 1)


def _emissions(log_probs: Array, states: Array) -> Array:
    """Return the log-probabilities of the states at each step, (T, N, S)."""
    count, steps, _ = log_probs.shape
    chosen = log_probs[np.arange(count)[:, None], np.arange(steps)[:, None, None], states]
    held: Array = np.maximum(chosen, np.asarray(IMPOSSIBLE, log_probs.dtype))
    return held


def _skip_cost(can_skip: Array, emissions: Array) -> Array:
    """Return what is added where a state is entered from the one two before it."""
    return np.where(can_skip, 0, IMPOSSIBLE).astype(emissions.dtype)


def _sum_of_ways(stay: Array, step: Array, skip: Array) -> Array:
    """Return log(exp(stay) + exp(step) + exp(skip))."""
    best = np.maximum(np.maximum(stay, step), skip)
    total: Array = np.exp(stay - best)
    for way in (step, skip):
        share = np.subtract(way, best)
        total += np.exp(share, out=share)
    np.log(total, out=total)
    total += best
    return total
