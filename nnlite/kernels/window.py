"""The geometry of a window that slides along an axis, shared by convolution and pooling."""

import functools
import itertools
from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]
Index = tuple[slice, ...]


class Window(NamedTuple):
    """How a kernel slides along one axis.

    Output o reads, for each offset k of the kernel, the input element `o * stride + k * dilation - before`; where
    there is none, it reads padding.

    Parameters
    ----------
    size : int
        Elements of the input along the axis, padding not counted.
    kernel : int
        Elements of the kernel.
    stride : int
        Input elements from one output to the next.
    dilation : int
        Input elements from one kernel element to the next.
    before, after : int
        Elements of padding at the two ends of the axis.

    Examples
    --------
    >>> window = Window(size=5, kernel=3, stride=2, dilation=1, before=1, after=1)
    >>> window.output
    3
    >>> window.reach(0)
    (slice(1, 3, None), slice(1, 4, 2))
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def extent(self) -> int:
        """Input elements from the first to the last that one output reads, both counted."""
        return (self.kernel - 1) * self.dilation + 1

    @property
    def output(self) -> int:
        """Number of outputs: (size + before + after - extent) // stride + 1, and none if the kernel does not fit."""
        return max((self.size + self.before + self.after - self.extent) // self.stride + 1, 0)

    @property
    def padded(self) -> bool:
        """Whether any padding is there to be read."""
        return self.before > 0 or self.after > 0

    @property
    def overlaps(self) -> bool:
        """Whether two outputs may read the same element."""
        return self.extent > self.stride

    @property
    def tiles(self) -> bool:
        """Whether every element is read by exactly one output."""
        exact = self.kernel == self.stride and self.size == self.output * self.stride
        return exact and self.dilation == 1 and not self.padded

    @property
    def identity(self) -> bool:
        """Whether output o reads element o and nothing else."""
        return self.kernel == self.stride == 1 and not self.padded

    def reach(self, offset: int) -> tuple[slice, slice]:
        """Return the outputs that read a real element at `offset` of the kernel, and the elements that they read."""
        start = offset * self.dilation - self.before  # what output 0 reads; below zero it is padding
        first = max(-(start // self.stride), 0)
        count = max(min(self.output, (self.size - 1 - start) // self.stride + 1) - first, 0)
        if count == 0:
            return slice(0, 0), slice(0, 0)
        element = start + first * self.stride
        return slice(first, first + count), slice(element, element + (count - 1) * self.stride + 1, self.stride)


class Shift(NamedTuple):
    """One element of a kernel.

    Parameters
    ----------
    offset : tuple of int
        Its position in the kernel.
    outputs, inputs : tuple of slice
        Of arrays (N, *spatial, C): the outputs that read a real element there, and the elements that they read.
    """

    offset: tuple[int, ...]
    outputs: Index
    inputs: Index


@functools.lru_cache(maxsize=256)
def shifts(*windows: Window) -> tuple[Shift, ...]:
    """Return the kernel's elements in row-major order.

    Parameters
    ----------
    *windows : Window
        One for each spatial axis; without any there is one element, which stays where it is.

    Examples
    --------
    >>> [shift.offset for shift in shifts(Window(4, 2, 1, 1, 0, 0), Window(4, 2, 1, 1, 0, 0))]
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    result = []
    for offset in itertools.product(*(range(window.kernel) for window in windows)):
        pairs = [window.reach(k) for window, k in zip(windows, offset, strict=True)]
        outputs, inputs = zip(*pairs, strict=True) if pairs else ((), ())
        result.append(Shift(offset, (slice(None), *outputs), (slice(None), *inputs)))
    return tuple(result)
