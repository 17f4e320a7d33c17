"""Random changes of images that leave them what they are: crops, flips, shifts, rotations, of a whole batch at once.

Each image of the batch is changed in its own way. Called on a batch, a change draws from `nnlite.random`; inside a
DataLoader from the generator of the batch.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlite import random
from nnlite._configured import Configured
from nnlite.data._resampling import FILL_MODES, gathered, interpolated

__all__ = ["RandomCrop", "RandomFlip", "RandomRotation", "RandomShift"]

Array: TypeAlias = NDArray[Any]

_FLIPS = ("horizontal", "vertical", "horizontal_and_vertical")
_CHUNK = 64  # images that are rotated at once


class _Augmentation(Configured):
    """A random change of a batch of images, shape (N, H, W, C) or (N, H, W); dtype and batch are kept."""

    def __call__(self, x: ArrayLike, generator: np.random.Generator | None = None) -> Array:
        """Return the images, each changed in its own way.

        Parameters
        ----------
        x : array_like, shape (N, H, W, C) or (N, H, W)
        generator : numpy.random.Generator, optional
            What the changes are drawn from; `nnlite.random` by default.

        Raises
        ------
        ValueError
            If `x` has another number of axes, or images that are too small.
        """
        images = np.asarray(x)
        if images.ndim not in (3, 4):
            raise ValueError(
                f"{self!r} expected images of shape (N, H, W, C) or (N, H, W), got an array of shape {images.shape}"
            )
        return self._changed(images, random.draw_from(generator))

    @abstractmethod
    def _changed(self, x: Array, generator: np.random.Generator) -> Array:
        """Change a batch."""


class RandomCrop(_Augmentation):
    """Cut a window out of each image, at a place of its own.

    Parameters
    ----------
    height : int, or tuple (height, width)
        Of the window, in pixels.
    width : int, optional
        As the height by default.
    padding : int, default 0
        Pixels of `fill_value` that are put around the image before, so that a window of the image's own size shifts it.
    fill_value : float, default 0

    Raises
    ------
    ValueError
        If a size is not a positive integer, or the padding is negative.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> crop = nl.data.RandomCrop(32, padding=4)
    >>> crop(np.ones((5, 32, 32, 3), "uint8")).shape
    (5, 32, 32, 3)
    """

    def __init__(
        self, height: int | tuple[int, int], width: int | None = None, padding: int = 0, fill_value: float = 0.0
    ) -> None:
        if isinstance(height, (tuple, list)):
            if len(height) != 2 or width is not None:
                raise ValueError(f"expected RandomCrop(height, width), got height={height!r}, width={width!r}")
            height, width = height
        self.height, self.width = height, height if width is None else width
        for name, size, least in (("height", self.height, 1), ("width", self.width, 1), ("padding", padding, 0)):
            if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < least:
                raise ValueError(f"RandomCrop expected {name} to be an integer from {least} up, got {name}={size!r}")
        self.padding, self.fill_value = padding, fill_value

    def _changed(self, x: Array, generator: np.random.Generator) -> Array:
        n, rows, columns = len(x), x.shape[1] + 2 * self.padding, x.shape[2] + 2 * self.padding
        if rows < self.height or columns < self.width:
            raise ValueError(
                f"{self!r} expected images of at least {self.height} x {self.width} pixels, padding included, got "
                f"{rows} x {columns}"
            )
        top = generator.integers(0, rows - self.height + 1, n) - self.padding
        left = generator.integers(0, columns - self.width + 1, n) - self.padding
        i, j = top[:, None] + np.arange(self.height), left[:, None] + np.arange(self.width)
        return gathered(x, i, j, "constant", self.fill_value)


class RandomFlip(_Augmentation):
    """Mirror each image with probability one half.

    Parameters
    ----------
    mode : {"horizontal_and_vertical", "horizontal", "vertical"}, default "horizontal_and_vertical"
        "horizontal" swaps left and right, "vertical" top and bottom; both are drawn independently.

    Raises
    ------
    ValueError
        If the mode is unknown.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> images = np.array([[[1, 2], [3, 4]]] * 2)
    >>> nl.data.RandomFlip("horizontal")(images, np.random.default_rng(0)).tolist()
    [[[2, 1], [4, 3]], [[1, 2], [3, 4]]]
    """

    def __init__(self, mode: str = "horizontal_and_vertical") -> None:
        if mode not in _FLIPS:
            raise ValueError(f"RandomFlip expected mode to be one of {', '.join(_FLIPS)}, got mode={mode!r}")
        self.mode = mode

    def _changed(self, x: Array, generator: np.random.Generator) -> Array:
        i, j = (np.broadcast_to(np.arange(size), (len(x), size)) for size in x.shape[1:3])
        if "vertical" in self.mode:
            i = np.where(generator.random((len(x), 1)) < 0.5, i, i[:, ::-1])
        if "horizontal" in self.mode:
            j = np.where(generator.random((len(x), 1)) < 0.5, j, j[:, ::-1])
        return gathered(x, i, j)


class RandomShift(_Augmentation):
    """Move each image by whole pixels, up or down and to the left or the right.

    Parameters
    ----------
    height : float or int
        How far at most up or down: an integer counts pixels, a float below 1 is a share of the image's height.
    width : float or int, optional
        How far at most to the left or right, likewise; as `height` by default.
    fill_mode : {"constant", "nearest", "reflect", "wrap"}, default "constant"
        What comes in at the edges: `fill_value`, the pixels of the edge, the image mirrored, or its other end.
    fill_value : float, default 0

    Raises
    ------
    ValueError
        If a distance is negative or a float of 1 or more, or the mode is unknown.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.data.RandomShift(0, 2)(np.array([[[1, 2, 3, 4]]] * 3), np.random.default_rng(3)).tolist()
    [[[0, 0, 1, 2]], [[3, 4, 0, 0]], [[3, 4, 0, 0]]]
    """

    def __init__(
        self, height: float, width: float | None = None, fill_mode: str = "constant", fill_value: float = 0.0
    ) -> None:
        self.height, self.width = height, height if width is None else width
        for name, size in (("height", self.height), ("width", self.width)):
            whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
            if not (whole and size >= 0) and not (isinstance(size, float) and 0 <= size < 1):
                raise ValueError(
                    f"RandomShift expected {name} to be a number of pixels, or a share in [0, 1), got {name}={size!r}"
                )
        self.fill_mode, self.fill_value = _checked_mode(self, fill_mode), fill_value

    def _changed(self, x: Array, generator: np.random.Generator) -> Array:
        places = []
        for size, most in zip(x.shape[1:3], (self.height, self.width), strict=True):
            pixels = round(most * size) if isinstance(most, float) else int(most)
            places.append(np.arange(size) - generator.integers(-pixels, pixels + 1, (len(x), 1)))
        i, j = places
        return gathered(x, i, j, self.fill_mode, self.fill_value)


class RandomRotation(_Augmentation):
    """Turn each image about its middle, by an angle of its own, with bilinear interpolation.

    Parameters
    ----------
    factor : float, or tuple (least, most)
        The most that an image is turned, as a share of a full turn: 0.1 stands for angles from -36 to 36 degrees.
        Positive angles are counter-clockwise.
    degrees : float, or tuple (least, most)
        The same in degrees, instead of `factor`.
    fill_mode : {"reflect", "constant", "nearest", "wrap"}, default "reflect"
        What comes in at the edges: the image mirrored, `fill_value`, the pixels of the edge, or the other end.
    fill_value : float, default 0

    Raises
    ------
    ValueError
        If neither or both of `factor` and `degrees` are given, an angle is out of range, or the mode is unknown.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> quarter = nl.data.RandomRotation(degrees=(90, 90))
    >>> quarter(np.array([[[1, 2], [3, 4]]])).tolist()
    [[[2, 4], [1, 3]]]
    """

    def __init__(
        self,
        factor: float | tuple[float, float] | None = None,
        degrees: float | tuple[float, float] | None = None,
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
    ) -> None:
        if (factor is None) == (degrees is None):
            raise ValueError(f"RandomRotation expected factor or degrees, got factor={factor!r}, degrees={degrees!r}")
        self.factor, self.degrees = factor, degrees
        name, given, turn = ("degrees", degrees, 360.0) if factor is None else ("factor", factor, 1.0)
        pair = isinstance(given, (tuple, list))
        angles: Any = given if pair else [given]
        if len(angles) != 1 + pair or not all(isinstance(a, (int, float, np.number)) for a in angles):
            raise ValueError(f"RandomRotation expected {name} to be a number or (least, most), got {name}={given!r}")
        least, most = angles if pair else (-abs(angles[0]), abs(angles[0]))
        if not -turn <= least <= most <= turn:
            hint = f": for degrees write RandomRotation(degrees={given!r})" if name == "factor" else ""
            raise ValueError(f"RandomRotation expected {name} in [-{turn:g}, {turn:g}], got {name}={given!r}{hint}")
        self._range = 2 * np.pi * least / turn, 2 * np.pi * most / turn
        self.fill_mode, self.fill_value = _checked_mode(self, fill_mode), fill_value

    def _changed(self, x: Array, generator: np.random.Generator) -> Array:
        angles = generator.uniform(*self._range, len(x))
        rotated = np.empty_like(x)
        for start in range(0, len(x), _CHUNK):
            part = slice(start, start + _CHUNK)
            i, j = _sources(angles[part], *x.shape[1:3])
            rotated[part] = interpolated(x[part], i, j, self.fill_mode, self.fill_value)
        return rotated


def _sources(angles: Array, height: int, width: int) -> tuple[Array, Array]:
    """Return where in its image the value of each pixel comes from, two arrays of shape (N, H, W)."""
    i = (np.arange(height) - (height - 1) / 2)[:, None]  # from the middle
    j = np.arange(width) - (width - 1) / 2
    cos, sin = (f(angles)[:, None, None] for f in (np.cos, np.sin))
    return cos * i + sin * j + (height - 1) / 2, cos * j - sin * i + (width - 1) / 2


def _checked_mode(augmentation: _Augmentation, fill_mode: str) -> str:
    """Return the way to fill, if it is one."""
    if fill_mode not in FILL_MODES:
        name = type(augmentation).__name__
        raise ValueError(f"{name} expected fill_mode to be one of {', '.join(FILL_MODES)}, got fill_mode={fill_mode!r}")
    return fill_mode
