"""LambdaCallback: a callback made of functions."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from nnlite.callbacks._callback import EVENTS, Callback

__all__ = ["LambdaCallback"]


class LambdaCallback(Callback):
    """Calls functions at the events that they are given for.

    Parameters
    ----------
    on_epoch_begin, on_epoch_end : callable (epoch, logs), optional
    on_train_begin, on_train_end : callable (logs), optional
    on_train_batch_begin, on_train_batch_end : callable (batch, logs), optional
    **others : callable
        For any other event of `Callback`: `on_test_begin` and so on.

    Raises
    ------
    TypeError
        If there is no such event, or something is no function.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential([nl.layers.Dense(1, kernel_initializer="zeros")])
    >>> model.compile("sgd", "mse")
    >>> tell = nl.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, round(logs["loss"], 4)))
    >>> history = model.fit(np.ones((4, 1)), np.ones(4), epochs=2, verbose=0, callbacks=[tell])
    0 1.0
    1 0.9216
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **others: Callable[..., Any],
    ) -> None:
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **others,
        }
        for event, function in given.items():
            if event not in EVENTS:
                close = difflib.get_close_matches(event, EVENTS, 1)
                hint = f", did you mean {close[0]!r}?" if close else "."
                raise TypeError(f"LambdaCallback knows no event {event!r}{hint} There are {', '.join(EVENTS)}")
            if function is not None and not callable(function):
                raise TypeError(f"LambdaCallback expected a function for {event}, got {function!r}")
            if function is not None:
                setattr(self, event, function)
