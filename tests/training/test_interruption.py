"""Ctrl-C during a training."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlite.callbacks import EarlyStopping, LambdaCallback
from nnlite.layers import Dense
from nnlite.models import Sequential

X, Y = np.linspace(-1, 1, 12)[:, None], np.linspace(0, 1, 12)


def compiled() -> Sequential:
    """A small model."""
    model = Sequential([Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    return model


def press(*news: Any) -> None:
    """Press Ctrl-C."""
    signal.raise_signal(signal.SIGINT)


class PressAt:
    """Presses Ctrl-C at the n-th call."""

    def __init__(self, moment: int, times: int = 1) -> None:
        self.left, self.times = moment, times

    def __call__(self, *news: Any) -> None:
        self.left -= 1
        if self.left == 0:
            for _ in range(self.times):
                press()


def test_the_training_ends_after_the_batch_with_the_history_so_far() -> None:
    model, ended = compiled(), []
    callbacks = [
        LambdaCallback(on_train_batch_begin=PressAt(8), on_train_end=ended.append),
        EarlyStopping("loss", restore_best_weights=True),
    ]
    history = model.fit(X, Y, batch_size=3, epochs=9, verbose=0, callbacks=callbacks)
    assert history.epoch == [0]
    assert model.optimizer is not None
    assert model.optimizer.iterations == 8
    assert len(ended) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_with_gradients_gathered_it_ends_after_the_step() -> None:
    model = compiled()
    model.fit(X, Y, batch_size=1, epochs=9, verbose=0, accumulate=4, callbacks=LambdaCallback(on_batch_end=PressAt(2)))
    assert model.optimizer is not None
    assert (model.optimizer.iterations, model.gathered) == (1, 0)


def test_a_validation_is_cut_short_and_its_epoch_not_counted() -> None:
    batches: list[int] = []
    callback = LambdaCallback(on_test_begin=PressAt(2), on_test_batch_end=lambda batch, logs: batches.append(batch))
    history = compiled().fit(
        X, Y, epochs=9, verbose=0, callbacks=callback, validation_data=(X, Y), validation_batch_size=4
    )  # fmt: skip
    assert batches == [0, 1, 2, 0]
    assert history.epoch == [0]


@pytest.mark.parametrize("event", ["on_train_begin", "on_epoch_begin", "on_train_batch_begin"])
def test_the_second_interrupts_at_once_and_puts_the_handler_back(event: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        compiled().fit(X, Y, verbose=0, callbacks=LambdaCallback(**{event: PressAt(1, times=2)}))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_training_inside_another_ends_too() -> None:
    inner: list[Any] = []

    def train(epoch: int, logs: Any) -> None:
        callback = LambdaCallback(on_epoch_end=PressAt(2))
        inner.append(compiled().fit(X, Y, epochs=9, verbose=0, callbacks=callback))

    outer = compiled().fit(X, Y, epochs=9, verbose=0, callbacks=LambdaCallback(on_epoch_begin=train))
    assert len(inner) == 1
    assert inner[0].epoch == [0, 1]
    assert outer.epoch == []


def test_a_handler_of_the_programs_own_stays() -> None:
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *news: pressed.append(1))
    try:
        history = compiled().fit(X, Y, epochs=3, verbose=0, callbacks=LambdaCallback(on_epoch_end=press))
    finally:
        signal.signal(signal.SIGINT, before)
    assert history.epoch == [0, 1, 2]
    assert len(pressed) == 3


def test_in_another_thread_nothing_is_handled() -> None:
    handlers, histories = [], []
    look = LambdaCallback(on_epoch_end=lambda epoch, logs: handlers.append(signal.getsignal(signal.SIGINT)))

    def work() -> None:
        histories.append(compiled().fit(X, Y, verbose=0, callbacks=look))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]
    assert histories[0].epoch == [0]


SCRIPT = """
import numpy as np
import nnlite as nl
model = nl.models.Sequential([nl.layers.Dense(1)])
model.compile("sgd", "mse")
started = nl.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: print(epoch, flush=True))
history = model.fit(np.ones((4, 1)), np.ones(4), epochs=10**9, verbose=0, callbacks=[started])
print("returned", history.epoch[-1])
"""


def test_a_signal_from_outside(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        end = threading.Timer(60, process.kill)  # a failing test leaves no training behind
        end.start()
        assert [process.stdout.readline() for _ in range(2)] == ["0\n", "1\n"]
        os.kill(process.pid, signal.SIGINT)
        *epochs, last = process.stdout.read().splitlines()
        assert process.wait() == 0
        end.cancel()
    assert last.startswith("returned ")
    assert 0 <= int(last.split()[1]) <= len(epochs) + 1
