"""The names of the layers inside a model: those that the user gave, and Keras' for the others."""

from collections import Counter
from collections.abc import Iterable

from nnlite._configured import snake_case

__all__ = ["layer_names"]


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
    taken, numbers, names = set(given), Counter[str](), []
    for own, kind in pairs:
        name, base = own or "", snake_case(kind)
        while not name or (not own and name in taken):
            name = f"{base}_{numbers[base]}" if numbers[base] else base
            numbers[base] += 1
        taken.add(name)
        names.append(name)
    return names
