"""Limited-memory BFGS on vectors: a quasi-Newton direction, and a line search for the strong Wolfe conditions."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from nnlite.kernels.window import Array

__all__ = ["Memory", "minimise"]

LEAST_CURVATURE = 1e-10  # of a pair that is kept
SUFFICIENT_DECREASE, SUFFICIENT_FLATNESS = 1e-4, 0.9  # of the Wolfe conditions

Evaluate = Callable[[Array], tuple[float, Array]]


@dataclass
class Memory:
    """What the method knows of earlier steps.

    Attributes
    ----------
    pairs : list of (change of the gradient, move, their inner product)
        The newest last.
    gradient : ndarray or None
        Where the last direction was taken.
    move : ndarray or None
        The last step, which joins the pairs when the next gradient is known.
    """

    pairs: list[tuple[Array, Array, float]] = field(default_factory=list)
    gradient: Array | None = None
    move: Array | None = None


def minimise(
    evaluate: Evaluate, x: Array, memory: Memory,
    *, rate: float, max_iter: int, max_eval: int, tolerance_grad: float, tolerance_change: float, history_size: int,
    line_search: bool,
) -> tuple[Array, int]:  # fmt: skip
    """Take up to `max_iter` steps from x, and return where they lead, and how often the loss was evaluated.

    Parameters
    ----------
    evaluate : callable
        Takes a vector, returns the loss there and its gradient.
    x : ndarray
        A vector.
    memory : Memory
        Is brought up to date.
    rate : float
        The first length tried of every step; the only one without `line_search`.
    """
    loss, gradient = evaluate(x)
    evaluations = 1
    if _largest(gradient) <= tolerance_grad:
        return x, evaluations
    for iteration in range(1, max_iter + 1):
        length = rate
        if memory.gradient is None:
            direction = -gradient
            length *= min(1.0, 1 / float(np.abs(gradient).sum()))
        else:
            direction = _direction(gradient, memory, history_size)
        memory.gradient, memory.move = gradient, length * direction
        slope, before = float(gradient @ direction), loss
        if slope > -tolerance_change:
            break
        if line_search:
            start = _Point(0.0, loss, gradient, slope)
            found, more = _search(_along(evaluate, x, direction), start, length, _largest(direction),
                                  tolerance_change, max_eval - evaluations)  # fmt: skip
            length, loss, gradient = found.length, found.loss, found.gradient
            evaluations += more
        memory.move = length * direction
        x = x + memory.move
        if not line_search and iteration < max_iter:
            loss, gradient = evaluate(x)
            evaluations += 1
        if (
            evaluations >= max_eval
            or _largest(gradient) <= tolerance_grad
            or _largest(memory.move) <= tolerance_change
            or abs(loss - before) < tolerance_change
        ):
            break
    return x, evaluations


def _direction(gradient: Array, memory: Memory, history_size: int) -> Array:
    """Take the last move into the memory, and return minus the gradient times the estimated inverse Hessian."""
    assert memory.gradient is not None
    assert memory.move is not None
    change = gradient - memory.gradient
    curvature = float(change @ memory.move)
    if curvature > LEAST_CURVATURE:
        memory.pairs = [*memory.pairs, (change, memory.move, curvature)][-history_size:]
    direction = -gradient
    weights = []
    for change, move, curvature in reversed(memory.pairs):
        weight = float(move @ direction) / curvature
        direction -= weight * change
        weights.append(weight)
    if memory.pairs:
        change, _, curvature = memory.pairs[-1]
        direction *= curvature / float(change @ change)
    for (change, move, curvature), weight in zip(memory.pairs, reversed(weights), strict=True):
        direction += (weight - float(change @ direction) / curvature) * move
    return direction


class _Point(NamedTuple):
    """A place on the line that is searched."""

    length: float
    loss: float
    gradient: Array
    slope: float  # of the loss along the line


def _along(evaluate: Evaluate, x: Array, direction: Array) -> Callable[[float], _Point]:
    """Return what evaluates the loss at a length along a line."""

    def at(length: float) -> _Point:
        loss, gradient = evaluate(x + length * direction)
        return _Point(length, loss, gradient, float(gradient @ direction))

    return at


def _search(
    at: Callable[[float], _Point], start: _Point, length: float, size: float, tolerance: float, limit: int
) -> tuple[_Point, int]:
    """Return a point with the strong Wolfe conditions, or the best that `limit` more trials find, and their number.

    First the length grows until the interval from the last trial must hold such a point; then that shrinks by cubic
    interpolation.

    References
    ----------
    Nocedal, J. and Wright, S. J., "Numerical Optimization", 2006, algorithms 3.5 and 3.6.
    Schmidt, M., "minFunc: unconstrained differentiable multivariate optimization in Matlab", 2005.
    """

    def is_too_high(point: _Point) -> bool:
        return point.loss > start.loss + SUFFICIENT_DECREASE * point.length * start.slope

    def is_flat(point: _Point) -> bool:
        return abs(point.slope) <= -SUFFICIENT_FLATNESS * start.slope

    last, point, trials = start, at(length), 0
    while trials < limit:
        if is_too_high(point) or (trials > 1 and point.loss >= last.loss) or (point.slope >= 0 and not is_flat(point)):
            break
        if is_flat(point):
            return point, trials + 1
        least = point.length + 0.01 * (point.length - last.length)
        length = _lowest_of_cubic(last, point, least, 10 * point.length)
        last, point = point, at(length)
        trials += 1
    else:
        last = start

    interval = [last, point]
    low = _lower(interval)
    stalled = False
    while trials < limit and abs(interval[1].length - interval[0].length) * size >= tolerance:
        left, right = sorted(end.length for end in interval)
        length, stalled = _away_from_ends(_lowest_of_cubic(interval[0], interval[1], left, right), left, right, stalled)
        point = at(length)
        trials += 1
        if is_too_high(point) or point.loss >= interval[low].loss:
            interval[1 - low] = point
            low = _lower(interval)
            continue
        if is_flat(point):
            return point, trials + 1
        if point.slope * (interval[1 - low].length - interval[low].length) >= 0:
            interval[1 - low] = interval[low]
        interval[low] = point
    return interval[low], trials + 1


def _lower(interval: list[_Point]) -> int:
    """Say which of two points is lower; the first if none is."""
    return 0 if interval[0].loss <= interval[1].loss else 1


def _away_from_ends(length: float, left: float, right: float, stalled: bool) -> tuple[float, bool]:
    """Move a trial that is at an end (or near one for the second time) inwards, and say whether it was near one."""
    margin = 0.1 * (right - left)
    if min(right - length, length - left) >= margin:
        return length, False
    if not stalled and left < length < right:
        return length, True
    return (right - margin if right - length < length - left else left + margin), False


def _lowest_of_cubic(a: _Point, b: _Point, least: float, most: float) -> float:
    """Return where the cubic through two points and their slopes is lowest, within bounds; or their middle."""
    if a.length > b.length:
        a, b = b, a
    bend = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length)
    square = bend * bend - a.slope * b.slope
    root = math.sqrt(square) if square >= 0 else math.nan
    spread = b.slope - a.slope + 2 * root
    lowest = b.length - (b.length - a.length) * (b.slope + root - bend) / spread if spread else math.nan
    return min(max(lowest, least), most) if math.isfinite(lowest) else (least + most) / 2


def _largest(vector: Array) -> float:
    """Return the largest size of an element."""
    return float(np.abs(vector).max(initial=0))
