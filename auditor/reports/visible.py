"""Text that an asset chose, made safe to look at: what a screen would not show, or show elsewhere, is spelled out."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

_WIDEST: Final = 240  # characters of a line of evidence
_LINES: Final = 12  # of one excerpt
_AROUND: Final = 1  # lines of context on each side


def visible(text: str) -> str:
    r"""Return text on one line: control characters, bidi overrides and the like stand as `\x1b` or `\u202e`."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def excerpt(text: str, words: Iterable[str]) -> tuple[str, ...]:
    """Return the lines of evidence that speak of any of these words, with a line around each; else the first lines.

    What is left out is said in a line of its own. At most 12 lines of 240 characters come back, and those marks.
    """
    lines = text.rstrip("\n").split("\n")
    folded = text.casefold()
    wanted = sorted({word.casefold() for word in words if len(word) > 2}, key=len, reverse=True)[:50]
    hits = _hits(folded, [word for word in wanted if word in folded], len(lines))
    chosen = sorted({near for hit in hits for near in _near(hit, len(lines))}) or list(range(len(lines)))
    return tuple(_marked(lines, chosen[:_LINES]))


def _hits(folded: str, words: list[str], length: int) -> list[int]:
    """Return the first lines that hold any of some words: folding changes no line's number."""
    lines = enumerate(folded.split("\n")[:length]) if words else ()
    return list(islice((number for number, line in lines if any(word in line for word in words)), _LINES))


def _near(number: int, length: int) -> range:
    return range(max(number - _AROUND, 0), min(number + _AROUND + 1, length))


def _marked(lines: list[str], chosen: list[int]) -> Iterator[str]:
    after = 0
    for number in chosen:
        if number > after:
            yield _left_out(number - after)
        yield _short(lines[number])
        after = number + 1
    if after < len(lines):
        yield _left_out(len(lines) - after)


def _left_out(count: int) -> str:
    return f"[... {count} line{'' if count == 1 else 's'} left out]"


def _short(line: str) -> str:
    line = line.replace("\t", "    ")
    if len(line) <= _WIDEST:
        return visible(line)
    return f"{visible(line[:_WIDEST])} [... {len(line) - _WIDEST} characters left out]"
