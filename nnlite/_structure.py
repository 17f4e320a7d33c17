"""Several arrays at once: what has the shape of nested lists, tuples and dicts, as the inputs of a model may have.

Named tuples and other kinds of tuples are things of their own, not structures.
"""

from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["leaves", "mapped", "placed"]


def leaves(structure: Any) -> Iterator[Any]:
    """Yield what is inside lists, tuples and dicts (by the order of their items), or the thing itself.

    Examples
    --------
    >>> list(leaves({"a": 1, "b": [2, (3,)]}))
    [1, 2, 3]
    """
    if isinstance(structure, list) or type(structure) is tuple:
        for item in structure:
            yield from leaves(item)
    elif isinstance(structure, dict):
        for item in structure.values():
            yield from leaves(item)
    else:
        yield structure


def mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """Return the same structure with `function(leaf)` in the place of each leaf.

    Examples
    --------
    >>> mapped(abs, {"a": -1, "b": [2, (-3,)]})
    {'a': 1, 'b': [2, (3,)]}
    """
    if isinstance(structure, list):
        return [mapped(function, item) for item in structure]
    if type(structure) is tuple:
        return tuple([mapped(function, item) for item in structure])
    if isinstance(structure, dict):
        return {key: mapped(function, item) for key, item in structure.items()}
    return function(structure)


def placed(structure: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the leaves with where they stand, as code: "x[0]", "x['a']", or just the name.

    Examples
    --------
    >>> list(placed({"a": 1, "b": [2]}, "x"))
    [("x['a']", 1), ("x['b'][0]", 2)]
    """
    if isinstance(structure, list) or type(structure) is tuple:
        for i, item in enumerate(structure):
            yield from placed(item, f"{name}[{i}]")
    elif isinstance(structure, dict):
        for key, item in structure.items():
            yield from placed(item, f"{name}[{key!r}]")
    else:
        yield name, structure
