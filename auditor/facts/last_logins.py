"""When each account last logged in, by lastlog2(8) or lastlog(8).

Both print a table whose last column is a time or `**Never logged in**`; kept are the name and the day. Where a host
writes no such records any more (Debian 13 without libpam-lastlog2), the old file may still be there: where not one
login is in it, nothing is known.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.sections import END, sections
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Shell, probe

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY: Final = re.compile(rf"(\S+) ([0-9]{{4}}) ({'|'.join(_MONTHS)}) ([ 0-9][0-9])")
_NEVER: Final = re.compile(r"(\S+) never")
_KEPT: Final = (
    "-e 's/^\\([^ ]*\\) .*[*][*]Never.*/|\\1 never/p' "
    "-e 's/^\\([^ ]*\\) .* \\([A-Z][a-z][a-z]\\) \\([ 0-9][0-9]\\) [0-9:]\\{8\\} [-+][0-9]\\{4\\} \\([0-9]\\{4\\}\\)$/"
    "|\\1 \\4 \\2 \\3/p'"
)
LAST: Final = Shell(
    "for t in lastlog2 lastlog; do command -v $t >/dev/null || continue; "
    f'o=$($t 2>/dev/null); echo "[logins $?]"; printf \'%s\\n\' "$o" | sed -n {_KEPT}; break; done; {END}'
)


@dataclass(frozen=True, slots=True)
class LastLogins:
    """The day of each account's last login, and the accounts that never logged in."""

    days: Mapping[str, date]
    never: frozenset[str]


@probe(LAST, on={Platform.LINUX})
def last_logins(answer: Answer) -> LastLogins:
    """Read the table. Raises Unreadable where there is none, or no login in it."""
    part = next(sections(answer.text).named("logins"), None)
    if part is None:
        raise Unreadable("neither lastlog2 nor lastlog is on this host, so nothing tells who logged in when")
    if part.words != "0":
        raise Unreadable(f"lastlog failed with status {part.words}")
    days: dict[str, date] = {}
    never: set[str] = set()
    for line in part.lines:
        if found := _DAY.fullmatch(line):
            days[found[1]] = _day(int(found[2]), _MONTHS.index(found[3]) + 1, int(found[4]))
        elif gone := _NEVER.fullmatch(line):
            never.add(gone[1])
        else:
            raise Unreadable(f"a line is not an account's last login: {line[:80]!r}")
    if not days:
        raise Unreadable("no login was ever recorded here")
    return LastLogins(days, frozenset(never))


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Unreadable(f"{year}-{month}-{day} is no day") from error
