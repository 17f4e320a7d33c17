"""Ten thousand hostile files: none loads wrongly, runs code, hangs, or takes the memory away."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("safetensors")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of Linux")

ROOT = Path(__file__).parent.parent.parent


def report(count: int, seed: int) -> dict:
    """Read so many mutated files in a process of its own."""
    command = [sys.executable, "-m", "tests.campaigns.hostile_files", "--count", str(count), "--seed", str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert done.stdout, done.stderr
    found: dict = json.loads(done.stdout)
    print(done.stdout)
    return found


def test_a_sample_of_hostile_files():
    found = report(count=320, seed=7)
    assert found["failures"] == []
    assert found["files"] == sum(found["outcomes"].values()) == 320
    assert sum(n for outcome, n in found["outcomes"].items() if "FormatError" in outcome) > 200


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(5))
def test_two_thousand_hostile_files(seed):
    found = report(count=2000, seed=seed)
    assert found["failures"] == []
    assert found["files"] == sum(found["outcomes"].values()) == 2000


def test_the_watch_notices_what_it_should(tmp_path):
    """Readers that do wrong are found out."""
    code = """
import json, pickle
from pathlib import Path
import numpy as np
from tests.campaigns import hostile_files as h, _kinds as k

def bad(path):
    content = path.read_bytes()
    if content[:2] == b"\\x80\\x04": pickle.loads(content)
    if len(content) > 2195300: np.ones(3_000_000, np.uint8)
    return k.IMAGES[: len(content) // 784]

h.KINDS[:] = [k.Kind("idx", k._write_idx, bad)]
print(json.dumps(h.run(300, 0)["failures"]))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    failures = " ".join(json.loads(done.stdout))
    for fault in ("did what it must not: pickle.find_class", "took 5", "loaded something else than the file holds"):
        assert fault in failures, done.stderr
