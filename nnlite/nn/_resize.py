"""Resizing and padding."""

from collections.abc import Sequence

import numpy as np

import nnlite.nn.functional as F
from nnlite.autograd import Tensor
from nnlite.layers import Module
from nnlite.layers._checks import positive_int

__all__ = ["PixelShuffle", "Upsample", "ZeroPad2d"]


class Upsample(Module):
    """Resize an input (N, C, *spatial), to a given size or to `scale_factor` times as many elements.

    Parameters
    ----------
    size : int or one for each spatial axis, optional
    scale_factor : float or one for each spatial axis, optional
        Output sizes are ``floor(in * scale_factor)``. Exactly one of the two is given.
    mode : {"nearest", "linear", "bilinear", "trilinear"}, default "nearest"
        The last three are the same for one, two and three spatial axes.
    align_corners : bool, optional
        Only for the linear modes: whether the first and the last elements of input and output coincide.
    recompute_scale_factor : bool, optional
        Whether interpolation goes by out / in rather than by the `scale_factor` that gave the output size.

    Raises
    ------
    ValueError
        If not exactly one of `size` and `scale_factor` is given, or, when called, they do not fit the input.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.Upsample(scale_factor=2, mode="bilinear")(np.zeros((4, 3, 5, 6))).shape
    (4, 3, 10, 12)
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        if (size is None) == (scale_factor is None):
            raise ValueError(f"Upsample takes either size or scale_factor, got {size=} and {scale_factor=}")
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, x: Tensor) -> Tensor:
        """Return x in its new size."""
        y: Tensor = F.interpolate(
            x, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )
        return y


class PixelShuffle(Module):
    """Turn channels into pixels: (..., C * r**2, H, W) into (..., C, H * r, W * r).

    Parameters
    ----------
    upscale_factor : int
        r.

    Raises
    ------
    ValueError
        If it is not positive, or an input has no such shape.

    References
    ----------
    Shi, W. et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional
    neural network", 2016.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.PixelShuffle(2)(np.zeros((4, 12, 5, 6))).shape
    (4, 3, 10, 12)
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = positive_int("PixelShuffle", "upscale_factor", upscale_factor)

    def forward(self, x: Tensor) -> Tensor:
        """Return the larger images."""
        y: Tensor = F.pixel_shuffle(x, self.upscale_factor)
        return y


class ZeroPad2d(Module):
    """Put zeros around images (N, C, H, W) or (C, H, W), or cut their borders off.

    Parameters
    ----------
    padding : int or four of them
        Zeros on all sides, or (left, right, above, below); a negative number cuts elements off.

    Raises
    ------
    ValueError
        If it is neither, or takes more than an input has.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.nn.ZeroPad2d((1, 2, 0, -1))(np.zeros((4, 3, 5, 6))).shape
    (4, 3, 4, 9)
    """

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = padding
        sides = padding if isinstance(padding, (tuple, list)) else (padding,) * 4
        if len(sides) != 4 or not all(isinstance(n, (int, np.integer)) for n in sides):
            raise ValueError(f"ZeroPad2d expected padding to be an int or four of them, got {padding=}")
        self._sides = tuple(sides)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with its border."""
        if x.ndim not in (3, 4):
            raise ValueError(
                f"{self.label} expected an input (N, C, H, W) or (C, H, W), got an input of shape {x.shape}"
            )
        y: Tensor = F.pad(x, self._sides)
        return y
