"""What engineers work from: asset by asset, each violation with what was found, wanted and seen."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from auditor.errors import AuditorError
from auditor.model.asset import Asset
from auditor.model.check import Check, Violation, shown
from auditor.model.evidence import Evidence
from auditor.model.finding import Finding, finding_id
from auditor.model.policy import Control
from auditor.model.result import Result, Verdict
from auditor.reports.audited import Audited
from auditor.reports.visible import excerpt

_UNDECIDED: Final = (Verdict.ERROR, Verdict.UNKNOWN, Verdict.MANUAL)


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
class AssetDetails:
    """What became of every demand on one asset. `problem` says why it gave no answer."""

    name: str
    number: int  # in the report, from 1: what links point to, since names may hold anything
    asset: Asset | None
    problem: str
    counts: Mapping[Verdict, int]
    failed: tuple[Failed, ...]
    undecided: tuple[Open, ...]

    @property
    def worst(self) -> str:
        """Return the highest severity of a demand that is not met, or an empty text."""
        return self.failed[0].result.severity.value if self.failed else ""


def details(audited: Audited) -> list[AssetDetails]:
    """Return every asset of the audit, by name as the inventory lists them; those that it no longer lists come last."""
    assets = {asset.name: asset for asset in audited.inventory}
    results: dict[str, list[Result]] = {name: [] for name in assets if name in audited.asked}
    results |= {name: [] for name in sorted(audited.asked - assets.keys())}
    for result in audited.results:
        results.setdefault(result.asset, []).append(result)
    reader = _Reader(audited)
    return [
        AssetDetails(
            name=name,
            number=number,
            asset=assets.get(name),
            problem=audited.unreached.get(name, ""),
            counts=Counter(result.verdict for result in about),
            failed=tuple(reader.failed(about)),
            undecided=tuple(reader.undecided(about)),
        )
        for number, (name, about) in enumerate(results.items(), 1)
    ]


class _Reader:
    """Looks up what stands around a result."""

    def __init__(self, audited: Audited) -> None:
        self._audited = audited
        self._controls = {control.id: control for control in audited.policy.controls}
        self._findings = {(one.asset, one.check, one.subject): one for one in audited.findings}

    def failed(self, results: Iterable[Result]) -> Iterator[Failed]:
        texts: dict[str, str | AuditorError] = {}  # of one asset, whose results share evidence
        for result in sorted(results, key=lambda one: (-one.severity.rank, one.check, one.control)):
            if result.verdict is Verdict.FAIL:
                places = tuple(self._place(result, violation) for violation in result.violations)
                words = [word for place in places for word in _words(place)]
                yield Failed(
                    result=result,
                    check=self._audited.checks.get(result.check),
                    control=self._controls.get(result.control),
                    places=places,
                    seen=tuple(self._seen(evidence, words, texts) for evidence in result.evidence),
                )

    def undecided(self, results: Iterable[Result]) -> Iterator[Open]:
        chosen = [one for one in results if one.verdict in _UNDECIDED or one.undecided]
        for result in sorted(chosen, key=lambda one: (_rank(one.verdict), -one.severity.rank, one.check, one.control)):
            check, control = self._audited.checks.get(result.check), self._controls.get(result.control)
            yield Open(result=result, title=check.title if check else control.title if control else result.control)

    def _place(self, result: Result, violation: Violation) -> Place:
        return Place(
            violation=violation,
            subject=violation.subject,
            found=shown(violation.found),
            wanted=shown(violation.wanted),
            id=finding_id(result.asset, result.check, violation.subject),
            finding=self._findings.get((result.asset, result.check, violation.subject)),
        )

    def _seen(self, evidence: Evidence, words: list[str], texts: dict[str, str | AuditorError]) -> Seen:
        if not evidence.digest:
            return Seen(evidence=evidence)
        if evidence.digest not in texts:
            try:
                texts[evidence.digest] = self._audited.excerpt(evidence.digest)
            except AuditorError as error:
                texts[evidence.digest] = error
        text = texts[evidence.digest]
        if isinstance(text, AuditorError):
            return Seen(evidence=evidence, gone=str(text))
        return Seen(evidence=evidence, lines=excerpt(text, words))


def _words(place: Place) -> Iterator[str]:
    """Yield what a line that shows the violation is likely to hold."""
    yield place.subject
    yield from place.subject.replace("=", " ").replace(":", " ").split()
    if place.found not in {"yes", "no", "not set", "none", "empty"}:
        yield place.found


def _rank(verdict: Verdict) -> int:
    return _UNDECIDED.index(verdict) if verdict in _UNDECIDED else len(_UNDECIDED)
