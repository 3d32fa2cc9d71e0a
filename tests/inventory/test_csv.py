"""Spreadsheets: five ways in which a naive reader loses or shifts assets, and what a person is told."""

from pathlib import Path

import pytest

from auditor.errors import ContentError
from auditor.inventory.csv import read
from auditor.inventory.listing import Source
from auditor.model.asset import Access, Asset, Channel, Criticality, Kind, Platform


def source(tmp_path: Path, text: str, encoding: str = "utf-8", **columns: str) -> Source:
    file = tmp_path / "hosts.csv"
    file.write_bytes(text.encode(encoding))
    return read(file, columns)


def assets(tmp_path: Path, text: str, **columns: str) -> list[Asset]:
    return [entry.asset for entry in source(tmp_path, text, **columns).listed]


def problem(tmp_path: Path, text: str, **columns: str) -> str:
    with pytest.raises(ContentError) as caught:
        source(tmp_path, text, **columns)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_headers_are_known_by_their_synonyms(tmp_path: Path) -> None:
    """Case, spaces and underscores do not count."""
    text = (
        "Host Name,IP_Address,Type,OS,Location,Importance,Labels,Serial Number,Transports,Credential,Port\n"
        "web-01,192.0.2.10;2001:db8::10,Servers,Ubuntu 22.04,Berlin,HIGH,web;front,7QH4PX3,ssh;nmap,linux,2222\n"
    )

    (asset,) = assets(tmp_path, text)
    assert (asset.name, asset.kind, asset.platform) == ("web-01", Kind.SERVER, Platform.LINUX)
    assert asset.addresses == ("192.0.2.10", "2001:db8::10")
    assert (asset.site, asset.criticality, asset.tags) == ("Berlin", Criticality.HIGH, frozenset({"web", "front"}))
    assert asset.identities == frozenset({"serial:7QH4PX3"})
    assert asset.accesses == (
        Access(channel=Channel.SSH, port=2222, credential="linux"),
        Access(channel=Channel.NMAP),
    )
    assert (asset.declared_at.line, asset.declared_at.file) == (2, str(tmp_path / "hosts.csv"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("name;ip\r\nweb;192.0.2.1\r\n", "utf-8-sig"),
        ("sep=;\r\nname;ip\r\nweb;192.0.2.1\r\n", "utf-8-sig"),
        ("name\tip\nweb\t192.0.2.1", "utf-8"),
        ('"name","ip"\n"web","192.0.2.1"\n\n\n', "utf-8"),
        ('"a;b;c;d",name,ip\n,web,192.0.2.1\n', "utf-8"),
    ],
)
def test_what_spreadsheet_programs_write_is_read(tmp_path: Path, text: str, encoding: str) -> None:
    """Byte order mark, semicolons, sep=, tabs, quotes, no final line end, delimiters inside a quoted header."""
    (entry,) = source(tmp_path, text, encoding).listed

    assert (entry.asset.name, entry.asset.addresses) == ("web", ("192.0.2.1",))


def test_a_line_break_in_a_cell_keeps_later_line_numbers_right(tmp_path: Path) -> None:
    """The row's own first line is told, not its number among rows."""
    told = problem(tmp_path, 'name,notes,kind\na,"one\ntwo\nthree",server\nb,x,sever\n')

    assert told.startswith("hosts.csv:5: there is no kind sever\n  Did you mean server?")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,ip\nweb,192.0.2.1,Berlin\n", "hosts.csv:2: the row has 3 cells, and there are 2 columns"),
        ("name,ip\nweb\n", "hosts.csv:2: the row has 1 cells"),
        ("name,ip,\nweb,192.0.2.1,lost\n", "hosts.csv:2: a cell stands below no header"),
        ('name,ip\nweb,"192.0.2.1\ndb,192.0.2.2\n', "hosts.csv:2: the row is not CSV"),
        ("name,ip\nweb,192.0.2.1/24\n", "hosts.csv:2: address '192.0.2.1/24' is a network"),
        ("name,ip\n,\nweb,1\n", "hosts.csv:3: address '1' is neither"),
        ("name,ip,os\n,,linux\n", "hosts.csv:2: the name is empty"),
        ("name,os\nr1,IOS\n", "hosts.csv:2: there is no platform IOS\n  Write one of: cisco-ios, apple-ios."),
        ("name,transports\nr1,telnet\n", "hosts.csv:2: there is no transport telnet"),
        ("name,transports,port\nr1,ssh,70000\n", "hosts.csv:2: port '70000' is not a port"),
        ("name,ip\nweb,\nWEB,\n", "hosts.csv:3: the name WEB stands at hosts.csv:2 already"),
        ("name,name\na,b\n", "hosts.csv:1: two columns are called name"),
        ("colour,size\nred,2\n", "hosts.csv:1: no column names an asset; there are colour, size"),
        ("", "is empty"),
    ],
)
def test_bad_rows_are_told_with_their_line(tmp_path: Path, text: str, told: str) -> None:
    """Nothing is guessed and nothing is dropped."""
    assert told in problem(tmp_path, text)


def test_all_bad_rows_are_told(tmp_path: Path) -> None:
    """One run shows them all."""
    told = problem(tmp_path, "name,kind\na,sever\nb,server\nc,ruter\n")

    assert ("hosts.csv:2" in told, "hosts.csv:3" in told, "hosts.csv:4" in told) == (True, False, True)


def test_a_column_of_secrets_is_refused_and_not_repeated(tmp_path: Path) -> None:
    """An empty column of that name is harmless."""
    told = problem(tmp_path, "name,SNMP Community\nr1,hunter2\n")

    assert (told.startswith("hosts.csv:1: SNMP Community"), "hunter2" in told) == (True, False)
    assert [asset.name for asset in assets(tmp_path, "name,password\nr1,\n")] == ["r1"]


def test_columns_that_nobody_reads_are_named(tmp_path: Path) -> None:
    """Nothing is lost silently."""
    assert source(tmp_path, "name,colour\na,red\n").warnings == (f"{tmp_path}/hosts.csv:1: columns not read: colour",)


def test_a_mapping_wins_over_the_known_headers(tmp_path: Path) -> None:
    """`device` is a name elsewhere; here the mapping says what is."""
    (asset,) = assets(tmp_path, "device,Rechnername\nlaptop,pc-7\n", name="Rechnername")

    assert asset.name == "pc-7"


def test_a_mapping_to_a_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With the close one."""
    assert "Did you mean Rechnername?" in problem(tmp_path, "Rechnername\npc-7\n", name="Rechnernam")
    assert "there is no field nmae" in problem(tmp_path, "Rechnername\npc-7\n", nmae="Rechnername")


def test_a_rounded_imei_is_no_identity_and_is_told(tmp_path: Path) -> None:
    """Spreadsheets turn 356938035643809 into 3.56938E+14, the same for many phones."""
    read_source = source(tmp_path, "name,imei\na,3.56938E+14\n")

    assert read_source.listed[0].asset.identities == frozenset()
    assert "rounded by a spreadsheet" in read_source.warnings[0]


def test_a_bare_ios_is_told_by_the_kind(tmp_path: Path) -> None:
    """Cisco's on a switch, Apple's on a phone."""
    found = assets(tmp_path, "name,kind,os\nsw,switch,IOS\nph,phone,iOS 17.5\n")

    assert [asset.platform for asset in found] == [Platform.CISCO_IOS, Platform.APPLE_IOS]


def test_a_formula_is_text(tmp_path: Path) -> None:
    """Nothing is computed."""
    assert assets(tmp_path, "name,owner\nweb,=1+1\n")[0].owner == "=1+1"


def test_a_spreadsheet_of_a_hundred_thousand_columns_is_refused_at_once(tmp_path: Path) -> None:
    """Looking for columns of the same name once took the square of their number."""
    file = tmp_path / "wide.csv"
    file.write_text("name," + ",".join(f"c{number}" for number in range(100_000)) + "\n")

    with pytest.raises(ContentError, match=r"wide\.csv:1: has 100,001 columns"):
        read(file)


def test_a_port_of_five_thousand_digits_is_a_mistake_in_its_row(tmp_path: Path) -> None:
    """Python refuses to read such a number, with an error of its own."""
    file = tmp_path / "ports.csv"
    file.write_text(f"name,address,transports,port\nweb-01,192.0.2.1,ssh,{'9' * 5000}\n")

    with pytest.raises(ContentError, match=r"ports\.csv:2: port '9{20}' is not a port"):
        read(file)
