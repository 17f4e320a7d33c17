"""How functions that take channels first call those of `nnlite.functional`, which have them last."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlite.autograd import Tensor
from nnlite.functional._windows import as_floating
from nnlite.layers._layout import axes_of, to_channels_first, to_channels_last

__all__ = ["batched", "over_channels_last"]


def over_channels_last(name: str, function: Callable[[Any], Any], input: Any, axes: int) -> Any:
    """Call a function on a view of the input with its channels last, and view what it gives with its channels first.

    Parameters
    ----------
    name : str
        Of the function that was called, for the error.
    function : callable
        Takes (N, *spatial, C) and gives the like, or a tuple of such arrays; plain arrays of indices become Tensors if
        the input is one.
    input : Tensor or array, shape (N, C, *spatial), or (C, *spatial) for a single sample
    axes : int
        Number of spatial axes.

    Raises
    ------
    ValueError
        If the input has another rank.

    Examples
    --------
    >>> over_channels_last("mean", lambda x: x.mean(axis=-1, keepdims=True), np.ones((2, 5, 3)), 1).shape
    (2, 1, 3)
    """
    x, is_single = batched(name, input, axes)
    value = function(to_channels_last(x))
    outputs = []
    for y in value if isinstance(value, tuple) else (value,):
        y = Tensor(y) if isinstance(y, np.ndarray) and isinstance(input, Tensor) else y
        y = to_channels_first(y)
        outputs.append(y[0] if is_single else y)
    return tuple(outputs) if isinstance(value, tuple) else outputs[0]


def batched(name: str, input: Any, axes: int) -> tuple[Any, bool]:
    """Give a single input a batch axis, and say whether it was one."""
    x = as_floating(input)
    if x.ndim not in (axes + 1, axes + 2):
        shape = axes_of(axes, "channels_first")
        raise ValueError(f"{name}() expected input of shape {shape} or {shape.replace('N, ', '')}, got shape {x.shape}")
    is_single = x.ndim == axes + 1
    return (x.reshape((1, *x.shape)) if is_single else x), is_single
