"""The error that a damaged file raises."""

__all__ = ["FormatError"]


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

    __module__ = "nnlite.io"
