"""What recurrent layers have in common: cells, and what is done with them over sequences."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.functional._recurrent import unrolled
from nnlite.functional._windows import as_floating
from nnlite.layers._cell import Cell, Mask
from nnlite.layers._checks import cast_input, check_features, check_rank
from nnlite.layers._mask import mask_of
from nnlite.layers._mode import is_rehearsing
from nnlite.layers._module import Module, Shape

__all__ = ["RNN", "Recurrent"]


class Recurrent(Module):
    """The base of the recurrent layers: it calls cells, one after the other, on whole sequences.

    Attributes
    ----------
    states : list of list of ndarray, or None
        Of a stateful layer, the states of each cell after the last call; None before the first.
    """

    states: list[list[NDArray[Any]]] | None = None

    def __init__(
        self,
        cell: Module | Sequence[Module],
        return_sequences: bool,
        return_state: bool,
        go_backwards: bool,
        stateful: bool,
        unroll: bool,
        zero_output_for_mask: bool,
        input_shape: Shape | None,
        name: str | None,
    ) -> None:
        super().__init__(input_shape, name)
        self.cell = cell
        self.return_sequences, self.return_state, self.go_backwards = return_sequences, return_state, go_backwards
        self.stateful, self.unroll, self.zero_output_for_mask = stateful, unroll, zero_output_for_mask
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    @property
    def cells(self) -> list[Module]:
        """The cells, the first to be called first."""
        return [self.cell] if isinstance(self.cell, Module) else list(self.cell)

    def build(self, input_shape: Shape) -> None:
        """Build the cells for one step."""
        if len(input_shape) < 3:
            raise ValueError(
                f"{self.label} expected an input of shape (batch, steps, features), got shape {input_shape}"
            )
        shape = (input_shape[0], *input_shape[2:])
        for cell in self.cells:
            if not cell.built:
                cell.build(shape)
                cell.built = True
            shape = (input_shape[0], _sizes(cell)[0])
        self.built = True

    @property
    def label(self) -> str:
        """The layer as errors name it."""
        first, last = self.cells[0], self.cells[-1]
        if not (self.built and isinstance(first, Cell) and isinstance(last, Cell)):
            return self._code()
        return f"{type(self).__name__}({first.kernel.shape[0]} -> {last.units})"

    def forward(self, x: Tensor, initial_state: Any = None, mask: Any = None) -> Any:
        """Return the last output (N, units), or all of them (N, T, units), and the last states if they are wanted.

        Parameters
        ----------
        x : Tensor, shape (N, T, features)
        initial_state : Tensor or list of Tensors, shape (N, units), optional
            The states to begin with: zeros, or those after the last call if the layer is stateful.
        mask : array of bool, shape (N, T), optional
            False for the steps that are left out; the mask that x remembers by default.
        """
        if isinstance(self.cells[0], Cell):
            check_rank(self, x, 3, "(batch, steps, features)")
            check_features(self, x, 2, self.cells[0].kernel.shape[0])
        x = cast_input(x, _dtype(self.cells[0], x))
        known = self._known_mask(x.shape[:2], mask_of(x) if mask is None else mask)
        y, last, states = x, x, []
        for cell, first in zip(self.cells, self._first_states(x, initial_state), strict=True):
            y, last, after = _over_sequence(cell, y, first, known, self.go_backwards)
            states.append(after)
        if self.stateful and not is_rehearsing():
            self.states = [[np.array(state.data) for state in after] for after in states]
        if self.return_sequences:
            if known is not None and self.zero_output_for_mask:
                y = y * known[..., None]
            last = F.flip(y, axis=1) if self.go_backwards else y
        if not self.return_state:
            return last
        if len(states) == 1:
            return (last, *states[0])
        return (last, *(after if len(after) > 1 else after[0] for after in states))

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Return the mask of the input if there is an output for each step."""
        return mask if self.return_sequences else None

    def reset_states(self) -> None:
        """Forget the states: the next call of a stateful layer begins with zeros."""
        self.states = None

    reset_state = reset_states  # Keras has both names

    def _known_mask(self, shape: tuple[int, ...], mask: Any) -> Mask:
        """Check a mask, and return it as an array."""
        if mask is None:
            return None
        known = np.asarray(mask.data if isinstance(mask, Tensor) else mask, bool)
        if known.shape != shape:
            raise ValueError(f"{self.label} expected a mask of shape {shape}, got shape {known.shape}")
        return known

    def _first_states(self, x: Tensor, initial_state: Any) -> list[list[Any]]:
        """Return the states to begin with, for each cell."""
        sizes = [_sizes(cell) for cell in self.cells]
        given = initial_state
        if given is None and self.stateful and self.states is not None and not is_rehearsing():
            given = self.states
            if len(self.states[0][0]) != len(x):
                raise ValueError(
                    f"{self.label} is stateful and expected {len(self.states[0][0])} sequences, as in the last call, "
                    f"got an input of shape {x.shape}; reset_states() makes it begin anew"
                )
        if given is None:
            return [[np.zeros((len(x), n), x.dtype) for n in own] for own in sizes]
        flat = [cast_input(as_floating(state), x.dtype) for state in _flat(given)]
        wanted = [(len(x), n) for own in sizes for n in own]
        if [state.shape for state in flat] != wanted:
            raise ValueError(
                f"{self.label} expected initial states of shapes {wanted}, got {[state.shape for state in flat]}"
            )
        rest = iter(flat)
        return [[next(rest) for _ in own] for own in sizes]

    def _keep_arguments_of(self, cell: Cell) -> None:
        """Keep the arguments of the layer's own cell as its own, by which it prints."""
        for argument in inspect.signature(type(cell)).parameters:
            if argument not in ("input_shape", "name"):
                setattr(self, argument, getattr(cell, argument))


class RNN(Recurrent):
    """Call a cell, or one cell after the other, on each step of sequences.

    Parameters
    ----------
    cell : Module or list of Modules
        Called as `cell(x, states)` with one step x (N, features) and a list of states, it returns the output and the
        new states; its `state_size` says how long they are: an int, or a list of ints for several. The cells here
        (`LSTMCell`, ...) take all steps at once.
    return_sequences : bool, default False
        Return the outputs of all steps, not only the last.
    return_state : bool, default False
        Return the last states too.
    go_backwards : bool, default False
        Begin with the last step; outputs come in the order in which they were computed.
    stateful : bool, default False
        Begin each call with the states after the last one; `reset_states` forgets them.
    unroll : bool, default False
        Accepted as Keras has it; nothing changes.
    zero_output_for_mask : bool, default False
        With `return_sequences`, give zeros for the steps that a mask leaves out, instead of the output before.
    input_shape : tuple of int, optional
    name : str, optional

    Raises
    ------
    TypeError
        If a cell has no `state_size`.
    ValueError
        When called, if shapes do not fit.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> layer = nl.layers.RNN([nl.layers.GRUCell(8), nl.layers.GRUCell(4)], return_sequences=True)
    >>> layer(np.ones((2, 5, 3))).shape
    (2, 5, 4)
    """

    def __init__(
        self,
        cell: Module | Sequence[Module],
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        for one in [cell] if isinstance(cell, Module) else cell:
            if not isinstance(one, Module) or not isinstance(getattr(one, "state_size", None), (int, list, tuple)):
                raise TypeError(f"RNN expected a cell, a Module with a state_size (an int, or a list), got {one!r}")
        super().__init__(
            cell, return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask, input_shape,
            name,
        )  # fmt: skip


def _over_sequence(cell: Module, x: Any, states: list[Any], mask: Mask, reverse: bool) -> tuple[Any, Any, list[Any]]:
    """Return the outputs of all steps, the last of them, and the last states of a cell."""
    if isinstance(cell, Cell):
        y, last = cell.over_sequence(x, states, mask, reverse)
        return y, last[0], last

    def step(x: Any, states: Any) -> tuple[Any, Any]:
        output, new = cell(x, states)
        return output, list(new) if isinstance(new, (list, tuple)) else [new]

    y, last = unrolled(step, x, states, states[0], mask, reverse)
    return y, y[:, 0 if reverse else -1], last


def _sizes(cell: Module) -> list[int]:
    """Return the lengths of the states of a cell."""
    size: Any = cell.state_size  # type: ignore[attr-defined]
    return list(size) if isinstance(size, (list, tuple)) else [size]


def _dtype(cell: Module, x: Tensor) -> DTypeLike:
    """Return the dtype of a cell's parameters, or that of x if it has none."""
    return next((parameter.dtype for parameter in cell.parameters()), as_floating(x).dtype)


def _flat(states: Any) -> list[Any]:
    """Return the states in nested lists one by one."""
    return [state for item in states for state in _flat(item)] if isinstance(states, (list, tuple)) else [states]
