"""How scikit-learn's `random_state` reaches nnlite's generator."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from nnlite import random

__all__ = ["seeded"]


@contextmanager
def seeded(random_state: Any) -> Iterator[None]:
    """Draw what nnlite draws inside as a `random_state` says; afterwards its generator stands where it stood.

    Parameters
    ----------
    random_state : int, RandomState, Generator or None
        An integer gives the same draws each time, a RandomState or Generator others each time; None draws on from
        `nnlite.random`, which `nnlite.random.seed` seeds.

    Examples
    --------
    >>> import nnlite as nl
    >>> with seeded(0):
    ...     first = nl.random.generator().random()
    >>> with seeded(0):
    ...     first == nl.random.generator().random()
    True
    """
    if random_state is None:
        yield
        return
    if isinstance(random_state, np.random.Generator):
        seed = int(random_state.integers(2**31))
    else:
        seed = int(check_random_state(random_state).randint(2**31 - 1))
    with random.restored({random.generator(): np.random.PCG64(seed).state}):
        yield
