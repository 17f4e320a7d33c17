"""The long short-term memory, and its derivatives back through time.

The block of a step has six slots: the gates o, i, f and g, the cells before the step, and the tanh of the cells after
it. So one product of (i, f) and (g, cells) gives what becomes the new cells, and the slopes of o, i and f are those of
the sigmoid times the slots (tanh, g, cells).

On the way back, all that does not depend on the gradients (the slopes of the gates) is computed for a whole piece at
once; in the loop the slopes become the gradients of the gates, in place.
"""

from collections.abc import Sequence

import numpy as np

from nnlite.kernels.recurrent import (
    Tape,
    begin,
    biases,
    by_gate,
    each,
    first_gradients,
    gradients_of_weights,
    input_gradient,
    output_gradients,
    outputs,
    pieces_of,
    split_gradients,
    stacked,
    steps_of,
)
from nnlite.kernels.window import Array

__all__ = ["backward", "forward"]

_ORDER = (3, 0, 1, 2)  # of the gates i, f, g, o
_SLOTS = 6


def forward(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None, bias_hh: Array | None, h0: Array | None,
    c0: Array | None, *, mask: Array | None, reverse: bool,
) -> tuple[Array, Array, Array, list[Tape]]:  # fmt: skip
    """Return the states after each step, the last state, the last cells, and what `backward` needs.

    ``i, f, g, o = split(x @ weight_ih + bias_ih + h @ weight_hh + bias_hh)``,
    ``c = sigmoid(f) * c + sigmoid(i) * tanh(g)``, ``h = sigmoid(o) * tanh(c)``.

    Parameters
    ----------
    x : ndarray, shape (N, T, F)
    weight_ih : ndarray, shape (F, 4 * H)
    weight_hh : ndarray, shape (H, 4 * H)
    bias_ih, bias_hh : ndarray, shape (4 * H,), or None
    h0, c0 : ndarray, shape (N, H), or None
        The state and the cells to begin with; zeros for None.
    mask : ndarray of bool, shape (N, T), or None
        False for the steps that are left out: state and cells stay as they are.
    reverse : bool
        Whether to begin with the last step.
    """
    bias = biases([bias_ih, bias_hh], _ORDER, weight_ih)
    weight = stacked(by_gate(weight_ih, _ORDER), bias, by_gate(weight_hh, _ORDER))
    weight[:3] *= 0.5  # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2: one tanh serves all four gates
    tapes = begin(x, len(weight_hh), _SLOTS, len(x) * weight.size, h0, mask, reverse)
    for tape in tapes:
        tape.block[4, 0] = 0 if c0 is None else c0[tape.rows]
    each(lambda tape: _take_steps(tape, weight), tapes)
    return *outputs(tapes), np.concatenate([tape.block[4, -1] for tape in tapes]), tapes


def _take_steps(tape: Tape, weight: Array) -> None:
    """Fill the block, and the states beside the inputs."""
    block, half = tape.block, tape.block.dtype.type(0.5)
    products = np.empty((2, *block.shape[2:]), block.dtype)
    new, kept = products
    matmul, tanh, multiply, add = np.matmul, np.tanh, np.multiply, np.add
    steps = zip(
        tape.inputs, tape.states, tape.states[1:], tape.idle, steps_of(block[:4]), steps_of(block[:3]), block[0],
        steps_of(block[1:3]), steps_of(block[3:5]), block[4], block[4, 1:], block[5], strict=False,
    )  # fmt: skip
    for inputs, before, after, idle, gates, sigmoids, o, i_f, g_cells, cells_before, cells, inner in steps:
        matmul(inputs, weight, gates)
        tanh(gates, gates)
        multiply(sigmoids, half, sigmoids)
        add(sigmoids, half, sigmoids)
        multiply(i_f, g_cells, products)
        add(new, kept, cells)
        tanh(cells, inner)
        multiply(o, inner, after)
        if idle is not None:
            after[idle], cells[idle] = before[idle], cells_before[idle]


def backward(
    tapes: Sequence[Tape], weight_ih: Array, weight_hh: Array, g: Array | None, g_last: Array | None,
    g_cells: Array | None, needs: Sequence[bool],
) -> tuple[Array | None, ...]:  # fmt: skip
    """Return the gradients of the first seven arguments of `forward`, None for those that are not needed.

    Parameters
    ----------
    tapes : sequence of Tape
        The last of what `forward` returned.
    weight_ih, weight_hh
        As there.
    g : ndarray, shape (N, T, H), or None
        The gradient of the states after each step; None for zeros.
    g_last, g_cells : ndarray, shape (N, H), or None
        Those of the last state and the last cells.
    needs : sequence of bool
    """
    features, by_input = len(weight_ih), by_gate(weight_ih, _ORDER)
    transposed = by_gate(weight_hh, _ORDER).swapaxes(1, 2).copy()
    dx = np.empty((tapes[-1].rows.stop, len(tapes[0].idle), features), weight_ih.dtype) if needs[0] else None
    dh, dc = first_gradients(tapes, g_last), first_gradients(tapes, g_cells)

    def job(tape: Tape) -> Array | None:
        g_states, total = output_gradients(tape, g), None
        for piece in pieces_of(tape):
            d = _take_steps_back(tape, piece, transposed, g_states[piece], dh[tape.rows], dc[tape.rows])
            if dx is not None:
                input_gradient(tape, piece, d, by_input, dx)
            if any(needs[1:5]):
                total = gradients_of_weights(tape, piece, d, total)
        return total

    return dx, *split_gradients(each(job, tapes), features, _ORDER), dh, dc


def _take_steps_back(
    tape: Tape, piece: slice, transposed: Array, g: Sequence[Array | None], dh: Array, dc: Array
) -> Array:
    """Return the gradients of the gates (4, T, n, H), and make dh and dc those of state and cells before it."""
    d, to_cells = _slopes(tape.block[:, piece])
    products, part = np.empty_like(d[:, 0]), np.empty_like(dh)
    matmul, multiply, add, reduce = np.matmul, np.multiply, np.add, np.add.reduce
    steps = zip(tape.idle[piece], g, to_cells, steps_of(d), d[0], steps_of(d[1:]), tape.block[2, piece], strict=True)
    for idle, g_state, slope, gates, d_o, d_i_f_g, f in reversed(list(steps)):
        if g_state is not None:
            add(dh, g_state, dh)
        if idle is not None:
            waiting = dh[idle], dc[idle]
        multiply(dh, slope, part)
        add(dc, part, dc)
        multiply(d_o, dh, d_o)
        multiply(d_i_f_g, dc, d_i_f_g)
        multiply(dc, f, dc)
        if idle is not None:
            gates[:, idle] = 0
        matmul(gates, transposed, products)
        reduce(products, axis=0, out=dh)
        if idle is not None:
            dh[idle], dc[idle] = waiting
    return d


def _slopes(block: Array) -> tuple[Array, Array]:
    """Return the slopes of the gates (4, T, n, H), and of the state in the cells (T, n, H)."""
    (o, i, _, g, _, inner), sigmoids = block, block[:3]
    d = np.empty((4, *o.shape), o.dtype)
    np.subtract(1, sigmoids, out=d[:3])
    d[:3] *= sigmoids
    d[0] *= inner
    d[1:3] *= block[3:5]
    np.multiply(g, g, out=d[3])
    np.subtract(1, d[3], out=d[3])
    d[3] *= i
    to_cells = inner * inner
    np.subtract(1, to_cells, out=to_cells)
    to_cells *= o
    return d, to_cells
