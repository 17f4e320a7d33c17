"""Runs each example in its short form and checks what it reports: python tests/check_examples.py [--seed N].

An example ends with a line `result: name=value ...` and has printed `saved <path>` for every picture.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"

# What --quick must reach; far below what the full runs reach, far above chance.
QUICK_TEST_ACCURACY = {"mnist": 0.90, "fashion_mnist": 0.70, "digits": 0.85}

Result = Mapping[str, str]


class Example(NamedTuple):
    name: str
    pictures: int  # at least
    expectations: dict[str, Callable[[Result], bool]]


EXAMPLES = [
    Example(
        "perceptron_counting",
        1,
        {
            "mse < 0.005": lambda r: float(r["mse"]) < 0.005,
            "1 <= epoch <= 1000": lambda r: 1 <= int(r["epoch"]) <= 1000,
            "answers == 6,9,8": lambda r: r["answers"] == "6,9,8",
        },
    ),
    Example(
        "xor",
        1,
        {
            "single_accuracy <= 0.75": lambda r: float(r["single_accuracy"]) <= 0.75,
            "network_accuracy == 1": lambda r: float(r["network_accuracy"]) == 1,
        },
    ),
    Example(
        "breast_cancer",
        1,
        {
            "two accuracies > 0.92": lambda r: [float(a) > 0.92 for a in r["accuracies"].split(",")] == [True, True],
            "mean_accuracy > 0.92": lambda r: float(r["mean_accuracy"]) > 0.92,
        },
    ),
    Example(
        "mnist_cnn",
        3,
        {
            f"test_accuracy within {QUICK_TEST_ACCURACY}..1": lambda r: (
                QUICK_TEST_ACCURACY[r["data"]] <= float(r["test_accuracy"]) <= 1
            )
        },
    ),
    Example("gallery", 12, {"12 <= pictures <= 14": lambda r: 12 <= int(r["pictures"]) <= 14}),  # 14 with Graphviz
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    complaints = []
    for example in EXAMPLES:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            found = complain(example, Path(folder), options.seed)
        print(f"{example.name}: {'FAILED' if found else 'ok'} ({time.perf_counter() - start:.1f} s)", flush=True)
        complaints += found
    if complaints:
        sys.exit("\n".join(complaints))


def complain(example: Example, folder: Path, seed: int) -> list[str]:
    """Run one example and say what is wrong with its outcome."""
    command = [sys.executable, f"examples/{example.name}.py", "--quick", "--seed", str(seed), "--out", str(folder)]
    run = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "MPLBACKEND": "Agg"}, capture_output=True, text=True, check=False
    )
    if run.returncode:
        return [f"{example.name}: exit status {run.returncode}\n{run.stdout}{run.stderr}"]
    lines = run.stdout.splitlines()
    return [f"{example.name}: {fault}" for fault in [*result_faults(example, lines), *picture_faults(example, lines)]]


def result_faults(example: Example, lines: list[str]) -> list[str]:
    """Hold the last line against what is expected."""
    last = lines[-1] if lines else ""
    if not last.startswith("result: "):
        return [f"expected a last line `result: ...`, found {last!r}"]
    try:
        result = dict(pair.split("=", 1) for pair in last.removeprefix("result: ").split())
        return [f"expected {text}, found {last!r}" for text, holds in example.expectations.items() if not holds(result)]
    except (KeyError, ValueError) as error:
        return [f"cannot read {last!r}: {error!r}"]


def picture_faults(example: Example, lines: list[str]) -> list[str]:
    """Look whether the pictures that were announced are there."""
    pictures = [ROOT / line.removeprefix("saved ").strip() for line in lines if line.startswith("saved ")]
    faults = [
        f"{picture} is not a PNG file"
        for picture in pictures
        if not picture.is_file() or not picture.read_bytes().startswith(PNG_MAGIC)
    ]
    if len(pictures) < example.pictures:
        faults.append(f"expected at least {example.pictures} lines `saved <path>`, found {len(pictures)}")
    return faults


if __name__ == "__main__":
    main()
