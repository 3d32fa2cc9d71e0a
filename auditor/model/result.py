"""What became of a demand: a verdict that cannot be built without evidence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.model.check import Severity, Undecided, Violation
from auditor.model.evidence import Evidence


class Verdict(StrEnum):
    """The six things that can become of a demand. Only the first two are decisions."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NOT_APPLICABLE = "not-applicable"
    MANUAL = "manual"
    UNKNOWN = "unknown"
    ERROR = "error"

    @property
    def decided(self) -> bool:
        """Whether the demand was answered by a machine: coverage counts these."""
        return self in {Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The verdict on one demand, why, and the evidence it rests on."""

    asset: str
    control: str
    check: str  # "" for a manual control
    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...]
    severity: Severity
    violations: tuple[Violation, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a verdict that nothing stands behind."""
        if not self.evidence:
            raise ValueError(f"{self.check or self.control} on {self.asset}: a verdict needs evidence")
        if not self.reason:
            raise ValueError(f"{self.check or self.control} on {self.asset}: a verdict needs a reason")
        if (self.verdict is Verdict.FAIL) != bool(self.violations):
            raise ValueError(f"{self.check} on {self.asset}: a fail has violations, and nothing else has")
        if self.verdict is Verdict.PASS and not any(seen.digest or seen.origin for seen in self.evidence):
            raise ValueError(f"{self.check} on {self.asset}: a pass needs an answer, not an attempt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A result without its asset: one value for all assets that were demanded the same and answered the same.

    `at` has the places of its evidence in the asset's own list.
    """

    control: str
    check: str
    verdict: Verdict
    reason: str
    at: tuple[int, ...]
    severity: Severity
    violations: tuple[Violation, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)

    def on(self, asset: str, evidence: tuple[Evidence, ...]) -> Result:
        """Return the result on one asset."""
        return Result(
            asset=asset,
            control=self.control,
            check=self.check,
            verdict=self.verdict,
            reason=self.reason,
            evidence=tuple([evidence[place] for place in self.at]),
            severity=self.severity,
            violations=self.violations,
            undecided=self.undecided,
            settings=self.settings,
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of all demands on one asset. Assets that answered alike share one tuple of judgements."""

    asset: str
    judgements: tuple[Judgement, ...]
    evidence: tuple[Evidence, ...]  # what was asked, in the order of asking, then what else the judgements rest on

    @property
    def results(self) -> Iterator[Result]:
        """Give the results, in the policy's order."""
        return (judgement.on(self.asset, self.evidence) for judgement in self.judgements)


def judged_of(asset: str, seen: Iterable[Evidence], results: Sequence[Result]) -> Judged:
    """Return results of one asset as what they share and what is its own."""
    places: dict[Evidence, int] = {}
    for one in seen:
        places.setdefault(one, len(places))
    at: dict[int, tuple[int, ...]] = {}  # of tuples of evidence, which results may share and `results` keeps alive
    for result in results:
        if id(result.evidence) not in at:
            at[id(result.evidence)] = tuple([places.setdefault(one, len(places)) for one in result.evidence])
    judgements = tuple([_judgement(result, at[id(result.evidence)]) for result in results])
    return Judged(asset, judgements, tuple(places))


def _judgement(result: Result, at: tuple[int, ...]) -> Judgement:
    return Judgement(
        control=result.control,
        check=result.check,
        verdict=result.verdict,
        reason=result.reason,
        at=at,
        severity=result.severity,
        violations=result.violations,
        undecided=result.undecided,
        settings=result.settings,
    )
