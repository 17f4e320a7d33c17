"""Gated recurrent units, and their derivatives back through time.

The block of a step has four slots: the gates r, z and n, and before n what the state gives to it (u), which r
multiplies. What the input gives to n is computed for all steps beforehand, the rest by one product for each step.

On the way back, all that does not depend on the gradients (the slopes) is computed for a whole piece at once; in the
loop the slopes become the gradients of the gates, in place.
"""

from collections.abc import Sequence

import numpy as np

from nnlite.kernels.recurrent import (
    Tape,
    begin,
    beside,
    biases,
    by_gate,
    each,
    first_gradients,
    gradients_of_weights,
    input_gradient,
    output_gradients,
    outputs,
    pieces_of,
    stacked,
    steps_of,
)
from nnlite.kernels.window import Array

__all__ = ["backward", "forward"]

_ORDER = (0, 1, 2)  # of the gates r, z, n
_SLOTS = 4
_INPUT_SLOTS, _STATE_SLOTS = [0, 1, 3], [0, 1, 2]  # whose gradients the input weights get, and the recurrent ones


def forward(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None, bias_hh: Array | None, h0: Array | None,
    *, mask: Array | None, reverse: bool,
) -> tuple[Array, Array, list[Tape]]:  # fmt: skip
    """Return the states after each step, the last state, and what `backward` needs.

    ``r = sigmoid(x @ W_r + b_r + h @ U_r + c_r)``, ``z = sigmoid(x @ W_z + b_z + h @ U_z + c_z)``,
    ``n = tanh(x @ W_n + b_n + r * (h @ U_n + c_n))``, ``h = (1 - z) * n + z * h``.

    Parameters
    ----------
    x : ndarray, shape (N, T, F)
    weight_ih : ndarray, shape (F, 3 * H)
        W_r, W_z and W_n beside each other.
    weight_hh : ndarray, shape (H, 3 * H)
        U_r, U_z and U_n.
    bias_ih, bias_hh : ndarray, shape (3 * H,), or None
        b and c.
    h0 : ndarray, shape (N, H), or None
    mask : ndarray of bool, shape (N, T), or None
    reverse : bool
        As for `lstm.forward`.
    """
    features, by_input = len(weight_ih), by_gate(weight_ih, _ORDER)
    b, c = biases([bias_ih], _ORDER, weight_ih), biases([bias_hh], _ORDER, weight_hh)
    to_n = np.concatenate([by_input[2], b[2]])
    weight = stacked(by_input, b + c, by_gate(weight_hh, _ORDER))
    weight[2, :features], weight[2, features] = 0, c[2]
    weight[:2] *= 0.5  # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2
    tapes = begin(x, len(weight_hh), _SLOTS, len(x) * weight.size, h0, mask, reverse)
    each(lambda tape: _take_steps(tape, weight, to_n), tapes)
    return *outputs(tapes), tapes


def _take_steps(tape: Tape, weight: Array, to_n: Array) -> None:
    """Fill the block, and the states beside the inputs."""
    block, half = tape.block, tape.block.dtype.type(0.5)
    _, steps, batch, units = block.shape
    inputs = tape.inputs.reshape(steps * batch, -1)[:-batch, : len(to_n)] if batch else tape.inputs[0, :, : len(to_n)]
    np.matmul(inputs, to_n, out=block[3, :-1].reshape(-1, units))
    part = np.empty((batch, units), block.dtype)
    matmul, tanh, multiply, add, subtract = np.matmul, np.tanh, np.multiply, np.add, np.subtract
    all_steps = zip(
        tape.inputs, tape.states, tape.states[1:], tape.idle, steps_of(block[:3]), steps_of(block[:2]), *block,
        strict=False,
    )  # fmt: skip
    for step, before, after, idle, products, sigmoids, r, z, u, n in all_steps:
        matmul(step, weight, products)
        tanh(sigmoids, sigmoids)
        multiply(sigmoids, half, sigmoids)
        add(sigmoids, half, sigmoids)
        multiply(r, u, part)
        add(n, part, n)
        tanh(n, n)
        subtract(before, n, part)
        multiply(part, z, part)
        add(part, n, after)
        if idle is not None:
            after[idle] = before[idle]


def backward(
    tapes: Sequence[Tape], weight_ih: Array, weight_hh: Array, g: Array | None, g_last: Array | None,
    needs: Sequence[bool],
) -> tuple[Array | None, ...]:  # fmt: skip
    """Return the gradients of the first six arguments of `forward`, None for those that are not needed.

    Parameters
    ----------
    tapes : sequence of Tape
        The last of what `forward` returned.
    weight_ih, weight_hh, g, g_last, needs
        As for `lstm.backward`.
    """
    features, by_input = len(weight_ih), by_gate(weight_ih, _ORDER)
    transposed = by_gate(weight_hh, _ORDER).swapaxes(1, 2).copy()
    dx = np.empty((tapes[-1].rows.stop, len(tapes[0].idle), features), weight_ih.dtype) if needs[0] else None
    dh = first_gradients(tapes, g_last)

    def job(tape: Tape) -> Array | None:
        g_states, total = output_gradients(tape, g), None
        for piece in pieces_of(tape):
            d = _take_steps_back(tape, piece, transposed, g_states[piece], dh[tape.rows])
            if dx is not None:
                input_gradient(tape, piece, d[_INPUT_SLOTS], by_input, dx)
            if any(needs[1:5]):
                total = gradients_of_weights(tape, piece, d, total)
        return total

    d_weights = each(job, tapes)
    if d_weights is None:
        return dx, None, None, None, None, dh
    d_ih, d_hh = d_weights[_INPUT_SLOTS], d_weights[_STATE_SLOTS]
    return (
        dx, beside(d_ih[:, :features], _ORDER), beside(d_hh[:, features + 1 :], _ORDER), d_ih[:, features].ravel(),
        d_hh[:, features].ravel(), dh,
    )  # fmt: skip


def _take_steps_back(tape: Tape, piece: slice, transposed: Array, g: Sequence[Array | None], dh: Array) -> Array:
    """Return the gradients of r, z, u and n, (4, T, n, H), and set dh to that of the state before the piece."""
    d = _slopes(tape.block[:, piece], tape.states[piece])
    passed = np.empty_like(d[:, 0])
    through_gates, through_z = passed[:3], passed[3]
    matmul, multiply, add, reduce = np.matmul, np.multiply, np.add, np.add.reduce
    steps = zip(tape.idle[piece], g, steps_of(d), steps_of(d[:3]), tape.block[1, piece], strict=True)
    for idle, g_state, slopes, gates, z in reversed(list(steps)):
        if g_state is not None:
            add(dh, g_state, dh)
        multiply(slopes, dh, slopes)
        multiply(z, dh, through_z)
        if idle is not None:
            slopes[:, idle] = 0
            through_z[idle] = dh[idle]
        matmul(gates, transposed, through_gates)
        reduce(passed, axis=0, out=dh)
    return d


def _slopes(block: Array, before: Array) -> Array:
    """Return the slopes of the new state in r, z, u and n before their activations, (4, T, n, H)."""
    (r, _, u, n), sigmoids = block, block[:2]
    d = np.empty((4, *n.shape), n.dtype)
    np.subtract(1, sigmoids, out=d[:2])
    np.multiply(n, n, out=d[3])
    np.subtract(1, d[3], out=d[3])
    d[3] *= d[1]
    d[:2] *= sigmoids
    d[0] *= u
    d[0] *= d[3]
    d[1] *= np.subtract(before, n, out=d[2])
    np.multiply(d[3], r, out=d[2])
    return d
