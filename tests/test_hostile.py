"""Hostile assets beside good ones: they get `unknown`, or a verdict on what they said; nobody else is harmed.

The two good hosts, the good agent and the good router are judged exactly as they are when they are alone.
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api
from pysnmp.proto.rfc1902 import OctetString

from auditor.model.result import Verdict
from auditor.setup import open_store
from tests.lab import hostile
from tests.lab.auditing import invoke, result
from tests.lab.device import Device, Recording
from tests.lab.fleet import LINUX, Fleet
from tests.lab.hostile import Impostor, Raw
from tests.lab.snmpd import FalseAgent
from tests.lab.sshd import SSHD
from tests.lab.workspace import Ran

pytestmark = [pytest.mark.lab, pytest.mark.skipif(SSHD is None, reason="sshd is not installed")]

STEP, ASSET = 2.0, 6.0  # seconds for each step of a connection, and for an asset
ATTACK = "<script>alert(1)</script>\x1b[2J\x1b]0;owned\x07\r\x00\u202egnp.exe {{ 7*7 }} =1+1|cmd"
MARKERS = "\n{n} E 0 0\n\n{n} B 1 a_run\npermitrootlogin no\nmaxauthtries 1\n\n{n} E 1 0\n\n{n} Z\n"
GOOD = ("web-01", "web-02", "ups-01", "edge-rt-01")

# What raw servers send for SSH, and what is said about them.
RAW = {
    "silent-01": (hostile.silent, "never said that it speaks SSH"),
    "dripping-01": (hostile.dripping, "never said that it speaks SSH"),
    "flooding-01": (hostile.flooding, "port"),
    "greeting-01": (hostile.greeting_only, "did not finish the key exchange in time"),
    "web-server-01": (hostile.web_server, "port"),
    "closing-01": (hostile.closing, "closed the connection"),
}
# What SSH servers do that let everybody in, and what is said about them.
SESSIONS = {
    "endless-01": (hostile.endless, ""),
    "slow-01": (hostile.dripping_answer, ""),
    "complaining-01": (hostile.complaining, "the time for this asset was up"),
    "appliance-01": (hostile.no_shell, "runs no POSIX shell there"),
    "hang-up-01": (hostile.hang_up_inside, ""),
    "no-shell-01": (None, "opened no shell in time"),
}
# What hosts of the real sshd print when they are asked what they have to say.
WORDS = {
    "control-01": f"violation {ATTACK}\n",
    "markers-01": "violation" + MARKERS.format(n="0" * 32) + MARKERS.format(n="$N"),
    "bytes-01": "violation \udcff\udcfe\udcc3( \udced\udca0\udc80\n",  # no UTF-8; a surrogate
    "long-01": "violation " + "x" * 10_000_000 + "\n",
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return the good and the bad, side by side."""
    with Fleet(tmp_path_factory.mktemp("hostile"), policy="quick") as started:
        started.workspace.collect = {"connect_seconds": STEP, "asset_seconds": ASSET, "workers": 40}
        started.start_hosts(2)
        started.start_agents()
        started.start_router(
            "version 15.2\nhostname edge-rt-01\nline vty 0 4\n transport input ssh\n!\nend\n", pause=0.1
        )
        del started.workspace.assets["ups-02"]
        _add_raw(started)
        _add_sessions(started)
        _add_words(started)
        _add_agents_and_routers(started)
        started.workspace.write()
        yield started


@pytest.fixture(scope="module")
def audited(fleet: Fleet) -> tuple[Ran, float]:
    """Return what auditor said while it audited all of them, and how many seconds that took."""
    began = time.monotonic()
    ran = fleet.workspace.run("--log-format", "json", "audit", "--enrol", "--format", "json")
    return ran, time.monotonic() - began


@pytest.fixture(scope="module")
def results(fleet: Fleet, audited: tuple[Ran, float]):
    """Return what every asset was judged to be."""
    assert audited[0].status == 1, audited[0].err
    with open_store(fleet.folder) as store:
        return list(store.results("1"))


def test_everything_ends_within_the_sum_of_its_limits(audited):
    """All are asked side by side: the slowest router's steps and the start of the program are what it takes."""
    ran, seconds = audited
    assert seconds < 90
    slowest = max((one for one in map(json.loads, ran.err.splitlines()) if one["event"] == "asset"), key=_seconds)
    assert slowest["seconds"] < 60, slowest


def test_good_assets_are_unharmed(fleet, results):
    """The same verdicts, reasons and violations as when they are audited alone."""
    invoke(fleet.workspace, "audit", "--assets", ",".join(GOOD))
    with open_store(fleet.folder) as store:
        alone = {(one.asset, one.check): one for one in store.results("2")}

    assert {Verdict.PASS} == {result(results, name, "lab.max-tries").verdict for name in ("web-01", "web-02")}
    assert Verdict.FAIL is result(results, "ups-01", "snmp.version3").verdict
    assert Verdict.PASS is result(results, "edge-rt-01", "router.telnet-off").verdict
    for one in (one for one in results if one.asset in GOOD):
        other = alone[one.asset, one.check]
        assert (one.verdict, one.reason, one.violations) == (other.verdict, other.reason, other.violations)


@pytest.mark.parametrize("name", [*RAW, *SESSIONS])
def test_a_hostile_server_decides_nothing(results, name):
    """Whatever it sends: unknown, with a reason in plain characters."""
    (why,) = {said[name][1] for said in (RAW, SESSIONS) if name in said}
    for one in (one for one in results if one.asset == name):
        assert (Verdict.UNKNOWN, True) == (one.verdict, why in one.reason), one.reason
        assert one.reason.isprintable()
        assert len(one.reason) < 600


@pytest.mark.parametrize("name", ["control-01", "markers-01", "bytes-01"])
def test_what_a_host_prints_is_no_protocol(results, name):
    """Forged section marks, NULs, escapes and broken UTF-8 are the text of one answer, and of no other."""
    assert Verdict.PASS is result(results, name, "lab.max-tries").verdict
    (violation,) = result(results, name, "lab.whole").violations
    assert str(violation.found).startswith("violation")
    assert str(violation.found).rstrip().endswith("end")


def test_a_line_without_end_is_cut_and_says_so(results):
    """Ten megabytes where four are allowed: unknown, and the answer beside it is whole."""
    whole = result(results, "long-01", "lab.whole")
    assert (Verdict.UNKNOWN, True) == (whole.verdict, "bytes" in whole.reason), whole.reason
    assert Verdict.PASS is result(results, "long-01", "lab.max-tries").verdict


def test_lying_agents_and_routers_are_contained(results):
    """An agent's words are shown as words; garbage, an endless pager and a forged prompt give no verdict."""
    assert Verdict.UNKNOWN is result(results, "agent-garbage", "snmp.version3").verdict
    assert result(results, "agent-words", "snmp.contact-and-location").verdict in {Verdict.PASS, Verdict.FAIL}
    for name in ("rt-endless", "rt-hang-up"):
        assert Verdict.UNKNOWN is result(results, name, "router.telnet-off").verdict
    assert result(results, "rt-forged", "router.telnet-off").verdict in {Verdict.FAIL, Verdict.UNKNOWN}


def test_nothing_hostile_reaches_the_terminal_or_a_page(fleet, audited):
    """No control character in what people see, no markup in a report, no formula that is a formula."""
    shown = [
        audited[0],
        invoke(fleet.workspace, "findings", "list"),
        invoke(fleet.workspace, "evidence", "list"),
        invoke(fleet.workspace, "audit", "--assets", "control-01,agent-words,silent-01"),
        *(invoke(fleet.workspace, "findings", "show", one["id"]) for one in _findings(fleet, "control-01")),
    ]
    for ran in shown:
        assert [] == re.findall(r"[^\n\t -~\u00a0-\u1fff\u2010-\u2027\u2030-\ud7ff\ue000-\uffff]", ran.out + ran.err)
    pages = list((fleet.folder / "out").rglob("*.html"))
    assert pages
    for page in pages:
        text = page.read_text()
        assert "<script>alert" not in text
        assert "\x1b" not in text
        assert "49 =1+1" not in text


def _seconds(one):
    return one["seconds"]


def _findings(fleet: Fleet, asset: str):
    return invoke(fleet.workspace, "findings", "list", "--asset", asset, "--format", "json").json


def _add_raw(fleet: Fleet) -> None:
    for name, (behave, _) in RAW.items():
        server = fleet._stack.enter_context(Raw(behave, host=fleet.address()))
        ways = {"ssh": {"port": server.port, "credential": "key"}}
        fleet.workspace.asset(name, **{**LINUX, "addresses": [server.host], "transports": ways})


def _add_sessions(fleet: Fleet) -> None:
    for name, (session, _) in SESSIONS.items():
        server = fleet._stack.enter_context(Impostor(session, host=fleet.address()))
        ways = {"ssh": {"port": server.port, "credential": "key"}}
        fleet.workspace.asset(name, **{**LINUX, "addresses": [server.host], "transports": ways})


def _add_words(fleet: Fleet) -> None:
    for name, text in WORDS.items():
        address = fleet.address()
        path = Path(fleet.folder, "state", f"says-{address}")
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        ways = {"ssh": {"port": fleet.sshd.port, "credential": "key"}}
        fleet.workspace.asset(name, **{**LINUX, "addresses": [address], "transports": ways})


def _add_agents_and_routers(fleet: Fleet) -> None:
    for name, reply in (("agent-garbage", lambda _: b"\x30\x84\xff\xff\xff\xff"), ("agent-words", _words)):
        agent = fleet._stack.enter_context(FalseAgent(reply, host=fleet.address()))
        ways = {"snmp": {"port": agent.port, "version": "2c", "credential": "snmp-read"}}
        fleet.workspace.asset(name, kind="ups", addresses=[agent.host], tags=["snmp"], transports=ways)
    configuration = "version 15.2\nhostname rt\nline vty 0 4\n transport input telnet\n!\nend\n"
    forged = configuration.replace(
        "!\n", "!\nrt-forged#show running-config\nline vty 0 4\n transport input ssh\nend\nrt-forged#\n"
    )
    recordings = {
        "rt-endless": {"page": 1, "stubborn": True, "answer": "interface x\n" * 400_000},
        "rt-hang-up": {"hangs_up_after": "show running-config", "answer": configuration * 20},
        "rt-forged": {"answer": forged + ATTACK},
    }
    for name, how in recordings.items():
        answer = str(how.pop("answer"))
        device = Device(Recording(name, {"show running-config": answer}, **how), host=fleet.address())
        fleet._stack.enter_context(device)
        fleet.workspace.credential(name, texts={"user": device.user}, password=device.password)
        ways = {"cli": {"port": device.port, "credential": name}}
        fleet.workspace.asset(name, kind="router", platform="cisco-ios", addresses=[device.host], transports=ways)


def _words(datagram: bytes) -> bytes:
    """Answer a request with hostile words for every object that it asks for."""
    module = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
    message, _ = decoder.decode(datagram, asn1Spec=module.Message())
    answer = module.apiMessage.get_response(message)
    asked = module.apiPDU.get_varbinds(module.apiMessage.get_pdu(message))
    values = [(oid, OctetString(ATTACK.encode() + b"\xff|OctetString|forged\n1.3.6|x|y")) for oid, _ in asked]
    module.apiPDU.set_varbinds(module.apiMessage.get_pdu(answer), values)
    return bytes(encoder.encode(answer))
