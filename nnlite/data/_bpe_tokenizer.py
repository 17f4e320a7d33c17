"""BPETokenizer: tokens for the pieces of text that come up most, made of bytes."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlite.data._byte_pairs import learned_merges, merged
from nnlite.data._tokenizer import Tokenizer, texts_in

__all__ = ["BPETokenizer"]

# Letters, digits or other signs, with a space before them, and white space; of bounded length, for speed. Every
# character is in one of them.
_MOST = 64
_WORD = re.compile(rf" ?[^\W\d_]{{1,{_MOST}}}| ?\d{{1,{_MOST}}}| ?(?:[^\w\s]|_){{1,{_MOST}}}|\s{{1,{_MOST}}}(?!\S)|\s")
_BYTES = 256
_LONGEST = 4 * (_MOST + 1)  # bytes of a word


class BPETokenizer(Tokenizer):
    """Turns text into the numbers of pieces of words, and back: byte-pair encoding.

    The first tokens are the 256 bytes, so that any text can be written. Then, again and again, the pair of
    neighbouring tokens that comes up most often becomes a token of its own, within words only.

    Parameters
    ----------
    vocab_size : int, default 1024
        How many tokens there are to be, at least 256. There are fewer, `len(tokenizer)`, when no pair of the text comes
        up twice any more.

    Attributes
    ----------
    tokens_ : list of bytes
        What each number stands for.

    Examples
    --------
    >>> import nnlite as nl
    >>> tokenizer = nl.data.BPETokenizer(vocab_size=258).fit("lowlow lower")
    >>> tokenizer.tokens_[256:]
    [b'lo', b'low']
    >>> tokenizer.encode("lowest")
    array([257, 101, 115, 116])
    >>> tokenizer.decode(tokenizer.encode("any text: 你好"))
    'any text: 你好'

    References
    ----------
    R. Sennrich, B. Haddow and A. Birch, "Neural machine translation of rare words with subword units", ACL 2016.
    A. Radford, J. Wu, R. Child, D. Luan, D. Amodei and I. Sutskever, "Language models are unsupervised multitask
    learners", 2019 (on bytes).
    """

    tokens_: Sequence[bytes] = ()

    def __init__(self, vocab_size: int = 1024) -> None:
        if isinstance(vocab_size, bool) or not isinstance(vocab_size, (int, np.integer)) or vocab_size < _BYTES:
            raise ValueError(
                f"BPETokenizer expected vocab_size to be an integer from {_BYTES} up, one for each byte, got "
                f"vocab_size={vocab_size!r}"
            )
        self.vocab_size = int(vocab_size)

    def fit(self, text: str | Iterable[str]) -> Self:
        """Learn which pieces come up most in a text, or in several.

        Returns
        -------
        BPETokenizer
            Itself.

        Raises
        ------
        ValueError
            If the text is empty.
        """
        words = Counter(itertools.chain.from_iterable(_WORD.findall(part) for part in texts_in(text)))
        if not words:
            raise ValueError("BPETokenizer expected a text to fit to, got an empty one")
        counts = {_as_bytes(word): count for word, count in words.items()}
        self._take(learned_merges(counts, self.vocab_size - _BYTES))
        return self

    def encode(self, text: str) -> NDArray[np.int64]:
        """Return the numbers of the tokens of a text.

        Raises
        ------
        RuntimeError
            If the tokenizer was not fitted.
        TypeError
            If what is given is no text.
        """
        words = _WORD.findall(self._text(text))
        tokens = {word: merged(_as_bytes(word), self._merges) for word in set(words)}
        return np.fromiter(itertools.chain.from_iterable(map(tokens.__getitem__, words)), np.int64)

    def decode(self, ids: ArrayLike) -> str:
        """Return the text of tokens with these numbers; bytes that are no text become U+FFFD.

        Raises
        ------
        RuntimeError
            If the tokenizer was not fitted.
        ValueError
            If a number stands for no token.
        """
        text = b"".join([self.tokens_[number] for number in self._checked(ids).tolist()])
        try:
            return text.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return text.decode("utf-8", "replace")

    def __len__(self) -> int:
        return len(self.tokens_)

    def _take(self, merges: Sequence[tuple[int, int]]) -> None:
        """Make the tokens of merges."""
        tokens = [bytes([number]) for number in range(_BYTES)]
        for left, right in merges:
            tokens.append(tokens[left] + tokens[right])
        self.tokens_ = tokens
        self._merges = {pair: number for number, pair in enumerate(merges, _BYTES)}

    def _learned(self) -> dict[str, Any]:
        return {"merges": list(self._merges)}

    @classmethod
    def _from_description(cls, description: dict[str, Any]) -> Self:
        tokenizer, lengths, merges = cls(description["vocab_size"]), [1] * _BYTES, []
        for left, right in description["merges"]:
            if type(left) is not int or type(right) is not int or not (0 <= left < len(lengths) > right >= 0):
                raise ValueError(f"it joins {left!r} and {right!r}, which are no tokens before the {len(lengths)}th")
            lengths.append(lengths[left] + lengths[right])
            if lengths[-1] > _LONGEST:
                raise ValueError(f"its token {len(lengths) - 1} is longer than {_LONGEST} bytes")
            merges.append((left, right))
        if len(lengths) > tokenizer.vocab_size or len(set(merges)) < len(merges):
            raise ValueError("it has more tokens than it says, or one twice")
        tokenizer._take(merges)
        return tokenizer


def _as_bytes(word: str) -> bytes:
    """Return text as bytes; Python's lone surrogates, which are no text, too."""
    return word.encode("utf-8", "surrogatepass")
