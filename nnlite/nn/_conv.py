"""Convolutions, plain and transposed."""

import math
from abc import ABC
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from numpy.typing import DTypeLike

import nnlite.nn.functional as F
from nnlite.autograd import Parameter, Tensor
from nnlite.functional import pad
from nnlite.functional._windows import Size, per_axis
from nnlite.layers import Module
from nnlite.layers._checks import check_features, positive_int
from nnlite.layers._layout import axes_of
from nnlite.nn._checks import check_dtype, uniform_parameter

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

_PAD_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


class _ConvNd(Module, ABC):
    """What all convolutions share: channels, settings for each axis, and the parameters."""

    spatial: ClassVar[int]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Size,
        stride: int | Size,
        dilation: int | Size,
        groups: int,
        bias: bool,
        transposed: bool,
        dtype: DTypeLike | None,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        self.in_channels = positive_int(kind, "in_channels", in_channels)
        self.out_channels = positive_int(kind, "out_channels", out_channels)
        self.groups = positive_int(kind, "groups", groups)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{kind} expected in_channels (={in_channels}) and out_channels (={out_channels}) to be divisible by "
                f"groups (={groups})"
            )
        self.kernel_size = per_axis("kernel_size", kernel_size, self.spatial)
        self.stride = per_axis("stride", stride, self.spatial)
        self.dilation = per_axis("dilation", dilation, self.spatial)
        channels = (in_channels, out_channels // groups) if transposed else (out_channels, in_channels // groups)
        bound = 1 / math.sqrt(channels[1] * math.prod(self.kernel_size))
        self.weight = uniform_parameter((*channels, *self.kernel_size), bound, dtype)
        self.bias: Parameter | None = uniform_parameter((out_channels,), bound, dtype) if bias else None

    def _check(self, x: Tensor) -> None:
        """Check an input's shape and dtype."""
        if x.ndim not in (self.spatial + 1, self.spatial + 2):
            shape = axes_of(self.spatial, "channels_first")
            raise ValueError(
                f"{self.label} expected an input of shape {shape} or {shape.replace('N, ', '')}, got shape {x.shape}"
            )
        check_features(self, x, x.ndim - self.spatial - 1, self.in_channels)
        check_dtype(self, x, self.weight)


class _Conv(_ConvNd, ABC):
    """What Conv1d, Conv2d and Conv3d share: all but the number of axes."""

    function: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Size,
        stride: int | Size = 1,
        padding: str | int | Size = 0,
        dilation: int | Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, dilation, groups, bias, False, dtype)
        kind = type(self).__name__
        if isinstance(padding, str) and padding not in ("valid", "same"):
            raise ValueError(f'{kind} expected padding "valid", "same" or numbers, got padding={padding!r}')
        if padding == "same" and max(self.stride) > 1:
            raise ValueError(f'{kind} takes padding="same" with stride 1 only, got stride={stride!r}')
        if padding_mode not in _PAD_MODES:
            raise ValueError(f"{kind} expected padding_mode to be one of {[*_PAD_MODES]}, got {padding_mode!r}")
        self.padding = padding if isinstance(padding, str) else per_axis("padding", padding, self.spatial, least=0)
        self.padding_mode = padding_mode

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of x, bias added."""
        self._check(x)
        padding: str | Size = self.padding
        if self.padding_mode != "zeros":
            x = pad(x, [(0, 0)] * (x.ndim - self.spatial) + self._sides(), mode=_PAD_MODES[self.padding_mode])
            padding = "valid"
        y: Tensor = type(self).function(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)
        return y

    def _sides(self) -> list[tuple[int, int]]:
        """Return how much is put before and after each spatial axis."""
        if self.padding == "same":
            totals = [(k - 1) * d for k, d in zip(self.kernel_size, self.dilation, strict=True)]
            return [(total // 2, total - total // 2) for total in totals]
        return [(0, 0)] * self.spatial if isinstance(self.padding, str) else [(p, p) for p in self.padding]


class Conv1d(_Conv):
    """Slide learned filters along sequences (N, C, L).

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype
        As for `Conv2d`, with one number for the one axis.

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels // groups, k)
    bias : Parameter, shape (out_channels,), or None

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.Conv1d(4, 8, 3, padding="same")(np.zeros((2, 4, 10), np.float32)).shape
    (2, 8, 10)
    """

    spatial, function = 1, F.conv1d


class Conv2d(_Conv):
    """Slide learned filters over images (N, C, H, W).

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size : int or pair
    stride : int or pair, default 1
    padding : {"valid", "same"}, int or pair, default 0
        On both sides; "same", for stride 1 only, keeps the size.
    dilation : int or pair, default 1
    groups : int, default 1
        Divides both numbers of channels.
    bias : bool, default True
    padding_mode : {"zeros", "reflect", "replicate", "circular"}, default "zeros"
        What the border holds: zeros, the inside mirrored at its outermost element, that element, or the inside
        repeated from its other end.
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels // groups, kh, kw)
    bias : Parameter, shape (out_channels,), or None
        Both start from U(-k, k) with k = 1 / sqrt(in_channels // groups * kh * kw).

    Raises
    ------
    ValueError
        If an argument is out of range, or the input has another shape.
    TypeError
        If the input has another dtype than the parameters.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> conv = nl.nn.Conv2d(3, 8, 3, stride=2, padding=1)
    >>> conv
    Conv2d(3, 8, (3, 3), stride=(2, 2), padding=(1, 1))  # 224 parameters
    >>> conv(np.zeros((4, 3, 16, 16), np.float32)).shape
    (4, 8, 8, 8)
    """

    spatial, function = 2, F.conv2d


class Conv3d(_Conv):
    """Slide learned filters through volumes (N, C, D, H, W).

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype
        As for `Conv2d`, with three numbers in the place of pairs.

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels // groups, kd, kh, kw)
    bias : Parameter, shape (out_channels,), or None

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.Conv3d(1, 2, 2)(np.zeros((3, 1, 4, 5, 6), np.float32)).shape
    (3, 2, 3, 4, 5)
    """

    spatial, function = 3, F.conv3d


class _ConvTranspose(_ConvNd, ABC):
    """What the three transposed convolutions share: all but the number of axes."""

    function: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Size,
        stride: int | Size = 1,
        padding: int | Size = 0,
        output_padding: int | Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | Size = 1,
        padding_mode: str = "zeros",
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, dilation, groups, bias, True, dtype)
        if padding_mode != "zeros":
            raise ValueError(f'{type(self).__name__} takes padding_mode="zeros" only, got {padding_mode!r}')
        self.padding = per_axis("padding", padding, self.spatial, least=0)
        self.output_padding = per_axis("output_padding", output_padding, self.spatial, least=0)
        self.padding_mode = padding_mode

    def forward(self, x: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return the transposed convolution of x, bias added.

        Parameters
        ----------
        x : Tensor, shape (N, in_channels, *spatial) or (in_channels, *spatial)
        output_size : sequence of int, optional
            The size wanted along the spatial axes (or the whole shape), one of those that a convolution with this
            stride maps to x's; it takes the place of `output_padding`.
        """
        self._check(x)
        y: Tensor = type(self).function(
            x,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding if output_size is None else self._output_padding(x.shape, output_size),
            self.groups,
            self.dilation,
        )
        return y

    def _output_padding(self, shape: Size, output_size: Sequence[int]) -> Size:
        """Return what must be added to reach a size."""
        wanted = tuple(output_size)[-self.spatial :]
        least = [
            (n - 1) * s - 2 * p + (k - 1) * d + 1
            for n, s, p, k, d in zip(
                shape[-self.spatial :], self.stride, self.padding, self.kernel_size, self.dilation, strict=True
            )
        ]
        if len(output_size) not in (self.spatial, len(shape)) or not all(
            low <= n < low + s for n, low, s in zip(wanted, least, self.stride, strict=True)
        ):
            most = tuple(low + s - 1 for low, s in zip(least, self.stride, strict=True))
            raise ValueError(
                f"{self.label} expected output_size between {tuple(least)} and {most}, got {tuple(output_size)}"
            )
        return tuple(n - low for n, low in zip(wanted, least, strict=True))


class ConvTranspose1d(_ConvTranspose):
    """Apply the transpose of a `Conv1d` to sequences (N, C, L).

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, dtype
        As for `ConvTranspose2d`, with one number for the one axis.

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels // groups, k)
    bias : Parameter, shape (out_channels,), or None

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.ConvTranspose1d(4, 8, 4, stride=2, padding=1)(np.zeros((2, 4, 10), np.float32)).shape
    (2, 8, 20)
    """

    spatial, function = 1, F.conv_transpose1d


class ConvTranspose2d(_ConvTranspose):
    """Apply the transpose of a `Conv2d` to images (N, C, H, W), which makes them larger.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size : int or pair
    stride : int or pair, default 1
    padding : int or pair, default 0
        Cropped from both sides of the output.
    output_padding : int or pair, default 0
        Added to the end of the output; less than stride or dilation.
    groups : int, default 1
        Divides both numbers of channels.
    bias : bool, default True
    dilation : int or pair, default 1
    padding_mode : {"zeros"}, default "zeros"
    dtype : dtype, optional
        The default dtype unless given.

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels // groups, kh, kw)
    bias : Parameter, shape (out_channels,), or None
        Both start from U(-k, k) with k = 1 / sqrt(out_channels // groups * kh * kw).

    Raises
    ------
    ValueError
        If an argument is out of range, or the input has another shape.
    TypeError
        If the input has another dtype than the parameters.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> up = nl.nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1)
    >>> up(np.zeros((4, 8, 16, 16), np.float32)).shape
    (4, 3, 32, 32)
    >>> up(np.zeros((4, 8, 16, 16), np.float32), output_size=(33, 32)).shape
    (4, 3, 33, 32)
    """

    spatial, function = 2, F.conv_transpose2d


class ConvTranspose3d(_ConvTranspose):
    """Apply the transpose of a `Conv3d` to volumes (N, C, D, H, W), which makes them larger.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, dtype
        As for `ConvTranspose2d`, with three numbers in the place of pairs.

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels // groups, kd, kh, kw)
    bias : Parameter, shape (out_channels,), or None

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.ConvTranspose3d(2, 1, 2, stride=2)(np.zeros((3, 2, 4, 5, 6), np.float32)).shape
    (3, 1, 8, 10, 12)
    """

    spatial, function = 3, F.conv_transpose3d
