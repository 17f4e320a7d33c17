"""Samples of the recurrent layers, against loops over sequences and steps."""

import numpy as np

import nnlite.functional as F
from nnlite.functional._recurrent import _gru, _lstm, _rnn
from tests.op_samples._sample import Sample, normal


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def _each_sequence(step, x, h0, c0, mask, reverse):
    """Run `step(x_t, h, c)` over one sequence after the other; steps that are left out are passed over."""
    batch, steps, _ = x.shape
    y, last_h, last_c = np.zeros((batch, steps, h0.shape[1])), h0.copy(), c0.copy()
    for n in range(batch):
        for t in range(steps - 1, -1, -1) if reverse else range(steps):
            if mask is None or mask[n, t]:
                last_h[n], last_c[n] = step(x[n, t], last_h[n], last_c[n])
            y[n, t] = last_h[n]
    return y, last_h, last_c


def naive_rnn(
    x, weight_ih, weight_hh, bias_ih=None, bias_hh=None, h0=None, nonlinearity="tanh", mask=None, reverse=False
):
    """Compute `rnn` step by step."""
    activate = np.tanh if nonlinearity == "tanh" else lambda a: np.maximum(a, 0)
    biases = _or_zeros(bias_ih, weight_ih.shape[1]) + _or_zeros(bias_hh, weight_ih.shape[1])
    h0 = _or_zeros(h0, len(x), len(weight_hh))

    def step(x, h, c):
        return activate(x @ weight_ih + h @ weight_hh + biases), c

    return _each_sequence(step, x, h0, h0, mask, reverse)[:2]


def naive_lstm(
    x, weight_ih, weight_hh, bias_ih=None, bias_hh=None, h0=None, c0=None, mask=None, reverse=False
):  # fmt: skip
    """Compute `lstm` step by step."""
    biases = _or_zeros(bias_ih, weight_ih.shape[1]) + _or_zeros(bias_hh, weight_ih.shape[1])

    def step(x, h, c):
        i, f, g, o = np.split(x @ weight_ih + h @ weight_hh + biases, 4)
        c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
        return _sigmoid(o) * np.tanh(c), c

    shape = len(x), len(weight_hh)
    return _each_sequence(step, x, _or_zeros(h0, *shape), _or_zeros(c0, *shape), mask, reverse)


def naive_gru(x, weight_ih, weight_hh, bias_ih=None, bias_hh=None, h0=None, mask=None, reverse=False):
    """Compute `gru` step by step."""
    bias_ih, bias_hh = _or_zeros(bias_ih, weight_ih.shape[1]), _or_zeros(bias_hh, weight_ih.shape[1])
    h0 = _or_zeros(h0, len(x), len(weight_hh))

    def step(x, h, c):
        a_r, a_z, a_n = np.split(x @ weight_ih + bias_ih, 3)
        b_r, b_z, b_n = np.split(h @ weight_hh + bias_hh, 3)
        z = _sigmoid(a_z + b_z)
        return (1 - z) * np.tanh(a_n + _sigmoid(a_r + b_r) * b_n) + z * h, c

    return _each_sequence(step, x, h0, h0, mask, reverse)[:2]


def _or_zeros(array, *shape):
    return np.zeros(shape) if array is None else array


def _arguments(gates, states=1, batch=2, steps=3, features=2, units=2):
    """Sequences, weights, biases and states."""
    wide = gates * units
    return (
        normal(batch, steps, features),
        normal(features, wide),
        normal(units, wide, seed=1),
        normal(wide),
        normal(wide, seed=1),
        *(normal(batch, units, seed=2 + number) for number in range(states)),
    )


_PADDED = np.array([[True, True, False], [True, False, False]])
_HOLES = np.array([[False, True, False], [False, False, True]])

SAMPLES = [
    *(
        sample
        for function, inner, naive, gates, states, settings in (
            (F.rnn, _rnn, naive_rnn, 1, 1, {"nonlinearity": "tanh"}),
            (F.rnn, _rnn, naive_rnn, 1, 1, {"nonlinearity": "relu"}),
            (F.lstm, _lstm, naive_lstm, 4, 2, {}),
            (F.gru, _gru, naive_gru, 3, 1, {}),
        )
        for sample in (
            Sample(function, _arguments(gates)[:3], naive, settings, note="no bias"),
            Sample(function, (*_arguments(gates)[:3], None, _arguments(gates)[4]), naive, settings, note="one bias"),
            Sample(function, _arguments(gates, states), naive, {**settings, "reverse": True}),
            Sample(function, _arguments(gates, states), naive, {**settings, "mask": _PADDED}, note="padded"),
            Sample(function, _arguments(gates, states, steps=1), naive, settings, note="one step"),
            Sample(function, _arguments(gates, states, batch=0), naive, settings, note="empty"),
            Sample(inner, _arguments(gates, states), naive, {"mask": None, "reverse": False, **settings}),
            Sample(
                inner, _arguments(gates, states, features=1, units=3), naive,
                {"mask": _HOLES, "reverse": True, **settings}, note="holes",
            ),
        )
    ),
    Sample(
        F.lstm, (normal(3, 2, 4).T[::2], *_arguments(4, features=3)[1:3]), naive_lstm, note="strided",
    ),
]  # fmt: skip
