"""From files of any sort to one inventory, and back to YAML."""

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import ContentError, Place
from auditor.inventory import as_yaml, load
from auditor.inventory.discover import proposals
from auditor.inventory.listing import Inventory
from auditor.inventory.sources import format_of
from auditor.model.asset import Access, Asset, Channel, Criticality, Kind, Platform

SCAN = """<nmaprun><host><status state="up" reason="echo-reply"/><address addr="192.0.2.10" addrtype="ipv4"/></host>
<host><status state="up" reason="echo-reply"/><address addr="192.0.2.77" addrtype="ipv4"/>
<hostnames><hostname name="new.example.com" type="PTR"/></hostnames></host></nmaprun>
"""


@pytest.mark.parametrize(
    ("name", "text", "sort"),
    [
        ("a.yaml", "assets: []\n", "auditor"),
        ("a.yml", "scope: {allow: [10.0.0.0/8]}\n", "auditor"),
        ("a.yml", "asets: []\n", "auditor"),
        ("a.yml", "", "auditor"),
        ("a.yml", "all: {hosts: {a: }}\n", "ansible"),
        ("a.yml", "web:\n  hosts:\n    a: {x: !vault abc}\n", "ansible"),
        ("hosts", "[web]\na\n", "ansible"),
        ("a.ini", "a\n", "ansible"),
        ("a.xml", "<nmaprun/>", "nmap"),
        ("a.csv", "name,ip\n", "csv"),
        ("a.csv", "Device name;Last check-in;Encrypted\n", "devices"),
        ("a.json", "[]", "devices"),
    ],
)
def test_a_format_is_found_by_name_and_content(tmp_path: Path, name: str, text: str, sort: str) -> None:
    """What nobody can tell is taken for ours, so that the message fits."""
    (tmp_path / name).write_text(text)

    assert format_of(tmp_path / name) == sort


def test_sources_become_one_inventory(tmp_path: Path) -> None:
    """Own words, then a spreadsheet, then Ansible; defaults of an include fill what is missing."""
    (tmp_path / "hosts.csv").write_text("name,ip,site,serial\nweb-01,192.0.2.10,Berlin,7QH4PX3\ndb-01,192.0.2.11,,\n")
    (tmp_path / "prod.ini").write_text("[web]\nweb-01 ansible_port=2222\n")
    (tmp_path / "inventory.yaml").write_text(
        "scope: {allow: [192.0.2.0/24]}\n"
        "include:\n"
        "  - {path: hosts.csv, defaults: {site: Hamburg, kind: server}}\n"
        "  - {path: prod.ini, format: ansible, defaults: {transports: {ssh: {credential: c}}}}\n"
        "assets:\n  - {name: web-01, owner: me}\n"
    )
    owned = load(tmp_path / "inventory.yaml")

    web, db = owned.assets
    assert (web.owner, web.site, web.kind) == ("me", "Berlin", Kind.SERVER)
    assert (web.addresses, web.identities) == (("192.0.2.10", "web-01"), frozenset({"serial:7QH4PX3"}))
    assert web.accesses == (Access(channel=Channel.SSH, port=2222, credential="c"),)
    assert (db.site, db.name) == ("Hamburg", "db-01")
    assert [path.name for path in owned.sources] == ["inventory.yaml", "hosts.csv", "prod.ini"]


def test_several_inventories_are_one(tmp_path: Path) -> None:
    """Their scopes are joined."""
    (tmp_path / "a.yaml").write_text("scope: {allow: [10.0.0.0/8]}\nassets: [{name: a}]\n")
    (tmp_path / "b.yaml").write_text(
        "scope: {allow: [192.0.2.0/24], deny: [10.9.0.0/16]}\nassets: [{name: a, site: B}]\n"
    )
    owned = load([tmp_path / "a.yaml", tmp_path / "b.yaml"])

    assert [(asset.name, asset.site) for asset in owned.assets] == [("a", "B")]
    assert (owned.scope_allow, owned.scope_deny) == (("10.0.0.0/8", "192.0.2.0/24"), ("10.9.0.0/16",))


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    """The folder's files are named."""
    (tmp_path / "inventory.yaml").write_text("assets: []\n")
    with pytest.raises(ContentError, match="cannot be read"):
        load(tmp_path / "gone.yaml")
    with pytest.raises(ContentError, match=r"is a folder.*\n.*inventory\.yaml"):
        load(tmp_path)


def test_an_included_inventory_of_ours_is_refused(tmp_path: Path) -> None:
    """Scopes would hide in it."""
    (tmp_path / "b.yaml").write_text("assets: []\n")
    (tmp_path / "a.yaml").write_text("include: [{path: b.yaml}]\n")

    with pytest.raises(ContentError, match="Include its sources"):
        load(tmp_path / "a.yaml")


def test_the_example_company_is_read() -> None:
    """One machine, two network devices and ten devices of device management."""
    example = Path(__file__).parents[2] / "inventory" / "example.yaml"
    missing = [
        name for name in ("edge-rt-01.cfg", "core-sw-01.cfg") if not (example.parent / "example" / name).exists()
    ]
    assert missing == []
    owned = load(example)

    assert [asset.name for asset in owned.assets[:4]] == ["localhost", "edge-rt-01", "core-sw-01", "LT-0107"]
    assert (len(owned.assets), owned.scope_allow, owned.warnings) == (13, ("127.0.0.0/8",), ())
    assert {asset.zone for asset in owned.assets if asset.kind is Kind.PHONE} == {"mobile"}


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    """Also words that YAML or a terminal would trip over."""
    (tmp_path / "c.cfg").write_text("x")
    assets = (
        Asset(
            name='no: "1" # {x}',
            kind=Kind.LAPTOP,
            platform=Platform.MACOS,
            addresses=("2001:db8::1", "host.example.com"),
            site="Zürich 😀 \x85 \u2028",
            owner="- 'a'",
            criticality=Criticality.LOW,
            tags=frozenset({"yes", "1"}),
            identities=frozenset({"serial:ABC1"}),
            aliases=frozenset({"other"}),
            accesses=(
                Access(channel=Channel.LOCAL),
                Access(channel=Channel.SSH, port=22, user="a b", credential="c"),
                Access(channel=Channel.SNMP, version="3"),
                Access(channel=Channel.FILE, path=str(tmp_path / "c.cfg"), holds="configuration"),
                Access(
                    channel=Channel.FILE,
                    path=str(tmp_path / "c.cfg"),
                    holds="device-record",
                    key="ABC1",
                    columns=(("os", "Système"),),
                ),
                Access(channel=Channel.REPLAY, path=str(tmp_path)),
            ),
        ),
        Asset(name="bare"),
    )
    (tmp_path / "inventory.yaml").write_text(as_yaml(assets), encoding="utf-8")

    read = load(tmp_path / "inventory.yaml").assets
    assert tuple(replace(asset, declared_at=Place("")) for asset in read) == assets


def test_nothing_is_written_as_an_inventory_too(tmp_path: Path) -> None:
    """An import that found nothing is readable."""
    (tmp_path / "inventory.yaml").write_text(as_yaml(()))

    assert load(tmp_path / "inventory.yaml").assets == ()


def test_discovery_proposes_what_the_inventory_lacks() -> None:
    """By address, name and MAC address; nothing is added."""
    owned = Inventory((Asset(name="web-01", addresses=("192.0.2.10",)),))

    (new,) = proposals(SCAN, owned)
    assert (new.name, new.addresses) == ("new.example.com", ("192.0.2.77",))
    assert proposals(SCAN, Inventory((*owned.assets, new))) == ()


def test_a_proposal_does_not_take_a_name_that_is_taken() -> None:
    """The same name at another address may be another thing."""
    (new,) = proposals(SCAN, Inventory((Asset(name="web", addresses=("192.0.2.10",)), Asset(name="new.example.com"))))

    assert new.name == "192.0.2.77"
