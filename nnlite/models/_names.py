"""The names of the layers inside a model: those that the user gave, and Keras' for the others."""

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["layer_names", "snake_case"]


def layer_names(things: Iterable[tuple[str | None, str]]) -> list[str]:
    """Return a name for each thing: its own, or its kind with a number that tells it from others ("dense_1").

    Parameters
    ----------
    things : iterable of (name or None, kind)

    Raises
    ------
    ValueError
        If two have one name of their own.

    Examples
    --------
    >>> layer_names([(None, "Conv2D"), ("last", "Dense"), (None, "MaxPool2D"), (None, "Conv2D")])
    ['conv2d', 'last', 'max_pool2d', 'conv2d_1']
    """
    pairs = list(things)
    given = [name for name, _ in pairs if name]
    for name in given:
        if given.count(name) > 1:
            raise ValueError(f"expected layers of different names in one model, got {name!r} {given.count(name)} times")
    taken = set(given)
    names = []
    for own, kind in pairs:
        name = own or next(candidate for candidate in _numbered(snake_case(kind)) if candidate not in taken)
        taken.add(name)
        names.append(name)
    return names


def snake_case(kind: str) -> str:
    """Write the name of a class in small letters: "MultiHeadAttention" as "multi_head_attention".

    Examples
    --------
    >>> [snake_case(kind) for kind in ("LSTM", "GlobalAvgPool2D", "ReLU")]
    ['lstm', 'global_avg_pool2d', 're_lu']
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])", "_", kind).lower()


def _numbered(base: str) -> Any:
    """Yield "dense", "dense_1", "dense_2", ..."""
    yield base
    number = 1
    while True:
        yield f"{base}_{number}"
        number += 1
