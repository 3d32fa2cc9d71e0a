"""Audit hosts that are far away, or of which some are dead or hang: how many a second, by how many are asked at once.

    python -m bench.latency --hosts 200 --round-trip 100 --workers 10 50 100
    python -m bench.latency --dead --hosts 1000

Far away is what tests/lab/relay.py makes of loopback: each direction takes half the round trip, the connection itself a
whole one. That is a relay in a process of its own and not `tc netem`: it knows no loss, no jitter and no windows, and
what it costs is taken from the same cores. So each number of workers is measured without it too, and through it with no
delay. With --dead a tenth of the hosts is dead and a twentieth hangs (tests/lab/crowd.py), and nobody is far away.

Every audit begins with an empty database. The hosts and the auditor share the cores here, so there is a ceiling to
hosts a second that has nothing to do with waiting: what counts is whether the far rows reach that of the near ones.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.loopback import Moment, apart, machine, move
from tests.lab.apart import Apart
from tests.lab.crowd import Crowd, Kind
from tests.lab.fleet import Fleet

if TYPE_CHECKING:
    from tests.lab.workspace import LabWorkspace

STEPS: Final = {Kind.REFUSING: 0, Kind.DROPPING: 1, Kind.MUTE: 1, Kind.GREETING: 1, Kind.STALLING: 1}  # that they hold


@dataclass(frozen=True, slots=True)
class Timed:
    """How long an audit took and what CPU, in seconds, and of each host: how long it took, and why it said nothing."""

    wall: float
    cpu: float
    hosts: Mapping[str, tuple[float, str]]

    def line(self) -> str:
        """Return it as columns: hosts a second, CPU a host, and how long a host took."""
        taken = sorted(seconds for seconds, _ in self.hosts.values())
        answered = sum(not why for _, why in self.hosts.values())
        return (
            f"{len(taken) / self.wall:8.1f} {1000 * self.cpu / len(taken):9.1f} {statistics.median(taken):8.2f}"
            f" {taken[int(0.95 * (len(taken) - 1))]:8.2f} {answered:8}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit in every way that was asked for, and print what that took."""
    options = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__.partition("\n")[0])
    options.add_argument("--hosts", type=int, default=200, metavar="N")
    options.add_argument("--round-trip", type=int, default=100, metavar="MILLISECONDS")
    options.add_argument("--workers", type=int, nargs="+", default=[50, 100], metavar="N")
    options.add_argument("--dead", action="store_true", help="hosts of which some are dead or hang, none far away")
    chosen = options.parse_args(arguments)
    policy = "one" if chosen.dead else "quick"
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder, Fleet(Path(folder), policy) as fleet:
        if chosen.dead:
            troubled(fleet, chosen.hosts, chosen.workers)
        else:
            far(fleet, chosen.hosts, chosen.workers, chosen.round_trip)
    print(machine())
    return 0


def far(fleet: Fleet, hosts: int, workers: Iterable[int], round_trip: int) -> None:
    """Print how fast hosts are audited without the relay, through it, and through it with a delay."""
    fleet.start_hosts(hosts, prefix="host")
    port = fleet.sshd.port
    print(f"{'workers':>7} {'way':>12} {'hosts/s':>8} {'ms CPU':>9} {'median s':>8} {'95 % s':>8} {'answered':>8}")
    with (
        Apart("tests.lab.relay", port, 0) as near,
        Apart("tests.lab.relay", port, round_trip / 1000) as away,
    ):
        for count in workers:
            for way, there in (("direct", port), ("relay 0 ms", near["port"]), (f"{round_trip} ms", away["port"])):
                move(fleet.workspace, there)
                print(f"{count:7} {way:>12} {timed(fleet.workspace, count).line()}", flush=True)


def troubled(fleet: Fleet, hosts: int, workers: Iterable[int]) -> None:
    """Print how long hosts took of which some are dead or hang, kind by kind."""
    with Crowd(fleet, hosts) as crowd:
        for count in workers:
            seen = timed(fleet.workspace, count)
            step = 10.0  # seconds: the default of connect_seconds
            held = sum(step * STEPS.get(kind, 0) for kind in crowd.kinds.values())
            print(f"{hosts} hosts, {count} workers: {seen.wall:.1f} s, {1000 * seen.cpu / hosts:.1f} ms of CPU a host")
            print(f"  those that do not answer have {held:.0f} s of limits, over {count} workers {held / count:.1f} s")
            for kind in Kind:
                taken = sorted(seen.hosts[name][0] for name in crowd.of(kind))
                whys = {why.partition(" port ")[2].partition(": ")[2] or why for _, why in _of(seen, crowd.of(kind))}
                print(f"  {len(taken):5} {kind:>9}: {statistics.median(taken):6.2f} s in the middle,"
                      f" {taken[-1]:6.2f} s at most; {', '.join(sorted(whys)) or 'all answered'}")  # fmt: skip


def _of(seen: Timed, names: Iterable[str]) -> list[tuple[float, str]]:
    return [seen.hosts[name] for name in names if seen.hosts[name][1]]


def timed(workspace: "LabWorkspace", workers: int) -> Timed:
    """Audit with an empty database and so many workers."""
    workspace.collect = {"workers": workers}
    workspace.write()
    shutil.rmtree(workspace.database.parent, ignore_errors=True)
    return apart(audit, workspace, workers)


def audit(workspace: "LabWorkspace", workers: int) -> Timed:
    """Audit, and remember of every host how long it took."""
    from auditor import pipeline  # noqa: PLC0415  (imports are not what is measured)
    from auditor.collect.ask import Collected  # noqa: PLC0415
    from auditor.model.result import Judged  # noqa: PLC0415
    from auditor.setup import open_store, prepare  # noqa: PLC0415
    from tests.lab.auditing import Watcher  # noqa: PLC0415

    del workers  # the workspace's settings say how many
    hosts: dict[str, tuple[float, str]] = {}

    class Remembering(Watcher):
        def asked(self, collected: Collected, judged: Judged) -> None:
            super().asked(collected, judged)
            hosts[collected.asset.name] = (collected.seconds, collected.problem)

    setup = prepare(workspace.folder)
    with open_store(workspace.folder) as store:
        began = Moment()
        pipeline.audit(setup, store, Remembering(), enrol=True)
        return Timed(*began.until_now(), hosts)


if __name__ == "__main__":
    sys.exit(main())
