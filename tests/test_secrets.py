"""No secret that auditor is given, or comes across, is found again in anything that it keeps, writes or says.

Every secret holds the word CANARY-, or stands in a list of its own where its form leaves no room for the word.
"""

import base64
import json
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from auditor.setup import open_store
from tests.lab.auditing import invoke
from tests.lab.device import Recording
from tests.lab.fleet import LINUX, Fleet
from tests.lab.hostile import Impostor
from tests.lab.snmpd import Snmpd, User
from tests.lab.sshd import SSHD, generate_key
from tests.lab.workspace import Ran

pytestmark = [pytest.mark.lab, pytest.mark.skipif(SSHD is None, reason="sshd is not installed")]

WORD = "CANARY-"
HASHES = (
    "$y$j9T$canarysaltcanarysalt..$canaryhashcanaryhashcanaryhashcanaryhash123",
    "$6$canarysalt$canaryhash6canaryhash6canaryhash6canaryhash6canaryhash6canaryhash6canaryhash6canaryhash6xx",
    "$1$Cnry$canaryhash1canaryhash1",
    "$9$canarySalt0000$FKv1nCanaryHashStandsHereItIsOnlyAnExample.A",
)
TYPE_7 = "0822455D0A16544541"  # Cisco's reversible form of the word cisco
SHADOW = f"root:{HASHES[0]}:19000:0:99999:7:::\nbob:{HASHES[1]}:19000:0:99999:7:::\n"
PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nQ0FOQVJZLWtleS1ib2R5LWNhbmFyeQ==\n-----END OPENSSH PRIVATE KEY-----\n"
CONFIGURATION = f"""\
version 16.9
service timestamps log datetime msec
hostname edge-rt-01
enable secret 5 {HASHES[2]}
enable password {WORD}enable-plain
username bob privilege 15 secret 9 {HASHES[3]}
username eve password 7 {TYPE_7}
username joe password 0 {WORD}user-plain
snmp-server community {WORD}community-rw RW
snmp-server host 192.0.2.9 version 2c {WORD}trap-community
snmp-server user nms group v3 auth sha {WORD}v3-auth priv aes 128 {WORD}v3-priv
tacacs server T1
 address ipv4 192.0.2.8
 key {WORD}tacacs-key
radius-server key 0 {WORD}radius-key
crypto isakmp key {WORD}isakmp address 203.0.113.20
key chain K
 key 1
  key-string {WORD}key-string
router bgp 65000
 neighbor 192.0.2.1 password {WORD}bgp
router ospf 1
interface Gi0/0
 ip ospf message-digest-key 1 md5 {WORD}ospf
 standby 1 authentication text {WORD}hsrp
 ppp chap password 0 {WORD}chap
ntp authentication-key 1 md5 {WORD}ntp
line vty 0 4
 password {WORD}vty
 transport input ssh
!
end
"""
EXPORT = {
    "value": [
        {
            "id": "5b0f6c1e-6a43-4d0a-9a0e-2f1d7c5e0999", "deviceName": "LT-9", "serialNumber": "SN9",
            "isEncrypted": True, "operatingSystem": "iOS", "osVersion": "18.1", "managementState": "managed",
            "activationLockBypassCode": f"{WORD}bypass-code", "lastSyncDateTime": "2026-11-20T10:00:00Z",
        }
    ]
}  # fmt: skip
GIVEN = {
    name: f"{WORD}{name}-4711"
    for name in ("passphrase", "password", "wrong-password", "sudo", "community", "auth", "privacy", "enable", "router")
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return a fleet in which everything that can be secret is one of ours."""
    with Fleet(tmp_path_factory.mktemp("canary"), policy="quick") as started, Impostor(accepts=False) as denying:
        _hosts(started, denying)
        _agents(started)
        started.start_router(CONFIGURATION)
        router = started.router
        router.password, router.recording = GIVEN["router"], _with_enable(router.recording)
        router_parts = {"password": GIVEN["router"], "enable": GIVEN["enable"]}
        started.workspace.credential("router", texts={"user": router.user}, **router_parts)
        started.workspace.credential(
            "wrong-enable", texts={"user": router.user}, password=GIVEN["router"], enable=GIVEN["sudo"]
        )
        way = {"cli": {"port": router.port, "credential": "wrong-enable"}}
        started.workspace.asset(
            "locked-rt", kind="router", platform="cisco-ios", addresses=[router.host], transports=way
        )
        (started.folder / "inventory" / "saved.cfg").write_text(CONFIGURATION)
        saved = {"file": {"configuration": "saved.cfg"}}
        started.workspace.asset("saved-rt", kind="router", platform="cisco-ios", transports=saved)
        (started.folder / "inventory" / "devices.json").write_text(json.dumps(EXPORT))
        started.workspace.include.append({"path": "devices.json", "format": "intune"})
        started.workspace.write()
        policy = started.folder / "policies" / "quick.yaml"
        policy.write_text(f"{policy.read_text()}{_MORE}")
        yield started


_MORE = """\
  - id: QCK-04
    title: A laptop is asked little
    applies_to: {kind: [laptop, phone]}
    checks:
      devices.encrypted:
      devices.managed:
  - id: QCK-05
    title: Hashes are looked at
    applies_to: {assets: [shadow-01]}
    checks:
      accounts.password-hashes:
"""


@pytest.fixture(scope="module")
def said(fleet: Fleet) -> Iterator[list[Ran]]:
    """Give what auditor said while it audited, and when it was asked about it afterwards."""
    show = partial(invoke, fleet.workspace)
    first = fleet.workspace.run("--debug", "--log-format", "json", "audit", "--enrol", "--format", "json")
    assert first.status == 1, first.err
    with open_store(fleet.folder):  # whoever closes a database last removes its write-ahead log
        asked = [
            first,
            show("--debug", "audit"),
            show("findings", "list", "--format", "json"),
            show("evidence", "list", "--format", "json"),
            show("projects", "propose", "--format", "json"),
            show("report", "--format", "json"),
            show("assets", "list", "--format", "json"),
        ]
        asked += [
            show("evidence", "show", one["id"]) for one in asked[3].json if one["asset"] in {"saved-rt", "crash-01"}
        ]
        yield asked


def test_the_secrets_were_used_and_met(fleet, said):
    """Otherwise there would be nothing to find: every credential was tried, every text was read."""
    notes = {
        one["asset"]: one["problem"] for one in map(json.loads, said[0].err.splitlines()) if one["event"] == "asset"
    }
    assert ("", "", "", "") == tuple(notes[name] for name in ("web-01", "crash-01", "edge-rt-01", "saved-rt"))
    assert ("", "") == (notes["ups-01"], notes["ups-02"])
    assert "refused" in notes["denied-01"]
    assert GIVEN["router"] in fleet.router.passwords_tried
    with open_store(fleet.folder) as store:
        results = list(store.results("1"))
    errors = {one.asset for one in results if one.verdict.value == "error"}
    assert {"crash-01", "crash-02"} <= errors
    assert any(one.asset == "LT-9" for one in results)
    assert "<secret type5 " in "".join(ran.out for ran in said)
    assert "<secret community " in "".join(ran.out for ran in said)


def test_no_output_has_a_secret(said):
    """Neither results nor progress nor messages, with --debug and as JSON."""
    for ran in said:
        assert [] == secrets_in((ran.out + ran.err).encode())


def test_no_file_has_a_secret(fleet, said):
    """Neither the database nor its log nor a report; compressed parts are opened too."""
    del said
    kept = [path for root in (".auditor", "out") for path in (fleet.folder / root).rglob("*") if path.is_file()]
    assert {".db", ".db-wal", ".html", ".json"} <= {path.suffix for path in kept}
    for path in kept:
        assert [] == secrets_in(path.read_bytes()), path


def test_nothing_remembered_has_a_secret(fleet, said):
    """Every text and every result that is stored, as it comes out again."""
    del said
    with open_store(fleet.folder) as store:
        texts = {seen.digest: store.evidence_text(seen.digest) for seen in store.evidence() if seen.digest}
        assert texts
        for text in texts.values():
            assert [] == secrets_in(text.encode("utf-8", "surrogatepass")), text[:200]
        judged = [*store.results("1"), *store.findings(), *store.collected("1").values()]
    assert [] == secrets_in("\n".join(map(repr, judged)).encode())


def test_the_canaries_would_be_found():
    """A test that cannot fail is a defect: plain, compressed and encoded secrets are all seen."""
    secret = f"x {GIVEN['password']} y".encode()
    for hidden in (
        secret,
        zlib.compress(secret),
        b"SQLite" + zlib.compress(secret) + b"more",
        base64.b64encode(secret),
    ):
        assert secrets_in(hidden)
    assert secrets_in(SHADOW.encode())
    assert [] == secrets_in(b"nothing here")


def _hosts(fleet: Fleet, denying: Impostor) -> None:
    """Add hosts by a key with a passphrase, by a wrong password, and some that say secrets or crash what reads them."""
    fleet.start_hosts(1)
    server, workspace = fleet.sshd, fleet.workspace
    locked = server.folder / "canary-key"
    generate_key(locked, "ed25519", GIVEN["passphrase"])
    with (server.folder / "authorized_keys").open("a") as file:
        file.write(Path(f"{locked}.pub").read_text())
    texts = {"user": server.user, "key_file": str(locked)}
    parts = {"passphrase": GIVEN["passphrase"], "sudo_password": GIVEN["sudo"], "password": GIVEN["password"]}
    workspace.credential("locked", texts=texts, **parts)
    workspace.credential("wrong", texts={"user": "audit"}, password=GIVEN["wrong-password"])
    for name, text in (("shadow-01", SHADOW + PEM), ("crash-01", f"crash the check\n{SHADOW}{PEM}"), ("crash-02", "")):
        address = fleet.address()
        workspace.says(address, text or f"crash the probe\n{SHADOW}{PEM}")
        ways = {"ssh": {"port": server.port, "credential": "locked"}}
        workspace.asset(name, **{**LINUX, "addresses": [address], "transports": ways})
    ways = {"ssh": {"port": denying.port, "credential": "wrong"}}
    workspace.asset("denied-01", **{**LINUX, "addresses": [denying.host], "transports": ways})


def _agents(fleet: Fleet) -> None:
    """Add agents by our community and by our keys, and one that our keys do not fit."""
    community, auth, privacy = GIVEN["community"], GIVEN["auth"], GIVEN["privacy"]
    user = User("auditor", "SHA-256", auth, "AES", privacy)
    old = fleet._stack.enter_context(Snmpd(communities=(community,), host=fleet.address()))
    new = fleet._stack.enter_context(Snmpd(users=(user,), host=fleet.address()))
    texts = {"user": "auditor", "auth_protocol": "SHA256", "privacy_protocol": "AES"}
    fleet.workspace.credential("read", community=community)
    fleet.workspace.credential("user", texts=texts, auth=auth, privacy=privacy)
    fleet.workspace.credential("wrong-user", texts=texts, auth=privacy, privacy=auth)
    given = (("ups-01", old, "2c", "read"), ("ups-02", new, "3", "user"), ("ups-03", new, "3", "wrong-user"))
    for name, agent, version, credential in given:
        snmp = {"port": agent.port, "version": version, "credential": credential}
        fleet.workspace.asset(name, kind="ups", addresses=[agent.host], tags=["snmp"], transports={"snmp": snmp})


def _with_enable(recording: Recording) -> Recording:
    return Recording(recording.hostname, recording.commands, level=recording.level, enable=GIVEN["enable"])


def secrets_in(raw: bytes) -> list[bytes]:
    """Return the secrets that stand in some bytes, plainly, in Base64, or within any zlib stream."""
    plain = [WORD.encode(), TYPE_7.encode(), *(one.encode() for one in HASHES), PEM.splitlines()[1].encode()]
    coded = [
        base64.b64encode(WORD.encode() + b"xx")[:9],
        *(base64.b64encode(b"x" * n + WORD.encode())[4:12] for n in (1, 2)),
    ]
    views = [raw, *_inflated(raw)]
    return [word for word in plain + coded if any(word in view for view in views)]


def _inflated(raw: bytes) -> Iterator[bytes]:
    """Yield what every zlib stream in some bytes holds, as far as it goes: databases spread long ones over pages."""
    for header in (b"\x78\x9c", b"\x78\xda", b"\x78\x01", b"\x78\x5e"):
        place = raw.find(header)
        while place >= 0:
            unpacked = bytearray()
            opened = zlib.decompressobj()
            try:
                for start in range(place, min(len(raw), place + 1_000_000), 512):
                    unpacked += opened.decompress(raw[start : start + 512])
                    if opened.eof:
                        break
            except zlib.error:
                pass
            yield bytes(unpacked)
            place = raw.find(header, place + 1)
