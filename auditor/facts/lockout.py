"""When wrong passwords lock an account, by service: pam_faillock or, on old releases, pam_tally2.

pam_faillock needs two places: one that counts (`authfail`, reached when a password was wrong) and one that refuses
(`preauth` before the password is asked, or `authsucc`). With one of them only, nothing is ever locked. Sources:
pam_faillock(8), faillock.conf(5) (module arguments override the file; the last line of a key wins; 0 denies nobody),
Linux-PAM modules/pam_faillock/pam_faillock.c, pam_tally2(8).
"""

import re
from dataclasses import dataclass
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.bundle import Bundle
from auditor.facts.pam import Line, skipped, stack

_CONF: Final = "/etc/security/faillock.conf"
_SERVICES: Final = ("login", "sshd")
_SHARED: Final = ("common-auth", "system-auth", "password-auth")
_MODULES: Final = {"pam_faillock", "pam_tally2", "pam_tally"}


@dataclass(frozen=True, slots=True)
class Lock:
    """How one service locks: after `deny` failures (0: never), for `unlock` seconds (0: until an administrator acts).

    Failures count together within `interval` seconds, 0 where the module counts without end. `root` says whether root
    is locked too. `why` says why nothing locks, `doubt` why it may not hold as read.
    """

    service: str
    deny: int
    unlock: int = 0
    root: bool = False
    why: str = ""
    doubt: str = ""
    interval: int = 900


@dataclass(frozen=True, slots=True)
class LoginLocks:
    """How each way to log in locks accounts."""

    locks: tuple[Lock, ...]


def login_locks_of(files: Bundle) -> LoginLocks:
    """Return the locks of console and SSH logins, or of the shared stack where neither has a file."""
    for services in (_SERVICES, _SHARED):
        stacks = [(service, stack(files, service, "auth")) for service in services]
        if found := [_lock(files, service, lines) for service, lines in stacks if lines]:
            return LoginLocks(tuple(found))
    raise Unreadable("no PAM stack for logins was found, so nothing tells whether accounts are locked")


def _lock(files: Bundle, service: str, lines: list[Line]) -> Lock:
    places = [place for place, line in enumerate(lines) if line.module in _MODULES]
    if not places:
        return Lock(service, 0, why="no module of its PAM stack locks accounts")
    if lines[places[0]].module != "pam_faillock":
        return _tally(service, lines, places[0])
    refusing = [p for p in places if {"preauth", "authsucc"} & set(lines[p].arguments)]
    counting = [p for p in places if "authfail" in lines[p].arguments]
    if why := _broken(lines, refusing, counting):
        return Lock(service, 0, why=why)
    unix = _unix(lines)
    options = [_options(files, lines[p]) for p in refusing if _effective(lines, p, unix)]
    locking = [option for option in options if option.deny]
    doubts = [*(option.doubt for option in options), *(skipped(lines, place) for place in [*refusing, *counting])]
    # Where two places refuse with different numbers, only the larger is certain to lock.
    return Lock(
        service,
        max((option.deny for option in locking), default=0),
        min((option.unlock for option in locking if option.unlock), default=0),
        bool(locking) and all(option.root for option in locking),
        why="" if locking else "deny is 0",
        doubt=next((doubt for doubt in doubts if doubt), ""),
        interval=min((option.interval for option in locking), default=900),
    )


def _broken(lines: list[Line], refusing: list[int], counting: list[int]) -> str:
    unix = _unix(lines)
    if not counting:
        return "pam_faillock has no authfail line, so that nothing is counted"
    if not any(_effective(lines, place, unix) for place in refusing):
        return "pam_faillock has no preauth or authsucc line that refuses, so that nobody is locked"
    if unix is not None and lines[unix].on("auth_err") == "die" and counting[0] > unix:
        return "pam_unix ends the stack on a wrong password, before authfail counts it"
    return ""


def _unix(lines: list[Line]) -> int | None:
    return next((place for place, line in enumerate(lines) if line.module == "pam_unix"), None)


def _effective(lines: list[Line], place: int, unix: int | None) -> bool:
    line = lines[place]
    if "authsucc" in line.arguments:
        return True
    return line.refuses and (unix is None or place < unix)


def _options(files: Bundle, line: Line) -> Lock:
    values = {"deny": 3, "unlock_time": 600, "even_deny_root": 0, "root_unlock_time": -1, "fail_interval": 900}
    conf = line.argument("conf")
    text = files.get(conf) if conf else files.first(_CONF, f"/usr{_CONF}")
    doubt = f"pam_faillock reads {conf}, which was not read" if conf and text is None else ""
    for row in (text or "").split("\n"):
        told = re.match(r"\s*([^\s=]+)[\s=]*(.*)", row.partition("#")[0])
        if told:
            _take(values, told[1], told[2].strip())
    for argument in line.arguments:
        name, _, value = argument.partition("=")
        _take(values, name, value)
    root = bool(values["even_deny_root"])
    return Lock("", values["deny"], values["unlock_time"], root, doubt=doubt, interval=values["fail_interval"])


def _take(values: dict[str, int], name: str, value: str) -> None:
    """Set a value as pam_faillock does: the digits at the beginning count, a bad number leaves what was."""
    digits = re.match(r"[0-9]{1,18}", value)
    if name == "even_deny_root":
        values[name] = 1
    elif name in {"unlock_time", "root_unlock_time"} and value == "never":
        values[name] = 0
    elif name in values and digits:
        values[name] = int(digits[0])
    elif name == "deny" and value.startswith("-"):
        values[name] = 65535  # read as an unsigned short


def _count(text: str | None) -> int:
    return int(text) if text and re.fullmatch("[0-9]{1,18}", text) else 0


def _tally(service: str, lines: list[Line], place: int) -> Lock:
    line = lines[place]
    deny, unlock = _count(line.argument("deny")), _count(line.argument("unlock_time"))
    why = "" if deny else f"{line.module} has no deny"
    if not line.refuses:
        deny, why = 0, f"{line.module} is {line.control}, so that its refusal does not count"
    return Lock(service, deny, unlock, "even_deny_root" in line.arguments, why, skipped(lines, place), interval=0)
