"""Write the reports of a made-up fleet, out of a real store, and say what that costs.

    python -m bench.reports --assets 1000 5000
    python -m bench.reports --assets 1000 --before /tmp/other-checkout

The fleet is audited by nobody: answers and results are made up and put into the store through its own interface. Each
measurement is a process of its own. With --before, the same is done by the code of another checkout, in the same run
and by turns.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve()
ROOT = HERE.parent.parent
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
DEMANDS = 100
REQUESTS = 30
OWN = 6  # of these answers no two assets have in common; the others are those of its build
BUILDS = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Make fleets, write their reports, and print what each took."""
    options = argparse.ArgumentParser(prog="python -m bench.reports", description=__doc__.partition("\n")[0])
    options.add_argument("--assets", type=int, nargs="+", default=[1000], metavar="N")
    options.add_argument("--before", type=Path, metavar="FOLDER", help="another checkout to do the same with")
    options.add_argument("--keep", type=Path, metavar="FOLDER", help="where to leave the fleets and their reports")
    options.add_argument("--child", nargs=2, metavar=("STEP", "FOLDER"), help=argparse.SUPPRESS)
    chosen = options.parse_args(arguments)
    if chosen.child:
        step, folder = chosen.child
        print(json.dumps(make(Path(folder), chosen.assets[0]) if step == "make" else written(Path(folder))))
        return 0
    trees = [("before", chosen.before.resolve())] if chosen.before else []
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as temporary:
        for assets in chosen.assets:
            for name, tree in [*trees, ("now", ROOT)]:
                folder = (chosen.keep or Path(temporary)) / f"{name}-{assets}"
                apart(tree, "make", folder, assets)
                print(f"{name:>6}, {assets} assets x {DEMANDS} demands: {line(apart(tree, 'write', folder, assets))}")
    return 0


def apart(tree: Path, step: str, folder: Path, assets: int) -> dict[str, object]:
    """Return what a step of this file says in a process of its own, with the code of some checkout."""
    command = [sys.executable, str(HERE), "--child", step, str(folder), "--assets", str(assets)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(tree)})
    found: dict[str, object] = json.loads(done.stdout)
    return found


def line(said: dict[str, object]) -> str:
    """Return a measurement as a line for people."""
    sizes = ", ".join(f"{name} {size:.1f} MB" for name, size in said["sizes"].items())
    return f"{said['cpu']:.1f} s of CPU, {said['peak']:.0f} MiB at most ({said['start']:.0f} MiB before it); {sizes}"


# --- one step, in a process of its own --------------------------------------------------------------------------------


def written(folder: Path) -> dict[str, object]:
    """Write the reports of the audit of a made-up fleet."""
    from auditor import pipeline  # noqa: PLC0415
    from auditor.setup import open_store, prepare  # noqa: PLC0415

    setup = prepare(folder)
    with open_store(folder) as store:
        start, began = memory(), time.process_time()
        paths = pipeline.write_reports(setup, store)
        spent = time.process_time() - began
    sizes = {path.name: path.stat().st_size / 1e6 for path in paths.values()}
    return {"cpu": spent, "start": start, "peak": memory(), "sizes": sizes}


def memory() -> float:
    """Return the most memory that this process has had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass(frozen=True)
class Gathered:
    """What one made-up asset said."""

    asset: object
    answers: dict[object, object]
    reached: bool = True
    problem: str = ""


def make(folder: Path, assets: int) -> dict[str, object]:
    """Make a workspace with one audit of so many assets."""
    from auditor.findings import Retiring, reconcile  # noqa: PLC0415
    from auditor.setup import open_store, prepare  # noqa: PLC0415

    (folder / "inventory").mkdir(parents=True)
    (folder / "auditor.toml").write_text('company = "ACME"\ninventory = ["inventory/made.yaml"]\npolicy = "baseline"\n')
    (folder / "inventory" / "made.yaml").write_text("".join(inventory(assets)))
    setup = prepare(folder)
    demands = [(control.id, check) for control in setup.policy.controls for check in control.checks][:DEMANDS]
    with open_store(folder) as store:
        names = [asset.name for asset in setup.inventory.assets]
        run = store.resume_or_begin(setup.policy, "made", names, now=NOW)
        results = []
        for number, asset in enumerate(setup.inventory.assets):
            gathered, about = audited(asset, number, demands, setup.content.checks)
            store.save_asset(run.id, gathered, about, now=NOW)
            results += about
        found = reconcile([], results, setup.policy.waivers, setup.solutions, now=NOW, retiring=Retiring(names))
        store.finish_audit(run.id, found, now=NOW + timedelta(minutes=9))
    return {"results": len(results), "findings": len(found)}


def inventory(assets: int) -> Iterator[str]:
    """Yield an inventory file."""
    yield "assets:\n"
    for number in range(assets):
        kind, platform = ("router", "cisco-ios") if number % 10 == 0 else ("server", "linux")
        team = f"team-{number % 7}@acme.example"
        yield (
            f"  - {{name: {kind}-{number:05}, kind: {kind}, platform: {platform}, owner: {team},"
            f" addresses: [10.{number // 65536}.{number // 256 % 256}.{number % 256}], site: site-{number % 5}}}\n"
        )


def audited(
    asset: object, number: int, demands: list[tuple[str, str]], checks: dict[str, object]
) -> tuple[Gathered, list[object]]:
    """Return what an asset said and was judged to be: 1 in 20 says nothing, others fail an eighth of it all."""
    from auditor.model.asset import Channel  # noqa: PLC0415
    from auditor.model.check import Violation  # noqa: PLC0415
    from auditor.model.evidence import evidence_of  # noqa: PLC0415
    from auditor.model.probe import Answer, Shell  # noqa: PLC0415
    from auditor.model.result import Result, Verdict  # noqa: PLC0415

    silent = number % 20 == 19
    answers = {}
    for place in range(REQUESTS):
        request = Shell(f"show thing {place}")
        text = "" if silent else words(f"{number}" if place < OWN else f"build {number % BUILDS}", place)
        problem = f"10.0.0.{number % 256}:22: no route to host" if silent else ""
        answers[request] = Answer(request=request, channel=Channel.SSH, text=text, problem=problem, asked_at=NOW)
    seen = [evidence_of(asset.name, answer) for answer in answers.values()]
    chance = random.Random(number % BUILDS if number % 3 else number)
    results = []
    for place, (control, check) in enumerate(demands):
        verdict = (
            Verdict.UNKNOWN
            if silent
            else chance.choices((Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE, Verdict.UNKNOWN), (75, 13, 8, 4))[
                0
            ]
        )
        subjects = range(chance.choice((1, 1, 1, 3))) if verdict is Verdict.FAIL else ()
        results.append(
            Result(
                asset=asset.name,
                control=control,
                check=check,
                verdict=verdict,
                reason=answers[next(iter(answers))].problem or "What was seen decides it.",
                evidence=(seen[place % REQUESTS],),
                severity=checks[check].severity,
                violations=tuple(
                    Violation(f"setting-{place}-{n}", f"value {n}", frozenset({"a", "b"})) for n in subjects
                ),
                settings={"allowed": frozenset({"a", "b"})},
            )
        )
    return Gathered(asset, answers, not silent, answers[next(iter(answers))].problem), results


def words(seed: str, place: int) -> str:
    """Return 4 KB of an answer, the same for the same seed, with a line that shows each violation."""
    chance = random.Random(f"{seed} {place}")
    lines = [f"setting-{n}-{chance.randrange(9)} = {chance.getrandbits(96):x}" for n in range(90)]
    return "\n".join([*lines, f"setting-{place}-0 value 0", ""])


if __name__ == "__main__":
    sys.exit(main())
