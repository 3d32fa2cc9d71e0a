"""An audit gone through once, asset by asset, as the store gives it: counted, and only the worst assets kept whole."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from auditor.model.result import Judged, Verdict
from auditor.reports.alike import Alike, Cell, Shared, alike
from auditor.reports.audited import Audited
from auditor.reports.details import AssetDetails, AssetRow, Reader
from auditor.reports.passed_over import PassedOver, passed_over

MOST_ASSETS: Final = 200  # with all their details on one page; a browser takes seconds for a few thousand


class Teller(Protocol):
    """Somebody who is told of every asset, and keeps what he needs of it."""

    def __call__(self, judged: Judged, details: AssetDetails) -> None:
        """Be told what became of the demands on one asset."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one pass over an audit leaves: its size grows with the number of assets, not of results."""

    cells: Mapping[Cell, int]  # results by control, check and verdict
    rows: tuple[AssetRow, ...]  # every asset, as the inventory lists them; those that it no longer lists come last
    assets: tuple[AssetDetails, ...]  # the same in full; when there are more than 200, the 200 worst, worst first
    passed_over: PassedOver
    knowledge: tuple[tuple[str, str], ...] = ()  # what results rest on that was not asked: what it is, whose, of when

    @property
    def verdicts(self) -> dict[Verdict, int]:
        """Return how many results have each verdict."""
        counts: Counter[Verdict] = Counter()
        for (_, _, verdict), number in self.cells.items():
            counts[verdict] += number
        return {verdict: counts[verdict] for verdict in Verdict}

    @property
    def by_control(self) -> dict[str, set[Verdict]]:
        """Return the verdicts that there are on each control."""
        found: dict[str, set[Verdict]] = {}
        for control, _, verdict in self.cells:
            found.setdefault(control, set()).add(verdict)
        return found


def tally(audited: Audited, *tellers: Teller) -> Tally:
    """Return an audit counted, and tell of each asset on the way."""
    cells: Counter[Cell] = Counter()
    worst: list[tuple[tuple[int, ...], int, AssetDetails]] = []
    rows: list[AssetRow] = []
    seen: list[tuple[str, str]] = []
    knowledge: set[tuple[str, str]] = set()
    for judged, common, details in _through(audited):
        cells.update(common.cells)
        seen += {(judged.asset, problem) for one in judged.evidence if (problem := one.problem)}
        knowledge.update((one.request, one.origin) for one in judged.evidence if one.channel == "intel")
        rows.append(_row(details))
        entry = (common.weight, -details.number, details)
        (heapq.heappush if len(worst) < MOST_ASSETS else heapq.heappushpop)(worst, entry)
        for tell in tellers:
            tell(judged, details)
    ordered = sorted(worst, key=lambda one: one[2].number)
    if len(rows) > MOST_ASSETS:
        ordered.sort(key=lambda one: one[0], reverse=True)
    return Tally(
        cells=cells,
        rows=tuple(sorted(rows, key=lambda row: row.number)),
        assets=tuple(details for _, _, details in ordered),
        passed_over=passed_over([*seen, *audited.unreached.items()]),
        knowledge=tuple(sorted(knowledge)),
    )


def _through(audited: Audited) -> Iterator[tuple[Judged, Alike, AssetDetails]]:
    """Give each asset of the audit with its details; those of which there is nothing come last."""
    assets = {asset.name: asset for asset in audited.inventory}
    names = [name for name in assets if name in audited.asked] + sorted(audited.asked - assets.keys())
    numbers = {name: number for number, name in enumerate(names, 1)}
    common, reader = Shared(alike), Reader(audited)
    for judged in _each(audited, names):
        shared = common.of(judged.judgements)
        details = AssetDetails(
            name=judged.asset,
            number=numbers.setdefault(judged.asset, len(numbers) + 1),
            asset=assets.get(judged.asset),
            problem=audited.unreached.get(judged.asset, ""),
            counts=shared.counts,
            failed=reader.failed(judged, shared),
            undecided=reader.undecided(judged, shared),
        )
        yield judged, shared, details


def _each(audited: Audited, names: Iterable[str]) -> Iterator[Judged]:
    """Give every asset once: those with results as they come, then those without."""
    missing = dict.fromkeys(names)
    for judged in audited.judged:
        missing.pop(judged.asset, None)
        yield judged
    for name in missing:
        yield Judged(name, (), ())


def _row(details: AssetDetails) -> AssetRow:
    """Return an asset without its details."""
    return AssetRow(
        name=details.name,
        number=details.number,
        asset=details.asset,
        problem=details.problem,
        counts=details.counts,
    )
