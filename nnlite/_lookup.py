"""Strings become objects: how "adam", "mse", "relu" or "glorot_uniform" is found in the table of its family."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

__all__ = ["look_up"]

T = TypeVar("T")


def look_up(family: str, name: str, table: Mapping[str, T]) -> T:
    """Return what a name stands for; capitals and underscores do not matter ("GlorotUniform", "glorot_uniform").

    Parameters
    ----------
    family : str
        What the objects are called in errors.
    name : str
    table : mapping of str to object
        The known names, in lower case with underscores.

    Raises
    ------
    ValueError
        If the name is unknown; it lists the known ones.

    Examples
    --------
    >>> look_up("activation", "rleu", {"relu": max, "tanh": min})
    Traceback (most recent call last):
        ...
    ValueError: unknown activation 'rleu', did you mean 'relu'? Known are relu, tanh
    """
    for known, value in table.items():
        if known.replace("_", "") == name.lower().replace("_", ""):
            return value
    close = difflib.get_close_matches(name.lower(), table, 1)
    hint = f", did you mean {close[0]!r}?" if close else "."
    raise ValueError(f"unknown {family} {name!r}{hint} Known are {', '.join(sorted(table))}")
