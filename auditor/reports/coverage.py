"""What an audit could see: the first numbers of every report. No score stands without them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from auditor.model.asset import Asset
from auditor.model.check import Severity
from auditor.model.result import Verdict
from auditor.reports.audited import Audited


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """An asset of which the audit learned nothing, and why. `asset` is None once the inventory no longer lists it."""

    name: str
    asset: Asset | None
    reason: str
    asked: bool
    last_answer: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much was decided, of what was demanded, and how many assets answered, of those that there are."""

    demanded: int
    decided: int
    listed: int  # assets in the inventory
    asked: int  # assets of the audit
    reached: int
    unseen: tuple[Unseen, ...]

    @property
    def percent(self) -> int | None:
        """Return the decided share, rounded down so that 100 means all; None when nothing was demanded."""
        return 100 * self.decided // self.demanded if self.demanded else None

    @property
    def never(self) -> tuple[Unseen, ...]:
        """Return the assets that no audit ever got an answer from."""
        return tuple(one for one in self.unseen if one.last_answer is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """Assets of a kind, how many answered, and the findings that stand on them, by severity."""

    kind: str
    listed: int
    reached: int
    affected: int  # assets with a standing finding
    findings: dict[Severity, int]

    @property
    def total(self) -> int:
        """Return how many findings stand."""
        return sum(self.findings.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkRow:
    """How the requirements of a framework fared that the policy maps controls to; each is counted once."""

    id: str
    title: str
    met: int
    not_met: int
    undecided: int
    unasked: int  # no asset of the audit comes under them

    @property
    def named(self) -> int:
        """Return how many requirements the policy names."""
        return self.met + self.not_met + self.undecided + self.unasked

    @property
    def percent(self) -> int:
        """Return the share that was decided, rounded down."""
        return 100 * (self.met + self.not_met) // self.named if self.named else 0


def coverage(audited: Audited, verdicts: Mapping[Verdict, int]) -> Coverage:
    """Return what was decided and who answered."""
    unseen = tuple(_unseen(audited))
    return Coverage(
        demanded=sum(verdicts.values()),
        decided=sum(count for verdict, count in verdicts.items() if verdict.decided),
        listed=len(audited.inventory),
        asked=len(audited.asked),
        reached=len(audited.asked - audited.unreached.keys()),
        unseen=unseen,
    )


def by_kind(audited: Audited) -> list[KindRow]:
    """Return the standing findings by kind of asset, the worst kind first; kinds without a finding are there too."""
    kinds = {asset.name: asset.kind.value for asset in audited.inventory}
    listed = Counter(kinds.values())
    reached = Counter(kinds[name] for name in audited.asked - audited.unreached.keys() if name in kinds)
    counts: dict[str, Counter[Severity]] = {kind: Counter() for kind in listed}
    affected: dict[str, set[str]] = {kind: set() for kind in listed}
    for finding in audited.findings:
        if finding.state.stands:
            kind = kinds.get(finding.asset, "no longer listed")
            counts.setdefault(kind, Counter())[finding.severity] += 1
            affected.setdefault(kind, set()).add(finding.asset)
    rows = [
        KindRow(
            kind=kind,
            listed=listed[kind],
            reached=reached[kind],
            affected=len(affected[kind]),
            findings={severity: found[severity] for severity in reversed(Severity)},
        )
        for kind, found in counts.items()
    ]
    return sorted(rows, key=lambda row: ([-count for count in row.findings.values()], row.kind))


def by_framework(audited: Audited, verdicts: Mapping[str, set[Verdict]]) -> list[FrameworkRow]:
    """Return how the requirements fared that controls satisfy, by the verdicts that there are on each control.

    A requirement is met when all its demands are.
    """
    named: dict[str, dict[str, set[Verdict]]] = {}
    for control in audited.policy.controls:
        for framework, ids in control.satisfies.items():
            for requirement in ids:
                fared = named.setdefault(framework, {}).setdefault(requirement, set())
                fared |= verdicts.get(control.id, set())
    return [_framework(id_, audited.frameworks.get(id_, id_), named[id_].values()) for id_ in sorted(named)]


def _framework(id_: str, title: str, requirements: Iterable[set[Verdict]]) -> FrameworkRow:
    fared = Counter(map(_fared, requirements))
    return FrameworkRow(
        id=id_,
        title=title,
        met=fared["met"],
        not_met=fared["not met"],
        undecided=fared["undecided"],
        unasked=fared["unasked"],
    )


def _fared(verdicts: set[Verdict]) -> str:
    if Verdict.FAIL in verdicts:
        return "not met"
    if any(not verdict.decided for verdict in verdicts):
        return "undecided"
    # Where nothing but "not applicable" came back, nobody saw the requirement being met.
    return "met" if Verdict.PASS in verdicts else "unasked"


def _unseen(audited: Audited) -> Iterable[Unseen]:
    assets = {asset.name: asset for asset in audited.inventory}
    for name in [*assets, *sorted(audited.asked - assets.keys())]:
        asked = name in audited.asked
        if asked and name not in audited.unreached:
            continue
        yield Unseen(
            name=name,
            asset=assets.get(name),
            reason=audited.unreached.get(name) or ("gave no answer" if asked else "was not part of this audit"),
            asked=asked,
            last_answer=audited.last_answers.get(name),
        )
