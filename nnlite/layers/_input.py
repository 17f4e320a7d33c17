"""Input: where a functional model begins."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nnlite.autograd import Tensor, default_dtype
from nnlite.layers._checks import check_input_shape, positive_int
from nnlite.layers._module import Module, Shape
from nnlite.layers._symbolic import Call, SymbolicTensor

__all__ = ["Input", "InputLayer"]


def Input(  # noqa: N802 (Keras' name)
    shape: Any, batch_size: int | None = None, dtype: DTypeLike | None = None, name: str | None = None
) -> SymbolicTensor:
    """Return a symbolic tensor: layers are called on it, and `Model(inputs, outputs)` makes a model of what they give.

    Parameters
    ----------
    shape : tuple of int or None
        Of one sample, without the batch axis; None is an axis of any length.
    batch_size : int, optional
        The length of the batch axis; of any length by default.
    dtype : dtype, optional
        Of the data that will come, such as "int32" for an Embedding; the default dtype if left out.
    name : str, optional
        By which dicts of inputs, and `get_layer`, refer to it.

    Raises
    ------
    ValueError
        If `shape` is no tuple of positive lengths, or `batch_size` no positive integer.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> inputs = nl.layers.Input(shape=(784,))
    >>> hidden = nl.layers.Dense(64, activation="relu")(inputs)
    >>> outputs = nl.layers.Dense(10)(hidden) + nl.layers.Dense(10)(inputs)
    >>> outputs.shape
    (None, 10)
    >>> model = nl.models.Model(inputs=inputs, outputs=outputs)
    >>> model.predict(np.zeros((5, 784))).shape
    (5, 10)
    """
    return InputLayer(shape, batch_size, dtype, name).symbol()


class InputLayer(Module):
    """The place of an input among the layers of a model: it lets pass what has its shape.

    Its arguments are those of `Input`.
    """

    def __init__(
        self, shape: Any, batch_size: int | None = None, dtype: DTypeLike | None = None, name: str | None = None
    ) -> None:
        checked = check_input_shape("Input", shape, "shape")
        if checked is None:
            raise ValueError("Input expected shape to be a tuple such as (28, 28, 1), got shape=None")
        super().__init__(name=name)
        self.shape: Shape = checked
        self.batch_size = None if batch_size is None else positive_int("Input", "batch_size", batch_size)
        self.dtype = default_dtype() if dtype is None else np.dtype(dtype)
        self.built = True

    def symbol(self) -> SymbolicTensor:
        """Return the symbolic tensor that stands for what comes in here."""
        return Call(self, (), {}).output((self.batch_size, *self.shape), self.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Return x, with a trailing axis of one added or dropped where that makes it fit.

        Raises
        ------
        ValueError
            If x has another shape.
        """
        expected = (self.batch_size, *self.shape)
        if expected[-1] == 1 and x.ndim == len(expected) - 1:
            x = x.reshape((*x.shape, 1))
        elif x.ndim == len(expected) + 1 and x.shape[-1] == 1:
            x = x.reshape(x.shape[:-1])
        if len(expected) != x.ndim or any(n is not None and n != m for n, m in zip(expected, x.shape, strict=True)):
            raise ValueError(f"{self.label} expected an input of shape {expected}, got {x.shape}")
        return x

    def _code(self) -> str:
        """Return the call that makes the symbolic tensor."""
        settings = [("batch_size", self.batch_size), ("name", self.name)]
        dtype = [] if self.dtype == default_dtype() else [("dtype", self.dtype.name)]
        shown = [f"{key}={value!r}" for key, value in (*settings[:1], *dtype, *settings[1:]) if value is not None]
        return f"Input({', '.join([f'shape={self.shape}', *shown])})"
