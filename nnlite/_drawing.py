"""Graphs as Graphviz draws them: DOT text of our own, and pictures where Graphviz is installed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Drawing", "Picture"]

_TEXTS = (".dot", ".gv")
_PICTURES = (".svg", ".pdf", ".png")


class Drawing:
    """A graph that Graphviz can draw.

    `save` writes DOT text or a picture, as the name of the file says. Notebooks show the picture. A picture takes the
    package `graphviz` (extra `graph`) and the program `dot` (https://graphviz.org/download/); without them there is the
    text, which any Graphviz draws, also on the web.

    Attributes
    ----------
    source : str
        The graph in the DOT language.

    Examples
    --------
    >>> import nnlite as nl
    >>> x = nl.tensor(3.0, requires_grad=True)
    >>> drawing = nl.draw_graph(x * x)
    >>> drawing.source.splitlines()[0]
    'digraph {'
    """

    def __init__(self, source: str) -> None:
        self.source = source

    @staticmethod
    def can_be_drawn() -> bool:
        """Say whether the package graphviz and the program dot are there."""
        try:
            import graphviz  # noqa: F401
        except ImportError:
            return False
        return shutil.which("dot") is not None

    def svg(self) -> str:
        """Return the picture as SVG.

        Raises
        ------
        RuntimeError
            If Graphviz is not there: the error says which part of it.
        """
        return self._picture("svg").decode()

    def save(self, path: str | Path) -> Path:
        """Write the graph to a file, and return where.

        Parameters
        ----------
        path : path-like
            Its ending says what is written: .svg, .pdf or .png a picture, .dot or .gv the text. Without one of these,
            .svg is added where Graphviz is there, and .dot where it is not.

        Raises
        ------
        RuntimeError
            If a picture is asked for and Graphviz is not there.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending not in (*_TEXTS, *_PICTURES):
            ending = ".svg" if self.can_be_drawn() else ".dot"
            path = path.with_name(path.name + ending)
        content = self.source.encode() if ending in _TEXTS else self._picture(ending[1:])
        path.write_bytes(content)
        return path

    def _picture(self, format: str) -> bytes:
        """Let Graphviz draw."""
        try:
            import graphviz
        except ImportError as error:
            raise RuntimeError(
                'a picture of a graph needs the package graphviz, the extra `graph`: pip install "nnlite[graph]"; '
                "its DOT text is in .source, and .save() writes it to a file that ends in .dot"
            ) from error
        try:
            picture: bytes = graphviz.Source(self.source).pipe(format=format)
        except graphviz.ExecutableNotFound as error:
            raise RuntimeError(
                "a picture of a graph needs Graphviz' program `dot` (https://graphviz.org/download/, or your package "
                "manager's graphviz); its DOT text is in .source, and .save() writes it to a file that ends in .dot"
            ) from error
        return picture

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Show notebooks the picture, or else the text."""
        return {"image/svg+xml": self.svg()} if self.can_be_drawn() else {"text/plain": self.source}

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"Drawing({self.source.count(' -> ')} arrows; .save('graph.svg') or .save('graph.dot') writes it)"


class Picture:
    """A graph in the making: boxes with several lines, ellipses, and arrows between them.

    Examples
    --------
    >>> picture = Picture("LR")
    >>> picture.box("a", ["x", "2.0"])
    >>> picture.ellipse("f", "exp")
    >>> picture.arrow("a", "f")
    >>> print(picture.drawing().source)
    digraph {
      rankdir=LR;
      node [fontname="Helvetica", fontsize=10];
      edge [fontname="Helvetica", fontsize=9, color="#717581"];
      "a" [shape=record, label="{x|2.0}", style="filled", fillcolor="#ffffff"];
      "f" [shape=ellipse, label="exp", style="filled", fillcolor="#dceaf7"];
      "a" -> "f";
    }
    """

    def __init__(self, direction: str) -> None:
        self._lines = [
            f"rankdir={direction};",
            'node [fontname="Helvetica", fontsize=10];',
            'edge [fontname="Helvetica", fontsize=9, color="#717581"];',
        ]

    def box(self, key: str, rows: Sequence[str], fill: str = "#ffffff", style: str = "", thick: bool = False) -> None:
        """Add a box with a compartment for each row."""
        label = "{" + "|".join(_in_record(row) for row in rows) + "}"
        border = ", penwidth=2" if thick else ""
        styles = ",".join(filter(None, ("filled", style)))
        self._lines.append(
            f'{_quoted(key)} [shape=record, label="{label}", style="{styles}", fillcolor="{fill}"{border}];'
        )

    def ellipse(self, key: str, label: str) -> None:
        """Add an ellipse."""
        self._lines.append(
            f'{_quoted(key)} [shape=ellipse, label={_quoted(label)}, style="filled", fillcolor="#dceaf7"];'
        )

    def arrow(self, source: str, target: str, label: str = "") -> None:
        """Add an arrow."""
        text = f" [label={_quoted(label)}]" if label else ""
        self._lines.append(f"{_quoted(source)} -> {_quoted(target)}{text};")

    def drawing(self) -> Drawing:
        """Return the graph."""
        return Drawing("\n".join(["digraph {", *(f"  {line}" for line in self._lines), "}"]))


def _quoted(text: str) -> str:
    """Write a string as DOT has it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _in_record(text: str) -> str:
    """Escape what has a meaning in a record's label."""
    for character in '\\"{}|<>':
        text = text.replace(character, "\\" + character)
    return text.replace("\n", "\\n")
