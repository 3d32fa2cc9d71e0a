"""Who may become another user by su(1): whether PAM limits it to a group.

Sources: pam_wheel(8) (without `group` it is wheel; `deny` turns the meaning round, `trust` lets members in without a
password, `root_only` leaves other targets open), su(1) of util-linux (a login shell has the service su-l).
"""

from dataclasses import dataclass
from typing import Final

from auditor.errors import NotPresent
from auditor.facts.bundle import answered
from auditor.facts.pam import Line, skipped, stack
from auditor.facts.passwords import FILES
from auditor.model.asset import Platform
from auditor.model.probe import Answer, probe

_SERVICES: Final = ("su", "su-l")
_ASKING: Final = frozenset({"pam_unix", "pam_sss", "pam_krb5", "pam_ldap", "pam_winbind"})


@dataclass(frozen=True, slots=True)
class SuService:
    """One service of su: the group whose members alone may use it, or why nobody is kept from it."""

    name: str
    group: str = ""
    why: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Su:
    """The services of su that this host has."""

    services: tuple[SuService, ...]


@probe(FILES, on={Platform.LINUX})
def su(answer: Answer) -> Su:
    """Read the stacks of su. Raises NotPresent where PAM has none for it."""
    files = answered(answer.text)
    found = [(name, lines) for name in _SERVICES if (lines := stack(files, name, "auth")) is not None]
    if not found:
        raise NotPresent("PAM has no service for su here")
    return Su(tuple(_service(name, lines) for name, lines in found))


def _service(name: str, lines: list[Line]) -> SuService:
    asked = next((place for place, line in enumerate(lines) if line.module in _ASKING), len(lines))
    reasons: list[str] = []
    for place, line in enumerate(lines):
        if line.module != "pam_wheel":
            continue
        if not line.refuses:
            reasons.append(f"pam_wheel is {line.control} in {line.file}, so that it keeps nobody out")
        elif {"deny", "root_only"} & set(line.arguments):
            reasons.append(f"pam_wheel in {line.file} lets everybody else in")
        elif place > asked and lines[asked].on("success") == "done":
            reasons.append(f"{lines[asked].module} lets people in before pam_wheel is asked")
        else:
            return SuService(name, line.argument("group") or "wheel", doubt=skipped(lines, place))
    return SuService(name, why=reasons[0] if reasons else "pam_wheel does not stand in its PAM stack")
