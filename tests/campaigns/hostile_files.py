"""Read thousands of mutated files, and watch over what that does.

    python -m tests.campaigns.hostile_files --count 10000 --seed 0

A file must load correctly or raise FormatError; it must not run code, hang, or take more than twice the memory that the
true file takes. The process gives itself up to the kernel's limits for that, and prints a report as JSON; its exit
status says whether all went well.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import signal
import sys
import tempfile
import tracemalloc
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from nnlite import io
from tests.campaigns._kinds import KINDS, Kind, same
from tests.campaigns._mutations import CANARY, Mutation, mutations_of

_SECONDS = 10.0  # for one file
_SPARE = 1 << 23  # bytes beyond twice the true file's memory that the kernel grants: tracemalloc's own tables
_FORBIDDEN = ("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect",
              "exec", "marshal.loads", "ctypes.dlopen", "os.remove", "os.rename", "shutil.rmtree")  # fmt: skip


class Watch:
    """Notes what a reader does that it must not do."""

    def __init__(self) -> None:
        self.active = False
        self.seen: list[str] = []
        sys.addaudithook(self._audit)
        signal.signal(signal.SIGALRM, self._alarm)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.active and (event in _FORBIDDEN or (event == "open" and _writes(arguments))):
            self.seen.append(f"{event} {arguments!r}"[:300])

    def _alarm(self, number: int, frame: Any) -> None:
        raise TimeoutError("it took too long")


def _writes(arguments: tuple[Any, ...]) -> bool:
    """Whether an `open` is for writing."""
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))


class Result:
    """What came of reading one file."""

    def __init__(self, kind: Kind, path: Path, watch: Watch, limit: int | None = None) -> None:
        self.value: Any = None
        self.error: BaseException | None = None
        gc.collect(0)
        tracemalloc.reset_peak()
        start = tracemalloc.get_traced_memory()[0]
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (_data_bytes() + limit + _SPARE, resource.RLIM_INFINITY))
        watch.seen.clear()
        watch.active = True
        signal.setitimer(signal.ITIMER_REAL, _SECONDS)
        try:
            self.value = kind.read(path)
        except Exception as error:
            self.error = error
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            watch.active = False
            resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.peak = tracemalloc.get_traced_memory()[1] - start
        self.seen = list(watch.seen)

    def causes(self) -> list[BaseException]:
        """The error and what it came from."""
        found: list[BaseException] = []
        error = self.error
        while error is not None:
            found.append(error)
            error = error.__cause__ or error.__context__
        return found


def _data_bytes() -> int:
    """The memory that this process has for itself, as the kernel counts it for its limit."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmData:")[1].split()[0])


def faults(kind: Kind, path: Path, mutation: Mutation, result: Result, truth: Any, limit: int) -> list[str]:
    """Say what went wrong."""
    found = [f"did what it must not: {event}" for event in result.seen]
    if Path(CANARY).exists():
        found.append("ran a pickle")
    if result.peak > limit:
        found.append(f"took {result.peak} bytes, the limit is {limit}")
    for error in result.causes():
        if isinstance(error, (MemoryError, TimeoutError, AssertionError)):
            found.append(f"{type(error).__name__}: {error}")
    signed = mutation.__name__ in ("rewrite_the_state", "change_an_array")  # another true file, of who knows what
    if result.error is not None:
        allowed = isinstance(result.error, io.FormatError) or (
            signed and isinstance(result.error, ValueError) and any(w in str(result.error) for w in _REFUSALS)
        )
        if not allowed:
            found.append(f"raised {type(result.error).__name__}: {result.error}"[:300])
    elif not signed and not same(result.value, truth) and not _as_reference(kind, path, result.value):
        found.append("loaded something else than the file holds")
    return found


_REFUSALS = ("does not fit, nothing was restored", "pass custom_objects", "call it on a batch")


def _as_reference(kind: Kind, path: Path, value: Any) -> bool:
    """Whether another reader reads the same, where the format has nothing to tell a changed bit by."""
    if kind.reference is None:
        return False
    try:
        return same(value, kind.reference(path))
    except Exception:
        return False


def run(count: int, seed: int) -> dict[str, Any]:
    """Read `count` mutated files, and report."""
    watch, random = Watch(), np.random.default_rng(seed)
    tracemalloc.start()
    true: dict[str, tuple[bytes, Any, int]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's, of odd headers and duplicate names
        for kind in KINDS:
            path = Path(kind.name)
            kind.make(path)
            Result(kind, path, watch)  # imports and caches
            result = Result(kind, path, watch)
            assert result.error is None, (kind.name, result.error)
            assert not result.seen, (kind.name, result.seen)
            true[kind.name] = path.read_bytes(), result.value, result.peak
        outcomes, failures = Counter[str](), []
        highest = dict.fromkeys(true, 0)
        for number in range(count):
            kind = KINDS[number % len(KINDS)]
            content, truth, peak = true[kind.name]
            mutations = mutations_of(kind.name)
            mutation = mutations[number // len(KINDS) % len(mutations)]
            mutated = mutation(content, random)
            path = Path("mutated")
            path.write_bytes(mutated)
            limit = 2 * max(peak, len(content))
            result = Result(kind, path, watch, limit)
            highest[kind.name] = max(highest[kind.name], result.peak)
            wrong = faults(kind, path, mutation, result, truth, limit)
            if wrong:
                failures.append(f"{number} {kind.name}, {mutation.__name__}: {'; '.join(wrong)}")
                Path(CANARY).unlink(missing_ok=True)
            outcome = "loaded" if result.error is None else type(result.error).__name__
            outcomes[f"{kind.name}: {outcome}"] += 1
            del result
    memory = {
        name: f"file {len(content)}, true {peak}, worst {highest[name]}" for name, (content, _, peak) in true.items()
    }
    return {"files": count, "outcomes": dict(sorted(outcomes.items())), "memory": memory, "failures": failures}


def main() -> None:
    """Run in a folder of its own, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        report = run(options.count, options.seed)
    print(json.dumps(report, indent=1))
    sys.exit(bool(report["failures"]))


if __name__ == "__main__":
    main()
