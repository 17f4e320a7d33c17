"""Depth and memory: long chains, no reference cycles, and VJPs that go as they are used."""

import contextlib
import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F


def leaf(*values: float) -> nl.Tensor:
    """Make a float32 leaf."""
    return nl.tensor(values, requires_grad=True)


class TestDepth:
    LENGTH = 100_000

    def test_a_long_chain_forward_backward_and_away(self) -> None:
        x = leaf(1.0)
        y = x
        for _ in range(self.LENGTH):
            y = y + x.data
        y.backward()
        assert x.grad == 1
        del y

    def test_a_long_chain_dropped_without_backward(self) -> None:
        y = x = leaf(1.0)
        for _ in range(self.LENGTH):
            y = -y
        kept = weakref.ref(y)
        del y
        assert kept() is None
        assert x.grad is None

    def test_dropping_needs_no_deep_stack_even_in_a_thread(self) -> None:
        y = leaf(1.0)
        for _ in range(self.LENGTH // 2):
            y = y * 1.0
        held = [y]
        del y
        thread = threading.Thread(target=held.clear)
        thread.start()
        thread.join()
        assert not held

    def test_a_long_chain_twice_differentiated(self) -> None:
        x = leaf(1.0)
        y = x * x
        for _ in range(5_000):
            y = y + 1.0
        assert sys.getrecursionlimit() < 5_000
        (g,) = nl.grad(y, x, create_graph=True)
        assert g is not None
        g.backward()
        assert x.grad == 2

    def test_a_wide_sum(self) -> None:
        x = leaf(1.0)
        y = x * 1.0
        total = y
        for _ in range(1000):
            total = total + y
        total.backward()
        assert x.grad == 1001


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def small_network() -> tuple[nl.Tensor, nl.Tensor, nl.Tensor]:
    """Return a loss, a weight, and an interior Tensor with a hook and a retained gradient."""
    w = nl.tensor(np.ones((3, 3)), requires_grad=True)
    h = np.tanh(np.ones((2, 3)) @ w)
    h.register_hook(lambda g: 2 * g)
    h.retain_grad()
    parts = F.split(F.softmax(h), 3, axis=1)
    return (parts[0] * parts[1] + F.logsumexp(h, axis=1, keepdims=True)).sum(), w, h


@pytest.mark.usefixtures("_no_collector")
class TestNoCycles:
    def test_a_dropped_graph(self) -> None:
        network = small_network()
        kept = weakref.ref(network[2])
        del network
        assert kept() is None
        assert gc.collect() == 0

    def test_after_backward(self) -> None:
        loss, w, h = small_network()
        loss.backward()
        del loss, h
        assert gc.collect() == 0
        assert w.grad is not None

    def test_after_create_graph(self) -> None:
        loss, w, h = small_network()
        first, inner = nl.grad(loss, [w, h], create_graph=True)
        assert first is not None
        assert inner is not None
        ((first * first).sum() + inner.sum()).backward()
        del loss, h, first, inner, w
        assert gc.collect() == 0

    def test_after_transforms_and_checkpoints(self) -> None:
        x = nl.tensor([1.0, 2.0])
        nl.jacobian(np.tanh, x)
        nl.hessian(lambda t: (t**3).sum(), x)
        nl.hvp(lambda t: (t**3).sum(), x, x)
        nl.jvp(np.tanh, x, x)
        w = leaf(1.0, 2.0)

        def segment(t: Any) -> Any:
            return np.tanh(t) * w

        y = nl.checkpoint(segment, w)
        (g,) = nl.grad(y.sum(), w, create_graph=True)
        assert g is not None
        g.sum().backward()
        del y, g
        assert gc.collect() == 0

    def test_after_exceptions(self) -> None:
        @nl.differentiable
        def failing(x: Any) -> Any:
            def vjp(g: Any) -> Any:
                raise ZeroDivisionError

            return x * 1, (vjp,)

        x = leaf(1.0, 2.0)
        gc.collect()  # making a function leaves cycles, calling one does not
        for attempt in (
            lambda y: y.backward(),
            lambda y: nl.grad(y, x, create_graph=True),
            lambda y: (y.backward(), y.backward()),
            lambda y: y + "text",
            lambda y: y[5],
        ):
            with contextlib.suppress(ZeroDivisionError, TypeError, IndexError):
                attempt(failing(x * 2).sum())
                pytest.fail("nothing was raised")
        assert gc.collect() == 0

    def test_constants_are_dropped_with_the_vjps(self) -> None:
        w, constant = nl.tensor(np.ones(3), requires_grad=True), np.ones(3)
        kept = weakref.ref(constant)
        loss = (w + constant).sum()
        del constant
        assert kept() is not None  # the replay would need it
        loss.backward()
        assert kept() is None

    def test_vjps_are_dropped_as_they_are_used(self) -> None:
        captured: list[weakref.ref[Any]] = []
        alive: list[int] = []

        @nl.differentiable
        def heavy(x: Any) -> Any:
            ballast = np.zeros(1000)
            captured.append(weakref.ref(ballast))

            def vjp(g: Any) -> Any:
                alive.append(sum(r() is not None for r in captured))
                return g + 0 * ballast[0]

            return x * 1, (vjp,)

        x = leaf(1.0)
        y = x
        for _ in range(5):
            y = heavy(y)
        y.backward()
        assert alive == [5, 4, 3, 2, 1]
        assert all(r() is None for r in captured)
