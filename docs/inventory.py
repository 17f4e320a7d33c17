"""Write docs/inventory.md: every public name, where it lives, and how it is proven.

    make parity       compares with PyTorch and Keras, and leaves out/parity.json behind
    make inventory    runs this script

The names are those of `tests/api.py`; what is checked by calculus is read from the tables that the tests run over; how
far nnlite is from PyTorch and Keras, from the ledger of the last `make parity`.
"""

import argparse
import importlib
import inspect
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.api import API  # noqa: E402
from tests.conformance import LAYERS, LOSSES  # noqa: E402
from tests.op_samples import NONDIFFERENTIABLE, SAMPLES  # noqa: E402

HEAD = """# Inventory

Every public name of nnlite, where it lives, and how it is proven. Written by `docs/inventory.py` (`make inventory`)
from the code, the tables of the tests, and the ledger of `make parity`; not by hand.

- **Calculus**: checked against finite differences by `nnlite.check_grads`, in float64, to the orders given.
- **PyTorch**, **Keras**: compared with PyTorch and with Keras 3 (JAX) on the same arrays, in float64: the number of
  arrays compared, values and gradients, and the largest relative error among them.

"""

# Why a whole package is not checked in a way: the reason stands in the cells of its names.
BY_PACKAGE = {
    ("", "calculus"): "no formula: see tests/autograd and test_packaging",
    ("", "torch"): "nnlite's own engine; every comparison below runs on it",
    ("", "keras"): "nnlite's own engine; every comparison below runs on it",
    ("functional", "keras"): "compared at the layers and losses that call it",
    ("functional", "torch"): "PyTorch has no such function",
    ("layers", "calculus"): "an alias, or a holder of other layers",
    ("layers", "torch"): "Keras' spelling; its functions are compared above",
    ("layers", "keras"): "Keras has no such layer",
    ("models", "calculus"): "chains of layers; see tests/models",
    ("models", "torch"): "Keras' spelling",
    ("models", "keras"): "runs the course's listing: tests/test_course_listing.py",
    ("losses", "torch"): "Keras' spelling; its functions are compared above",
    ("losses", "keras"): "Keras has no such loss",
    ("losses", "calculus"): "composed of functions that are",
    ("metrics", "calculus"): "a count, not a derivative",
    ("metrics", "torch"): "not in PyTorch",
    ("metrics", "keras"): "held against a plain formula: tests/conformance",
    ("optimizers", "calculus"): "a step, not a derivative: held against its plain formula",
    ("optimizers", "torch"): "Keras' formula; PyTorch's is in nnlite.optim",
    ("optimizers", "keras"): "not in Keras: it follows PyTorch's",
    ("optimizers.schedules", "calculus"): "a number, not a derivative: held against its plain formula",
    ("optimizers.schedules", "torch"): "Keras' formula",
    ("optimizers.schedules", "keras"): "not in Keras: held against its plain formula",
    ("initializers", "calculus"): "first values have no derivative",
    ("initializers", "torch"): "Keras' spelling; PyTorch's is in nnlite.nn.init",
    ("initializers", "keras"): "random: its distribution is tested",
    ("regularizers", "calculus"): "composed of functions that are",
    ("regularizers", "torch"): "not in PyTorch",
    ("regularizers", "keras"): "held against a plain formula: tests/test_regularizers.py",
    ("constraints", "calculus"): "a projection, not a derivative",
    ("constraints", "torch"): "not in PyTorch",
    ("constraints", "keras"): "held against a plain formula: tests/test_constraints.py",
    ("nn", "calculus"): "calls functions that are",
    ("nn", "torch"): "a holder, a package, or part of the modules that are compared",
    ("nn", "keras"): "PyTorch's spelling",
    ("nn.functional", "calculus"): "calls functions that are",
    ("nn.functional", "torch"): "compared as the module that calls it",
    ("nn.functional", "keras"): "PyTorch's spelling",
    ("nn.init", "calculus"): "first values have no derivative",
    ("nn.init", "torch"): "random: its distribution is tested",
    ("nn.init", "keras"): "PyTorch's spelling",
    ("nn.utils", "calculus"): "moves numbers: no derivative",
    ("nn.utils", "torch"): "tested by itself: tests/nn",
    ("nn.utils", "keras"): "PyTorch's spelling",
    ("optim", "calculus"): "a step, not a derivative",
    ("optim", "torch"): "a package",
    ("optim", "keras"): "PyTorch's spelling",
    ("optim.lr_scheduler", "calculus"): "a number, not a derivative",
    ("optim.lr_scheduler", "torch"): "tested by itself: tests/optim",
    ("optim.lr_scheduler", "keras"): "PyTorch's spelling",
    ("io", "calculus"): "moves numbers: no derivative",
    ("io", "torch"): "loads PyTorch's state dicts: tests/io",
    ("io", "keras"): "concerns PyTorch's files",
    ("utils", "calculus"): "integers have no derivative",
    ("utils", "torch"): "not in PyTorch",
    ("utils", "keras"): "tested by itself: tests/test_utils.py",
}


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--ledger", type=Path, default=ROOT / "out" / "parity.json")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "inventory.md")
    options = parser.parse_args()
    if not options.ledger.exists():
        sys.exit(f"{options.ledger} is not there: run `make parity` first")
    ledger = json.loads(options.ledger.read_text())
    parts = [HEAD, *families(ledger)]
    for package, names in API.items():
        parts.append(f"## nnlite{'.' * bool(package)}{package}\n\n")
        parts.append("| name | lives in | calculus | PyTorch | Keras |\n|---|---|---|---|---|\n")
        parts.extend(row(package, name, ledger) for name in names.split())
        parts.append("\n")
    options.out.write_text("".join(parts).rstrip() + "\n")
    print(f"wrote {options.out}")


def families(ledger: list[dict[str, Any]]) -> list[str]:
    """Return the figures of each family as a table."""
    figures: dict[tuple[str, str], list[float]] = {}
    for entry in ledger:
        figure = figures.setdefault((entry["family"], entry["peer"]), [0, 0.0])
        figure[0] += entry["comparisons"]
        figure[1] = max(figure[1], entry["error"])
    lines = ["## Parity, family by family\n\n", "| family | with | arrays compared | largest relative error |\n"]
    lines.append("|---|---|---|---|\n")
    for (family, peer), (count, error) in sorted(figures.items()):
        lines.append(f"| {family} | {peer} | {int(count):,} | {error:.0e} |\n")
    return [*lines, "\n"]


def row(package: str, name: str, ledger: list[dict[str, Any]]) -> str:
    """Return the line of a name."""
    value = getattr(importlib.import_module(".".join(filter(None, ["nnlite", package]))), name)
    cells = [f"`{name}`", place(value), calculus(package, name, value)]
    for peer in ("torch", "keras"):
        subjects = {f"{package}.{name}", f"{package}.{getattr(value, '__name__', name)}"}
        found = [entry for entry in ledger if entry["subject"] in subjects and entry["peer"] == peer]
        if found:
            count, error = sum(e["comparisons"] for e in found), max(e["error"] for e in found)
            cells.append(f"{count:,}: {error:.0e}")
        else:
            cells.append(BY_PACKAGE[package, peer])
    return f"| {' | '.join(cells)} |\n"


def place(value: Any) -> str:
    """Return the file in which something is defined."""
    if inspect.ismodule(value):
        return Path(value.__file__ or "").relative_to(ROOT).as_posix()
    function = inspect.unwrap(value) if callable(value) else value
    module = sys.modules.get(getattr(function, "__module__", ""), None)
    file = getattr(module, "__file__", None)
    if file is None or ROOT not in Path(file).parents:
        return "nnlite/__init__.py"
    return Path(file).relative_to(ROOT).as_posix()


def calculus(package: str, name: str, value: Any) -> str:
    """Say to which orders derivatives are checked."""
    if package == "functional":
        orders = [s.orders for s in SAMPLES if s.function.__name__ == getattr(value, "__name__", name)]
        if name in NONDIFFERENTIABLE:
            return "constant between jumps: value only"
        return "orders 1, 2" if max(orders, default=0) >= 2 else "order 1"
    if package == "layers" and any(type(r.make()).__name__ == getattr(value, "__name__", "") for r in LAYERS):
        return "orders 1, 2"
    if package == "losses" and any(r.name.startswith(name) for r in LOSSES):
        return "orders 1, 2"
    return BY_PACKAGE[package, "calculus"]


if __name__ == "__main__":
    main()
