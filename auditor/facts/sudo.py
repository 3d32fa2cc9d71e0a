"""Who may act as whom by sudo: the files of sudoers with all that they include, and what visudo says of them.

Sources: sudoers(5) (`@include` and `#include`, a folder's files in the order of their names without those that hold a
dot or end in ~, relative paths from the including file's folder), visudo(8), sudo-rs (/etc/sudoers-rs goes first).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from posixpath import dirname, join
from typing import Final, Literal

from auditor.errors import NotPresent, Unreadable
from auditor.facts.dropins import Lines
from auditor.facts.guarded import LOOK, Guarded, looked_at
from auditor.facts.sections import END, SHOW_FILES, Sections, sections
from auditor.facts.sudoers import SudoDefault, SudoRule, logical_lines, read_sudoers
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

_MAIN: Final = ("/etc/sudoers", "/usr/etc/sudoers", "/usr/local/etc/sudoers")
_RS: Final = "/etc/sudoers-rs"
_INCLUDE: Final = re.compile(r'\s*[@#]include(?P<folder>dir)?\s+(?P<path>"[^"]+"|(?:[^\s\\]|\\.)+)')
_DEEPEST: Final = 16

# All files of sudoers that there are, then what they include elsewhere.
_FILES: Final = (
    f"set --; for m in {' '.join([*_MAIN, _RS])}; do "
    'for f in $m $m.d/*; do [ ! -f "$f" ] || set -- "$@" "$f"; done; done'
)
_INCLUDED: Final = (
    "[ $# = 0 ] || for p in $(sed -n 's/^[[:space:]]*[@#]include\\(dir\\)\\{0,1\\}[[:space:]]\\{1,\\}//p' \"$@\" | "
    "tr -d '\"'); do case $p in *%h*) p=${p%%%h*}${h%%.*}${p#*%h};; esac; "
    "case $p in /*/sudoers.d) continue;; /*) ;; *) p=/etc/$p;; esac; "
    'echo "[included $p]"; for f in "$p" "$p"/*; do [ ! -f "$f" ] || set -- "$@" "$f"; done; done'
)
_PROGRAMS: Final = f"echo '[programs]'; [ $# = 0 ] || {{ {LOOK}; }}"
_VISUDO: Final = (
    'if command -v visudo >/dev/null; then o=$(visudo -c 2>&1); echo "[visudo $?]"; '
    "printf '%s\\n' \"$o\" | sed 's/^/|/'; echo '[version]'; visudo -V 2>&1 | sed -n '1s/^/|/p'; echo; fi"
)
_COMMAND: Final = "; ".join(
    [
        "PATH=$PATH:/usr/sbin:/sbin",
        SHOW_FILES,
        "if command -v sudo >/dev/null; then echo '[sudo yes]'; else echo '[sudo no]'; fi",
        'h=$(uname -n); echo "[host $h]"',
        _FILES,
        _INCLUDED,
        f'show {" ".join(f"{main}.d" for main in _MAIN)} "$@"',
        _PROGRAMS,
        _VISUDO,
        END,
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sudo:
    """What sudo allows on a host.

    `version` is None where visudo does not tell it. `complaints` are what visudo finds wrong, None where there is no
    visudo. `doubts` say why there may be more than was read. `host` is the host's own name.
    """

    kind: Literal["sudo", "sudo-rs"] = "sudo"
    version: tuple[int, ...] | None = None
    defaults: tuple[SudoDefault, ...] = ()
    rules: tuple[SudoRule, ...] = ()
    complaints: tuple[str, ...] | None = None
    doubts: tuple[str, ...] = ()
    host: str = ""
    programs: Mapping[str, Guarded] = field(default_factory=dict)

    def value(self, name: str) -> str | None:
        """Return what a Defaults setting is for everybody here: the last one counts. None where nothing is written."""
        for one in reversed(self.defaults):
            if one.name == name and (not one.scope or self._is_here(one)):
                return one.value
        return None

    def scoped(self, name: str) -> dict[str, str]:
        """Return a setting's values for some users, targets or commands, by that scope; `:bob` is the user bob."""
        return {one.scope: one.value for one in self.defaults if one.name == name and one.scope[:1] in {":", ">", "!"}}

    def here(self, rule: SudoRule) -> bool | None:
        """Return whether a rule is for this host: the last name that fits counts. None where addresses decide."""
        for item in reversed(rule.hosts):
            fits = self._fits(item.removeprefix("!"))
            if fits is not False:
                return fits and not item.startswith("!")
        return False

    def _is_here(self, default: SudoDefault) -> bool:
        return default.scope.startswith("@") and self._fits(default.scope[1:]) is True

    def _fits(self, name: str) -> bool | None:
        bare, own = name.lower(), self.host.lower()
        if bare == "all" or fnmatchcase(own, bare) or fnmatchcase(own.partition(".")[0], bare):
            return True
        return None if bare.startswith("+") or re.fullmatch(r"[0-9a-f.:]+(?:/[0-9.]+)?", bare) else False


@probe(Shell(_COMMAND, privileged=True), on={Platform.LINUX})
def sudo(answer: Answer) -> Sudo:
    """Read sudo's rules. Raises NotPresent where there is no sudo."""
    seen = sections(answer.text)
    if seen.one("sudo").words != "yes":
        raise NotPresent("sudo is not installed")
    kind, version = _version(seen)
    files = seen.files()
    mains = ((_RS,) if kind == "sudo-rs" else ()) + _MAIN
    main = next((path for path in mains if path in files or path in seen.unread()), "")
    if not main or main in seen.unread():
        raise Unreadable(f"{main or _MAIN[0]} could not be read")
    reader = _Reader(files, seen.one("host").words, {part.words for part in seen.named("included")})
    read = read_sudoers(list(reader.lines(main, ())))
    complaints = _complaints(seen)
    # What visudo finds no fault with and is not read here is of a later release than this reading.
    odd = [f"{place} is not understood" for place in read.odd] if not complaints else []
    unread = [f"{path} could not be read" for path in (*seen.unread(), *reader.unread)]
    return Sudo(
        kind=kind,
        version=version,
        defaults=tuple(read.defaults),
        rules=tuple(read.rules),
        complaints=complaints,
        doubts=tuple(dict.fromkeys([*unread, *odd])),
        host=reader.host,
        programs=looked_at(seen.one("programs").lines),
    )


class _Reader:
    """Follows includes in the order in which sudo reads them."""

    def __init__(self, files: Mapping[str, Lines], host: str, looked_at: set[str]) -> None:
        self.files, self.host, self.looked_at = files, host, looked_at
        self.unread: list[str] = []

    def lines(self, path: str, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Yield the logical lines of a file and of what it includes. Raises Unreadable for endless inclusion."""
        if len(above) > _DEEPEST:
            raise Unreadable(f"sudoers: {path} includes itself")
        for place, text in logical_lines(path, self.files.get(path, ())):
            include = _INCLUDE.match(text)
            if include is None:
                yield place, text
                continue
            name = re.sub(r"\\(.)", r"\1", include["path"].strip('"')).replace("%h", self.host.partition(".")[0])
            target = join(dirname(path), name)
            for one in self._folder(target) if include["folder"] else self._file(target):
                yield from self.lines(one, (*above, path))

    def _folder(self, folder: str) -> list[str]:
        if not folder.endswith("/sudoers.d") and folder not in self.looked_at:
            self.unread.append(folder)
        inside = (path for path in self.files if dirname(path) == folder.rstrip("/"))
        return sorted(path for path in inside if not path.endswith("~") and "." not in path.rpartition("/")[2])

    def _file(self, path: str) -> list[str]:
        if path not in self.files and path not in self.looked_at:
            self.unread.append(path)
        return [path] if path in self.files else []


def _version(seen: Sections) -> tuple[Literal["sudo", "sudo-rs"], tuple[int, ...] | None]:
    part = next(seen.named("version"), None)
    told = part.lines[0] if part is not None and part.lines else ""
    found = re.search(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?", told)
    version = tuple(int(number) for number in found.groups() if number) if found else None
    return ("sudo-rs" if "sudo-rs" in told or "visudo-rs" in told else "sudo"), version


def _complaints(seen: Sections) -> tuple[str, ...] | None:
    part = next(seen.named("visudo"), None)
    if part is None:
        return None
    if part.words == "0":
        return ()
    lines = [line.strip() for line in part.lines if line.strip() and not line.endswith("parsed OK")]
    return tuple(lines[:3]) or (f"visudo -c ends with {part.words}",)
