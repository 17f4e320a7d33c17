"""Windows as the rows of a matrix, and back."""

import math
from typing import Any

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._windows import PaddingLike, Size, as_floating, per_axis, resolved_padding
from nnlite.kernels import columns as kernels

__all__ = ["fold", "unfold"]


def unfold(
    x: Array,
    kernel_size: int | Size,
    stride: int | Size = 1,
    padding: PaddingLike = "valid",
    dilation: int | Size = 1,
) -> Any:
    """Return the windows of x as the rows of a matrix for each image, so that a convolution is a product.

    Row o is the window that output o of a convolution sees, outputs counted in row-major order. Within a row the
    kernel's elements come in row-major order too, and the channels of each together: ``(kh, kw, C)`` flattened. Hence
    ``unfold(x, (kh, kw)) @ weight.reshape(-1, F)`` is ``conv2d(x, weight)`` with its outputs flattened.

    Parameters
    ----------
    x : Tensor or array, shape (N, *spatial, C)
        Sequences, images or volumes, channels last.
    kernel_size : int or tuple
        Size of the window along each spatial axis.
    stride, padding, dilation
        As for `conv2d`.

    Returns
    -------
    Tensor or array, shape (N, outputs, kernel elements * C)

    Raises
    ------
    ValueError
        If x has another rank, the window does not fit, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.unfold(np.arange(9.0).reshape(1, 3, 3, 1), 2)[0]
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.],
           [3., 4., 6., 7.],
           [4., 5., 7., 8.]])
    """
    x = as_floating(x)
    if len(x.shape) not in (3, 4, 5):
        raise ValueError(f"unfold() takes x of shape (N, *spatial, C) with 1 to 3 spatial axes, got shape {x.shape}")
    return _unfold(x, **_geometry("unfold", x.shape[1:-1], kernel_size, stride, padding, dilation))


def fold(
    y: Array,
    output_size: int | Size,
    kernel_size: int | Size,
    stride: int | Size = 1,
    padding: PaddingLike = "valid",
    dilation: int | Size = 1,
) -> Any:
    """Add rows up where `unfold` took them from: its transpose. Overlapping windows are summed, not averaged.

    Parameters
    ----------
    y : Tensor or array, shape (N, outputs, kernel elements * C)
        Rows as `unfold` gives them.
    output_size : tuple
        Size of the result along each spatial axis; an int for sequences.
    kernel_size, stride, padding, dilation
        As they were given to `unfold`.

    Returns
    -------
    Tensor or array, shape (N, *output_size, C)

    Raises
    ------
    ValueError
        If y has not the shape that `unfold` would give, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.fold(np.ones((1, 4, 4)), (3, 3), 2)[0, :, :, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    y = as_floating(y)
    axes = len(output_size) if isinstance(output_size, (tuple, list)) else 1
    if axes not in (1, 2, 3):
        raise ValueError(f"fold() takes 1 to 3 spatial axes, got output_size={output_size!r}")
    size = per_axis("output_size", output_size, axes)
    geometry = _geometry("fold", size, kernel_size, stride, padding, dilation)
    elements = math.prod(geometry["kernel_size"])
    windows = kernels.windows_of((1, *size, 1), **geometry)
    rows = math.prod(window.output for window in windows)
    if len(y.shape) != 3 or y.shape[1] != rows or y.shape[2] % elements:
        raise ValueError(
            f"fold() takes y of shape (N, outputs, kernel elements * C), here (N, {rows}, {elements} * C), "
            f"got shape {y.shape}"
        )
    return _fold(y, output_size=size, **geometry)


@differentiable(kernel=kernels.unfold)
def _unfold(x: Array, **geometry: Any) -> Array:
    """Unfold with the geometry in full form."""
    size = x.shape[1:-1]
    return _unfold.kernel(x, **geometry), (lambda g: _fold(g, output_size=size, **geometry),)


@differentiable(kernel=kernels.fold)
def _fold(y: Array, *, output_size: Size, **geometry: Any) -> Array:
    """Fold with the geometry in full form."""
    return _fold.kernel(y, output_size=output_size, **geometry), (lambda g: _unfold(g, **geometry),)


def _geometry(name: str, size: Size, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> dict[str, Any]:
    """Check the settings of windows over this many elements, and write them in full form."""
    axes = len(size)
    kernel_size, stride, dilation = (
        per_axis(setting, value, axes)
        for setting, value in (("kernel_size", kernel_size), ("stride", stride), ("dilation", dilation))
    )
    padding = resolved_padding(padding, size, kernel_size, stride, dilation)
    extents = tuple((k - 1) * d + 1 for k, d in zip(kernel_size, dilation, strict=True))
    if any(n + sum(sides) < extent for n, sides, extent in zip(size, padding, extents, strict=True)):
        raise ValueError(f"{name}() cannot fit a window of {extents} into {size} with padding={padding}")
    return {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
