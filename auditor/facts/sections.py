"""Several things in one answer: shell text that prints them apart, and the reader that takes them apart again.

A section starts with `[name words]`; what stands in it has a `|` before each line, so that no content of a file can
look like a section. An answer that does not end with `[end]` is half an answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from auditor.errors import Unreadable

_HEADER: Final = re.compile(r"\[([a-z]+)(?: (.*))?\]")

MOST_BYTES: Final = 262_144  # of one file; a longer one counts as unread, never as its beginning

HIDDEN_LINK: Final = '{ [ -h "$f" ] && [ "$(id -u)" != 0 ] && [ -z "$(readlink -f "$f" 2>/dev/null)" ]; }'
"""Whether $f, which does not seem to exist, is a link to a place that only root may look into."""

_AWK: Final = (
    'awk \'FNR==1{print "[file " FILENAME "]"; n=0} {n+=length($0)+1} '
    f'n<={MOST_BYTES}{{print "|" $0; next}} !u[FILENAME]++{{print "[unread " FILENAME "]"}}\''
)
SHOW_FILES: Final = (
    f'one() {{ if [ "$(wc -c <"$1")" -le {MOST_BYTES} ]; then echo "[file $1]"; sed \'s/^/|/\' "$1"; echo; '
    'else echo "[unread $1]"; fi; }; '
    'show() { for f in "$@"; do shift; '
    'if [ -c "$f" ]; then echo "[file $f]"; '
    'elif [ -f "$f" ] && [ -r "$f" ]; then '
    'case $f in /*) if [ -s "$f" ]; then set -- "$@" "$f"; else one "$f"; fi ;; *) one "$f" ;; esac; '
    'elif [ -d "$f" ]; then [ -r "$f" ] && [ -x "$f" ] || echo "[unread $f]"; '
    f'elif [ -e "$f" ] || {HIDDEN_LINK}; then echo "[unread $f]"; fi; done; '
    f'[ $# = 0 ] || {_AWK} "$@" 2>/dev/null || for f in "$@"; do one "$f"; done; }}'
)
"""Defines `show FILE...`: a section `file` each, empty for a device such as /dev/null, and `unread` for what cannot be
read; missing files are passed over. A directory is named only to say whether it can be listed.

One awk(1) reads all files, since starting a program costs a host more than reading a file; where there is none or it
fails, sed(1) reads them one by one. Of a file that is too long the beginning is shown, and `unread` says that it is
that."""

VISIBLE: Final = "if [ -r /proc/1/comm ]; then echo '[processes seen]'; else echo '[processes hidden]'; fi"
"""Says whether other accounts' processes can be seen: with hidepid (proc(5)) an empty list proves nothing."""

CAPABILITIES: Final = (
    'while read -r k v; do [ "$k" != CapBnd: ] || echo "[may $v]"; done 2>/dev/null </proc/1/status || echo "[may ]"'
)
"""Says what this system may do at most (capabilities(7)), without starting a program for it."""

END: Final = "echo '[end]'"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of an answer: its name, the words after it, and its lines."""

    name: str
    words: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sections:
    """All parts of an answer, in order."""

    parts: tuple[Section, ...]

    def named(self, name: str) -> Iterator[Section]:
        """Yield the sections of a name, in order."""
        return (part for part in self.parts if part.name == name)

    def one(self, name: str) -> Section:
        """Return the only section of a name. Raises Unreadable when there is none or more than one."""
        found = list(self.named(name))
        if len(found) != 1:
            raise Unreadable(f"the answer has {len(found)} parts named {name} where one was asked for")
        return found[0]

    def files(self) -> dict[str, tuple[str, ...]]:
        """Return the lines of each file shown whole, by path; a file shown twice counts once."""
        unread = set(self.unread())
        return {
            part.words: part.lines for part in reversed(self.parts) if part.name == "file" and part.words not in unread
        }

    def unread(self) -> tuple[str, ...]:
        """Return the paths that are there and could not be read."""
        return tuple(dict.fromkeys(part.words for part in self.named("unread")))


def sections(text: str) -> Sections:
    """Return the parts of an answer. Raises Unreadable for text that is not in parts or has no end."""
    before, *told = f"\n{text}".split("\n[")  # lines of a part begin with `|`: what begins with `[` is a header
    if before.strip():
        raise _unasked(before)
    parts = [_section(f"[{one}") for one in told]
    if not parts or parts[-1].name != "end":
        raise Unreadable("the answer stops before its end")
    return Sections(tuple(parts[:-1]))


def _section(told: str) -> Section:
    """Return the part that a header begins; blank lines in it are not of it."""
    first, *lines = told.split("\n|")
    if len(lines) < told.count("\n"):
        first, *rest = told.split("\n")
        if strange := [line for line in rest if line.strip() and not line.startswith("|")]:
            raise _unasked(strange[0])
        lines = [line[1:] for line in rest if line.startswith("|")]
    header = _HEADER.fullmatch(first)
    if header is None:
        raise _unasked(first)
    return Section(header[1], header[2] or "", tuple(lines))


def _unasked(text: str) -> Unreadable:
    return Unreadable(f"the answer has a line that was not asked for: {text.strip()[:80]!r}")


def running(*names: str) -> str:
    """Return shell text that prints which of these process names run, as the kernel cuts them (15 letters).

    As root, processes with another root directory, such as containers', are passed over.
    """
    return (
        "echo '[running]'; for p in /proc/[0-9]*; do read -r c <$p/comm || continue; "
        f'case $c in {"|".join(names)}) [ $p/root -ef / ] || [ "$(id -u)" != 0 ] && echo "|$c";; esac; done 2>/dev/null'
    )
