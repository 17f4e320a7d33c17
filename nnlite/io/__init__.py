"""Reading and writing files, and the error that a damaged one raises."""

from nnlite.io._torch import from_torch, to_torch

__all__ = ["FormatError", "from_torch", "to_torch"]


class FormatError(ValueError):
    """A file is damaged, truncated, or not what it says it is.

    The message names the file, what was expected of it and what was found. Nothing has been changed by then, and
    nothing allocated beyond what the file really holds.

    Examples
    --------
    >>> raise FormatError("digits.idx: expected magic number 0x00000803, found 0x00000000")
    Traceback (most recent call last):
        ...
    nnlite.io.FormatError: digits.idx: expected magic number 0x00000803, found 0x00000000
    """
