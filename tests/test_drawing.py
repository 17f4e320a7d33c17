"""Drawings: DOT text, and pictures where Graphviz is there."""

import shutil
import sys
from pathlib import Path

import pytest

from nnlite._drawing import Drawing, Picture

DRAWING = Drawing('digraph {\n  "a" -> "b";\n}')
needs_graphviz = pytest.mark.skipif(not Drawing.can_be_drawn(), reason="Graphviz is not there")


@pytest.fixture(params=["no package", "no program"])
def without_graphviz(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A machine on which the package graphviz, or the program dot, is missing."""
    if request.param == "no package":
        monkeypatch.setitem(sys.modules, "graphviz", None)
    else:
        pytest.importorskip("graphviz")
        monkeypatch.setenv("PATH", "")
    return str(request.param)


@needs_graphviz
def test_pictures_are_drawn_where_graphviz_is_there(tmp_path: Path) -> None:
    assert DRAWING.svg().count('class="node"') == 2
    assert DRAWING.save(tmp_path / "graph.svg").read_text().count('class="edge"') == 1
    assert DRAWING.save(tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")
    assert DRAWING.save(tmp_path / "graph.PDF").read_bytes().startswith(b"%PDF")
    assert DRAWING.save(tmp_path / "graph") == tmp_path / "graph.svg"
    assert DRAWING._repr_mimebundle_().keys() == {"image/svg+xml"}


def test_without_graphviz_there_is_the_text(without_graphviz: str, tmp_path: Path) -> None:
    assert not Drawing.can_be_drawn()
    missing = {"no package": r'pip install "nnlite\[graph\]"', "no program": "program `dot`"}[without_graphviz]
    for call in (DRAWING.svg, lambda: DRAWING.save(tmp_path / "graph.svg")):
        with pytest.raises(RuntimeError, match=missing):
            call()
    assert not list(tmp_path.iterdir())
    assert DRAWING.save(tmp_path / "graph") == tmp_path / "graph.dot"
    assert DRAWING._repr_mimebundle_() == {"text/plain": DRAWING.source}


@pytest.mark.parametrize("name", ["graph.dot", "graph.gv"])
def test_text_is_written_on_any_machine(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    assert DRAWING.save(str(tmp_path / name)).read_text() == DRAWING.source == str(DRAWING)
    assert repr(DRAWING).startswith("Drawing(1 arrows;")


@pytest.mark.parametrize("text", ['a "b" \\ c', "{a|b}", "<x> & y", "two\nlines", "é -> ü"])
def test_any_text_may_be_a_label(text: str) -> None:
    picture = Picture("LR")
    picture.box(text, [text, "second"])
    picture.ellipse("f", text)
    picture.arrow(text, "f", text)
    drawing = picture.drawing()
    assert drawing.source.count("\n") == 7
    if Drawing.can_be_drawn():
        assert drawing.svg().count('class="node"') == 2


def test_the_program_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("graphviz")
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    assert Drawing.can_be_drawn()
