"""Time nnlite beside PyTorch on the same work, in one process, in alternating rounds.

python -m benchmarks                                every row
python -m benchmarks --only xor cnn                 some rows
python -m benchmarks --only conv_sweep --verbose    each of its settings too
python -m benchmarks --no-torch                     without PyTorch; it is left out by itself where it is not installed
python -m benchmarks --json run.json                keeps what was measured; `python -m benchmarks.table` reads it

PyTorch is measured as a user writes it (`torch`: channels first, plain optimizers) and with channels last and fused
optimizers (`torch_best`); at its best it is the faster of both. Keras is measured where TensorFlow is installed. The
memory is what a process with one library took at its peak beyond what it had after importing it.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks._libraries import installed, set_threads, versions
from benchmarks._memory import in_own_process
from benchmarks._report import line, parts_in_lines
from benchmarks._rounds import alternating_rounds, seconds_of
from benchmarks._row import Row, Step
from benchmarks._rows import ROWS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(ROWS), default=list(ROWS), metavar="ROW")
    parser.add_argument("--no-torch", action="store_true", help="leave PyTorch out")
    parser.add_argument("--no-memory", action="store_true", help="leave out the peak memory, which takes as long again")
    parser.add_argument("--threads", type=_at_least_one, default=_cores(), help="for every library (all cores)")
    parser.add_argument("--rounds", type=_at_least_one, default=7)
    parser.add_argument("--seconds", type=float, default=0.5, help="for each library in each round")
    parser.add_argument("--verbose", action="store_true", help="a line for each setting of conv_sweep")
    parser.add_argument("--json", type=Path, help="also write what was measured to this file")
    options = parser.parse_args()
    if options.json and not options.json.parent.is_dir():
        parser.error(f"there is no folder {options.json.parent} for {options.json}")
    libraries = [name for name in installed() if not (options.no_torch and name.startswith("torch"))]
    if "torch" not in libraries:
        print("PyTorch is not measured; `pip install torch` and leave out --no-torch for the ratios")
    for library in libraries:
        set_threads(library, options.threads)

    measured: dict[str, Any] = {}
    for name in options.only:
        row = measured[name] = measure(name, libraries, options.rounds, options.seconds)
        if not options.no_memory and ROWS[name].work is not None:
            alone = {library: in_own_process(name, library, options.threads) for library in row["parts"][""]}
            row["bytes"] = {library: found.bytes for library, found in alone.items()}
            row["alone"] = {library: found.seconds for library, found in alone.items()}
        print(line(name, row), flush=True)
        if options.verbose and len(row["parts"]) > 1:
            print("\n".join(f"  {text}" for text in parts_in_lines(row)), flush=True)
    if options.json:
        report = {"machine": _machine(libraries, options.threads), "rows": measured}
        options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")


def measure(name: str, libraries: list[str], rounds: int, seconds: float) -> dict[str, Any]:
    """Return the seconds of every round, by part of the row and library."""
    row = ROWS[name]
    parts = {}
    for part, ways in row.parts.items():
        steps = {library: ways[library]() for library in libraries if library in ways}
        parts[part] = alternating_rounds(steps, rounds, seconds / len(row.parts) ** 0.5, _clock(row))
    return {"count": row.count, "parts": parts, "bytes": {}, "alone": {}}


def _clock(row: Row) -> Callable[[Step], float]:
    """Return what finds the seconds of a step."""
    return (lambda step: float(str(step()))) if row.tells_seconds else seconds_of


def _at_least_one(text: str) -> int:
    """Read a positive integer."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {text}")
    return number


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _machine(libraries: list[str], threads: int) -> dict[str, Any]:
    """Describe where and when this was measured."""
    return {
        "processor": _processor(),
        "cores": _cores(),
        "threads": threads,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions(libraries),
        "date": time.strftime("%Y-%m-%d"),
    }


def _processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((text.split(":", 1)[1].strip() for text in lines if text.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
