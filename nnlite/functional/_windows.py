"""What convolution and pooling take and check alike: floating input, and settings for each spatial axis."""

from typing import Any

import numpy as np

from nnlite.autograd import Tensor, default_dtype
from nnlite.autograd._recording import Array
from nnlite.autograd._tensor import as_array

__all__ = ["Padding", "PaddingLike", "Size", "as_floating", "per_axis", "resolved_padding"]

Size = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]
PaddingLike = str | int | tuple[int | tuple[int, int], ...]

_WORDS = {1: "a tuple of one", 2: "a pair of them", 3: "three of them"}
_PAIRS = {1: "a tuple of one of these pairs", 2: "a pair of pairs", 3: "three pairs"}


def as_floating(x: Any) -> Array:
    """Return a Tensor or an array, integers and booleans in the default dtype: the kernels compute in that of x."""
    x = x if isinstance(x, Tensor) else as_array(x)
    return x if x.dtype.kind == "f" else x.astype(default_dtype())


def per_axis(name: str, value: Any, axes: int, least: int = 1) -> Size:
    """Read an int as that int for each of `axes` spatial axes, and check that none is below `least`.

    Raises
    ------
    ValueError
        If it is neither an int nor one for each axis, or one is too small.

    Examples
    --------
    >>> per_axis("stride", 2, axes=3), per_axis("stride", [1, 2], axes=2)
    ((2, 2, 2), (1, 2))
    """
    values = _for_each(value, axes)
    if len(values) != axes or not all(_is_int(v, least) for v in values):
        kind = "a positive int" if least == 1 else f"an int >= {least}"
        raise ValueError(f"expected {name} to be {kind} or {_WORDS[axes]}, got {name}={value!r}")
    return tuple(int(v) for v in values)


def resolved_padding(padding: Any, size: Size, kernel_size: Size, stride: Size, dilation: Size) -> Padding:
    """Write padding as a pair (before, after) for each spatial axis.

    Raises
    ------
    ValueError
        If it is none of the forms that `conv2d` lists.

    Examples
    --------
    >>> resolved_padding("same", (5, 6), (3, 3), (1, 2), (1, 1))
    ((1, 1), (0, 1))
    >>> resolved_padding((1, (0, 2)), (5, 6), (3, 3), (1, 1), (1, 1))
    ((1, 1), (0, 2))
    """
    axes = len(size)
    if padding == "valid":
        return ((0, 0),) * axes
    if padding == "same":
        totals = [
            max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
            for n, k, s, d in zip(size, kernel_size, stride, dilation, strict=True)
        ]
        return tuple((total // 2, total - total // 2) for total in totals)
    sides = [_for_each(side, 2) for side in _for_each(padding, axes)]
    if [len(side) for side in sides] == [2] * axes and all(_is_int(p, 0) for side in sides for p in side):
        return tuple((int(before), int(after)) for before, after in sides)
    raise ValueError(
        f'expected padding to be "valid", "same", an int >= 0, {_WORDS[axes]} or {_PAIRS[axes]}, '
        f"got padding={padding!r}"
    )


def _for_each(value: Any, count: int) -> tuple[Any, ...]:
    """Return a sequence as a tuple, and anything else `count` times."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * count


def _is_int(value: Any, least: int) -> bool:
    """Whether a value is an integer, and large enough."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= least)
