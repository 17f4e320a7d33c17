"""The rows `op_overhead`, what an operation on 4x4 numbers costs forward and backward, and `import`."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks._row import Row, Step

OPERATIONS = 40


def chain(x: Any, w: Any, b: Any) -> Any:
    """Return the sum of what ten times four operations make of x; array libraries agree on how these are written."""
    for _ in range(OPERATIONS // 4):
        x = (x @ w + b) * w - b
    return x.sum()


def nnlite_step() -> Step:
    import nnlite as nl

    return _step([nl.tensor(array, requires_grad=True) for array in _arrays()])


def torch_step() -> Step:
    import torch

    return _step([torch.from_numpy(array).requires_grad_() for array in _arrays()])


def _arrays() -> list[np.ndarray]:
    return [np.full((4, 4), value, np.float32) for value in (0.5, 0.1, 0.2)]


def _step(tensors: list[Any]) -> Step:
    def step() -> Any:
        for tensor in tensors:
            tensor.grad = None
        total = chain(*tensors)
        total.backward()
        return total

    return step


def importing(name: str) -> Callable[[], Step]:
    """Return what makes a step that imports a library in a process of its own, and returns the seconds beyond NumPy.

    Python keeps what it compiled, as it does unless PYTHONDONTWRITEBYTECODE forbids it.
    """
    code = f"import numpy, time; start = time.perf_counter(); import {name}; print(time.perf_counter() - start)"

    def step() -> float:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        return float(done.stdout.splitlines()[-1])

    return lambda: step


ROWS = {
    "op_overhead": Row({"": {"nnlite": nnlite_step, "torch": torch_step}}, count=OPERATIONS + 1),
    "import": Row({"": {name: importing(name) for name in ("nnlite", "torch", "keras")}}, tells_seconds=True),
}
