"""Single steps of recurrent networks."""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

import nnlite.functional as F
from nnlite.autograd import Parameter, Tensor
from nnlite.layers import Module
from nnlite.layers._checks import check_features, positive_int
from nnlite.nn._checks import check_dtype, uniform_parameter

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]


class _Cell(Module):
    """What the cells share: their parameters, and how they read their arguments."""

    gates = 1

    def __init__(self, input_size: int, hidden_size: int, bias: bool, dtype: DTypeLike | None) -> None:
        super().__init__()
        kind = type(self).__name__
        self.input_size = positive_int(kind, "input_size", input_size)
        self.hidden_size = positive_int(kind, "hidden_size", hidden_size)
        self.bias = bias
        bound, wide = hidden_size**-0.5, self.gates * hidden_size
        self.weight_ih = uniform_parameter((wide, input_size), bound, dtype)
        self.weight_hh = uniform_parameter((wide, hidden_size), bound, dtype)
        self.bias_ih: Parameter | None = uniform_parameter((wide,), bound, dtype) if bias else None
        self.bias_hh: Parameter | None = uniform_parameter((wide,), bound, dtype) if bias else None

    @property
    def label(self) -> str:
        """The module as errors name it."""
        return f"{type(self).__name__}({self.input_size} -> {self.hidden_size})"

    def _arguments(self, input: Tensor, *states: Any) -> list[Any]:
        """Return the arguments of a function of sequences, for one sequence of one step each."""
        if input.ndim not in (1, 2):
            raise ValueError(f"{self.label} expected an input of 1 or 2 axes, got an input of shape {input.shape}")
        check_features(self, input, -1, self.input_size)
        check_dtype(self, input, self.weight_ih)
        batched = [input]
        for state in states:
            if state is not None:
                state = state if isinstance(state, Tensor) else Tensor(state)
                if state.shape != (*input.shape[:-1], self.hidden_size):
                    raise ValueError(
                        f"{self.label} expected a state of shape {(*input.shape[:-1], self.hidden_size)}, "
                        f"got shape {state.shape}"
                    )
                check_dtype(self, state, self.weight_ih)
            batched.append(state)
        x, *first = [a if a is None or input.ndim == 2 else a[None] for a in batched]
        return [x[:, None], self.weight_ih.T, self.weight_hh.T, self.bias_ih, self.bias_hh, *first]


class RNNCell(_Cell):
    """One step of a simple recurrent network: ``h = tanh(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)``.

    Parameters
    ----------
    input_size, hidden_size : int
    bias : bool, default True
    nonlinearity : {"tanh", "relu"}, default "tanh"
    dtype : dtype, optional
        The default dtype unless given.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.RNNCell(3, 4)(np.ones((2, 3), np.float32)).shape
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        dtype: DTypeLike | None = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f'RNNCell expected nonlinearity "tanh" or "relu", got nonlinearity={nonlinearity!r}')
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, bias, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        """Return the new state for an input (N, input_size), or (input_size,), and a state; zeros by default."""
        x, w_ih, w_hh, b_ih, b_hh, h0 = self._arguments(input, hx)
        _, h = F.rnn(x, w_ih, w_hh, b_ih, b_hh, h0, self.nonlinearity)
        return h if input.ndim == 2 else h[0]


class LSTMCell(_Cell):
    """One step of an `LSTM`.

    Parameters
    ----------
    input_size, hidden_size : int
    bias : bool, default True
    dtype : dtype, optional
        The default dtype unless given.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> h, c = nl.nn.LSTMCell(3, 4)(np.ones((2, 3), np.float32))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    gates = 4

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, dtype: DTypeLike | None = None) -> None:
        super().__init__(input_size, hidden_size, bias, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Any, Any]:
        """Return the new state and cells for an input (N, input_size), or (input_size,), and a pair (h, c)."""
        _, h, c = F.lstm(*self._arguments(input, *((None, None) if hx is None else hx)))
        return (h, c) if input.ndim == 2 else (h[0], c[0])


class GRUCell(_Cell):
    """One step of a `GRU`.

    Parameters
    ----------
    input_size, hidden_size : int
    bias : bool, default True
    dtype : dtype, optional
        The default dtype unless given.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.GRUCell(3, 4)(np.ones((2, 3), np.float32)).shape
    (2, 4)
    """

    gates = 3

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, dtype: DTypeLike | None = None) -> None:
        super().__init__(input_size, hidden_size, bias, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        """Return the new state for an input (N, input_size), or (input_size,), and a state; zeros by default."""
        h = F.gru(*self._arguments(input, hx))[1]
        return h if input.ndim == 2 else h[0]
