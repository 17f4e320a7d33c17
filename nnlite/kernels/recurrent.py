"""Recurrent layers over whole sequences, and their derivatives back through time.

Sequences are time-major here: x is (T, N, F). The products with the input weights are made for all steps at once; what
is left to the loop over the steps is the recurrent product and the gates. Arrays of gates are (gates, T, N, H), so that
a gate of a step is in one piece, and weights are (gates, in, H) accordingly.

States are kept with the initial one beside them, (T + 1, N, H): it stands before the first step, or behind the last
one where the sequence is gone through in reverse. A step that the mask leaves out keeps the state as it is; so a state
that goes through padded sequences in reverse waits until their last real step.

On the way back, all that does not depend on the gradients (the slopes of the gates) is computed for all steps at once;
in the loop the slopes become the gradients of the gates, in place.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nnlite.kernels.product import share_out
from nnlite.kernels.window import Array

__all__ = ["Tape", "gru", "gru_vjp", "lstm", "lstm_vjp", "rnn", "rnn_vjp"]

_LSTM_ORDER = (3, 0, 1, 2)  # of the gates i, f, g, o: the sigmoids are neighbours, and so are those behind the cell
_GRU_ORDER = (2, 0, 1)  # of r, z, n: a fourth block, for what n takes from the state, follows r and z


class Tape(NamedTuple):
    """What a pass over the sequences keeps for the way back."""

    x: Array  # (T, N, F)
    gates: Array  # (gates, T, N, H), after their activations
    states: Array  # (T + 1, N, H)
    idle: list[Array | None]  # of each step the rows that the mask leaves out; None for none
    reverse: bool
    cells: Array | None = None  # (T + 1, N, H), of an LSTM
    inner: Array | None = None  # (T, N, H): tanh of an LSTM's cells; what a GRU's reset gate is multiplied with

    @property
    def order(self) -> range:
        """The numbers of the steps in the order in which they were taken."""
        steps = len(self.idle)
        return range(steps - 1, -1, -1) if self.reverse else range(steps)

    def before(self, kept: Array) -> Array:
        """Return the state (or the cells) before each step, (T, N, H)."""
        return kept[1:] if self.reverse else kept[:-1]

    def after(self, kept: Array) -> Array:
        """Return the state (or the cells) after each step, (T, N, H)."""
        return kept[:-1] if self.reverse else kept[1:]

    def last(self, kept: Array) -> Array:
        """Return the state (or the cells) after the last step, (N, H)."""
        number = 0 if self.reverse else -1
        last: Array = kept[number]
        return last


def rnn(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None, bias_hh: Array | None, h0: Array | None,
    *, mask: Array | None, reverse: bool, nonlinearity: str,
) -> Tape:  # fmt: skip
    """Run ``h = tanh(x @ weight_ih + bias_ih + h @ weight_hh + bias_hh)``, or its relu, over all steps.

    Parameters
    ----------
    x : ndarray, shape (T, N, F)
    weight_ih : ndarray, shape (F, H)
    weight_hh : ndarray, shape (H, H)
    bias_ih, bias_hh : ndarray, shape (H,), or None
    h0 : ndarray, shape (N, H), or None
        The state to begin with; zeros for None.
    mask : ndarray of bool, shape (T, N), or None
        False for the steps that are left out.
    reverse : bool
        Whether to begin with the last step.
    nonlinearity : {"tanh", "relu"}
    """
    tape = _begin(x, weight_ih[None], _total(bias_ih, bias_hh, (0,)), h0, mask, reverse)
    before, after, product = tape.before(tape.states), tape.after(tape.states), np.empty_like(tape.states[0])
    for t in tape.order:
        np.matmul(before[t], weight_hh, out=product)
        product += tape.gates[0, t]
        if nonlinearity == "tanh":
            np.tanh(product, out=after[t])
        else:
            np.maximum(product, 0, out=after[t])
        _keep(tape.idle[t], before[t], after[t])
    return tape._replace(gates=after[None])


def rnn_vjp(
    tape: Tape, weight_ih: Array, weight_hh: Array, g: Array | None, g_last: Array | None, needs: Sequence[bool],
    nonlinearity: str,
) -> tuple[Array | None, ...]:  # fmt: skip
    """Return the gradients of the first six arguments of `rnn`, None for those that are not needed.

    Parameters
    ----------
    tape : Tape
        What `rnn` returned.
    weight_ih, weight_hh, nonlinearity
        As there.
    g : ndarray, shape (T, N, H), or None
        The gradient of the states after each step; None for zeros.
    g_last : ndarray, shape (N, H), or None
        Another gradient of the state after the last step.
    needs : sequence of bool
    """
    if nonlinearity == "tanh":
        d = tape.gates * tape.gates
        np.subtract(1, d, out=d)
    else:
        d = (tape.gates > 0).astype(tape.gates.dtype)
    dh, transposed = _first(g_last, tape), weight_hh.T.copy()
    for t in reversed(tape.order):
        if g is not None:
            dh += g[t]
        idle, slopes = tape.idle[t], d[0, t]
        slopes *= dh
        if idle is None:
            np.matmul(slopes, transposed, out=dh)
        else:
            slopes[idle] = 0
            _take_back(idle, dh, slopes @ transposed)
    return *_gradients(tape, weight_ih[None], d, d, (0,), (0,), needs), dh


def lstm(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None, bias_hh: Array | None, h0: Array | None,
    c0: Array | None, *, mask: Array | None, reverse: bool,
) -> Tape:  # fmt: skip
    """Run a long short-term memory over all steps.

    ``i, f, g, o = split(x @ weight_ih + bias_ih + h @ weight_hh + bias_hh)``,
    ``c = sigmoid(f) * c + sigmoid(i) * tanh(g)``, ``h = sigmoid(o) * tanh(c)``.

    Parameters
    ----------
    x : ndarray, shape (T, N, F)
    weight_ih : ndarray, shape (F, 4 * H)
    weight_hh : ndarray, shape (H, 4 * H)
    bias_ih, bias_hh : ndarray, shape (4 * H,), or None
    h0, c0 : ndarray, shape (N, H), or None
        The state and the cells to begin with; zeros for None.
    mask, reverse
        As in `rnn`.
    """
    # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2: with weights and biases halved, one tanh serves all four gates.
    halves = np.array([0.5, 0.5, 0.5, 1], x.dtype)[:, None]
    bias = _total(bias_ih, bias_hh, _LSTM_ORDER)
    bias = None if bias is None else bias * halves
    tape = _begin(x, _by_gate(weight_ih, _LSTM_ORDER) * halves[:, None], bias, h0, mask, reverse)
    tape = tape._replace(cells=_room(c0, tape.states.shape, x.dtype, reverse), inner=np.empty_like(tape.states[1:]))
    assert tape.cells is not None
    assert tape.inner is not None
    recurrent = _by_gate(weight_hh, _LSTM_ORDER) * halves[:, None]
    before, after = tape.before(tape.states), tape.after(tape.states)
    cells_before, cells_after = tape.before(tape.cells), tape.after(tape.cells)
    product, part = np.empty_like(tape.gates[:, 0]), np.empty_like(tape.states[0])
    for t in tape.order:
        gates, cells, inner, idle = tape.gates[:, t], cells_after[t], tape.inner[t], tape.idle[t]
        np.matmul(before[t], recurrent, out=product)
        gates += product
        np.tanh(gates, out=gates)
        sigmoids = gates[:3]
        sigmoids *= 0.5
        sigmoids += 0.5
        o, i, f, g = gates
        np.multiply(f, cells_before[t], out=cells)
        np.multiply(i, g, out=part)
        cells += part
        np.tanh(cells, out=inner)
        np.multiply(o, inner, out=after[t])
        _keep(idle, before[t], after[t])
        _keep(idle, cells_before[t], cells)
    return tape


def lstm_vjp(
    tape: Tape, weight_ih: Array, weight_hh: Array, g: Array | None, g_last: Array | None, g_cells: Array | None,
    needs: Sequence[bool],
) -> tuple[Array | None, ...]:  # fmt: skip
    """Return the gradients of the first seven arguments of `lstm`, None for those that are not needed.

    Parameters
    ----------
    tape : Tape
        What `lstm` returned.
    weight_ih, weight_hh
        As there.
    g, g_last, needs
        As in `rnn_vjp`.
    g_cells : ndarray, shape (N, H), or None
        The gradient of the cells after the last step.
    """
    assert tape.cells is not None
    assert tape.inner is not None
    o, i, f, candidate = tape.gates
    d = np.empty_like(tape.gates)
    np.subtract(1, tape.gates[:3], out=d[:3])
    d[:3] *= tape.gates[:3]  # of the sigmoids
    d[0] *= tape.inner
    d[1] *= candidate
    d[2] *= tape.before(tape.cells)
    np.multiply(candidate, candidate, out=d[3])
    np.subtract(1, d[3], out=d[3])
    d[3] *= i
    to_cells = tape.inner * tape.inner
    np.subtract(1, to_cells, out=to_cells)
    to_cells *= o
    dh, dc, part = _first(g_last, tape), _first(g_cells, tape), np.empty_like(tape.states[0])
    transposed = _transposed(weight_hh, _LSTM_ORDER)
    for t in reversed(tape.order):
        if g is not None:
            dh += g[t]
        idle, gates = tape.idle[t], d[:, t]
        passed = None if idle is None else dc[idle]
        np.multiply(dh, to_cells[t], out=part)
        dc += part
        gates[0] *= dh
        gates[1:] *= dc
        dc *= f[t]
        if idle is None:
            np.add.reduce(np.matmul(gates, transposed), axis=0, out=dh)
        else:
            gates[:, idle] = 0
            dc[idle] = passed
            _take_back(idle, dh, np.matmul(gates, transposed).sum(axis=0))
    return *_gradients(tape, _by_gate(weight_ih, _LSTM_ORDER), d, d, _LSTM_ORDER, _LSTM_ORDER, needs), dh, dc


def gru(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None, bias_hh: Array | None, h0: Array | None,
    *, mask: Array | None, reverse: bool,
) -> Tape:  # fmt: skip
    """Run gated recurrent units over all steps.

    ``r = sigmoid(x @ W_r + b_r + h @ U_r + c_r)``, ``z = sigmoid(x @ W_z + b_z + h @ U_z + c_z)``,
    ``n = tanh(x @ W_n + b_n + r * (h @ U_n + c_n))``, ``h = (1 - z) * n + z * h``.

    Parameters
    ----------
    x : ndarray, shape (T, N, F)
    weight_ih : ndarray, shape (F, 3 * H)
        W_r, W_z and W_n beside each other.
    weight_hh : ndarray, shape (H, 3 * H)
        U_r, U_z and U_n.
    bias_ih, bias_hh : ndarray, shape (3 * H,), or None
        b and c.
    h0, mask, reverse
        As in `rnn`.
    """
    tape = _begin(x, _by_gate(weight_ih, _GRU_ORDER), _total(bias_ih, None, _GRU_ORDER), h0, mask, reverse)
    tape = tape._replace(inner=np.empty_like(tape.states[1:]))
    assert tape.inner is not None
    recurrent, bias = _by_gate(weight_hh, (0, 1, 2)), _total(bias_hh, None, (0, 1, 2))
    before, after = tape.before(tape.states), tape.after(tape.states)
    product, part = np.empty_like(tape.gates[:, 0]), np.empty_like(tape.states[0])
    for t in tape.order:
        state, new, inner = before[t], after[t], tape.inner[t]
        np.matmul(state, recurrent, out=product)
        if bias is not None:
            product += bias[:, None]
        inner[...] = product[2]
        n, sigmoids = tape.gates[0, t], tape.gates[1:, t]
        sigmoids += product[:2]
        sigmoids *= 0.5
        np.tanh(sigmoids, out=sigmoids)
        sigmoids *= 0.5
        sigmoids += 0.5
        r, z = sigmoids
        np.multiply(r, inner, out=part)
        n += part
        np.tanh(n, out=n)
        np.subtract(state, n, out=new)
        new *= z
        new += n
        _keep(tape.idle[t], state, new)
    return tape


def gru_vjp(
    tape: Tape, weight_ih: Array, weight_hh: Array, g: Array | None, g_last: Array | None, needs: Sequence[bool]
) -> tuple[Array | None, ...]:
    """Return the gradients of the first six arguments of `gru`, None for those that are not needed.

    Parameters
    ----------
    tape : Tape
        What `gru` returned.
    weight_ih, weight_hh
        As there.
    g, g_last, needs
        As in `rnn_vjp`.
    """
    assert tape.inner is not None
    n, r, z = tape.gates
    d = np.empty((4, *n.shape), n.dtype)
    np.multiply(n, n, out=d[0])
    np.subtract(1, d[0], out=d[0])
    d[0] *= 1 - z
    np.subtract(1, tape.gates[1:], out=d[1:3])
    d[1:3] *= tape.gates[1:]  # of the sigmoids
    d[1] *= d[0]
    d[1] *= tape.inner
    d[2] *= tape.before(tape.states) - n
    np.multiply(d[0], r, out=d[3])
    dh, transposed = _first(g_last, tape), _transposed(weight_hh, (0, 1, 2))
    for t in reversed(tape.order):
        if g is not None:
            dh += g[t]
        idle, gates = tape.idle[t], d[:, t]
        gates *= dh
        if idle is not None:
            gates[:, idle] = 0
        through_gates = np.add.reduce(np.matmul(gates[1:], transposed), axis=0)
        through_gates += z[t] * dh
        if idle is None:
            dh = through_gates
        else:
            _take_back(idle, dh, through_gates)
    return *_gradients(tape, _by_gate(weight_ih, _GRU_ORDER), d[:3], d[1:], _GRU_ORDER, (0, 1, 2), needs), dh


def _begin(x: Array, weight: Array, bias: Array | None, h0: Array | None, mask: Array | None, reverse: bool) -> Tape:
    """Make the products with the input weights (gates, F, H), and room for the states."""
    (steps, batch, features), (gates, _, units) = x.shape, weight.shape
    rows, flat = steps * batch, x.reshape(steps * batch, features)
    products = np.empty((gates, rows, units), x.dtype)

    def multiply(piece: slice) -> None:
        for gate in range(gates):
            np.matmul(flat[piece], weight[gate], out=products[gate, piece])
            if bias is not None:
                products[gate, piece] += bias[gate]

    share_out(multiply, rows, x.size * gates * units)
    idle: list[Array | None] = [None] * steps
    if mask is not None:
        for t in np.flatnonzero(~mask.all(axis=1)):
            idle[t] = np.flatnonzero(~mask[t])
    states = _room(h0, (steps + 1, batch, units), x.dtype, reverse)
    return Tape(x, products.reshape(gates, steps, batch, units), states, idle, reverse)


def _room(initial: Array | None, shape: tuple[int, ...], dtype: np.dtype, reverse: bool) -> Array:
    """Return an array for states whose initial one is set."""
    states = np.empty(shape, dtype)
    states[-1 if reverse else 0] = 0 if initial is None else initial
    return states


def _by_gate(weight: Array, order: Sequence[int]) -> Array:
    """Return a weight (in, gates * H) as (gates, in, H), with the gates in this order."""
    return weight.reshape(len(weight), len(order), -1).swapaxes(0, 1)[list(order)]


def _transposed(weight: Array, order: Sequence[int]) -> Array:
    """Return a weight (in, gates * H) as (gates, H, in)."""
    return np.ascontiguousarray(_by_gate(weight, order).swapaxes(1, 2))


def _beside(gradients: Array, order: Sequence[int]) -> Array:
    """Return (gates, in, H) as (in, gates * H): the inverse of `_by_gate`."""
    return gradients[np.argsort(order)].swapaxes(0, 1).reshape(gradients.shape[1], -1)


def _total(bias_ih: Array | None, bias_hh: Array | None, order: Sequence[int]) -> Array | None:
    """Return the sum of the biases as (gates, H); None if there is none."""
    given = [bias.reshape(len(order), -1)[list(order)] for bias in (bias_ih, bias_hh) if bias is not None]
    return sum(given[1:], given[0]) if given else None


def _keep(idle: Array | None, before: Array, after: Array) -> None:
    """Keep the states of rows that the mask leaves out."""
    if idle is not None:
        after[idle] = before[idle]


def _take_back(idle: Array, dh: Array, through_gates: Array) -> None:
    """Make dh the gradient before a step: of the rows that were left out it stays as it is."""
    through_gates[idle] = dh[idle]
    dh[...] = through_gates


def _first(gradient: Array | None, tape: Tape) -> Array:
    """Return the gradient to begin with, as an array that may be changed."""
    return np.zeros_like(tape.states[0]) if gradient is None else np.array(gradient, tape.x.dtype)


def _gradients(
    tape: Tape, weight_ih: Array, d_ih: Array, d_hh: Array, order_ih: Sequence[int], order_hh: Sequence[int],
    needs: Sequence[bool],
) -> tuple[Array | None, ...]:  # fmt: skip
    """Return the gradients of x, the weights and the biases, for those of the gates, (gates, T, N, H)."""
    steps, batch, features = tape.x.shape
    rows, units = steps * batch, tape.states.shape[2]
    d_ih, d_hh = d_ih.reshape(len(d_ih), rows, units), d_hh.reshape(len(d_hh), rows, units)
    x, before = tape.x.reshape(rows, features), tape.before(tape.states).reshape(rows, units)
    dx = np.empty_like(tape.x) if needs[0] else None
    d_weight_ih, d_weight_hh = (
        np.empty((len(d_ih), features, units), x.dtype),
        np.empty((len(d_hh), units, units), x.dtype),
    )

    def multiply_back(piece: slice) -> None:
        assert dx is not None
        np.matmul(d_ih[0, piece], weight_ih[0].T, out=dx.reshape(rows, features)[piece])
        for d, weight in zip(d_ih[1:], weight_ih[1:], strict=True):
            dx.reshape(rows, features)[piece] += np.matmul(d[piece], weight.T)

    def gather(numbers: slice) -> None:
        for gate in range(numbers.start, numbers.stop):
            if needs[1]:
                np.matmul(x.T, d_ih[gate], out=d_weight_ih[gate])
            if needs[2]:
                np.matmul(before.T, d_hh[gate], out=d_weight_hh[gate])

    if needs[0]:
        share_out(multiply_back, rows, x.size * len(d_ih) * units)
    share_out(gather, len(d_ih), (x.size + before.size) * len(d_ih) * units)
    return (
        dx,
        _beside(d_weight_ih, order_ih) if needs[1] else None,
        _beside(d_weight_hh, order_hh) if needs[2] else None,
        _beside(d_ih.sum(axis=1, keepdims=True), order_ih)[0] if needs[3] else None,
        _beside(d_hh.sum(axis=1, keepdims=True), order_hh)[0] if needs[4] else None,
    )
