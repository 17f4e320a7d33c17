"""Write what `python -m benchmarks --json FILE` measured as the table of docs/performance.md.

python -m benchmarks.table run1.json run2.json run3.json              prints the table: of each figure the median
python -m benchmarks.table run*.json --into docs/performance.md       puts it between the marks in that page
"""

import argparse
import json
from pathlib import Path

from benchmarks._report import table

BEGIN, END = "<!-- table: written by `python -m benchmarks.table`, begin -->", "<!-- table: end -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN.json")
    parser.add_argument("--into", type=Path, metavar="PAGE.md")
    options = parser.parse_args()
    for path in options.runs:
        if not path.is_file():
            parser.error(f"there is no file {path}; `python -m benchmarks --json {path}` writes it")
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in options.runs]
    text = "\n".join([*table([run["rows"] for run in runs]), "", _origin(runs[0]["machine"], len(runs))])
    if options.into is None:
        print(text)
        return
    page = options.into.read_text(encoding="utf-8")
    if BEGIN not in page or END not in page:
        parser.error(f"{options.into} has no lines {BEGIN} and {END}")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    options.into.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _origin(machine: dict[str, object], runs: int) -> str:
    """Return where the figures come from, in a sentence."""
    versions = machine["versions"]
    assert isinstance(versions, dict)
    libraries = ", ".join(f"{name} {number}" for name, number in versions.items())
    return (
        f"{machine['processor']}, {machine['threads']} threads, Python {machine['python']}, {libraries}; "
        f"{runs} run{'s' * (runs > 1)} of `python -m benchmarks`, {machine['date']}."
    )


if __name__ == "__main__":
    main()
