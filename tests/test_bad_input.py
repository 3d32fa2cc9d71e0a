"""What cannot be is said before the first packet, with the line to change: exit 2, and nobody was asked."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.auditing import invoke
from tests.lab.workspace import LabWorkspace

KEY = "correct horse battery"
CANARY = "canary-7f2e9"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Return a socket that hosts of the inventory are behind; whether anybody came is seen on it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace's folder; no variable of this machine speaks in it."""
    for name in ("AUDITOR_VAULT_KEY", "LAB_PASSWORD", "VAULT_ADDR", "VAULT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "inventory").mkdir()
    return tmp_path


SETTINGS = 'inventory = ["i.yaml"]\n'
CREDENTIAL = "[credentials.lab]\nuser = 'audit'\npassword = {env = 'LAB_PASSWORD'}\n"
ASSET = "  - {{name: {name}, kind: server, platform: linux, addresses: [{address}], transports: {{{transports}}}}}\n"


def host(port: int, name: str = "web-01", address: str = "127.0.0.1") -> str:
    """Return an asset that is asked over SSH."""
    return ASSET.format(name=name, address=address, transports=f"ssh: {{port: {port}, credential: lab}}")


def refused(folder: Path, listener: socket.socket, settings: str, inventory: str, *words: str) -> str:
    """Return what is said of an audit that cannot be, without the folder's name; nobody was asked."""
    (folder / "auditor.toml").write_text(settings)
    (folder / "inventory/i.yaml").write_text(inventory)

    ran = invoke(LabWorkspace(folder), "audit", *words)

    with pytest.raises(BlockingIOError):
        listener.accept()
    assert (ran.status, ran.out) == (2, "")
    assert CANARY not in ran.err
    return ran.err.replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("transports", "said"),
    [
        ("telnet: {}", "auditor: inventory/i.yaml:2:88: telnet: there is no such field under transports\n"),
        ("shh: {credential: lab}", "auditor: inventory/i.yaml:2:88: shh: there is no such field under transports\n"),
        ("ssh: {credential: gone}", "auditor: inventory/i.yaml:2:5: web-01 names the credential gone, which is not"),
        ("ssh: {port: 70000}", "auditor: inventory/i.yaml:2:100: port: input should be less than or equal to 65535"),
    ],
)
def test_transports_that_there_are_not(folder: Path, listener: socket.socket, transports: str, said: str) -> None:
    """With the line of the inventory."""
    row = ASSET.format(name="web-01", address="127.0.0.1", transports=transports)

    assert refused(folder, listener, SETTINGS + CREDENTIAL, f"assets:\n{row}").startswith(said)


@pytest.mark.parametrize("kind", ["printer", "phone", "ip-phone", "ups"])
def test_a_way_that_leads_to_paper(folder: Path, listener: socket.socket, kind: str) -> None:
    """Whatever the inventory says: no connection to a raw print port of what may print."""
    rows = host(9107, "mfp-01").replace("kind: server", f"kind: {kind}") + host(9107, "web-01")

    told = refused(folder, listener, SETTINGS + CREDENTIAL, f"assets:\n{rows}")

    assert told == (
        f"auditor: inventory/i.yaml:2:5: mfp-01 is a {kind}, and its ssh leads to the raw print port 9107\n"
        "  Name another port: what is sent to 9100-9107 comes out on paper.\n"
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("[collect]\nworkers = 0\n", "auditor.toml:3:1: workers: input should be greater than 0"),
        ("[collect]\nworkers = -4\n", "auditor.toml:3:1: workers: input should be greater than 0"),
        ("[collect]\nconnect_seconds = 900\n", "auditor.toml:3:1: connect_seconds: 900 s do not fit into the 300 s"),
        ("[collect]\nasset_seconds = 90\naudit_seconds = 60\n", "auditor.toml:3:1: asset_seconds: 90 s do not fit"),
        ("[limits.zones]\ndmz = 3\n", "auditor.toml:3:1: limits.zones: there is no zone dmz"),
        ("[store]\nurl = 'mysql://u:canary-7f2e9@db/x'\n", "auditor.toml:3:1: The database URL begins with mysql://"),
        ("[store]\nurl = 'postgresql://db:canary-7f2e9/x'\n", "auditor.toml:3:1: The database URL cannot be read"),
        ("[[windows]]\nfrom = '25:00'\nto = '01:00'\ntimezone = 'UTC'\n", "auditor.toml:3:1: from: should be a time"),
        (
            "[[windows]]\nfrom = '22:00'\nto = '01:00'\ntimezone = 'UTC'\napplies_to = {site = ['bon']}\n",
            "auditor.toml:2:1: applies_to.site: no asset has the site bon",
        ),
        (
            "[[freezes]]\nfrom = 2026-12-24\nto = 2026-12-23\ntimezone = 'UTC'\nreason = 'x'\n",
            "auditor.toml:4:1: to: is",
        ),
    ],
)
def test_limits_that_cannot_be(
    folder: Path, listener: socket.socket, monkeypatch: pytest.MonkeyPatch, settings: str, said: str
) -> None:
    """With the line of the settings."""
    inventory = f"assets:\n{host(listener.getsockname()[1])}"

    monkeypatch.setenv("LAB_PASSWORD", CANARY)
    assert refused(folder, listener, SETTINGS + settings + CREDENTIAL, inventory).startswith(f"auditor: {said}")


@pytest.mark.parametrize(
    ("settings", "inventory", "said"),
    [
        (
            "[scope]\nallow = ['10.0.0.0/8']\n",
            "",
            "auditor.toml:3:1: the scope leaves nothing of this audit: 127.0.0.1 is",
        ),
        (
            "[scope]\ndeny = ['127.0.0.0/8']\n",
            "",
            "auditor.toml:3:1: the scope leaves nothing of this audit: 127.0.0.1 is",
        ),
        ("", "scope: {allow: [10.0.0.0/8]}\n", "inventory/i.yaml:1:1: the scope leaves nothing of this audit"),
        (
            "[scope]\nallow = ['192.0.2.0/24']\n",
            "scope: {allow: [10.0.0.0/8]}\n",
            "auditor.toml:3:1: the scope of the settings and that of the inventory have no address in common",
        ),
    ],
)
def test_a_scope_that_excludes_everything(
    folder: Path, listener: socket.socket, monkeypatch: pytest.MonkeyPatch, settings: str, inventory: str, said: str
) -> None:
    """With the line that does."""
    monkeypatch.setenv("LAB_PASSWORD", CANARY)
    rows = host(listener.getsockname()[1])

    told = refused(folder, listener, SETTINGS + settings + CREDENTIAL, f"{inventory}assets:\n{rows}")

    assert told.startswith(f"auditor: {said}")


def test_a_scope_that_excludes_the_chosen_assets(
    folder: Path, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many others it leaves."""
    monkeypatch.setenv("LAB_PASSWORD", CANARY)
    port = listener.getsockname()[1]
    inventory = f"assets:\n{host(port)}{host(port, 'web-02', '192.0.2.1')}"

    settings = f"{SETTINGS}[scope]\nallow = ['127.0.0.1']\n{CREDENTIAL}"
    told = refused(folder, listener, settings, inventory, "--assets", "web-02")

    assert told.startswith(
        "auditor: auditor.toml:3:1: the scope leaves nothing of this audit: 192.0.2.1 is not in scope"
    )


def test_credentials_that_do_not_open(folder: Path, listener: socket.socket) -> None:
    """Those that the audit needs, and no others."""
    other = "[credentials.other]\npassword = {file = 'gone'}\n"

    told = refused(folder, listener, SETTINGS + CREDENTIAL + other, f"assets:\n{host(listener.getsockname()[1])}")

    assert told == (
        "auditor: auditor.toml:4:1: credentials.lab.password: "
        "there is nothing in env LAB_PASSWORD; export LAB_PASSWORD=...\n"
    )


@pytest.mark.parametrize(
    ("parts", "version", "said"),
    [
        (
            "user = 'a'\nauth = {env = 'SHORT'}",
            "",
            "the auth password is shorter than the 8 characters RFC 3414 demands",
        ),
        ("user = 'a'\nprivacy = {env = 'LONG'}", "", "SNMPv3 has no privacy without authentication: give an auth"),
        ("community = {env = 'LONG'}", "3", "SNMPv3 needs a user, and the credential has none"),
        ("user = 'a'\nauth = {env = 'LONG'}", "2c", "SNMPv2c needs a community, and the credential has none"),
        ("user = 'a'\npassword = {env = 'LONG'}\nprivacy_protocol = 'aes'", "2c", "SNMPv2c needs a community"),
    ],
)
def test_credentials_that_no_agent_can_take(
    folder: Path, listener: socket.socket, monkeypatch: pytest.MonkeyPatch, parts: str, version: str, said: str
) -> None:
    """Whatever is there to be asked: a password that the protocol does not allow, or none at all."""
    monkeypatch.setenv("SHORT", CANARY[:7])
    monkeypatch.setenv("LONG", CANARY)
    ways = f"snmp: {{credential: read, version: '{version}'}}" if version else "snmp: {credential: read}"
    rows = [ASSET.format(name=name, address="127.0.0.1", transports=ways) for name in ("ups-01", "ups-02")]

    told = refused(folder, listener, f"{SETTINGS}[credentials.read]\n{parts}\n", f"assets:\n{''.join(rows)}")

    assert told.startswith(f"auditor: auditor.toml:3:1: credential read: {said}")
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("vault", "said"),
    [
        ("{env = 'LAB_PASSWORD'}", "vault.enc does not open with this key"),
        ("{file = 'gone'}", "gone cannot be read: No such file or directory"),
    ],
)
def test_a_vault_that_does_not_open(
    folder: Path, listener: socket.socket, monkeypatch: pytest.MonkeyPatch, vault: str, said: str
) -> None:
    """A wrong key, or none."""
    (folder / "auditor.toml").touch()
    monkeypatch.setenv("AUDITOR_VAULT_KEY", KEY)
    assert invoke(LabWorkspace(folder), "vault", "init").status == 0
    monkeypatch.setenv("LAB_PASSWORD", "another key, and a long one")
    settings = f"{SETTINGS}[vault]\nkey = {vault}\n[credentials.lab]\npassword = {{vault = 'lab'}}\n"

    told = refused(folder, listener, settings, f"assets:\n{host(listener.getsockname()[1])}")

    assert told.startswith("auditor: auditor.toml:5:1: credentials.lab.password: the ")
    assert told.endswith(f"{said}\n")
