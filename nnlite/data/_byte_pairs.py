"""Byte pairs: which neighbours come up most often, and how they become one."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

__all__ = ["learned_merges", "merged"]

Pair = tuple[int, int]

_NO_TOKEN = 1 << 62


def learned_merges(words: Mapping[bytes, int], count: int) -> list[Pair]:
    """Return the pairs that become tokens, the most frequent first; the i-th becomes the token 256 + i.

    Parameters
    ----------
    words : mapping of bytes to int
        How often each word comes up. Pairs lie within a word.
    count : int
        The most pairs to return; it ends before when none comes up twice.
    """
    pieces = [list(word) for word in words]
    times = list(words.values())
    total: defaultdict[Pair, int] = defaultdict(int)
    homes: defaultdict[Pair, set[int]] = defaultdict(set)  # words that have, or once had, the pair
    for number, piece in enumerate(pieces):
        for pair in pairwise(piece):
            total[pair] += times[number]
            homes[pair].add(number)
    heap = [(-often, pair) for pair, often in total.items()]  # some of them out of date
    heapq.heapify(heap)
    merges: list[Pair] = []
    while heap and len(merges) < count:
        often, best = heapq.heappop(heap)
        if -often != total[best]:
            continue
        if -often < 2:
            break
        token = 256 + len(merges)
        merges.append(best)
        changed: set[Pair] = set()
        for number in homes.pop(best):
            before, after = pieces[number], _joined(pieces[number], best, token)
            if len(after) == len(before):
                continue
            for pair in pairwise(before):
                total[pair] -= times[number]
                changed.add(pair)
            for pair in pairwise(after):
                total[pair] += times[number]
                changed.add(pair)
                homes[pair].add(number)
            pieces[number] = after
        for pair in changed:
            if total[pair]:
                heapq.heappush(heap, (-total[pair], pair))
    return merges


def merged(word: bytes, merges: Mapping[Pair, int]) -> list[int]:
    """Return the tokens of a word: its bytes, joined pair by pair, the first learned first."""
    tokens = list(word)
    while len(tokens) > 1:
        token, pair = min((merges.get(pair, _NO_TOKEN), pair) for pair in pairwise(tokens))
        if token == _NO_TOKEN:
            break
        tokens = _joined(tokens, pair, token)
    return tokens


def _joined(tokens: Sequence[int], pair: Pair, token: int) -> list[int]:
    """Return tokens with each occurrence of a pair, from the left, replaced by its own token."""
    left, right = pair
    joined: list[int] = []
    for one in tokens:
        if one == right and joined and joined[-1] == left:
            joined[-1] = token
        else:
            joined.append(one)
    return joined
