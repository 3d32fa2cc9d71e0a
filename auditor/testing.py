"""What authors of checks and probes test with: plain values in, verdicts out; no network, no mocks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from auditor.errors import AuditorError, FactError, Place, UsageError
from auditor.evaluate import judge
from auditor.model.asset import Access, Asset, Channel, Kind, Platform
from auditor.model.check import Check
from auditor.model.evidence import Absent, Evidence, Knowledge, Known, Unknown
from auditor.model.policy import Control, Demand
from auditor.model.probe import Answer, Probe, Request
from auditor.model.result import Result, Verdict
from auditor.plugins import Content, load_content
from auditor.workspace import Workspace

NOW: Final = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SEEN: Final = Evidence(asset="web-01", request="a recorded answer", channel="ssh", asked_at=NOW, digest="0" * 64)
UNKNOWN: Final = Unknown("the answer was cut off", (SEEN,))
ABSENT: Final = Absent("there is no such thing here", (SEEN,))


def an_asset(name: str = "web-01", **changed: object) -> Asset:
    """Return a Linux server reachable by SSH, with the given fields changed."""
    fields: dict[str, object] = {
        "name": name,
        "kind": Kind.SERVER,
        "platform": Platform.LINUX,
        "addresses": ("192.0.2.10",),
        "accesses": (Access(channel=Channel.SSH),),
        "declared_at": Place("inventory/example.yaml", 3),
    }
    return Asset(**{**fields, **changed})  # type: ignore[arg-type]


def an_answer(text: str, request: Request, **changed: object) -> Answer:
    """Return what an asset said to a request."""
    fields: dict[str, object] = {"channel": request.channels[0], "asked_at": NOW, "exit_status": 0}
    return Answer(request=request, text=text, **{**fields, **changed})  # type: ignore[arg-type]


def answer_to(probe: Probe[object], *texts: str, **changed: object) -> list[Answer]:
    """Return answers to a probe's requests, one text each."""
    return [an_answer(text, one, **changed) for text, one in zip(texts, probe.requests, strict=True)]


def why_not(probe: Probe[object], *texts: str) -> str | None:
    """Return why a probe reads no fact out of these texts, or None when it does read one."""
    try:
        probe.read(*answer_to(probe, *texts))
    except FactError as why:
        return str(why)
    return None


def judged(check: Check, *facts: object, **settings: object) -> Result:
    """Return the verdict of a check on facts given as plain values, as UNKNOWN or as ABSENT."""
    kinds = {kind: _known(value) for kind, value in zip(check.needs.values(), facts, strict=True)}
    control = Control(id="T-1", title="A control", policy="test")
    return judge(Demand(control=control, check=check, settings=settings), an_asset(), kinds.__getitem__)


def subjects(result: Result) -> tuple[str, ...]:
    """Return where the violations are."""
    return tuple(violation.subject for violation in result.violations)


@dataclass(frozen=True)
class Case:
    """Facts and settings for a check, and the verdict that is right; `at` names the subjects of the violations.

    `facts` are plain values, in the order in which the check takes them, or the folder of a recording that
    `auditor evidence record` wrote: then they are read out of its answers, by the probes that are in force there.
    """

    check: Check
    facts: tuple[object, ...] | Path
    verdict: Verdict
    at: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    why: str = ""

    def __str__(self) -> str:
        """Return the test's name."""
        recorded = f" on {self.facts.name}" if isinstance(self.facts, Path) else ""
        return f"{self.check.id}{recorded}: {self.verdict}" + (f" when {self.why}" if self.why else "")

    def judged(self) -> Result:
        """Return what the check says. Raises AuditorError for a recording that cannot be judged."""
        if isinstance(self.facts, Path):
            return judged_on(self.facts, self.check.id, self.settings)
        return judged(self.check, *self.facts, **self.settings)

    def difference(self) -> str:
        """Return how the verdict, or where the violations are, differs from what is right; "" when it does not."""
        needs = [fact.__name__ for fact in self.check.needs.values()]
        if not isinstance(self.facts, Path) and len(self.facts) != len(needs):
            return f"the case gives {len(self.facts)} facts, and the check takes {', '.join(needs)}"
        try:
            result = self.judged()
        except AuditorError as problem:
            return str(problem)
        if result.verdict is not self.verdict:
            return f"{self.verdict} is right, and it says {result.verdict}: {result.reason}"
        if self.at and self.at != subjects(result):
            return f"it fails at {', '.join(subjects(result))}, and not at {', '.join(self.at)}"
        return ""

    def assert_right(self) -> None:
        """Judge, and compare verdict and subjects."""
        assert self.difference() == ""


def wrong(cases: Iterable[Case]) -> list[str]:
    """Return each case whose verdict is not the right one, and how it differs: nothing, where all is well."""
    return [f"{case}: {difference}" for case in cases if (difference := case.difference())]


def names(cases: Iterable[Case]) -> list[str]:
    """Return the cases' names, for pytest's ids."""
    return [str(case) for case in cases]


def _known(value: object) -> Knowledge:
    return value if isinstance(value, Known | Unknown | Absent) else Known(value, (SEEN,))


def judged_on(recording: Path, check_id: str, settings: Mapping[str, object]) -> Result:
    """Return the verdict of a check on a recorded asset, by what is in force in the workspace around the recording.

    Raises UsageError when there is no such check, and Unreachable when the recording cannot be read.
    """
    from auditor.recording import replay  # noqa: PLC0415  (a second of CPU, which cases of plain values need not spend)

    workspace, content = _content(Workspace.find(recording.parent).root)
    check = content.check(check_id)
    if check is None:
        raise UsageError(f"there is no check {check_id} in {workspace.root} or among those that ship")
    demand = Demand(control=Control(id="T-1", title="A control", policy="test"), check=check, settings=settings)
    return replay(recording, [demand], content, intel=workspace.intel).results[0]


@cache
def _content(root: Path) -> tuple[Workspace, Content]:
    workspace = Workspace(root)
    return workspace, load_content(workspace)
