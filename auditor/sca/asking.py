"""How a host is asked for what rules look at, and how its answers are read. No agent: shell text that only reads.

Paths and commands are the policy author's, and never built from what a host said. Wazuh runs a command without a shell:
its words are parted by blanks, a double quote holds blanks together, a backslash takes the next sign as it is. What
needs a shell says `sh -c "..."`. Standard error is read with standard output, as Wazuh's agent does.
"""

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.sections import END, HIDDEN_LINK, VISIBLE
from auditor.model.probe import KIBIBYTE, Answer, Limits, Shell
from auditor.sca.rules import Kind
from auditor.sca.seen import (
    CommandSeen,
    Depth,
    DirectorySeen,
    FileSeen,
    Lines,
    NotSeen,
    ProcessesSeen,
    Target,
    Thing,
)

_ANY_STATUS: Final = tuple(range(256))
_COMMAND_SECONDS: Final = 30.0  # as Wazuh's agent has it by default
_LATE: Final = ("gave no complete answer within", "the answer was cut off: a command did not end within its time")
_HEADER: Final = re.compile(r"\[([a-z]+)(?: (.*))?\]")
_CUT: Final = 15  # the letters that the kernel keeps of a process's name (proc(5))

# Contents go as they are, so that redaction knows secrets by where they stand in a line; a line that looks like one of
# ours gets a `|`. The newline before a header is the header's own.
_LINES: Final = "sed 's/^[[|]/|&/'"
_REGULAR: Final = (
    'if [ -f "$f" ] && [ -r "$f" ]; then echo \'[regular]\'; '
    f'{_LINES} "$f"; printf \'\\n[read %s]\\n\' "$?"; elif [ -f "$f" ]; then echo \'[hidden]\'; '
)
_DIRECTORY: Final = "if [ -d \"$f\" ]; then echo '[directory]'; "
_NAMES: Final = (
    "echo '[names]'; "
    '{ find -H "$f" ! -type l ! -type d -print0 2>/dev/null; printf \'[walked %s]\\0\' "$?"; } | '
    "tr '\\n\\000' '?\\n' | sed '/^\\[walked/!s/^/|/'; "
)
_EACH: Final = (
    "n=$(printf '\\n_'); n=${n%_}; "  # nobody may forge a header by the name of a file
    'for f do case $f in *"$n"*) continue ;; esac; if [ -r "$f" ]; then printf \'\\n[file %s]\\n\' "$f"; '
    f'{_LINES} "$f" || printf \'\\n[unread %s]\\n\' "$f"; else printf \'\\n[unread %s]\\n\' "$f"; fi; done'
)
_CONTENTS: Final = (
    f"find -H \"$f\" -type f -exec /bin/sh -c {shlex.quote(_EACH)} sh {{}} + 2>/dev/null; printf '\\n[walked 0]\\n'; "
)
_WALKS: Final = {Depth.ITSELF: "", Depth.NAMES: _NAMES, Depth.CONTENTS: f"{_NAMES}{_CONTENTS}"}
# What is not there is told from what this account may not see: the nearest directory above it has to be searchable.
_ABSENT: Final = (
    f"elif [ -e \"$f\" ]; then echo '[other]'; elif {HIDDEN_LINK}; then echo '[hidden]'; "
    'else d=$f; while d=${d%/*}; [ -n "$d" ] && [ ! -d "$d" ]; do :; done; '
    "if [ -x \"${d:-/}\" ]; then echo '[missing]'; else echo '[hidden]'; fi; fi"
)
_PROCESSES: Final = (
    f"{VISIBLE}; echo '[names]'; cat /proc/[0-9]*/comm 2>/dev/null | {_LINES}; echo '[programs]'; "
    f"ls -l /proc/[0-9]*/exe 2>/dev/null | sed -n 's/^.* -> //p'; {END}"
)


def request(target: Target, *, privileged: bool) -> Shell | None:
    """Return what to ask a host, or None for what no host can be asked: a relative path, a broken command."""
    command = _command(target)
    if command is None:
        return None
    wide = target.kind is Kind.DIRECTORY and target.depth is not Depth.ITSELF
    limits = Limits(
        seconds=_COMMAND_SECONDS if wide or target.kind is Kind.COMMAND else Limits().seconds,
        bytes=(4096 if wide else 1024) * KIBIBYTE,
    )
    return Shell(command, privileged=privileged, ok=_ANY_STATUS, limits=limits)


def read(target: Target, answer: Answer) -> Thing:
    """Return what an answer says of a target; an answer that was not had, or is not what was asked for, says why."""
    if answer.problem:
        return NotSeen(answer.problem, late=answer.problem.startswith(_LATE))
    try:
        return _READ[target.kind](_parts(answer.text))
    except Unreadable as why:
        return NotSeen(str(why))


def words(command: str) -> list[str]:
    """Return the words of a command, as Wazuh parts them; none for one whose quotes do not end."""
    found: list[str] = []
    word: str | None = None
    quoted = False
    signs = iter(command)
    for sign in signs:
        if sign == " " and not quoted:
            found += [word] if word is not None else []
            word = None
        elif sign == '"':
            quoted, word = not quoted, word or ""
        else:
            word = (word or "") + (next(signs, "") if sign == "\\" else sign)
    return [] if quoted else [*found, *([word] if word is not None else [])]


def _command(target: Target) -> str | None:
    if target.kind is Kind.PROCESS:
        return _PROCESSES
    if target.kind is Kind.COMMAND:
        return _run(words(target.name))
    if target.kind is Kind.REGISTRY or not target.name.startswith("/") or "\0" in target.name:
        return None
    looks = _REGULAR if target.kind is Kind.FILE else f"{_DIRECTORY}{_WALKS[target.depth]}"
    return f"f={shlex.quote(target.name)}; {looks}{_ABSENT}; {END}"


def _run(parts: Sequence[str]) -> str | None:
    if not parts or not parts[0]:
        return None
    there = f"command -v {shlex.quote(parts[0])} >/dev/null 2>&1"
    runs = f"{shlex.join(parts)} 2>&1 </dev/null | {_LINES}; echo"
    return f"if {there}; then echo '[output]'; {runs}; else echo '[missing]'; fi; {END}"


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an answer: its name, the words behind it, and what stands in it, just as the host has it."""

    name: str
    words: str
    text: str

    @property
    def lines(self) -> Lines:
        return tuple(self.text.removesuffix("\n").split("\n")) if self.text else ()


def _parts(text: str) -> list[_Part]:
    """Return the parts of an answer. Raises Unreadable for text that is not in parts, or that stops before its end."""
    found: list[tuple[str, str, list[str]]] = []
    for line in text.split("\n"):
        if header := _HEADER.fullmatch(line):
            found.append((header[1], header[2] or "", []))
        elif found:
            found[-1][2].append(line.removeprefix("|"))
        elif line.strip():
            raise Unreadable(f"the answer has a line that was not asked for: {line.strip()[:80]!r}")
    if not found or found[-1][0] != "end" or any(found[-1][2]):
        raise Unreadable("the answer stops before its end")
    return [_Part(name, words, "\n".join(lines)) for name, words, lines in found[:-1]]


def _one(parts: Sequence[_Part], name: str) -> _Part:
    found = [part for part in parts if part.name == name]
    if len(found) != 1:
        raise Unreadable(f"the answer has {len(found)} parts named {name} where one was asked for")
    return found[0]


def _first(parts: Sequence[_Part], *names: str) -> _Part:
    """Return the first part, which says what is there. Raises Unreadable when it may not be looked at."""
    if not parts or parts[0].name not in {*names, "hidden"}:
        raise Unreadable("the answer does not say what is there")
    if parts[0].name == "hidden":
        raise Unreadable("this account may not look at it")
    return parts[0]


def _file(parts: Sequence[_Part]) -> Thing:
    match _first(parts, "regular", "other", "missing"):
        case _Part("regular") as regular:
            if _one(parts, "read").words != "0":
                raise Unreadable("it could not be read to its end")
            return FileSeen("regular", regular.lines)
        case _Part("other"):
            return FileSeen("other")
    return FileSeen("missing")


def _directory(parts: Sequence[_Part]) -> Thing:
    match _first(parts, "directory", "other", "missing"):
        case _Part("directory"):
            return _walked(parts[1:])
        case _Part("other"):
            return DirectorySeen("other")
    return DirectorySeen("missing")


def _walked(parts: Sequence[_Part]) -> DirectorySeen:
    named = {name: [part for part in parts if part.name == name] for name in ("names", "walked", "file", "unread")}
    shown = Counter(part.words for part in named["file"])
    unread = {part.words for part in named["unread"]} | {path for path, times in shown.items() if times > 1}
    return DirectorySeen(
        "directory",
        paths=tuple(path for part in named["names"] for path in part.lines),
        contents={part.words: part.lines for part in named["file"] if part.words not in unread},
        unread=frozenset(unread),
        whole=all(part.words == "0" for part in named["walked"]),
    )


def _processes(parts: Sequence[_Part]) -> Thing:
    names = set(_one(parts, "names").lines)
    programs = [path.removesuffix(" (deleted)") for path in _one(parts, "programs").lines]
    if not names:
        raise Unreadable("the answer shows no process at all")
    cut = {name for name in names if len(name) == _CUT}
    whole_names = {path.rpartition("/")[2] for path in programs}
    names |= {name for name in whole_names if name[:_CUT] in cut}
    return ProcessesSeen(frozenset(names | set(programs)), whole=_one(parts, "processes").words == "seen")


def _output(parts: Sequence[_Part]) -> Thing:
    first = _first(parts, "output", "missing")
    return CommandSeen(first.text, missing=first.name == "missing")


_READ: Final = {
    Kind.FILE: _file,
    Kind.DIRECTORY: _directory,
    Kind.PROCESS: _processes,
    Kind.COMMAND: _output,
}
