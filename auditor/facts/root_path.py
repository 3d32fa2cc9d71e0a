"""Where root's shell looks for programs: every PATH that root's start files and the common ones set.

The files are read and not run, as root's own profile may do anything. A path in them is followed through variables that
were set before it; what is computed is not known. Sources: bash(1) (an empty element of PATH is the folder one is in),
login.defs(5) (ENV_SUPATH), pam_env(8) (/etc/environment).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from auditor.errors import Unreadable
from auditor.facts.guarded import LOOK, MOST, Guarded, looked_at
from auditor.facts.sections import END, SHOW_FILES, sections
from auditor.facts.shell_text import Command, assignments, commands, unquoted
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

State = Literal["root's", "open", "missing", "relative", "computed", "unseen"]

_COMMON: Final = ("/etc/environment", "/etc/profile", "/etc/profile.d/*.sh", "/etc/bash.bashrc", "/etc/bashrc")
_OWN: Final = ("/root/.bash_profile", "/root/.bash_login", "/root/.profile", "/root/.bashrc")
_FILES: Final = " ".join(["/etc/login.defs", *_COMMON, *_OWN])
_BEFORE: Final = "\0"  # what PATH was before: judged where it was set
_IF_ANY: Final = re.compile(r"\$\{PATH:?\+(:?)\$\{?PATH\}?(:?)\}")  # PATH and a colon, unless it is empty
_WORDS: Final = re.compile(r"[ \t,=:;!()\"]+")  # as LOOK takes lines apart
_VARIABLE: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)(?::?[-+=?][^}]*)?\}?")
_PATH: Final = Shell(
    "; ".join(
        [
            SHOW_FILES,
            f'set --; for f in {_FILES}; do [ ! -f "$f" ] || set -- "$@" "$f"; done; show /root "$@"',
            f"echo '[folders]'; [ $# = 0 ] || {{ {LOOK}; }}",
            END,
        ]
    ),
    privileged=True,
)


@dataclass(frozen=True, slots=True)
class PathFolder:
    """One element of a PATH, once variables are followed, the file that it stands in, and what is known of it.

    `open` is a folder that others may write, or make; `computed` one that the text does not name, and `unseen` one that
    was not looked at. `detail` is what was seen.
    """

    name: str
    file: str
    state: State
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RootPath:
    """The elements of every PATH that root's shell may get."""

    folders: tuple[PathFolder, ...]


@probe(_PATH, on={Platform.LINUX})
def root_path(answer: Answer) -> RootPath:
    """Read the start files. Raises Unreadable when none sets a PATH, or one of them may not be read."""
    seen = sections(answer.text)
    if hidden := seen.unread():
        raise Unreadable(f"{hidden[0]} could not be read")
    shown = looked_at(seen.one("folders").lines)
    words = {word for lines in seen.files().values() for line in lines for word in _WORDS.split(line)}
    known = {"HOME": "/root"}
    found: dict[tuple[str, str], PathFolder] = {}
    for path, lines in seen.files().items():
        for value in _values(path, lines, known):
            for name in (name for name in value.split(":") if name != _BEFORE):
                named = name in words and len(shown) < MOST
                found[path, name] = PathFolder(name, path, *_state(name, shown, named=named))
    if not found:
        raise Unreadable("no start file sets a PATH")
    return RootPath(tuple(found.values()))


def _state(name: str, shown: Mapping[str, Guarded], *, named: bool) -> tuple[State, str]:
    """Return what is known of a folder; one that the files name and that was not shown does not exist."""
    if any(sign in name for sign in "$`{}\0"):
        return "computed", ""
    if not name.startswith("/"):
        return "relative", ""
    one, above = shown.get(name), shown.get(name.rstrip("/").rpartition("/")[0])
    if one is not None:
        return ("open", str(one)) if one.open or not one.is_folder else ("root's", str(one))
    if named and above is not None and above.open:
        return "open", f"it does not exist, and others may make it: {above}"
    return ("missing", "") if named else ("root's", "") if name.startswith("/root/") else ("unseen", "")


def _values(path: str, lines: tuple[str, ...], known: dict[str, str]) -> Iterator[str]:
    """Yield each PATH that a file sets, with variables followed as far as they are known."""
    if path == "/etc/login.defs":
        words = [line.split() for line in lines if line.split()[:1] == ["ENV_SUPATH"]]
        yield from (word[1].removeprefix("PATH=") for word in words if len(word) > 1)
        return
    for command in commands(path, lines):
        if any(text.startswith("function") for text in command.conditions):
            continue
        for one in assignments([command]):
            if one.value is not None and one.name == "PATH":
                yield _followed(one.value, known)
            elif one.value is not None:
                known[one.name] = _followed(one.value, known)
        yield from _munged(command, known)


def _munged(command: Command, known: dict[str, str]) -> Iterator[str]:
    """Yield what Red Hat's function pathmunge adds."""
    if command.words[0] == "pathmunge" and len(command.words) > 1:
        yield _followed(unquoted(command.words[1]), known)


def _followed(value: str, known: dict[str, str]) -> str:
    """Return a value with the variables replaced that are known; PATH itself is what stands before."""
    text = re.sub(r"(?:^|(?<=:))~(?=/|:|$)", known["HOME"], _IF_ANY.sub(r"\1$PATH\2", value))
    return _VARIABLE.sub(lambda found: _BEFORE if found[1] == "PATH" else known.get(found[1], found[0]), text)
