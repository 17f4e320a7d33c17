"""Cells: what a recurrent layer does at one step, and the fused functions that do it for all steps at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import nnlite.functional as F
from nnlite import initializers
from nnlite.autograd import Tensor
from nnlite.layers._activation import ActivationFunction, get_activation
from nnlite.layers._cell import Cell, Mask
from nnlite.layers._module import Shape

__all__ = ["GRUCell", "LSTMCell", "SimpleRNNCell"]


class SimpleRNNCell(Cell):
    """One step of a `SimpleRNN`: `h = activation(x @ kernel + h @ recurrent_kernel + bias)`.

    Parameters
    ----------
    units, activation, ...
        As in `SimpleRNN`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> cell = nl.layers.SimpleRNNCell(4)
    >>> h, states = cell(np.ones((2, 3)), [np.zeros((2, 4))])
    >>> h.shape, len(states)
    ((2, 4), 1)
    """

    def __init__(
        self,
        units: int,
        activation: str | ActivationFunction | None = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint, dropout, recurrent_dropout, seed, input_shape, name,
        )  # fmt: skip
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    def step(self, a: Any, states: Sequence[Any], kept: Any) -> list[Any]:
        """Return [h]."""
        return [self._activate(a + self._recurrent(states[0], kept))]

    def fused(self, x: Tensor, states: Sequence[Any], mask: Mask, reverse: bool) -> tuple[Any, ...] | None:
        """Return the outputs and the last state by `functional.rnn`, if the activation is tanh or relu."""
        if self._activate is not F.tanh and self._activate is not F.relu:
            return None
        nonlinearity = "tanh" if self._activate is F.tanh else "relu"
        result: tuple[Any, ...] = F.rnn(
            x, self.kernel, self.recurrent_kernel, self.bias, None, states[0], nonlinearity, mask, reverse
        )
        return result


class LSTMCell(Cell):
    """One step of an `LSTM`; its states are h and c.

    Parameters
    ----------
    units, activation, ...
        As in `LSTM`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> cell = nl.layers.LSTMCell(4)
    >>> h, (h, c) = cell(np.ones((2, 3)), [np.zeros((2, 4)), np.zeros((2, 4))])
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    gates = 4
    states = 2

    def __init__(
        self,
        units: int,
        activation: str | ActivationFunction | None = "tanh",
        recurrent_activation: str | ActivationFunction | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint, dropout, recurrent_dropout, seed, input_shape, name,
        )  # fmt: skip
        self.recurrent_activation, self.unit_forget_bias = recurrent_activation, unit_forget_bias
        self._activate_gates = get_activation(recurrent_activation)
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    @property
    def first_bias(self) -> Any:
        """The initializer of the bias: the forget gate begins open if `unit_forget_bias` says so."""
        if not self.unit_forget_bias:
            return self.bias_initializer
        first = initializers.get(self.bias_initializer)
        units = self.units
        return lambda shape, dtype: np.concatenate(
            [first((units,), dtype), np.ones(units, dtype), first((2 * units,), dtype)]
        )

    def step(self, a: Any, states: Sequence[Any], kept: Any) -> list[Any]:
        """Return [h, c]."""
        i, f, g, o = self._split(a + self._recurrent(states[0], kept))
        c = self._activate_gates(f) * states[1] + self._activate_gates(i) * self._activate(g)
        return [self._activate_gates(o) * self._activate(c), c]

    def fused(self, x: Tensor, states: Sequence[Any], mask: Mask, reverse: bool) -> tuple[Any, ...] | None:
        """Return the outputs and the last states by `functional.lstm`, if the activations are tanh and sigmoid."""
        if self._activate is not F.tanh or self._activate_gates is not F.sigmoid:
            return None
        result: tuple[Any, ...] = F.lstm(
            x, self.kernel, self.recurrent_kernel, self.bias, None, states[0], states[1], mask, reverse
        )
        return result


class GRUCell(Cell):
    """One step of a `GRU`.

    Parameters
    ----------
    units, activation, ...
        As in `GRU`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> cell = nl.layers.GRUCell(4)
    >>> h, (h,) = cell(np.ones((2, 3)), [np.zeros((2, 4))])
    >>> h.shape
    (2, 4)
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: str | ActivationFunction | None = "tanh",
        recurrent_activation: str | ActivationFunction | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint, dropout, recurrent_dropout, seed, input_shape, name,
        )  # fmt: skip
        self.recurrent_activation, self.reset_after = recurrent_activation, reset_after
        self._activate_gates = get_activation(recurrent_activation)
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    @property
    def bias_shape(self) -> Shape:
        """The shape of the bias: one row for the input, and one for the state if it has one of its own."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def step(self, a: Any, states: Sequence[Any], kept: Any) -> list[Any]:
        """Return [h]."""
        h, units = states[0], self.units
        a_z, a_r, a_n = self._split(a)
        if self.reset_after:
            b = self._recurrent(h, kept)
            b_z, b_r, b_n = self._split(b if self.bias is None else b + self.bias[1])
            z, r = self._activate_gates(a_z + b_z), self._activate_gates(a_r + b_r)
            n = self._activate(a_n + r * b_n)
        else:
            h_z, h_r, h_n = [h] * 3 if kept is None else [h * noise for noise in kept]
            z = self._activate_gates(a_z + h_z @ self.recurrent_kernel[:, :units])
            r = self._activate_gates(a_r + h_r @ self.recurrent_kernel[:, units : 2 * units])
            n = self._activate(a_n + (r * h_n) @ self.recurrent_kernel[:, 2 * units :])
        return [z * h + (1 - z) * n]

    def fused(self, x: Tensor, states: Sequence[Any], mask: Mask, reverse: bool) -> tuple[Any, ...] | None:
        """Return the outputs and the last state by `functional.gru`, if that is the same function."""
        if not self.reset_after or self._activate is not F.tanh or self._activate_gates is not F.sigmoid:
            return None
        biases = (None, None) if self.bias is None else (self.bias[0], self.bias[1])
        kernel, recurrent, bias_ih, bias_hh = map(self._reset_first, (self.kernel, self.recurrent_kernel, *biases))
        result: tuple[Any, ...] = F.gru(x, kernel, recurrent, bias_ih, bias_hh, states[0], mask, reverse)
        return result

    def _reset_first(self, weight: Any) -> Any:
        """Return a weight or a bias with its gates in the order r, z, n instead of z, r, n."""
        if weight is None:
            return None
        by_gate = weight.reshape(*weight.shape[:-1], 3, self.units)
        return F.take(by_gate, (1, 0, 2), axis=-2).reshape(weight.shape)
