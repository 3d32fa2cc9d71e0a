"""Whether only root can change a program that a file names: shell text that looks at it, and what it printed.

Looked at are the paths that begin a word of the files, with the folder that each lies in: as many as a limit allows,
since whoever writes the files decides how many there are.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from auditor.errors import Unreadable

MOST: Final = 400
_LINE: Final = re.compile(r"([0-7]{1,5})\|([0-9]{1,10})\|([0-9]{1,10})\|([^|]*)\|(/.*)")

LOOK: Final = (
    "awk -F'[ \\t,=:;!()\"]+' 'function see(p) {if (p != \"\" && !s[p]++ && n++ < "
    f'{MOST}) print p}} !/^[ \\t]*#[ \\t]/ {{for (i = 1; i <= NF; i++) if ($i ~ "^/") '
    '{p = $i; see(p); sub("/[^/]*$", "", p); see(p)}}\' "$@" 2>/dev/null | tr \'\\n\' \'\\0\' | '
    "xargs -0 stat -L -c '|%a|%u|%g|%F|%n' 2>/dev/null"
)
"""Prints a line for each path that the files "$@" name, of which there is at least one."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A file or folder: owner and group by number, permission bits."""

    path: str
    owner: int
    group: int
    mode: int
    is_folder: bool = False

    @property
    def open(self) -> bool:
        """Whether anybody but root may change the file, or put another into the folder."""
        by_group = self.mode & 0o020 and self.group != 0
        return self.owner != 0 or bool(by_group or self.mode & 0o002)

    def __str__(self) -> str:
        """Return who owns it and what others may do with it."""
        return f"owner {self.owner}, group {self.group}, mode {self.mode:04o}"


def looked_at(lines: Iterable[str]) -> dict[str, Guarded]:
    """Return what LOOK printed, by path. Raises Unreadable for anything else."""
    found: dict[str, Guarded] = {}
    for line in lines:
        shown = _LINE.fullmatch(line)
        if shown is None:
            raise Unreadable(f"a line is not a file's mode: {line[:80]!r}")
        mode, owner, group, kind, path = shown.groups()
        found[path] = Guarded(path, int(owner), int(group), int(mode, 8), kind == "directory")
    return found
