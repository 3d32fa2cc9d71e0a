"""What store tests save: an asset's answers and results, with the given fields changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from auditor.model.asset import Asset
from auditor.model.check import Severity, Value, Violation
from auditor.model.evidence import Evidence, evidence_of
from auditor.model.finding import Finding, FindingState
from auditor.model.probe import Answer, Request, Shell
from auditor.model.result import Result, Verdict
from auditor.store.records import AuditPlan
from tests.make import NOW, answer, asset

SSHD = Shell("sshd -T", privileged=True)
OS_RELEASE = Shell("cat /etc/os-release")


@dataclass(frozen=True)
class Collected:
    """What one asset said, as collecting gives it."""

    asset: Asset
    answers: Mapping[Request, Answer] = field(default_factory=dict)
    reached: bool = True
    problem: str = ""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return tuple(evidence_of(self.asset.name, given) for given in self.answers.values())


def plan(*assets: str, **changed: str) -> AuditPlan:
    fields = {"policy": "baseline", "policy_version": "1", "policy_digest": "p", "inventory_digest": "i", **changed}
    return AuditPlan(assets=frozenset(assets), **fields)


def said(name: str = "web-01", text: str = "permitrootlogin yes\n", at: datetime = NOW) -> Collected:
    given = [answer(text, SSHD, asked_at=at, privilege="root"), answer("ID=debian\n", OS_RELEASE, asked_at=at)]
    return Collected(asset(name), {one.request: one for one in given})


def silent(name: str = "web-01") -> Collected:
    lost = answer("", SSHD, exit_status=None, problem="no route to host")
    return Collected(asset(name), {SSHD: lost}, reached=False, problem="no route to host")


def passed(collected: Collected, check: str = "ssh.root-login") -> Result:
    return judged(collected, check, verdict=Verdict.PASS, reason="Root cannot log in over SSH.")


def failed(collected: Collected, found: Value = "yes", check: str = "ssh.root-login") -> Result:
    violation = Violation("PermitRootLogin", found, frozenset({"no"}))
    return judged(collected, check, verdict=Verdict.FAIL, reason="Not met: PermitRootLogin.", violations=(violation,))


def judged(collected: Collected, check: str, **changed: object) -> Result:
    fields: dict[str, object] = {
        "asset": collected.asset.name,
        "control": "ACC-01",
        "check": check,
        "evidence": collected.evidence,
        "severity": Severity.HIGH,
        "settings": {"allowed": frozenset({"no"})},
    }
    return Result(**{**fields, **changed})  # type: ignore[arg-type]


def finding(name: str = "web-01", subject: str = "PermitRootLogin", **changed: object) -> Finding:
    fields: dict[str, object] = {
        "asset": name,
        "check": "ssh.root-login",
        "subject": subject,
        "control": "ACC-01",
        "state": FindingState.NEW,
        "severity": Severity.HIGH,
        "found": "yes",
        "wanted": "no",
        "solution": "harden-ssh",
        "first_seen": NOW,
        "last_seen": NOW,
    }
    return Finding(**{**fields, **changed})  # type: ignore[arg-type]


def both(results: Sequence[Result]) -> list[tuple[str, Verdict]]:
    return [(result.asset, result.verdict) for result in results]
