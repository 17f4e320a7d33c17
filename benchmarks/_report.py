"""What was measured, as a file keeps it, and what follows from it: ratios, their spread, a line and a table row."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Ratio", "line", "parts_in_lines", "ratio", "readable_bytes", "readable_seconds", "table"]

# {"row": {"count": 1, "parts": {"": {"nnlite": [seconds of each round], "torch": [...]}},
#          "bytes": {"nnlite": 1000, ...}, "alone": {"nnlite": seconds, ...}}}
Measured = Mapping[str, Any]

MINIMA = {  # PyTorch's time over nnlite's: (as written, at its best)
    "cnn": (1.3, 1.1),
    "cnn_predict": (1.2, 1.0),
    "cnn_one": (1.2, 1.0),
    "xor": (4, 3),
    "mlp": (1.5, 1.2),
    "autoencoder": (1.5, 1.2),
    "lstm": (1.0, 1.0),
    "gru": (1.0, 1.0),
    "transformer": (1.0, 0.9),
    "gpt": (1.0, 0.9),
    "resnet": (1.0, 0.8),
    "vgg": (1.0, 0.8),
    "unet": (1.0, 0.8),
    "conv_sweep": (1.0, 0.8),
}


class Ratio(NamedTuple):
    """PyTorch's time over nnlite's: the median of the rounds, and the least and the greatest."""

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.greatest:.2f})"


def ratio(row: Measured, library: str) -> Ratio | None:
    """Return another library's time over nnlite's, of several settings the geometric mean; None if it has none.

    At its best, PyTorch is the faster of its two ways in each setting.
    """
    rounds = []
    for times in row["parts"].values():
        other = _times(times, library)
        if other is None:
            return None
        rounds.append([math.log(t / n) for t, n in zip(other, times["nnlite"], strict=True)])
    ratios = sorted(math.exp(statistics.mean(logs)) for logs in zip(*rounds, strict=True))
    return Ratio(statistics.median(ratios), ratios[0], ratios[-1])


def worst_part(row: Measured, library: str) -> tuple[str, Ratio]:
    """Return the setting with the smallest ratio."""
    ratios = ((name, ratio({"parts": {name: times}}, library)) for name, times in row["parts"].items())
    return min(((name, r) for name, r in ratios if r is not None), key=lambda pair: pair[1].median)


def line(name: str, row: Measured) -> str:
    """Return what is printed of a row."""
    known = [library for library in ("nnlite", "torch", "torch_best", "keras") if library in _libraries(row)]
    words = [f"{library} {readable_seconds(_seconds(row, library)).strip()}" for library in known]
    for library in ("torch", "torch_best", "keras"):
        found = ratio(row, library)
        if found is not None and library in known:
            words.append(f"{library}/nnlite {found}")
    if len(row["parts"]) > 1 and "torch_best" in known:
        setting, least = worst_part(row, "torch_best")
        words.append(f"worst {least.median:.2f}: {setting}")
    words += [f"{library} {readable_bytes(grown)}" for library, grown in row["bytes"].items() if grown is not None]
    return f"{name:12}" + "   ".join(words)


def parts_in_lines(row: Measured) -> list[str]:
    """Return a line for each setting."""
    return [line(name, {"parts": {"": times}, "count": 1, "bytes": {}}) for name, times in row["parts"].items()]


def table(runs: Sequence[Mapping[str, Measured]]) -> list[str]:
    """Return the lines of a Markdown table: of each figure the median of the runs, a miss marked.

    Parameters
    ----------
    runs : sequence of mappings
        Each what one run measured, by row.
    """
    with_keras = any("keras" in _libraries(row) for run in runs for row in run.values())
    heads = ["row", "nnlite", "PyTorch", "at its best", "as written / nnlite", "at its best / nnlite", "at least"]
    heads += ["Keras / nnlite"] * with_keras + ["memory: nnlite", "memory: PyTorch"]
    lines = [_markdown(heads), _markdown(["---", *["---:"] * (len(heads) - 1)])]
    for name in runs[0]:
        rows = [run[name] for run in runs if name in run]
        cells = [f"`{name}`", *(_cell(rows, library) for library in ("nnlite", "torch", "torch_best"))]
        wanted = MINIMA.get(name)
        for number, library in enumerate(("torch", "torch_best")):
            found = _joint([r for r in (ratio(row, library) for row in rows) if r is not None])
            missed = found is not None and wanted is not None and found.median < wanted[number]
            cells.append("" if found is None else f"**{found}**" if missed else f"{found}")
        cells.append("" if wanted is None else f"{wanted[0]:g}, {wanted[1]:g}")
        if with_keras:
            found = _joint([r for r in (ratio(row, "keras") for row in rows) if r is not None])
            cells.append("" if found is None else f"{found}")
        for library in ("nnlite", "torch"):
            grown = [row["bytes"].get(library) for row in rows if row["bytes"].get(library) is not None]
            cells.append(readable_bytes(statistics.median(grown)) if grown else "")
        lines.append(_markdown(cells))
    return lines


def readable_seconds(seconds: float) -> str:
    """Return a time in a unit that suits it."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:8.1f} us"
    return f"{seconds * 1e3:8.2f} ms" if seconds < 10 else f"{seconds:8.2f} s"


def readable_bytes(count: float) -> str:
    """Return a size in MB."""
    return f"{count / 1e6:.0f} MB"


def _times(times: Mapping[str, list[float]], library: str) -> list[float] | None:
    """Return the seconds of each round; PyTorch at its best is the faster of its two ways."""
    if library != "torch_best":
        return times.get(library)
    ways = [times[name] for name in ("torch", "torch_best") if name in times]
    return min(ways, key=statistics.median) if ways else None


def _libraries(row: Measured) -> set[str]:
    return set.intersection(*(set(times) for times in row["parts"].values()))


def _seconds(row: Measured, library: str) -> float:
    """Return the median of the rounds, of several settings their sum."""
    seconds: float = sum(statistics.median(times[library]) for times in row["parts"].values())
    return seconds / int(row["count"])


def _cell(rows: Sequence[Measured], library: str) -> str:
    seconds = [_seconds(row, library) for row in rows if library in _libraries(row)]
    return readable_seconds(statistics.median(seconds)).strip() if seconds else ""


def _joint(ratios: Sequence[Ratio]) -> Ratio | None:
    """Return the median of the runs' medians, with the least and the greatest of all rounds."""
    if not ratios:
        return None
    medians, least, greatest = zip(*ratios, strict=True)
    return Ratio(statistics.median(medians), min(least), max(greatest))


def _markdown(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
