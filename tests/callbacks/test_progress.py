"""What `fit` and `evaluate` print: ProgressBar."""

import io
import re
import signal
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnlite.callbacks import Callback, ProgressBar, _progress
from nnlite.layers import Dense
from nnlite.models import Sequential

X, Y = np.linspace(-1, 1, 10)[:, None], np.linspace(0, 1, 10)


class Terminal:
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class Clock:
    """Stands for the clock: moves on by a step each time that it is asked."""

    now, step = 0.0, 0.06

    def perf_counter(self) -> float:
        """Return the time."""
        self.now += self.step
        return self.now


class Bar:
    """Stands for tqdm's bar, and remembers what it was told."""

    made: "list[Bar]" = []  # noqa: RUF012 (all bars of a test)

    def __init__(self, **settings: Any) -> None:
        self.settings, self.postfixes, self.closed = settings, [settings["postfix"]], 0
        self.n = settings["initial"]
        Bar.made.append(self)

    def set_postfix(self, values: dict[str, str], refresh: bool = True) -> None:
        """Note the values."""
        self.postfixes.append(values)

    def update(self, steps: int) -> None:
        """Count."""
        self.n += steps

    def close(self) -> None:
        """Note the end."""
        self.closed += 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Put a clock in the place of the machine's."""
    made = Clock()
    monkeypatch.setattr(_progress, "time", made)
    return made


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> list[Bar]:
    """Pretend that standard error is a terminal, tqdm is there, and batches are slow; return the bars made."""
    Bar.made = []
    monkeypatch.setattr(_progress, "sys", SimpleNamespace(stderr=Terminal(), modules={}))
    monkeypatch.setattr(_progress, "find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace(tqdm=Bar))
    return Bar.made


def compiled() -> Sequential:
    """A small model."""
    model = Sequential([Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize("verbose", ["auto", 1, 2])
def test_a_line_for_each_epoch_with_everything_watched(verbose: Any, capsys: pytest.CaptureFixture[str]) -> None:
    history = compiled().fit(X, Y, epochs=2, verbose=verbose, validation_data=(X, Y)).history
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    for epoch, line in enumerate(lines):
        values = " - ".join(f"{name}: {history[name][epoch]:.4f}" for name in ("loss", "mae", "val_loss", "val_mae"))
        assert re.fullmatch(rf"Epoch {epoch + 1}/2 - \d+\.\ds - {re.escape(values)} - learning_rate: 0\.01", line)


def test_silence(capsys: pytest.CaptureFixture[str], terminal: list[Bar]) -> None:
    model = compiled()
    model.fit(X, Y, epochs=2, verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.predict(X)
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""
    assert not terminal


def test_evaluate_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    loss, mae = compiled().evaluate(X, Y)
    assert capsys.readouterr().out == f"loss: {loss:.4f} - mae: {mae:.4f}\n"


@pytest.mark.parametrize(("verbose", "bars"), [("auto", 2), (1, 2), (2, 0)])
def test_a_bar_on_a_terminal(verbose: Any, bars: int, terminal: list[Bar], capsys: pytest.CaptureFixture[str]) -> None:
    compiled().fit(X, Y, epochs=2, batch_size=1, verbose=verbose)
    assert len(terminal) == bars
    assert len(capsys.readouterr().out.splitlines()) == 2
    for epoch, bar in enumerate(terminal):
        assert bar.settings["total"] == 10
        assert bar.settings["desc"] == f"Epoch {epoch + 1}/2"
        assert not bar.settings["leave"]
        assert all(set(values) == {"loss", "mae", "learning_rate"} for values in bar.postfixes)
        assert bar.closed == 1


def test_a_bar_moves_on_to_the_batch_that_is_done_and_not_more_often_than_one_can_see(
    terminal: list[Bar], clock: Clock
) -> None:
    seen: list[int] = []

    class Look(Callback):
        def on_train_batch_begin(self, batch: int, logs: Any) -> None:
            seen.append(terminal[0].n if terminal else 0)

    compiled().fit(X, Y, batch_size=1, verbose=1, callbacks=[Look()])
    # The bar is moved when 0.1 s are over, and the clock moves on by 0.06 s for each batch.
    assert seen == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8]
    assert len(terminal[0].postfixes) == 4


def test_epochs_that_are_over_at_once_have_no_bar(terminal: list[Bar], clock: Clock) -> None:
    clock.step = 0.001
    compiled().fit(X, Y, epochs=3, batch_size=1, verbose=1)
    assert not terminal


def test_without_a_bar_nobody_asks_for_the_logs_of_a_batch() -> None:
    model = compiled()
    asked = []
    model.metrics_so_far = lambda: asked.append(1) or {"loss": 0.0}  # type: ignore[method-assign,func-returns-value]
    model.fit(X, Y, batch_size=2, epochs=3, verbose=2)
    assert len(asked) == 3


def test_an_error_closes_the_bar(terminal: list[Bar]) -> None:
    class Fail(Callback):
        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            if batch == 5:
                raise ValueError("a callback's error")

    with pytest.raises(ValueError, match="a callback's error"):
        compiled().fit(X, Y, batch_size=1, verbose=1, callbacks=Fail())
    assert [bar.closed for bar in terminal] == [1]


def test_ctrl_c_closes_the_bar_and_is_told_of(terminal: list[Bar], capsys: pytest.CaptureFixture[str]) -> None:
    class Press(Callback):
        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            if batch == 5:
                signal.raise_signal(signal.SIGINT)

    compiled().fit(X, Y, batch_size=1, epochs=3, verbose=1, callbacks=Press())
    assert [bar.closed for bar in terminal] == [1]
    assert capsys.readouterr().out == "Epoch 1/3 - ended by Ctrl-C\n"


def test_a_progress_bar_of_the_users_own_takes_the_place_of_the_usual_one(capsys: pytest.CaptureFixture[str]) -> None:
    compiled().fit(X, Y, epochs=2, verbose=0, callbacks=[ProgressBar()])
    assert len(capsys.readouterr().out.splitlines()) == 2
    compiled().fit(X, Y, epochs=2, callbacks=[ProgressBar(verbose=2)])
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_line_has_what_another_callback_added(capsys: pytest.CaptureFixture[str]) -> None:
    class Add(Callback):
        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            logs["mine"] = 0.25

    history = compiled().fit(X, Y, callbacks=Add())
    assert "mine: 0.2500" in capsys.readouterr().out
    assert history.history["mine"] == [0.25]


@pytest.mark.parametrize(("widgets", "expected"), [(True, "notebook"), (False, "terminal")])
def test_a_notebook_has_a_bar_too(widgets: bool, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {"ipykernel": None}
    monkeypatch.setattr(
        _progress, "sys", SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: False), modules=modules)
    )
    monkeypatch.setattr(_progress, "find_spec", lambda name: name if widgets or name != "ipywidgets" else None)
    monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace(tqdm="terminal"))
    monkeypatch.setitem(sys.modules, "tqdm.notebook", SimpleNamespace(tqdm="notebook"))
    assert _progress._bar_class() == expected


def test_tqdm_itself_takes_what_it_is_given(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    tqdm = pytest.importorskip("tqdm")
    shown = io.StringIO()

    class Shown(tqdm.tqdm):  # type: ignore[misc]
        def __init__(self, **settings: Any) -> None:
            super().__init__(file=shown, ascii=True, **settings)

    monkeypatch.setattr(_progress, "_bar_class", lambda: Shown)
    compiled().fit(X, Y, batch_size=1, verbose=1)
    bar = shown.getvalue()
    assert "Epoch 1/1:  20%" in bar
    assert "8/10" in bar
    assert "loss=" in bar
    assert "learning_rate=0.01" in bar
    assert re.search(r"\[\d\d:\d\d<\d\d:\d\d", bar)  # the time that is left


@pytest.mark.parametrize("missing", ["tqdm", "terminal"])
def test_without_tqdm_or_a_terminal_there_are_lines(
    missing: str, terminal: list[Bar], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if missing == "tqdm":
        monkeypatch.setattr(_progress, "find_spec", lambda name: None)
    else:
        monkeypatch.setattr(Terminal, "isatty", lambda self: False)
    compiled().fit(X, Y, verbose=1)
    assert not terminal
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize("verbose", [3, "loud", None, -1])
def test_verbosity_is_checked(verbose: Any) -> None:
    with pytest.raises(ValueError, match='expected verbose to be "auto", 0, 1 or 2, got verbose='):
        compiled().fit(X, Y, verbose=verbose)
