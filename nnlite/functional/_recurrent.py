"""Recurrent layers over whole sequences: one node for all steps, whose kernels go back through time by formula.

Each has a twin that is composed of differentiable functions step by step. It is replayed for derivatives of
derivatives, and tests hold the kernel against it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._activation import relu, sigmoid
from nnlite.functional._arithmetic import where
from nnlite.functional._math import tanh
from nnlite.functional._shape import stack
from nnlite.functional._windows import as_floating
from nnlite.kernels import gru as gru_kernel
from nnlite.kernels import lstm as lstm_kernel
from nnlite.kernels import rnn as rnn_kernel

__all__ = ["gru", "lstm", "rnn", "unrolled"]

Mask = NDArray[np.bool_] | None


def rnn(
    x: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array = None,
    bias_hh: Array = None,
    h0: Array = None,
    nonlinearity: str = "tanh",
    mask: Any = None,
    reverse: bool = False,
) -> Any:
    """Run a simple recurrent network over sequences.

    ``h_t = tanh(x_t @ weight_ih + bias_ih + h_{t - 1} @ weight_hh + bias_hh)``

    Parameters
    ----------
    x : array, shape (N, T, F)
        Sequences of T steps.
    weight_ih : array, shape (F, H)
    weight_hh : array, shape (H, H)
    bias_ih, bias_hh : array, shape (H,), optional
    h0 : array, shape (N, H), optional
        The states to begin with; zeros unless given.
    nonlinearity : {"tanh", "relu"}, default "tanh"
    mask : array of bool, shape (N, T), optional
        False for steps that are left out (padding): the state stays as it is, and so does the output.
    reverse : bool, default False
        Begin with the last step. With a mask each sequence begins with its last step that is not left out.

    Returns
    -------
    y : array, shape (N, T, H)
        The state after each step, in the order of x.
    h : array, shape (N, H)
        The state after the last step.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or the nonlinearity is unknown.

    References
    ----------
    J. L. Elman, "Finding structure in time", 1990.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> y, h = F.rnn(np.ones((1, 3, 1)), np.array([[1.0]]), np.array([[1.0]]), nonlinearity="relu")
    >>> y[0, :, 0], h
    (array([1., 2., 3.]), array([[3.]]))
    """
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f'rnn() expected nonlinearity "tanh" or "relu", got nonlinearity={nonlinearity!r}')
    arrays, mask = _checked("rnn", 1, (x, weight_ih, weight_hh, bias_ih, bias_hh, h0), mask)
    return _rnn(*arrays, nonlinearity=nonlinearity, mask=mask, reverse=reverse)


@differentiable
def _rnn(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array, h0: Array,
    *, nonlinearity: str, mask: Mask, reverse: bool,
) -> Any:  # fmt: skip
    """Run the kernel of `rnn` on checked arguments."""
    y, h, tapes = rnn_kernel.forward(
        x, weight_ih, weight_hh, bias_ih, bias_hh, h0, mask=mask, reverse=reverse, nonlinearity=nonlinearity
    )

    def vjp(g: Sequence[Array], needs: Sequence[bool]) -> Sequence[Array]:
        return rnn_kernel.backward(tapes, weight_ih, weight_hh, g[0], g[1], needs, nonlinearity)

    return (y, h), vjp


@_rnn.composite
def _rnn_by_steps(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array, h0: Array,
    *, nonlinearity: str, mask: Mask, reverse: bool,
) -> Any:  # fmt: skip
    """Compute `rnn` step by step."""
    activate = tanh if nonlinearity == "tanh" else relu

    def step(x: Array, states: list[Array]) -> tuple[Array, list[Array]]:
        h = activate(_affine(x, weight_ih, bias_ih) + _affine(states[0], weight_hh, bias_hh))
        return h, [h]

    h0 = _or_zeros(h0, x, weight_hh)
    y, (h,) = unrolled(step, x, [h0], h0, mask, reverse)
    return y, h


def lstm(
    x: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array = None,
    bias_hh: Array = None,
    h0: Array = None,
    c0: Array = None,
    mask: Any = None,
    reverse: bool = False,
) -> Any:
    """Run a long short-term memory over sequences.

    ``i, f, g, o = split(x_t @ weight_ih + bias_ih + h_{t - 1} @ weight_hh + bias_hh)``,
    ``c_t = sigmoid(f) * c_{t - 1} + sigmoid(i) * tanh(g)``, ``h_t = sigmoid(o) * tanh(c_t)``

    Parameters
    ----------
    x : array, shape (N, T, F)
        Sequences of T steps.
    weight_ih : array, shape (F, 4 * H)
        The gates i, f, g and o beside each other.
    weight_hh : array, shape (H, 4 * H)
    bias_ih, bias_hh : array, shape (4 * H,), optional
    h0, c0 : array, shape (N, H), optional
        The states and the cells to begin with; zeros unless given.
    mask : array of bool, shape (N, T), optional
        False for steps that are left out (padding): the state stays as it is, and so does the output.
    reverse : bool, default False
        Begin with the last step. With a mask each sequence begins with its last step that is not left out.

    Returns
    -------
    y : array, shape (N, T, H)
        The state after each step, in the order of x.
    h, c : array, shape (N, H)
        The state and the cells after the last step.

    Raises
    ------
    ValueError
        If the shapes do not fit each other.

    References
    ----------
    S. Hochreiter, J. Schmidhuber, "Long short-term memory", 1997.
    F. A. Gers, J. Schmidhuber, F. Cummins, "Learning to forget: continual prediction with LSTM", 2000.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> y, h, c = F.lstm(np.ones((2, 5, 3)), np.zeros((3, 16)), np.zeros((4, 16)), c0=np.ones((2, 4)))
    >>> y.shape, h.shape, float(c[0, 0] * 2**5)
    ((2, 5, 4), (2, 4), 1.0)
    """
    arrays, mask = _checked("lstm", 4, (x, weight_ih, weight_hh, bias_ih, bias_hh, h0, c0), mask)
    return _lstm(*arrays, mask=mask, reverse=reverse)


@differentiable
def _lstm(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array, h0: Array, c0: Array,
    *, mask: Mask, reverse: bool,
) -> Any:  # fmt: skip
    """Run the kernel of `lstm` on checked arguments."""
    y, h, c, tapes = lstm_kernel.forward(x, weight_ih, weight_hh, bias_ih, bias_hh, h0, c0, mask=mask, reverse=reverse)

    def vjp(g: Sequence[Array], needs: Sequence[bool]) -> Sequence[Array]:
        return lstm_kernel.backward(tapes, weight_ih, weight_hh, g[0], g[1], g[2], needs)

    return (y, h, c), vjp


@_lstm.composite
def _lstm_by_steps(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array, h0: Array, c0: Array,
    *, mask: Mask, reverse: bool,
) -> Any:  # fmt: skip
    """Compute `lstm` step by step."""
    units = weight_hh.shape[0]

    def step(x: Array, states: list[Array]) -> tuple[Array, list[Array]]:
        a = _affine(x, weight_ih, bias_ih) + _affine(states[0], weight_hh, bias_hh)
        i, f, g, o = (a[:, gate * units : (gate + 1) * units] for gate in range(4))
        c = sigmoid(f) * states[1] + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        return h, [h, c]

    h0, c0 = _or_zeros(h0, x, weight_hh), _or_zeros(c0, x, weight_hh)
    y, (h, c) = unrolled(step, x, [h0, c0], h0, mask, reverse)
    return y, h, c


def gru(
    x: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array = None,
    bias_hh: Array = None,
    h0: Array = None,
    mask: Any = None,
    reverse: bool = False,
) -> Any:
    """Run gated recurrent units over sequences.

    With ``a = x_t @ weight_ih + bias_ih`` and ``b = h_{t - 1} @ weight_hh + bias_hh``, each split into r, z and n:
    ``r = sigmoid(a_r + b_r)``, ``z = sigmoid(a_z + b_z)``, ``n = tanh(a_n + r * b_n)``,
    ``h_t = (1 - z) * n + z * h_{t - 1}``

    The reset gate r works on the recurrent product. In the first paper it worked on the state before the product.

    Parameters
    ----------
    x : array, shape (N, T, F)
        Sequences of T steps.
    weight_ih : array, shape (F, 3 * H)
        The gates r, z and n beside each other.
    weight_hh : array, shape (H, 3 * H)
    bias_ih, bias_hh : array, shape (3 * H,), optional
    h0 : array, shape (N, H), optional
        The states to begin with; zeros unless given.
    mask : array of bool, shape (N, T), optional
        False for steps that are left out (padding): the state stays as it is, and so does the output.
    reverse : bool, default False
        Begin with the last step. With a mask each sequence begins with its last step that is not left out.

    Returns
    -------
    y : array, shape (N, T, H)
        The state after each step, in the order of x.
    h : array, shape (N, H)
        The state after the last step.

    Raises
    ------
    ValueError
        If the shapes do not fit each other.

    References
    ----------
    K. Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation",
    2014.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> y, h = F.gru(np.ones((2, 5, 3)), np.zeros((3, 12)), np.zeros((4, 12)), h0=np.ones((2, 4)))
    >>> y.shape, float(h[0, 0] * 2**5)
    ((2, 5, 4), 1.0)
    """
    arrays, mask = _checked("gru", 3, (x, weight_ih, weight_hh, bias_ih, bias_hh, h0), mask)
    return _gru(*arrays, mask=mask, reverse=reverse)


@differentiable
def _gru(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array, h0: Array,
    *, mask: Mask, reverse: bool,
) -> Any:  # fmt: skip
    """Run the kernel of `gru` on checked arguments."""
    y, h, tapes = gru_kernel.forward(x, weight_ih, weight_hh, bias_ih, bias_hh, h0, mask=mask, reverse=reverse)

    def vjp(g: Sequence[Array], needs: Sequence[bool]) -> Sequence[Array]:
        return gru_kernel.backward(tapes, weight_ih, weight_hh, g[0], g[1], needs)

    return (y, h), vjp


@_gru.composite
def _gru_by_steps(
    x: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array, h0: Array,
    *, mask: Mask, reverse: bool,
) -> Any:  # fmt: skip
    """Compute `gru` step by step."""
    units = weight_hh.shape[0]

    def step(x: Array, states: list[Array]) -> tuple[Array, list[Array]]:
        a, b = _affine(x, weight_ih, bias_ih), _affine(states[0], weight_hh, bias_hh)
        r = sigmoid(a[:, :units] + b[:, :units])
        z = sigmoid(a[:, units : 2 * units] + b[:, units : 2 * units])
        n = tanh(a[:, 2 * units :] + r * b[:, 2 * units :])
        h = (1 - z) * n + z * states[0]
        return h, [h]

    h0 = _or_zeros(h0, x, weight_hh)
    y, (h,) = unrolled(step, x, [h0], h0, mask, reverse)
    return y, h


def unrolled(
    step: Callable[[Array, Any], tuple[Array, Any]], x: Array, states: Any, y0: Array, mask: Mask, reverse: bool
) -> tuple[Array, Any]:
    """Call a cell on one step of the sequences after the other.

    Parameters
    ----------
    step : callable
        `step(x_t, states)` returns its output and the new states.
    x : array, shape (N, T, ...)
    states : array or nested list of arrays, each of shape (N, ...)
        The states to begin with.
    y0 : array, shape (N, ...)
        The output of steps that the mask leaves out before the first that it does not.
    mask : ndarray of bool, shape (N, T), or None
        False for steps at which the states stay, and the output is that of the step before.
    reverse : bool
        Begin with the last step.

    Returns
    -------
    y : array, shape (N, T, ...)
        The output of each step, in the order of x.
    states
        Those after the last step.
    """
    outputs: list[Any] = [None] * x.shape[1]
    output = y0
    for t in range(len(outputs))[:: -1 if reverse else 1]:
        new_output, new_states = step(x[:, t], states)
        live = None if mask is None else mask[:, t]
        states = _chosen(live, new_states, states)
        output = _chosen(live, new_output, output)
        outputs[t] = output
    return stack(outputs, axis=1), states


def _chosen(live: Mask, new: Any, old: Any) -> Any:
    """Return new values for rows that are live and old ones for others, in nested lists."""
    if live is None or live.all():
        return new
    if isinstance(new, (list, tuple)):
        return [_chosen(live, n, o) for n, o in zip(new, old, strict=True)]
    return where(live.reshape(-1, *(1,) * (new.ndim - 1)), new, old)


def _affine(x: Array, weight: Array, bias: Array) -> Array:
    """Return x @ weight + bias; the bias may be None."""
    return x @ weight if bias is None else x @ weight + bias


def _or_zeros(initial: Array, x: Array, weight_hh: Array) -> Array:
    """Return the initial states, or zeros."""
    return np.zeros((x.shape[0], weight_hh.shape[0]), x.dtype) if initial is None else initial


def _checked(function: str, gates: int, arrays: Sequence[Array], mask: Any) -> tuple[list[Array], Mask]:
    """Check that x, weights, biases and states fit each other, and give them one dtype."""
    arrays = [None if a is None else as_floating(a) for a in arrays]
    x, weight_hh = arrays[0], arrays[2]
    if x.ndim != 3 or not x.shape[1]:
        raise ValueError(f"{function}() takes x of shape (N, T, F) with T of at least 1, got {x.shape}")
    batch, steps, features = x.shape
    units = weight_hh.shape[0] if weight_hh.ndim else 0
    wide = gates * units
    names = ("x", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "h0", "c0")
    wanted = ((), (features, wide), (units, wide), (wide,), (wide,), (batch, units), (batch, units))
    for name, array, shape in list(zip(names, arrays, wanted, strict=False))[1:]:
        if array is not None and array.shape != shape:
            raise ValueError(
                f"{function}() got x of shape {x.shape} and weight_hh of shape {weight_hh.shape}: expected {name} of "
                f"shape {shape}, got {array.shape}"
            )
    if mask is not None:
        mask = np.asarray(mask)
        if mask.dtype.kind != "b" or mask.shape != (batch, steps):
            raise ValueError(
                f"{function}() expected a mask of booleans of shape {(batch, steps)}, got {mask.dtype} of shape "
                f"{mask.shape}"
            )
    dtype = np.result_type(*(a.dtype for a in arrays if a is not None))
    return [a if a is None or a.dtype == dtype else a.astype(dtype) for a in arrays], mask
