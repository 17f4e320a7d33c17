"""Convolution and its two gradients: each is the derivative of the other two, so every order of derivative is here."""

from typing import Any

import numpy as np

from nnlite.autograd import differentiable
from nnlite.autograd._recording import Array
from nnlite.functional._activation import relu
from nnlite.functional._windows import PaddingLike, Size, as_floating, per_axis, resolved_padding
from nnlite.kernels import conv as kernels
from nnlite.kernels.rectifier import where_positive

__all__ = [
    "check_kernel", "conv1d", "conv2d", "conv3d", "conv_input_grad", "conv_weight_grad", "depthwise_conv2d",
]  # fmt: skip

AXES = {1: "(N, L, C)", 2: "(N, H, W, C)", 3: "(N, D, H, W, C)"}
KERNELS = {1: "(k, {}, {})", 2: "(kh, kw, {}, {})", 3: "(kd, kh, kw, {}, {})"}
_EXTENTS = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def conv1d(
    x: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: PaddingLike = "valid",
    dilation: int | Size = 1,
    groups: int = 1,
    activation: str | None = None,
) -> Any:
    """Slide a kernel along sequences and take weighted sums.

    ``y[n, o, f] = bias[f] + sum_{k, c} x[n, o * stride + k * dilation - before, c] * weight[k, c, f]``

    Parameters
    ----------
    x : Tensor or array, shape (N, L, C)
        Sequences, channels last.
    weight : Tensor or array, shape (k, C // groups, F)
        The kernel.
    bias : Tensor or array, shape (F,), optional
        Added to every output.
    stride : int, default 1
        Step of the kernel.
    padding : {"valid", "same", "causal"}, int or ((before, after),), default "valid"
        Zeros around the sequences, as for `conv2d`; "causal" puts all of them before, so that an output sees nothing
        that comes later.
    dilation : int, default 1
        Distance between the kernel's elements.
    groups : int, default 1
        Parts into which the channels are divided; each part of the outputs sees one part of the inputs.
    activation : {"relu"}, optional
        What the outputs pass through, in the same step, which is faster than `relu` afterwards.

    Returns
    -------
    Tensor or array, shape (N, outputs, F)

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a setting is out of range.

    References
    ----------
    Waibel, A. et al., "Phoneme recognition using time-delay neural networks", 1989.
    van den Oord, A. et al., "WaveNet: a generative model for raw audio", 2016.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> x = np.arange(4.0).reshape(1, 4, 1)
    >>> F.conv1d(x, np.ones((2, 1, 1)), padding="causal")[0, :, 0]
    array([0., 1., 3., 5.])
    """
    return _convolve("conv1d", 1, x, weight, bias, stride, padding, dilation, groups, activation)


def conv2d(
    x: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: PaddingLike = "valid",
    dilation: int | Size = 1,
    groups: int = 1,
    activation: str | None = None,
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
    activation : {"relu"}, optional
        What the outputs pass through, in the same step, which is faster than `relu` afterwards.

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
    return _convolve("conv2d", 2, x, weight, bias, stride, padding, dilation, groups, activation)


def conv3d(
    x: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: PaddingLike = "valid",
    dilation: int | Size = 1,
    groups: int = 1,
    activation: str | None = None,
) -> Any:
    """Slide a kernel through volumes and take weighted sums.

    ``y[n, o, f] = bias[f] + sum_{k, c} x[n, o * stride + k * dilation - before, c] * weight[k, c, f]``

    where o and k run over the outputs and over the kernel along all three axes.

    Parameters
    ----------
    x : Tensor or array, shape (N, D, H, W, C)
        Volumes, channels last.
    weight : Tensor or array, shape (kd, kh, kw, C // groups, F)
        The kernel.
    bias : Tensor or array, shape (F,), optional
        Added to every output.
    stride : int or three, default 1
        Step of the kernel along each axis.
    padding : {"valid", "same"}, int, three or three pairs, default "valid"
        Zeros around the volumes, as for `conv2d`.
    dilation : int or three, default 1
        Distance between the kernel's elements.
    groups : int, default 1
        Parts into which the channels are divided; each part of the outputs sees one part of the inputs.
    activation : {"relu"}, optional
        What the outputs pass through, in the same step, which is faster than `relu` afterwards.

    Returns
    -------
    Tensor or array, shape (N, planes, rows, columns, F)

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a setting is out of range.

    References
    ----------
    Ji, S., Xu, W., Yang, M. and Yu, K., "3D convolutional neural networks for human action recognition", 2013.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> F.conv3d(np.ones((1, 4, 5, 6, 2)), np.ones((2, 2, 2, 2, 7)), stride=2).shape
    (1, 2, 2, 3, 7)
    """
    return _convolve("conv3d", 3, x, weight, bias, stride, padding, dilation, groups, activation)


def depthwise_conv2d(
    x: Array,
    weight: Array,
    bias: Array = None,
    stride: int | Size = 1,
    padding: PaddingLike = "valid",
    dilation: int | Size = 1,
    activation: str | None = None,
) -> Any:
    """Slide kernels of its own over each channel of images.

    ``y[n, r, s, c * multiplier + m] = sum_{i, j} x[n, r * stride + i * dilation - top, ..., c] * weight[i, j, c, m]``

    Parameters
    ----------
    x : Tensor or array, shape (N, H, W, C)
        Images, channels last.
    weight : Tensor or array, shape (kh, kw, C, multiplier)
        The kernels of each channel.
    bias : Tensor or array, shape (C * multiplier,), optional
        Added to every output.
    stride, padding, dilation, activation
        As for `conv2d`.

    Returns
    -------
    Tensor or array, shape (N, rows, columns, C * multiplier)

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a setting is out of range.

    References
    ----------
    Howard, A. G. et al., "MobileNets: efficient convolutional neural networks for mobile vision applications", 2017.

    Examples
    --------
    >>> import nnlite.functional as F, numpy as np
    >>> x = np.ones((1, 2, 2, 2)) * [1.0, 10.0]
    >>> F.depthwise_conv2d(x, np.ones((2, 2, 2, 1)))
    array([[[[ 4., 40.]]]])
    """
    x, weight = as_floating(x), as_floating(weight)
    if x.ndim != 4 or weight.ndim != 4 or x.shape[3] != weight.shape[2]:
        raise ValueError(
            "depthwise_conv2d() takes x of shape (N, H, W, C) and weight (kh, kw, C, multiplier), "
            f"got {x.shape} and {weight.shape}"
        )
    height, width, channels, multiplier = weight.shape
    weight = weight.reshape((height, width, 1, channels * multiplier))
    return _convolve("depthwise_conv2d", 2, x, weight, bias, stride, padding, dilation, channels, activation)


def _convolve(
    name: str,
    axes: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: Any,
    activation: Any,
) -> Any:
    """Check the arguments of a convolution over this many axes, write its settings in full form, and convolve."""
    if activation not in (None, "relu"):
        raise ValueError(f'{name}() expected activation "relu" or None, got activation={activation!r}')
    stride, dilation = per_axis("stride", stride, axes), per_axis("dilation", dilation, axes)
    x, weight = as_floating(x), as_floating(weight)
    shape, kernel = x.shape, weight.shape
    check_kernel(name, axes, shape, kernel, "C // groups", "F", groups)
    if kernel[-1] % groups or shape[-1] != kernel[-2] * groups:
        raise ValueError(
            f"{name}() got x of shape {shape} and weight of shape {kernel} with groups={groups}: expected "
            f"{kernel[-2] * groups} input channels and outputs divisible by groups"
        )
    if bias is not None and np.shape(bias) != kernel[-1:]:
        raise ValueError(f"{name}() expected a bias of shape {kernel[-1:]}, got {np.shape(bias)}")
    if axes == 1 and padding == "causal":
        padding = (((kernel[0] - 1) * dilation[0], 0),)
    padding = resolved_padding(padding, shape[1:-1], kernel[:-2], stride, dilation)
    for axis, extent_name in enumerate(_EXTENTS[axes]):
        extent = (kernel[axis] - 1) * dilation[axis] + 1
        if shape[1 + axis] + sum(padding[axis]) < extent:
            raise ValueError(
                f"{name}() cannot fit a kernel of {extent_name} {extent} into x of shape {shape} with padding={padding}"
            )
    dtype = np.result_type(x.dtype, weight.dtype)  # the kernels compute in the dtype of x
    x = x if x.dtype == dtype else x.astype(dtype)
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return _conv_layer(x, weight, bias, rectify=activation is not None, **settings)


def check_kernel(name: str, axes: int, shape: Size, kernel: Size, inputs: str, outputs: str, groups: Any) -> None:
    """Check the ranks of x and of its weight, and that groups is a number."""
    if len(shape) != axes + 2 or len(kernel) != axes + 2:
        raise ValueError(
            f"{name}() takes x of shape {AXES[axes]} and weight {KERNELS[axes].format(inputs, outputs)}, "
            f"got {shape} and {kernel}"
        )
    if not isinstance(groups, (int, np.integer)) or groups < 1:
        raise ValueError(f"expected groups to be a positive int, got groups={groups!r}")


@differentiable
def _conv_layer(x: Array, weight: Array, bias: Array = None, *, rectify: bool, **settings: Any) -> Array:
    """Convolve and rectify with settings already in full form; one sweep gives the gradients of all parameters."""
    y = kernels.forward(x, weight, bias, rectify=rectify, **settings)
    input_shape, kernel_size = x.shape, weight.shape[:-2]

    def vjp(g: Array, needs: tuple[bool, ...]) -> tuple[Array | None, ...]:
        dx = dweight = dbias = None
        rectified = y if rectify else None
        if needs[0] and rectify:
            g, rectified = where_positive(g, y), None
        if needs[0]:
            dx = kernels.input_grad(g, weight, input_shape=input_shape, **settings)
        if any(needs[1:]):
            dweight, dbias = kernels.parameter_grads(x, g, rectified, kernel_size=kernel_size, **settings)
        return dx, dweight, dbias

    return y, vjp


@_conv_layer.composite
def _conv_layer_by_parts(x: Array, weight: Array, bias: Array = None, *, rectify: bool, **settings: Any) -> Array:
    """Convolve and rectify by functions that are closed under differentiation."""
    y = _conv(x, weight, bias, **settings)
    return relu(y) if rectify else y


@differentiable(kernel=kernels.forward)
def _conv(x: Array, weight: Array, bias: Array = None, **settings: Any) -> Array:
    """Convolve with settings already in full form."""
    input_shape, kernel_size = x.shape, weight.shape[:-2]
    over = tuple(range(len(input_shape) - 1))
    return _conv.kernel(x, weight, bias, **settings), (
        lambda g: conv_input_grad(g, weight, input_shape=input_shape, **settings),
        lambda g: conv_weight_grad(x, g, kernel_size=kernel_size, **settings),
        lambda g: np.sum(g, axis=over),
    )


@differentiable(kernel=kernels.input_grad)
def conv_input_grad(g: Array, weight: Array, *, input_shape: tuple[int, ...], **settings: Any) -> Array:
    """Return the gradient of a convolution with respect to x, for a gradient g of its output: the transpose.

    Parameters
    ----------
    g : Tensor or array, shape (N, *outputs, F)
    weight : Tensor or array, shape (*kernel, C // groups, F)
    input_shape : tuple
        The shape (N, *spatial, C) of x.
    **settings
        stride, padding, dilation (a number or a pair for each spatial axis, as `nnlite.kernels.conv` takes them) and
        groups.
    """
    kernel_size = weight.shape[:-2]
    return conv_input_grad.kernel(g, weight, input_shape=input_shape, **settings), (
        lambda t: _conv(t, weight, None, **settings),
        lambda t: conv_weight_grad(t, g, kernel_size=kernel_size, **settings),
    )


@differentiable(kernel=kernels.weight_grad)
def conv_weight_grad(x: Array, g: Array, *, kernel_size: Size, **settings: Any) -> Array:
    """Return the gradient of a convolution with respect to its weight, for a gradient g of its output.

    Parameters
    ----------
    x : Tensor or array, shape (N, *spatial, C)
    g : Tensor or array, shape (N, *outputs, F)
    kernel_size : tuple
        The size of the kernel along each spatial axis.
    **settings
        stride, padding, dilation (a number or a pair for each spatial axis, as `nnlite.kernels.conv` takes them) and
        groups.
    """
    input_shape = x.shape
    return conv_weight_grad.kernel(x, g, kernel_size=kernel_size, **settings), (
        lambda t: conv_input_grad(g, t, input_shape=input_shape, **settings),
        lambda t: _conv(x, t, None, **settings),
    )
