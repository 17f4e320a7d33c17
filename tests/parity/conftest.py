"""Comparisons with PyTorch and Keras: skipped where these are not installed, summed up at the end of the run."""

import importlib.util
import os
from pathlib import Path

import pytest

from tests.parity.harness import LEDGER, summary, write_ledger

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

_MISSING = [name for name in ("torch", "keras", "jax") if importlib.util.find_spec(name) is None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this folder, and skip it where a peer is missing."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.parity)
            if _MISSING:
                item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(_MISSING)}: see `make parity`"))


@pytest.fixture(autouse=True, scope="session")
def keras_in_float64() -> None:
    """Let Keras compute in float64, as PyTorch and nnlite do here."""
    if not _MISSING:
        import keras
        from keras.src.backend.common import dtypes

        keras.config.set_floatx("float64")
        dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # or tanh and others round to float32 on JAX


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how far nnlite and its peers are apart, family by family."""
    if LEDGER:
        terminalreporter.section("parity")
        for line in summary():
            terminalreporter.write_line(line)
        if "NNLITE_PARITY_LEDGER" in os.environ:
            write_ledger(Path(os.environ["NNLITE_PARITY_LEDGER"]))
