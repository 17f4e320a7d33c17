"""What the engine does besides computing: record or not, look for NaN or not. One immutable value per context."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

__all__ = [
    "Mode",
    "current_mode",
    "current_module",
    "detect_anomaly",
    "enable_grad",
    "is_grad_enabled",
    "is_recomputing",
    "no_grad",
    "observed",
    "switched",
]


# Called as observer(function, arrays, settings, values) after each differentiable function that got a Tensor.
Observer = Callable[[Any, Sequence[Any], dict[str, Any], Sequence[Any]], None]


class Mode(NamedTuple):
    """The engine's switches."""

    grad: bool = True  # record nodes
    anomaly: bool = False  # check every value and every gradient for NaN and Inf
    replaying: bool = False  # bodies run on Tensors: nothing may leave the graph
    recomputing: bool = False  # a checkpointed segment runs for the second time
    observer: Observer | None = None  # is told of every operation on the way forward


current_mode: ContextVar[Mode] = ContextVar("current_mode", default=Mode())  # noqa: B039 (a NamedTuple is immutable)

# The module that is running; modules set it, `detect_anomaly` reads it.
current_module: ContextVar[object] = ContextVar("current_module", default=None)


@contextmanager
def switched(
    *, grad: bool | None = None, anomaly: bool | None = None, replaying: bool | None = None,
    recomputing: bool | None = None, observer: Observer | None = None,
) -> Iterator[None]:  # fmt: skip
    """Run with the given switches changed, and put them back."""
    mode = current_mode.get()
    token = current_mode.set(
        Mode(
            mode.grad if grad is None else grad,
            mode.anomaly if anomaly is None else anomaly,
            mode.replaying if replaying is None else replaying,
            mode.recomputing if recomputing is None else recomputing,
            mode.observer if observer is None else observer,
        )
    )
    try:
        yield
    finally:
        current_mode.reset(token)


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Tell `observer` of every operation: the function, its arrays, its settings, and the values that it gave."""
    with switched(observer=observer):
        yield


@contextmanager
def no_grad() -> Iterator[None]:
    """Record nothing: a context manager, and a decorator (`@nl.no_grad()`). Threads do not share it.

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.tensor([1.0, 2.0], requires_grad=True)
    >>> with nl.no_grad():
    ...     y = w * 2
    >>> y.requires_grad
    False
    """
    with switched(grad=False):
        yield


@contextmanager
def enable_grad() -> Iterator[None]:
    """Record again, inside a `no_grad`: a context manager, and a decorator (`@nl.enable_grad()`).

    Examples
    --------
    >>> import nnlite as nl
    >>> w = nl.tensor([1.0, 2.0], requires_grad=True)
    >>> with nl.no_grad(), nl.enable_grad():
    ...     y = w * 2
    >>> y.requires_grad
    True
    """
    with switched(grad=True):
        yield


def is_grad_enabled() -> bool:
    """Say whether operations are being recorded in this context.

    Examples
    --------
    >>> import nnlite as nl
    >>> nl.is_grad_enabled()
    True
    """
    return current_mode.get().grad


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise where the first NaN or Inf appears, in a value or in a gradient, naming the function and the module.

    Forward and backward both have to run inside. It looks at every number, so it is for finding faults, not for
    training.

    Raises
    ------
    FloatingPointError
        At the operation that produced the first value, or the first gradient, that is not finite.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> x = nl.tensor([1.0, 0.0], requires_grad=True)
    >>> with np.errstate(divide="ignore"), nl.detect_anomaly():
    ...     np.log(x)
    Traceback (most recent call last):
        ...
    FloatingPointError: log produced Inf in its value of shape (2,)
    """
    with switched(anomaly=True):
        yield


def is_recomputing() -> bool:
    """Say whether a checkpointed segment runs for the second time: running statistics then stay as they are."""
    return current_mode.get().recomputing
