"""What `fit` and `evaluate` print."""

import re
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnlite.layers import Dense
from nnlite.models import Sequential
from nnlite.training import _progress

X, Y = np.linspace(-1, 1, 10)[:, None], np.linspace(0, 1, 10)


class Terminal:
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class Bar:
    """Stands for tqdm's bar, and remembers what it was told."""

    made: "list[Bar]" = []  # noqa: RUF012 (all bars of a test)

    def __init__(self, **settings: Any) -> None:
        self.settings, self.updates, self.postfixes, self.closed = settings, 0, [], 0
        Bar.made.append(self)

    def set_postfix(self, values: dict[str, str], refresh: bool = True) -> None:
        """Note the values."""
        self.postfixes.append(values)

    def update(self) -> None:
        """Count."""
        self.updates += 1

    def close(self) -> None:
        """Note the end."""
        self.closed += 1


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[Bar]:
    """Pretend that standard error is a terminal and that tqdm is there; return the bars made."""
    Bar.made = []
    monkeypatch.setattr(_progress, "sys", SimpleNamespace(stderr=Terminal()))
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
        assert re.fullmatch(rf"Epoch {epoch + 1}/2 - \d+\.\ds - {re.escape(values)}", line)


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
    compiled().fit(X, Y, epochs=2, batch_size=4, verbose=verbose)
    assert len(terminal) == bars
    assert len(capsys.readouterr().out.splitlines()) == 2
    for epoch, bar in enumerate(terminal):
        assert bar.settings["total"] == bar.updates == 3
        assert bar.settings["desc"] == f"Epoch {epoch + 1}/2"
        assert not bar.settings["leave"]
        assert all(set(values) == {"loss", "mae"} for values in bar.postfixes)
        assert bar.closed


def test_an_error_closes_the_bar(terminal: list[Bar]) -> None:
    model = compiled()
    with pytest.raises(ValueError, match="expected y_true of the predictions' shape"):
        model.fit(X, np.ones((10, 2)), verbose=1)
    assert [bar.closed for bar in terminal] == [1]


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
