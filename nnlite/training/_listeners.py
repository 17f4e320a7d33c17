"""Which callbacks want to hear of which event, found out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nnlite.callbacks import Callback, ProgressBar
from nnlite.callbacks._callback import EVENTS

__all__ = ["Listeners", "in_order"]

# Besides the public events, what only nnlite's own callbacks hear of.
_PRIVATE = ("_on_interrupt",)
# The methods of `Callback` that call another one.
_CALLING = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class Listeners:
    """The methods of callbacks by event; those that do nothing are left out.

    Parameters
    ----------
    callbacks : sequence of Callback
        In the order in which they are told.
    """

    def __init__(self, callbacks: Sequence[Callback] = ()) -> None:
        self._methods: dict[str, list[Callable[..., Any]]] = {
            event: [getattr(c, event) for c in callbacks if _has_own(c, event) or _has_own(c, _CALLING.get(event))]
            for event in (*EVENTS, *_PRIVATE)
        }

    def of(self, event: str) -> list[Callable[..., Any]]:
        """Return the methods to be called at an event."""
        return self._methods[event]

    def tell(self, event: str, *news: Any) -> None:
        """Tell of an event."""
        for method in self._methods[event]:
            method(*news)


def in_order(given: Any, *added: Callback) -> list[Callback]:
    """Return the callbacks of the user, then those of `fit`, then those that go last.

    A ProgressBar of the user's takes the place of that of `fit`.

    Raises
    ------
    TypeError
        If something is no callback.
    """
    single = isinstance(given, (Callback, str)) or not isinstance(given, Iterable)
    own: list[Any] = [] if given is None else [given] if single else list(given)
    for callback in own:
        if not isinstance(callback, Callback):
            what = f"the class {callback.__name__}, not an object of it: add ()" if isinstance(callback, type) else None
            raise TypeError(f"expected callbacks to be nnlite.callbacks.Callback objects, got {what or repr(callback)}")
    shows = any(isinstance(callback, ProgressBar) for callback in own)
    every = [*own, *(callback for callback in added if not (shows and isinstance(callback, ProgressBar)))]
    return sorted(every, key=lambda callback: callback._goes_last)


def _has_own(callback: Callback, event: str | None) -> bool:
    """Say whether a callback does something of its own at an event."""
    if event is None:
        return False
    return event in vars(callback) or getattr(type(callback), event) is not getattr(Callback, event)
