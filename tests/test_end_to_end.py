"""A whole fleet through the whole house: over real sshd, snmpd, nmap, TLS and a router's command line."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from auditor.model.finding import FindingState
from auditor.model.result import Verdict
from auditor.setup import open_store
from tests.lab.auditing import Watcher, audit, finding, invoke, result, verdicts
from tests.lab.fleet import Fleet
from tests.lab.sshd import SSHD
from tests.lab.workspace import ROOT, Ran

pytestmark = [pytest.mark.lab, pytest.mark.skipif(SSHD is None, reason="sshd is not installed")]

TROUBLES = {
    "dead-01": "no connection in time",
    "refusing-01": "Connection refused",
    "hanging-01": "never said that it speaks SSH",
    "denying-01": "refused",
    "moved-01": "is pinned; no credential was sent",
}
VERDICTS = {
    ("web-01", "lab.max-tries"): Verdict.PASS,
    ("web-02", "lab.max-tries"): Verdict.PASS,
    ("web-02", "lab.whole"): Verdict.NOT_APPLICABLE,
    ("web-01", "ports.baseline"): Verdict.UNKNOWN,
    ("shop-01", "lab.max-tries"): Verdict.FAIL,
    ("shop-01", "ssh-offered.ciphers"): Verdict.FAIL,
    ("shop-01", "tls.certificate-valid"): Verdict.FAIL,
    ("shop-01", "tls.versions"): Verdict.PASS,
    ("ups-01", "snmp.default-communities"): Verdict.FAIL,
    ("ups-01", "snmp.version3"): Verdict.FAIL,
    ("ups-02", "snmp.default-communities"): Verdict.PASS,
    ("ups-02", "snmp.version3"): Verdict.PASS,
    ("edge-rt-01", "router.telnet-off"): Verdict.FAIL,
    ("edge-rt-01", "router-secrets.no-enable-password"): Verdict.FAIL,
    ("core-sw-01", "router.telnet-off"): Verdict.PASS,
    ("core-sw-01", "router-services.snmp-v3-only"): Verdict.FAIL,
    ("LT-0107", "devices.encrypted"): Verdict.PASS,
    ("LT-0062", "devices.encrypted"): Verdict.FAIL,
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return everything that the lab has, running."""
    with Fleet(tmp_path_factory.mktemp("fleet")) as started:
        started.start_all()
        yield started


@pytest.fixture(scope="module")
def first(fleet: Fleet) -> Ran:
    """Return what the command line said of the first audit, for scripts."""
    return fleet.workspace.run("--log-format", "json", "audit", "--enrol", "--format", "json")


@pytest.fixture(scope="module")
def results(fleet: Fleet, first: Ran):
    """Return the results of the first audit as they are remembered."""
    with open_store(fleet.folder) as store:
        return list(store.results(first.json["audit"]))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Fleet]:
    """Return a fleet of two hosts that are asked one thing, for the stories that need several audits."""
    with Fleet(tmp_path, policy="quick") as started:
        started.start_hosts(2)
        started.workspace.write()
        yield started


def test_scripts_get_results_on_stdout_and_progress_on_stderr(fleet, first):
    """The result is one JSON document, the progress one JSON object a line, and a violation makes the status 1."""
    assert (1, False) == (first.status, first.json["met"])
    said = [json.loads(line) for line in first.err.splitlines()]
    assert {"event": "begin", "assets": 22, "resumed": 0}.items() <= said[0].items()
    assert {one["asset"] for one in first.json["assets"]} == {one["asset"] for one in said if one["event"] == "asset"}
    assert set(fleet.workspace.assets) < {one["asset"] for one in said if one["event"] == "asset"}
    assert first.json["summary"][0].startswith("Coverage: 17 of 22 assets answered")


@pytest.mark.parametrize(("asset", "check"), VERDICTS, ids=" ".join)
def test_every_transport_leads_to_verdicts(results, asset, check):
    """Each rests on what the asset itself said."""
    found = result(results, asset, check)

    assert (found.verdict, found.reason) == (VERDICTS[asset, check], found.reason)
    assert found.verdict is Verdict.UNKNOWN or any(seen.digest for seen in found.evidence)


def test_violations_say_what_was_found(results):
    """In the words of the thing itself."""
    assert ("MaxAuthTries", 6) == _violation(results, "shop-01", "lab.max-tries")
    assert ("2222/tcp aes128-cbc", "offered") == _violation(results, "shop-01", "ssh-offered.ciphers")
    assert ("community public", "answered") == _violation(results, "ups-01", "snmp.default-communities")
    assert ("agent", "answers to community") == _violation(results, "ups-01", "snmp.version3")
    assert ("encryption", "no") == _violation(results, "LT-0062", "devices.encrypted")


@pytest.mark.parametrize("asset", TROUBLES)
def test_hosts_in_trouble_are_unknown_with_their_reason(results, asset):
    """Never a pass, never a fail, and nobody else is harmed."""
    reasons = {one.reason for one in results if one.asset == asset and one.check}

    seen = [one for one in results if asset != "denying-01" or not one.check.startswith("ssh-offered.")]
    assert {Verdict.UNKNOWN} == verdicts(seen, asset)  # what is offered before the log-in is known all the same
    assert any(TROUBLES[asset] in reason for reason in reasons), reasons


def test_a_host_that_moved_gets_no_credential(fleet, first):
    """It let everybody in, and nobody came."""
    del first
    assert [] == fleet.moved.attempts


def test_a_control_without_checks_is_for_a_person(results):
    """A machine never passes it."""
    assert {Verdict.MANUAL} == {one.verdict for one in results if one.control == "LAB-02"}


def test_the_router_is_asked_in_one_session_and_only_reads(fleet, first):
    """Enable is reached with its secret; nothing but what is declared is typed."""
    del first
    assert (1, ["audit"]) == (fleet.router.sessions, [fleet.router.user])
    declared = {"terminal width 511", "terminal length 0", "enable", "show privilege", "show running-config"}
    assert set(fleet.router.commands_seen) <= declared


def test_reports_were_written(first):
    """Every one that is named is there."""
    assert all(Path(path).stat().st_size for path in first.json["reports"].values())


def test_a_second_audit_follows_what_was_mended(fleet, first):
    """Through the pipeline itself: the shop's ciphers are mended and its tries are not."""
    del first
    fleet.shop.restart("Ciphers aes256-ctr")
    watcher = Watcher()

    audited = audit(fleet.workspace, "shop-01", "ups-01", "edge-rt-01", enrol=False, watcher=watcher)

    assert ([(3, 0)], {"shop-01", "ups-01", "edge-rt-01"}) == (watcher.begun, set(watcher.done))
    assert FindingState.FIXED is finding(audited.findings, "shop-01", "ssh-offered.ciphers", "aes128-cbc").state
    assert FindingState.OPEN is finding(audited.findings, "shop-01", "lab.max-tries").state
    assert FindingState.OPEN is finding(audited.findings, "ups-01", "snmp.default-communities").state
    assert FindingState.NEW is finding(audited.findings, "LT-0062", "devices.encrypted").state


def test_what_was_found_can_be_looked_at(fleet, first):
    """Findings, evidence, projects, privileges and the policy's reasons, as tables and as JSON."""
    run = partial(invoke, fleet.workspace)
    listed = run("findings", "list", "--asset", "ups-01", "--format", "json").json
    (public,) = [one for one in listed if one["check"] == "snmp.default-communities"]
    shown = run("findings", "show", public["id"][:8], "--format", "json").json
    assert ("community public", "answered") == (shown["subject"], shown["found"])
    assert "new" in {event["to"] for event in shown["history"]}
    assert "community public" in run("findings", "show", public["id"]).out

    seen = run("evidence", "list", "--asset", "edge-rt-01", "--audit", first.json["audit"], "--format", "json").json
    (configuration,) = [one for one in seen if one["request"] == "show running-config"]
    assert ("cli", "level 15", "") == (configuration["channel"], configuration["as"], configuration["problem"])
    text = run("evidence", "show", configuration["id"]).out
    assert "hostname edge-rt-01" in text
    assert "enable secret 5 <secret type5 " in text

    projects = run("projects", "propose", "--solution", "secure-snmp", "--format", "json").json
    assert 1 == len(projects)
    assert "ups-01" in json.dumps(projects)

    needed = run("privileges", "web-01", "ups-02", "--format", "json").json
    assert {"name": "Shadow", "command": "cat /etc/shadow", "privileged": True} in needed["shell"]
    assert any("1.3.6.1.2.1.1" in line for line in needed["snmp_view"])

    explained = run("policy", "explain", "web-01", "--format", "json").json
    (tries,) = [one for one in explained if one["check"] == "lab.max-tries"]
    assert tries["value"] in {4, "4"}
    assert "policies/lab.yaml:" in tries["set_by"]


def test_an_audit_in_which_nothing_answers_has_failed(fleet, first):
    """Status 3, and the reason is where the message says."""
    del first
    ran = invoke(fleet.workspace, "audit", "--assets", "refusing-01,denying-01")

    assert 3 == ran.status
    assert "no asset answered, of 2" in ran.err
    assert "Traceback" not in ran.err
    seen = invoke(fleet.workspace, "evidence", "list", "--asset", "refusing-01").out
    assert "Connection refused" in seen


def test_what_is_wrong_in_a_file_stops_the_audit_before_it_begins(small):
    """Status 2, with the place; nobody is asked."""
    inventory = small.folder / "inventory" / "lab.yaml"
    inventory.write_text(inventory.read_text().replace("credential: key", "credential: kye"))

    ran = invoke(small.workspace, "audit", "--enrol")

    assert (2, "", []) == (ran.status, ran.out, small.workspace.asked)
    assert "web-01 names the credential kye, which is not defined" in ran.err
    assert "inventory/lab.yaml:" in ran.err


def test_the_life_of_a_finding(small):
    """New, open, not verified while the host is down, fixed, reopened, waived; the status follows."""
    server, workspace = small.sshd, small.workspace

    def after(*extra: str) -> FindingState:
        server.restart(*extra)
        return finding(audit(workspace).findings, "web-01", "lab.max-tries").state

    assert FindingState.NEW is after("MaxAuthTries 9")
    assert FindingState.OPEN is after("MaxAuthTries 9")
    workspace.asset("sw-01", kind="switch", platform="cisco-ios", transports={"file": {"configuration": "sw.cfg"}})
    configuration = "version 15.2\nhostname sw-01\nline con 0\nline vty 0 4\n transport input ssh\n!\nend\n"
    (small.folder / "inventory" / "sw.cfg").write_text(configuration)
    workspace.write()
    server.stop()
    audited = audit(workspace)
    doubted = finding(audited.findings, "web-01", "lab.max-tries")
    assert (FindingState.NOT_VERIFIED, True) == (doubted.state, "Connection refused" in doubted.reason)
    assert not audited.met
    assert FindingState.FIXED is after("MaxAuthTries 3")
    assert FindingState.REOPENED is after("MaxAuthTries 9")
    assert 1 == invoke(workspace, "audit").status

    reason = {"reason": "It is a lab.", "approved_by": "ciso@lab.example"}
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    workspace.waivers = [{"check": "lab.max-tries", "assets": ["web-01", "web-02"], **reason, "expires": day}]
    workspace.write()
    ran = invoke(workspace, "audit", "--format", "json")
    assert (0, True) == (ran.status, ran.json["met"])
    listed = invoke(workspace, "findings", "list", "--state", "waived", "--format", "json").json
    assert {"web-01", "web-02"} == {one["asset"] for one in listed}

    assert FindingState.OPEN is after("MaxAuthTries 10")  # it was not granted for that


def test_schedules_run_when_they_are_due(small):
    """Added, listed, run once however often it was missed, and removed."""
    run = partial(invoke, small.workspace)
    audit(small.workspace, "web-01")
    assert 2 == run("schedule", "add", "wrong", "--cron", "* * * *").status
    assert 0 == run("schedule", "add", "minutely", "--cron", "* * * * *", "--assets", "web-01").status
    with open_store(small.folder) as store:  # a minute is long: let it have been due yesterday
        later = datetime.now(UTC) - timedelta(days=1)
        store.schedules().remove("minutely")
        store.schedules().add("minutely", "* * * * *", assets=("web-01",), policy="", timezone="UTC", now=later)

    ran = run("scheduler", "--once")

    assert (0, "") == (ran.status, ran.out)
    assert "schedule minutely: met" in ran.err
    (listed,) = run("schedule", "list", "--format", "json").json
    assert ("minutely", "web-01", "met") == (listed["name"], listed["assets"], listed["last_outcome"])
    assert "schedule minutely" not in run("scheduler", "--once").err
    assert 0 == run("schedule", "remove", "minutely").status
    assert [] == run("schedule", "list", "--format", "json").json


def test_discovery_proposes_and_writes_nothing(small):
    """Hosts that the inventory lacks, within the scope; no file and no database changes."""
    before = _files(small.folder)
    ran = invoke(small.workspace, "discover", "127.9.8.0/29", "--ports", small.sshd.port, "--format", "json")

    assert 0 == ran.status, ran.err
    assert {f"127.9.8.{number}" for number in range(8)} >= {one["addresses"][0] for one in ran.json} != set()
    assert before == _files(small.folder)
    outside = invoke(small.workspace, "discover", "192.0.2.0/29", "--ports", 22)
    assert (2, True) == (outside.status, "scope" in outside.err)


def test_the_lab_ends_what_it_started():
    """`python -m tests.lab` says where everything is, and leaves nothing behind."""
    command = [sys.executable, "-m", "tests.lab", "--hosts", "3"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as lab:
        assert lab.stdout is not None
        first = lab.stdout.readline().decode()
        assert "15 assets" in first
        folder = Path(first.rpartition(" ")[2].strip(" .\n"))
        servers = list((folder / "state").glob("server-*"))
        assert len(servers) == 2
        lab.send_signal(signal.SIGTERM)
        assert 0 == lab.wait(30)

    assert not folder.exists()
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", _port(servers)), timeout=2):
        pass


def _violation(results, asset, check):
    (violation,) = result(results, asset, check).violations
    return violation.subject, violation.found


def _files(folder: Path) -> dict[str, bytes]:
    """Return every file's content; what Python caches of the workspace's own checks is not the command's doing."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path): path.read_bytes() for path in files}


def _port(servers: list[Path]) -> int:
    return next(int(path.name.rpartition("-")[2]) for path in servers if not path.name.endswith("-2222"))
