"""Trainings killed at random moments and resumed end bit for bit where one never killed ends."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from nnlite.io._state import read_state
from tests.campaigns._kinds import same
from tests.campaigns.training_run import PHASES, WAYS

pytest.importorskip("safetensors")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")

ROOT = Path(__file__).parent.parent.parent


def start(folder: Path, way: str, epochs: int) -> subprocess.Popen:
    """Start the training, or go on with it."""
    command = [sys.executable, "-m", "tests.campaigns.training_run", folder, "--way", way, "--epochs", str(epochs)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def phase_of(folder: Path) -> str:
    """What the training is doing, or was doing when it was killed."""
    try:
        found = (folder / "phase").read_bytes()
    except FileNotFoundError:
        return "starting"
    return next((name for name, byte in PHASES.items() if byte == found), "starting")


def kill_in(wanted: str, child: subprocess.Popen, folder: Path, delay: float) -> str | None:
    """Kill the training some time after it has begun, once it is in a phase; return the phase, None if it had ended."""
    deadline = time.monotonic() + 120
    begun = None
    while child.poll() is None and time.monotonic() < deadline:
        phase = phase_of(folder)
        if phase == "starting":
            time.sleep(0.001)
            continue
        begun = begun or time.monotonic()
        waited = time.monotonic() - begun
        if waited >= delay and (phase == wanted or waited > delay + 2):
            child.send_signal(signal.SIGKILL)
            child.wait()
            return phase_of(folder)
        time.sleep(0.0002)
    if child.poll() is None:
        child.kill()
        pytest.fail("the training hangs")
    return None


def whole_files(folder: Path) -> int:
    """Read every checkpoint that is there, and count them: a half file raises."""
    found = sorted(folder.rglob("*.safetensors"))
    for path in found:
        if not path.name.startswith("."):
            read_state(path, "checkpoint")
    return len(found)


def killed_and_resumed(tmp_path: Path, way: str, kills: int, epochs: int, seed: int) -> Counter:
    """Compare a training that is killed so often with one that is not; count where it was killed."""
    random = np.random.default_rng(seed)
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    for folder in (calm, killed):
        folder.mkdir()
    with start(calm, way, epochs) as child:
        assert child.wait(600) == 0, child.stderr.read() if child.stderr else ""
    where: Counter = Counter()
    wanted = [list(PHASES)[1:4][i % 3] for i in range(kills)]
    for phase in random.permutation(wanted):
        (killed / "phase").unlink(missing_ok=True)
        with start(killed, way, epochs) as child:
            landed = kill_in(str(phase), child, killed, delay=float(random.uniform(0, 0.25)))
            assert landed is not None, f"it was through after {sum(where.values())} kills"
        where[landed] += 1
        whole_files(killed)
        assert len(list(killed.rglob(".*.part"))) <= 1  # the next save deletes it
    with start(killed, way, epochs) as child:
        assert child.wait(600) == 0, child.stderr.read() if child.stderr else ""
    assert whole_files(killed) >= 2
    assert not list(killed.rglob(".*.part"))
    one, other = (read_state(folder / "final.safetensors", "checkpoint") for folder in (calm, killed))
    assert same(one, other)
    assert len(one["parts"]["model"]) > 8
    print(f"{way}: {sum(where.values())} kills: {dict(where)}; {epochs} epochs; all states the same to the bit")
    return where


@pytest.mark.parametrize("way", WAYS)
def test_a_training_killed_a_few_times(tmp_path, way):
    killed_and_resumed(tmp_path, way, kills=3, epochs=60, seed=1)


@pytest.mark.campaign
@pytest.mark.parametrize("way", WAYS)
def test_a_training_killed_fifty_times(tmp_path, way):
    where = killed_and_resumed(tmp_path, way, kills=50, epochs=400, seed=2)
    assert all(where[phase] >= 5 for phase in ("in a step", "in a save", "in an evaluation"))
