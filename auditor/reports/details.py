"""What engineers work from: asset by asset, each violation with what was found, wanted and seen."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from auditor.errors import AuditorError, UsageError
from auditor.model.asset import Asset
from auditor.model.check import Check, Violation
from auditor.model.evidence import Evidence
from auditor.model.finding import Finding, finding_id
from auditor.model.policy import Control
from auditor.model.result import Judged, Judgement, Result, Verdict
from auditor.reports.alike import Alike, Failing, Wording
from auditor.reports.audited import Audited
from auditor.reports.visible import excerpt

_MOST_EXCERPTS: Final = 4000  # kept for the next asset that gave the same answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A piece of evidence with the lines of it that matter. `gone` says why they cannot be shown."""

    evidence: Evidence
    lines: tuple[str, ...] = ()
    gone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One violation as a person reads it, and the finding that follows it over time, if one does."""

    violation: Violation
    subject: str
    found: str
    wanted: str
    id: str
    finding: Finding | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A demand that is not met. `check` or `control` is None when this workspace no longer has it."""

    result: Result
    check: Check | None
    control: Control | None
    places: tuple[Place, ...]
    seen: tuple[Seen, ...]

    @property
    def title(self) -> str:
        """Return the compliant state."""
        return self.check.title if self.check else self.result.check


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A demand that was not decided, and why."""

    result: Result
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRow:
    """An asset of the audit in numbers. `problem` says why it gave no answer."""

    name: str
    number: int  # in the report, from 1: what links point to, since names may hold anything
    asset: Asset | None  # None when the inventory no longer lists it
    problem: str
    counts: Mapping[Verdict, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDetails(AssetRow):
    """What became of every demand on one asset."""

    failed: tuple[Failed, ...]
    undecided: tuple[Open, ...]

    @property
    def worst(self) -> str:
        """Return the highest severity of a demand that is not met, or an empty text."""
        return self.failed[0].result.severity.value if self.failed else ""


class Reader:
    """Looks up what stands around the judgements of one asset after the other."""

    def __init__(self, audited: Audited) -> None:
        """Read the texts of evidence through this audit."""
        self._audited = audited
        self._controls = {control.id: control for control in audited.policy.controls}
        self._findings = {(one.asset, one.check, one.subject): one for one in audited.findings}
        self._excerpts: OrderedDict[tuple[str, tuple[str, ...]], tuple[str, ...]] = OrderedDict()

    def failed(self, judged: Judged, alike: Alike) -> tuple[Failed, ...]:
        """Return the demands that an asset does not meet, the severest first."""
        texts = self._texts(judged, alike)
        return tuple([self._failed(judged, failing, texts) for failing in alike.failed])

    def undecided(self, judged: Judged, alike: Alike) -> tuple[Open, ...]:
        """Return the demands on an asset that were not decided, errors first."""
        return tuple(
            [Open(result=one.on(judged.asset, judged.evidence), title=self._title(one)) for one in alike.undecided]
        )

    def _title(self, judgement: Judgement) -> str:
        check, control = self._audited.checks.get(judgement.check), self._controls.get(judgement.control)
        return check.title if check else control.title if control else judgement.control

    def _failed(self, judged: Judged, failing: Failing, texts: dict[str, str | AuditorError]) -> Failed:
        result = failing.judgement.on(judged.asset, judged.evidence)
        return Failed(
            result=result,
            check=self._audited.checks.get(result.check),
            control=self._controls.get(result.control),
            places=tuple([self._place(result, wording) for wording in failing.wordings]),
            seen=tuple([self._seen(one, failing.words, texts) for one in result.evidence]),
        )

    def _place(self, result: Result, wording: Wording) -> Place:
        subject = wording.violation.subject
        return Place(
            violation=wording.violation,
            subject=subject,
            found=wording.found,
            wanted=wording.wanted,
            id=finding_id(result.asset, result.check, subject),
            finding=self._findings.get((result.asset, result.check, subject)),
        )

    def _seen(self, evidence: Evidence, words: tuple[str, ...], texts: dict[str, str | AuditorError]) -> Seen:
        if not evidence.digest:
            return Seen(evidence=evidence)
        known = self._excerpts.get((evidence.digest, words))
        if known is None:
            text = self._text(evidence.digest, texts)
            if isinstance(text, AuditorError):
                return Seen(evidence=evidence, gone=str(text))
            known = self._excerpts[evidence.digest, words] = excerpt(text, words)
            if len(self._excerpts) > _MOST_EXCERPTS:
                self._excerpts.popitem(last=False)
        return Seen(evidence=evidence, lines=known)

    def _texts(self, judged: Judged, alike: Alike) -> dict[str, str | AuditorError]:
        """Return the texts that an asset's excerpts are taken from: read all at once, a report takes half the time."""
        wanted = {
            judged.evidence[place].digest
            for failing in alike.failed
            for place in failing.judgement.at
            if (judged.evidence[place].digest, failing.words) not in self._excerpts
        }
        try:
            return dict(self._audited.texts(wanted - {""}))
        except AuditorError:
            return {}  # each is read alone then, and the damaged one says so

    def _text(self, digest: str, texts: dict[str, str | AuditorError]) -> str | AuditorError:
        if digest not in texts:
            try:
                found = self._audited.texts([digest])
                texts[digest] = found.get(digest) or UsageError(f"No evidence with the digest {digest} is stored.")
            except AuditorError as error:
                texts[digest] = error
        return texts[digest]
