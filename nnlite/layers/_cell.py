"""The base of the cells of recurrent layers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnlite.functional as F
from nnlite import constraints, initializers, regularizers
from nnlite.autograd import Tensor
from nnlite.functional._recurrent import unrolled
from nnlite.layers._activation import ActivationFunction, get_activation
from nnlite.layers._checks import cast_input, check_features, check_rank, positive_int
from nnlite.layers._module import Module, Shape

__all__ = ["Cell", "Mask"]

Mask = NDArray[np.bool_] | None


class Cell(Module):
    """The base of the cells: a kernel for the input, a recurrent kernel for the state, and noise on both.

    A subclass says what a step is, and by which function all steps are done at once.
    """

    gates = 1
    states = 1

    def __init__(
        self,
        units: int,
        activation: str | ActivationFunction | None,
        use_bias: bool,
        kernel_initializer: Any,
        recurrent_initializer: Any,
        bias_initializer: Any,
        kernel_regularizer: Any,
        recurrent_regularizer: Any,
        bias_regularizer: Any,
        kernel_constraint: Any,
        recurrent_constraint: Any,
        bias_constraint: Any,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        input_shape: Shape | None,
        name: str | None,
    ) -> None:
        super().__init__(input_shape, name)
        kind = type(self).__name__
        self.units = positive_int(kind, "units", units)
        self.activation, self.use_bias = activation, use_bias
        self.kernel_initializer, self.recurrent_initializer = kernel_initializer, recurrent_initializer
        self.bias_initializer = bias_initializer
        for identifier in (kernel_initializer, recurrent_initializer, bias_initializer):
            initializers.get(identifier)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        for argument, rate in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if not 0 <= rate <= 1:
                raise ValueError(f"{kind} expected {argument} in [0, 1], got {argument}={rate}")
        self.dropout, self.recurrent_dropout, self.seed = dropout, recurrent_dropout, seed
        self._activate = get_activation(activation)
        self._generator = None if seed is None else np.random.default_rng(seed)

    # What a subclass says

    @abstractmethod
    def step(self, a: Any, states: Sequence[Any], kept: Any) -> list[Any]:
        """Return the new states for one step.

        Parameters
        ----------
        a : Tensor, shape (N, gates * units)
            The input times the kernel, with its bias.
        states : sequence of Tensor, shape (N, units)
        kept : sequence of ndarray, shape (N, units), or None
            The noise on the state for each gate.
        """

    @abstractmethod
    def fused(self, x: Tensor, states: Sequence[Any], mask: Mask, reverse: bool) -> tuple[Any, ...] | None:
        """Return the outputs and the last states of all steps, by one function; None if there is none."""

    @property
    def bias_shape(self) -> Shape:
        """The shape of the bias."""
        return (self.gates * self.units,)

    @property
    def first_bias(self) -> Any:
        """The initializer of the bias."""
        return self.bias_initializer

    # What is the same for all

    @property
    def state_size(self) -> int | list[int]:
        """The lengths of the states."""
        return self.units if self.states == 1 else [self.units] * self.states

    @property
    def output_size(self) -> int:
        """The length of the output."""
        return self.units

    def build(self, input_shape: Shape) -> None:
        """Make kernel (features, gates * units), recurrent_kernel (units, gates * units) and bias."""
        wide = self.gates * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], wide),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, wide),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                self.bias_shape, self.first_bias, regularizer=self.bias_regularizer, constraint=self.bias_constraint
            )
        self.built = True

    @property
    def label(self) -> str:
        """The cell as errors name it."""
        return f"{type(self).__name__}({self.kernel.shape[0]} -> {self.units})" if self.built else self._code()

    def forward(self, x: Tensor, states: Any) -> tuple[Any, Any]:
        """Take one step: return the output (N, units) and the new states, a list if they came in a list.

        In training the noise of `dropout` and `recurrent_dropout` is drawn for this step; a recurrent layer draws it
        once for a whole sequence.
        """
        check_rank(self, x, 2, "(batch, features)")
        check_features(self, x, 1, self.kernel.shape[0])
        listed = list(states) if isinstance(states, (list, tuple)) else [states]
        if len(listed) != self.states:
            raise ValueError(f"{self.label} expected {self.states} state(s), got {len(listed)}")
        x = cast_input(x, self.kernel.dtype)
        new = self.step(self._inputs(self._dropped(x, 1)), listed, self._kept(len(x)))
        return new[0], new if isinstance(states, (list, tuple)) else new[0]

    def over_sequence(self, x: Tensor, states: Sequence[Any], mask: Mask, reverse: bool) -> tuple[Any, list[Any]]:
        """Take all steps of sequences (N, T, features).

        Returns
        -------
        y : Tensor, shape (N, T, units)
            The outputs, in the order of x.
        states : list of Tensor, shape (N, units)
            Those after the last step.
        """
        x, kept = self._dropped(x, 2), self._kept(len(x))
        fused = None if kept is not None else self.fused(x, states, mask, reverse)
        if fused is not None:
            y, *last = fused
            return y, last

        def step(a: Any, states: Any) -> tuple[Any, Any]:
            new = self.step(a, states, kept)
            return new[0], new

        return unrolled(step, self._inputs(x), list(states), states[0], mask, reverse)

    def _inputs(self, x: Any) -> Any:
        """Return the part of the gates that comes from the input."""
        bias = self.bias if self.bias is None or self.bias.ndim == 1 else self.bias[0]
        return x @ self.kernel if bias is None else x @ self.kernel + bias

    def _recurrent(self, h: Any, kept: Any) -> Any:
        """Return h @ recurrent_kernel, with noise on h for each gate."""
        if kept is None:
            return h @ self.recurrent_kernel
        units = self.units
        parts = [(h * noise) @ self.recurrent_kernel[:, g * units : (g + 1) * units] for g, noise in enumerate(kept)]
        return F.concatenate(parts, axis=-1)

    def _split(self, a: Any) -> list[Any]:
        """Return the gates beside each other one by one."""
        return [a[:, g * self.units : (g + 1) * self.units] for g in range(self.gates)]

    def _dropped(self, x: Tensor, features_axis: int) -> Tensor:
        """Return x with a share of its features dropped in training, the same at each step."""
        if not self.training or not self.dropout:
            return x
        shape = (len(x), *(1,) * (features_axis - 1), x.shape[-1])
        dropped: Tensor = x * F.dropout(np.ones(shape, x.dtype), self.dropout, True, self._generator)
        return dropped

    def _kept(self, batch: int) -> Any:
        """Return the noise on the state for each gate, in training."""
        if not self.training or not self.recurrent_dropout:
            return None
        ones = np.ones((self.gates, batch, self.units), self.recurrent_kernel.dtype)
        return F.dropout(ones, self.recurrent_dropout, True, self._generator)
