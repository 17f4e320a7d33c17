"""Recurrent modules: several layers, in one direction or in both."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.layers import Module
from nnlite.layers._checks import check_features, positive_int
from nnlite.nn._checks import check_dtype, uniform_parameter
from nnlite.nn.utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN"]

Mask = NDArray[np.bool_] | None


class _Layers(Module):
    """What the recurrent modules share: their parameters, and the way through layers and directions."""

    gates = 1
    states = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        dtype: DTypeLike | None,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        self.input_size = positive_int(kind, "input_size", input_size)
        self.hidden_size = positive_int(kind, "hidden_size", hidden_size)
        self.num_layers = positive_int(kind, "num_layers", num_layers)
        if not 0 <= dropout <= 1:
            raise ValueError(f"{kind} expected dropout in [0, 1], got dropout={dropout}")
        if dropout and num_layers == 1:
            warnings.warn(f"dropout={dropout} works between layers, and this {kind} has only one", stacklevel=3)
        self.bias, self.batch_first, self.dropout, self.bidirectional = bias, batch_first, dropout, bidirectional
        bound, wide = hidden_size**-0.5, self.gates * hidden_size
        for layer in range(num_layers):
            features = hidden_size * len(self._directions) if layer else input_size
            for suffix in self._directions:
                names = self._names(layer, suffix)
                for name, shape in zip(names, ((wide, features), (wide, hidden_size), (wide,), (wide,)), strict=False):
                    setattr(self, name, uniform_parameter(shape, bound, dtype))

    @abstractmethod
    def _run(self, x: Any, weights: Sequence[Any], states: Sequence[Any], mask: Mask, reverse: bool) -> Any:
        """Run one layer in one direction over (N, T, features)."""

    @property
    def _directions(self) -> tuple[str, ...]:
        """The endings of the parameters' names, for each direction."""
        return ("", "_reverse") if self.bidirectional else ("",)

    def _names(self, layer: int, suffix: str) -> list[str]:
        """Return the names of the parameters of one layer in one direction."""
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh") if self.bias else ("weight_ih", "weight_hh")
        return [f"{kind}_l{layer}{suffix}" for kind in kinds]

    @property
    def label(self) -> str:
        """The module as errors name it."""
        return f"{type(self).__name__}({self.input_size} -> {self.hidden_size})"

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Return the outputs of the last layer, and the last states of all.

        Parameters
        ----------
        input : Tensor, shape (T, N, input_size), or (N, T, input_size) if `batch_first`, or PackedSequence
            Or a single sequence (T, input_size).
        hx : Tensor, shape (num_layers * directions, N, hidden_size), optional
            The states to begin with; a pair (h, c) of them for an LSTM.

        Returns
        -------
        output : Tensor, shape (T, N, directions * hidden_size), or as the input is laid out
        hx : Tensor, shape (num_layers * directions, N, hidden_size)
            The states after the last step, for each layer and direction; a pair for an LSTM.
        """
        packed = isinstance(input, PackedSequence)
        x, mask = (input.padded, input.mask) if packed else (input, None)
        if x.ndim not in (2, 3) or (packed and x.ndim == 2):
            raise ValueError(f"{self.label} expected an input of 2 or 3 axes, got an input of shape {x.shape}")
        check_features(self, x, -1, self.input_size)
        check_dtype(self, x, getattr(self, "weight_ih_l0"))  # noqa: B009 (made by name)
        single, time_first = x.ndim == 2, not (self.batch_first or packed)
        x = x[None] if single else x.swapaxes(0, 1) if time_first else x
        first = self._first_states(hx, len(x), single)
        last: list[Any] = []
        for layer in range(self.num_layers):
            outputs = []
            for suffix in self._directions:
                weights = [getattr(self, name) for name in self._names(layer, suffix)]
                weights[:2] = [weight.T for weight in weights[:2]]
                number = len(last)
                y, *after = self._run(
                    x, [*weights, None, None][:4], [state[number] for state in first], mask, suffix == "_reverse"
                )
                outputs.append(y if mask is None else y * mask[..., None])
                last.append(after)
            x = F.concatenate(outputs, axis=-1) if self.bidirectional else outputs[0]
            if self.dropout and layer < self.num_layers - 1:
                x = F.dropout(x, self.dropout, self.training)
        states = [F.stack(state) for state in zip(*last, strict=True)]
        if packed:
            return PackedSequence(x, input.lengths), self._given_back(states)
        if single:
            return x[0], self._given_back([state[:, 0] for state in states])
        return x.swapaxes(0, 1) if time_first else x, self._given_back(states)

    def _first_states(self, hx: Any, batch: int, single: bool) -> list[Any]:
        """Return the states to begin with, each (layers * directions, N, hidden_size)."""
        rows = self.num_layers * len(self._directions)
        if hx is None:
            return [[None] * rows] * self.states
        given = list(hx) if isinstance(hx, (tuple, list)) else [hx]
        given = [state if isinstance(state, Tensor) else Tensor(state) for state in given]
        shape = (rows, self.hidden_size) if single else (rows, batch, self.hidden_size)
        if len(given) != self.states or any(state.shape != shape for state in given):
            raise ValueError(
                f"{self.label} expected {self.states} initial state(s) of shape {shape}, "
                f"got {[state.shape for state in given]}"
            )
        for state in given:
            check_dtype(self, state, getattr(self, "weight_ih_l0"))  # noqa: B009 (made by name)
        return [state[:, None] for state in given] if single else given

    def _given_back(self, states: list[Any]) -> Any:
        """Return the last states as the caller gets them."""
        return states[0] if len(states) == 1 else tuple(states)


class RNN(_Layers):
    """Simple recurrent layers: ``h_t = tanh(x_t @ W_ih.T + b_ih + h_{t - 1} @ W_hh.T + b_hh)``.

    Parameters
    ----------
    input_size, hidden_size : int
    num_layers : int, default 1
        Each layer takes what the one before gives.
    nonlinearity : {"tanh", "relu"}, default "tanh"
    bias, batch_first, dropout, bidirectional, dtype
        As in `LSTM`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> y, h = nl.nn.RNN(3, 4)(np.ones((5, 2, 3), np.float32))
    >>> y.shape, h.shape
    ((5, 2, 4), (1, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: DTypeLike | None = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f'RNN expected nonlinearity "tanh" or "relu", got nonlinearity={nonlinearity!r}')
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype)

    def _run(self, x: Any, weights: Sequence[Any], states: Sequence[Any], mask: Mask, reverse: bool) -> Any:
        w_ih, w_hh, b_ih, b_hh = weights
        return F.rnn(x, w_ih, w_hh, b_ih, b_hh, states[0], self.nonlinearity, mask, reverse)


class LSTM(_Layers):
    """Layers of long short-term memory: see `functional.lstm` for the formulas.

    Parameters
    ----------
    input_size, hidden_size : int
        Lengths of an input step, and of state and cells.
    num_layers : int, default 1
        Each layer takes what the one before gives.
    bias : bool, default True
    batch_first : bool, default False
        Take and give (N, T, features) instead of (T, N, features); states are (layers, N, hidden_size) all the same.
    dropout : float, default 0
        In training, the share of the outputs of each layer but the last that is dropped.
    bidirectional : bool, default False
        Let each layer have a second one beside it that begins with the last step; outputs are concatenated.
    proj_size : int, default 0
        Not offered: only 0 is taken.
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight_ih_l0, ... : Parameter, shape (4 * hidden_size, input_size)
        The gates i, f, g and o; of further layers (4 * hidden_size, directions * hidden_size).
    weight_hh_l0, ... : Parameter, shape (4 * hidden_size, hidden_size)
    bias_ih_l0, bias_hh_l0, ... : Parameter, shape (4 * hidden_size,)
        All of them start from U(-k, k) with k = 1 / sqrt(hidden_size); names of the second direction end in _reverse.

    Raises
    ------
    ValueError
        If an argument is out of range, or an input does not fit.
    TypeError
        If the input has another dtype than the parameters.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> lstm = nl.nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True)
    >>> y, (h, c) = lstm(np.ones((2, 5, 3), np.float32))
    >>> y.shape, h.shape, c.shape
    ((2, 5, 8), (4, 2, 4), (4, 2, 4))
    """

    gates = 4
    states = 2

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        dtype: DTypeLike | None = None,
    ) -> None:
        if proj_size:
            raise ValueError(f"LSTM does not offer projections: expected proj_size=0, got proj_size={proj_size!r}")
        self.proj_size = proj_size
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype)

    def _run(self, x: Any, weights: Sequence[Any], states: Sequence[Any], mask: Mask, reverse: bool) -> Any:
        w_ih, w_hh, b_ih, b_hh = weights
        return F.lstm(x, w_ih, w_hh, b_ih, b_hh, states[0], states[1], mask, reverse)


class GRU(_Layers):
    """Layers of gated recurrent units: see `functional.gru` for the formulas.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype
        As in `LSTM`; the gates are r, z and n, the weights (3 * hidden_size, ...).

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> y, h = nl.nn.GRU(3, 4, num_layers=2)(np.ones((5, 2, 3), np.float32))
    >>> y.shape, h.shape
    ((5, 2, 4), (2, 2, 4))
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype)

    def _run(self, x: Any, weights: Sequence[Any], states: Sequence[Any], mask: Mask, reverse: bool) -> Any:
        w_ih, w_hh, b_ih, b_hh = weights
        return F.gru(x, w_ih, w_hh, b_ih, b_hh, states[0], mask, reverse)
