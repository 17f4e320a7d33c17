"""Where layers of sequences, images and volumes have their channels: after the spatial axes, or before them."""

from nnlite.autograd import Tensor

__all__ = ["axes_of", "check_data_format", "to_channels_first", "to_channels_last"]

_LETTERS = {1: "L", 2: "H, W", 3: "D, H, W"}


def check_data_format(layer: str, value: str) -> str:
    """Require one of the two layouts."""
    if value not in ("channels_last", "channels_first"):
        raise ValueError(f'{layer} expected data_format "channels_last" or "channels_first", got {value!r}')
    return value


def axes_of(spatial: int, data_format: str = "channels_last") -> str:
    """Return the axes of an input with this many spatial axes, as errors name them.

    Examples
    --------
    >>> axes_of(2), axes_of(1, "channels_first")
    ('(N, H, W, C)', '(N, C, L)')
    """
    letters = _LETTERS[spatial]
    return f"(N, C, {letters})" if data_format == "channels_first" else f"(N, {letters}, C)"


def to_channels_last(x: Tensor) -> Tensor:
    """View (N, C, *spatial) as (N, *spatial, C)."""
    return x.transpose(0, *range(2, x.ndim), 1)


def to_channels_first(x: Tensor) -> Tensor:
    """View (N, *spatial, C) as (N, C, *spatial)."""
    return x.transpose(0, x.ndim - 1, *range(1, x.ndim - 1))
