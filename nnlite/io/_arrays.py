"""Arrays by name, as files hold them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.autograd import Tensor
from nnlite.layers import Module

__all__ = ["Arrays", "checked_arrays"]

Arrays = dict[str, NDArray[Any]]


def checked_arrays(function: str, given: Any, path: Any) -> Arrays:
    """Return what the user gave as arrays by name.

    Raises
    ------
    TypeError
        If it is something else, or path is no path: the two are easily swapped.
    """
    if isinstance(given, Module):
        raise TypeError(f"{function}() takes arrays by name: pass model.state_dict(), not the {type(given).__name__}")
    if not isinstance(given, Mapping) or not isinstance(path, (str, os.PathLike)):
        found = f"{type(given).__name__}, {type(path).__name__}"
        raise TypeError(f"{function}() takes arrays by name, and then a path; got {found}")
    for name in given:
        if not isinstance(name, str):
            raise TypeError(f"{function}() takes arrays by name, got {name!r} for a name")
    return {name: value.data if isinstance(value, Tensor) else np.asarray(value) for name, value in given.items()}
