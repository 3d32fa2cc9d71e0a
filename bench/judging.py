"""Judge, follow and store what a big fleet said, without asking anybody, and say what that costs.

    python -m bench.judging --assets 10000 --checks 200 --builds 100
    python -m bench.judging --assets 10000 --checks 200 --builds 0     (every asset a build of its own)

This machine is asked once, by the shell; every build is that evidence with each answer made another one. So each build
has to be read, judged and stored anew, and assets of one build are alike in everything but their names. One process,
one thread; CPU seconds are of this process alone.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from auditor.collect.ask import Asker, Collected, Job, declared_requests
from auditor.collect.plan import AssetPlan, Planner, plan_asset
from auditor.collect.redact import Redactor
from auditor.findings import reconcile
from auditor.garbage import seldom_looked_for
from auditor.judging import Judge
from auditor.model.asset import Access, Asset, Channel, Kind, Platform
from auditor.model.evidence import text_digest
from auditor.model.policy import Control, Demand, Policy
from auditor.model.probe import Answer, Request
from auditor.model.result import Judged, Verdict
from auditor.plugins import Content, load_content
from auditor.policy.demands import demands
from auditor.setup import ambient
from auditor.store.blobs import lots
from auditor.store.store import Store
from auditor.transports.local import Local
from auditor.workspace import Workspace
from bench.loopback import Moment, machine, memory, size_of

ROOT = Path(__file__).resolve().parent.parent
LOT = 50  # assets stored at once
MANY = 20  # violations of one check
NOW = datetime.now(UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit a made-up fleet twice, and print what each stage cost."""
    options = argparse.ArgumentParser(prog="python -m bench.judging", description=__doc__.partition("\n")[0])
    options.add_argument("--assets", type=int, default=10_000, metavar="N")
    options.add_argument("--checks", type=int, default=200, metavar="N")
    options.add_argument("--builds", type=int, default=100, metavar="N", help="0: every asset is a build of its own")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args(arguments)
    content = load_content(Workspace.find(ROOT))
    told = ask_this_machine(content)
    policy = demanding(content, mixed(content, told), chosen.checks)
    said = {request: told[request] for request in asked(planned(content, policy, ["probe"])["probe"])}
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
        database = Path(folder) / "auditor.db"
        with Store.open(database) as store:
            spent = [audit(store, content, policy, said, chosen) for _ in range(2)]
            findings = len(store.findings())
        stored = size_of(database)
    found = {
        "machine": machine(),
        "assets": chosen.assets,
        "demands": len(policy.controls),
        "answers": len(said),
        "characters": sum(len(answer.text) for answer in said.values()),
        "findings": findings,
        "builds": chosen.builds or chosen.assets,
        "cpu_seconds": dict(zip(("first audit", "second audit"), spent, strict=True)),
        "memory_mib": round(memory()),
        "database_bytes": stored,
    }
    print(json.dumps(found, indent=2))
    return 0


def names_of(content: Content) -> list[str]:
    """Return the checks that a Linux host can be asked for."""
    names, control = [], Control(id="", title="", policy="")
    for check in content.checks.values():
        plan = plan_asset(host("probe"), [Demand(control=control, check=check)], content)
        names += [check.id] if plan.requests and not plan.unasked else []
    return names


def mixed(content: Content, said: Mapping[Request, Answer]) -> list[str]:
    """Return checks of which every tenth fails on this machine, as in a fleet that somebody looks after."""
    names = names_of(content)
    plan = planned(content, demanding(content, names, len(names)), ["probe"])["probe"]
    judged = Judge(ambient(NOW.date())).judge(plan, Collected(plan.asset, said))
    failed = [one.check for one in judged.judgements if one.verdict is Verdict.FAIL and len(one.violations) < MANY]
    other = [one.check for one in judged.judgements if one.verdict is not Verdict.FAIL]
    mixture = zip(lots(other, 9), failed, strict=False)
    return [name for passed, fails in mixture for name in (*passed, fails)]


def demanding(content: Content, names: Sequence[str], count: int) -> Policy:
    """Return a policy that demands these checks; where more are wanted, a second control demands them again."""
    chosen = [content.checks[names[number % len(names)]] for number in range(min(count, 2 * len(names)))]
    controls = tuple(
        Control(id=f"B-{number}", title=check.title, policy="bench", checks={check.id: {}})
        for number, check in enumerate(chosen)
    )
    return Policy(id="bench", version="1", controls=controls, digest="bench")


def planned(content: Content, policy: Policy, names: Iterable[str]) -> dict[str, AssetPlan]:
    """Return what each of these hosts has to be asked, as the pipeline plans it."""
    planner = Planner(content)
    return {asset.name: planner.plan(asset, wanted) for asset, wanted in demands(policy, map(host, names), content)}


def host(name: str) -> Asset:
    """Return a Linux server that is asked by the local shell."""
    access = Access(channel=Channel.LOCAL)
    return Asset(name=name, kind=Kind.SERVER, platform=Platform.LINUX, accesses=(access,), addresses=("127.0.0.1",))


def ask_this_machine(content: Content) -> Mapping[Request, Answer]:
    """Return what this machine answers to all that any check needs, redacted."""
    names = names_of(content)
    plan = planned(content, demanding(content, names, len(names)), ["probe"])["probe"]
    asker = Asker({Channel.LOCAL: Local(600.0)}, Redactor(b"bench"), declared_requests(content))
    return asker.ask(Job(plan.asset, plan.requests)).answers


def asked(plan: AssetPlan) -> Iterator[Request]:
    """Yield what a plan asks."""
    return (request for requests in plan.requests.values() for request in requests)


def build(said: Mapping[Request, Answer], number: int) -> dict[Request, Answer]:
    """Return the answers of one build: each the same to a reader, and another text all the same.

    Blank lines at the beginning make the difference: at the end, an answer would count as cut off.
    """
    mark = "".join("\n" if digit == "1" else " \n" for digit in f"{number:b}")
    changed = {}
    for request, answer in said.items():
        text = mark + answer.text if answer.digest else answer.text
        changed[request] = replace(answer, text=text, digest=text_digest(text) if answer.digest else "")
    return changed


@seldom_looked_for()
def audit(
    store: Store,
    content: Content,
    policy: Policy,
    said: Mapping[Request, Answer],
    chosen: argparse.Namespace,
) -> dict[str, float]:
    """Judge, store and follow the fleet once; return the CPU seconds of each stage, making texts left out."""
    names = [f"host-{number:05}" for number in range(chosen.assets)]
    spent = dict.fromkeys(("plan", "judge", "store", "reconcile", "finish"), 0.0)
    run = store.resume_or_begin(policy, str(time.monotonic()), names, now=NOW)
    began = Moment()
    plans = planned(content, policy, names)
    spent["plan"] += began.until_now()[1]
    judge, lot = Judge(ambient(NOW.date())), list[tuple[Collected, Judged]]()
    for plan, answers in zip(plans.values(), builds(said, chosen), strict=True):
        began = Moment()
        collected = Collected(plan.asset, answers)
        lot.append((collected, judge.judge(plan, collected)))
        spent["judge"] += began.until_now()[1]
        if len(lot) == LOT or plan.asset.name == names[-1]:
            began = Moment()
            store.save_assets(run.id, lot, now=NOW)
            spent["store"] += began.until_now()[1]
            lot = []
    began = Moment()
    findings = reconcile(store.findings(), store.judged(run.id), (), {}, now=NOW)
    spent["reconcile"] += began.until_now()[1]
    began = Moment()
    store.finish_audit(run.id, findings, now=NOW)
    spent["finish"] += began.until_now()[1]
    return {**{stage: round(seconds, 2) for stage, seconds in spent.items()}, "all": round(sum(spent.values()), 2)}


def builds(said: Mapping[Request, Answer], chosen: argparse.Namespace) -> Iterator[dict[Request, Answer]]:
    """Yield the answers of each asset in turn."""
    kept = [build(said, number) for number in range(chosen.builds)]
    for number in range(chosen.assets):
        yield kept[number % chosen.builds] if kept else build(said, number)


if __name__ == "__main__":
    sys.exit(main())
