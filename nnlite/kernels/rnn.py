"""The simple recurrent network, and its derivatives back through time.

The block of a step has one slot, for the new state before its activation.
"""

from collections.abc import Sequence

import numpy as np

from nnlite.kernels.recurrent import (
    Tape,
    begin,
    biases,
    each,
    first_gradients,
    gradients_of_weights,
    input_gradient,
    output_gradients,
    outputs,
    pieces_of,
    split_gradients,
    stacked,
)
from nnlite.kernels.window import Array

__all__ = ["backward", "forward"]


def forward(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None, bias_hh: Array | None, h0: Array | None,
    *, mask: Array | None, reverse: bool, nonlinearity: str,
) -> tuple[Array, Array, list[Tape]]:  # fmt: skip
    """Return the states after each step, the last state, and what `backward` needs.

    ``h = tanh(x @ weight_ih + bias_ih + h @ weight_hh + bias_hh)``, or its relu.

    Parameters
    ----------
    x : ndarray, shape (N, T, F)
    weight_ih : ndarray, shape (F, H)
    weight_hh : ndarray, shape (H, H)
    bias_ih, bias_hh : ndarray, shape (H,), or None
    h0 : ndarray, shape (N, H), or None
    mask : ndarray of bool, shape (N, T), or None
    reverse : bool
        As for `lstm.forward`.
    nonlinearity : {"tanh", "relu"}
    """
    weight = stacked(weight_ih[None], biases([bias_ih, bias_hh], (0,), weight_ih), weight_hh[None])[0]
    tapes = begin(x, len(weight_hh), 1, len(x) * weight.size, h0, mask, reverse)
    each(lambda tape: _take_steps(tape, weight, nonlinearity), tapes)
    return *outputs(tapes), tapes


def _take_steps(tape: Tape, weight: Array, nonlinearity: str) -> None:
    """Fill the block, and the states beside the inputs."""
    steps = zip(tape.inputs, tape.states, tape.states[1:], tape.idle, tape.block[0], strict=False)
    for inputs, before, after, idle, total in steps:
        np.matmul(inputs, weight, total)
        if nonlinearity == "tanh":
            np.tanh(total, after)
        else:
            np.maximum(total, 0, out=after)
        if idle is not None:
            after[idle] = before[idle]


def backward(
    tapes: Sequence[Tape], weight_ih: Array, weight_hh: Array, g: Array | None, g_last: Array | None,
    needs: Sequence[bool], nonlinearity: str,
) -> tuple[Array | None, ...]:  # fmt: skip
    """Return the gradients of the first six arguments of `forward`, None for those that are not needed.

    Parameters
    ----------
    tapes : sequence of Tape
        The last of what `forward` returned.
    weight_ih, weight_hh, g, g_last, needs
        As for `lstm.backward`.
    nonlinearity : {"tanh", "relu"}
    """
    dx = np.empty((tapes[-1].rows.stop, len(tapes[0].idle), len(weight_ih)), weight_ih.dtype) if needs[0] else None
    dh, transposed = first_gradients(tapes, g_last), weight_hh.T.copy()

    def job(tape: Tape) -> Array | None:
        g_states, total = output_gradients(tape, g), None
        for piece in pieces_of(tape):
            after = tape.states[piece.start + 1 : piece.stop + 1]
            d = (1 - after * after if nonlinearity == "tanh" else (after > 0).astype(after.dtype))[None]
            _take_steps_back(tape.idle[piece], g_states[piece], d[0], transposed, dh[tape.rows])
            if dx is not None:
                input_gradient(tape, piece, d, weight_ih[None], dx)
            if any(needs[1:5]):
                total = gradients_of_weights(tape, piece, d, total)
        return total

    return dx, *split_gradients(each(job, tapes), len(weight_ih), (0,)), dh


def _take_steps_back(
    idle_rows: Sequence[Array | None], g: Sequence[Array | None], d: Array, transposed: Array, dh: Array
) -> None:
    """Make slopes d (T, n, H) the gradients before the activation, and dh that of the state before the piece."""
    for idle, g_state, slopes in reversed(list(zip(idle_rows, g, d, strict=True))):
        if g_state is not None:
            np.add(dh, g_state, dh)
        np.multiply(slopes, dh, slopes)
        if idle is not None:
            slopes[idle], waiting = 0, dh[idle]
        np.matmul(slopes, transposed, dh)
        if idle is not None:
            dh[idle] = waiting
