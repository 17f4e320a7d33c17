"""What the recurrent kernels (`rnn`, `lstm`, `gru`) share: the batch in parts, states beside inputs, gradients.

The rows of a batch never meet, so each thread takes a part of them through all steps. A step is one product: of
[x, 1, state], which stand beside each other in memory, with the weights of all gates, in which the bias is a row. So
nothing has to be read again and added up. On the way back the steps are taken piece by piece, and the gradients of
all weights are one product for each piece, while its arrays are in cache.

Arrays of gates are (gates, T, n, H), so that what is done to several gates of a step is one call, and weights are
(gates, F + 1 + H, H). Steps are numbered in the order in which they are taken: in a reversed pass the first is the
last of x.

A step makes as few calls of NumPy as it can: between two calls a thread must get the interpreter's lock again, and
waits for 7 us or so if the other thread has it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from nnlite.kernels.parallel import blas_limit, get_num_threads, map_chunks, partition
from nnlite.kernels.window import Array

__all__ = [
    "Tape", "begin", "beside", "biases", "by_gate", "each", "first_gradients", "gradients_of_weights", "input_gradient",
    "output_gradients", "outputs", "pieces_of", "split_gradients", "stacked", "steps_of",
]  # fmt: skip

_WORTHWHILE = 2**21  # multiplications of a step (about 40 us) that are worth a second thread
_ROWS = 256  # of a piece at least: products of fewer are slow


class Tape(NamedTuple):
    """What a pass of some rows keeps for the way back."""

    rows: slice  # of the batch
    inputs: Array  # (T + 1, n, F + 1 + H): x, 1 and the state before each step; of the last one only the state
    block: Array  # (slots, T + 1, n, H): what gates and cells gave
    idle: list[Array | None]  # of each step the rows that the mask leaves out; None for none
    reverse: bool

    @property
    def features(self) -> int:
        """The features F of a step of x."""
        features: int = self.inputs.shape[2] - 1 - self.block.shape[3]
        return features

    @property
    def states(self) -> Array:
        """The first state and those after each step, (T + 1, n, H)."""
        return self.inputs[:, :, self.features + 1 :]


def begin(
    x: Array, units: int, slots: int, multiplications: int, h0: Array | None, mask: Array | None, reverse: bool
) -> list[Tape]:
    """Return a tape for each part of the batch, with the first state in place, and the inputs of x (N, T, F).

    Parameters
    ----------
    x : ndarray, shape (N, T, F)
    units, slots : int
        Lengths of the state, and of the block's first axis.
    multiplications : int
        How many a step of the whole batch makes.
    h0, mask, reverse
        As for `lstm.forward`.
    """
    parts = partition(len(x), get_num_threads() if multiplications >= _WORTHWHILE else 1) or [slice(0, 0)]
    return [_tape(rows, x[rows], units, slots, h0, mask, reverse) for rows in parts]


def _tape(
    rows: slice, x: Array, units: int, slots: int, h0: Array | None, mask: Array | None, reverse: bool
) -> Tape:  # fmt: skip
    """Begin the tape of some rows."""
    batch, steps, features = x.shape
    inputs = np.empty((steps + 1, batch, features + 1 + units), x.dtype)
    inputs[:-1, :, :features] = _as_taken(x, reverse)
    inputs[:, :, features] = 1
    inputs[0, :, features + 1 :] = 0 if h0 is None else h0[rows]
    idle: list[Array | None] = [None] * steps
    if mask is not None:
        live = _as_taken(mask[rows], reverse)
        for t in np.flatnonzero(~live.all(axis=1)):
            idle[t] = np.flatnonzero(~live[t])
    return Tape(rows, inputs, np.empty((slots, steps + 1, batch, units), x.dtype), idle, reverse)


def each(job: Callable[[Tape], Array | None], tapes: Sequence[Tape]) -> Array | None:
    """Call `job` on all tapes, each on a thread, and return the sum of what it returned, in the order of the tapes."""
    with blas_limit:
        total, *others = map_chunks(lambda number: job(tapes[number]), len(tapes))
    for other in others:
        if total is not None:
            total += other
    return total


def steps_of(block: Array) -> list[Array]:
    """Return the views (slots, n, H) of each step of a block (slots, T, n, H)."""
    return list(block.swapaxes(0, 1))


def pieces_of(tape: Tape) -> list[slice]:
    """Cut the steps into pieces for the way back, the last one first."""
    steps, batch = tape.block.shape[1] - 1, tape.block.shape[2]
    return partition(steps, max(steps * batch // _ROWS, 1))[::-1]


def outputs(tapes: Sequence[Tape]) -> tuple[Array, Array]:
    """Return the states after each step (N, T, H), in the order of x, and the last state (N, H)."""
    steps, _, units = tapes[0].states.shape
    batch, dtype = tapes[-1].rows.stop, tapes[0].inputs.dtype
    y, last = np.empty((batch, steps - 1, units), dtype), np.empty((batch, units), dtype)
    for tape in tapes:
        _as_taken(y[tape.rows], tape.reverse)[...] = tape.states[1:]
        last[tape.rows] = tape.states[-1]
    return y, last


def output_gradients(tape: Tape, g: Array | None) -> Sequence[Array | None]:
    """Return, of each step, the gradient (n, H) of its output; None of each if g is None."""
    return [None] * len(tape.idle) if g is None else list(_as_taken(g[tape.rows], tape.reverse))


def first_gradients(tapes: Sequence[Tape], gradient: Array | None) -> Array:
    """Return the gradient of the last state (or the last cells) to begin with, (N, H): an array that may be changed."""
    shape, dtype = (tapes[-1].rows.stop, tapes[0].block.shape[3]), tapes[0].block.dtype
    return np.zeros(shape, dtype) if gradient is None else np.array(gradient, dtype, order="C")


def gradients_of_weights(tape: Tape, piece: slice, d: Array, total: Array | None) -> Array:
    """Return the gradients of the stacked weights, for those of the gates in a piece, added to a total."""
    inputs = tape.inputs[piece].reshape(-1, tape.inputs.shape[2])
    product = np.matmul(inputs.T, d.reshape(len(d), len(inputs), d.shape[3]))
    return np.asarray(product if total is None else np.add(total, product, out=total))


def input_gradient(tape: Tape, piece: slice, d: Array, weight_ih: Array, dx: Array) -> None:
    """Set the gradient of a piece of x in dx (N, T, F), for those of its gates (gates, steps, n, H)."""
    gates, steps, batch, units = d.shape
    total = None
    for gate, weight in zip(d.reshape(gates, steps * batch, units), weight_ih, strict=True):
        product = np.matmul(gate, weight.T)
        total = product if total is None else np.add(total, product, out=total)
    assert total is not None
    _as_taken(dx[tape.rows], tape.reverse)[piece] = total.reshape(steps, batch, weight_ih.shape[1])


def by_gate(weight: Array, order: Sequence[int]) -> Array:
    """Return a weight (in, gates * H) as (gates, in, H), with the gates in this order."""
    return weight.reshape(len(weight), len(order), -1).swapaxes(0, 1)[list(order)]


def beside(gradients: Array, order: Sequence[int]) -> Array:
    """Return (gates, in, H) as (in, gates * H): the inverse of `by_gate`."""
    return gradients[np.argsort(order)].swapaxes(0, 1).reshape(gradients.shape[1], -1)


def biases(given: Sequence[Array | None], order: Sequence[int], like: Array) -> Array:
    """Return the sum of biases (gates * H,) as (gates, 1, H), with the gates in this order; zeros if there is none."""
    total = np.zeros((1, like.shape[1]), like.dtype)
    for bias in given:
        total += 0 if bias is None else bias
    return by_gate(total, order)


def stacked(weight_ih: Array, bias: Array, weight_hh: Array) -> Array:
    """Return weights (gates, F, H), biases (gates, 1, H) and weights (gates, H, H) below each other."""
    return np.concatenate([weight_ih, bias, weight_hh], axis=1)


def split_gradients(d_weights: Array | None, features: int, order: Sequence[int]) -> list[Array | None]:
    """Return the gradients of input weights, recurrent weights and both biases; None of each for None."""
    if d_weights is None:
        return [None] * 4
    bias = beside(d_weights[:, features : features + 1], order)[0]
    return [beside(d_weights[:, :features], order), beside(d_weights[:, features + 1 :], order), bias, bias]


def _as_taken(x: Array, reverse: bool) -> Array:
    """View (n, T, ...) as (T, n, ...), the first step to be taken first."""
    return (x[:, ::-1] if reverse else x).swapaxes(0, 1)
