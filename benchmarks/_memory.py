"""The memory that a library takes beyond what importing it took, and its time, when it has a process to itself.

python -m benchmarks._memory ROW LIBRARY THREADS STEPS     prints both as JSON; `in_own_process` runs this
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks._libraries import set_threads
from benchmarks._rounds import seconds_of

__all__ = ["Alone", "in_own_process", "peak_bytes", "start_of_peak"]

STEPS = 10


class Alone(NamedTuple):
    """What a process with one library and one row showed."""

    bytes: int | None
    seconds: float


def in_own_process(row: str, library: str, threads: int, steps: int = STEPS) -> Alone:
    """Run some steps of a row in a process of its own."""
    command = [sys.executable, "-m", "benchmarks._memory", row, library, str(threads), str(steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{row} with {library} failed in a process of its own:\n{done.stderr}")
    return Alone(*json.loads(done.stdout.splitlines()[-1]))


def start_of_peak() -> int | None:
    """Forget the peak so far, and return how much memory this process has; None where the system does not tell."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return peak_bytes()


def peak_bytes() -> int | None:
    """Return the most memory that this process had since `start_of_peak`."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def main() -> None:
    row, library, threads, steps = sys.argv[1:]
    set_threads(library, int(threads))
    before = start_of_peak()
    from benchmarks._rows import ROWS

    step = ROWS[row].parts[""][library]()
    taken = [seconds_of(step) for _ in range(int(steps))]
    after = peak_bytes()
    grown = None if before is None or after is None else after - before
    print(json.dumps(Alone(grown, statistics.median(taken[len(taken) // 3 :]))))


if __name__ == "__main__":
    main()
