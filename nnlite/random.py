"""The library's seeded random generator: the only source of randomness in nnlite.

Dropout masks, initial weights and shuffles are drawn from one `numpy.random.Generator` or from a generator that the
user passes in; NumPy's global state is neither read nor changed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

__all__ = ["Seed", "as_seed", "draw_from", "from_seed", "generator", "kept", "recorded", "replaced", "restored", "seed"]

State = Mapping[str, Any]
Seed = int | np.random.Generator | None  # what arguments of that name take; None stands for the library's generator

_generator = np.random.default_rng()
_in_its_place: ContextVar[np.random.Generator | None] = ContextVar("_in_its_place", default=None)
_seen: ContextVar[dict[np.random.Generator, State] | None] = ContextVar("_seen", default=None)


def seed(n: int | None = None) -> None:
    """Seed the library's generator: same seed, machine and number of threads, same results to the bit.

    Parameters
    ----------
    n : int, optional
        A non-negative integer; None takes fresh entropy from the operating system.

    Raises
    ------
    TypeError
        If `n` is neither an integer nor None.
    ValueError
        If `n` is negative.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.random.seed(0)
    >>> first = nl.random.generator().random()
    >>> nl.random.seed(0)
    >>> nl.random.generator().random() == first
    True
    """
    if n is not None and (isinstance(n, bool) or not isinstance(n, (int, np.integer))):
        raise TypeError(f"seed takes an integer or None, got {n!r}")
    if n is not None and n < 0:
        raise ValueError(f"seed takes a non-negative integer, got {n}")
    _generator.bit_generator.state = np.random.PCG64(n).state


def generator() -> np.random.Generator:
    """Return the generator that the whole library draws from; always the same object.

    Only while the transforms of a `nnlite.data.DataLoader` run, it is the batch's own.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.random.generator() is nl.random.generator()
    True
    """
    own = _in_its_place.get()
    return _generator if own is None else own


def draw_from(given: np.random.Generator | None) -> np.random.Generator:
    """Return `given`, or the library's generator, and note its state for `recorded`."""
    chosen = generator() if given is None else given
    seen = _seen.get()
    if seen is not None and chosen not in seen:
        seen[chosen] = chosen.bit_generator.state
    return chosen


def as_seed(seed: Seed) -> Seed:
    """Return what a user gave as a seed, an integer as Python's; refuse what is none."""
    if seed is None or isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"seed is an integer, a numpy.random.Generator or None, got {seed!r}")
    if seed < 0:
        raise ValueError(f"seed is not negative, got {seed}")
    return int(seed)


def from_seed(seed: Seed) -> np.random.Generator | None:
    """Return the generator that a user's seed stands for: his own, a new one, or None for the library's."""
    checked = as_seed(seed)
    return np.random.default_rng(checked) if isinstance(checked, int) else checked


@contextmanager
def recorded() -> Iterator[dict[np.random.Generator, State]]:
    """Collect every generator drawn from inside, with the state it had before (see `nnlite.checkpoint`)."""
    outer = _seen.get()
    states: dict[np.random.Generator, State] = {}
    token = _seen.set(states)
    try:
        yield states
    finally:
        _seen.reset(token)
        if outer is not None:
            for used, state in states.items():
                outer.setdefault(used, state)


@contextmanager
def replaced(own: np.random.Generator) -> Iterator[None]:
    """Let another generator take the place of the library's, in this thread."""
    token = _in_its_place.set(own)
    try:
        yield
    finally:
        _in_its_place.reset(token)


@contextmanager
def kept(unless: Callable[[], bool] | None = None) -> Iterator[None]:
    """Put every generator drawn from inside, and the library's, back to where it stood before, unless told not to.

    An error changes nothing in that.
    """
    state = _generator.bit_generator.state
    with recorded() as states:
        try:
            yield
        finally:
            if unless is None or not unless():
                for used, before in {_generator: state, **states}.items():
                    used.bit_generator.state = before


@contextmanager
def restored(states: dict[np.random.Generator, State]) -> Iterator[None]:
    """Run with the generators put back to `states`; afterwards they stand where they stood before."""
    present = {used: used.bit_generator.state for used in states}
    for used, state in states.items():
        used.bit_generator.state = state
    try:
        yield
    finally:
        for used, state in present.items():
            used.bit_generator.state = state
