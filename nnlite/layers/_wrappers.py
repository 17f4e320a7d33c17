"""Layers around a layer: in both directions of time, and for each step."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import nnlite.functional as F
from nnlite.autograd import Tensor
from nnlite.layers._mask import mask_of, remember_mask
from nnlite.layers._module import Module, Shape
from nnlite.layers._recurrent import Recurrent

__all__ = ["Bidirectional", "TimeDistributed"]


class Bidirectional(Module):
    """Run a recurrent layer forwards and another backwards over the same sequences, and merge what they give.

    Parameters
    ----------
    layer : recurrent layer
        The one that goes forwards.
    merge_mode : {"concat", "sum", "mul", "ave", None}, default "concat"
        How the outputs are merged; with None there are two.
    weights : list of arrays, optional
        First values of all weights, those of the forward layer first.
    backward_layer : recurrent layer, optional
        By default the same as `layer` with weights of its own, in the other direction.
    input_shape : tuple of int, optional
    name : str, optional

    Raises
    ------
    TypeError
        If a layer is not a recurrent layer.
    ValueError
        If the merge mode is unknown, or the two layers do not fit each other.

    References
    ----------
    Schuster, M. and Paliwal, K. K., "Bidirectional recurrent neural networks", 1997.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> layer = nl.layers.Bidirectional(nl.layers.LSTM(4, return_sequences=True))
    >>> layer(np.ones((2, 5, 3))).shape
    (2, 5, 8)
    """

    def __init__(
        self,
        layer: Recurrent,
        merge_mode: str | None = "concat",
        weights: Sequence[Any] | None = None,
        backward_layer: Recurrent | None = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        for given in (layer, *(() if backward_layer is None else (backward_layer,))):
            if not isinstance(given, Recurrent):
                raise TypeError(f"Bidirectional expected recurrent layers, got {given!r}")
        if merge_mode not in ("concat", "sum", "mul", "ave", None):
            raise ValueError(
                f'Bidirectional expected merge_mode "concat", "sum", "mul", "ave" or None, got {merge_mode=}'
            )
        super().__init__(input_shape, name)
        self._derived = backward_layer is None
        self.forward_layer = layer
        self.backward_layer = _turned_round(layer) if backward_layer is None else backward_layer
        self.layer, self.merge_mode, self._first_weights = layer, merge_mode, weights
        self._check_layers()
        # Where a mask leaves out a step, merging with what went before in the other direction would make no sense.
        layer.zero_output_for_mask = self.backward_layer.zero_output_for_mask = layer.return_sequences
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain types; the backward layer only if it was given."""
        config = {**super().get_config(), "weights": None}
        return {**config, "backward_layer": None} if self._derived else config

    def build(self, input_shape: Shape) -> None:
        """Build both layers."""
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(input_shape)
        if self._first_weights is not None:
            self.set_weights(self._first_weights)
        self.built = True

    def forward(self, x: Tensor, initial_state: Any = None, mask: Any = None) -> Any:
        """Return the merged outputs, and the last states of both layers if they are wanted.

        Parameters
        ----------
        x, mask
            As for the layers inside.
        initial_state : list of Tensors, optional
            The states to begin with, those of the forward layer first.
        """
        half = 0 if initial_state is None else len(initial_state) // 2
        first, second = (None, None) if initial_state is None else (initial_state[:half], initial_state[half:])
        y = self.forward_layer(x, initial_state=first, mask=mask)
        z = self.backward_layer(x, initial_state=second, mask=mask)
        states: tuple[Any, ...] = ()
        if self.forward_layer.return_state:
            (y, *own), (z, *others) = y, z
            states = (*own, *others)
        if self.forward_layer.return_sequences:
            turned = self.backward_layer if self.backward_layer.go_backwards else self.forward_layer
            y, z = (y, F.flip(z, axis=1)) if turned is self.backward_layer else (F.flip(y, axis=1), z)
        merged = self._merged(y, z)
        if self.merge_mode is None:
            return (*merged, *states)
        return (merged, *states) if states else merged

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Return the mask of the input if there is an output for each step."""
        if not self.forward_layer.return_sequences:
            return None
        return [mask, mask] if self.merge_mode is None else mask

    def reset_states(self) -> None:
        """Forget the states of both layers."""
        self.forward_layer.reset_states()
        self.backward_layer.reset_states()

    reset_state = reset_states  # Keras has both names

    def _check_layers(self) -> None:
        """Require layers that go in different directions and return the same things."""
        one, other = self.forward_layer, self.backward_layer
        if one.go_backwards == other.go_backwards:
            raise ValueError(f"Bidirectional expected layers in different directions, got {one!r} and {other!r}")
        for argument in ("return_sequences", "return_state", "stateful"):
            if getattr(one, argument) != getattr(other, argument):
                raise ValueError(f"Bidirectional expected layers with the same {argument}, got {one!r} and {other!r}")

    def _merged(self, y: Any, z: Any) -> Any:
        """Merge the outputs of the two directions."""
        if self.merge_mode == "concat":
            return F.concatenate((y, z), axis=-1)
        if self.merge_mode == "sum":
            return y + z
        if self.merge_mode == "ave":
            return (y + z) / 2
        return y * z if self.merge_mode == "mul" else (y, z)

    def _code(self) -> str:
        """Return the call that builds this layer; the backward layer only if it was given."""
        shown = [self.forward_layer._code()]
        if self.merge_mode != "concat":
            shown.append(f"merge_mode={self.merge_mode!r}")
        if not self._derived:
            shown.append(f"backward_layer={self.backward_layer._code()}")
        shown += [f"{name}={value!r}" for name in ("input_shape", "name") if (value := getattr(self, name)) is not None]
        return f"Bidirectional({', '.join(shown)})"


class TimeDistributed(Module):
    """Apply the same layer to each step of sequences.

    The steps are given to the layer as one larger batch; so a BatchNorm inside takes its statistics over all of them.

    Parameters
    ----------
    layer : Module
        Called on (N * T, ...).
    input_shape : tuple of int, optional
        (steps, ...), the shape of a sequence.
    name : str, optional

    Raises
    ------
    TypeError
        If `layer` is not a Module.
    ValueError
        If an input has less than three axes.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> frames = np.ones((2, 5, 8, 8, 3))
    >>> nl.layers.TimeDistributed(nl.layers.Conv2D(4, 3))(frames).shape
    (2, 5, 6, 6, 4)
    """

    def __init__(self, layer: Module, input_shape: Shape | None = None, name: str | None = None) -> None:
        if not isinstance(layer, Module):
            raise TypeError(f"TimeDistributed expected a layer, got {layer!r}")
        super().__init__(input_shape, name)
        self.layer = layer
        if self.input_shape is not None:
            self.build((1, *self.input_shape))

    def build(self, input_shape: Shape) -> None:
        """Build the layer for one step."""
        self._check(input_shape)
        if not self.layer.built:
            self.layer.build((input_shape[0], *input_shape[2:]))
            self.layer.built = True
        self.built = True

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's outputs, of shape (N, T, ...)."""
        self._check(x.shape)
        batch, steps, *rest = x.shape
        flat, mask = x.reshape(batch * steps, *rest), mask_of(x)
        if mask is not None and mask.ndim > 2:  # the steps are sequences themselves
            remember_mask(flat, mask.reshape(batch * steps, *mask.shape[2:]))
        y = self.layer(flat)
        distributed: Tensor = y.reshape(batch, steps, *y.shape[1:])
        return distributed

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Return the mask of the steps."""
        return mask.any(axis=tuple(range(2, mask.ndim)))

    def _check(self, shape: Shape) -> None:
        """Require a batch of sequences."""
        if len(shape) < 3:
            raise ValueError(f"{self.label} expected an input of shape (batch, steps, ...), got shape {shape}")


def _turned_round(layer: Recurrent) -> Recurrent:
    """Return the same layer in the other direction, with weights of its own."""
    other = copy.deepcopy(layer)
    other.go_backwards, other.built = not layer.go_backwards, False
    if layer.built:
        if layer.input_shape is None:
            raise ValueError(f"Bidirectional expected a backward_layer for one that was called before, {layer!r}")
        for cell in other.cells:
            cell.built = False
        other.build((1, *layer.input_shape))
    return other
