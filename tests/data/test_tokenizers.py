"""Tokenizers: numbers and back, for any text, and through files."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite.data import BPETokenizer, CharTokenizer
from nnlite.io import FormatError

# Python's strings, lone surrogates included.
texts = st.text(st.characters(codec=None), max_size=80)
TEXT = "the cat sat on the mat; the cat, the mat and the other cat sat.\n\nThe end of 12 cats   and 1200 mats"


@given(texts.filter(bool), st.lists(texts, max_size=3))
def test_characters_there_and_back(text: str, others: list[str]) -> None:
    tokenizer = CharTokenizer().fit([text, *others])
    ids = tokenizer.encode(text)
    assert ids.dtype == np.int64
    assert ids.shape == (len(text),)
    assert tokenizer.decode(ids) == text
    assert tokenizer.characters_ == "".join(sorted({*text, *"".join(others)}))
    assert len(tokenizer) == tokenizer.vocab_size == len(tokenizer.characters_)


def test_unseen_characters_are_named_or_become_the_unknown() -> None:
    with pytest.raises(ValueError, match=r"not fitted to 'ß', character 2 of the text: .* unknown=\"\?\""):
        CharTokenizer().fit("abc").encode("abß")
    tokenizer = CharTokenizer(unknown="?").fit("abc")
    assert tokenizer.decode(tokenizer.encode("abßc\uffff")) == "ab?c?"
    assert len(tokenizer) == 4


@given(texts, texts, st.integers(256, 300))
def test_any_text_there_and_back_by_byte_pairs(seen: str, text: str, vocab_size: int) -> None:
    tokenizer = BPETokenizer(vocab_size).fit(f"{seen}.")
    ids = tokenizer.encode(text)
    assert ids.dtype == np.int64
    assert tokenizer.decode(ids) == text
    assert 256 <= len(tokenizer) <= vocab_size
    assert len(set(tokenizer.tokens_)) == len(tokenizer)


def plain_merges(words: dict[bytes, int], count: int) -> list[bytes]:
    """The same by counting everything anew for each merge."""
    pieces = {word: [bytes([byte]) for byte in word] for word in words}
    tokens = [bytes([byte]) for byte in range(256)]
    while len(tokens) < 256 + count:
        total: dict[tuple[bytes, bytes], int] = {}
        for word, piece in pieces.items():
            for pair in itertools.pairwise(piece):
                total[pair] = total.get(pair, 0) + words[word]
        often, *best = max(((n, -tokens.index(a), -tokens.index(b)) for (a, b), n in total.items()), default=(0, 0, 0))
        if often < 2:
            break
        a, b = (tokens[-number] for number in best)
        tokens.append(a + b)
        for word, piece in pieces.items():
            i = 0
            while i < len(piece) - 1:
                if piece[i] == a and piece[i + 1] == b:
                    piece[i : i + 2] = [a + b]
                i += 1
            pieces[word] = piece
    return tokens


@given(st.lists(st.tuples(st.text("aab", min_size=1, max_size=9), st.integers(1, 4)), min_size=1, max_size=6))
def test_the_most_frequent_pairs_become_tokens(words: list[tuple[str, int]]) -> None:
    counts: dict[bytes, int] = {}
    for word, times in words:
        counts[word.encode()] = counts.get(word.encode(), 0) + times
    text = "\n".join(word for word, times in words for _ in range(times))
    counts[b"\n"] = text.count("\n")  # a word of its own, which has no pair
    tokenizer = BPETokenizer(270).fit(text)
    assert tokenizer.tokens_ == plain_merges(counts, 14)


def test_what_comes_up_often_is_one_token() -> None:
    tokenizer = BPETokenizer(300).fit(TEXT)
    assert b" cat" in tokenizer.tokens_
    assert b" the" in tokenizer.tokens_
    assert len(tokenizer.encode(" the cat")) == 2
    assert len(tokenizer.encode(TEXT)) < 0.6 * len(TEXT)
    assert not any(b"t c" in token for token in tokenizer.tokens_)  # nothing reaches over words


def test_it_ends_when_no_pair_comes_up_twice() -> None:
    tokenizer = BPETokenizer(1000).fit("abab")
    assert tokenizer.tokens_[256:] == [b"ab"]
    assert (len(tokenizer), tokenizer.vocab_size) == (257, 1000)


def test_long_words_take_no_longer_than_short_ones() -> None:
    text = "a" * 200_000
    tokenizer = BPETokenizer(300).fit(text)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert len(ids) == 200_000 / 64


def test_parts_of_a_character_become_the_replacement_character() -> None:
    tokenizer = BPETokenizer(256).fit("any")
    ids = tokenizer.encode("é")
    assert len(ids) == 2
    assert tokenizer.decode(ids[:1]) == "\ufffd"
    assert tokenizer.decode([]) == ""


TOKENIZERS = [CharTokenizer(), CharTokenizer(unknown="?"), BPETokenizer(290)]


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=repr)
@given(text=texts.filter(bool))
def test_a_file_keeps_a_tokenizer(tokenizer: Any, text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("tokenizers") / "tokenizer.json"
    tokenizer.fit(text + TEXT).save(path)
    loaded = type(tokenizer).load(path)
    assert repr(loaded) == repr(tokenizer)
    assert len(loaded) == len(tokenizer)
    np.testing.assert_array_equal(loaded.encode(text), tokenizer.encode(text))
    assert loaded.decode(loaded.encode(text)) == text
    json.loads(path.read_bytes())


CHARACTERS = {"class_name": "CharTokenizer", "unknown": None, "characters": ["a", "b"]}
PAIRS = {"class_name": "BPETokenizer", "vocab_size": 300, "merges": [[97, 98], [256, 99]]}


@pytest.mark.parametrize(
    ("cls", "content"),
    [
        (CharTokenizer, ""),
        (CharTokenizer, "{"),
        (CharTokenizer, "[" * 100_000),
        (CharTokenizer, [1]),
        (CharTokenizer, PAIRS),
        (CharTokenizer, {**CHARACTERS, "characters": ["b", "a"]}),
        (CharTokenizer, {**CHARACTERS, "characters": ["a", "a"]}),
        (CharTokenizer, {**CHARACTERS, "characters": ["ab"]}),
        (CharTokenizer, {**CHARACTERS, "characters": []}),
        (CharTokenizer, {**CHARACTERS, "characters": "ab"}),
        (CharTokenizer, {**CHARACTERS, "characters": [1]}),
        (CharTokenizer, {**CHARACTERS, "unknown": "?"}),
        (CharTokenizer, {**CHARACTERS, "unknown": 3}),
        (CharTokenizer, {"class_name": "CharTokenizer"}),
        (BPETokenizer, CHARACTERS),
        (BPETokenizer, {**PAIRS, "vocab_size": 257}),
        (BPETokenizer, {**PAIRS, "vocab_size": "300"}),
        (BPETokenizer, {**PAIRS, "merges": [[97, 256]]}),
        (BPETokenizer, {**PAIRS, "merges": [[97, -1]]}),
        (BPETokenizer, {**PAIRS, "merges": [[97, 98], [97, 98]]}),
        (BPETokenizer, {**PAIRS, "merges": [[97, 98, 99]]}),
        (BPETokenizer, {**PAIRS, "merges": [[97.0, 98]]}),
        (BPETokenizer, {**PAIRS, "merges": [97]}),
        (BPETokenizer, {**PAIRS, "vocab_size": 10**6, "merges": [[97, 97], *([i, i] for i in range(256, 400))]}),
        (BPETokenizer, b"\x80\x04K\x01."),
        (BPETokenizer, b"PK\x03\x04"),
    ],
)
def test_a_damaged_file_is_refused(cls: Any, content: Any, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    data = content if isinstance(content, bytes) else content if isinstance(content, str) else json.dumps(content)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(FormatError, match=f"tokenizer.json: expected a {cls.__name__} as JSON, found "):
        cls.load(path)


@pytest.mark.parametrize("description", [CHARACTERS, PAIRS])
def test_the_descriptions_that_those_are_made_of_are_right(description: Any, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(description))
    cls = CharTokenizer if description is CHARACTERS else BPETokenizer
    assert len(cls.load(path)) == {CharTokenizer: 2, BPETokenizer: 258}[cls]


@pytest.mark.parametrize("tokenizer", [CharTokenizer(), BPETokenizer()], ids=repr)
def test_what_cannot_be_is_refused(tokenizer: Any, tmp_path: Path) -> None:
    name = type(tokenizer).__name__
    for call in (lambda: tokenizer.encode("a"), lambda: tokenizer.decode([1]), lambda: tokenizer.save(tmp_path / "t")):
        with pytest.raises(RuntimeError, match=rf"{name}\(\) knows no text yet: call fit\(text\) first"):
            call()
    with pytest.raises(ValueError, match=f"{name} expected a text to fit to, got an empty one"):
        tokenizer.fit("")
    with pytest.raises(TypeError, match="expected a text, or several, to fit to, got a int among them"):
        tokenizer.fit([1])
    with pytest.raises(TypeError, match=r"expected a text, or several, to fit to, got a int$"):
        tokenizer.fit(1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("cls", [CharTokenizer, BPETokenizer])
def test_only_text_is_encoded(cls: Any) -> None:
    with pytest.raises(TypeError, match=rf"{cls.__name__}\.encode\(\) expected a text, got a list"):
        cls().fit("abc").encode(["a"])


@pytest.mark.parametrize("cls", [CharTokenizer, BPETokenizer])
def test_numbers_that_are_no_tokens_are_refused(cls: Any) -> None:
    tokenizer = cls().fit("abc")
    most = len(tokenizer) - 1
    for ids, message in (
        ([0, most + 1], f"token numbers from 0 to {most}, got {most + 1}"),
        ([-1], f"from 0 to {most}, got -1"),
        ([[0]], r"integers on one axis, got shape \(1, 1\) and dtype int64"),
        ([0.5], r"got shape \(1,\) and dtype float64"),
        (0, r"got shape \(\)"),
    ):
        with pytest.raises(ValueError, match=message):
            tokenizer.decode(ids)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CharTokenizer("??"), r"unknown to be a single character, got unknown='\?\?'"),
        (lambda: BPETokenizer(255), "vocab_size to be an integer from 256 up, one for each byte, got vocab_size=255"),
        (lambda: BPETokenizer(300.0), r"got vocab_size=300\.0"),
    ],
)
def test_constructors_check_their_arguments(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
