"""Freed memory is kept where glibc can be told to, and left alone elsewhere."""

import subprocess
import sys

import pytest

from nnlite.kernels import memory

KEEPS = "from nnlite.kernels import memory; print(memory.keep_freed_memory())"


def output(code: str, **environment: str) -> str:
    clean = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(p for p in sys.path if p)}
    return subprocess.check_output([sys.executable, "-c", code], env=clean | environment, text=True).strip()


@pytest.mark.skipif(memory._glibc() is None, reason="needs glibc")
def test_glibc_takes_the_advice() -> None:
    assert output(KEEPS) == "True"


@pytest.mark.parametrize("variable", ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"])
def test_what_the_user_set_up_stands(variable: str) -> None:
    assert output(KEEPS, **{variable: "" if variable == "GLIBC_TUNABLES" else "100000"}) == "False"


@pytest.mark.skipif(memory._glibc() is None, reason="needs glibc")
def test_arrays_find_their_pages_in_place() -> None:
    code = (
        "import resource, numpy as np{also}\n"
        "def some():\n"
        "    arrays = [np.ones(300_000, np.float32) for _ in range(8)]\n"
        "for _ in range(5): some()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(20): some()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)"
    )
    faults_with, faults_without = (int(output(code.format(also=also))) for also in (", nnlite.kernels", ""))
    assert 5 * faults_with < faults_without


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert memory._glibc() is None
    assert memory.keep_freed_memory() is False
    memory.give_back()
