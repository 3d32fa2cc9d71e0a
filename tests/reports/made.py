"""A small company's audit, made up by hand: every number in it can be counted on one's fingers."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from auditor.model.asset import Asset, Criticality, Kind, Platform
from auditor.model.check import Check, Fix, Severity, Undecided, Violation, check
from auditor.model.evidence import Evidence, inventory_evidence, text_digest
from auditor.model.finding import Finding, FindingState
from auditor.model.policy import Control, Policy, Waiver
from auditor.model.recommendation import Estimate, Recommendation, Solution, SolutionKind, TaskTemplate
from auditor.model.result import Judged, Result, Verdict, judged_of
from auditor.projects import Terms, propose
from auditor.recommend import recommend
from auditor.reports import Audited
from tests.make import NOW, asset

HOSTILE = "\"><img src=x onerror=alert(1)><script>alert('1')</script>\x1b[31m\u202egnp.exe"
WEEK = timedelta(days=7)

SSHD = "port 22\nlisten 0.0.0.0\npermitrootlogin yes\npasswordauthentication no\n" + "x11forwarding no\n" * 40
CONFIG = (
    f"hostname edge-01\nbanner motd {HOSTILE}\nsnmp-server community <secret default-community:public 1a2b3c4d> RO\n"
)
TEXTS = {text_digest(text): text for text in (SSHD, CONFIG)}


@dataclass(frozen=True)
class Settings:
    """A fact that the made-up checks need."""

    root: str


@check(
    "ssh.root",
    severity=Severity.HIGH,
    fix=Fix("Set PermitRootLogin to no,\nthen reload sshd.", solution="harden-ssh"),
    references=("cis-debian12:5.1.20",),
)
def root_login(ssh: Settings, *, allowed: frozenset[str] = frozenset({"no"})) -> Iterator[Violation]:
    """Root cannot log in over SSH.

    A shared account leaves no trace
    of who acted.
    """
    if ssh.root not in allowed:
        yield Violation("PermitRootLogin", ssh.root, allowed)


@check("snmp.communities", severity=Severity.CRITICAL, fix=Fix("Remove it.", solution="secure-snmp", disruptive=True))
def communities(snmp: Settings) -> Iterator[Violation]:
    """No SNMP community is a well-known word."""
    yield Violation("community public", snmp.root, None)


CHECKS: dict[str, Check] = {"ssh.root": root_login, "snmp.communities": communities}

CONTROLS = (
    Control(
        id="ACC-01",
        title="Nobody logs in as root",
        policy="made",
        satisfies={"frame": ("1.1", "1.2")},
        checks={"ssh.root": {}},
    ),
    Control(
        id="NET-01",
        title="Devices are not read by guessing",
        policy="made",
        satisfies={"frame": ("1.2", "2.1")},
        checks={"snmp.communities": {}},
    ),
    Control(id="ORG-01", title="Visitors are accompanied", policy="made", satisfies={"frame": ("3.1",)}),
    Control(id="OLD-01", title="Tapes are locked away", policy="made", satisfies={"frame": ("4.1",)}),
)
WAIVER = Waiver(
    check="ssh.root",
    assets=frozenset({"db-01"}),
    reason="The vendor's restore tool\nneeds root.",
    approved_by="ciso@acme.example",
    expires=date(2026, 12, 31),
)
POLICY = Policy(id="made", version="2026.1", controls=CONTROLS, waivers=(WAIVER,), digest="d1" * 32)

ASSETS = (
    asset("web-01", owner="web@acme.example", criticality=Criticality.HIGH),
    asset("db-01", owner="db@acme.example"),
    asset("app-01"),
    asset("edge-01", kind=Kind.ROUTER, platform=Platform.CISCO_IOS, addresses=("192.0.2.1", "2001:db8::1")),
    asset("spare-01", kind=Kind.ROUTER, platform=Platform.CISCO_IOS, owner="network@acme.example"),
    asset(HOSTILE, kind=Kind.PHONE, platform=Platform.ANDROID, owner=HOSTILE),
)

SOLUTIONS = {
    id_: Solution(
        id=id_,
        title=title,
        kind=SolutionKind.CONFIGURE,
        summary="One reviewed\nconfiguration.",
        trend="A dated trend.",
        tasks=(TaskTemplate(title="Do it", role="engineering", hours=Estimate(1, 2, 3), per_asset=True),),
    )
    for id_, title in {"harden-ssh": "Set up SSH by one template", "secure-snmp": "Read devices by SNMPv3"}.items()
}


@dataclass(frozen=True, kw_only=True)
class Past:
    """An earlier audit in numbers."""

    id: str
    started_at: datetime
    verdicts: dict[Verdict, int]
    standing: dict[Severity, int]
    policy: str = "made 2026.1"
    policy_digest: str = POLICY.digest
    assets: frozenset[str] = frozenset({"web-01", "db-01", "app-01", "edge-01", HOSTILE})
    reached: int = 4


def seen(name: str, text: str = SSHD, request: str = "sudo sshd -T") -> Evidence:
    return Evidence(
        asset=name, request=request, channel="ssh", asked_at=NOW, digest=text_digest(text), privilege="root"
    )


def silent(name: str) -> Evidence:
    return Evidence(asset=name, request="sudo sshd -T", channel="ssh", asked_at=NOW, problem=f"{HOSTILE} hung up")


def result(name: str, verdict: Verdict, reason: str = "Because it is so.", **changed: object) -> Result:
    fields: dict[str, object] = {
        "control": "ACC-01",
        "check": "ssh.root",
        "evidence": (seen(name),),
        "severity": Severity.HIGH,
        "settings": {"allowed": frozenset({"no", "forced-commands-only"})},
    }
    return Result(asset=name, verdict=verdict, reason=reason, **{**fields, **changed})  # type: ignore[arg-type]


ROOT_YES = Violation("PermitRootLogin", "yes", frozenset({"no"}))
PUBLIC = Violation(f"community {HOSTILE}", HOSTILE, None)

LAST_WEEK = {Verdict.PASS: 2, Verdict.FAIL: 4, Verdict.ERROR: 2, Verdict.NOT_APPLICABLE: 7}

RESULTS = (
    result("web-01", Verdict.FAIL, violations=(ROOT_YES,), undecided=(Undecided("Match Address", "was cut off"),)),
    result("db-01", Verdict.FAIL, violations=(ROOT_YES,)),
    result("app-01", Verdict.PASS),
    result(HOSTILE, Verdict.UNKNOWN, f"{HOSTILE} hung up", evidence=(silent(HOSTILE),)),
    result(
        "edge-01",
        Verdict.FAIL,
        control="NET-01",
        check="snmp.communities",
        violations=(PUBLIC,),
        severity=Severity.CRITICAL,
        evidence=(seen("edge-01", CONFIG, "read the saved configuration; " + "echo a very long request; " * 9),),
    ),
    result("app-01", Verdict.ERROR, "The check failed: ValueError", control="NET-01", check="snmp.communities"),
    result("app-01", Verdict.NOT_APPLICABLE, "It has no agent.", control="NET-01", check="snmp.communities"),
    result("web-01", Verdict.MANUAL, control="ORG-01", check="", evidence=(inventory_evidence(ASSETS[0]),)),
)


def finding(name: str, state: FindingState, **changed: object) -> Finding:
    fields: dict[str, object] = {
        "check": "ssh.root",
        "subject": "PermitRootLogin",
        "control": "ACC-01",
        "severity": Severity.HIGH,
        "found": "yes",
        "wanted": "no",
        "solution": "harden-ssh",
        "first_seen": NOW - WEEK,
        "last_seen": NOW,
    }
    return Finding(asset=name, state=state, **{**fields, **changed})  # type: ignore[arg-type]


LEFT = "The asset left the inventory."
FINDINGS = (
    finding("web-01", FindingState.NEW, first_seen=NOW),
    finding("db-01", FindingState.WAIVED, reason=WAIVER.reason, waived_until=WAIVER.expires, waived_found="yes"),
    finding("app-01", FindingState.FIXED, fixed_at=NOW + timedelta(minutes=1)),
    finding("app-01", FindingState.FIXED, subject="long ago", fixed_at=NOW - WEEK),
    finding(
        "edge-01",
        FindingState.OPEN,
        check="snmp.communities",
        subject=PUBLIC.subject,
        control="NET-01",
        severity=Severity.CRITICAL,
        found=HOSTILE,
        wanted="not set",
        solution="secure-snmp",
    ),
    finding("gone-01", FindingState.NOT_VERIFIED, severity=Severity.LOW, reason="It was not asked any more."),
    finding("left-01", FindingState.RETIRED, retired_at=NOW + timedelta(minutes=1), reason=LEFT),
    finding("left-01", FindingState.RETIRED, subject="long ago", retired_at=NOW - WEEK, reason=LEFT),
)


def texts(digests: Collection[str]) -> dict[str, str]:
    """Return texts of evidence, as the store does."""
    return {digest: TEXTS[digest] for digest in digests if digest in TEXTS}


def advice() -> tuple[Recommendation, ...]:
    return tuple(recommend([one for one in FINDINGS if one.state.stands], SOLUTIONS, POLICY))


def given(results: Iterable[Result]) -> tuple[Judged, ...]:
    """Return results as the store gives them: by asset."""
    ordered = sorted(results, key=lambda one: one.asset)
    return tuple(judged_of(name, (), tuple(about)) for name, about in groupby(ordered, key=lambda one: one.asset))


def audited(**changed: object) -> Audited:
    """Return the audit, with the given fields changed."""
    owners = {one.name: one.owner for one in ASSETS}
    terms = Terms("EUR", 80.0)
    fields: dict[str, object] = {
        "company": "ACME & Sons <Ltd>",
        "audit": "3",
        "policy": POLICY,
        "judged_by": "made 2026.1",
        "judged_digest": POLICY.digest,
        "started_at": NOW,
        "finished_at": NOW + timedelta(minutes=2),
        "newest": True,
        "inventory": ASSETS,
        "asked": frozenset({"web-01", "db-01", "app-01", "edge-01", HOSTILE}),
        "unreached": {HOSTILE: f"{HOSTILE} hung up"},
        "last_answers": {"web-01": NOW, "db-01": NOW, "app-01": NOW, "edge-01": NOW, "spare-01": NOW - WEEK},
        "judged": given(RESULTS),
        "findings": FINDINGS,
        "recommendations": advice(),
        "projects": {one.solution.id: propose(one, owners, terms, today=NOW.date()) for one in advice()},
        "waivers": {"matched": (WAIVER,), "changed": (), "expired": (), "unused": ()},
        "frameworks": {"frame": "The Frame, edition 8"},
        "checks": CHECKS,
        "history": (
            Past(id="1", started_at=NOW - 2 * WEEK, verdicts={Verdict.UNKNOWN: 5}, standing={}, reached=0),
            Past(
                id="2",
                started_at=NOW - WEEK,
                verdicts={Verdict.PASS: 2, Verdict.FAIL: 4, Verdict.ERROR: 2},
                standing={},
            ),
        ),
        "texts": texts,
        "version": "0.0.0",
    }
    return Audited(**{**fields, **changed})  # type: ignore[arg-type]


def nobody(listed: Asset) -> Audited:
    """Return an audit in which the only asset gave no answer and nothing was demanded of it."""
    return replace(
        audited(),
        inventory=(listed,),
        asked=frozenset({listed.name}),
        unreached={listed.name: "no route to host"},
        last_answers={},
        judged=(),
        findings=(),
        recommendations=(),
        projects={},
        waivers={},
        history=(),
        policy=Policy(id="made", version="2026.1", digest=POLICY.digest),
    )
