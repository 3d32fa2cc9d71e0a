"""Every known form of a secret, planted in a fleet that is audited by a process of its own: none is found again.

Each canary begins with one word. What is looked through: the database and its log, every cell of every table with what
is compressed in it, reports of every format, recorded evidence, results and progress, tracebacks, and what objects say
of themselves.
"""

import base64
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from auditor.collect.ask import Asker, Job
from auditor.collect.redact import Redactor
from auditor.model.asset import Access, Channel
from auditor.model.probe import Cli
from auditor.setup import open_store, prepare
from tests.collect.test_secret_runs import DEVICE_LINES, HOST_LINES, KEYS, SECTIONS, TOKENS
from tests.lab.fleet import LINUX, Fleet
from tests.lab.sshd import SSHD, generate_key
from tests.lab.workspace import Ran
from tests.make import asset
from tests.test_secrets import secrets_in

pytestmark = [pytest.mark.lab, pytest.mark.skipif(SSHD is None, reason="sshd is not installed")]

WORD = "CaNaRy"
GIVEN = {name: f"{WORD} {name} /+?&% 4711" for name in ("passphrase", "password", "sudo", "enable", "community")}
CHUNK = 32_768  # bytes that SSH carries at once (RFC 4254 5.2 leaves it to the sides; ours and OpenSSH's packets)
CAP = 4096 * 1024  # bytes of an answer, where a request says nothing else

_CRASH = f'''\
"""What brings auditor down."""

from auditor import Asset, Fix, Severity, Violation, check


class Down(BaseException):
    """Nothing that anybody catches."""


@check("crash.down", severity=Severity.LOW, fix=Fix("Do not.", solution="harden-ssh"))
def down(asset: Asset) -> list[Violation]:
    """Nothing brings auditor down"""
    raise Down(f"{{asset.name}}: password={WORD}down1 https://u:{WORD}down2@192.0.2.1/ enable secret x")


@check("crash.error", severity=Severity.LOW, fix=Fix("Do not.", solution="harden-ssh"))
def error(asset: Asset) -> list[Violation]:
    """Nothing breaks"""
    raise RuntimeError(f"{{asset.name}}: token={WORD}error1 postgresql://u:{WORD}error2@192.0.2.1/db")
'''
_POLICY = """\
policy: canary
version: "1"
extends: [quick]
controls:
  - id: CAN-01
    title: A check that breaks is an error
    applies_to: {tags: [breaks]}
    checks:
      crash.error:
  - id: CAN-02
    title: One that breaks everything is a crash
    applies_to: {tags: [down]}
    checks:
      crash.down:
"""


def planted(lines: list[str]) -> str:
    """Return lines with a canary each."""
    return "".join(f"{line}\n".replace("@@", f"{WORD}{number:03}aB3xYz01Cd4wVu02") for number, line in enumerate(lines))


def echoed() -> str:
    """Return our own secrets as somebody says them who heard them: in no form that could be known."""
    said = (
        f"I heard {one}, {quote(one, safe='')} and {base64.b64encode(one.encode()).decode()}." for one in GIVEN.values()
    )
    return "\n".join(said) + "\n"


def long_answer() -> str:
    """Return an answer with secrets on every border that something may be cut at, the last of which it is cut at."""
    line = f"DB_PASSWORD={WORD}cutcutcutcutcutcutcut\n"
    around = line * (2 * 1024 // len(line))
    return "".join(around + "x\n" * ((CHUNK - len(around)) // 2) for _ in range(3)) + line * (CAP // len(line))


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Return a fleet that says every secret that can be said."""
    with Fleet(tmp_path_factory.mktemp("canary"), policy="canary") as started:
        workspace = started.workspace
        _hosts(started)
        text = planted(DEVICE_LINES) + SECTIONS.replace("@@", f"{WORD}section") + echoed() + "!\nend\n"
        started.start_router("version 16.9\nhostname edge-rt-01\n" + text)
        router = started.router
        router.password, router.recording = GIVEN["password"], replace(router.recording, enable=GIVEN["enable"])
        parts = {"password": GIVEN["password"], "enable": GIVEN["enable"]}
        workspace.credential("router", texts={"user": router.user}, **parts)
        workspace.credential("read", community=GIVEN["community"])
        snmp = {"port": 1, "version": "2c", "credential": "read"}
        workspace.asset("ups-01", kind="ups", addresses=[started.address()], tags=["snmp"], transports={"snmp": snmp})
        (started.folder / "inventory" / "saved.cfg").write_text("version 16.9\nhostname x\n" + text)
        saved = {"file": {"configuration": "saved.cfg"}}
        workspace.asset("saved-rt", kind="router", platform="cisco-ios", transports=saved)
        workspace.write()
        (started.folder / "policies" / "canary.yaml").write_text(_POLICY)
        (started.folder / "checks" / "crash.py").write_text(_CRASH)
        yield started


def _hosts(fleet: Fleet) -> None:
    server = fleet.sshd
    locked = server.folder / "canary-key"
    generate_key(locked, "ed25519", GIVEN["passphrase"])
    with (server.folder / "authorized_keys").open("a") as file:
        file.write(Path(f"{locked}.pub").read_text())
    parts = {"passphrase": GIVEN["passphrase"], "sudo_password": GIVEN["sudo"], "password": GIVEN["password"]}
    fleet.workspace.credential("locked", texts={"user": server.user, "key_file": str(locked)}, **parts)
    keys = "\n".join(KEYS.values())
    said = {
        "says-01": planted(HOST_LINES) + "\n".join(TOKENS) + "\n" + echoed() + keys,
        "crash-01": f"crash the check\n{planted(HOST_LINES)}{echoed()}",
        "crash-02": f"crash the probe\n{echoed()}",
        "shows-01": f"violation\n{planted(HOST_LINES)}",
        "long-01": long_answer(),
    }
    for name, text in said.items():
        address = fleet.address()
        fleet.workspace.says(address, text)
        ways = {"ssh": {"port": server.port, "credential": "locked"}}
        fields = {**LINUX, "addresses": [address], "transports": ways}
        tags = ["breaks"] if name == "crash-01" else []
        fleet.workspace.asset(name, **{**fields, "tags": [*fields.get("tags", []), *tags]})


@pytest.fixture(scope="module")
def said(fleet: Fleet) -> list[Ran]:
    """Return what auditor said while it audited, and when it was asked about it afterwards, in its own processes."""
    run = fleet.workspace.run
    first = run("--debug", "--log-format", "json", "audit", "--enrol", "--format", "json")
    assert first.status == 1, first.err
    with open_store(fleet.folder) as store:
        shown = [one.id for one in store.evidence() if one.asset in {"saved-rt", "says-01"}]
    return [
        first,
        run("audit", "--output", fleet.folder / "out" / "again"),
        run("evidence", "record", "says-01", "--to", fleet.folder / "out" / "recorded-host"),
        run("evidence", "record", "saved-rt", "--to", fleet.folder / "out" / "recorded-device"),
        run("findings", "list", "--format", "json"),
        run("evidence", "list"),
        run("assets", "list", "--format", "json"),
        run("projects", "propose", "--format", "json"),
        *(run("evidence", "show", one) for one in shown),
    ]


def found(raw: bytes) -> list[bytes]:
    """Return the canaries in some bytes: as they are, in Base64 at any place of three, percent-encoded, inflated."""
    word = WORD.encode()
    coded = [base64.b64encode(b"\0" * n + word)[4 if n else 0 : 8] for n in range(3)]
    body = [line.encode() for line in KEYS["whole"].split("\n")[1:3]]
    wanted = [word, *coded, *body, *(one.encode() for one in TOKENS), b"C%61NaRy", word[::-1]]
    return [one for one in wanted if any(one in view for view in (raw, *_inflated(raw)))]


def _inflated(raw: bytes) -> Iterator[bytes]:
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            yield zlib.decompressobj(wbits).decompress(raw)
        except zlib.error:
            continue


def cells(database: Path) -> Iterator[tuple[str, bytes]]:
    """Give every value of every table, whether it is shown by anything or not."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  (names of the schema)
                for value in row:
                    if isinstance(value, bytes | str):
                        yield table, value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def test_the_secrets_were_met(fleet, said):
    """Every text was read: each planted line has a token where its secret stood."""
    with open_store(fleet.folder) as store:
        by_asset = {}
        for one in store.evidence():
            by_asset.setdefault(one.asset, []).append(store.evidence_text(one.digest) if one.digest else one.problem)
        results = list(store.results("1"))
    texts = {name: "\n".join(all_) for name, all_ in by_asset.items()}
    assert texts["saved-rt"].count("<secret ") >= len(DEVICE_LINES)
    assert texts["edge-rt-01"].count("<secret ") >= len(DEVICE_LINES)
    assert texts["says-01"].count("<secret ") >= len(HOST_LINES)
    assert all(texts[name].count("<secret own ") >= 3 for name in ("saved-rt", "says-01", "crash-02"))
    assert len(texts["long-01"]) > CAP // 4
    errors = {one.asset: one.reason for one in results if one.verdict.value == "error"}
    assert {"crash-01", "crash-02"} <= errors.keys()
    assert any("<secret " in one.reason for one in results if one.check == "crash.error")


def test_no_output_has_a_canary(said):
    """Neither results nor progress as JSON nor messages, with --debug."""
    for ran in said:
        assert found((ran.out + ran.err).encode()) == []


def test_no_file_has_a_canary(fleet, said):
    """Database, log, reports of every format, recordings; with what is compressed in them."""
    kept = [path for root in (".auditor", "out") for path in (fleet.folder / root).rglob("*") if path.is_file()]
    assert {".db", ".html", ".json", ".txt"} <= {path.suffix for path in kept}
    for path in kept:
        raw = path.read_bytes()
        assert found(raw) == [], path
        assert secrets_in(raw) == [], path


def test_no_cell_of_the_database_has_a_canary(fleet, said):
    """Nor what it holds in compressed form."""
    looked = 0
    for table, value in cells(fleet.workspace.database):
        looked += 1
        assert found(value) == [], table
    assert looked > 100


def test_nothing_that_comes_out_again_has_a_canary(fleet, said):
    """Texts, results, findings and reasons, however they are kept."""
    with open_store(fleet.folder) as store:
        for one in store.evidence():
            assert found(repr(one).encode()) == []
            if one.digest:
                assert found(store.evidence_text(one.digest).encode("utf-8", "surrogatepass")) == []
        told = [*store.results("1"), *store.results("2"), *store.findings(), *store.collected("1").values()]
    assert found(repr(told).encode()) == []


@pytest.mark.parametrize("options", [(), ("--debug",), ("--debug", "--log-format", "json"), ("--log-format", "json")])
def test_a_crash_says_nothing_secret(fleet, said, options):
    """Where auditor itself breaks over a secret, with and without a traceback; and the audit can be resumed."""
    inventory = fleet.folder / "inventory" / "down.yaml"
    saved = {
        "kind": "router",
        "platform": "cisco-ios",
        "tags": ["down"],
        "transports": {"file": {"configuration": "saved.cfg"}},
    }
    inventory.write_text(f"assets:\n- {{name: down-rt, {str(saved)[1:-1]}}}\n".replace("'", '"'))
    ran = fleet.workspace.run(*options, "audit", "--inventory", inventory)

    assert ran.status == 3
    assert "Down" in ran.err
    assert "<secret " in ran.err
    assert ("Traceback" in ran.err) == ("--debug" in options)
    assert found((ran.out + ran.err).encode()) == []


def test_an_address_of_a_database_keeps_its_password(fleet):
    """It stands in the environment, and a database that is not there is an error."""
    url = f"postgresql://auditor:{WORD}database@127.0.0.1:1/none"
    for words in (("audits",), ("--debug", "audits"), ("audit",)):
        ran = fleet.workspace.run(*words, AUDITOR_STORE__URL=url)

        assert ran.status in {2, 3}
        assert found((ran.out + ran.err).encode()) == []


def test_no_object_says_a_canary_of_itself(fleet):
    """Settings, credentials and the setup, opened as an audit opens them, as a debugger or a log would print them."""
    setup = prepare(fleet.folder)
    opened = [setup.credentials.open(name) for name in sorted(setup.credentials.names)]
    redactor = Redactor(b"k", setup.credentials.given_away)
    dumps = [repr(setup), str(setup), repr(setup.settings.model_dump()), setup.settings.model_dump_json(), repr(opened)]

    assert set(GIVEN.values()) <= set(setup.credentials.given_away())
    assert found("\n".join([*dumps, repr(redactor), f"{opened}"]).encode()) == []


class Echoing:
    """A transport that fails, and repeats what it was given."""

    def ask(self, asset, access, requests):
        """Fail."""
        secret = GIVEN["enable"]
        raise RuntimeError(f"{asset.name} did not take {secret} nor {quote(secret, safe='')}; password {WORD}other")


def test_a_failing_transport_repeats_no_secret():
    """Its message becomes the reason of an answer, and that the reason of an unknown result."""
    request, access = Cli("show version"), Access(channel=Channel.CLI)
    redactor = Redactor(b"k", lambda: tuple(GIVEN.values()))
    asker = Asker({Channel.CLI: Echoing()}, redactor, frozenset({request}))
    collected = asker.ask(Job(asset("edge-rt-01"), {access: (request,)}))

    assert collected.problem.count("<secret ") == 3
    assert collected.answers[request].asked_at <= datetime.now(UTC)
    assert found(repr(collected).encode()) == []


def test_the_canaries_would_be_found():
    """A test that cannot fail is a defect."""
    secret = f"x {GIVEN['password']} y".encode()
    for hidden in (secret, zlib.compress(secret), *(base64.b64encode(b"z" * n + secret) for n in range(3))):
        assert found(hidden)
    assert found(KEYS["without its beginning"].encode()) or found(KEYS["whole"].encode())
    assert found(b"nothing here") == []
