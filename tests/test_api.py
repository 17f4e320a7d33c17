"""Every public name is there, under exactly its name, and its package tells of it."""

import importlib
from typing import Any

import pytest

from tests.api import API

NAMES = [(package, name) for package, names in API.items() for name in names.split()]


def found(package: str) -> Any:
    """Import a package of nnlite by its name inside nnlite."""
    return importlib.import_module(".".join(filter(None, ["nnlite", package])))


@pytest.mark.parametrize(("package", "name"), NAMES, ids=lambda value: value or "nnlite")
def test_the_name_is_there(package: str, name: str) -> None:
    module = found(package)
    assert hasattr(module, name)
    assert name in module.__all__


@pytest.mark.parametrize(("package", "name"), NAMES, ids=lambda value: value or "nnlite")
def test_it_says_what_it_is(package: str, name: str) -> None:
    value = getattr(found(package), name)
    if not isinstance(value, str):
        assert (value.__doc__ or "").strip()
