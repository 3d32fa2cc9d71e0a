"""What pam_unix is told: whether it lets empty passwords in, and whether it stores the password that was checked.

Sources: pam_unix(8) (`nullok` lets in whoever has an empty password field; without `use_authtok` it may ask for a new
password itself, which the modules before it did not see), pam_pwhistory(8).
"""

from dataclasses import dataclass
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.bundle import Bundle, read
from auditor.facts.pam import Kind, Line, stack
from auditor.facts.passwords import FILES
from auditor.model.asset import Platform
from auditor.model.probe import Answer, probe

_LOGINS: Final = ("login", "sshd", "su", "sudo", "common-auth", "system-auth", "password-auth")
_CHANGES: Final = ("passwd", "common-password", "system-auth", "password-auth")
_CHECKING: Final = frozenset({"pam_pwquality", "pam_cracklib", "pam_passwdqc", "pam_pwhistory"})
_TAKING: Final = frozenset({"pam_unix", "pam_pwhistory"})


@dataclass(frozen=True, slots=True)
class PamUnix:
    """Services by name: those that let empty passwords in, and modules that may store a password nobody checked.

    `asks_anew` has service and module. `logins` and `changes` are the services that were seen.
    """

    logins: tuple[str, ...]
    changes: tuple[str, ...]
    empty: tuple[str, ...] = ()
    asks_anew: tuple[tuple[str, str], ...] = ()


@probe(FILES, on={Platform.LINUX})
def pam_unix(answer: Answer) -> PamUnix:
    """Read the stacks. Raises Unreadable on a host without PAM."""
    files = read(answer.text)
    logins, changes = _stacks(files, _LOGINS, "auth"), _stacks(files, _CHANGES, "password")
    if not logins or not changes:
        raise Unreadable("no PAM stack for logins was found, so nothing tells how passwords are taken")
    return PamUnix(
        tuple(logins),
        tuple(changes),
        tuple(name for name, lines in logins.items() if any(_lets_empty_in(line) for line in lines)),
        tuple((name, module) for name, lines in changes.items() for module in _asking_anew(lines)),
    )


def _stacks(files: Bundle, services: tuple[str, ...], kind: Kind) -> dict[str, list[Line]]:
    found = {name: stack(files, name, kind) for name in services}
    return {name: lines for name, lines in found.items() if lines}


def _lets_empty_in(line: Line) -> bool:
    return line.module == "pam_unix" and bool({"nullok", "nullok_secure"} & set(line.arguments))


def _asking_anew(lines: list[Line]) -> list[str]:
    """Return the modules that stand after one that checks new passwords, and do not have to take the one it checked."""
    checked = next((place for place, line in enumerate(lines) if line.module in _CHECKING), len(lines))
    later = lines[checked + 1 :]
    return [line.module for line in later if line.module in _TAKING and "use_authtok" not in line.arguments]
