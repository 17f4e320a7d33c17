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

# Functions that are compared under another name: where. (Those of `functional` also under that of `nn.functional`.)
THROUGH = {
    "functional.alpha_dropout": "nn.AlphaDropout",
    "functional.categorical_hinge": "losses.CategoricalHinge",
    "functional.dice": "losses.Dice",
    "functional.dropout": "nn.Dropout",
    "functional.focal": "losses.BinaryFocalCrossentropy",
    "functional.gaussian_noise": "layers.GaussianNoise",
    "functional.global_avg_pool": "layers.GlobalAvgPool2D",
    "functional.global_max_pool": "layers.GlobalMaxPool2D",
    "functional.gru": "nn.GRU",
    "functional.hinge": "losses.Hinge",
    "functional.log_cosh": "losses.LogCosh",
    "functional.lstm": "nn.LSTM",
    "functional.mape": "losses.MeanAbsolutePercentageError",
    "functional.msle": "losses.MeanSquaredLogarithmicError",
    "functional.pixel_shuffle": "nn.PixelShuffle",
    "functional.rnn": "nn.RNN",
    "functional.spatial_dropout": "nn.Dropout2d",
    "functional.squared_hinge": "losses.SquaredHinge",
    "functional.upsample": "nn.Upsample",
    "nn.functional.alpha_dropout": "nn.AlphaDropout",
    "nn.functional.bilinear": "nn.Bilinear",
    "nn.functional.dropout": "nn.Dropout",
    "nn.functional.dropout2d": "nn.Dropout2d",
    "nn.functional.embedding": "nn.Embedding",
    "nn.functional.interpolate": "nn.Upsample",
    "nn.functional.linear": "nn.Linear",
    "nn.functional.pixel_shuffle": "nn.PixelShuffle",
}

# Names with a reason of their own.
BY_NAME = {
    ("models.load_model", "calculus"): "moves numbers: no derivative",
    ("models.load_model", "keras"): "files of nnlite's own: tests/models/test_saving.py",
    ("functional.min_pool2d", "torch"): "not in PyTorch: max pooling turned round, held against loops",
    ("functional.global_avg_pool", "torch"): "a mean in PyTorch: see Keras",
    ("functional.global_max_pool", "torch"): "a maximum in PyTorch: see Keras",
    ("functional.gaussian_noise", "torch"): "not in PyTorch: see Keras",
    ("functional.sinusoidal_encoding", "torch"): "not in PyTorch: held against the paper's formula",
    ("functional.sinusoidal_encoding", "calculus"): "a table of numbers, of positions only",
    ("functional.rotary_embedding", "torch"): "not in PyTorch: held against rotations written plainly",
    ("functional.log_cosh", "torch"): "not in PyTorch: see Keras",
    ("functional.mape", "torch"): "not in PyTorch: see Keras",
    ("functional.msle", "torch"): "not in PyTorch: see Keras",
    ("functional.hinge", "torch"): "not in PyTorch: see Keras",
    ("functional.squared_hinge", "torch"): "not in PyTorch: see Keras",
    ("functional.categorical_hinge", "torch"): "not in PyTorch: see Keras",
    ("functional.contrastive", "torch"): "not in PyTorch: held against the paper's formula",
    ("functional.focal", "torch"): "not in PyTorch: see Keras",
    ("functional.dice", "torch"): "not in PyTorch: see Keras",
    ("layers.Module", "keras"): "a base class",
    ("layers.Layer", "keras"): "a base class",
    ("layers.Module", "calculus"): "a base class",
    ("layers.Layer", "calculus"): "a base class",
    ("layers.Input", "keras"): "part of models.Model, which is compared",
    ("layers.Input", "calculus"): "passes on what it is given",
    ("layers.Lambda", "keras"): "runs the user's function: nothing to compare",
    ("layers.PositionalEncoding", "keras"): "not in Keras (keras_hub has it): held against the paper's formula",
    ("layers.TransformerEncoder", "keras"): "not in Keras (keras_hub has it): see PyTorch",
    ("layers.TransformerDecoder", "keras"): "not in Keras (keras_hub has it): see PyTorch",
    ("layers.LocalResponseNorm", "keras"): "not in Keras: see nn.LocalResponseNorm",
    ("layers.Maxout", "keras"): "not in Keras: see functional.maxout",
    ("metrics.confusion_matrix", "keras"): "held against scikit-learn's: tests/test_reports.py",
    ("metrics.classification_report", "keras"): "held against scikit-learn's: tests/test_reports.py",
    ("nn.functional", "torch"): "a package",
    ("nn.init", "torch"): "a package",
    ("nn.utils", "torch"): "a package",
    ("nn.Module", "torch"): "a base class",
    ("nn.Parameter", "torch"): "the parameters of the modules that are compared",
    ("nn.ModuleList", "torch"): "holds modules: inside nn.TransformerEncoder, which is compared",
    ("nn.ModuleDict", "torch"): "holds modules: tests/nn/test_containers.py",
    ("nn.utils.vector_to_parameters", "torch"): "the way back of parameters_to_vector: tests/nn/test_utils.py",
}

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
    ("models", "keras"): "runs the course's listing: tests/test_keras_listings.py",
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
    ("callbacks", "calculus"): "watches and steers: no derivative",
    ("callbacks", "torch"): "not in PyTorch",
    ("callbacks", "keras"): "Keras' semantics, held against what a training does: tests/callbacks",
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
    ("data", "calculus"): "moves samples: no derivative",
    ("data", "torch"): "tested by itself: tests/data",
    ("data", "keras"): "tested by itself: tests/data",
    ("datasets", "calculus"): "samples, not a formula",
    ("datasets", "torch"): "not in PyTorch",
    ("datasets", "keras"): "tested by itself: tests/datasets",
    ("io", "calculus"): "moves numbers: no derivative",
    ("sklearn", "calculus"): "layers and losses that are",
    ("sklearn", "torch"): "scikit-learn's spelling: held against scikit-learn's in tests/sklearn",
    ("sklearn", "keras"): "scikit-learn's spelling: held against scikit-learn's in tests/sklearn",
    ("io", "torch"): "files and states: tests/io",
    ("io", "keras"): "files and states: tests/io",
    ("utils", "calculus"): "integers have no derivative",
    ("utils", "torch"): "not in PyTorch",
    ("utils", "keras"): "tested by itself: tests/test_utils.py",
    ("plotting", "calculus"): "draws: derivatives by nnlite.grad",
    ("plotting", "torch"): "not in PyTorch",
    ("plotting", "keras"): "not in Keras: what is drawn is held against the data in tests/plotting",
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
        total = figures.setdefault((entry["family"], entry["peer"]), [0, 0.0])
        total[0] += entry["comparisons"]
        total[1] = max(total[1], entry["error"])
    lines = ["## Parity, family by family\n\n", "| family | with | arrays compared | largest relative error |\n"]
    lines.append("|---|---|---|---|\n")
    for (family, peer), (count, error) in sorted(figures.items()):
        lines.append(f"| {family} | {peer} | {int(count):,} | {error:.0e} |\n")
    return [*lines, "\n"]


def row(package: str, name: str, ledger: list[dict[str, Any]]) -> str:
    """Return the line of a name."""
    value = getattr(importlib.import_module(".".join(filter(None, ["nnlite", package]))), name)
    own = f"{package}.{name}"
    cells = [f"`{name}`", place(value), BY_NAME.get((own, "calculus")) or calculus(package, name, value)]
    other = THROUGH.get(own, f"nn.{own}")
    for peer in ("torch", "keras"):
        cells.append(
            figure(ledger, peer, {own, f"{package}.{getattr(value, '__name__', name)}"})
            or figure(ledger, peer, {other}, f" (`{other}`)")
            or BY_NAME.get((own, peer))
            or BY_PACKAGE[package, peer]
        )
    return f"| {' | '.join(cells)} |\n"


def figure(ledger: list[dict[str, Any]], peer: str, subjects: set[str], note: str = "") -> str:
    """Return how much was compared under one of these names, and how far apart it was; nothing if it was not."""
    found = [entry for entry in ledger if entry["subject"] in subjects and entry["peer"] == peer]
    if not found:
        return ""
    return f"{sum(e['comparisons'] for e in found):,}: {max(e['error'] for e in found):.0e}{note}"


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
