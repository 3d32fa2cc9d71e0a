"""What a person or a script sees: results on stdout as a table or JSON, progress and problems on stderr."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How to write the result.", show_default=True)]

_UNBOUNDED = 10_000


def out() -> "Console":
    """Return the console of results; NO_COLOR and pipes are respected."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _UNBOUNDED  # a row a line for grep and diff
    return Console(file=sys.stdout, highlight=False, soft_wrap=True, emoji=False, markup=False, width=width)


def err() -> "Console":
    """Return the console of progress and problems."""
    from rich.console import Console

    return Console(file=sys.stderr, highlight=False, soft_wrap=True, emoji=False, markup=False)


def emit(
    format_: Format, rows: Sequence[Mapping[str, object]], columns: Iterable[str] = (), *, empty: str = ""
) -> None:
    """Write rows as a JSON list of whole objects, or as a table of the named columns."""
    if format_ is Format.JSON:
        emit_json(rows)
    elif not rows:
        out().print(empty or "Nothing.")
    else:
        from auditor.cli.tables import print_rows

        named = tuple(columns) or tuple(rows[0])
        print_rows(out(), named, [[shown(row.get(column, "")) for column in named] for row in rows])


def emit_json(value: object) -> None:
    """Write a value as JSON, ending with a newline; signs that a terminal would act on are escaped."""
    sys.stdout.write(as_json(value, indent=2) + "\n")


def as_json(value: object, *, indent: int | None = None) -> str:
    """Return JSON in which the signs that a terminal would act on are escaped: JSON itself escapes only some."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=_plain)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else _escaped(c) for c in text)


def _escaped(sign: str) -> str:
    return json.dumps(sign)[1:-1] if sign != "\x7f" else "\\u007f"


def write_new(path: Path, text: str) -> None:
    """Write a file that a person named. Raises UsageError where one is already, or where none can be written."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already; name another file, or remove it first") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def counted(number: int, what: str) -> str:
    """Return a number with its noun: 1 asset, 2 assets."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def briefly(text: str, most: int = 60) -> str:
    """Return the beginning of a text that is longer than a line of a table; `--format json` has the whole."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def say(text: str = "") -> None:
    """Write a line of result for people."""
    out().print(shown(text, lines=True))


def tell(text: str) -> None:
    """Write a line of progress or of trouble, on stderr."""
    err().print(shown(text, lines=True))


def shown(value: object, *, lines: bool = False) -> str:
    """Return a value as harmless text: what devices send cannot move the cursor, colour or forge lines."""
    text = value if isinstance(value, str) else _words(value)
    if text.isprintable():
        return text
    keep = "\n\t" if lines else ""
    return "".join(c if c in keep or unicodedata.category(c)[0] != "C" else f"\\x{ord(c):02x}" for c in text)


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple):
        return ", ".join(_words(item) if not isinstance(item, str) else item for item in value)
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(map(str, value)))
    return str(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
