"""How a host is asked for what rules look at, and how its answers are read. No agent: shell text that only reads.

Paths and commands are the policy author's, and never built from what a host said. Wazuh runs a command without a shell:
its words are parted by blanks, a double quote holds blanks together, a backslash takes the next sign as it is. What
needs a shell says `sh -c "..."`. Standard error is read with standard output, as Wazuh's agent does.
"""

import shlex
from collections.abc import Sequence
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.sections import END, HIDDEN_LINK, VISIBLE, Section, Sections, sections
from auditor.model.probe import KIBIBYTE, Answer, Limits, Shell
from auditor.sca.rules import Kind
from auditor.sca.seen import (
    CommandSeen,
    Depth,
    DirectorySeen,
    FileSeen,
    NotSeen,
    ProcessesSeen,
    Target,
    Thing,
)

_ANY_STATUS: Final = tuple(range(256))
_COMMAND_SECONDS: Final = 30.0  # as Wazuh's agent has it by default
_LATE: Final = ("gave no complete answer within", "the answer was cut off: a command did not end within its time")
_CUT: Final = 15  # the letters that the kernel keeps of a process's name (proc(5))

_LINES: Final = "sed 's/^/|/'"
_REGULAR: Final = (
    f'if [ -f "$f" ] && [ -r "$f" ]; then echo \'[regular]\'; {_LINES} "$f"; s=$?; echo; echo "[read $s]"; '
    "elif [ -f \"$f\" ]; then echo '[hidden]'; "
)
_DIRECTORY: Final = "if [ -d \"$f\" ]; then echo '[directory]'; "
_NAMES: Final = (
    'find -H "$f" ! -type l ! -type d -print0 2>/dev/null; printf \'[walked %s]\\0\' "$?"; } | '
    "tr '\\n\\000' '?\\n' | sed '/^\\[walked/!s/^/|/'; "
)
_EACH: Final = (
    f'for f do if [ -r "$f" ]; then echo "[file $f]"; {_LINES} "$f" || echo "[unread $f]"; echo; '
    'else echo "[unread $f]"; fi; done'
)
_WALKS: Final = {
    Depth.ITSELF: "",
    Depth.NAMES: f"echo '[names]'; {{ {_NAMES}",
    Depth.CONTENTS: f"echo '[names]'; {{ {_NAMES}"
    f'find -H "$f" -type f -exec /bin/sh -c {shlex.quote(_EACH)} sh {{}} + 2>/dev/null; ',
}
# What is not there is told from what this account may not see: the nearest directory above it has to be searchable.
_ABSENT: Final = (
    f"elif [ -e \"$f\" ]; then echo '[other]'; elif {HIDDEN_LINK}; then echo '[hidden]'; "
    'else d=$f; while d=${d%/*}; [ -n "$d" ] && [ ! -d "$d" ]; do :; done; '
    "if [ -x \"${d:-/}\" ]; then echo '[missing]'; else echo '[hidden]'; fi; fi"
)
_PROCESSES: Final = (
    f"{VISIBLE}; echo '[names]'; cat /proc/[0-9]*/comm 2>/dev/null | {_LINES}; echo '[programs]'; "
    f"ls -l /proc/[0-9]*/exe 2>/dev/null | sed -n 's/^.* -> //p' | {_LINES}; {END}"
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
        return _READ[target.kind](sections(answer.text))
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
    runs = f"{shlex.join(parts)} 2>&1 </dev/null | {_LINES}"
    return f"if {there}; then echo '[output]'; {runs}; echo; else echo '[missing]'; fi; {END}"


def _kind(seen: Sections) -> str:
    kind = seen.parts[0].name if seen.parts else ""
    if kind == "hidden":
        raise Unreadable("this account may not look at it")
    return kind


def _file(seen: Sections) -> Thing:
    match _kind(seen):
        case "regular":
            if seen.one("read").words != "0":
                raise Unreadable("it could not be read to its end")
            return FileSeen("regular", seen.parts[0].lines)
        case "other":
            return FileSeen("other")
        case "missing":
            return FileSeen("missing")
    raise Unreadable("the answer does not say whether the file is there")


def _directory(seen: Sections) -> Thing:
    match _kind(seen):
        case "directory":
            return _walked(seen)
        case "other":
            return DirectorySeen("other")
        case "missing":
            return DirectorySeen("missing")
    raise Unreadable("the answer does not say whether the directory is there")


def _walked(seen: Sections) -> DirectorySeen:
    paths = tuple(path for part in seen.named("names") for path in part.lines)
    whole = all(part.words == "0" for part in seen.named("walked"))
    return DirectorySeen("directory", paths, seen.files(), frozenset(seen.unread()), whole)


def _processes(seen: Sections) -> Thing:
    names = set(seen.one("names").lines)
    programs = [path.removesuffix(" (deleted)") for path in seen.one("programs").lines]
    if not names:
        raise Unreadable("the answer shows no process at all")
    cut = {name for name in names if len(name) == _CUT}
    whole_names = {path.rpartition("/")[2] for path in programs}
    names |= {name for name in whole_names if name[:_CUT] in cut}
    kinds = [part.words for part in seen.named("processes")]
    return ProcessesSeen(frozenset(names | set(programs)), whole=kinds == ["seen"])


def _output(seen: Sections) -> Thing:
    first: Section | None = seen.parts[0] if seen.parts else None
    if first is None or first.name not in {"output", "missing"}:
        raise Unreadable("the answer does not say what the command wrote")
    return CommandSeen("\n".join(first.lines), missing=first.name == "missing")


_READ: Final = {
    Kind.FILE: _file,
    Kind.DIRECTORY: _directory,
    Kind.PROCESS: _processes,
    Kind.COMMAND: _output,
}
