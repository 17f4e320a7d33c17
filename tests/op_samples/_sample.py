"""What a sample of a differentiable function is, and the random numbers that samples are made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Sample:
    """One call of a function: every check of `tests/functional/test_samples.py` is run on it.

    Floating arrays among `args` are differentiated; integer and boolean arrays, numbers and None are constants.
    `expected(*args, **settings)` is a plain NumPy or SciPy formula of the same value (a tuple for several outputs).
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    expected: Callable[..., Any]
    settings: dict[str, Any] = field(default_factory=dict)
    note: str = ""  # what is special about it, for the test's name
    orders: int = 2  # how often it is differentiated by check_grads

    def __str__(self) -> str:
        shapes = ",".join("x".join(map(str, a.shape)) or "0d" for a in self.args if isinstance(a, np.ndarray))
        settings = ",".join(f"{key}={value}" for key, value in self.settings.items())
        return "-".join(part for part in (self.function.__name__, shapes, settings, self.note) if part)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    """Standard normal numbers, the same on every run."""
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def uniform(low: float, high: float, *shape: int, seed: int = 0) -> np.ndarray:
    """Uniform numbers in [low, high), the same on every run."""
    return np.random.default_rng([seed, *shape]).uniform(low, high, size=shape)


def distinct(*shape: int, seed: int = 0, gap: float = 0.1) -> np.ndarray:
    """Numbers around 0 of which no two, nor any and 0, are closer than about `gap`: no ties, no kinks at 0."""
    size = int(np.prod(shape, dtype=int))
    ranks = np.random.default_rng([seed, *shape]).permutation(size)
    return ((ranks - size // 2 + 0.5) * gap).reshape(shape)


def away_from(points: list[float], *shape: int, seed: int = 0, gap: float = 0.05, scale: float = 2.0) -> np.ndarray:
    """Numbers in about [-scale, scale], none of them within `gap` of a kink at one of the points."""
    x = uniform(-scale, scale, *shape, seed=seed)
    for point in points:
        near = np.abs(x - point) < gap
        x = np.where(near, point + np.where(x >= point, gap, -gap) * 2, x)
    return x
