"""Files in home folders that let others in: those that they may write, and those that name hosts or hold passwords.

Looked at are the files whose names begin with a dot, directly in the homes of accounts with a shell: of at most 200
homes, and without going deeper. What is in order is not shown, so that the answer stays small.
"""

import re
from dataclasses import dataclass
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.sections import END, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Limits, Shell, probe

TRUST: Final = (".rhosts", ".shosts", ".forward", ".netrc")
PRIVATE: Final = (".netrc", ".pgpass", ".my.cnf", ".git-credentials", ".bash_history", ".sh_history", ".zsh_history")
SYSTEM: Final = ("/etc/hosts.equiv", "/etc/shosts.equiv", "/etc/ssh/shosts.equiv")

_MOST_HOMES: Final = 200
_HOMES: Final = (
    'awk -F: \'$6 ~ "^/." && $7 !~ "(nologin|false|sync|shutdown|halt)$" && !s[$6]++ && n++ < '
    f'{_MOST_HOMES} {{print $3 ":" $6}}\' /etc/passwd'
)
# A home that may not be looked into is marked.
_LIST: Final = 'if [ -r "$h" ] && [ -x "$h" ]; then echo "|$u:$h"; else echo "|!$u:$h"; fi'
_EACH: Final = 'for f in "$h"/.[!.]*; do [ ! -f "$f" ] || printf \'%s\\0\' "$f"; done'
# Of a stat's line: those that others or the group may write, that are neither the account's nor root's, or are named.
_SHOWN: Final = (
    f"awk -F'|' -v names=' {' '.join(dict.fromkeys(TRUST + PRIVATE))} ' "
    '\'/^H/ {u[$3] = $2; next} {n = split($5, p, "/"); d = substr($5, 1, length($5) - length(p[n]) - 1); '
    'm = substr($1, length($1) - 1); if (m ~ "[2367].|.[2367]" || ($2 != u[d] && $2 != 0) || '
    'index(names, " " p[n] " ")) print "|" $0}\''
)
DOTS: Final = Shell(
    f"echo '[homes]'; {_HOMES} | while IFS=: read -r u h; do [ -d \"$h\" ] || continue; {_LIST}; done; "
    f"echo '[files]'; {{ {_HOMES} | sed -e 's/:/|/' -e 's/^/H|/'; {_HOMES} | while IFS=: read -r u h; do {_EACH}; "
    f"done | xargs -0 stat -L -c '%a|%u|%g|%F|%n' 2>/dev/null; }} | {_SHOWN}; "
    f"echo '[system]'; for f in {' '.join(SYSTEM)}; do [ ! -e $f ] || echo \"|$f\"; done; {END}",
    privileged=True,
    limits=Limits(seconds=30.0, bytes=1024 * 1024),
)


@dataclass(frozen=True, slots=True)
class DotFile:
    """A file in a home folder: the home's account and the file's owner by number, and its permission bits."""

    path: str
    account: int
    owner: int
    mode: int

    @property
    def name(self) -> str:
        """Return the name without the folder."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class DotFiles:
    """Files that are not in order or have a name that matters, homes that were not looked into, and `system` files."""

    found: tuple[DotFile, ...]
    hidden: tuple[str, ...] = ()
    system: tuple[str, ...] = ()


@probe(DOTS, on={Platform.LINUX})
def dot_files(answer: Answer) -> DotFiles:
    """Read the files. Raises Unreadable when no home was looked into."""
    seen = sections(answer.text)
    homes: dict[str, int] = {}
    hidden: list[str] = []
    for line in seen.one("homes").lines:
        told = re.fullmatch(r"(!?)([0-9]{1,10}):(/.*)", line)
        if told is None:
            raise Unreadable(f"a line is not a home folder: {line[:80]!r}")
        homes[told[3]] = int(told[2])
        hidden += [told[3]] if told[1] else []
    if not homes:
        raise Unreadable("no home folder was looked into")
    found: list[DotFile] = []
    for line in seen.one("files").lines:
        shown = re.fullmatch(r"([0-7]{1,5})\|([0-9]{1,10})\|[0-9]{1,10}\|[^|]*\|(/.*)", line)
        account = homes.get(shown[3].rpartition("/")[0]) if shown else None
        if shown is None or account is None:
            raise Unreadable(f"a line is not a file of a home: {line[:80]!r}")
        found.append(DotFile(shown[3], account, int(shown[2]), int(shown[1], 8)))
    return DotFiles(tuple(found), tuple(hidden), seen.one("system").lines)
