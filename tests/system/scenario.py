"""One change to the good root, and which verdicts are right afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.model.result import Verdict

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
Settings = Mapping[str, object]
WRITTEN: Final[Settings] = {"view": "effective and written"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A bash script that changes the good root, a check, and the verdict that is right.

    `without` is the verdict that is right without privilege: None where it is the same, or `unknown` where what the
    check rests on is root's to see, which depends on the release of what is asked.
    """

    check: str
    does: str
    verdict: Verdict
    settings: Settings = field(default_factory=dict)
    without: Verdict | None = None
    why: str = ""

    @property
    def name(self) -> str:
        """Return what tells it from others."""
        return f"{self.check} {self.verdict.value}: {self.why or self.does.splitlines()[0]}"[:120]


def fails(
    check: str, does: str, settings: Settings | None = None, without: Verdict | None = None, why: str = ""
) -> Scenario:
    """Return a scenario that breaks what a check demands."""
    return Scenario(check, does, FAIL, settings or {}, without, why)


def passes(
    check: str, does: str, settings: Settings | None = None, without: Verdict | None = None, why: str = ""
) -> Scenario:
    """Return a scenario that meets what a check demands in another way than the good root does."""
    return Scenario(check, does, PASS, settings or {}, without, why)


def unknown(check: str, does: str, settings: Settings | None = None, why: str = "") -> Scenario:
    """Return a scenario in which not even root can tell."""
    return Scenario(check, does, UNKNOWN, settings or {}, None, why)
