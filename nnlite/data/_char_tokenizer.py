"""CharTokenizer: a token for each character."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlite.data._tokenizer import Tokenizer, texts_in

__all__ = ["CharTokenizer"]


class CharTokenizer(Tokenizer):
    """Turns text into the numbers of its characters, and back.

    Parameters
    ----------
    unknown : str, optional
        A character that stands for all those that `fit` did not see; without it they are an error.

    Attributes
    ----------
    characters_ : str
        The characters in the order of their numbers, which is that of Unicode.
    vocab_size : int
        How many there are, as `len(tokenizer)`.

    Examples
    --------
    >>> import nnlite as nl
    >>> tokenizer = nl.data.CharTokenizer().fit("hello world")
    >>> tokenizer.characters_, len(tokenizer)
    (' dehlorw', 8)
    >>> tokenizer.encode("hold")
    array([3, 5, 4, 1])
    >>> tokenizer.decode([3, 5, 4, 1])
    'hold'
    """

    characters_: str = ""

    def __init__(self, unknown: str | None = None) -> None:
        if unknown is not None and (not isinstance(unknown, str) or len(unknown) != 1):
            raise ValueError(f"CharTokenizer expected unknown to be a single character, got unknown={unknown!r}")
        self.unknown = unknown

    def fit(self, text: str | Iterable[str]) -> Self:
        """Give the characters of a text, or of several, their numbers.

        Returns
        -------
        CharTokenizer
            Itself.

        Raises
        ------
        ValueError
            If there are none.
        """
        found = set().union(*texts_in(text))
        if not found:
            raise ValueError("CharTokenizer expected a text to fit to, got an empty one")
        self._number(found.union(self.unknown or ""))
        return self

    def encode(self, text: str) -> NDArray[np.int64]:
        """Return the number of each character.

        Raises
        ------
        RuntimeError
            If the tokenizer was not fitted.
        ValueError
            If there is a character that `fit` did not see, and no `unknown`.
        TypeError
            If what is given is no text.
        """
        points = _code_points(self._text(text))
        ids = np.searchsorted(self._points, points).clip(max=len(self) - 1)
        strange = self._points[ids] != points
        if strange.any():
            if self.unknown is None:
                place = int(strange.argmax())
                raise ValueError(
                    f"CharTokenizer was not fitted to {text[place]!r}, character {place} of the text: fit it to all "
                    'characters, or give it one for the others, such as unknown="?"'
                )
            ids[strange] = self.characters_.index(self.unknown)
        return ids.astype(np.int64)

    def decode(self, ids: ArrayLike) -> str:
        """Return the text of characters with these numbers.

        Raises
        ------
        RuntimeError
            If the tokenizer was not fitted.
        ValueError
            If a number stands for no character.
        """
        numbers = self._checked(ids)
        return str(self._points[numbers].tobytes(), "utf-32-le", "surrogatepass")

    def __len__(self) -> int:
        return len(self.characters_)

    @property
    def vocab_size(self) -> int:
        """The number of different characters."""
        return len(self)

    def _number(self, characters: set[str]) -> None:
        self.characters_ = "".join(sorted(characters))
        self._points = _code_points(self.characters_)

    def _learned(self) -> dict[str, Any]:
        return {"characters": list(self.characters_)}

    @classmethod
    def _from_description(cls, description: dict[str, Any]) -> Self:
        tokenizer, characters = cls(description["unknown"]), description["characters"]
        if not characters or not all(isinstance(one, str) and len(one) == 1 for one in characters):
            raise ValueError("it lists other things than characters")
        if characters != sorted({*characters, *(tokenizer.unknown or "")}):
            raise ValueError("its characters are not in order")
        tokenizer._number(set(characters))
        return tokenizer


def _code_points(text: str) -> NDArray[np.uint32]:
    """Return the number of each character in Unicode."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
