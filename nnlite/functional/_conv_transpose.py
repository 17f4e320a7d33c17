"""Transposed convolution: what a convolution does to gradients of its output, used as a layer of its own."""

from typing import Any

import numpy as np

from nnlite.autograd._recording import Array
from nnlite.functional._arithmetic import add
from nnlite.functional._conv import check_kernel, conv_input_grad
from nnlite.functional._shape import pad
from nnlite.functional._windows import PaddingLike, Size, as_floating, per_axis, resolved_padding

__all__ = ["conv1d_transpose", "conv2d_transpose", "conv3d_transpose"]


def conv1d_transpose(
    x: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: PaddingLike = "valid",
    output_padding: int | Size | None = None,
    dilation: int | Size = 1,
    groups: int = 1,
) -> Any:
    """Lay a kernel down along sequences, weighted by their elements: the transpose of `conv1d`.

    ``y[n, o * stride + k * dilation - before, f] += sum_c x[n, o, c] * weight[k, f, c]``

    Parameters
    ----------
    x : Tensor or array, shape (N, L, C)
        Sequences, channels last.
    weight : Tensor or array, shape (k, F // groups, C)
        The kernel of the `conv1d` from F to C channels whose transpose this is.
    bias : Tensor or array, shape (F,), optional
        Added to every output.
    stride, padding, output_padding, dilation, groups
        As for `conv2d_transpose`.

    Returns
    -------
    Tensor or array, shape (N, outputs, F)

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.conv1d_transpose(np.array([[[1.0], [10.0]]]), np.ones((3, 1, 1)), stride=2)[0, :, 0]
    array([ 1.,  1., 11., 10., 10.])
    """
    return _transpose("conv1d_transpose", 1, x, weight, bias, stride, padding, output_padding, dilation, groups)


def conv2d_transpose(
    x: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: PaddingLike = "valid",
    output_padding: int | Size | None = None,
    dilation: int | Size = 1,
    groups: int = 1,
) -> Any:
    """Lay a kernel down over images, weighted by their elements: the transpose of `conv2d`.

    ``y[n, r * stride + i * dilation - top, ..., f] += sum_c x[n, r, s, c] * weight[i, j, f, c]``

    Parameters
    ----------
    x : Tensor or array, shape (N, H, W, C)
        Images, channels last.
    weight : Tensor or array, shape (kh, kw, F // groups, C)
        The kernel of the `conv2d` from F to C channels whose transpose this is.
    bias : Tensor or array, shape (F,), optional
        Added to every output.
    stride : int or pair, default 1
        Distance between the places where two neighbours lay the kernel down.
    padding : {"valid", "same"}, int, pair or pair of pairs, default "valid"
        What is cropped from the output, in the forms that `conv2d` has for what it pads. "valid" crops nothing and
        gives (size - 1) * stride + max(extent, stride), where extent = (k - 1) * dilation + 1; "same" gives
        size * stride, cropping (or, for a kernel smaller than the stride, adding) the odd one at the end.
    output_padding : int or pair, optional
        Rows and columns that the output has beyond (size - 1) * stride + extent less what is cropped. Where it is
        given, "same" gives (size - 1) * stride + extent % 2 + output_padding, as in Keras.
    dilation : int or pair, default 1
        Distance between the kernel's elements.
    groups : int, default 1
        Parts into which the channels are divided; each part of the outputs sees one part of the inputs.

    Returns
    -------
    Tensor or array, shape (N, rows, columns, F)

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a setting is out of range.

    References
    ----------
    Zeiler, M. D., Krishnan, D., Taylor, G. W. and Fergus, R., "Deconvolutional networks", 2010.
    Dumoulin, V. and Visin, F., "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    >>> F.conv2d_transpose(x, np.ones((2, 2, 1, 1)))[0, :, :, 0]
    array([[ 1.,  3.,  2.],
           [ 4., 10.,  6.],
           [ 3.,  7.,  4.]])
    """
    return _transpose("conv2d_transpose", 2, x, weight, bias, stride, padding, output_padding, dilation, groups)


def conv3d_transpose(
    x: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: PaddingLike = "valid",
    output_padding: int | Size | None = None,
    dilation: int | Size = 1,
    groups: int = 1,
) -> Any:
    """Lay a kernel down through volumes, weighted by their elements: the transpose of `conv3d`.

    ``y[n, o * stride + k * dilation - before, f] += sum_c x[n, o, c] * weight[k, f, c]``

    where o and k run over the inputs and over the kernel along all three axes.

    Parameters
    ----------
    x : Tensor or array, shape (N, D, H, W, C)
        Volumes, channels last.
    weight : Tensor or array, shape (kd, kh, kw, F // groups, C)
        The kernel of the `conv3d` from F to C channels whose transpose this is.
    bias : Tensor or array, shape (F,), optional
        Added to every output.
    stride, padding, output_padding, dilation, groups
        As for `conv2d_transpose`, with three numbers in the place of pairs.

    Returns
    -------
    Tensor or array, shape (N, planes, rows, columns, F)

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a setting is out of range.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.conv3d_transpose(np.ones((1, 2, 3, 4, 7)), np.ones((2, 2, 2, 5, 7)), stride=2).shape
    (1, 4, 6, 8, 5)
    """
    return _transpose("conv3d_transpose", 3, x, weight, bias, stride, padding, output_padding, dilation, groups)


def _transpose(
    name: str,
    axes: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    dilation: Any,
    groups: Any,
) -> Any:
    """Check the arguments of a transposed convolution, find its output's size, and compute it."""
    stride, dilation = per_axis("stride", stride, axes), per_axis("dilation", dilation, axes)
    extra = None if output_padding is None else per_axis("output_padding", output_padding, axes, least=0)
    x, weight = as_floating(x), as_floating(weight)
    shape, kernel = x.shape, weight.shape
    check_kernel(name, axes, shape, kernel, "F // groups", "C", groups)
    if kernel[-1] % groups or shape[-1] != kernel[-1]:
        raise ValueError(
            f"{name}() got x of shape {shape} and weight of shape {kernel} with groups={groups}: expected "
            f"{kernel[-1]} input channels, divisible by groups"
        )
    features = kernel[-2] * groups
    if bias is not None and np.shape(bias) != (features,):
        raise ValueError(f"{name}() expected a bias of shape {(features,)}, got {np.shape(bias)}")
    extents = [(k - 1) * d + 1 for k, d in zip(kernel[:-2], dilation, strict=True)]
    reach = [(n - 1) * s + extent for n, s, extent in zip(shape[1:-1], stride, extents, strict=True)]
    befores, sizes = _crop(padding, extra, shape[1:-1], stride, extents, reach)
    if min(sizes) < 1:
        raise ValueError(f"{name}() has nothing left of x of shape {shape} with padding={padding!r}")
    # The convolution whose transpose this is must have as many outputs as x; what it cannot see are zeros at the end.
    befores = [min(before, r + s - 1) for before, r, s in zip(befores, reach, stride, strict=True)]
    seen = [min(size, r - before + s - 1) for size, r, before, s in zip(sizes, reach, befores, stride, strict=True)]
    settings = {
        "input_shape": (shape[0], *seen, features),
        "stride": stride,
        "padding": tuple((b, max(r - b - size, 0)) for b, r, size in zip(befores, reach, sizes, strict=True)),
        "dilation": dilation,
        "groups": groups,
    }
    dtype = np.result_type(x.dtype, weight.dtype)  # the kernels compute in the dtype of x
    y = conv_input_grad(x if x.dtype == dtype else x.astype(dtype), weight, **settings)
    if seen != sizes:
        y = pad(y, ((0, 0), *((0, size - n) for size, n in zip(sizes, seen, strict=True)), (0, 0)))
    return y if bias is None else add(y, bias)


def _crop(
    padding: Any, extra: Size | None, size: Size, stride: Size, extents: list[int], reach: list[int]
) -> tuple[list[int], list[int]]:
    """Return how much is cropped before, and the size of the output, along each axis."""
    axes = range(len(size))
    if padding == "same" and extra is not None:
        added = [extents[i] + extents[i] % 2 - 2 + extra[i] for i in axes]
        befores = [max(extents[i] - 1 - (added[i] + 1) // 2, 0) for i in axes]
        return befores, [reach[i] - extents[i] + extents[i] % 2 + extra[i] for i in axes]
    if padding == "same":
        return [max((extents[i] - stride[i]) // 2, 0) for i in axes], [size[i] * stride[i] for i in axes]
    if padding == "valid" and extra is None:
        return [0 for _ in axes], [max(reach[i], size[i] * stride[i]) for i in axes]
    sides = resolved_padding(padding, size, tuple(extents), stride, (1,) * len(size))
    more = extra or (0,) * len(size)
    return [before for before, _ in sides], [reach[i] - sum(sides[i]) + more[i] for i in axes]
