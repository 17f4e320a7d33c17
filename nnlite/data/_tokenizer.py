"""What tokenizers have in common: numbers checked, files written and read."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlite._configured import Configured
from nnlite.autograd import Tensor
from nnlite.io import FormatError
from nnlite.io._files import opened, replacing

__all__ = ["Tokenizer", "texts_in"]


class Tokenizer(Configured, ABC):
    """Turns text into numbers from 0 to `len(tokenizer)` - 1, and back, once it is fitted to text."""

    @abstractmethod
    def fit(self, text: str | Iterable[str]) -> Self:
        """Learn the tokens of a text, or of several."""

    @abstractmethod
    def encode(self, text: str) -> NDArray[np.int64]:
        """Return the numbers of the tokens of a text."""

    @abstractmethod
    def decode(self, ids: ArrayLike) -> str:
        """Return the text of the tokens with these numbers."""

    @abstractmethod
    def __len__(self) -> int:
        """Return how many tokens there are."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the tokenizer to a file, as JSON.

        Raises
        ------
        RuntimeError
            If it was not fitted.
        """
        self._refuse_unfitted()
        description = {"class_name": type(self).__name__, **self.get_config(), **self._learned()}
        with replacing(path) as out:
            out.write(json.dumps(description).encode("ascii"))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a tokenizer that `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        nnlite.io.FormatError
            If the file is damaged, or holds something else.
        """
        wanted = f"a {cls.__name__} as JSON"
        with opened(path, wanted) as file:
            description = json.loads(file.read())
            found = description.get("class_name") if isinstance(description, dict) else type(description).__name__
            if found != cls.__name__:
                raise FormatError(f"{path}: expected {wanted}, found {found!r}")
            return cls._from_description(description)

    def _text(self, text: str) -> str:
        """Return a text to encode; raise if it is none, or nothing is known yet."""
        self._refuse_unfitted()
        if not isinstance(text, str):
            raise TypeError(f"{type(self).__name__}.encode() expected a text, got a {type(text).__name__}")
        return text

    def _refuse_unfitted(self) -> None:
        if not len(self):
            raise RuntimeError(f"{self!r} knows no text yet: call fit(text) first")

    def _checked(self, ids: ArrayLike) -> NDArray[Any]:
        """Return token numbers as an array on one axis; raise if they are none."""
        self._refuse_unfitted()
        numbers = ids.data if isinstance(ids, Tensor) else np.asarray(ids)
        if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
            raise ValueError(
                f"expected token numbers, an array of integers on one axis, got shape {numbers.shape} and dtype "
                f"{numbers.dtype}"
            )
        outside = (numbers < 0) | (numbers >= len(self))
        if outside.any():
            raise ValueError(f"expected token numbers from 0 to {len(self) - 1}, got {numbers[outside][0]}")
        return numbers.astype(np.int64)

    @abstractmethod
    def _learned(self) -> dict[str, Any]:
        """Return what was learned, as plain types."""

    @classmethod
    @abstractmethod
    def _from_description(cls, description: dict[str, Any]) -> Self:
        """Make the tokenizer of a description, which nobody has checked; any error says that it is damaged."""


def texts_in(text: str | Iterable[str]) -> Iterator[str]:
    """Yield the texts that a user gives to fit to: one, or several."""
    if not isinstance(text, str) and not isinstance(text, Iterable):
        raise TypeError(f"expected a text, or several, to fit to, got a {type(text).__name__}")
    for part in [text] if isinstance(text, str) else text:
        if not isinstance(part, str):
            raise TypeError(f"expected a text, or several, to fit to, got a {type(part).__name__} among them")
        yield part
