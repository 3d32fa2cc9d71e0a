"""Several files in one request: the shell text that prints them, and the reading of what it printed.

Every file stands under a line of its own and ends in a newline, so that none runs into the next; a missing file is told
from an unreadable one, and a text that was cut off shows by its missing last line. Plain POSIX: dash, busybox and bash
print the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.sections import HIDDEN_LINK

_MARK: Final = "#== "
_END: Final = "end"

# One awk prints all files: to start a program costs a host more than to read a file. Where there is none, cat does.
# A folder that may not be listed hides its files, and what a link leads to: that is unreadable, not missing.
_LOOP: Final = (
    "set --; for f in {paths}; do d=${{f%/*}}; "
    'if [ -s "$f" ] && [ -f "$f" ] && [ -r "$f" ]; then set -- "$@" "$f"; '
    'elif [ -f "$f" ] && [ -r "$f" ]; then printf \'\\n#== file %s\\n\' "$f"; cat "$f"; '
    'elif [ -f "$f" ] || {{ [ -d "$d" ] && ! {{ [ -r "$d" ] && [ -x "$d" ]; }}; }} || '
    "{hidden}; "
    "then printf '\\n#== unreadable %s\\n' \"$f\"; fi; done; "
    '[ $# = 0 ] || awk \'FNR==1{{printf "\\n#== file %s\\n", FILENAME}} {{print}}\' "$@" 2>/dev/null || '
    'for f in "$@"; do printf \'\\n#== file %s\\n\' "$f"; cat "$f"; done'
)
_HIDDEN: Final = f'{{ [ ! -e "$f" ] && {HIDDEN_LINK}; }}'


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a host showed: the text of each file or section by its name, and the files that may not be read."""

    texts: Mapping[str, str] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        """Return the text of a file or section, or None when there is none.

        Raises Unreadable when the file is there and may not be read.
        """
        if any(name == path or ("*" in path and fnmatchcase(name, path)) for path in self.unreadable):
            raise Unreadable(f"{name} may not be read by this account")
        return self.texts.get(name)

    def first(self, *names: str) -> str | None:
        """Return the text of the first of these files that exists, as vendor files give way to the host's own."""
        return next((text for name in names if (text := self.get(name)) is not None), None)

    def below(self, folder: str, suffix: str = "") -> list[tuple[str, str]]:
        """Return path and text of the files directly in a folder, in the byte order of their names."""
        prefix = folder.rstrip("/") + "/"
        if hidden := [path for path in self.unreadable if path.startswith(prefix) and path.endswith(suffix)]:
            raise Unreadable(f"{hidden[0]} may not be read by this account")
        inside = [
            (path, text) for path, text in self.texts.items() if path.startswith(prefix) and path.endswith(suffix)
        ]
        return sorted((path, text) for path, text in inside if "/" not in path[len(prefix) :])


def show(paths: Sequence[str], *more: str) -> str:
    """Return a shell command that prints these files (patterns allowed) and runs more commands after them."""
    return "; ".join(
        [
            *([_LOOP.format(paths=" ".join(paths), hidden=_HIDDEN)] if paths else []),
            *more,
            f"printf '\\n{_MARK}{_END}\\n'",
        ]
    )


def section(name: str, command: str) -> str:
    """Return a shell command whose output stands under a name; its errors are dropped."""
    return f"printf '\\n#== file %s\\n' {name}; {command} 2>/dev/null"


ASKED: Final = section("asked", "echo yes")
"""Shows that the command ran, where there may be not one of its files."""


def answered(text: str) -> Bundle:
    """Return what a command of `show` with ASKED printed. Raises Unreadable when it did not run, or not to its end."""
    found = read(text)
    if "asked" not in found.texts:
        raise Unreadable("the answer shows nothing, not even that there is nothing")
    return found


def which(*tools: str) -> str:
    """Return a shell command that prints the path of each of these programs that is there; dash takes one at a time."""
    return f'for t in {" ".join(tools)}; do command -v "$t"; done'


def read(text: str) -> Bundle:
    """Return what a command of `show` printed. Raises Unreadable when it is not that, or not all of it."""
    texts: dict[str, str] = {}
    unreadable: list[str] = []
    # The newline before a mark is the mark's own, so that what stands between two marks is the file as it is.
    _, *parts = f"\n{text}".split(f"\n{_MARK}")
    if not parts or parts.pop().rstrip("\n") != _END:
        raise Unreadable("the answer does not end as it should: it was cut off, or something else was printed")
    for part in parts:
        header, _, content = part.partition("\n")
        kind, _, name = header.partition(" ")
        if kind == "unreadable":
            unreadable.append(name)
        elif name:
            texts[name] = content
    return Bundle(texts, tuple(unreadable))
