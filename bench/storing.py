"""Store, reconcile and finish an audit of a made-up fleet, and say what that costs in CPU seconds of this process.

    python -m bench.storing --assets 10000 --builds 100
    python -m bench.storing --assets 2000 --distinct
    python -m bench.storing --growth --assets 2000 --weeks 52

Nothing is asked and nothing judged: the verdicts are made up, and what follows judging is measured. Assets of one build
answer alike and share their judgements, as the pipeline has it; `--distinct` gives every asset texts and judgements of
its own. `--growth` audits once a week, with some verdicts and their evidence changing on each asset by itself, and says
which table grew by how much and how long histories take to read. `--json` is for keeping.
"""

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from auditor.findings import Retiring, reconcile
from auditor.model.asset import Asset, Channel
from auditor.model.check import Severity, Violation
from auditor.model.evidence import Evidence, text_digest
from auditor.model.probe import Answer, Request, Shell
from auditor.model.result import Judged, Judgement, Verdict
from auditor.store.records import AuditPlan
from auditor.store.store import Store
from bench.loopback import machine, memory, size_of

MONDAY = datetime(2026, 1, 5, 2, tzinfo=UTC)
REQUESTS = tuple(Shell(f"show subject {number}", privileged=True) for number in range(40))
SETTINGS = {"allowed": frozenset({"no"}), "at_most": 4}
BATCH = 50

Texts = tuple[str, ...]
Given = tuple[Texts, Texts, tuple[Judgement, ...]]  # texts, their digests, judgements


@dataclass(frozen=True, slots=True)
class Said:
    """What one made-up asset said, as collecting gives it."""

    asset: Asset
    answers: Mapping[Request, Answer]
    reached: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step cost: CPU and wall seconds of this process."""

    what: str
    cpu_seconds: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Audited:
    """What one audit of a fleet cost. Memory is the most that the process had so far, in MiB."""

    what: str
    assets: int
    checks: int
    findings: int
    stored: int
    memory: float
    steps: list[Step]

    def text(self) -> str:
        """Return it as lines for people."""
        head = (
            f"{self.what}: {self.assets} assets x {self.checks} checks, {self.findings} findings, "
            f"{self.stored / 1e6:.1f} MB stored, {self.memory:.0f} MiB at most"
        )
        return "\n".join([head, *(f"  {one.cpu_seconds:7.2f} s of CPU  {one.what}" for one in self.steps)])


@dataclass(frozen=True, slots=True)
class Grown:
    """How a database grew, in bytes: after each week, and by table with its indices."""

    assets: int
    checks: int
    weeks: int
    changing: float
    volatile: float
    sizes: list[int]
    tables: dict[str, int]
    reading: list[Step]

    @property
    def besides(self) -> int:
        """Return the bytes of all but the evidence texts."""
        return sum(size for name, size in self.tables.items() if name != "evidence_text")

    @property
    def year(self) -> float:
        """Return the bytes, besides evidence texts, of 100,000 assets audited 52 times; counts of verdicts do not grow
        with the assets.
        """
        per_audit = self.tables.get("tally", 0) + self.tables.get("audit", 0)
        return ((self.besides - per_audit) * 100_000 / self.assets + per_audit) * 52 / self.weeks

    def text(self) -> str:
        """Return it as lines for people."""
        lines = [
            f"{self.assets} assets x {self.checks} checks x {self.weeks} weeks: {self.sizes[-1] / 1e6:.1f} MB",
            f"  {self.changing:.1%} of the verdicts changed each week, within {self.volatile:.0%} of the checks",
            f"  besides evidence texts {self.besides / 1e6:.1f} MB; 100,000 assets in a year: {self.year / 1e9:.2f} GB",
            *(
                f"  {name}: {size / 1e6:.1f} MB, {size / self.assets / self.weeks:.0f} bytes an asset and audit"
                for name, size in self.tables.items()
                if size > self.besides / 200
            ),
            *(f"  {1000 * one.seconds:.0f} ms for the {one.what}" for one in self.reading),
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Fleet:
    """A made-up fleet; the same arguments make the same fleet."""

    assets: int
    checks: int = 200
    builds: int = 100
    failing: float = 0.1
    distinct: bool = False

    def names(self) -> list[str]:
        """Return the names of its assets."""
        return [f"host-{number:06}" for number in range(self.assets)]

    def given(self) -> Iterator[Given]:
        """Give what every asset said, and what it was judged to be."""
        for number, name in enumerate(self.names()):
            build = number % self.builds
            judgements = _judgements(self.checks, build, self.failing)
            if self.distinct:
                yield *_own_texts(build, name), tuple([replace(one) for one in judgements])
            else:
                yield *_texts(build), judgements


class Drift:
    """A fleet that changes: each week, some verdicts of each asset turn, and with each the text it rests on.

    Only a share of the checks, the same for all, ever changes: updates and accounts do, kernel settings do not.
    """

    def __init__(self, fleet: Fleet, changing: float, volatile: float) -> None:
        """Begin with the fleet as it is."""
        self._now = list(fleet.given())
        self._chance = random.Random(1)
        places = range(fleet.checks)
        self._volatile = self._chance.sample(places, max(1, round(fleet.checks * volatile)))
        self._mean = fleet.checks * changing

    def given(self) -> Iterator[Given]:
        """Give what every asset says this week."""
        return iter(self._now)

    def next_week(self, week: int) -> None:
        """Change every asset by itself."""
        for number, (texts, digests, judgements) in enumerate(self._now):
            told, names, judged = list(texts), list(digests), list(judgements)
            for place in self._chance.sample(self._volatile, self._count()):
                judged[place] = _judgement(place, failed=judged[place].verdict is Verdict.PASS)
                asked = place % len(REQUESTS)
                told[asked] = f"{_texts(0)[0][asked]}net.subject{asked}.changed = {number} {week} {place}\n"
                names[asked] = text_digest(told[asked])
            self._now[number] = tuple(told), tuple(names), tuple(judged)

    def _count(self) -> int:
        """Return how many change, of which the mean may be a fraction."""
        return int(self._mean) + (self._chance.random() < self._mean % 1)


def said(names: Sequence[str], given: Iterator[Given], at: datetime) -> Iterator[tuple[Said, Judged]]:
    """Give what assets say, as collecting and judging give it."""
    for name, (texts, digests, judgements) in zip(names, given, strict=True):
        yield _said(name, texts, at), Judged(name, judgements, _evidence(name, digests, at))


@cache
def _judgements(checks: int, build: int, failing: float) -> tuple[Judgement, ...]:
    chance = random.Random(build)
    return tuple([_judgement(number, failed=chance.random() < failing) for number in range(checks)])


@cache
def _judgement(number: int, *, failed: bool) -> Judgement:
    subject, check = f"setting_{number}", f"subject{number % 40}.rule-{number}"
    found = (Violation(subject, f"value {number}", frozenset({"no", "never"})),) if failed else ()
    return Judgement(
        control=f"CTL-{number // 4:02}",
        check=check,
        verdict=Verdict.FAIL if failed else Verdict.PASS,
        reason=f"Not met: {subject}." if failed else f"Setting {number} is as the company wants it",
        at=(number % 40,),
        severity=Severity.HIGH if number % 3 else Severity.LOW,
        violations=found,
        settings=SETTINGS,
    )


@cache
def _texts(build: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    texts = tuple([_text(build, number) for number in range(len(REQUESTS))])
    return texts, tuple([text_digest(text) for text in texts])


def _text(build: int, number: int) -> str:
    chance = random.Random(build * 1000 + number)
    return "".join(f"net.subject{number}.setting_{line} = {chance.randrange(10**6)}\n" for line in range(70))


def _own_texts(build: int, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    texts = tuple([f"host {name}\n{text}" for text in _texts(build)[0]])
    return texts, tuple([text_digest(text) for text in texts])


def _said(name: str, texts: Sequence[str], at: datetime) -> Said:
    answers: dict[Request, Answer] = {
        request: Answer(
            request=request,
            channel=Channel.SSH,
            asked_at=at,
            text=text,
            exit_status=0,
            privilege="root",
            raw=text_digest(name + text[:40])[:32],
        )
        for request, text in zip(REQUESTS, texts, strict=True)
    }
    return Said(Asset(name=name), answers)


def _evidence(name: str, digests: Sequence[str], at: datetime) -> tuple[Evidence, ...]:
    return tuple(
        [
            Evidence(asset=name, request=words, channel="ssh", asked_at=at, digest=digest, privilege="root")
            for words, digest in zip(_WORDS, digests, strict=True)
        ]
    )


_WORDS = [str(request) for request in REQUESTS]


class Clock:
    """Adds up what steps cost."""

    def __init__(self) -> None:
        """Have measured nothing."""
        self._spent: dict[str, tuple[float, float]] = {}

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Count what is done within to a step."""
        cpu, wall = time.process_time(), time.monotonic()
        try:
            yield
        finally:
            before = self._spent.get(what, (0.0, 0.0))
            self._spent[what] = (before[0] + time.process_time() - cpu, before[1] + time.monotonic() - wall)

    @property
    def steps(self) -> list[Step]:
        """Return what each step cost, and all of them together."""
        steps = [Step(what, *spent) for what, spent in self._spent.items()]
        return [*steps, Step("together", sum(one.cpu_seconds for one in steps), sum(one.seconds for one in steps))]


def one_audit(store: Store, names: Sequence[str], given: Iterator[Given], at: datetime) -> tuple[Clock, int]:
    """Keep one audit of the fleet as the pipeline would, and return what that cost and how many findings there are."""
    clock = Clock()
    plan = AuditPlan(
        policy="made-up", policy_version="1", policy_digest="p", inventory_digest="i", assets=frozenset(names)
    )
    with clock.of("begin"):
        audit = store.begin_audit(plan, now=at)
    told = said(names, given, at)
    while batch := list(islice(told, BATCH)):
        with clock.of("save"):
            store.save_assets(audit.id, batch, now=at)
    with clock.of("read findings"):
        before = store.findings()
    with clock.of("read and reconcile"):
        findings = reconcile(before, store.judged(audit.id), (), {}, now=at, retiring=Retiring(names))
    with clock.of("finish"):
        store.finish_audit(audit.id, findings, now=at)
    with clock.of("tallies"):
        store.tallies(audit.id)
    return clock, len(findings)


def twice(fleet: Fleet, folder: Path) -> list[Audited]:
    """Audit a fleet with an empty database, and a week later once more, in a store that is opened anew."""
    done: list[Audited] = []
    for what, at in (("first audit", MONDAY), ("second audit", MONDAY + timedelta(weeks=1))):
        with Store.open(folder / "auditor.db") as store:
            before = size_of(folder / "auditor.db")
            clock, findings = one_audit(store, fleet.names(), fleet.given(), at)
            stored = size_of(folder / "auditor.db") - before
        done.append(Audited(what, fleet.assets, fleet.checks, findings, stored, memory(), clock.steps))
    return done


def growth(fleet: Fleet, folder: Path, weeks: int, changing: float, volatile: float) -> Grown:
    """Audit a fleet every week, changing some verdicts and their evidence, and measure the database."""
    sizes: list[int] = []
    drift = Drift(fleet, changing, volatile)
    with Store.open(folder / "auditor.db") as store:
        for week in range(weeks):
            one_audit(store, fleet.names(), drift.given(), MONDAY + timedelta(weeks=week))
            sizes.append(size_of(folder / "auditor.db"))
            drift.next_week(week)
    tables = _table_sizes(folder / "auditor.db")
    reading = Clock()
    with Store.open(folder / "auditor.db") as store:
        with reading.of("history of an asset"):
            asset = store.asset_history(fleet.names()[-1])
        with reading.of("history of a check"):
            check = store.check_history("subject7.rule-47")
    if not len(asset) == len(check) == weeks:
        raise ValueError(f"{weeks} audits were carried out, {len(asset)} and {len(check)} are remembered")
    return Grown(fleet.assets, fleet.checks, weeks, changing, volatile, sizes, tables, reading.steps[:-1])


def _table_sizes(database: Path) -> dict[str, int]:
    """Return the bytes of each table with its indices, the largest first."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        owners = dict(connection.execute("SELECT name, tbl_name FROM sqlite_master"))
        sizes: dict[str, int] = defaultdict(int)
        for name, size in connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
            sizes[owners.get(name, name)] += size
    return dict(sorted(sizes.items(), key=lambda one: -one[1]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Make up a fleet, keep its audits, and print what that cost."""
    options = argparse.ArgumentParser(prog="python -m bench.storing", description=__doc__.partition("\n")[0])
    options.add_argument("--assets", type=int, default=10_000, metavar="N")
    options.add_argument("--checks", type=int, default=200, metavar="N")
    options.add_argument("--builds", type=int, default=100, metavar="N", help="assets of one build answer alike")
    options.add_argument("--failing", type=float, default=0.1, metavar="SHARE", help="of the verdicts")
    options.add_argument("--distinct", action="store_true", help="no two assets share a text or a judgement")
    options.add_argument("--growth", action="store_true", help="audit every week, and say how the database grows")
    options.add_argument("--weeks", type=int, default=52, metavar="N")
    options.add_argument("--changing", type=float, default=0.01, metavar="SHARE", help="of the verdicts, every week")
    options.add_argument("--volatile", type=float, default=0.2, metavar="SHARE", help="of the checks: only they change")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args(arguments)
    fleet = Fleet(chosen.assets, chosen.checks, chosen.builds, chosen.failing, distinct=chosen.distinct)
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
        measured: Sequence[Audited | Grown]
        if chosen.growth:
            measured = [growth(fleet, Path(folder), chosen.weeks, chosen.changing, chosen.volatile)]
        else:
            measured = twice(fleet, Path(folder))
    if chosen.json:
        print(json.dumps({"machine": machine(), "measured": [asdict(one) for one in measured]}, indent=2))
        return 0
    print(machine())
    for one in measured:
        print(one.text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
