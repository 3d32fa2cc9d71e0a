"""What was recorded is judged exactly as it was when the asset said it, and without what nobody may see."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from auditor.collect.facts import Facts
from auditor.collect.plan import AssetPlan, plan_asset
from auditor.collect.redact import Redactor
from auditor.errors import UsageError
from auditor.evaluate import judge_all
from auditor.model.asset import Access, Asset, Channel, Kind, Platform
from auditor.model.evidence import evidence_of
from auditor.model.policy import Control, Demand
from auditor.model.probe import Answer, Request, Shell
from auditor.model.result import Result, Verdict
from auditor.plugins import load_content
from auditor.recording import record, replay
from auditor.setup import ambient, open_store, prepare
from auditor.start import make_workspace
from auditor.transports.recorder import save_recording
from auditor.workspace import Workspace
from tests.facts.samples import GOOD
from tests.make import NOW, ROOT, asset
from tests.store import given

CONTENT = load_content(Workspace(ROOT))
DEMANDS = [
    Demand(control=Control(id="T-1", title="x", policy="t"), check=check, settings={})
    for check in CONTENT.checks.values()
]
SERVER = asset(accesses=tuple(Access(channel=one) for one in (Channel.SSH, Channel.NMAP, Channel.SNMP)))
ROUTER = asset(
    "rt-01",
    kind=Kind.ROUTER,
    platform=Platform.CISCO_IOS,
    accesses=(Access(channel=Channel.FILE, path="/tmp/rt-01.cfg", holds="configuration"),),
)
SAMPLES: Mapping[Request, str] = {
    request: Redactor(b"key").said_to(request, GOOD[probe.name.removeprefix("auditor.facts.")])
    for probe in CONTENT.probes
    for request in probe.requests
}


def heard(plan: AssetPlan) -> dict[Request, Answer]:
    """Return a sample as the answer to each request, and every seventh refused."""
    asked = [(access, request) for access, requests in plan.requests.items() for request in requests]
    said = {
        request: Answer(
            request=request,
            channel=access.channel,
            asked_at=NOW,
            text=SAMPLES[request],
            exit_status=0 if isinstance(request, Shell) else None,
            privilege="authPriv" if access.channel is Channel.SNMP else "root",
        )
        for access, request in asked
    }
    for request in list(said)[6::7]:
        said[request] = replace(said[request], text="half of", problem="timed out after 20 s", exit_status=124)
    return said


def judged(result: Result) -> tuple[object, ...]:
    """Return all that a result says; an asset's entry stands elsewhere now."""
    evidence = tuple(replace(one, origin="") if one.channel == "inventory" else one for one in result.evidence)
    return (result.check, result.verdict, result.reason, result.violations, result.undecided, evidence)


@pytest.mark.parametrize(("recorded", "least"), [(SERVER, 150), (ROUTER, 20)], ids=["server", "router"])
def test_it_is_judged_as_the_asset_was(tmp_path: Path, recorded: Asset, least: int) -> None:
    """Every check that there is, by all that its answers were: verdict, reason, places and evidence."""
    plan = plan_asset(recorded, DEMANDS, CONTENT)
    day = date(2026, 8, 1)
    answers = heard(plan)
    known = ambient(day, None, plan.ways.keys())
    live = judge_all(plan.demands, recorded, Facts(plan, answers, known))
    seen = [(evidence_of(recorded.name, one), one.text) for one in answers.values()]
    clock = [(one, "") for result in live for one in result.evidence if one.channel == "clock"]
    save_recording(tmp_path / "it", recorded, [*seen, *clock])

    again = replay(tmp_path / "it", DEMANDS, CONTENT)

    assert [judged(one) for one in live] == [judged(one) for one in again.results]
    assert again.reached
    counts = Counter(one.verdict for one in live)
    assert counts[Verdict.PASS] + counts[Verdict.FAIL] >= least
    assert counts[Verdict.PASS] > 5 < counts[Verdict.FAIL]


def test_it_holds_no_secret_that_the_store_still_held(tmp_path: Path) -> None:
    """Not even one that was kept before its form was known: texts and reasons are redacted once more."""
    list(make_workspace(tmp_path, "Acme"))
    fields = "name: web-01, kind: server, platform: linux, addresses: [127.0.0.1], transports: {ssh: {}}"
    inventory = f"assets:\n  - {{{fields}}}\n"
    (tmp_path / "inventory/company.yaml").write_text(inventory)
    leaky = given.said(text="port 22\npassword = CaNaRy-1\n$6$salt$" + "CaNaRy2" * 12 + "\n")
    why = given.OS_RELEASE
    lost = replace(leaky.answers[why], text="", problem="refused: password=CaNaRy-3")
    collected = given.Collected(leaky.asset, {**leaky.answers, why: lost})
    with open_store(tmp_path) as store:
        run = store.begin_audit(given.plan("web-01"), now=NOW)
        store.save_asset(run.id, collected, [given.passed(collected)], now=NOW)
        assert record(prepare(tmp_path), store, "web-01", tmp_path / "it") == 2
        with pytest.raises(UsageError, match="there is no evidence of web-02"):
            record(prepare(tmp_path), store, "web-02", tmp_path / "other")
        (tmp_path / "inventory/company.yaml").write_text(inventory.replace("web-01", "web-03"))
        with pytest.raises(UsageError, match="is not in the inventory any more"):
            record(prepare(tmp_path), store, "web-01", tmp_path / "other")

    written = "".join(path.read_text() for path in (tmp_path / "it").iterdir())
    assert "CaNaRy" not in written
    assert written.count("<secret ") == 3
    assert not (tmp_path / "other").exists()
