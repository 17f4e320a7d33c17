"""LambdaCallback and TerminateOnNaN."""

from typing import Any

import numpy as np
import pytest

from nnlite.callbacks import LambdaCallback, TerminateOnNaN
from nnlite.callbacks._callback import EVENTS
from nnlite.layers import Dense
from nnlite.models import Sequential

X, Y = np.linspace(-1, 1, 8)[:, None], np.linspace(0, 1, 8)


def compiled() -> Sequential:
    """A small model."""
    model = Sequential([Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    return model


class TestLambdaCallback:
    def test_functions_are_called_at_their_events(self) -> None:
        called: list[str] = []
        functions: dict[str, Any] = {event: lambda *news, event=event: called.append(event) for event in EVENTS}
        callback = LambdaCallback(**functions)
        model = compiled()
        model.fit(X, Y, verbose=0, validation_data=(X, Y), callbacks=[callback])
        model.predict(X, callbacks=[callback])
        assert called == [
            "on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_test_begin",
            "on_test_batch_begin", "on_test_batch_end", "on_test_end", "on_epoch_end", "on_train_end",
            "on_predict_begin", "on_predict_batch_begin", "on_predict_batch_end", "on_predict_end",
        ]  # fmt: skip

    def test_kerass_short_names_too(self) -> None:
        batches: list[int] = []
        callback = LambdaCallback(on_batch_end=lambda batch, logs: batches.append(batch))
        compiled().fit(X, Y, batch_size=4, verbose=0, callbacks=[callback])
        assert batches == [0, 1]

    def test_what_is_no_event_or_no_function_is_refused(self) -> None:
        with pytest.raises(TypeError, match="knows no event 'on_epoch_ends', did you mean 'on_epoch_end'"):
            LambdaCallback(on_epoch_ends=print)
        with pytest.raises(TypeError, match="expected a function for on_epoch_end, got 'print'"):
            LambdaCallback(on_epoch_end="print")  # type: ignore[arg-type]


class TestTerminateOnNaN:
    def test_the_training_ends_with_the_batch(self) -> None:
        y, batches = Y.copy(), []
        y[3] = np.nan
        count = LambdaCallback(on_train_batch_end=lambda batch, logs: batches.append(batch))
        with pytest.warns(RuntimeWarning, match="the loss became NaN in epoch 1, batch 2"):
            history = compiled().fit(
                X, y, batch_size=2, epochs=5, verbose=0, shuffle=False, callbacks=[TerminateOnNaN(), count]
            )  # fmt: skip
        assert batches == [0, 1]
        assert history.epoch == [0]

    def test_or_with_an_error(self) -> None:
        ended: list[Any] = []
        with (
            pytest.warns(RuntimeWarning, match="the loss became infinite"),
            pytest.raises(RuntimeError, match="the loss is inf after batch 1 of the epoch"),
        ):
            compiled().fit(
                X, np.full(8, 1e300), verbose=0,
                callbacks=[TerminateOnNaN(raise_error=True), LambdaCallback(on_train_end=ended.append)],
            )  # fmt: skip
        assert not ended

    def test_numbers_pass(self) -> None:
        assert compiled().fit(X, Y, epochs=2, verbose=0, callbacks=[TerminateOnNaN()]).epoch == [0, 1]
