"""How optimizers change a weight: the formulas that Keras' and PyTorch's spelling share.

Every function changes the weight w and its state in place, by the gradient g of the loss; all arrays have w's shape and
dtype. Where the two spellings place a constant differently, the constant has two settings: `inner` and `outer` for an
epsilon that stands inside or outside of a root, `inside` and `outside` for the signed rate that multiplies the gradient
before it enters the momentum, or the momentum.
"""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import numpy as np

from nnlite.kernels.parallel import get_num_threads, map_chunks, partition
from nnlite.kernels.window import Array

__all__ = [
    "adadelta",
    "adagrad",
    "adam",
    "adam_step",
    "adamax",
    "descend",
    "lion",
    "momentum",
    "nadam",
    "nadam_momentum",
    "radam_step",
    "rmsprop",
    "rprop",
]

# Elements that are worth a second thread. A rule is a dozen short NumPy calls, and two threads that make such calls
# wait for the interpreter's lock: Adam on 200,000 elements takes as long on two as on one, on a million half as long.
BLOCK = 2**19

P = ParamSpec("P")


def in_blocks(rule: Callable[P, None]) -> Callable[P, None]:
    """Run an elementwise rule on blocks of large arrays, on several threads; a state that is None stays None."""

    @wraps(rule)
    def run(*arrays: P.args, **settings: P.kwargs) -> None:
        w: Any = arrays[0]
        if w.size <= BLOCK:  # asked first: a small update costs no more than the rule itself
            rule(*arrays, **settings)
            return
        given: Any = (a for a in arrays if a is not None)
        if not all(a.flags.c_contiguous for a in given):
            rule(*arrays, **settings)
            return
        flat: list[Any] = [None if a is None else a.reshape(-1) for a in arrays]  # type: ignore[attr-defined]
        threads = get_num_threads()
        parts = partition(w.size, threads * -(-w.size // (threads * BLOCK)))

        def block(number: int) -> None:
            views: Any = (None if a is None else a[parts[number]] for a in flat)
            rule(*views, **settings)

        map_chunks(block, len(parts))

    return run


@in_blocks
def descend(w: Array, g: Array, *, rate: float) -> None:
    """Step against the gradient: w -= rate * g."""
    w -= rate * g


@in_blocks
def momentum(
    w: Array, g: Array, v: Array, *, inside: float, outside: float, momentum: float, dampening: float, nesterov: bool
) -> None:
    """Step along a running sum: v = momentum * v + (1 - dampening) * inside * g; w += outside * v.

    Nesterov's form takes momentum * v + inside * g for v in the step.
    """
    v *= momentum
    v += g * ((1 - dampening) * inside)
    if nesterov:
        w += v * (outside * momentum)
        w += g * (outside * inside)
    else:
        w += v if outside == 1 else v * outside


@in_blocks
def adagrad(w: Array, g: Array, total: Array, *, rate: float, inner: float, outer: float) -> None:
    """Divide by the root of the sum of squares: total += g**2; w -= rate * g / (sqrt(total + inner) + outer)."""
    scratch = np.multiply(g, g, out=np.empty_like(w))
    total += scratch
    _root(total, inner, outer, scratch)
    np.divide(g, scratch, out=scratch)
    scratch *= rate
    w -= scratch


@in_blocks
def rmsprop(
    w: Array, g: Array, square: Array, mean: Array | None, velocity: Array | None,
    *, rho: float, momentum: float, inside: float, outside: float, inner: float, outer: float,
) -> None:  # fmt: skip
    """Divide by the root of the running mean of squares (of which, if centered, the mean's square is taken away).

    square = rho * square + (1 - rho) * g**2; mean = rho * mean + (1 - rho) * g;
    velocity = momentum * velocity + inside * g / (sqrt(square - mean**2 + inner) + outer); w += outside * velocity.
    """
    scratch = np.multiply(g, g, out=np.empty_like(w))
    _average(square, scratch, rho)
    if mean is None:
        _root(square, inner, outer, scratch)
    else:
        np.copyto(scratch, g)
        _average(mean, scratch, rho)
        np.multiply(mean, mean, out=scratch)
        np.subtract(square, scratch, out=scratch)
        np.maximum(scratch, 0, out=scratch)  # rounding may take it below
        _root(scratch, inner, outer, scratch)
    np.divide(g, scratch, out=scratch)
    if velocity is None:
        scratch *= inside * outside
    else:
        scratch *= inside
        velocity *= momentum
        velocity += scratch
        np.multiply(velocity, outside, out=scratch)
    w += scratch


@in_blocks
def adadelta(w: Array, g: Array, square: Array, change: Array, *, rate: float, rho: float, epsilon: float) -> None:
    """Step about as far as earlier steps went, as rms(x) = sqrt(x + epsilon) tells.

    square = rho * square + (1 - rho) * g**2; d = rms(change) / rms(square) * g;
    change = rho * change + (1 - rho) * d**2; w -= rate * d.
    """
    scratch = np.multiply(g, g, out=np.empty_like(w))
    _average(square, scratch, rho)
    np.add(square, epsilon, out=scratch)
    step = np.add(change, epsilon, out=np.empty_like(w))
    step /= scratch
    np.sqrt(step, out=step)
    step *= g
    np.multiply(step, step, out=scratch)
    _average(change, scratch, rho)
    step *= rate
    w -= step


@in_blocks
def adam(
    w: Array, g: Array, m: Array, v: Array, largest: Array | None,
    *, beta_1: float, beta_2: float, step: float, epsilon: float, adaptive: bool = True,
) -> None:  # fmt: skip
    """Divide a running mean by the root of that of squares, or (AMSGrad) by the largest one so far.

    m = beta_1 * m + (1 - beta_1) * g; v = beta_2 * v + (1 - beta_2) * g**2; largest = max(largest, v);
    w -= step * m / (sqrt(largest) + epsilon); without `adaptive`, w -= step * m.
    """
    scratch = np.multiply(g, 1 - beta_1, out=np.empty_like(w))
    m *= beta_1
    m += scratch
    np.multiply(g, g, out=scratch)
    _average(v, scratch, beta_2)
    if not adaptive:
        np.multiply(m, step, out=scratch)
    else:
        if largest is not None:
            v = np.maximum(largest, v, out=largest)
        _root(v, 0, epsilon, scratch)
        np.divide(m, scratch, out=scratch)
        scratch *= step
    w -= scratch


def nadam(
    w: Array, g: Array, m: Array, v: Array,
    *, rate: float, beta_1: float, beta_2: float, epsilon: float, t: int, product: float, decay: float,
) -> None:  # fmt: skip
    """Adam with Nesterov's look ahead, at step t (from 1); `product` is that of all momentums up to t.

    w -= rate * (u' * m / (1 - product * u') + (1 - u) * g / (1 - product)) / (sqrt(v / (1 - beta_2**t)) + epsilon),
    with Adam's m and v, and u and u' for the momentum of this step and the next.
    """
    now, following = nadam_momentum(beta_1, t, decay), nadam_momentum(beta_1, t + 1, decay)
    correction = math.sqrt(1 - beta_2**t)
    _nadam(
        w, g, m, v, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon * correction,
        m_step=rate * correction * following / (1 - product * following),
        g_step=rate * correction * (1 - now) / (1 - product),
    )  # fmt: skip


@in_blocks
def adamax(
    w: Array, g: Array, m: Array, u: Array, *, beta_1: float, beta_2: float, step: float, inner: float, outer: float
) -> None:
    """Adam with the largest recent size in place of the root of squares.

    m = beta_1 * m + (1 - beta_1) * g; u = max(beta_2 * u, abs(g) + inner); w -= step * m / (u + outer).
    """
    scratch = np.multiply(g, 1 - beta_1, out=np.empty_like(w))
    m *= beta_1
    m += scratch
    np.absolute(g, out=scratch)
    scratch += inner
    u *= beta_2
    np.maximum(u, scratch, out=u)
    np.add(u, outer, out=scratch)
    np.divide(m, scratch, out=scratch)
    scratch *= step
    w -= scratch


@in_blocks
def lion(w: Array, g: Array, m: Array, *, rate: float, beta_1: float, beta_2: float) -> None:
    """Step by a sign: w -= rate * sign(beta_1 * m + (1 - beta_1) * g); m = beta_2 * m + (1 - beta_2) * g."""
    scratch = np.multiply(m, beta_1, out=np.empty_like(w))
    scratch += (1 - beta_1) * g
    np.sign(scratch, out=scratch)
    scratch *= rate
    w -= scratch
    np.multiply(g, 1 - beta_2, out=scratch)
    m *= beta_2
    m += scratch


@in_blocks
def rprop(
    w: Array, g: Array, previous: Array, size: Array, *, etas: tuple[float, float], sizes: tuple[float, float]
) -> None:
    """Let each step size grow while the gradient keeps its sign, and shrink (and wait a step) when it turns.

    size = clip(size * (etas[1] or etas[0] or 1), *sizes); w -= sign(g) * size, with g = 0 where it has turned.
    """
    agreement = previous * g
    turned = agreement < 0
    factor = np.ones_like(w)
    factor[turned], factor[agreement > 0] = etas
    size *= factor
    np.clip(size, *sizes, out=size)
    np.multiply(g, ~turned, out=previous)
    w -= np.sign(previous) * size


def adam_step(rate: float, beta_1: float, beta_2: float, t: int) -> float:
    """Return Adam's step size at step t (from 1): the rate, corrected for means that started at 0."""
    return rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)


def radam_step(rate: float, beta_1: float, beta_2: float, t: int) -> tuple[float, bool]:
    """Return RAdam's step size at step t, and whether the variance is known well enough to divide by its root."""
    longest = 2 / (1 - beta_2) - 1
    length = longest - 2 * t * beta_2**t / (1 - beta_2**t)  # of the moving average so far
    if length <= 5:
        return rate / (1 - beta_1**t), False
    kept = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    return adam_step(rate, beta_1, beta_2, t) * math.sqrt(kept), True


def nadam_momentum(beta_1: float, t: int, decay: float) -> float:
    """Return NAdam's momentum at step t, which grows from about beta_1 / 2 to beta_1."""
    return beta_1 * (1 - 0.5 * math.pow(0.96, t * decay))


@in_blocks
def _nadam(
    w: Array, g: Array, m: Array, v: Array,
    *, beta_1: float, beta_2: float, m_step: float, g_step: float, epsilon: float,
) -> None:  # fmt: skip
    """Update Adam's m and v; w -= (m_step * m + g_step * g) / (sqrt(v) + epsilon)."""
    scratch = np.multiply(g, 1 - beta_1, out=np.empty_like(w))
    m *= beta_1
    m += scratch
    np.multiply(g, g, out=scratch)
    _average(v, scratch, beta_2)
    _root(v, 0, epsilon, scratch)
    step = np.multiply(m, m_step, out=np.empty_like(w))
    step += g_step * g
    step /= scratch
    w -= step


def _average(mean: Array, value: Array, weight: float) -> None:
    """Move a running mean: mean = weight * mean + (1 - weight) * value; `value` is overwritten."""
    value *= 1 - weight
    mean *= weight
    mean += value


def _root(square: Array, inner: float, outer: float, out: Array) -> None:
    """Write sqrt(square + inner) + outer to `out`."""
    if inner:
        np.add(square, inner, out=out)
        np.sqrt(out, out=out)
    else:
        np.sqrt(square, out=out)
    if outer:
        out += outer
