"""Our own inventory format: what it says, and what a person is told who writes it wrongly."""

from pathlib import Path

import pytest

from auditor.errors import ContentError, Place
from auditor.inventory import Inventory, load
from auditor.model.asset import Access, Asset, Channel, Criticality, Kind, Platform

WHOLE = """\
scope: {allow: [192.0.2.0/24, "2001:db8::/32"], deny: 192.0.2.1}
defaults: {site: HQ, zone: office, tags: [ours], transports: {ssh: {credential: linux-audit}}}
assets:
  - name: web-01
    kind: server
    platform: linux
    addresses: [192.0.2.10, web-01.example.com]
    zone: dmz
    owner: web@example.com
    department: Sales
    criticality: high
    tags: web
    model: R650
    identities: ["serial: 7qh4px3", "mac:00-11-22-AA-BB-CC"]
  - name: edge
    kind: Router
    platform: ios xe
    transports:
      cli: {port: 2222, user: audit, credential: net}
      snmp: {version: 3, credential: snmp-v3}
      nmap:
      file: {configuration: edge.cfg}
      replay: {folder: answers}
"""


def written(tmp_path: Path, text: str, name: str = "inventory.yaml") -> Path:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def read(tmp_path: Path, text: str) -> Inventory:
    (tmp_path / "edge.cfg").write_text("hostname edge\n")
    (tmp_path / "answers").mkdir(exist_ok=True)
    return load(written(tmp_path, text))


def problem(tmp_path: Path, text: str) -> str:
    """Return what a person is told, with the folder's name left out."""
    with pytest.raises(ContentError) as caught:
        read(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_every_field_is_read(tmp_path: Path) -> None:
    """An asset's own words win over the file's defaults, and tags are joined."""
    web = read(tmp_path, WHOLE).assets[0]

    assert web == Asset(
        name="web-01",
        kind=Kind.SERVER,
        platform=Platform.LINUX,
        addresses=("192.0.2.10", "web-01.example.com"),
        site="HQ",
        zone="dmz",
        owner="web@example.com",
        department="Sales",
        criticality=Criticality.HIGH,
        tags=frozenset({"web", "ours"}),
        model="R650",
        identities=frozenset({"serial:7QH4PX3", "mac:00:11:22:aa:bb:cc"}),
        accesses=(Access(channel=Channel.SSH, credential="linux-audit"),),
        declared_at=Place(str(tmp_path / "inventory.yaml"), 4, 5),
    )


def test_every_transport_is_read(tmp_path: Path) -> None:
    """Files stand beside the inventory; `nmap:` with nothing behind it is a transport."""
    edge = read(tmp_path, WHOLE).assets[1]

    assert edge.accesses == (
        Access(channel=Channel.CLI, port=2222, user="audit", credential="net"),
        Access(channel=Channel.SNMP, version="3", credential="snmp-v3"),
        Access(channel=Channel.NMAP),
        Access(channel=Channel.FILE, path=str(tmp_path / "edge.cfg"), holds="configuration"),
        Access(channel=Channel.REPLAY, path=str(tmp_path / "answers")),
    )
    assert (edge.kind, edge.platform) == (Kind.ROUTER, Platform.CISCO_IOS)


def test_the_scope_is_read(tmp_path: Path) -> None:
    """A single network needs no list."""
    owned = read(tmp_path, WHOLE)

    assert (owned.scope_allow, owned.scope_deny) == (("192.0.2.0/24", "2001:db8::/32"), ("192.0.2.1",))
    assert owned.sources == (tmp_path / "inventory.yaml",)


def test_a_default_credential_fills_the_blank_of_an_own_transport(tmp_path: Path) -> None:
    """What the asset says of the transport stays."""
    text = (
        "defaults: {transports: {ssh: {credential: c, port: 22}}}\n"
        "assets:\n  - {name: a, transports: {ssh: {port: 2022}}}\n"
    )

    (asset,) = read(tmp_path, text).assets
    assert asset.accesses == (Access(channel=Channel.SSH, port=2022, credential="c"),)


def test_a_default_transport_is_not_forced_on_an_asset_that_has_others(tmp_path: Path) -> None:
    """A router with a saved configuration is not logged in to because servers are."""
    text = "defaults: {transports: {ssh: {credential: c}}}\nassets:\n  - {name: a, transports: {nmap: {}}}\n"

    (asset,) = read(tmp_path, text).assets
    assert asset.accesses == (Access(channel=Channel.NMAP),)


def test_an_asset_may_say_what_differs_from_a_default_and_is_empty_elsewhere(tmp_path: Path) -> None:
    """An explicit medium is a statement, although medium is what holds when nothing is said."""
    text = "defaults: {criticality: critical}\nassets:\n  - {name: a, criticality: medium}\n  - {name: b}\n"

    assert [a.criticality for a in read(tmp_path, text).assets] == [Criticality.MEDIUM, Criticality.CRITICAL]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "assets:\n  - name: a\n    kind: ruter\n",
            "inventory.yaml:3:11: kind: there is no kind ruter. Did you mean router?",
        ),
        ("assets:\n  - {name: a, platform: linus}\n", "there is no platform linus. Did you mean linux?"),
        ("assets:\n  - {name: a, platform: ios}\n", "Write cisco-ios or apple-ios"),
        ("assets:\n  - {name: a, criticality: hihg}\n", "Did you mean high?"),
        (
            "assets:\n  - name: a\n    transports:\n      shh: {}\n",
            "inventory.yaml:4:7: shh: there is no such field under transports",
        ),
        ("asets:\n  - name: a\n", "inventory.yaml:1:1: asets: there is no such field\n  Did you mean assets?"),
        ("assets:\n  - name: a\n    adresses: [x]\n", "Did you mean addresses?"),
        ("assets:\n  - kind: server\n", "inventory.yaml:2:5: name: is required"),
        ("assets:\n  - name: a\n    transports: {ssh: {port: 99999}}\n", "inventory.yaml:3:30: port"),
        ("assets:\n  - name: a\n    transports: {ssh: {port: '22'}}\n", "inventory.yaml:3:30: port"),
        ("assets:\n  - {name: a, addresses: [10.0.0.0/8]}\n", "is a network or a range, not one address"),
        ("assets:\n  - {name: a, addresses: ['-iL/etc/passwd']}\n", "is neither an address nor a host name"),
        ("assets:\n  - {name: a, addresses: [10.0.0.999]}\n", "is neither an IPv4 nor an IPv6 address"),
        ("assets:\n  - {name: a, identities: ['sreial:1234']}\n", "Did you mean serial?"),
        ('assets:\n  - {name: "a\\nb"}\n', "characters that do not print"),
        ("scope: {allow: [10.0.0.1/8]}\n", "has bits set beyond its mask; write 10.0.0.0/8"),
        ("scope: {allow: [everything]}\n", "is not a network such as"),
        (
            "assets:\n  - name: a\n    transports:\n      file: {configuration: gone.cfg}\n",
            "inventory.yaml:4:29: there is no file",
        ),
        ("assets:\n  - {name: a, transports: {replay: {folder: gone}}}\n", "there is no folder"),
        ("assets:\n  - {name: a, transports: {file: {}}}\n", "names no file"),
        (
            "assets:\n  - {name: a, transports: {file: {device-record: edge.cfg}}}\n",
            "key: is required beside device-record",
        ),
        ("include:\n  - {path: gone.csv}\n", "inventory.yaml:2:12: there is no file"),
        ("include:\n  - {path: edge.cfg, format: excel}\n", "inventory.yaml:2:30: format"),
        (
            "assets:\n  - name: a\n  - name: A\n",
            "inventory.yaml:3:11: the name A stands at inventory.yaml:2:11 already",
        ),
        ("assets:\n  - name: a\n    name: b\n", "inventory.yaml:3:5: name: stands here twice"),
        ("- just\n- a list\n", "inventory.yaml:1:1: is not an inventory"),
        ("", "is not an inventory"),
        ("assets: [a\n", "is not YAML"),
    ],
)
def test_bad_input_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    """Place, problem and what to write instead."""
    assert told in problem(tmp_path, text)


def test_every_problem_is_told_in_one_go(tmp_path: Path) -> None:
    """Nobody mends a file one error a run."""
    told = problem(tmp_path, "assets:\n  - {name: a, kind: ruter}\n  - {name: b, platform: linus}\n")

    assert ("inventory.yaml:2" in told, "inventory.yaml:3" in told) == (True, True)


@pytest.mark.parametrize(
    "line",
    [
        "password: hunter2",
        "community: hunter2",
        "enable_secret: hunter2",
        "snmpCommunity: hunter2",
        "api-token: hunter2",
    ],
)
def test_a_secret_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    """The message names the field and its place, never the value."""
    told = problem(tmp_path, f"assets:\n  - name: a\n    transports:\n      ssh:\n        {line}\n")

    assert told.startswith("inventory.yaml:5:")
    assert "a secret does not belong in an inventory" in told
    assert "hunter2" not in told


def test_a_secret_in_place_of_a_credential_name_is_not_repeated(tmp_path: Path) -> None:
    """What is no name may be a secret."""
    told = problem(tmp_path, 'assets:\n  - {name: a, transports: {ssh: {credential: "p@ss w0rd!"}}}\n')

    assert "inventory.yaml:2" in told
    assert "w0rd" not in told


def test_a_placeholder_serial_is_left_out_and_told(tmp_path: Path) -> None:
    """Thousands of mainboards have it."""
    owned = read(tmp_path, 'assets:\n  - {name: a, identities: ["serial:To be filled by O.E.M."]}\n')

    assert owned.assets[0].identities == frozenset()
    assert "placeholder" in owned.warnings[0]


def test_a_bare_no_is_a_word(tmp_path: Path) -> None:
    """YAML 1.2: a site may be called no."""
    assert read(tmp_path, "assets:\n  - {name: a, site: no}\n").assets[0].site == "no"
