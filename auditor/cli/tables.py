"""Rows as a table of the console's width, or a field a line where a table would not be legible.

Put together here and not by rich's own table, which lays out every cell by itself: half a second of CPU for a thousand
rows.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.text import Text

_STYLES: Final = {
    "pass": "green", "met": "green", "fixed": "green", "fail": "red", "critical": "bold red", "high": "red",
    "medium": "yellow", "unknown": "yellow", "error": "magenta", "new": "red", "reopened": "red", "open": "red",
    "not-verified": "yellow", "waived": "cyan", "not-applicable": "dim", "manual": "dim", "low": "dim", "info": "dim",
    "retired": "dim",
}  # fmt: skip
_WHOLE: Final = frozenset({"id", "asset", "severity", "state", "verdict", "kind", "decided", "name", "audit"})
_NARROWEST: Final = 16  # signs of a column that may fold
_TITLE: Final = Style(bold=True)
_GAP: Final = Segment("  ")
_END: Final = Segment("\n")


def print_rows(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of as many texts as there are columns; none may hold signs that a terminal acts on."""
    titles = [column.replace("_", " ").upper() for column in columns]
    widest = [max(map(cell_len, texts)) for texts in zip(titles, *rows, strict=True)]
    least = [
        width if column in _WHOLE else min(width, max(len(title), _NARROWEST))
        for column, title, width in zip(columns, titles, widest, strict=True)
    ]
    if _side_by_side(least) > console.width:
        console.print(Segments(_blocks(titles, rows)))
    else:
        console.print(Segments(_lines(titles, rows, _widths(least, widest, console.width), console)))


def _side_by_side(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP.text) * (len(widths) - 1)


def _widths(least: Sequence[int], widest: Sequence[int], width: int) -> list[int]:
    """Return how wide columns are: as wide as their texts, but none wider than some level, so that all of them fit."""

    def cut(level: int) -> list[int]:
        return [max(low, min(high, level)) for low, high in zip(least, widest, strict=True)]

    return cut(bisect_right(range(width + 1), width, key=lambda level: _side_by_side(cut(level))) - 1)


def _lines(
    titles: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], console: Console
) -> Iterator[Segment]:
    for row in (titles, *rows):
        styles = [_TITLE if row is titles else _style(text) for text in row]
        parts = [_folded(text, width, console) for text, width in zip(row, widths, strict=True)]
        for line in zip_longest(*parts, fillvalue=""):
            for at, (part, width, style) in enumerate(zip(line, widths, styles, strict=True)):
                yield from (_GAP,) if at else ()
                yield Segment(set_cell_size(part, width), style)
            yield _END


def _folded(text: str, width: int, console: Console) -> list[str]:
    if cell_len(text) <= width:
        return [text]
    return [line.plain for line in Text(text).wrap(console, width, overflow="fold")]


def _blocks(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Segment]:
    """Yield a field a line, empty ones left out, and an empty line between rows."""
    wide = max(map(cell_len, titles))
    for row in rows:
        yield from (_END,) if row is not rows[0] else ()
        for title, text in zip(titles, row, strict=True):
            if text:
                yield from (Segment(f"{set_cell_size(title, wide)}  ", _TITLE), Segment(text, _style(text)), _END)


def _style(text: str) -> Style | None:
    return Style.parse(_STYLES[text]) if text in _STYLES else None
