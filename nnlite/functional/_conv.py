"""Convolution and its two gradients: each is the derivative of the other two, so every order of derivative is here."""

from typing import Any

import numpy as np

from nnlite.autograd import Tensor, default_dtype, differentiable
from nnlite.autograd._recording import Array
from nnlite.autograd._tensor import as_array
from nnlite.kernels import conv as kernels

__all__ = ["conv2d", "conv2d_input_grad", "conv2d_weight_grad"]

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]


def conv2d(
    x: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Pair = 1,
    padding: str | int | Pair | Padding = "valid",
    dilation: int | Pair = 1,
    groups: int = 1,
) -> Any:
    """Slide a kernel over images and take weighted sums (the field's convolution: the kernel is not turned round).

    ``y[n, r, s, f] = bias[f] + sum_{i, j, c} x[n, r * stride + i * dilation - top, ..., c] * weight[i, j, c, f]``

    Parameters
    ----------
    x : Tensor or array, shape (N, H, W, C)
        Images, channels last.
    weight : Tensor or array, shape (kh, kw, C // groups, F)
        The kernel.
    bias : Tensor or array, shape (F,), optional
        Added to every output.
    stride : int or pair, default 1
        Step of the kernel, down and across.
    padding : {"valid", "same"}, int, pair or pair of pairs, default "valid"
        Zeros around the images: none; as many as make the output ceil(size / stride), the odd one at the end; the
        same number on both sides; or ((top, bottom), (left, right)).
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
    LeCun, Y. et al., "Backpropagation applied to handwritten zip code recognition", 1989.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> F.conv2d(x, np.ones((2, 2, 1, 1)))[0, :, :, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    stride, dilation = pair("stride", stride), pair("dilation", dilation)
    x, weight = as_floating(x), as_floating(weight)
    shape, kernel = x.shape, weight.shape
    if len(shape) != 4 or len(kernel) != 4:
        raise ValueError(
            f"conv2d() takes x of shape (N, H, W, C) and weight (kh, kw, C // groups, F), got {shape} and {kernel}"
        )
    if not isinstance(groups, (int, np.integer)) or groups < 1:
        raise ValueError(f"expected groups to be a positive int, got groups={groups!r}")
    if kernel[3] % groups or shape[3] != kernel[2] * groups:
        raise ValueError(
            f"conv2d() got x of shape {shape} and weight of shape {kernel} with groups={groups}: expected "
            f"{kernel[2] * groups} input channels and outputs divisible by groups"
        )
    if bias is not None and np.shape(bias) != kernel[3:]:
        raise ValueError(f"conv2d() expected a bias of shape {kernel[3:]}, got {np.shape(bias)}")
    padding = resolved_padding(padding, shape[1:3], kernel[:2], stride, dilation)
    for axis, name in enumerate(("height", "width")):
        extent = (kernel[axis] - 1) * dilation[axis] + 1
        if shape[1 + axis] + sum(padding[axis]) < extent:
            raise ValueError(
                f"conv2d() cannot fit a kernel of {name} {extent} into x of shape {shape} with padding={padding}"
            )
    dtype = np.result_type(x.dtype, weight.dtype)  # the kernels compute in the dtype of x
    x = x if x.dtype == dtype else x.astype(dtype)
    return _conv2d(x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups)


@differentiable(kernel=kernels.forward)
def _conv2d(x: Array, weight: Array, bias: Array = None, **settings: Any) -> Array:
    """Convolve with settings already in full form."""
    input_shape, kernel_size = x.shape, weight.shape[:2]
    return _conv2d.kernel(x, weight, bias, **settings), (
        lambda g: conv2d_input_grad(g, weight, input_shape=input_shape, **settings),
        lambda g: conv2d_weight_grad(x, g, kernel_size=kernel_size, **settings),
        lambda g: np.sum(g, axis=(0, 1, 2)),
    )


@differentiable(kernel=kernels.input_grad)
def conv2d_input_grad(g: Array, weight: Array, *, input_shape: tuple[int, ...], **settings: Any) -> Array:
    """Return the gradient of `conv2d` with respect to x, for a gradient g of its output: the transposed convolution.

    Parameters
    ----------
    g : Tensor or array, shape (N, rows, columns, F)
    weight : Tensor or array, shape (kh, kw, C // groups, F)
    input_shape : tuple
        The shape (N, H, W, C) of x.
    **settings
        stride, padding, dilation (pairs, as `nnlite.kernels.conv` takes them) and groups.
    """
    kernel_size = weight.shape[:2]
    return conv2d_input_grad.kernel(g, weight, input_shape=input_shape, **settings), (
        lambda t: _conv2d(t, weight, None, **settings),
        lambda t: conv2d_weight_grad(t, g, kernel_size=kernel_size, **settings),
    )


@differentiable(kernel=kernels.weight_grad)
def conv2d_weight_grad(x: Array, g: Array, *, kernel_size: Pair, **settings: Any) -> Array:
    """Return the gradient of `conv2d` with respect to its weight, for a gradient g of its output.

    Parameters
    ----------
    x : Tensor or array, shape (N, H, W, C)
    g : Tensor or array, shape (N, rows, columns, F)
    kernel_size : pair
        The size (kh, kw) of the kernel.
    **settings
        stride, padding, dilation (pairs, as `nnlite.kernels.conv` takes them) and groups.
    """
    input_shape = x.shape
    return conv2d_weight_grad.kernel(x, g, kernel_size=kernel_size, **settings), (
        lambda t: conv2d_input_grad(g, t, input_shape=input_shape, **settings),
        lambda t: _conv2d(x, t, None, **settings),
    )


def as_floating(x: Any) -> Array:
    """Return a Tensor or an array, integers and booleans in the default dtype: the kernels compute in that of x."""
    x = x if isinstance(x, Tensor) else as_array(x)
    return x if x.dtype.kind == "f" else x.astype(default_dtype())


def pair(name: str, value: Any) -> Pair:
    """Read an int as a pair of equal ints, and check that both are positive."""
    both = _doubled(value)
    if len(both) != 2 or not all(isinstance(v, (int, np.integer)) and v >= 1 for v in both):
        raise ValueError(f"expected {name} to be a positive int or a pair of them, got {name}={value!r}")
    return int(both[0]), int(both[1])


def resolved_padding(
    padding: Any, size: tuple[int, ...], kernel_size: tuple[int, ...], stride: Pair, dilation: Pair
) -> Padding:
    """Write padding as ((top, bottom), (left, right))."""
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        totals = [
            max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
            for n, k, s, d in zip(size, kernel_size, stride, dilation, strict=True)
        ]
        return (totals[0] // 2, totals[0] - totals[0] // 2), (totals[1] // 2, totals[1] - totals[1] // 2)
    sides = [_doubled(side) for side in _doubled(padding)]
    if [len(side) for side in sides] == [2, 2] and all(
        isinstance(p, (int, np.integer)) and p >= 0 for side in sides for p in side
    ):
        return (int(sides[0][0]), int(sides[0][1])), (int(sides[1][0]), int(sides[1][1]))
    raise ValueError(
        'expected padding to be "valid", "same", an int >= 0, a pair of them or a pair of pairs, '
        f"got padding={padding!r}"
    )


def _doubled(value: Any) -> tuple[Any, ...]:
    """Return a sequence as a tuple, and anything else twice."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)
