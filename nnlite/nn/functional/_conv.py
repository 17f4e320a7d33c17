"""Convolutions, channels first."""

from collections.abc import Callable
from typing import Any

import nnlite.functional as F
from nnlite.autograd._recording import Array
from nnlite.functional._windows import PaddingLike, Size, as_floating, per_axis
from nnlite.layers._layout import to_channels_first, to_channels_last
from nnlite.nn.functional._layout import batched

__all__ = [
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "fold", "unfold",
]  # fmt: skip


def conv1d(
    input: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: str | int | Size = 0,
    dilation: int | Size = 1,
    groups: int = 1,
) -> Any:
    """Convolve sequences.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, L) or (C, L)
    weight : Tensor or array, shape (F, C // groups, k)
    bias : Tensor or array, shape (F,), optional
    stride, padding, dilation, groups
        As for `conv2d`.

    Returns
    -------
    Tensor or array, shape (N, F, outputs) or (F, outputs)

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.conv1d(np.array([[1.0, 2.0, 3.0]]), np.ones((1, 1, 2)))
    array([[3., 5.]])
    """
    return _convolve("conv1d", F.conv1d, 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: str | int | Size = 0,
    dilation: int | Size = 1,
    groups: int = 1,
) -> Any:
    """Convolve images.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, H, W) or (C, H, W)
    weight : Tensor or array, shape (F, C // groups, kh, kw)
    bias : Tensor or array, shape (F,), optional
    stride : int or pair, default 1
    padding : {"valid", "same"}, int or pair, default 0
        Zeros on both sides; "same", for stride 1 only, keeps the size.
    dilation : int or pair, default 1
    groups : int, default 1

    Returns
    -------
    Tensor or array, shape (N, F, rows, columns) or (F, rows, columns)

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.conv2d(np.ones((2, 3, 8, 8)), np.ones((5, 3, 3, 3)), stride=2, padding=1).shape
    (2, 5, 4, 4)
    """
    return _convolve("conv2d", F.conv2d, 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: str | int | Size = 0,
    dilation: int | Size = 1,
    groups: int = 1,
) -> Any:
    """Convolve volumes.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, D, H, W) or (C, D, H, W)
    weight : Tensor or array, shape (F, C // groups, kd, kh, kw)
    bias : Tensor or array, shape (F,), optional
    stride, padding, dilation, groups
        As for `conv2d`.

    Returns
    -------
    Tensor or array, shape (N, F, planes, rows, columns) or (F, planes, rows, columns)

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.conv3d(np.ones((2, 3, 4, 5, 6)), np.ones((5, 3, 2, 2, 2))).shape
    (2, 5, 3, 4, 5)
    """
    return _convolve("conv3d", F.conv3d, 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: int | Size = 0,
    output_padding: int | Size = 0,
    groups: int = 1,
    dilation: int | Size = 1,
) -> Any:
    """Apply the transpose of a convolution to sequences.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, L) or (C, L)
    weight : Tensor or array, shape (C, F // groups, k)
    bias : Tensor or array, shape (F,), optional
    stride, padding, output_padding, groups, dilation
        As for `conv_transpose2d`.

    Returns
    -------
    Tensor or array, shape (N, F, outputs) or (F, outputs)

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.conv_transpose1d(np.array([[1.0, 10.0]]), np.ones((1, 1, 3)), stride=2)
    array([[ 1.,  1., 11., 10., 10.]])
    """
    return _transpose(
        "conv_transpose1d", F.conv1d_transpose, 1,
        input, weight, bias, stride, padding, output_padding, groups, dilation,
    )  # fmt: skip


def conv_transpose2d(
    input: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: int | Size = 0,
    output_padding: int | Size = 0,
    groups: int = 1,
    dilation: int | Size = 1,
) -> Any:
    """Apply the transpose of a convolution to images.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, H, W) or (C, H, W)
    weight : Tensor or array, shape (C, F // groups, kh, kw)
    bias : Tensor or array, shape (F,), optional
    stride : int or pair, default 1
    padding : int or pair, default 0
        Cropped from both sides of the output.
    output_padding : int or pair, default 0
        Added to the end of the output; less than stride or dilation.
    groups : int, default 1
    dilation : int or pair, default 1

    Returns
    -------
    Tensor or array, shape (N, F, rows, columns) or (F, rows, columns)

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.conv_transpose2d(np.ones((2, 5, 4, 4)), np.ones((5, 3, 3, 3)), stride=2, padding=1, output_padding=1).shape
    (2, 3, 8, 8)
    """
    return _transpose(
        "conv_transpose2d", F.conv2d_transpose, 2,
        input, weight, bias, stride, padding, output_padding, groups, dilation,
    )  # fmt: skip


def conv_transpose3d(
    input: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: int | Size = 0,
    output_padding: int | Size = 0,
    groups: int = 1,
    dilation: int | Size = 1,
) -> Any:
    """Apply the transpose of a convolution to volumes.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, D, H, W) or (C, D, H, W)
    weight : Tensor or array, shape (C, F // groups, kd, kh, kw)
    bias : Tensor or array, shape (F,), optional
    stride, padding, output_padding, groups, dilation
        As for `conv_transpose2d`.

    Returns
    -------
    Tensor or array, shape (N, F, planes, rows, columns) or (F, planes, rows, columns)

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.conv_transpose3d(np.ones((2, 5, 3, 4, 5)), np.ones((5, 3, 2, 2, 2))).shape
    (2, 3, 4, 5, 6)
    """
    return _transpose(
        "conv_transpose3d", F.conv3d_transpose, 3,
        input, weight, bias, stride, padding, output_padding, groups, dilation,
    )  # fmt: skip


def unfold(
    input: Array,
    kernel_size: int | Size,
    dilation: int | Size = 1,
    padding: int | Size = 0,
    stride: int | Size = 1,
) -> Any:
    """Return the windows of images as columns, whose rows count channels, then the kernel's elements.

    Parameters
    ----------
    input : Tensor or array, shape (N, C, H, W) or (C, H, W)
    kernel_size : int or pair
    dilation, padding, stride : int or pair

    Returns
    -------
    Tensor or array, shape (N, C * kh * kw, outputs) or (C * kh * kw, outputs)

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.unfold(np.arange(6.0).reshape(1, 2, 3), 2)
    array([[0., 1.],
           [1., 2.],
           [3., 4.],
           [4., 5.]])
    """
    x, is_single = batched("unfold", input, 2)
    channels, size = x.shape[1], per_axis("kernel_size", kernel_size, 2)
    rows = F.unfold(to_channels_last(x), size, stride, per_axis("padding", padding, 2, 0), dilation)
    split = rows.reshape((*rows.shape[:2], size[0] * size[1], channels))  # (N, outputs, kh * kw, C)
    columns = split.transpose(0, 3, 2, 1).reshape((len(x), channels * size[0] * size[1], rows.shape[1]))
    return columns[0] if is_single else columns


def fold(
    input: Array,
    output_size: int | Size,
    kernel_size: int | Size,
    dilation: int | Size = 1,
    padding: int | Size = 0,
    stride: int | Size = 1,
) -> Any:
    """Add columns up where `unfold` took them from.

    Parameters
    ----------
    input : Tensor or array, shape (N, C * kh * kw, outputs) or (C * kh * kw, outputs)
    output_size : int or pair
        Height and width of the result.
    kernel_size : int or pair
    dilation, padding, stride : int or pair

    Returns
    -------
    Tensor or array, shape (N, C, H, W) or (C, H, W)

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.nn.functional as F, numpy as np
    >>> F.fold(np.ones((4, 2)), (2, 3), 2)
    array([[[1., 2., 1.],
            [1., 2., 1.]]])
    """
    x = as_floating(input)
    size = per_axis("kernel_size", kernel_size, 2)
    elements = size[0] * size[1]
    if x.ndim not in (2, 3) or x.shape[-2] % elements:
        raise ValueError(f"fold() expected input of shape (N, C * {elements}, outputs), got shape {x.shape}")
    images = x.shape[0] if x.ndim == 3 else 1
    length, outputs = x.shape[-2:]
    split = x.reshape((images, length // elements, elements, outputs))  # (N, C, kh * kw, outputs)
    rows = split.transpose(0, 3, 2, 1).reshape((images, outputs, length))
    whole, sides = per_axis("output_size", output_size, 2), per_axis("padding", padding, 2, 0)
    y = to_channels_first(F.fold(rows, whole, size, stride, sides, dilation))
    return y if x.ndim == 3 else y[0]


def _convolve(
    name: str,
    function: Callable[..., Any],
    axes: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Any:
    """Call a convolution with its channels last."""
    x, is_single = batched(name, input, axes)
    if padding == "same" and max(per_axis("stride", stride, axes)) > 1:
        raise ValueError(f'{name}() takes padding="same" with stride 1 only, got stride={stride!r}')
    sides: PaddingLike = padding if isinstance(padding, str) else per_axis("padding", padding, axes, 0)
    y = function(to_channels_last(x), _kernel_last(weight), bias, stride, sides, dilation, groups)
    y = to_channels_first(y)
    return y[0] if is_single else y


def _transpose(
    name: str,
    function: Callable[..., Any],
    axes: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    """Call a transposed convolution with its channels last."""
    x, is_single = batched(name, input, axes)
    crop, extra = per_axis("padding", padding, axes, 0), per_axis("output_padding", output_padding, axes, 0)
    steps = zip(per_axis("stride", stride, axes), per_axis("dilation", dilation, axes), strict=True)
    if any(more >= max(step) for more, step in zip(extra, steps, strict=True)):
        raise ValueError(
            f"{name}() expected output_padding to be less than stride or dilation, got "
            f"output_padding={output_padding!r}, stride={stride!r}, dilation={dilation!r}"
        )
    y = function(to_channels_last(x), _kernel_last(weight), bias, stride, crop, extra, dilation, groups)
    y = to_channels_first(y)
    return y[0] if is_single else y


def _kernel_last(weight: Any) -> Any:
    """View a weight (F, C, *kernel) as (*kernel, C, F)."""
    weight = as_floating(weight)
    return weight.transpose(*range(2, weight.ndim), 1, 0) if weight.ndim > 1 else weight
