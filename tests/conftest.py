"""How the whole suite runs: hypothesis' profile, seeds, and a watch over global state."""

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import settings

import nnlite.random

settings.register_profile("nnlite", deadline=None, max_examples=30, derandomize="CI" in os.environ)
settings.load_profile("nnlite")


@pytest.fixture(autouse=True, scope="session")
def ctrl_c() -> None:
    """Let Ctrl-C interrupt, here and in child processes, also where a shell started the suite in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def seeds_and_global_state() -> Iterator[None]:
    """Seed nnlite and NumPy, and fail a test after which NumPy's global state is not what it was."""
    nnlite.random.seed(0)
    np.random.seed(9173)  # noqa: NPY002 (a watched state: code under test must not draw from it)
    drawn, errors = _global_draws(), np.geterr()
    yield
    if _global_draws() != drawn:
        pytest.fail("the test drew from NumPy's global random state, or seeded it: take nnlite.random or a generator")
    if np.geterr() != errors:
        changed = np.geterr()
        np.seterr(**errors)
        pytest.fail(f"the test left np.seterr changed: {errors} before, {changed} after")


def _global_draws() -> tuple[bytes, int]:
    """Where NumPy's global random state stands."""
    state = np.random.get_state(legacy=False)["state"]  # noqa: NPY002
    return state["key"].tobytes(), state["pos"]
