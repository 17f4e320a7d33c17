"""Time nnlite beside PyTorch on the same work, in one process, in alternating rounds.

python -m benchmarks                      every row
python -m benchmarks --only xor           some rows
python -m benchmarks --no-torch           without PyTorch, where it is not installed
"""

import argparse
import importlib.util
import json
import statistics
from pathlib import Path

from benchmarks import cnn, xor
from benchmarks._rounds import alternating_rounds

ROWS = {"cnn": cnn, "xor": xor}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=sorted(ROWS), default=list(ROWS), metavar="ROW")
    parser.add_argument("--no-torch", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each library in each round")
    parser.add_argument("--json", type=Path, help="also write the seconds of every round to this file")
    options = parser.parse_args()
    with_torch = not options.no_torch and importlib.util.find_spec("torch") is not None
    if not with_torch:
        print("PyTorch is not measured; `pip install torch` and leave out --no-torch for the ratios")

    report: dict[str, dict[str, list[float]]] = {}
    for name in options.only:
        steps = {"nnlite": ROWS[name].nnlite_step()}
        if with_torch:
            steps["torch"] = ROWS[name].torch_step()
        times = report[name] = alternating_rounds(steps, options.rounds, options.seconds)
        line = "   ".join(f"{library} {_readable(statistics.median(taken))}" for library, taken in times.items())
        if with_torch:
            ratios = sorted(t / n for t, n in zip(times["torch"], times["nnlite"], strict=True))
            line += f"   torch / nnlite {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(f"{name:6} {line}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


def _readable(seconds: float) -> str:
    return f"{seconds * 1e6:8.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:8.2f} ms"


if __name__ == "__main__":
    main()
