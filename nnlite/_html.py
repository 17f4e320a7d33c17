"""What notebooks show of objects: small pieces of HTML, in which all text is escaped."""

from collections.abc import Sequence
from html import escape

__all__ = ["preformatted", "table"]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], most: int = 20) -> str:
    """Return a table; of more than `most` rows only the first and the last.

    Examples
    --------
    >>> table(["epoch", "<loss>"], [["1", "0.5"]])
    '<table><tr><th>epoch</th><th>&lt;loss&gt;</th></tr><tr><td>1</td><td>0.5</td></tr></table>'
    """
    shown = [_row("td", row) for row in rows]
    if len(rows) > most:
        shown[most // 2 : -(most // 2)] = [_row("td", ["..."] * len(heads))]
    return f"<table>{_row('th', heads)}{''.join(shown)}</table>"


def preformatted(title: str, text: str) -> str:
    """Return a title, and text below it whose line breaks and blanks stay.

    Examples
    --------
    >>> preformatted("a & b", "1 < 2")
    '<div><b>a &amp; b</b><pre>1 &lt; 2</pre></div>'
    """
    return f"<div><b>{escape(title)}</b><pre>{escape(text)}</pre></div>"


def _row(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
